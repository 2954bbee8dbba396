"""A conflict's "both" stands where both readings can be true, and each reading that is shown is offered (R-23)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.compliance.samples import CONFLICT, OTHER, UNDETERMINED, judge, rules
from tests.compliance.test_answers import answer, finding, term


def differing(one: str, other: str, together: str = "Both") -> dict[str, Any]:
    """Return a query about two statements, with an answer that holds both."""
    consult = {"source": "Cardiology consult", "author_role": "consultant"}
    return {
        **CONFLICT,
        "title": "Differing statements",
        "documented": [{**term(one), **consult}, term(other)],
        "indicators": [
            {**finding("Consult", one), **consult},
            {**finding("Progress note", other, "Progress note"), "author_role": "attending"},
        ],
        "question": "The record contains the following statements. Please clarify the diagnosis that applies.",
        "options": [answer(one, 0), answer(other, 1), answer(together, 0, 1), OTHER, UNDETERMINED],
    }


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("Delirium", "Metabolic encephalopathy", "Both of these"),
        ("Pneumonia", "Pulmonary edema", "Both pneumonia and pulmonary edema"),
        ("COPD exacerbation", "Acute diastolic heart failure", "Both are present"),
        ("Cellulitis", "Deep vein thrombosis", "Both diagnoses"),
    ],
)
def test_two_conditions_may_both_be_there(one: str, other: str, together: str) -> None:
    assert "R-23" not in rules(judge(differing(one, other, together)))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("TIA", "Ischemic stroke"),
        ("STEMI", "NSTEMI"),
        ("Asymptomatic bacteriuria", "Urinary tract infection"),
        ("Stage 2 pressure injury", "Stage 3 pressure injury"),
        ("Paroxysmal atrial fibrillation", "Persistent atrial fibrillation"),
        ("Acute kidney injury", "Acute tubular necrosis"),
        ("Syncope", "Seizure"),
    ],
)
def test_two_forms_of_one_condition_are_not_both_there(one: str, other: str) -> None:
    assert "R-23" in rules(judge(differing(one, other)))


def test_a_term_that_a_statement_names_in_passing_is_no_reading() -> None:
    query = differing("Delirium", "Metabolic encephalopathy")
    consult = {**query["indicators"][0], "value": "Delirium in the course of sepsis"}
    changed = {
        "documented": [*query["documented"], {**term("Sepsis due to pneumonia"), "source": "H&P"}],
        "indicators": [consult, query["indicators"][1]],
        "options": [one for one in query["options"] if one["text"] != "Both"],
    }
    assert "R-23" not in rules(judge({**query, **changed}))


@pytest.mark.parametrize("role", ["geneticist", "physiatrist", "triage_nurse", "radiographer", "general_practitioner"])
def test_many_professions_write_in_a_record(role: str) -> None:
    rows = [{**row, "author_role": role} for row in CONFLICT["indicators"]]
    assert "R-06" not in rules(judge({**CONFLICT, "indicators": rows}))


@pytest.mark.parametrize("role", ["payer", "vendor", "lawyer", "sales_rep"])
def test_others_do_not(role: str) -> None:
    rows = [{**row, "author_role": role} for row in CONFLICT["indicators"]]
    assert "R-06" in rules(judge({**CONFLICT, "indicators": rows}))
