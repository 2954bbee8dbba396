"""Units are shown as people write them, and what nobody knows is shown as it was recorded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tracker.pages.units import in_words


@pytest.mark.parametrize(
    ("recorded", "shown"),
    [
        ("10*3/uL", "10³/µL"),
        ("10*9/L", "10⁹/L"),
        ("10^6/uL", "10⁶/µL"),
        ("10*-3", "10⁻³"),
        ("mm[Hg]", "mmHg"),
        ("cm[H2O]", "cmH₂O"),
        ("Cel", "°C"),
        ("[degF]", "°F"),
        ("umol/L", "µmol/L"),
        ("ug/L", "mcg/L"),
        ("µg/L", "mcg/L"),
        ("ug/mL{FEU}", "mcg/mL FEU"),
        ("uL", "µL"),
        ("m[IU]/L", "mIU/L"),
        ("u[IU]/mL", "µIU/mL"),
        ("[IU]/L", "IU/L"),
        ("mosm/kg", "mOsm/kg"),
        ("meq/L", "mEq/L"),
        ("kg/m2", "kg/m²"),
        ("mL/min/{1.73_m2}", "mL/min/1.73 m²"),
        ("mL/min/[1.73_m2]", "mL/min/1.73 m²"),
        ("mL/min/1.73m2", "mL/min/1.73 m²"),
        ("{beats}/min", "beats/min"),
        ("{cells}/uL", "cells/µL"),
        ("mg/(24.h)", "mg/24 h"),
        ("{score}", "points"),
        ("[pH]", ""),
        ("1", ""),
        (None, ""),
    ],
)
def test_ucum_is_spelled_as_charts_spell_it(recorded: str | None, shown: str) -> None:
    assert in_words(recorded) == shown


@pytest.mark.parametrize(
    "unit", ["mg/dL", "K/mm3x", "mmol/L", "%", "units", "mm Hg", "BPM", "cells", "fL", "mg", "ng/mL"]
)
def test_what_is_plain_already_stays(unit: str) -> None:
    assert in_words(unit) == unit


@given(st.text(max_size=40))
def test_any_unit_can_be_shown_and_no_digit_of_it_is_lost(unit: str) -> None:
    plain = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
    shown = in_words(unit).translate(plain)
    if unit not in ("1", "[pH]") and unit.isascii():
        assert [sign for sign in shown if sign.isdigit()] == [sign for sign in unit if sign.isdigit()]
