"""Codes of code sets are found however they are written; what only looks like one is left alone (R-18, lexicon J)."""

from __future__ import annotations

import pytest

from compliance import shipped_knowledge
from compliance.codes import codes_in

BOOK = shipped_knowledge().codes

CODES = [
    ("Sepsis, A41.9", "A41.9"),
    ("acute kidney injury (n17.9)", "n17.9"),
    ("N179 instead", "N179"),
    ("use code i10 here", "i10"),
    ("ICD-10: B20, D50 and T12.9XXA", "D50"),
    ("Pressure injury, stage 4 (L89.154)", "L89.154"),
    ("malnutrition (E43)", "E43"),
    ("E46 fits", "E46"),
    ("the code is L40", "L40"),
    ("S72.001A at admission", "S72.001A"),
    ("procedure 0BH17EZ", "0BH17EZ"),
    ("5A1955Z was performed", "5A1955Z"),
    ("CPT 36556", "36556"),
    ("critical care (99291)", "99291"),
    ("Debridement - code 11043", "11043"),
    ("HCPCS J1885", "J1885"),
    ("moves to DRG 871", "DRG 871"),
    ("MS-DRG 291", "MS-DRG 291"),
    ("HCC 85 is open", "HCC 85"),
    ("А41.9 with a Cyrillic letter", "А41.9"),
    ("code N 17.9", "N 17.9"),
]

NO_CODES = [
    "Hemoglobin A1c 9.2 %",
    "vitamin B12 180 pg/mL",
    "D5W at 75 mL/h, D10 and D50 given",
    "compression of T12 and L4, C3-C4 fusion, S1 nerve root",
    "temperature T38.9 at 04:00",
    "CKD G3a A2",
    "influenza A H1N1, E. coli O157:H7",
    "O2 at 4 L, FiO2 0.4",
    "ketorolac Q6h, then Q12 h",
    "M1 segment of the middle cerebral artery",
    "N95 mask",
    "P2Y12 inhibitor",
    "CA 19-9 412, CA125 88",
    "CD4 210, free T4 0.9, T3 88",
    "ST elevation in V2 to V5",
    "platelets 99213 per uL",
    "call ext 99231, pager 99291",
    "room B120, bed A419",
    "zip code of the clinic: NY 10001",
    "MRN 1234567, order 7654321",
    "drawn 12MAR25 at 06:00",
    "HCC 3 cm in segment 7",
    "Code status: full. WBC 18.2, lactate 4.1",
    "blood pressure 88/52, heart rate 121",
    "code blue on 05/12/2025 at 03:10",
]


def shown(text: str) -> list[str]:
    return [text[start:end] for start, end in codes_in(text, BOOK)]


@pytest.mark.parametrize(("text", "code"), CODES)
def test_a_code_is_found_where_it_stands(text: str, code: str) -> None:
    assert code in shown(text)


@pytest.mark.parametrize("text", NO_CODES)
def test_what_only_looks_like_a_code_is_none(text: str) -> None:
    assert shown(text) == []


@pytest.mark.parametrize(
    "text",
    ["Modifier -25.", "APC 5072.", "SNOMED CT 195967001", "LOINC 2160-0", "POA indicator N.", "Discharge code 20."],
)
def test_codes_of_other_sets_are_found_behind_the_name_of_their_set(text: str) -> None:
    assert tuple(codes_in(text, BOOK))


@pytest.mark.parametrize(
    "text", ["Code status was asked.", "modifiers in the note", "Level 4 of the building", "argon plasma (APC) 40 W"]
)
def test_words_that_only_name_a_set_are_no_codes(text: str) -> None:
    assert not tuple(codes_in(text, BOOK))
