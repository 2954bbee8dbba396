"""Rows of indicators as charts show them, by careful authors: sound ones pass, faulty ones are stopped.

Faulty are vague sources, times and units (R-06), comments (R-07), money and scores (R-18, R-19), and numbers that
contradict each other (R-35).
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.compliance.labelled_rows import HELD, SHOWN, TUNED_ON, asked, measure_rows, verdict_on


def test_the_query_around_the_rows_is_sound() -> None:
    assert asked(SHOWN).verdict == "pass"


@pytest.mark.parametrize(
    ("rows", "passes", "blocks", "reviews"), [(TUNED_ON, 0.12, 0.004, 0.042), (HELD, 0.29, 0.005, 0.065)]
)
def test_the_figures_of_the_documentation_hold(rows: str, passes: float, blocks: float, reviews: float) -> None:
    """The first are learnt from; the second were read by nobody who works on the check."""
    measure_rows(rows).hold(passes, blocks, reviews)


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
        # One that it would know with another letter is a word with a letter wrong.
        (["Blood smear", "0.4%, Plasmodium vivax", None, *_LAB], ["Blood smear", "0.4%, alarmng", None, *_LAB]),
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
        # A person retires, a form does; what a patient did is a finding.
        (
            ["Occupation", "Teacher, retired in 2019", None, *_NOTE],
            ["Occupation", "Teacher, needed for the DRG", None, *_NOTE],
        ),
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
    assert verdict_on(sound) == "pass"
    assert verdict_on(faulty) != "pass"


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
    assert verdict_on([name, agreeing, None, *_NOTE]) == "pass"
    assert verdict_on([name, contradicting, None, *_NOTE]) == "review"
