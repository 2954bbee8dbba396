"""Numbers agree with the record, placeholders are filled, and one question is asked (R-26, R-30, R-35)."""

from __future__ import annotations

import pytest

from compliance.placeholders import placeholders
from tests.compliance.samples import FLUIDS, KIDNEY, OPEN, OTHER, UNDETERMINED, judge, rules


@pytest.mark.parametrize(
    ("context", "severity"),
    [
        ("Creatinine rose to 5.4 on 05/05.", "block"),
        ("Normal saline 8 L was given.", "block"),
        ("Normal saline 8,000 mL was given.", "block"),
        ("On 05/05 creatinine rose to 5.4.", "block"),
        ("The patient walked 400 m.", "review"),
    ],
)
def test_a_number_that_the_record_does_not_show_is_held(context: str, severity: str) -> None:
    assert "R-35" in rules(judge(OPEN, context=context), severity)


@pytest.mark.parametrize(
    ("footer", "severity"),
    [
        ("Note the creatinine of 5.4 on 05/05.", "block"),
        ("Creatinine peaked at 5.4.", "block"),
        ("Potassium 6.1 mmol/L on 05/05.", "review"),
        ("The creatinine stayed high for six weeks.", "review"),
    ],
)
def test_no_footer_alters_or_adds_a_value(footer: str, severity: str) -> None:
    assert "R-35" in rules(judge(OPEN, footer=footer), severity)


@pytest.mark.parametrize(
    "footer",
    [
        "Ring 3434 with any question about this form.",
        "Creatinine of 2.4 was drawn on 05/05 at 05:55.",
        "Policy HIM-17, version 3.2, applies. K. Mori, CCS, ext. 5521.",
        "For reference only: KDIGO AKI guideline 2012 (medical staff approved 01/2026).",
    ],
)
def test_numbers_of_the_office_and_of_the_record_may_stand_in_a_footer(footer: str) -> None:
    assert "R-35" not in rules(judge(OPEN, footer=footer))


@pytest.mark.parametrize(
    "context",
    [
        "Creatinine was 2.40 mg/dL on 05/05/2026 at 05:55.",
        "Creatinine went from 0.9 to 2.4.",
        "Asked under record review policy HIM-22, section 14.",
        'The H&P of 05/04 states "creatinine 5.4".',
    ],
)
def test_numbers_of_the_record_dates_and_sections_are_not(context: str) -> None:
    assert "R-35" not in rules(judge(OPEN, context=context))


@pytest.mark.parametrize(
    ("footer", "altered"),
    [
        ("Note the creatinine of 5.4 on 05/05.", True),
        ("Creatinine was 5.4.", True),
        ("Note the creatinine of 2.4 on 05/05.", False),
        ("For reference only: KDIGO 2012 definition, creatinine 0.3 mg/dL within 48 hours.", False),
        ("J. Doe, RHIA, ext. 4471, policy HIM-22.", False),
    ],
)
def test_a_footer_alters_no_value(footer: str, altered: bool) -> None:
    assert ("R-35" in rules(judge(OPEN, footer=footer), "block")) == altered


@pytest.mark.parametrize(
    "text",
    [
        "%%LAST_NAME%%",
        "<SIDE>",
        "<provider name>",
        "{drug}",
        "{0}",
        "@@DATE@@",
        "#finding#",
        "first_finding",
        "PATIENT_NAME",
        "documented on MM/DD",
        "documented on .",
        "(delete what does not apply)",
        "enter the date here",
        "$term",
        "***",
        "#N/A",
        "xx/xx",
        "Dear Dr. ,",
        "(side)",
        "(add date)",
        "Text to follow.",
        "Ext. ????",
        "Asked by NAME, CREDENTIAL.",
        ":author:",
        "|source|, |date|",
        "Lorem ipsum dolor sit amet.",
        "xxxx",
        "Delete this line if not needed.",
        "REPLACE THIS TEXT",
        "sodium [x] mmol/L",
    ],
)
def test_unfilled_fields_of_any_style_are_found(text: str) -> None:
    assert list(placeholders(f"Please clarify {text} as documented"))
    assert "R-26" in rules(judge(title=f"Clarification {text}"), "block")


@pytest.mark.parametrize(
    "text",
    [
        "Creatinine 2.4 mg/dL (ref 0.5-1.2) on 05/05 at 06:10.",
        "Which condition, if any, was it treated for?",
        "H&P [sic] and A1c <7%",
        "Please specify (type and acuity).",
    ],
)
def test_ordinary_text_holds_no_placeholder(text: str) -> None:
    assert not list(placeholders(text))


def test_an_option_without_a_name_is_a_leftover() -> None:
    leftover = [{"text": "Diagnosis 2", "kind": "clinical", "evidence": [0]}, *KIDNEY["options"][:1]]
    assert "R-26" in rules(judge(options=[*leftover, OTHER, UNDETERMINED]), "block")


TERMS = [
    {"term": term, "source": "H&P", "author_role": "attending", "recorded_at": "2026-05-04T10:00:00"}
    for term in ("Hip fracture", "Anemia")
]


@pytest.mark.parametrize(
    "question",
    [
        "Please clarify the side of the hip fracture, and while you are there, the kind of anemia.",
        "Please clarify the side of the hip fracture together with that of the anemia.",
        "Please clarify: 1. the side of the hip fracture 2. the type of the anemia",
        "Please clarify the side of the hip fracture; please state the type of anemia.",
        "Please clarify the side of the fracture, and was the anemia present before?",
        "What is the side of the fracture and which type of anemia is it?",
        "Please clarify the side of the fracture, together with the reason for the transfusion of 05/05.",
        "Please clarify the side of the hip fracture and the indication for iron.",
    ],
)
def test_a_second_issue_is_seen_without_a_second_question_mark(question: str) -> None:
    assert "R-30" in rules(judge(OPEN, category="specificity", documented=TERMS, question=question))


@pytest.mark.parametrize(
    "question",
    [
        "Please clarify the type and acuity of the anemia documented on 05/04, if known.",
        "Anemia is documented on 05/04. Please clarify its cause and type, if known.",
    ],
)
def test_attributes_of_one_condition_are_one_issue(question: str) -> None:
    assert "R-30" not in rules(judge(OPEN, category="specificity", documented=TERMS, question=question))


def test_a_merge_field_in_a_quotation_is_unfilled_too() -> None:
    assert "R-26" in rules(judge(OPEN, context='The H&P of 05/04 states "{{statement}}".'), "block")


def test_a_line_inside_an_answer_is_unfilled_and_at_its_end_is_to_write_on() -> None:
    inside = [{"text": "Right ____ injury", "kind": "clinical", "evidence": [0]}, *KIDNEY["options"]]
    assert "R-26" in rules(judge(options=inside), "block")
    at_end = [{"text": "Injury due to ____", "kind": "clinical", "evidence": [0]}, *KIDNEY["options"]]
    assert "R-26" not in rules(judge(options=at_end))


def test_a_date_that_nothing_shown_carries_is_reviewed() -> None:
    question = "Please document the condition, if any, that the findings of {} represent."
    shifted = [
        {**KIDNEY["indicators"][0], "observed_at": "2026-05-04T06:10:00"},
        {**KIDNEY["indicators"][1], "observed_at": "2026-05-08T05:55:00"},
    ]
    assert "R-26" in rules(judge(OPEN, indicators=shifted, question=question.format("05/06")), "review")
    assert "R-26" not in rules(judge(OPEN, indicators=shifted, question=question.format("05/08")))


CEFTRIAXONE = {**FLUIDS, "name": "Ceftriaxone", "value": "2 g IV, a single dose at 09:00"}
SHOCKS = {**FLUIDS, "name": "Defibrillation", "value": "Shocks x2", "source": "Code record"}


@pytest.mark.parametrize(
    ("context", "held"),
    [
        ("Ceftriaxone was given thrice on 05/05.", True),
        ("Two doses of ceftriaxone were given.", True),
        ("The patient had defibrillation with 3 shocks.", True),
        ("Ceftriaxone was given once on 05/05.", False),
        ("One dose of ceftriaxone was given.", False),
        ("The patient had defibrillation with two shocks.", False),
        ("Ceftriaxone twice daily is planned.", False),
        ("Creatinine was measured twice.", False),
    ],
)
def test_how_often_is_told_as_the_indicators_tell_it(context: str, *, held: bool) -> None:
    verdict = judge(OPEN, indicators=[*OPEN["indicators"], CEFTRIAXONE, SHOCKS], context=context)
    assert ("R-35" in rules(verdict)) is held


def test_doses_of_several_rows_add_up() -> None:
    rows = [CEFTRIAXONE, {**CEFTRIAXONE, "value": "2 g IV, a single dose at 21:00"}]
    given = {"context": "Ceftriaxone was given twice on 05/05."}
    assert "R-35" not in rules(judge(OPEN, indicators=[*OPEN["indicators"], *rows], **given))
    assert "R-35" in rules(judge(OPEN, indicators=[*OPEN["indicators"], CEFTRIAXONE], **given))


@pytest.mark.parametrize(
    "question",
    [
        "Please clarify the cause of the gastroenteritis. Is the culture final?",
        "Which cause, which stage, which treatment of the gastroenteritis?",
    ],
)
def test_a_question_of_something_else_does_not_follow_a_request(question: str) -> None:
    assert "R-30" in rules(judge(OPEN, category="cause_effect", question=question))
