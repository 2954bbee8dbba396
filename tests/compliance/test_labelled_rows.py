"""Rows of indicators as charts show them, by two careful authors: sound ones pass, faulty ones are stopped.

A row is added to a sound open question about a documented condition; only what is found in its own fields counts
(R-06, R-07, R-18, R-19, R-35).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from schemas.vocabulary import VerdictName
from tests.compliance.samples import CREATININE, CREATININE_LATER, OPEN, judge

LINES = Path(__file__).with_name("rows.jsonl").read_text(encoding="utf-8").splitlines()
_ASKED: dict[str, Any] = {
    **OPEN,
    "category": "specificity",
    "title": "Clarification: acute kidney injury",
    "documented": [
        {
            "term": "Acute kidney injury",
            "source": "Progress note",
            "author_role": "attending",
            "recorded_at": "2026-05-05T10:00:00",
        }
    ],
    "question": (
        "Acute kidney injury is documented on 05/05. Please provide further specificity for the cause, if known."
    ),
}
_SHOWN = [CREATININE, CREATININE_LATER]


def _verdict_on(row: list[Any]) -> VerdictName:
    """Return what the check says of a row in a query that is sound but for it."""
    fields = dict(zip(("name", "value", "unit", "source", "author_role"), row[:5], strict=True))
    added = {**fields, "quoted": row[5] == "quoted", "observed_at": "2026-05-05T09:00:00"}
    place = f"indicators[{len(_SHOWN)}]"
    found = judge(_ASKED, indicators=[*_SHOWN, added]).findings
    graves = {one.severity for one in found if one.field.startswith(place)}
    return "block" if "block" in graves else "review" if "review" in graves else "pass"


def _verdicts(*, sound: bool) -> Iterator[tuple[VerdictName, str]]:
    for entry in map(json.loads, LINES):
        if entry["sound"] == sound:
            yield _verdict_on(entry["row"]), f"{entry['row'][0]}: {entry['row'][1]}"


def test_the_query_around_the_rows_is_sound() -> None:
    assert judge(_ASKED, indicators=_SHOWN).verdict == "pass"


def test_sound_rows_pass() -> None:
    verdicts = list(_verdicts(sound=True))
    blocked = [text for verdict, text in verdicts if verdict == "block"]
    held = [text for verdict, text in verdicts if verdict == "review"]
    assert len(verdicts) == 1200
    assert len(blocked) <= 0.0025 * len(verdicts), blocked
    assert len(held) <= 0.015 * len(verdicts), held


def test_faulty_rows_are_stopped() -> None:
    verdicts = list(_verdicts(sound=False))
    passed = [text for verdict, text in verdicts if verdict == "pass"]
    assert len(verdicts) == 600
    assert len(passed) <= 0.12 * len(verdicts), passed


_NOTE = ("Nursing note", "nurse", "")
_LAB = ("Laboratory", None, "")


@pytest.mark.parametrize(
    ("sound", "faulty"),
    [
        # A word that judges elsewhere names a thing, a device or a movement.
        (["Event", "Feeding pump alarming at 03:10, restarted", None, *_NOTE], ["BP", "82/40, alarming", None, *_NOTE]),
        (["Speech", "Talks clearly at 2 m", None, *_NOTE], ["Speech", "Clearly slurred", None, *_NOTE]),
        (["Allergies", "Red pepper (hives)", None, *_NOTE], ["Case review", "On the PEPPER list", None, *_NOTE]),
        (["Pain device", "DRG lead at L3", None, *_NOTE], ["Pain device", "Moves the DRG", None, *_NOTE]),
        # A laboratory prints a flag; an author has adjectives.
        (
            ["Calcium", "14.1 (critical), read back 05:02", "mg/dL", *_LAB],
            ["Calcium", "14.1, a critical problem", "mg/dL", *_LAB],
        ),
        # What everyday English does not know names a thing; a British spelling is no such name.
        (
            ["Tissue culture", "2 of 3, Cutibacterium acnes", None, *_LAB],
            ["Tissue culture", "2 of 3, favouring abscess", None, *_LAB],
        ),
        # What somebody said is told; a comment concludes.
        (
            ["Orientation", "States town is Dover; eyes open to voice", None, *_NOTE],
            ["Orientation", "States town is Dover, which is wrong enough", None, *_NOTE],
        ),
        # Words of the forms in which English judges.
        (["Gait", "Walks slowly, unassisted", None, *_NOTE], ["Gait", "Walks laughably, unsupportable", None, *_NOTE]),
        (
            ["Fluids", "2 L over 4 h", None, "MAR", "nurse", ""],
            ["Fluids", "2 L, overdone", None, "MAR", "nurse", ""],
        ),
        # An author appraises, concludes, and speaks of the chart.
        (["Dressing", "Changed twice", None, *_NOTE], ["Dressing", "Changed twice, an oversight", None, *_NOTE]),
        (
            ["Intake", "Ate 20% of lunch", None, *_NOTE],
            ["Intake", "Ate 20%, documented nowhere", None, *_NOTE],
        ),
        # Whoever notes signs makes no diagnosis.
        (["Skin", "Cool, mottled knees", None, *_NOTE], ["Skin", "Cool, cardiogenic shock", None, *_NOTE]),
        # The house has no part in a finding.
        (["Fall", "Found beside the bed 02:10", None, *_NOTE], ["Fall", "Adds to the falls rate", None, *_NOTE]),
        # Sources are documents, times can be found, numbers are possible in their units.
        (
            ["Pupils", "R 5 mm", None, "Trauma team note", "nurse", ""],
            ["Pupils", "R 5 mm", None, "Per trauma team", "nurse", ""],
        ),
        (["Last drink", "05/03 at 22:00", None, *_NOTE], ["Last drink", "A while ago", None, *_NOTE]),
        (["Temperature", "92.1", "°F", *_NOTE], ["Temperature", "34.2", "°F", *_NOTE]),
        (["INR", "3.1", None, *_LAB], ["INR", "3.1", "mg/dL", *_LAB]),
    ],
)
def test_a_sound_row_passes_and_its_twin_is_stopped(sound: list[Any], faulty: list[Any]) -> None:
    assert _verdict_on(sound) == "pass"
    assert _verdict_on(faulty) != "pass"


@pytest.mark.parametrize(
    ("name", "agreeing", "contradicting"),
    [
        ("Intake and output", "In 3,000 mL, out 1,200 mL, net +1,800 mL", "In 3,000 mL, out 1,200 mL, net +800 mL"),
        ("Electrolytes", "Na 140, Cl 100, HCO3 10, anion gap 30", "Na 140, Cl 100, HCO3 10, anion gap 14"),
        ("GCS", "8 (E2 V2 M4)", "11 (E2 V2 M4)"),
        ("NIHSS", "9 (face 2, arm 3, leg 4)", "7 (face 2, arm 3, leg 4)"),
        ("Wound bed", "70% granulation, 30% slough", "70% granulation, 50% slough"),
        ("Ketamine", "4 mg x 3 doses, 12 mg total", "4 mg x 3 doses, 20 mg total"),
        ("Leg", "R 44 cm, L 40 cm, difference 4 cm", "R 44 cm, L 40 cm, difference 9 cm"),
        ("BP", "90/50, MAP 63", "90/50, MAP 99"),
        ("Bladder scan 410 mL", "410 mL", "890 mL"),
        ("Weight", "70 kg (154 lb)", "70 kg (120 lb)"),
        ("Shock", "08:00-08:30, 30 min", "08:00-08:30, 90 min"),
        ("Ate", "2 of 4 trays (50%)", "2 of 4 trays (75%)"),
        ("Lactate", "Fell from 6.1 to 2.2", "Fell from 2.2 to 6.1"),
    ],
)
def test_the_numbers_of_a_row_do_not_contradict_each_other(name: str, agreeing: str, contradicting: str) -> None:
    assert _verdict_on([name, agreeing, None, *_NOTE]) == "pass"
    assert _verdict_on([name, contradicting, None, *_NOTE]) == "review"
