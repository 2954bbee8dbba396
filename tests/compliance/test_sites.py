"""Evidence comes from where the condition sits, counts once, is more than a drug; a conflict shows both its sides."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.check import Verdict
from tests.compliance.samples import CONFLICT, KIDNEY, OTHER, PRESENT_ON_ADMISSION, UNDETERMINED, judge, rules


def row(name: str, value: str, source: str = "Microbiology", **more: Any) -> dict[str, Any]:
    return {"name": name, "value": value, "source": source, "observed_at": "2026-05-05T05:55:00", **more}


FEVER = row("Temperature", "38.9, 38.4", "Vital signs", unit="C")
CEFTRIAXONE = row("Ceftriaxone", "2 g IV daily", "MAR")
URINE = row("Urine culture", "Pseudomonas aeruginosa, 100,000 CFU/mL")
SPUTUM = row("Sputum culture", "Pseudomonas aeruginosa, heavy growth")
WOUND = row("Wound culture", "Staphylococcus aureus, moderate growth")
CHEST = row("Chest x-ray", "Right lower lobe opacity", "Radiology report")
FALL = row("Fall", "From standing height", "ED triage note")


def found(text: str, linked: list[dict[str, Any]], **changes: Any) -> list[str]:
    """Return how grave the findings are that the check has against the evidence of one option among others."""
    options = [{"text": text, "kind": "clinical", "evidence": list(range(len(linked)))}, *KIDNEY["options"][1:]]
    verdict = judge(indicators=[*linked, *KIDNEY["indicators"]], options=options, **changes)
    return [one.severity for one in verdict.findings if one.field == "options[0].evidence" and one.rule == "R-04"]


@pytest.mark.parametrize(
    ("text", "linked"),
    [
        ("Pneumonia", [URINE]),
        ("Pneumonia", [URINE, FEVER]),
        ("Urinary tract infection", [SPUTUM]),
        ("Bloodstream infection", [WOUND]),
        ("Meningitis", [CHEST, FEVER]),
        ("Right hip fracture", [row("X-ray right knee", "Cortical break", "Radiology report")]),
        ("Right hip fracture", [row("X-ray right knee", "Cortical break", "Radiology report"), FALL]),
        ("Pressure injury of the sacrum", [row("Skin assessment", "Left heel: open, pink base", "Nursing flowsheet")]),
        ("Pneumonia due to Pseudomonas", [URINE, CHEST, FEVER]),
    ],
)
def test_evidence_of_another_organ_or_part_does_not_carry_a_condition(text: str, linked: list[dict[str, Any]]) -> None:
    assert found(text, linked)


@pytest.mark.parametrize(
    ("text", "linked"),
    [
        ("Pneumonia", [SPUTUM, CHEST, FEVER]),
        ("Pneumonia due to Pseudomonas", [SPUTUM, CHEST, FEVER]),
        ("Urinary tract infection", [URINE, FEVER]),
        ("Right hip fracture", [row("X-ray pelvis", "Break of the femoral neck", "Radiology report"), FALL]),
    ],
)
def test_evidence_of_the_same_organ_and_part_does(text: str, linked: list[dict[str, Any]]) -> None:
    assert not found(text, linked)


@pytest.mark.parametrize("value", ["Sacrum: open area, pink base", "Right heel: open area, pink base"])
def test_a_skin_finding_of_another_site_tells_nothing_of_admission(value: str) -> None:
    shown = {**PRESENT_ON_ADMISSION["indicators"][0], "value": value}
    assert "R-21" in rules(judge(PRESENT_ON_ADMISSION, indicators=[shown]))
    assert judge(PRESENT_ON_ADMISSION).verdict == "pass"


def test_a_drug_alone_carries_no_new_condition() -> None:
    assert found("Hypothyroidism", [row("Levothyroxine", "75 mcg daily", "MAR")])
    tsh = row("TSH", "11.2", "Laboratory", unit="mIU/L")
    assert not found("Hypothyroidism", [row("Levothyroxine", "75 mcg daily", "MAR"), tsh])


def sepsis(*linked: dict[str, Any]) -> Verdict:
    options = [
        {"text": "Sepsis", "kind": "clinical", "evidence": list(range(len(linked)))},
        {"text": "Localized infection without sepsis", "kind": "clinical", "evidence": [0]},
        OTHER,
        UNDETERMINED,
    ]
    return judge(indicators=[*linked, CEFTRIAXONE], options=options)


def test_the_same_finding_in_two_rows_counts_once() -> None:
    again = {**FEVER, "name": "Temp", "value": "38.9, then 38.4"}
    once, twice = sepsis(FEVER), sepsis(FEVER, again)
    assert [one for one in twice.findings if one.rule == "R-05" and one.severity == "warn"]
    assert rules(twice) == rules(once)


def test_a_conflict_quotes_both_readings_at_about_the_same_length() -> None:
    first, second = CONFLICT["indicators"]
    assert judge(CONFLICT).verdict == "pass"
    assert "R-23" in rules(judge(CONFLICT, indicators=[first, {**second, "source": "Orders", "value": "cast applied"}]))
    long = "left ankle fracture with two plates and six screws placed, wound closed in layers, splint, films reviewed"
    assert "R-23" in rules(judge(CONFLICT, indicators=[first, {**second, "value": long}]))


def test_a_pathology_report_and_a_consultant_can_be_of_two_minds() -> None:
    terms = [
        {**CONFLICT["documented"][0], "source": "Pathology report", "author_role": "pathologist"},
        {**CONFLICT["documented"][1], "source": "Nephrology note", "author_role": "consultant"},
    ]
    quoted = [
        {**row, "source": term["source"], "author_role": term["author_role"], "name": term["source"]}
        for row, term in zip(CONFLICT["indicators"], terms, strict=True)
    ]
    assert "R-23" not in rules(judge(CONFLICT, documented=terms, indicators=quoted))


def test_a_film_that_tells_of_the_part_is_of_its_organ_too() -> None:
    changes: dict[str, Any] = {
        "category": "laterality",
        "documented": [{**KIDNEY["documented"][0], "term": "Septic arthritis of knee"}],
        "question": "Septic arthritis of knee is documented on 05/04. Please clarify the side.",
        "options": [
            {"text": "Left", "kind": "clinical", "evidence": [0]},
            {"text": "Right", "kind": "clinical", "evidence": [1]},
            OTHER,
            UNDETERMINED,
        ],
    }
    knees = [row("CT pelvis and legs", "Left knee effusion"), row("Note", "Right knee washed out", "Progress note")]
    belly = [row("CT pelvis", "Left ovarian cyst"), row("CT abdomen", "Right kidney stone")]
    assert "R-04" not in rules(judge(indicators=knees, **changes))
    assert "R-04" in rules(judge(indicators=belly, **changes))


def test_both_before_two_kinds_is_no_side() -> None:
    changes: dict[str, Any] = {
        "category": "procedure",
        "documented": [{**KIDNEY["documented"][0], "term": "Paracentesis, left"}],
        "question": "Please clarify the purpose of the paracentesis of 05/04.",
        "indicators": [row("Procedure note", "Left lower quadrant entered, 4 L drained, fluid sent", "Procedure note")],
    }

    def against(text: str) -> bool:
        options = [{"text": "Diagnostic", "kind": "clinical", "evidence": [0]}, {"text": text, "kind": "clinical"}]
        options[1]["evidence"] = [0]
        return "R-04" in rules(judge(options=[*options, OTHER, UNDETERMINED], **changes))

    assert not against("Both diagnostic and therapeutic")
    assert against("Both sides")
