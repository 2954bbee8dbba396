"""A source is called as documents are: it ends with a kind, and leaves open neither which one nor of when (R-06)."""

from __future__ import annotations

import pytest

from tests.compliance.labelled_rows import verdict_on


def _verdict(source: str) -> str:
    return verdict_on(["Heart rate", "104", "/min", source, "nurse", ""])


@pytest.mark.parametrize(
    "source",
    [
        *("Oncology clinic flowsheet", "PACU nursing record 05/05 08:10", "Progress note #3", "H&P, social history"),
        *("Laboratory (visit of 04/02/2026)", "BMP; I&O", "CBC w/ differential", "UA w/ reflex", "Micro final"),
        *("TEE", "12-lead ECG", "i-STAT", "Point-of-care glucose log", "Home health plan of care", "RN NFPE"),
        *(
            "Consult note from Dr. Abara",
            "Patient log reviewed at visit",
            "Photo documentation",
            "MAR order indication",
        ),
        *("Resident on-call note", "1:1 observation log", "Scanned outside eye report", "Epic flowsheet", "OR record"),
        *(
            "Movement disorder clinic note",
            "Memory clinic note",
            "Oral surgery note",
            "Imaging report",
            "Ambulatory monitor report",
        ),
    ],
)
def test_documents_by_any_of_their_names_are_sources(source: str) -> None:
    assert _verdict(source) == "pass"


@pytest.mark.parametrize(
    "source",
    [
        # Neither people, nor rooms, nor software, nor what was said.
        *("Cardiology", "PACU nurse", "Emergency department", "ICU", "lab portal", "lab call", "Clinical impression"),
        *("Blood gas, verbal", "CBC from memory", "Chemistry as told verbally"),
        # Which one is left open.
        *("imaging", "Monitor", "old records", "path of the chart", "dietitian note or MAR", "labs etc.", "chart wide"),
        *("labs over the stay", "CMP of the week", "Flowsheets, multiple", "Notes throughout the admission"),
        # Each of several has to be one.
        *("CBC; the night team", "MAR; PACU"),
    ],
)
def test_what_names_no_document_goes_to_a_second_person(source: str) -> None:
    assert _verdict(source) != "pass"
