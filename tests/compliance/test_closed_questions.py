"""Closed questions ask about the record; answers that mean yes or no stand only where they may (R-13 to R-16)."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.check import Verdict
from tests.compliance.samples import KIDNEY, OPEN, OTHER, PRESENT_ON_ADMISSION, UNDETERMINED, judge, rules

YES_NO = [{"text": "Yes", "kind": "yes"}, {"text": "No", "kind": "no"}, OTHER, UNDETERMINED]


def documented(*terms: str, source: str = "H&P", author_role: str = "attending") -> list[dict[str, Any]]:
    return [
        {"term": term, "source": source, "author_role": author_role, "recorded_at": "2026-05-05T10:00:00"}
        for term in terms
    ]


def asked(question: str, *terms: str, category: str = "specificity", **changes: Any) -> Verdict:
    query = {"category": category, "response_type": "yes_no", "options": YES_NO, "documented": documented(*terms)}
    return judge(KIDNEY, **{**query, "question": question, **changes})


@pytest.mark.parametrize(
    ("question", "term", "category"),
    [
        ("Is it diastolic?", "Heart failure", "specificity"),
        ("Is Klebsiella pneumoniae the organism?", "Pneumonia", "specificity"),
        ("Is the kidney disease at the fourth stage?", "Chronic kidney disease", "stage"),
        ('Does "recurrent, severe" apply to it?', "Depression", "acuity"),
        ("Is the anemia due to the hookworm?", "Anemia", "cause_effect"),
        (
            "Was the empyema present at the time of the admission order (05/04/2026 09:00)?",
            "Cough",
            "present_on_admission",
        ),
    ],
)
def test_a_yes_no_adds_nothing_that_nobody_wrote(question: str, term: str, category: str) -> None:
    assert "R-13" in rules(asked(question, term, category=category))


@pytest.mark.parametrize(
    ("question", "terms", "category"),
    [
        ("Is the condition current as of this visit?", ("Seizure disorder",), "status"),
        ("In your judgment, is the ulcer due to the neuropathy?", ("Ulcer of left foot", "Neuropathy"), "cause_effect"),
        ("Is the normal saline related to the edema?", ("Edema",), "cause_effect"),
        ("Was mesh placed?", ("Hernia repair with mesh",), "procedure"),
        ("Is the tracheostomy in place as of this visit?", ("Tracheostomy",), "status"),
    ],
)
def test_a_yes_no_about_the_record_is_allowed(question: str, terms: tuple[str, ...], category: str) -> None:
    assert "R-13" not in rules(asked(question, *terms, category=category))


def test_a_report_finding_may_be_agreed_with() -> None:
    report = documented("Adenocarcinoma of the colon", source="Pathology report", author_role="pathologist")
    question = "The pathology report states adenocarcinoma of the colon. Do you agree with this finding?"
    assert "R-13" not in rules(asked(question, category="significance", documented=report))


def test_what_only_a_nurse_wrote_is_not_documented() -> None:
    by_nurse = documented("Pressure injury of the heel", author_role="nurse")
    question = "Was the pressure injury present at the time of the inpatient admission order (05/04/2026 09:00)?"
    found = judge(PRESENT_ON_ADMISSION, documented=by_nurse, question=question)
    assert {"R-13", "R-21"} <= rules(found)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Include uremia", "Leave uremia out"),
        ("I agree", "I disagree"),
        ("As proposed", "Not as proposed"),
        ("Put it on the problem list", "Keep the problem list as it is"),
        ("Correct", "Incorrect"),
        ("Present", "Absent"),
        ("Thumbs up", "Thumbs down"),
        ("Add to the note", "Do not add"),
        ("It applies", "It does not apply"),
        ("✓", "✗"),
    ],
)
def test_a_list_that_means_yes_or_no_is_blocked(first: str, second: str) -> None:
    options = [{"text": text, "kind": "clinical", "evidence": [0, 1]} for text in (first, second)]
    assert "R-14" in rules(judge(options=[*options, OTHER, UNDETERMINED]), "block")


def test_sides_and_statuses_are_no_yes_or_no() -> None:
    sides = [{"text": text, "kind": "clinical", "evidence": [0]} for text in ("Left", "Right")]
    assert "R-14" not in rules(judge(category="laterality", options=[*sides, OTHER, UNDETERMINED]))
    status = [{"text": text, "kind": "clinical", "evidence": [0]} for text in ("Confirmed", "Remains uncertain")]
    assert "R-14" not in rules(judge(category="uncertain_diagnosis", options=[*status, OTHER, UNDETERMINED]))


def test_a_condition_and_its_bare_denial_are_reviewed() -> None:
    pair = [{"text": text, "kind": "clinical", "evidence": [0]} for text in ("Uremia", "No uremia")]
    assert "R-14" in rules(judge(options=[*pair, OTHER, UNDETERMINED]))


@pytest.mark.parametrize(
    ("yes", "no"), [("Yes", "Not yet"), ("Yes, with severe features", "No"), ("Certainly", "No"), ("Yes", "Call me")]
)
def test_yes_says_yes_and_no_says_no(yes: str, no: str) -> None:
    options = [{"text": yes, "kind": "yes"}, {"text": no, "kind": "no"}, OTHER, UNDETERMINED]
    assert "R-15" in rules(judge(PRESENT_ON_ADMISSION, options=options))


def test_yes_may_ask_for_words() -> None:
    options = [{"text": "Yes (please describe)", "kind": "yes"}, *PRESENT_ON_ADMISSION["options"][1:]]
    assert "R-15" not in rules(judge(PRESENT_ON_ADMISSION, options=options))


@pytest.mark.parametrize("question", ["Please clarify.", "What else does the patient have?", "Any other diagnoses?"])
def test_a_question_without_an_object_is_blocked(question: str) -> None:
    assert "R-16" in rules(judge(OPEN, question=question), "block")


@pytest.mark.parametrize("opening", ["Apart from", "Besides", "Other than", "Aside from", "In addition to"])
def test_nothing_is_set_aside_as_settled(opening: str) -> None:
    question = f"{opening} the hepatorenal syndrome, what was treated with normal saline?"
    assert "R-16" in rules(judge(OPEN, question=question))
    known = f"{opening} the gastroenteritis, what was treated with normal saline?"
    assert "R-16" not in rules(judge(OPEN, question=known))


RELATED: dict[str, Any] = {
    **KIDNEY,
    "title": "Catheter and UTI: relation",
    "category": "cause_effect",
    "response_type": "yes_no",
    "documented": [
        {"term": term, "source": "Progress note", "author_role": "attending", "recorded_at": "2026-05-05T09:00:00"}
        for term in ("UTI", "Indwelling urethral catheter")
    ],
    "options": [{"text": "Yes", "kind": "yes", "evidence": [0]}, {"text": "No", "kind": "no"}, OTHER, UNDETERMINED],
}


@pytest.mark.parametrize(
    "question",
    [
        "Do you regard the documented UTI as related to the urethral catheter, or not?",
        "Are the UTI and the catheter connected as cause and effect?",
        "Was the UTI triggered by the urethral catheter, as far as you can judge?",
        "In your estimation, is there a connection between the two entries?",
    ],
)
def test_a_relation_of_documented_things_is_asked_in_many_words(question: str) -> None:
    assert not {"R-13", "R-14", "R-24"} & rules(judge(RELATED, question=question))


@pytest.mark.parametrize(
    "question",
    [
        "Do you regard the sepsis as triggered by the urethral catheter?",
        "Was the severe UTI brought about by the catheter, as far as you can judge?",
        "Are the UTI and the bacteremia connected?",
    ],
)
def test_a_relation_adds_nothing_that_nobody_wrote(question: str) -> None:
    assert {"R-13", "R-24"} & rules(judge(RELATED, question=question))


@pytest.mark.parametrize(
    ("yes", "no", "held"),
    [
        ("Yes, the UTI is due to the catheter", "No, the UTI has another cause or is unrelated", False),
        ("Yes, related", "No, not related", False),
        ("Yes, urosepsis is due to the catheter", "No", True),
        ("Yes, and severe", "No", True),
    ],
)
def test_yes_and_no_say_what_is_documented_and_no_more(yes: str, no: str, *, held: bool) -> None:
    answers = [{"text": yes, "kind": "yes", "evidence": [0]}, {"text": no, "kind": "no"}, OTHER, UNDETERMINED]
    found = rules(judge(RELATED, question="Are the UTI and the catheter related?", options=answers))
    assert ("R-15" in found) is held


@pytest.mark.parametrize("yes", ["Yes (please specify): ____", "Yes, in my judgment", "Yes - catheter-associated"])
def test_a_yes_may_be_written_in_the_words_of_the_house(yes: str) -> None:
    answers = [{"text": yes, "kind": "yes", "evidence": [0]}, {"text": "No", "kind": "no"}, OTHER, UNDETERMINED]
    assert "R-15" not in rules(judge(RELATED, question="Are the UTI and the catheter related?", options=answers))


@pytest.mark.parametrize(
    ("term", "finer"),
    [
        ("Myasthenia gravis", "myasthenic crisis"),
        ("Myasthenia gravis", "crisis"),
        ("Crohn's disease", "Crohn's flare"),
        ("Diverticulitis", "diverticular abscess"),
        ("Diabetes", "T2DM"),
        ("Lung cancer", "NSCLC"),
        ("Hypertension", "hypertensive emergency"),
        ("Pancreatitis", "perforation"),
        ("Ulcerative colitis", "relapse"),
        ("Atrial fibrillation", "atrial fibrillation with RVR"),
        ("Brain compression", "uncal herniation"),
        ("Subdural haematoma", "acute subdural hematoma"),
        ("COPD", "chronic bronchitis"),
    ],
)
def test_a_yes_no_asks_no_finer_form_of_what_is_documented(term: str, finer: str) -> None:
    assert "R-13" in rules(asked(f"{term} is documented on 05/04/2026. Was this {finer}?", term))


@pytest.mark.parametrize(
    ("term", "called"),
    [
        ("Myasthenic crisis", "myasthenia gravis"),
        ("SBO", "obstruction"),
        ("Gram-negative sepsis", "sepsis"),
        ("NSTEMI", "myocardial infarction"),
        ("Oesophageal variceal haemorrhage", "bleeding esophageal varices"),
        ("Hep C, chronic hepatitis C", "hepatitis C"),
        ("Gastro-oesophageal reflux disease", "GERD"),
        ("Acute renal failure", "acute kidney injury"),
        ("Paroxysmal afib", "arrhythmia"),
        ("Ureteric stone", "urolithiasis"),
        ("Prolapsed disc", "herniated disk"),
        ("Adrenal crisis", "crisis"),
    ],
)
def test_a_yes_no_may_call_what_is_documented_by_another_name(term: str, called: str) -> None:
    assert "R-13" not in rules(asked(f"Is the {called} current as of this visit?", term, category="status"))
