"""Structure: indicators, one question, filled placeholders, the right form of answer."""

from __future__ import annotations

from typing import Any

import pytest

from tests.compliance.samples import (
    CONFLICT,
    CREATININE,
    CREATININE_LATER,
    KIDNEY,
    OPEN,
    OTHER,
    PRESENT_ON_ADMISSION,
    UNDETERMINED,
    judge,
    rules,
)

YES_NO = [{"text": "Yes", "kind": "yes", "evidence": [0]}, {"text": "No", "kind": "no"}, OTHER, UNDETERMINED]


@pytest.mark.parametrize("base", [KIDNEY, OPEN, PRESENT_ON_ADMISSION, CONFLICT])
def test_sound_queries_pass_without_a_finding(base: dict[str, Any]) -> None:
    verdict = judge(base)
    assert verdict.verdict == "pass"
    assert verdict.findings == ()
    assert verdict.ruleset == "ahima-acdis/2022"


def test_a_query_without_indicators_is_blocked() -> None:
    assert "R-05" in rules(judge(OPEN, indicators=[]), "block")


def test_a_statement_about_patients_in_general_is_no_indicator() -> None:
    general = {**CREATININE, "value": "Patients with gastroenteritis usually lose fluid"}
    assert "R-05" in rules(judge(OPEN, indicators=[general]), "block")


def test_isolated_values_alone_are_reviewed_for_a_new_condition() -> None:
    assert rules(judge(OPEN, indicators=[CREATININE])) == {"R-05"}


def test_a_series_is_monitoring() -> None:
    assert judge(OPEN, indicators=[CREATININE, CREATININE_LATER]).verdict == "pass"


@pytest.mark.parametrize(
    "placeholder", ["{{value}}", "<<DATE>>", "[provider name]", "____", "${term}", "TBD", "%(term)s"]
)
def test_unfilled_placeholders_block(placeholder: str) -> None:
    assert "R-26" in rules(judge(title=f"Clarification {placeholder}"), "block")


@pytest.mark.parametrize("source", ["Flowsheet, NBP [Systolic]", "Flowsheet, Arterial BP [Diastolic]"])
def test_the_labels_of_a_record_are_no_placeholders(source: str) -> None:
    assert "R-26" not in rules(judge(OPEN, indicators=[{**CREATININE, "source": source}, CREATININE_LATER]))


@pytest.mark.parametrize("source", ["[source]", "Note of [date]", "Flowsheet, [insert row]", "Flowsheet [ROW_NAME]"])
def test_a_source_that_was_never_filled_in_blocks(source: str) -> None:
    assert "R-26" in rules(judge(OPEN, indicators=[{**CREATININE, "source": source}, CREATININE_LATER]), "block")


def test_the_line_to_write_on_is_no_placeholder() -> None:
    options = [*KIDNEY["options"][:2], {"text": "Other (please specify): ____", "kind": "other"}, UNDETERMINED]
    assert "R-26" not in rules(judge(options=options))


def test_two_question_marks_are_two_questions() -> None:
    assert "R-30" in rules(judge(OPEN, question="What do the findings represent? And what was the weight?"), "block")


def test_three_conditions_in_one_question_block_and_two_are_reviewed() -> None:
    documented = [
        {"term": term, "source": "H&P", "author_role": "attending", "recorded_at": "2026-05-04T10:00:00"}
        for term in ("Heart failure", "Anemia", "CKD")
    ]
    three = "Please clarify the type of heart failure, the kind of anemia and the stage of CKD."
    assert "R-30" in rules(judge(OPEN, category="specificity", documented=documented, question=three), "block")
    two = "Please clarify the type of heart failure and of the anemia."
    assert "R-30" in rules(judge(OPEN, category="specificity", documented=documented, question=two), "review")


def test_a_request_with_another_question_behind_it_is_reviewed_where_relations_are_asked_too() -> None:
    documented = [
        {"term": term, "source": "H&P", "author_role": "attending", "recorded_at": "2026-05-04T10:00:00"}
        for term in ("Confusion", "Anemia")
    ]
    asked = {"category": "cause_effect", "documented": documented}
    both = "Please clarify the cause of the confusion, and was the anemia there on admission?"
    assert "R-30" in rules(judge(OPEN, question=both, **asked))
    assert "R-30" not in rules(judge(OPEN, question="Please clarify the cause of the confusion.", **asked))


def test_conditions_of_one_documented_term_are_one_issue() -> None:
    documented = [{**KIDNEY["documented"][0], "term": "Heart failure with anemia in CKD"}]
    question = "Please clarify the type of heart failure with anemia in CKD."
    assert "R-30" not in rules(judge(OPEN, category="specificity", documented=documented, question=question))


@pytest.mark.parametrize("category", ["missing_diagnosis", "treatment_without_diagnosis"])
def test_a_new_condition_is_never_a_yes_no(category: str) -> None:
    assert "R-14" in rules(judge(category=category, response_type="yes_no", options=YES_NO), "block")


def test_an_open_question_carries_no_options() -> None:
    assert "R-16" in rules(judge(OPEN, options=KIDNEY["options"]), "block")


def test_multiple_choice_needs_options() -> None:
    assert "R-09" in rules(judge(options=[]), "block")


def test_long_texts_and_many_indicators_only_warn() -> None:
    verdict = judge(OPEN, indicators=[CREATININE, CREATININE_LATER] * 7)
    assert verdict.verdict == "pass"
    assert "R-30" in rules(verdict, "warn")


def test_an_empty_question_is_blocked() -> None:
    assert "R-30" in rules(judge(OPEN, question="  "), "block")


@pytest.mark.parametrize(
    ("question", "held"),
    [
        ("Is there a diagnosis for the findings below, and if so, what is it?", False),
        ("Is the cause known to you, and which is it?", False),
        ("What is the cause of the findings below, and when was the stroke?", True),
        ("Is there a diagnosis for the findings below, and which drug caused it?", True),
    ],
)
def test_a_question_may_ask_whether_and_what_at_once(question: str, *, held: bool) -> None:
    assert ("R-30" in rules(judge(OPEN, question=question))) is held


def test_a_condition_may_not_ride_along_behind_an_if() -> None:
    question = "Please clarify the condition associated with the findings below, and if the fluids were needed for it."
    assert "R-30" in rules(judge(OPEN, question=question))


@pytest.mark.parametrize(
    ("question", "issues"),
    [
        ("Please give further specificity for the gastroenteritis, and say what the weight loss was due to.", 2),
        ("Please specify the gastroenteritis, and please say as well what the hemoglobin drop was due to.", 2),
        ("Please clarify the type of the gastroenteritis and what it is due to.", 1),
        ("Please clarify what the gastroenteritis is due to, if known.", 1),
    ],
)
def test_a_cause_of_something_else_is_another_question(question: str, issues: int) -> None:
    found = rules(judge(OPEN, category="specificity", question=question))
    assert ("R-30" in found) is (issues > 1)


@pytest.mark.parametrize(
    ("question", "issues"),
    [
        ("Please specify the organism and, in addition, state the depth of the wound.", 2),
        ("Please specify the organism, as well as explaining the depth of the wound.", 2),
        ("Beyond naming the organism, please state the depth of the wound.", 2),
        ("On top of specifying the organism, please outline the wound.", 2),
        ("Please specify the organism and let us know the depth of the wound.", 2),
        ("Please specify the organism and kindly explain the wound.", 2),
        ("Please not only specify the organism but state the depth of the wound.", 2),
        ("Please specify the organism of the gastroenteritis, as well as its site, if known.", 1),
        ("Please clarify the type and, if known, the cause of the gastroenteritis.", 1),
        ("Please review the findings below and kindly specify the organism.", 1),
    ],
)
def test_a_second_request_is_found_in_whatever_order(question: str, issues: int) -> None:
    found = rules(judge(OPEN, category="specificity", question=question))
    assert ("R-30" in found) is (issues > 1)


@pytest.mark.parametrize(
    ("question", "vague"),
    [
        ("Besides the gastroenteritis, what else did he have going on?", True),
        ("Apart from the gastroenteritis, is there anything more to this stay?", True),
        ("Besides the gastroenteritis, what condition, if any, do the findings below represent?", False),
        ("Besides the gastroenteritis, what condition was treated with normal saline on 05/05?", False),
    ],
)
def test_what_a_question_sets_aside_is_not_what_it_asks_about(question: str, *, vague: bool) -> None:
    assert ("R-16" in rules(judge(OPEN, question=question), "block")) is vague
