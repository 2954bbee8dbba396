"""R-02, R-03, R-18 to R-20: a word with a second sense is read with the words beside it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.compliance.samples import KIDNEY, judge, rules

THRIVING: dict[str, Any] = {
    **KIDNEY,
    "title": "Failure to thrive: further specificity",
    "category": "specificity",
    "response_type": "open_ended",
    "documented": [
        {
            "term": "Failure to thrive",
            "source": "H&P",
            "author_role": "attending",
            "recorded_at": "2026-03-04T09:50:00",
        }
    ],
    "question": "Failure to thrive is documented on 03/04. Please provide further specificity for its cause, if known.",
    "options": [],
}

TOPICS = (
    "Capture threshold and pacing strip of 03/06",
    "Denial of dyspnea in the nursing note",
    "Claim by the daughter of an allergy: nature of the event",
    "Barthel score in two notes",
    "Pain score on admission",
    "Chest tube removed and replaced",
    "Moderate sedation: missing start time",
    "Anion gap of 03/06",
    "Ventilator settings",
)
PUSHED = (
    "Capture opportunity of 03/06",
    "Denial of the stay, dyspnea",
    "Claim by the insurer",
    "Quality score on admission",
    "Diagnosis removed and replaced",
    "Moderate kidney findings",
    "Missing stage",
    "Documentation gap of 03/06",
)


@pytest.mark.parametrize("title", TOPICS)
def test_topics_of_charts_say_nothing_of_money_scores_or_degree(title: str) -> None:
    assert not rules(judge(KIDNEY, title=title)) & {"R-02", "R-03", "R-18", "R-19", "R-20", "R-22"}


@pytest.mark.parametrize("title", PUSHED)
def test_the_same_words_in_other_company_are_stopped(title: str) -> None:
    assert judge(KIDNEY, title=title).verdict != "pass"


@pytest.mark.parametrize("title", ["Incomplete scan of the flowsheet", "Terminal entry of 03/06", "'Severe' in a note"])
def test_a_title_is_held_for_a_word_that_may_say_no_degree(title: str) -> None:
    assert judge(KIDNEY, title=title).verdict == "review"


@pytest.mark.parametrize("title", ["Severe kidney findings", "Missing stage", "Terminal renal failure"])
def test_a_title_is_blocked_for_a_word_of_degree(title: str) -> None:
    assert "R-02" in rules(judge(KIDNEY, title=title), "block")


def test_no_part_of_a_documented_name_pushes() -> None:
    assert not rules(judge(THRIVING)) & {"R-02", "R-03", "R-20"}


@pytest.mark.parametrize(
    "question",
    [
        "Failure to thrive is documented on 03/04. Failure to reply will be reported.",
        "Failure to name the cause will be reported.",
    ],
)
def test_a_phrase_beyond_the_documented_name_pushes(question: str) -> None:
    assert "R-20" in rules(judge(THRIVING, question=question))


@pytest.mark.parametrize(
    "context",
    [
        "Urine cultures of 03/05 grew nothing on either day; the bladder catheter was removed on 03/06.",
        "The indication is not given in the orders for both days (03/05, 03/06).",
    ],
)
def test_a_thing_that_is_taken_out_and_a_detail_that_is_not_given_leave_no_finding_out(context: str) -> None:
    assert "R-07" not in rules(judge(KIDNEY, context=context), "block")


@pytest.mark.parametrize(
    "context",
    [
        "Normal values of the catheter days were removed (03/05, 03/06).",
        "The results of both days are not given here (03/05, 03/06).",
    ],
)
def test_findings_that_are_left_out_are_blocked(context: str) -> None:
    assert "R-07" in rules(judge(KIDNEY, context=context), "block")


@pytest.mark.parametrize(
    "footer", ["The first answer stays on file.", "Either physician may reply; one reply closes the request."]
)
def test_an_answer_that_was_given_is_not_pointed_at(footer: str) -> None:
    assert "R-11" not in rules(judge(KIDNEY, footer=footer))


@pytest.mark.parametrize("footer", ["The first answer fits.", "Reply: one.", "Please choose answer one."])
def test_an_answer_that_is_offered_is_pointed_at(footer: str) -> None:
    assert "R-11" in rules(judge(KIDNEY, footer=footer))


def test_since_and_a_date_gives_a_time() -> None:
    assert judge(KIDNEY, title="Creatinine since 05/04: clarification of findings").verdict == "pass"
    assert judge(KIDNEY, title="Creatinine since MAY 04: clarification of findings").verdict == "pass"


def test_since_and_a_clause_argues() -> None:
    assert judge(KIDNEY, title="Clarification since creatinine is 2.4").verdict != "pass"


def _quoted(value: str) -> dict[str, Any]:
    row = {
        "name": "Pathology",
        "value": value,
        "unit": None,
        "source": "Pathology report",
        "observed_at": "2026-05-05T10:00:00",
        "author_role": "pathologist",
        "quoted": True,
    }
    return {"indicators": [*KIDNEY["indicators"], row]}


def test_a_short_form_behind_the_name_of_a_disease_is_no_word_of_payment() -> None:
    assert "R-18" not in rules(judge(KIDNEY, **_quoted("Nests consistent with Merkel cell carcinoma (MCC)")))


@pytest.mark.parametrize("value", ["Small cells, MCC", "Small cells, major comorbid condition (MCC)"])
def test_a_short_form_that_no_disease_spells_out_speaks_of_payment(value: str) -> None:
    assert "R-18" in rules(judge(KIDNEY, **_quoted(value)))


def _smear(value: str) -> dict[str, Any]:
    row = {**KIDNEY["indicators"][0], "name": "Blood smear", "value": value, "unit": None}
    return {"indicators": [*KIDNEY["indicators"], row]}


def test_a_species_beside_a_number_names_a_thing() -> None:
    assert "R-07" not in rules(judge(KIDNEY, **_smear("Babesia duncani, parasitemia 0.2%")))


def test_everyday_words_beside_a_number_are_read_by_a_person() -> None:
    assert "R-07" in rules(judge(KIDNEY, **_smear("Babesia frightening, parasitemia 0.2%")))


AGREEING: dict[str, Any] = {
    **KIDNEY,
    "category": "significance",
    "response_type": "yes_no",
    "recipient_role": "surgeon",
    "title": "Biopsy result of 05/05",
    "documented": [
        {
            "term": "Thyroid nodule",
            "source": "Clinic note",
            "author_role": "surgeon",
            "recorded_at": "2026-05-04T10:00:00",
        },
        {
            "term": "Papillary thyroid carcinoma",
            "source": "Pathology report",
            "author_role": "pathologist",
            "recorded_at": "2026-05-05T10:00:00",
        },
    ],
    **_quoted("Papillary thyroid carcinoma, 1.4 cm"),
}
READ = 'The pathology report of 05/05 reads "Papillary thyroid carcinoma". Do you agree with this finding '


def test_a_report_and_the_thing_it_is_about_are_one_issue() -> None:
    asked = READ + "as the diagnosis of the thyroid nodule documented on 05/04?"
    assert "R-30" not in rules(judge(AGREEING, question=asked))


def test_a_report_and_another_condition_are_two_issues() -> None:
    asked = READ + "and with the thyroid nodule documented on 05/04?"
    assert "R-30" in rules(judge(AGREEING, question=asked))


@pytest.mark.parametrize("footer", ["E. Marsh, CPC, transplant clinics.", "R. Odell, RN, wound clinic, ext. 3340."])
def test_the_clinic_of_a_signature_is_no_condition(footer: str) -> None:
    assert judge(KIDNEY, footer=footer).verdict == "pass"


def test_an_organ_in_a_footer_is_no_clinic() -> None:
    assert judge(KIDNEY, footer="E. Marsh, CPC, the transplant kidney speaks.").verdict != "pass"


@pytest.mark.parametrize("title", ["Pain plan of 05/05", "Weaning plan and ventilator settings"])
def test_a_plan_of_care_is_no_insurer(title: str) -> None:
    assert "R-18" not in rules(judge(KIDNEY, title=title))


def test_a_plan_that_pays_is_one() -> None:
    assert "R-18" in rules(judge(KIDNEY, title="The plan pays"))


@pytest.mark.parametrize(
    "footer", ["Questions about the form, call extension 3340.", "Coding office, Monday to Friday."]
)
def test_two_words_in_two_clauses_are_no_cue(footer: str) -> None:
    assert not rules(judge(KIDNEY, footer=footer)) & {"R-20", "R-34"}


@pytest.mark.parametrize("footer", ["This form called for haste.", "Reply by Monday, or we write again."])
def test_the_same_words_in_one_clause_are_one(footer: str) -> None:
    assert judge(KIDNEY, footer=footer).verdict != "pass"


def test_a_longer_cue_goes_on_behind_a_comma() -> None:
    footer = "The last line came in later, once the answer was known."
    assert "R-31" in rules(judge(KIDNEY, footer=footer), "block")


@pytest.mark.parametrize(("title", "severe"), [("Kidney results: coding", True), ("Clarification from coding", False)])
def test_an_office_in_a_title_is_no_judgment(title: str, severe: bool) -> None:
    assert ("R-02" in rules(judge(KIDNEY, title=title))) is severe
