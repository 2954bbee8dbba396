"""Wording: approved stems pass, everything else is held or blocked; collisions are not blocked."""

from __future__ import annotations

from typing import Any

import pytest

from tests.compliance.samples import CREATININE, CREATININE_LATER, FLUIDS, KIDNEY, OPEN, judge, rules


def documented(*terms: str) -> list[dict[str, Any]]:
    return [{**KIDNEY["documented"][0], "term": term} for term in terms]


def test_a_question_that_matches_no_stem_is_reviewed() -> None:
    assert rules(judge(OPEN, question="Kindly tell us what you make of these findings.")) >= {"R-03"}
    assert judge(OPEN, question="What do you make of the findings below?").verdict == "review"


STEMS = [
    (
        "specificity",
        ["Heart failure"],
        "is documented on 05/04. Please provide further specificity for type, if known.",
    ),
    ("acuity", ["Heart failure"], "Please clarify the acuity of the heart failure documented on 05/04, if known."),
    ("significance", [], "Please clarify the clinical significance, if any, of the creatinine results of 05/04."),
    ("treatment_without_diagnosis", [], "Please document the reason for which normal saline was ordered on 05/05."),
    ("procedure", ["Debridement"], "Please clarify the depth of the debridement performed on 05/05."),
    (
        "cause_effect",
        ["UTI", "Urinary catheter"],
        "UTI and urinary catheter are both documented. Please clarify the relationship between them, if any.",
    ),
    (
        "status",
        ["Hepatitis C"],
        "Please clarify whether the hepatitis C documented on 05/04 is active, resolved, "
        "or historical as of this visit.",
    ),
    (
        "uncertain_diagnosis",
        ["Possible pneumonia"],
        "Possible pneumonia is documented on 05/04. "
        "Please clarify whether it was confirmed, ruled out, or remains uncertain at discharge.",
    ),
    (
        "complication",
        ["Ileus", "Colectomy"],
        "Please clarify whether the ileus documented on 05/05 is a complication of, expected with, "
        "or unrelated to the colectomy.",
    ),
]


@pytest.mark.parametrize(("category", "terms", "question"), STEMS)
def test_approved_stems_with_slots_from_the_record_pass(category: str, terms: list[str], question: str) -> None:
    title = "Clarification of clinical findings"
    question = f"{terms[0]} {question}" if question.startswith("is documented") else question
    found = judge(OPEN, category=category, title=title, documented=documented(*terms), question=question)
    assert found.verdict == "pass", found.findings


def test_a_slot_filled_with_what_nobody_documented_is_not_approved() -> None:
    question = "Heart failure is documented on 05/04. Please provide further specificity for type, if known."
    found = judge(OPEN, category="specificity", documented=documented("Pneumonia"), question=question)
    assert {"R-03", "R-16"} <= rules(found, "block")


def test_an_uncertain_diagnosis_may_not_become_a_certain_one() -> None:
    question = "Pneumonia is documented on 05/04. Please provide further specificity for type, if known."
    found = judge(OPEN, category="specificity", documented=documented("Possible pneumonia"), question=question)
    assert found.verdict != "pass"


@pytest.mark.parametrize(
    ("question", "rule"),
    [
        ("Please document that the patient clearly had an injury of the kidney.", "R-03"),
        ("The patient meets criteria for an injury; please comment.", "R-03"),
        ("You must document the kidney diagnosis.", "R-20"),
        ("Please add the kidney diagnosis to your note.", "R-20"),
        ("Wouldn't you agree that the kidney was hurt?", "R-03"),
        ("Which diagnosis gives the better reimbursement?", "R-18"),
        ("What would improve the mortality index here?", "R-19"),
        ("Was this sepsis?", "R-16"),
    ],
)
def test_leading_questions_are_blocked(question: str, rule: str) -> None:
    assert rule in rules(judge(OPEN, question=question), "block")


@pytest.mark.parametrize("title", ["Sepsis query", "AKI", "Severe malnutrition", "Acute renal failure - please reply"])
def test_a_title_names_no_new_diagnosis(title: str) -> None:
    assert "R-02" in rules(judge(title=title), "block")


SUSPECTED = [
    {"term": "Suspected sepsis", "source": "H&P", "author_role": "attending", "recorded_at": "2026-05-04T10:00:00"}
]


@pytest.mark.parametrize(
    ("title", "severity"),
    [
        ("Sepsis confirmed 05/04?", "block"),
        ("Suspected sepsis, now proven", "block"),
        ("Clarification: sepsis", "block"),
        ("Sepsis: status at discharge", "review"),
    ],
)
def test_what_is_only_suspected_is_not_documented_for_a_title(title: str, severity: str) -> None:
    found = judge(OPEN, category="uncertain_diagnosis", documented=SUSPECTED, title=title)
    assert "R-02" in rules(found, severity)


@pytest.mark.parametrize(
    "title", ["Suspected sepsis: status at discharge", "Sepsis (suspected), 05/04", "Evaluation for sepsis: outcome"]
)
def test_a_title_may_say_the_doubt_of_the_record(title: str) -> None:
    found = judge(OPEN, category="uncertain_diagnosis", documented=SUSPECTED, title=title)
    assert "R-02" not in rules(found)


@pytest.mark.parametrize(
    "title",
    [
        "Gastroenteritis, severe range",
        "Gastroenteritis: worsening",
        "Incomplete documentation: gastroenteritis",
        "Refractory gastroenteritis",
    ],
)
def test_a_title_says_no_degree_and_judges_no_note(title: str) -> None:
    assert "R-02" in rules(judge(OPEN, title=title), "block")


def test_a_title_may_say_less_than_the_record() -> None:
    cancer = [{**SUSPECTED[0], "term": "Lung adenocarcinoma, left lower lobe"}]
    assert "R-02" not in rules(judge(OPEN, documented=cancer, title="Kidney function in lung cancer"))


def test_a_title_is_no_more_specific_than_the_record() -> None:
    question = "Heart failure is documented on 05/04. Please provide further specificity for type, if known."
    heart = {"category": "specificity", "documented": documented("Heart failure"), "question": question}
    assert judge(OPEN, **heart, title="Heart failure: type").verdict == "pass"
    assert "R-02" in rules(judge(OPEN, **heart, title="Decompensated heart failure: type"), "block")
    assert "R-02" in rules(judge(OPEN, **heart, title="Heart failure that keeps us busy"), "review")


@pytest.mark.parametrize("place", ["context", "footer"])
def test_free_text_around_the_question_is_reviewed(place: str) -> None:
    assert judge(KIDNEY, **{place: "The weather was changeable in that week."}).verdict == "review"


@pytest.mark.parametrize("place", ["context", "footer"])
def test_a_diagnosis_around_the_question_is_blocked(place: str) -> None:
    assert "R-03" in rules(judge(KIDNEY, **{place: "The course fits acute kidney injury."}), "block")


def test_a_quotation_with_source_and_date_passes() -> None:
    assert judge(context='H&P 05/04: "Poor oral intake, dry mouth."').verdict == "pass"
    assert judge(context='Somebody said: "Poor oral intake."').verdict == "review"


def test_a_quotation_may_not_carry_a_new_diagnosis_unseen() -> None:
    assert "R-35" in rules(judge(context='H&P 05/04: "Looks like sepsis."'), "review")


def test_approved_footers_pass() -> None:
    footer = "Please answer by your own clinical judgment. No particular answer is expected."
    assert judge(footer=footer).verdict == "pass"
    assert (
        judge(footer="For reference only: KDIGO 2012 AKI definition, medical staff approved 01/2026.").verdict == "pass"
    )
    assert "R-27" in rules(judge(footer="Our own bands: stage 2 begins at 2.0."), "review")


def test_relative_dates_are_reviewed() -> None:
    assert "R-06" in rules(judge(OPEN, question="Please clarify the creatinine result of today."), "review")


@pytest.mark.parametrize("text", ["N17.9", "DRG 683", "J9601", "I50.23"])
def test_codes_are_blocked(text: str) -> None:
    assert "R-18" in rules(judge(footer=f"See {text}."), "block")


@pytest.mark.parametrize("text", ["A1c", "B12", "D5W", "D10", "L4", "T12", "G3a", "T38.9"])
def test_what_only_looks_like_a_code_is_none(text: str) -> None:
    assert "R-18" not in rules(judge(title=f"Clarification: {text} results"))


@pytest.mark.parametrize(
    "indicator",
    [
        {"name": "Estimated blood loss", "value": "350 cc"},
        {"name": "ROM", "value": "Right 0-105 degrees"},
        {"name": "PSI class", "value": "III"},
        {"name": "Cefazolin", "value": "09 APR to 11 APR"},
        {"name": "Body weight", "value": "54 kg"},
        {"name": "Lipid profile", "value": "LDL 148"},
        {"name": "Urethral catheter", "value": "placed by charge nurse; removed"},
        {"name": "CC", "value": "Here for refills", "quoted": True},
        {"name": "Nursing note", "value": "Pt claims to be paid by insurance", "quoted": True},
        {"name": "Lab comment", "value": "rejected: labeling error", "quoted": True},
        {"name": "Chest X-ray", "value": "consistent with edema, suggests effusion", "quoted": True},
        {"name": "Echo", "value": "severe mitral stenosis", "quoted": True},
    ],
)
def test_collisions_are_not_blocked(indicator: dict[str, Any]) -> None:
    shown = {**FLUIDS, **indicator}
    assert judge(OPEN, indicators=[CREATININE, CREATININE_LATER, shown]).verdict != "block"


@pytest.mark.parametrize("term", ["Hepatocellular carcinoma (HCC)", "Merkel cell carcinoma (MCC)"])
def test_an_abbreviation_of_the_record_is_no_payment_term(term: str) -> None:
    abbreviation = term[-4:-1]
    rest = "documented on 05/04 is active, in remission, or historical as of this visit."
    question = f"Please clarify whether the {term} {rest}"
    found = judge(OPEN, category="status", title=f"{term}: status", documented=documented(term), question=question)
    assert "R-18" not in rules(found)
    assert "R-18" in rules(judge(title=f"{abbreviation} capture"), "block")


def test_capitals_of_the_trade_are_allowed() -> None:
    assert "R-11" not in rules(judge(title="Clarification: BIPAP therapy"))
    assert "R-11" in rules(judge(title="Clarification: ACUTE kidney findings"), "block")


@pytest.mark.parametrize("disguise", ["se\u200bpsis", "ｓｅｐｓｉｓ", "sерsis", "SEPSIS", "Sepsis\u00ad"])
def test_disguised_letters_do_not_hide_a_diagnosis(disguise: str) -> None:
    assert "R-02" in rules(judge(title=f"Clarification: {disguise}"), "block")


def test_a_short_form_that_is_documented_may_be_spelled_out_and_lends_its_words_to_nothing_else() -> None:
    terms = [
        {"term": term, "source": "Progress note", "author_role": "attending", "recorded_at": "2026-05-05T09:00:00"}
        for term in ("CKD", "Heart failure")
    ]
    asked = {"category": "stage", "response_type": "open_ended", "options": [], "documented": terms}
    spelled = judge(
        KIDNEY,
        title="Chronic kidney disease, stage",
        question="What is the stage of the chronic kidney disease?",
        **asked,
    )
    assert not {"R-02", "R-03"} & rules(spelled)
    lent = judge(
        KIDNEY, title="Chronic heart failure", question="What is the type of the chronic heart failure?", **asked
    )
    assert {"R-02", "R-03"} <= rules(lent)


@pytest.mark.parametrize(
    ("footer", "held"),
    [
        ("Form SK-7, withdrawn from use 04/2025, copy kept by the author.", True),
        ("Draft sheet, not signed off by the records group.", True),
        ("Superseded version of the heel form.", True),
        ("Form SK-7, version 3, approved 04/2026.", False),
    ],
)
def test_a_form_that_is_not_in_force_is_held(footer: str, *, held: bool) -> None:
    assert ("R-34" in rules(judge(KIDNEY, footer=footer))) is held


@pytest.mark.parametrize("title", ["Low blood sugar of 05/05", "Raised creatinine: clarification", "High potassium"])
def test_a_title_does_not_say_how_a_value_is_read(title: str) -> None:
    assert "R-02" in rules(judge(OPEN, title=title), "review")


def test_a_title_may_read_a_value_as_the_record_does() -> None:
    low = [{**OPEN["documented"][0], "term": "Low blood sugar"}]
    assert "R-02" not in rules(judge(OPEN, documented=low, title="Low blood sugar of 05/05: cause"))


@pytest.mark.parametrize("title", ["Infected fluid of 05/05", "Perforated bowel: clarification", "Atonic uterus"])
def test_a_title_makes_no_condition_of_what_it_names(title: str) -> None:
    assert "R-02" in rules(judge(OPEN, title=title), "block")


def test_a_title_may_use_the_adjective_of_the_record() -> None:
    written = [{**OPEN["documented"][0], "term": "Perforated appendicitis"}]
    assert "R-02" not in rules(judge(OPEN, documented=written, title="Perforated appendicitis: clarification"))


@pytest.mark.parametrize("field", ["context", "question"])
def test_no_text_says_that_a_finding_tells_a_relation(field: str) -> None:
    told = "The kidney injury is documented without the relationship that the creatinine shows."
    text = told if field == "context" else f"{told} Please state its cause."
    assert "R-03" in rules(judge(KIDNEY, **{field: text}))


def test_where_an_entry_stands_says_nothing_of_its_certainty() -> None:
    question = "Gout is documented on 05/04. Please provide further specificity for its site, if known."
    message = "The record does not document this with that certainty."

    def hardened(term: str) -> bool:
        found = judge(OPEN, category="specificity", documented=documented(term), question=question).findings
        return message in {finding.message for finding in found}

    assert not hardened("Gout (past history list)")
    assert hardened("Gout, possible")
    assert hardened("Gout (history of)")
