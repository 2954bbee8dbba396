"""What the structure of a query tells: details of a yes/no, sides of a conflict, times, relations, readings."""

from __future__ import annotations

from typing import Any

import pytest

from tests.compliance.samples import CONFLICT, OTHER, PRESENT_ON_ADMISSION, UNDETERMINED, judge, rules


def rules_of(query: dict[str, Any]) -> set[str]:
    """Return the rules that hold or block a query."""
    return rules(judge(query))


YES_NO = [{"text": "Yes", "kind": "yes"}, {"text": "No", "kind": "no"}, OTHER, UNDETERMINED]


def _term(term: str, source: str, role: str, day: str) -> dict[str, Any]:
    return {"term": term, "source": source, "author_role": role, "recorded_at": f"2026-05-{day}T10:00:00"}


def _row(name: str, value: str, source: str, day: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "value": value,
        "unit": None,
        "source": source,
        "observed_at": f"2026-05-{day}T10:00:00",
        **more,
    }


CATHETER: dict[str, Any] = {
    **PRESENT_ON_ADMISSION,
    "title": "UTI and urinary catheter: relationship",
    "category": "cause_effect",
    "documented": [
        _term("UTI", "Progress note", "attending", "06"),
        _term("Indwelling urinary catheter", "H&P", "attending", "04"),
    ],
    "indicators": [
        _row("Urinary catheter", "In place 05/04 to 05/06", "Nursing flowsheet", "06", author_role="nurse"),
        _row("Urine culture", "Escherichia coli, over 100,000 CFU/mL", "Microbiology", "06"),
    ],
    "question": "UTI and an indwelling urinary catheter are both documented. Is the UTI due to the catheter?",
    "options": YES_NO,
}


@pytest.mark.parametrize(
    "question",
    [
        "UTI and an indwelling urinary catheter are both documented. Is the UTI due to the catheter?",
        "UTI (05/06) and an indwelling urinary catheter (05/04) are both documented. Are the two related?",
    ],
)
def test_a_yes_no_may_ask_of_what_is_documented_as_it_is_documented(question: str) -> None:
    assert judge({**CATHETER, "question": question}).verdict == "pass"


@pytest.mark.parametrize("detail", ["active", "recurrent", "bilateral", "severe", "several", "resolved", "stage 2"])
def test_a_yes_no_tells_no_detail_that_nobody_documented(detail: str) -> None:
    question = f"UTI and an indwelling urinary catheter are both documented. Is the {detail} UTI due to the catheter?"
    stated = f"{detail.capitalize()} UTI and an indwelling urinary catheter are both documented. Are the two related?"
    for text in (question, stated):
        assert "R-13" in rules_of({**CATHETER, "question": text}), text


@pytest.mark.parametrize("told", ["in remission", "with exacerbation", "as a recurrent episode", "on both sides"])
def test_a_yes_no_tells_no_course_and_no_side_behind_a_name(told: str) -> None:
    question = f"UTI and an indwelling urinary catheter are both documented. Is the UTI due to the catheter {told}?"
    assert "R-13" in rules_of({**CATHETER, "question": question})


def test_a_yes_no_on_a_finding_names_what_is_documented() -> None:
    finding = {**CATHETER, "category": "significance", "question": "Do the findings below represent a diagnosis?"}
    assert "R-14" in rules_of(finding)


CELLULITIS: dict[str, Any] = {
    **CONFLICT,
    "title": "Clarification: differing statements on the foot",
    "documented": [
        _term("Cellulitis of right foot", "H&P", "resident", "04"),
        _term("Gout flare of right foot", "Rheumatology consult", "consultant", "05"),
    ],
    "indicators": [
        _row("H&P", "Cellulitis of right foot", "H&P", "04", author_role="resident", quoted=True),
        _row(
            "Consult", "Gout flare of right foot", "Rheumatology consult", "05", author_role="consultant", quoted=True
        ),
    ],
    "question": "The record contains the following statements. Please clarify the diagnosis that applies.",
    "options": [
        {"text": "Cellulitis", "kind": "clinical", "evidence": [0]},
        {"text": "Gout flare", "kind": "clinical", "evidence": [1]},
        OTHER,
        UNDETERMINED,
    ],
}


def _with_options(query: dict[str, Any], *texts: str) -> dict[str, Any]:
    clinical = [{"text": text, "kind": "clinical", "evidence": [0, 1]} for text in texts]
    return {**query, "options": [*clinical, OTHER, UNDETERMINED]}


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"title": "Right foot: two statements"},
        {"context": 'H&P (05/04): "Cellulitis of right foot". Consult (05/05): "Gout flare of right foot".'},
    ],
)
def test_a_conflict_that_tells_both_sides_or_none_passes(changed: dict[str, Any]) -> None:
    assert judge({**CELLULITIS, **changed}).verdict == "pass"


@pytest.mark.parametrize(
    "changed",
    [
        {"title": "Clarification: gout flare"},
        {"question": "Gout flare is documented on 05/05. Please clarify the diagnosis that applies."},
        {"context": 'H&P (resident, 05/04): "Cellulitis of right foot".'},
    ],
)
def test_a_conflict_that_tells_one_side_is_held(changed: dict[str, Any]) -> None:
    assert "R-23" in rules_of({**CELLULITIS, **changed})


@pytest.mark.parametrize("third", ["Osteomyelitis", "Severe cellulitis", "Chronic gout flare", "Septic arthritis"])
def test_an_answer_that_nobody_wrote_and_nothing_shows_is_held(third: str) -> None:
    assert "R-23" in rules_of(_with_options(CELLULITIS, "Cellulitis", "Gout flare", third))


@pytest.mark.parametrize("category", ["specificity", "laterality", "status"])
def test_differing_statements_go_to_the_attending_in_any_category(category: str) -> None:
    query = {**CELLULITIS, "category": category, "recipient_role": "consultant"}
    assert "R-23" in rules_of(query)


@pytest.mark.parametrize(
    "moment", ["at the time of transfer to the floor", "on discharge", "before the operation", "at midnight"]
)
def test_presence_is_asked_against_the_order(moment: str) -> None:
    question = f"Stage 2 pressure injury of the left heel is documented on 05/06. Was it present {moment}?"
    assert "R-21" in rules_of({**PRESENT_ON_ADMISSION, "question": question})


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        (("Present at the time of the order", "Developed after the order"), False),
        (("Before or at the order", "After the order"), False),
        (("Present before arrival", "Present on arrival"), True),
        (("Developed on day 2", "Developed on day 3"), True),
    ],
)
def test_answers_about_timing_lie_on_both_sides_of_the_order(answers: tuple[str, str], told: bool) -> None:
    choice = {**PRESENT_ON_ADMISSION, "response_type": "multiple_choice"}
    clinical = [{"text": text, "kind": "clinical", "evidence": [0]} for text in answers]
    found = rules_of({**choice, "options": [*clinical, OTHER, UNDETERMINED]})
    assert ("R-21" in found) is told


ILEUS: dict[str, Any] = {
    **CATHETER,
    "title": "Ileus after the operation of 05/04",
    "category": "complication",
    "response_type": "open_ended",
    "recipient_role": "surgeon",
    "documented": [
        _term("Ileus", "Progress note", "surgeon", "06"),
        _term("Sigmoid colectomy", "Operative note", "surgeon", "04"),
    ],
    "indicators": [_row("Abdominal film", "Dilated small bowel loops", "Radiology report", "06")],
    "question": "Please clarify the relationship, if any, of the ileus to the sigmoid colectomy.",
    "options": [],
}


@pytest.mark.parametrize("thing", ["sigmoid colectomy", "colectomy", "operation"])
def test_a_relation_is_asked_to_what_is_documented(thing: str) -> None:
    question = f"Please clarify the relationship, if any, of the ileus to the {thing}."
    assert judge({**ILEUS, "question": question}).verdict == "pass"


@pytest.mark.parametrize("thing", ["laminectomy", "ERCP", "lumbar puncture", "enoxaparin", "knee replacement"])
def test_a_relation_to_what_stands_nowhere_is_held(thing: str) -> None:
    question = f"Please clarify the relationship, if any, of the ileus to the {thing}."
    assert "R-24" in rules_of({**ILEUS, "question": question})


@pytest.mark.parametrize(
    "answers",
    [
        ("Hyponatremia", "Hyponatremia ruled out"),
        ("Hyponatremia", "Findings without hyponatremia"),
        ("Hyponatremia", "Other than hyponatremia"),
        ("Hyponatremia", "Probable hyponatremia"),
        ("Hyponatremia", "Hyponatremia, clinically supported"),
        ("A diagnosis was made", "No diagnosis was made"),
    ],
)
def test_one_reading_and_its_denial_or_itself_are_no_choice(answers: tuple[str, str]) -> None:
    query = _with_options({**CATHETER, "response_type": "multiple_choice", "category": "missing_diagnosis"}, *answers)
    assert "R-14" in rules_of(query)


@pytest.mark.parametrize(
    "answers", [("Due to the catheter", "Not due to the catheter"), ("UTI due to the catheter", "UTI due to stone")]
)
def test_two_directions_of_a_relation_are_a_choice(answers: tuple[str, str]) -> None:
    query = _with_options({**CATHETER, "response_type": "multiple_choice"}, *answers)
    assert "R-14" not in rules_of(query)


@pytest.mark.parametrize(
    "question",
    [
        "Ileus is documented on 05/06. Please clarify the clinical basis of the diagnosis.",
        "Ileus is documented on 05/06. Is this diagnosis clinically supported?",
        "Which findings support the ileus documented on 05/06?",
        "Ileus is documented on 05/06. After review of the film, does the diagnosis stand?",
    ],
)
def test_a_validation_under_another_name_is_one(question: str) -> None:
    assert "R-22" in rules_of({**ILEUS, "category": "specificity", "question": question})


def test_a_diagnosis_that_is_confirmed_or_struck_is_validated() -> None:
    query = {**ILEUS, "category": "specificity", "response_type": "multiple_choice"}
    assert "R-22" in rules_of(_with_options(query, "Ileus confirmed", "Ileus ruled out"))


@pytest.mark.parametrize(
    ("context", "told"),
    [
        ("Ileus is documented on 05/06.", False),
        ("This replaces the request of 05/05, withdrawn for a wrong heading.", False),
        ("The abdominal film was repeated on 05/05.", True),
        ("The abdominal film recorded on 05/08 is shown below.", True),
    ],
)
def test_a_day_that_no_finding_has_is_held(context: str, told: bool) -> None:
    assert ("R-26" in rules_of({**ILEUS, "context": context})) is told


@pytest.mark.parametrize(
    "added",
    [
        ", and the significance of the abdominal film.",
        ", and the reason for the antibiotics.",
        " and that of the fever.",
        ". The same is asked of the fever.",
        ". In the same answer, describe the nutrition status.",
        ". Please include the nutrition diagnosis.",
        " and, for the fever, its cause.",
    ],
)
def test_a_second_issue_rides_along_in_no_words(added: str) -> None:
    question = "Ileus is documented on 05/06. Please clarify its cause, if known"
    query = {**ILEUS, "category": "specificity"}
    assert "R-30" not in rules_of({**query, "question": f"{question}."})
    assert "R-30" in rules_of({**query, "question": question + added})


@pytest.mark.parametrize(
    "context",
    [
        "Two points are open in this record: the film and the question below.",
        "In addition, the reason for the abdominal film is asked.",
        "Whether the abdominal film was repeated is also asked.",
    ],
)
def test_the_context_asks_nothing_of_its_own(context: str) -> None:
    assert "R-30" in rules_of({**ILEUS, "context": context})


@pytest.mark.parametrize(
    "fact", ["seen on imaging", "requiring IV therapy", "present throughout the stay", "with high risk of recurrence"]
)
def test_no_answer_alone_carries_facts(fact: str) -> None:
    query = {**CATHETER, "category": "specificity", "response_type": "multiple_choice"}
    assert "R-12" in rules_of(_with_options(query, f"Cystitis {fact}", "Pyelonephritis"))
    assert "R-12" not in rules_of(_with_options(query, "Cystitis", "Pyelonephritis"))


@pytest.mark.parametrize("colour", ["Life-threatening", "Serious", "Merely"])
def test_no_answer_alone_is_made_grave_or_small(colour: str) -> None:
    query = {**CATHETER, "category": "specificity", "response_type": "multiple_choice"}
    assert "R-12" in rules_of(_with_options(query, f"{colour} cystitis", "Pyelonephritis"))


def test_vital_signs_of_today_evaluate_no_condition_of_earlier_care() -> None:
    before = _row("Abdominal film", "Dilated small bowel loops", "Radiology report", "04", prior_encounter=True)
    today = _row("Heart rate", "82", "Nursing flowsheet", "06")
    assert "R-17" in rules_of({**ILEUS, "indicators": [before, today]})
    assert "R-17" not in rules_of({**ILEUS, "indicators": [before, today, *ILEUS["indicators"]]})


@pytest.mark.parametrize("value", ["Trended", "Monitored closely", "Consistent"])
def test_a_value_that_tells_nothing_is_none(value: str) -> None:
    assert "R-06" in rules_of({**ILEUS, "indicators": [_row("Potassium", value, "Laboratory", "06")]})


@pytest.mark.parametrize("question", ["Further specificity is requested.", "Please clarify the clinical picture."])
def test_an_open_question_says_what_it_asks_about(question: str) -> None:
    assert "R-16" in rules_of({**ILEUS, "question": question})


@pytest.mark.parametrize(
    "footer", ["Any provider on call may answer this.", "Whoever is on call may answer.", "Any attending may reply."]
)
def test_who_did_not_treat_does_not_answer(footer: str) -> None:
    assert "R-28" in rules_of({**ILEUS, "footer": footer})


@pytest.mark.parametrize("moment", ["Did it arise in the hospital?", "Was it there at the change of level of care?"])
def test_presence_is_measured_against_the_order(moment: str) -> None:
    question = f"Stage 2 pressure injury of the left heel is documented on 05/06. {moment}"
    assert "R-21" in rules_of({**PRESENT_ON_ADMISSION, "question": question})


@pytest.mark.parametrize("told", ["of unknown cause", "involving the kidney", "in two places"])
def test_a_yes_no_tells_no_cause_and_no_reach_behind_a_name(told: str) -> None:
    question = f"UTI and an indwelling urinary catheter are both documented. Is the UTI due to the catheter {told}?"
    assert "R-13" in rules_of({**CATHETER, "question": question})


@pytest.mark.parametrize(
    "answers", [("Significant", "Insignificant"), ("As suspected", "Not as suspected"), ("For", "Against")]
)
def test_answers_that_name_nothing_are_a_yes_and_a_no(answers: tuple[str, str]) -> None:
    query = {**CATHETER, "response_type": "multiple_choice", "category": "specificity"}
    assert "R-14" in rules_of(_with_options(query, *answers))
