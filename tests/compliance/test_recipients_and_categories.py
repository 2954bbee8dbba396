"""Who is asked, and what single categories need."""

from __future__ import annotations

from typing import Any

import pytest

from tests.compliance.samples import (
    CONFLICT,
    CREATININE,
    KIDNEY,
    OPEN,
    OTHER,
    PRESENT_ON_ADMISSION,
    UNDETERMINED,
    judge,
    rules,
)

MALNUTRITION = [
    {
        "term": "Malnutrition",
        "source": "Progress note",
        "author_role": "attending",
        "recorded_at": "2026-05-05T10:00:00",
    }
]
STAGE: dict[str, Any] = {
    **OPEN,
    "title": "Malnutrition: severity",
    "category": "acuity",
    "documented": MALNUTRITION,
    "question": "Please clarify the severity of the malnutrition documented on 05/05, if clinically able.",
}


@pytest.mark.parametrize("role", ["nurse", "coder", "physician_advisor"])
def test_who_may_not_answer_is_not_asked(role: str) -> None:
    assert "R-28" in rules(judge(recipient_role=role), "block")


@pytest.mark.parametrize("role", ["attending", "consultant", "surgeon", "resident", "advanced_practice"])
def test_accountable_providers_are_asked(role: str) -> None:
    assert judge(recipient_role=role).verdict == "pass"


def test_a_dietitian_is_asked_for_nutrition_only_and_for_no_new_diagnosis() -> None:
    assert judge(STAGE, recipient_role="dietitian").verdict == "pass"
    assert "R-28" in rules(judge(STAGE, recipient_role="wound_nurse"), "block")
    assert "R-28" in rules(judge(OPEN, recipient_role="dietitian"), "block")


def test_a_conflict_goes_to_the_attending() -> None:
    assert "R-23" in rules(judge(CONFLICT, recipient_role="surgeon"), "block")


def test_an_author_who_contradicts_himself_is_asked_himself() -> None:
    own = [{**entry, "author_role": "surgeon"} for entry in CONFLICT["documented"]]
    assert "R-23" not in rules(judge(CONFLICT, documented=own, recipient_role="surgeon"), "block")
    assert "R-23" in rules(judge(CONFLICT, recipient_role="surgeon"), "block")


def test_a_conflict_quotes_two_statements() -> None:
    one = judge(CONFLICT, indicators=CONFLICT["indicators"][:1], documented=CONFLICT["documented"][:1])
    assert "R-23" in rules(one, "block")


def of_two(*terms: str) -> list[dict[str, Any]]:
    """Return the documented terms of a conflict between a resident and a surgeon."""
    return [{**entry, "term": term} for entry, term in zip(CONFLICT["documented"], terms, strict=True)]


def choices(*texts: str) -> list[dict[str, Any]]:
    """Return clinical options with evidence, and the two neutral answers."""
    return [*({"text": text, "kind": "clinical", "evidence": [0, 1]} for text in texts), OTHER, UNDETERMINED]


def test_both_sides_of_a_conflict_may_be_offered() -> None:
    both = judge(CONFLICT, options=choices("Bilateral", "Left", "Right"))
    assert "R-23" not in rules(both)


def test_readings_that_exclude_each_other_are_not_offered_together() -> None:
    found = judge(
        CONFLICT,
        documented=of_two("Benign adenoma of the colon", "Malignant neoplasm of the colon"),
        options=choices("Benign adenoma", "Both", "Malignant neoplasm"),
    )
    assert "R-23" in rules(found, "block")


def test_both_readings_of_a_conflict_are_reviewed_where_one_is_no_known_condition() -> None:
    found = judge(
        CONFLICT, documented=of_two("Skin folds", "Cellulitis"), options=choices("Both", "Cellulitis", "Folds")
    )
    assert "R-23" in rules(found, "review")
    known = judge(CONFLICT, documented=of_two("Gout", "Cellulitis"), options=choices("Both", "Cellulitis", "Gout"))
    assert "R-23" not in rules(known)


def test_each_documented_reading_of_a_conflict_is_offered() -> None:
    found = judge(CONFLICT, documented=of_two("Gout", "Cellulitis"), options=choices("Cellulitis", "Contusion"))
    assert "R-23" in rules(found, "review")


def test_admission_is_measured_against_the_order() -> None:
    question = "Stage 2 pressure injury is documented on 05/06. Was it present on admission?"
    untimed = judge(PRESENT_ON_ADMISSION, admission_order_at=None, question=question)
    assert "R-21" in rules(untimed, "block")
    assert "R-21" not in rules(judge(PRESENT_ON_ADMISSION, question=question))
    assert judge(PRESENT_ON_ADMISSION, admission_order_at=None).verdict == "pass"


def test_timing_is_asked_of_what_is_documented() -> None:
    assert {"R-13", "R-21"} <= rules(judge(PRESENT_ON_ADMISSION, documented=[]), "block")
    question = "Was the pneumonia present at the time of the inpatient admission order (05/04/2026 09:00)?"
    assert {"R-13", "R-21"} <= rules(judge(PRESENT_ON_ADMISSION, question=question), "block")


def test_a_yes_no_may_not_add_a_type_that_nobody_wrote() -> None:
    heart = [{**MALNUTRITION[0], "term": "Heart failure"}]
    yes_no = PRESENT_ON_ADMISSION["options"]
    question = "Heart failure is documented on 05/05. Is it diastolic heart failure?"
    found = judge(category="specificity", response_type="yes_no", documented=heart, question=question, options=yes_no)
    assert "R-13" in rules(found, "block")


def test_a_validation_is_never_passed() -> None:
    question = "Malnutrition is documented on 05/05. Please clarify its status and the clinical basis in your judgment."
    found = judge(STAGE, category="clinical_validation", question=question)
    assert rules(found) == {"R-22"}
    assert found.verdict == "review"


def test_a_validation_list_lets_the_diagnosis_be_ruled_out() -> None:
    confirmed = {"text": "Malnutrition confirmed", "kind": "clinical", "evidence": [0]}
    found = judge(
        STAGE, category="clinical_validation", response_type="multiple_choice", options=[confirmed, OTHER, UNDETERMINED]
    )
    assert "R-22" in rules(found, "block")


def test_a_cause_is_asked_in_each_direction() -> None:
    one = [{"text": "Due to dehydration", "kind": "clinical", "evidence": [0]}, OTHER, UNDETERMINED]
    assert "R-24" in rules(judge(category="cause_effect", options=one), "block")


@pytest.mark.parametrize(
    ("second", "blocked"), [("Due to the operation", True), ("Not related to the operation", False)]
)
def test_a_complication_may_be_unrelated(second: str, *, blocked: bool) -> None:
    choices = [
        {"text": "Complication of the operation", "kind": "clinical", "evidence": [0]},
        {"text": second, "kind": "clinical", "evidence": [0]},
        OTHER,
        UNDETERMINED,
    ]
    assert ("R-24" in rules(judge(category="complication", options=choices), "block")) is blocked


def test_after_the_bill_a_second_person_approves() -> None:
    found = judge(phase="post_bill")
    assert rules(found) == {"R-40"}
    assert found.verdict == "review"


def test_what_a_non_provider_wrote_is_not_documented() -> None:
    by_dietitian = [{**MALNUTRITION[0], "author_role": "dietitian"}]
    assert judge(STAGE, documented=by_dietitian).verdict != "pass"


def test_a_denied_diagnosis_is_not_documented() -> None:
    denied = [{**KIDNEY["documented"][0], "term": "No malnutrition"}]
    assert judge(STAGE, documented=denied, indicators=[CREATININE]).verdict != "pass"


def test_the_order_time_of_the_question_is_that_of_the_record() -> None:
    other = PRESENT_ON_ADMISSION["question"].replace("09:00", "17:45")
    assert "R-21" in rules(judge(PRESENT_ON_ADMISSION, question=other), "review")


def test_a_list_about_timing_offers_both_sides() -> None:
    one = judge(PRESENT_ON_ADMISSION, response_type="multiple_choice", options=choices("Present at the order"))
    assert "R-21" in rules(one, "block")


def test_a_validation_may_be_confirmed() -> None:
    query = {"category": "clinical_validation", "response_type": "multiple_choice"}
    ruled_out = {"text": "Malnutrition ruled out", "kind": "ruled_out"}
    severe = [{**MALNUTRITION[0], "term": "Severe malnutrition"}]
    milder = [*choices("Mild malnutrition", "Weight loss alone"), ruled_out]
    away = judge(STAGE, **query, documented=severe, options=milder)
    assert "R-22" in rules(away, "block")
    free = judge(STAGE, **query, options=[*choices("Malnutrition; basis (free text)", "Weight loss alone"), ruled_out])
    assert "R-22" not in rules(free, "block")


def test_a_validation_is_no_yes_no() -> None:
    query = {"category": "clinical_validation", "response_type": "yes_no", "options": PRESENT_ON_ADMISSION["options"]}
    assert "R-22" in rules(judge(STAGE, **query, question="Is the malnutrition a current diagnosis?"), "block")


def test_a_complication_is_answered_in_three_ways() -> None:
    repaired = {**KIDNEY, "documented": [*KIDNEY["documented"], {**KIDNEY["documented"][0], "term": "Hernia repair"}]}
    half = choices("Complication of the repair", "Unrelated to the repair")
    assert "R-24" in rules(judge(repaired, category="complication", options=half), "review")
    whole = choices("Complication of the repair", "Expected with the repair", "Unrelated to the repair")
    assert "R-24" not in rules(judge(repaired, category="complication", options=whole))


def test_a_stage_that_is_documented_needs_no_question() -> None:
    staged = [{**MALNUTRITION[0], "term": "Chronic kidney disease, stage 3"}]
    found = judge(OPEN, category="stage", documented=staged)
    assert "R-38" in rules(found, "warn")
    assert "R-38" not in rules(found)


@pytest.mark.parametrize(
    ("texts", "blocked"),
    [
        (("Due to gentamicin, length of course", "Due to gentamicin, trough level"), True),
        (("Due to gentamicin (dose)", "Due to gentamicin (duration)"), True),
        (("Due to the stent, with fever", "Due to the stent, without fever"), True),
        (("Entirely due to gentamicin", "Partly due to gentamicin"), True),
        (("Due to gentamicin", "Due to contrast"), False),
        (("Due to gentamicin, with rash", "Due to contrast, without rash"), False),
        (("Complication of surgery, due to leak", "Complication of surgery, due to opioids"), False),
    ],
)
def test_one_cause_in_two_lines_is_one_direction(texts: tuple[str, str], *, blocked: bool) -> None:
    verdict = judge(category="cause_effect", options=choices(*texts))
    assert any(finding.rule == "R-24" and finding.field == "options" for finding in verdict.findings) is blocked


def test_a_report_stands_against_what_the_attending_wrote() -> None:
    read = {**CONFLICT["documented"][0], "source": "Radiology report", "author_role": "radiologist"}
    wrote = {**CONFLICT["documented"][1], "source": "ED provider note", "author_role": "attending"}
    rows = [
        {**row, "source": one["source"], "author_role": one["author_role"]}
        for row, one in zip(CONFLICT["indicators"], (read, wrote), strict=True)
    ]
    assert "R-23" not in rules(judge(CONFLICT, documented=[read, wrote], indicators=rows), "block")
    assert "R-23" in rules(judge(CONFLICT, documented=[wrote], indicators=rows[1:]), "block")
