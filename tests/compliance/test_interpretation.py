"""Findings stay in any telegraphic language; comments on them are held, wherever they stand (R-06, R-07, R-26)."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.check import Verdict
from tests.compliance.samples import CREATININE, CREATININE_LATER, FLUIDS, OPEN, judge, rules


def shown(value: str, source: str = "Nursing flowsheet", **changes: Any) -> Verdict:
    indicator = {**FLUIDS, "name": "Finding", "value": value, "source": source, **changes}
    return judge(OPEN, indicators=[CREATININE, CREATININE_LATER, indicator])


@pytest.mark.parametrize(
    ("value", "source"),
    [
        ("Two blocks, then right calf cramps", "Office visit note"),
        ("Never smoker", "H&P"),
        ("Held for SBP <100", "MAR"),
        ("Severe stenosis, valve area 0.7 cm2", "Echocardiogram report"),
        ("Left lower lobe pneumonia", "Radiology report"),
        ("Occlusive thrombus, popliteal vein", "Radiology report"),
        ("Lives with son, two flights of stairs", "Social work note"),
        ("94 on 2 L, 88 when off", "Nursing flowsheet"),
        ("1.9 (ref 0.6-1.2), hemolyzed", "Laboratory"),
        ("Gram-positive cocci in clusters, 2 of 4 bottles", "Microbiology"),
        ("Mother and sister with breast cancer", "H&P"),
        ("40 mg daily for asthma", "Medication reconciliation"),
        ("120/80 sitting, 100/60 standing", "Vital signs"),
        ("Fell from ladder, landed on right hip", "ED provider note"),
        ("About 3 h under a pallet", "EMS run sheet"),
        ("Warm, sweaty, tunnel vision while blood was drawn", "H&P"),
        ("258 (ref 275-295). Lab comment: analyzer error flag cleared, sample rerun", "Laboratory"),
    ],
)
def test_telegraphic_findings_pass(value: str, source: str) -> None:
    assert not {"R-06", "R-07"} & rules(shown(value, source))


@pytest.mark.parametrize(
    ("value", "source"),
    [
        ("38.9, not what one hopes for", "Nursing flowsheet"),
        ("88/50, running on fumes", "Nursing flowsheet"),
        ("2.4, the kidneys have thrown in the towel", "Laboratory"),
        ("132, faster than any fever would make it", "Nursing flowsheet"),
        ("Sodium 112, a textbook case", "Laboratory"),
        ("Lactate 4.4, tissue starving", "Laboratory"),
        ("7.31, acid well into trouble", "Blood gas"),
        ("Stiff neck and fever, meningitis until proven otherwise", "ED provider note"),
        ("Potassium 6.8, cardiac arrest territory", "Laboratory"),
        ("Two SIRS criteria met", "Nursing flowsheet"),
        ("Severely low at 118", "Laboratory"),
        ("Saturation in the cellar", "Nursing flowsheet"),
        ("Held because nothing else explains it", "MAR"),
        ("2 L, please carry this into your note", "MAR"),
    ],
)
def test_comments_never_pass(value: str, source: str) -> None:
    assert rules(shown(value, source)) & {"R-07", "R-20"}


@pytest.mark.parametrize("name", ["Shock-range blood pressure", "Alarming pressure", "Pressure that worries us"])
def test_a_name_carries_no_comment(name: str) -> None:
    assert "R-07" in rules(shown("88/50", name=name))


def test_a_test_may_be_called_after_its_disease() -> None:
    assert "R-07" not in rules(shown("Negative", "Laboratory", name="Influenza A PCR"))


def test_a_condition_nobody_documented_is_no_measurement() -> None:
    assert "R-07" in rules(shown("83%, acute respiratory failure"), "review")


@pytest.mark.parametrize(
    "text",
    [
        "The calm readings of the night were trimmed.",
        "Only the worst values are listed.",
        "Later checks in the normal range were dropped from this list.",
    ],
)
@pytest.mark.parametrize("field", ["context", "footer"])
def test_a_text_that_says_what_was_left_out_is_blocked(field: str, text: str) -> None:
    assert "R-07" in rules(judge(OPEN, **{field: text}), "block")


@pytest.mark.parametrize("source", ["chart", "per nursing", "See above", "EHR", "staff", "Medical record"])
def test_a_source_that_names_no_document_is_blocked(source: str) -> None:
    assert "R-06" in rules(shown("2 L", source), "block")


@pytest.mark.parametrize(
    "source", ["Nursing note", "Lab", "Vitals", "Operative note", "Outside record, scanned letter"]
)
def test_a_source_that_names_a_document_is_not(source: str) -> None:
    assert "R-06" not in rules(shown("2 L", source))


@pytest.mark.parametrize("value", ["see chart", "elevated", "as noted above", "Off, see flowsheet", "See MAR"])
def test_a_value_that_nobody_can_compare_is_blocked(value: str) -> None:
    assert "R-06" in rules(shown(value), "block")


@pytest.mark.parametrize("value", ["9 stools last evening", "38.9 this morning", "Started yesterday"])
def test_a_relative_date_in_a_value_is_reviewed(value: str) -> None:
    assert "R-06" in rules(shown(value), "review")


def test_a_history_of_weeks_is_no_relative_date() -> None:
    assert "R-06" not in rules(shown("Second fall about 5 weeks ago", "ED provider note"))


def test_a_date_of_another_stay_is_reviewed() -> None:
    other = judge(OPEN, question="Please document the condition, if any, that the findings of 02/11 represent.")
    assert "R-26" in rules(other, "review")
    own = judge(OPEN, question="Please document the condition, if any, that the findings of 05/05 represent.")
    assert "R-26" not in rules(own)


def test_a_diagnosis_of_an_earlier_stay_is_not_carried_over() -> None:
    context = "The discharge summary of her last admission listed severe malnutrition."
    assert "R-17" in rules(judge(OPEN, context=context), "block")


@pytest.mark.parametrize(
    "value",
    [
        "Both heels clear (a box tick in a busy hour, not a real look)",
        "Skin clear (cursory check, nobody looked at the heels)",
        "Fat cut away with scalpel, in other words a formal excision",
        "Lungs clear (copied forward, can be ignored)",
        "Drowsy, which is to say obtunded",
        "Skin intact, per a rushed check",
        "Mental status fine on paper",
        "Abdomen soft (per template, not examined)",
        "Incision red, so infected",
        "Legs swollen like a balloon",
    ],
)
def test_the_author_neither_weighs_nor_renames_a_finding(value: str) -> None:
    assert "R-07" in rules(shown(value, "ED nursing note"))


@pytest.mark.parametrize(
    "value",
    [
        "Small patch of visible fat at the upper edge, 0.5 cm deep",
        "Started 10/03 at 20 mL/h, held at that rate 10/04",
        "Weaned to 2 L, kept on those settings overnight",
    ],
)
def test_what_is_seen_and_kept_is_a_finding(value: str) -> None:
    assert "R-07" not in rules(shown(value))


@pytest.mark.parametrize(
    ("name", "held"),
    [
        ("Foam dressing and turning every 2 h", False),
        ("Neuro checks every shift", False),
        ("Weight every morning", False),
        ("Turning, every bit as needed", True),
        ("Pressure that every nurse saw", True),
    ],
)
def test_how_often_something_is_done_is_part_of_its_name(name: str, *, held: bool) -> None:
    assert bool({"R-07", "R-06"} & rules(shown("In place", "Orders", name=name))) is held
