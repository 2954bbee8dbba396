"""Answers that say more than an answer: riders, asides, marks, degrees, directions, sides (R-04, R-09, R-11, R-12)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.compliance.samples import KIDNEY, OPEN, OTHER, UNDETERMINED, judge, rules


def term(text: str) -> dict[str, Any]:
    """Return a documented term."""
    return {"term": text, "source": "Progress note", "author_role": "attending", "recorded_at": "2026-05-05T08:00:00"}


def finding(name: str, value: str, source: str = "Echocardiogram report") -> dict[str, Any]:
    """Return a quoted indicator."""
    return {"name": name, "value": value, "source": source, "observed_at": "2026-05-05T09:00:00", "quoted": True}


def answer(text: str, *evidence: int) -> dict[str, Any]:
    """Return a clinical option."""
    return {"text": text, "kind": "clinical", "evidence": list(evidence)}


def valve(*texts: str, other: str = "Other (please specify)", **changed: Any) -> dict[str, Any]:
    """Return a sound query about the severity of a regurgitation, with these answers."""
    lesser, severer = texts or ("Moderate", "Severe")
    return {
        **KIDNEY,
        "title": "Mitral regurgitation: severity",
        "category": "specificity",
        "documented": [term("Mitral regurgitation")],
        "question": "Please clarify the severity of the mitral regurgitation documented on 05/05, if clinically able.",
        "indicators": [finding("TTE", "Moderate mitral regurgitation"), finding("TEE", "Severe mitral regurgitation")],
        "options": [answer(lesser, 0), answer(severer, 1), {"text": other, "kind": "other"}, UNDETERMINED],
        **changed,
    }


def test_a_sound_scale_passes() -> None:
    assert judge(valve()).verdict == "pass"


@pytest.mark.parametrize(
    "rider", ["choose one of the two above", "text field inactive", "not selectable", "must be one of the listed"]
)
def test_other_can_be_used(rider: str) -> None:
    assert "R-09" in rules(judge(valve(other=f"Other ({rider})")))


@pytest.mark.parametrize(
    "rider", ["attach a separate statement", "file a report", "cite literature", "peer review follows"]
)
def test_no_burden_hangs_on_an_answer(rider: str) -> None:
    assert "R-11" in rules(judge(valve(other=f"Other ({rider})")), "block")
    assert "R-11" in rules(judge(valve("Moderate", f"Severe ({rider})")), "block")


@pytest.mark.parametrize(
    "other", ["Other: ________", "Other severity (please describe)", "Another degree (specify)", "Other (free text)"]
)
def test_plain_ways_to_write_another_answer_pass(other: str) -> None:
    assert judge(valve(other=other)).verdict == "pass"


@pytest.mark.parametrize(
    "aside", ["ASE criteria met", "yes", "2 of 3 present", "TEE 05/06", "as the echo lab read it", "per ASE table"]
)
def test_an_aside_of_one_option_holds_no_evidence(aside: str) -> None:
    assert rules(judge(valve("Moderate", f"Severe ({aside})"))) & {"R-03", "R-12", "R-27"}


@pytest.mark.parametrize(
    "pair", [("Moderate (2+)", "Severe (4+)"), ("Moderate (specify mechanism)", "Severe (specify mechanism)")]
)
def test_parallel_asides_pass(pair: tuple[str, str]) -> None:
    assert judge(valve(*pair)).verdict == "pass"


@pytest.mark.parametrize("marked", [">> Severe", "* Severe", "Severe <<", "» Severe"])
def test_no_mark_stands_beside_one_answer(marked: str) -> None:
    assert "R-11" in rules(judge(valve("Moderate", marked)), "block")


def test_each_degree_that_the_record_gives_is_offered() -> None:
    milder = [finding("TTE", "Mild mitral regurgitation"), finding("TEE", "Severe mitral regurgitation")]
    assert "R-12" in rules(judge(valve("Moderate to severe", "Severe", indicators=milder)), "review")
    elsewhere = [finding("Exam", "Mild wheeze"), finding("TEE", "Severe mitral regurgitation")]
    assert "R-12" not in rules(judge(valve("Moderate to severe", "Severe", indicators=elsewhere)))


@pytest.mark.parametrize(
    "text",
    [
        "The list is sorted by probability.",
        "One line arrives already ticked.",
        "The unlisted answers take a separate login.",
    ],
)
def test_no_answer_is_preset_or_ranked(text: str) -> None:
    assert "R-11" in rules(judge(valve(footer=text)))


RASH: dict[str, Any] = {
    **KIDNEY,
    "title": "Rash: cause",
    "category": "cause_effect",
    "documented": [term("Rash"), term("Allopurinol therapy")],
    "question": "Rash is documented on 05/05. Please clarify its cause, if known.",
}


def causes(*texts: str) -> list[dict[str, Any]]:
    """Return options of one cause each."""
    return [*(answer(text, 0, 2) for text in texts), OTHER, UNDETERMINED]


@pytest.mark.parametrize(
    "pair",
    [
        ("Due to allopurinol", "Allopurinol reaction"),
        ("Adverse effect of allopurinol, still active", "Adverse effect of allopurinol, subsiding"),
        ("Allopurinol-induced rash", "Rash as an adverse effect of allopurinol"),
    ],
)
def test_one_cause_in_other_words_is_one_direction(pair: tuple[str, str]) -> None:
    assert "R-24" in rules(judge(RASH, options=causes(*pair)), "block")


@pytest.mark.parametrize("second", ["Not due to allopurinol", "Due to infection", "Due to allopurinol and infection"])
def test_two_causes_or_a_denial_are_two(second: str) -> None:
    assert "R-24" not in rules(judge(RASH, options=causes("Due to allopurinol", second)))


@pytest.mark.parametrize("seen", ["Left malleolus tender", "L malleolus tender", "Malleolus tender"])
def test_a_side_needs_evidence_of_its_side(seen: str) -> None:
    query = {
        **KIDNEY,
        "title": "Ankle fracture: side",
        "category": "laterality",
        "documented": [term("Distal fibula fracture")],
        "question": "Distal fibula fracture is documented on 05/05. Please clarify the side to which it applies.",
        "indicators": [finding("X-ray order", "Left ankle", "Orders"), finding("Exam", seen, "Progress note")],
        "options": [answer("Left", 0), answer("Right", 1), OTHER, UNDETERMINED],
    }
    assert "R-04" in rules(judge(query))


def test_a_type_that_an_antibody_contradicts_is_not_offered() -> None:
    query = {
        **OPEN,
        "response_type": "multiple_choice",
        "title": "Diabetes mellitus: type",
        "category": "specificity",
        "documented": [term("Diabetes mellitus")],
        "question": "Diabetes mellitus is documented on 05/05. Please provide further specificity for its type.",
        "indicators": [finding("GAD65 antibody", "Negative", "Laboratory"), finding("C-peptide", "4.2", "Laboratory")],
        "options": [answer("Type 1", 0, 1), answer("Type 2", 1), OTHER, UNDETERMINED],
    }
    assert "R-04" in rules(judge(query), "block")
