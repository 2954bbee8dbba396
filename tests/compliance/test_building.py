"""The titles of the code set become names that people write, and nothing that leads nowhere becomes a diagnosis."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from compliance import building
from compliance.building import Ranges, cleaned, codes

PACKED = Path(building.__file__).with_name("data") / "clinical.json.gz"


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Pneumonia, unspecified organism", "pneumonia"),
        ("Failure, heart", "heart failure"),
        ("Acute kidney failure with tubular necrosis", "acute kidney failure"),
        ("Other specified sepsis", "sepsis"),
        ("Acute systolic (congestive) heart failure", "acute systolic heart failure"),
        ("Septicemia NOS", "septicemia"),
        ("Type 2 diabetes mellitus without complications", "type 2 diabetes mellitus"),
    ],
)
def test_titles_become_the_names_that_people_write(title: str, name: str) -> None:
    assert name in cleaned(title)


@pytest.mark.parametrize("title", ["Encounter for screening", "Disorders of lens", "Personal history of malaria"])
def test_reasons_for_contact_and_bare_headings_are_no_names(title: str) -> None:
    assert not list(cleaned(title))


def test_ranges_hold_categories_and_single_codes() -> None:
    ranges = Ranges({"renal": ["N00-N39"], "hepatic": ["K70-K77", "I82.0"]})
    assert [ranges.names(code) for code in ("N17.9", "K76.7", "I82.0", "I82.4", "N40")] == [
        ("renal",),
        ("hepatic",),
        ("hepatic",),
        (),
        (),
    ]


def test_the_data_file_holds_the_codes_of_the_code_set_and_stays_small() -> None:
    content = json.loads(gzip.decompress(PACKED.read_bytes()))
    assert content["codes"].split() == list(codes())
    assert len(content["diagnoses"].splitlines()) > 12_000
    assert PACKED.stat().st_size < 1_500_000
