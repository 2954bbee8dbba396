"""A yes/no may ask plainly about what is documented, in other words too, and adds nothing (R-13, R-15, R-21)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.compliance.samples import KIDNEY, OTHER, UNDETERMINED, judge, rules
from tests.compliance.test_answers import finding, term

YES_NO = [{"text": "Yes", "kind": "yes", "evidence": [0]}, {"text": "No", "kind": "no"}, OTHER, UNDETERMINED]
CATHETER = {
    "name": "Urethral catheter",
    "value": "Placed 05/04 14:00, removed 05/06 11:00",
    "source": "Lines and drains record",
    "observed_at": "2026-05-06T11:00:00",
    "author_role": "nurse",
}


def reported(text: str, source: str, role: str) -> dict[str, Any]:
    """Return a term of a report."""
    return {**term(text), "source": source, "author_role": role}


def closed(category: str, question: str, *documented: str | dict[str, Any], **changed: Any) -> dict[str, Any]:
    """Return a yes/no query about these documented terms."""
    return {
        **KIDNEY,
        "title": "Documentation clarification",
        "category": category,
        "response_type": "yes_no",
        "documented": [one if isinstance(one, dict) else term(one) for one in documented],
        "indicators": [finding("Exam", "As on admission", "Progress note"), CATHETER],
        "question": question,
        "options": YES_NO,
        **changed,
    }


UTI = ("UTI", reported("Indwelling urinary catheter", "Nursing flowsheet", "nurse"))
ULCER = ("Ulcer of right foot", "Type 2 diabetes mellitus", "Peripheral arterial disease")
HEEL = ("Deep tissue pressure injury, left heel",)
COLON = ("Sigmoid mass", reported("Adenocarcinoma of the sigmoid colon", "Pathology report", "pathologist"))
STROKE = ("Ischemic stroke, right MCA", reported("Hemorrhagic transformation", "Radiology report", "radiologist"))


@pytest.mark.parametrize(
    ("category", "documented", "question"),
    [
        ("cause_effect", UTI, "Is the UTI due to the catheter, in your judgment?"),
        ("cause_effect", UTI, "In your judgment, is the infection due to the catheter?"),
        ("cause_effect", UTI, "Was the urinary tract infection caused by the urethral catheter?"),
        ("cause_effect", ULCER, "Is the ulcer due to the arterial disease?"),
        ("cause_effect", ULCER, "Is the foot ulcer due to the diabetes?"),
        ("present_on_admission", HEEL, "Was the L heel DTPI present at the admission order of 05/04/2026 09:00?"),
        (
            "significance",
            COLON,
            "Do you agree with the pathologist's diagnosis of adenocarcinoma?",
        ),
        ("significance", COLON, "Do you accept adenocarcinoma of the sigmoid colon, as reported by pathology?"),
        ("specificity", STROKE, "Do you agree with hemorrhagic transformation of the stroke as a diagnosis?"),
        ("specificity", STROKE, "Was there hemorrhagic transformation, as the radiologist reports?"),
    ],
)
def test_what_is_documented_may_be_asked_plainly(category: str, documented: tuple[Any, ...], question: str) -> None:
    found = judge(closed(category, question, *documented))
    assert not [one for one in found.findings if one.field == "question" and one.severity != "warn"]


@pytest.mark.parametrize(
    ("category", "documented", "question"),
    [
        ("cause_effect", UTI, "Is the sepsis due to the catheter?"),
        ("cause_effect", UTI, "Is the UTI due to Klebsiella?"),
        ("cause_effect", ULCER, "Is the ulcer due to osteomyelitis?"),
        ("cause_effect", ULCER, "Is the ulcer due to venous disease?"),
        ("present_on_admission", HEEL, "Was the R heel DTPI present at the admission order of 05/04/2026 09:00?"),
        ("significance", COLON, "Do you accept metastatic adenocarcinoma as a diagnosis?"),
        ("specificity", STROKE, "Is the stroke cardioembolic?"),
        ("specificity", STROKE, "Do you agree with brain compression as a diagnosis?"),
    ],
)
def test_a_yes_no_adds_nothing(category: str, documented: tuple[Any, ...], question: str) -> None:
    assert rules(judge(closed(category, question, *documented))) & {"R-13", "R-14", "R-21"}


@pytest.mark.parametrize(
    "question",
    [
        "Isn't the UTI due to the catheter?",
        "Is the UTI not due to the catheter?",
        "Is the UTI due to the catheter, is it not?",
        "Is the UTI due to the catheter, correct?",
        "Is the UTI surely due to the catheter?",
        "The UTI is due to the catheter, is it?",
    ],
)
def test_a_yes_no_expects_no_yes(question: str) -> None:
    assert judge(closed("cause_effect", question, *UTI)).verdict != "pass"


@pytest.mark.parametrize(
    ("kind", "text"), [("yes", "Yes (please add how)"), ("yes", "Yes, it stands"), ("no", "No, developed later")]
)
def test_yes_and_no_may_say_what_they_mean(kind: str, text: str) -> None:
    options = [{**one, "text": text} if one["kind"] == kind else one for one in YES_NO]
    assert judge(closed("cause_effect", "Is the UTI due to the catheter?", *UTI, options=options)).verdict == "pass"


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("yes", "Yes please"),
        ("yes", "Yes (nothing more to write)"),
        ("no", "No (please add proof)"),
        ("no", "No (add how you know)"),
    ],
)
def test_yes_and_no_cost_and_praise_nothing(kind: str, text: str) -> None:
    options = [{**one, "text": text} if one["kind"] == kind else one for one in YES_NO]
    assert rules(judge(closed("cause_effect", "Is the UTI due to the catheter?", *UTI, options=options)))
