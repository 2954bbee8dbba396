"""A unit that no table states is converted where it surely measures the same, and refused where it may not."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.readings import Conversion
from evidence.units import conversion
from services.query_builder.library import Library
from tests.query_builder.support import lab


@pytest.mark.parametrize(
    ("unit", "own", "times"),
    [
        ("mg/L", "mg/dL", "0.1"),
        ("g/L", "g/dL", "0.1"),
        ("µg/L", "ng/mL", "1"),
        ("lb", "kg", "0.45359237"),
        ("mL/kg/d", "mL/kg/h", "0.0416666666666667"),
        ("kPa", "mm[Hg]", "7.50061575845656"),
        ("L/L", "%", "100"),
    ],
)
def test_what_measures_the_same_is_converted(unit: str, own: str, times: str) -> None:
    assert conversion(unit, own) == Conversion(times=Decimal(times))


@pytest.mark.parametrize(
    "unit",
    [
        "umol/L",
        "ML",
        "MG/DL",
        "mEq/L",
        "Cel",
        "{score}",
        "ug/mL{FEU}",
        "furlong",
        "",
        "/",
        "mg//dL",
        "9**9**9/L",
        "g/g/g/g",
    ],
)
def test_what_may_measure_something_else_is_refused(unit: str) -> None:
    assert conversion(unit, "mg/dL") is None


@settings(deadline=None)  # the first unit loads the library
@given(st.text(max_size=30))
def test_any_text_is_a_unit_or_none(text: str) -> None:
    found = conversion(text, "mg/dL")
    assert found is None or found.times > 0


def test_a_number_in_a_unit_that_the_table_does_not_state_counts(library: Library) -> None:
    found = library.concepts.reading("creatinine", lab("Creatinine", "17", 1, "mg/L"))
    assert found is not None and found.low == found.high == Decimal("1.7")
    assert library.concepts.reading("creatinine", lab("Creatinine", "17", 1, "mmol/L/d")) is None


def test_units_of_the_tables_load_no_unit_library() -> None:
    code = """
import sys
from datetime import date
from services.query_builder.examples import examples_of, request_of
from services.query_builder.composer import compose
from services.query_builder.library import Library, shipped_folder
library = Library.load(shipped_folder(), today=date(2026, 11, 22))
template = library.templates["creatinine-rise"]
compose(request_of(examples_of(template)[0], template.id), library)
sys.exit("pint" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
