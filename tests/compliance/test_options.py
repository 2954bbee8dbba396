"""Answer options: what must be there, evidence, disguise, form and order."""

from __future__ import annotations

from typing import Any

import pytest

from tests.compliance.samples import (
    BUN,
    CREATININE,
    CREATININE_LATER,
    FLUIDS,
    KIDNEY,
    OTHER,
    PRESENT_ON_ADMISSION,
    UNDETERMINED,
    judge,
    rules,
)

INJURY, AZOTEMIA = KIDNEY["options"][:2]
SEPSIS_FINDINGS = [
    {**CREATININE, "name": "Temperature", "value": "38.9", "unit": "C", "source": "Nursing flowsheet"},
    {**CREATININE, "name": "WBC", "value": "18.4", "unit": "10^3/uL"},
    {**CREATININE, "name": "Platelets", "value": "88", "unit": "10^3/uL"},
    {**CREATININE, "name": "Ceftriaxone", "value": "2 g IV daily", "source": "MAR"},
]


def options_of(*clinical: dict[str, Any], neutral: tuple[dict[str, Any], ...] = (OTHER, UNDETERMINED)) -> list[Any]:
    return [*clinical, *neutral]


def clinical(text: str, *evidence: int) -> dict[str, Any]:
    return {"text": text, "kind": "clinical", "evidence": list(evidence)}


@pytest.mark.parametrize("left", [OTHER, UNDETERMINED])
def test_other_and_undetermined_are_always_there(left: dict[str, Any]) -> None:
    assert "R-09" in rules(judge(options=options_of(INJURY, AZOTEMIA, neutral=(left,))), "block")


def test_yes_no_needs_all_four_answers_and_admission_may_leave_out_other() -> None:
    yes, no = PRESENT_ON_ADMISSION["options"][:2]
    assert judge(PRESENT_ON_ADMISSION, options=[yes, no, UNDETERMINED]).verdict == "pass"
    assert "R-15" in rules(judge(PRESENT_ON_ADMISSION, options=[yes, no]), "block")


def test_yes_stands_in_yes_no_queries_only() -> None:
    assert "R-14" in rules(judge(options=options_of({"text": "Applies", "kind": "yes"})), "block")


@pytest.mark.parametrize(
    "text", ["Add acute kidney injury", "Do not add", "Agree", "Yes, acute kidney injury", "Leave it out"]
)
def test_a_yes_no_in_disguise_is_blocked(text: str) -> None:
    assert "R-14" in rules(judge(options=options_of(clinical(text, 0), AZOTEMIA)), "block")


@pytest.mark.parametrize("text", ["No acute kidney injury", "Not related to the procedure"])
def test_a_negative_reading_is_no_disguise(text: str) -> None:
    assert "R-14" not in rules(judge(options=options_of(clinical(text, 0), INJURY)))


def test_an_option_without_evidence_is_blocked() -> None:
    assert "R-04" in rules(judge(options=options_of(INJURY, clinical("Prerenal azotemia"))), "block")


def test_several_options_without_evidence_are_padding() -> None:
    padded = options_of(INJURY, clinical("Prerenal azotemia"), clinical("Acute tubular necrosis"))
    assert {"R-04", "R-08"} <= rules(judge(options=padded), "block")


def test_evidence_that_is_not_shown_is_blocked() -> None:
    assert "R-04" in rules(judge(options=options_of(clinical(INJURY["text"], 0, 1, 9), AZOTEMIA)), "block")


def test_an_unknown_option_is_reviewed_not_passed() -> None:
    found = rules(judge(options=options_of(clinical("Marigold syndrome", 1), INJURY)))
    assert "R-04" in found
    assert "R-08" not in found


def sepsis(*evidence: int) -> Any:
    choices = options_of(clinical("Localized infection without sepsis", 3), clinical("Sepsis", *evidence))
    return judge(indicators=SEPSIS_FINDINGS, title="Clarification of clinical findings", options=choices)


def test_a_platelet_count_alone_does_not_support_sepsis() -> None:
    assert {"R-04", "R-08"} <= rules(sepsis(2), "block")


def test_evidence_thinner_than_the_definition_is_reviewed() -> None:
    assert rules(sepsis(0)) == {"R-04"}


def test_evidence_that_meets_the_definition_passes() -> None:
    assert sepsis(0, 1).verdict == "pass"


@pytest.mark.parametrize(
    ("later", "severity"), [("2.4", None), ("1.0", "block"), ("not done", "review"), ("1.4", None)]
)
def test_a_kidney_injury_needs_a_change_of_creatinine(later: str, severity: str | None) -> None:
    indicators = [CREATININE, {**CREATININE_LATER, "value": later}, FLUIDS, BUN]
    found = {f.severity for f in judge(indicators=indicators).findings if f.field == "options[0].evidence"}
    assert found == ({severity} if severity else set())


def test_one_clinical_option_is_reviewed_whatever_stands_beside_it() -> None:
    neutral = ({"text": "Not clinically significant", "kind": "not_significant"}, OTHER, UNDETERMINED)
    assert rules(judge(options=options_of(INJURY, neutral=neutral))) == {"R-10"}


def test_a_lesser_reading_that_is_supported_must_be_offered() -> None:
    other_injury = clinical("AKI due to volume depletion", 0, 1)
    assert "R-12" in rules(judge(options=options_of(INJURY, other_injury)), "review")


@pytest.mark.parametrize(
    ("texts", "blocked"),
    [
        (("Stage 4", "Stage 3b"), True),
        (("Stage 3b", "Stage 4"), False),
        (("Severe", "Mild"), True),
        (("Mild", "Severe"), False),
    ],
)
def test_a_scale_may_not_run_downwards(texts: tuple[str, str], *, blocked: bool) -> None:
    found = judge(options=options_of(*(clinical(text, 0) for text in texts)))
    assert ("R-11" in rules(found, "block")) is blocked


@pytest.mark.parametrize(
    "text",
    [
        "**Prerenal azotemia**",
        "[x] Prerenal azotemia",
        "PRERENAL azotemia",
        "Prerenal azotemia!",
        "→ Prerenal azotemia",
    ],
)
def test_nothing_singles_out_an_option(text: str) -> None:
    assert "R-11" in rules(judge(options=options_of(INJURY, clinical(text, 2, 3))))


@pytest.mark.parametrize("text", ["Prerenal azotemia (recommended)", "Prerenal azotemia, preferred"])
def test_no_option_is_recommended(text: str) -> None:
    assert "R-11" in rules(judge(options=options_of(INJURY, clinical(text, 2, 3))), "block")


def test_a_burden_on_a_neutral_answer_is_blocked() -> None:
    burden = {"text": "Unable to determine (a meeting with the office follows)", "kind": "undetermined"}
    assert "R-11" in rules(judge(options=options_of(INJURY, AZOTEMIA, neutral=(OTHER, burden))), "block")
    shut = {"text": "Other (not accepted while testing runs)", "kind": "other"}
    assert "R-09" in rules(judge(options=options_of(INJURY, AZOTEMIA, neutral=(shut, UNDETERMINED))), "block")


def test_a_neutral_answer_in_strange_words_is_reviewed() -> None:
    strange = {"text": "Skip", "kind": "undetermined"}
    assert "R-11" in rules(judge(options=options_of(INJURY, AZOTEMIA, neutral=(OTHER, strange))), "review")


def test_other_kinds_say_what_they_are() -> None:
    hidden = {"text": "Sepsis", "kind": "not_significant"}
    assert "R-11" in rules(judge(options=options_of(INJURY, AZOTEMIA, hidden)), "review")


def test_detail_on_one_option_only_is_reviewed() -> None:
    long = clinical("Acute kidney injury from loss of volume over three days of vomiting treated by saline", 0, 1)
    assert "R-12" in rules(judge(options=options_of(clinical("ATN", 0), long)), "review")


def test_a_code_in_an_option_is_blocked() -> None:
    assert "R-18" in rules(judge(options=options_of(clinical("Acute tubular necrosis (N17.0)", 0), AZOTEMIA)), "block")


@pytest.mark.parametrize(
    ("offered", "skips"),
    [
        (("Stage 1", "Stage 3"), True),
        (("Class II", "Class IV"), True),
        (("Grade 1", "Grade 2", "Grade 4"), True),
        (("Stage 1", "Stage 2", "Stage 3"), False),
        (("Stage 3a", "Stage 3b", "Stage 4"), False),
        (("Type 1", "Type 3"), False),
        (("Stage 1 pressure injury", "Stage 4 pressure injury"), False),
    ],
)
def test_no_step_between_two_that_are_offered_is_left_out(offered: tuple[str, ...], *, skips: bool) -> None:
    verdict = judge({**KIDNEY, "options": options_of(*(clinical(text, 0, 1) for text in offered))})
    told = [one for one in verdict.findings if one.message == "Between two steps that are offered, one is left out."]
    assert bool(told) is skips
    assert {one.rule for one in told} <= {"R-12"}


def test_no_option_twice() -> None:
    assert "R-12" in rules(judge(options=options_of(INJURY, INJURY, AZOTEMIA)), "review")


@pytest.mark.parametrize(("linked", "held"), [([0, 1], True), ([0, 1, 2], False)])
def test_a_lesion_that_is_shown_is_a_cause_that_is_offered(linked: list[int], *, held: bool) -> None:
    rows = [
        {**FLUIDS, "name": "Quantitative blood loss", "value": "1,350 mL"},
        {**FLUIDS, "name": "Uterine tone", "value": "Boggy at 04:35"},
        {**FLUIDS, "name": "Perineum and cervix", "value": "2 cm cervical laceration, sutured"},
    ]
    answers = options_of(clinical("Postpartum hemorrhage due to uterine atony", *linked), clinical("Expected loss", 0))
    assert ("R-12" in rules(judge(indicators=rows, options=answers))) is held


@pytest.mark.parametrize("words", ["Simple rinse", "Just a wash", "Quick wipe-down"])
def test_no_reading_is_made_small(words: str) -> None:
    answers = options_of(clinical("Excisional debridement", 0), clinical(words, 1))
    assert "R-12" in rules(judge(category="procedure", options=answers))


@pytest.mark.parametrize(
    "rider", ["not open to surgeons on this sheet", "off limits", "on request only", "no longer offered"]
)
def test_other_is_open_to_everybody(rider: str) -> None:
    other = {"text": f"Other ({rider})", "kind": "other"}
    answers = options_of(
        clinical("Acute kidney injury", 0, 1), clinical("Prerenal azotemia", 2, 3), neutral=(other, UNDETERMINED)
    )
    assert "R-09" in rules(judge(options=answers), "block")


@pytest.mark.parametrize(
    ("texts", "blocked"),
    [
        (("I regard it as current", "I regard it as history"), False),
        (("I consider it active", "I consider it resolved"), False),
        (("I agree", "I disagree"), True),
        (("I regard it as confirmed", "I regard it as denied"), True),
        (("I would document it", "I would leave it"), True),
    ],
)
def test_an_opinion_that_names_a_reading_is_no_yes(texts: tuple[str, str], *, blocked: bool) -> None:
    answers = options_of(clinical(texts[0], 0), clinical(texts[1], 1))
    assert ("R-14" in rules(judge(category="status", options=answers))) is blocked


@pytest.mark.parametrize(
    ("aside", "held"),
    [
        ("ABLA (acute blood loss anemia)", False),
        ("Acute blood loss anemia (ABLA)", False),
        ("AKI (acute kidney injury)", False),
        ("AKI (creatinine 2.4)", True),
        ("AKI (seen by nephrology, as expected)", True),
    ],
)
def test_an_abbreviation_may_be_spelled_out_in_one_option(aside: str, *, held: bool) -> None:
    answers = options_of(clinical(aside, 0, 1), clinical("Prerenal azotemia", 2, 3))
    verdict = judge(options=answers)
    assert any(one.field == "options[0].text" and one.span for one in verdict.findings) is held


@pytest.mark.parametrize(
    "other",
    [
        "There was another reason (please state)",
        "Other view (free text)",
        "None of these; my wording is: ____",
        "I would describe it otherwise: ____",
        "Not listed here (please specify)",
        "It had a different cause (please state)",
    ],
)
def test_another_answer_is_offered_in_the_words_of_the_house(other: str) -> None:
    answers = options_of(
        clinical("Acute kidney injury", 0, 1),
        clinical("Prerenal azotemia", 2, 3),
        neutral=({"text": other, "kind": "other"}, UNDETERMINED),
    )
    assert not {"R-07", "R-09", "R-11"} & rules(judge(options=answers))


@pytest.mark.parametrize(
    "other", ["Other, though unlikely", "Other (not usual here)", "Another reason, if you can find one"]
)
def test_another_answer_is_not_argued_away(other: str) -> None:
    answers = options_of(
        clinical("Acute kidney injury", 0, 1),
        clinical("Prerenal azotemia", 2, 3),
        neutral=({"text": other, "kind": "other"}, UNDETERMINED),
    )
    assert {"R-09", "R-11"} & rules(judge(options=answers))


def test_a_joined_option_is_no_longer_than_what_it_joins() -> None:
    short = clinical("Prerenal azotemia", 2, 3)
    both = clinical("Acute kidney injury and prerenal azotemia", 0, 1, 2, 3)
    laden = clinical(
        "Acute kidney injury after two days of vomiting with a creatinine rise and two liters of intravenous saline",
        0,
        1,
    )
    assert "R-12" not in rules(judge(options=options_of(clinical("Acute kidney injury", 0, 1), both, short)))
    assert "R-12" in rules(judge(options=options_of(laden, short)), "review")


def test_with_and_without_a_cause_are_two_readings() -> None:
    by, not_by = clinical("Azotemia due to dehydration", 0, 1), clinical("Azotemia not due to dehydration", 2, 3)
    assert "R-14" not in rules(judge(options=options_of(by, not_by)))
    denial = clinical("No azotemia due to dehydration", 2, 3)
    assert "R-14" in rules(judge(options=options_of(by, denial)))


@pytest.mark.parametrize(
    ("offered", "documented", "held"),
    [
        (("Severe dehydration", "Prerenal azotemia"), "Gastroenteritis", True),
        (("Severe major depressive episode", "Adjustment disorder"), "Low mood", True),
        (("Malnutrition of unspecified degree", "Severe malnutrition"), "Poor intake", True),
        (("Profoundly impaired vision, left eye", "Refractive error"), "Cataract", True),
        (("Severe dehydration", "Prerenal azotemia"), "Severe dehydration", False),
        (("Mild dehydration", "Severe dehydration"), "Gastroenteritis", False),
        (("Moderate persistent asthma", "Severe persistent asthma"), "Asthma", False),
        (("Acute pancreatitis without organ failure", "Severe acute pancreatitis"), "Abdominal pain", False),
        (("Non-severe colitis", "Severe colitis"), "Colitis", False),
        (("Gestational hypertension", "Preeclampsia without severe features"), "Pregnancy", False),
        (("Acute kidney injury", "Prerenal azotemia"), "Gastroenteritis", False),
    ],
)
def test_the_severe_degree_does_not_stand_alone(offered: tuple[str, ...], documented: str, *, held: bool) -> None:
    entry = {**KIDNEY["documented"][0], "term": documented}
    verdict = judge(options=options_of(*(clinical(text, 0, 1) for text in offered)), documented=[entry])
    message = "Of a condition that has degrees only the severe one is offered."
    assert {one.rule for one in verdict.findings if one.message == message} == ({"R-12"} if held else set())


def _r12(documented: str, category: str, shown: list[tuple[str, str]], *options: str) -> bool:
    """Tell whether R-12 stops a query whose options each link all that is shown."""
    finding = {"source": "Progress note", "observed_at": "2026-05-04T06:10:00"}
    about = {"term": documented, "source": "H&P", "author_role": "attending", "recorded_at": "2026-05-04T10:00:00"}
    links = list(range(len(shown)))
    changes: dict[str, Any] = {
        "category": category,
        "documented": [about],
        "indicators": [{"name": name, "value": value, **finding} for name, value in shown],
        "options": [*[{"text": text, "kind": "clinical", "evidence": links} for text in options], OTHER, UNDETERMINED],
    }
    return "R-12" in rules(judge(**changes))


def test_classes_of_a_nephritis_are_kinds_and_those_of_a_failing_heart_are_steps() -> None:
    biopsy = [("Kidney biopsy", "Endocapillary proliferation, subepithelial deposits")]
    assert not _r12("Lupus nephritis", "specificity", biopsy, "Class III", "Class V")
    assert _r12("Heart failure", "specificity", [("Walk", "Breathless after 20 m")], "NYHA class I", "NYHA class III")


def test_a_lesser_reading_that_a_value_contradicts_need_not_be_offered() -> None:
    acid = [("Lactate", "6.8 mmol/L"), ("pH", "7.18"), ("Bicarbonate", "12 mmol/L")]
    alone = [("Lactate", "3.1 mmol/L"), ("pH", "7.41"), ("Bicarbonate", "24 mmol/L")]
    answers = ("Acute lactic acidosis", "Ketoacidosis")
    assert not _r12("Gastroenteritis", "missing_diagnosis", acid, *answers)
    assert _r12("Gastroenteritis", "missing_diagnosis", alone, *answers)


def test_severe_hypertension_is_a_name_and_severe_asthma_a_degree() -> None:
    pressure = [("Blood pressure", "222/128"), ("Fundus", "Disc swelling")]
    answers = ("Hypertensive emergency", "Severe hypertension without organ damage")
    assert not _r12("Hypertension", "specificity", pressure, *answers)
    assert _r12("Asthma", "specificity", [("FEV1", "52%")], "Exercise-induced bronchospasm", "Severe asthma")


ORIENTED = ("Orientation", "Oriented at each check")
SCORE = ("CIWA-Ar", "18, 12, 9")


@pytest.mark.parametrize(
    ("documented", "shown", "answers"),
    [
        ("Alcohol withdrawal", [ORIENTED, SCORE], ("With delirium", "With perceptual disturbance")),
        ("Inguinal hernia", [("Exam", "Soft, reduces with pressure")], ("With gangrene", "With obstruction")),
        ("Gastric ulcer", [("EGD", "Clean base, no stigmata")], ("With hemorrhage", "With perforation")),
    ],
)
def test_the_lowest_kind_of_a_condition_is_offered_where_something_speaks_for_it(
    documented: str, shown: list[tuple[str, str]], answers: tuple[str, str]
) -> None:
    assert _r12(documented, "specificity", shown, *answers)
    assert not _r12(documented, "specificity", shown, *answers, "Without complication")


def test_the_lowest_kind_may_be_left_out_where_nothing_speaks_for_it() -> None:
    confused = [("Orientation", "Name only, picks at the air"), SCORE]
    assert not _r12("Alcohol withdrawal", "specificity", confused, "With delirium", "With perceptual disturbance")


def _remarked(option: str) -> bool:
    """Tell whether an answer about an insufficiency carries a remark, beside a film of the organ and a drug."""
    changes: dict[str, Any] = {
        "category": "specificity",
        "documented": [{**KIDNEY["documented"][0], "term": "Adrenal insufficiency"}],
        "indicators": [
            {**CREATININE, "name": "MRI pituitary", "value": "7 mm lesion", "unit": None, "source": "Radiology report"},
            {**FLUIDS, "name": "Prednisone", "value": "10 mg daily for a year"},
        ],
        "options": [
            {"text": "Drug-induced", "kind": "clinical", "evidence": [1]},
            {"text": option, "kind": "clinical", "evidence": [0]},
            OTHER,
            UNDETERMINED,
        ],
    }
    return "R-12" in rules(judge(**changes))


def test_a_kind_in_brackets_behind_its_name_is_no_remark_and_a_drug_is_one() -> None:
    assert not _remarked("Secondary (pituitary)")
    assert _remarked("Secondary (prednisone)")
    assert _remarked("Secondary (MRI of the pituitary)")
