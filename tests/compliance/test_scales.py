"""Answers run in no order from the most to the least (R-11)."""

from __future__ import annotations

import pytest

from tests.compliance.samples import KIDNEY, OTHER, UNDETERMINED, judge, rules

SCALES = [
    "Pre-eclampsia with severe features|Pre-eclampsia|Gestational hypertension",
    "Hypertensive emergency|Hypertensive urgency|Elevated blood pressure reading",
    "GOLD 4|GOLD 3|GOLD 2",
    "Child-Pugh C|Child-Pugh B|Child-Pugh A",
    "Hinchey III|Hinchey II|Hinchey I",
    "3c perineal tear|3b perineal tear|3a perineal tear",
    "Placenta percreta|Placenta increta|Placenta accreta",
    "Severe persistent|Moderate persistent|Mild persistent|Mild intermittent",
    "Status asthmaticus|Acute exacerbation|Uncomplicated asthma",
    "Pyelonephritis|Cystitis|Asymptomatic bacteriuria",
    "Necrotizing fasciitis|Abscess|Cellulitis",
    "Diverticulitis with perforation and abscess|Diverticulitis with abscess|Diverticulitis",
    "Acute respiratory failure with hypoxia and hypercapnia|Acute respiratory failure with hypoxia|Hypoxemia",
    "More than 24 hours|1 to 24 hours|31 to 59 minutes|30 minutes or less",
    "Over 5 cm|2 to 5 cm|Under 2 cm",
    "30 to 39 percent|20 to 29 percent|10 to 19 percent",
    "Permanent|Persistent|Paroxysmal",
    "Opioid dependence|Opioid abuse|Opioid use",
    "N2|N1|N0",
    "Metastatic|Locally advanced|Localized",
    "Organ space infection|Deep incisional infection|Superficial incisional infection",
    "Septic shock|Sepsis|Bacteremia",
]


def _signals(texts: list[str], category: str = "specificity") -> bool:
    clinical = [{"text": text, "kind": "clinical", "evidence": [0, 1]} for text in texts]
    verdict = judge(KIDNEY, category=category, options=[*clinical, OTHER, UNDETERMINED])
    return any(one.rule == "R-11" and one.field == "options" for one in verdict.findings)


@pytest.mark.parametrize("scale", SCALES)
def test_no_scale_runs_downwards(scale: str) -> None:
    assert _signals(scale.split("|"))


@pytest.mark.parametrize("scale", SCALES)
def test_every_scale_may_run_upwards(scale: str) -> None:
    assert not _signals(scale.split("|")[::-1])


@pytest.mark.parametrize(
    "answers",
    [
        "Complex repair|Intermediate repair|Simple repair",  # in alphabetical order
        "Type 2 diabetes|Type 1 diabetes",  # a type is no degree
        "L5 root|L4 root",
        "Use, without abuse or dependence|Abuse|Dependence",
        "COPD with acute exacerbation|COPD with acute lower respiratory infection|COPD at baseline",
        "LVEF 50 to 60 percent|LVEF 40 to 49 percent",
    ],
)
def test_what_is_no_scale_may_stand_in_any_order(answers: str) -> None:
    assert not _signals(answers.split("|"))


def test_in_a_validation_the_confirmed_diagnosis_may_stand_first() -> None:
    answers = ["Type 2 MI confirmed; basis (free text)", "Troponin elevation without infarction"]
    assert not _signals(answers, category="clinical_validation")


@pytest.mark.parametrize(
    "aside",
    [
        " (opens a 4-page event form)",
        " (add a one-page narrative)",
        " (goes straight to sign)",
        " - a long questionnaire follows",
        " (no further text needed)",
        " (you will be rung back)",
        "; bring the images to the next meeting",
        " (write 200 words)",
        ", add a one-page narrative",
    ],
)
@pytest.mark.parametrize("place", [0, 1, 3])
def test_nothing_to_do_hangs_on_one_answer_even_beside_another_aside(aside: str, place: int) -> None:
    options = [dict(option) for option in KIDNEY["options"]]
    options[place]["text"] += aside
    assert "R-11" in rules(judge(options=options), "block")


@pytest.mark.parametrize("aside", [" (specify cause)", " (HFrEF)", ", cause not determined", "; basis (free text)"])
def test_what_an_answer_is_may_be_joined_to_it(aside: str) -> None:
    options = [dict(option) for option in KIDNEY["options"]]
    options[0]["text"] = f"Acute kidney injury{aside}"
    assert "R-11" not in rules(judge(options=options))
