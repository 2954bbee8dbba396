"""Answers beside their siblings: what each links by itself, its course, its kind, the degree left out (R-04, R-12)."""

from __future__ import annotations

from typing import Any

import pytest

from compliance.indicators import Tell
from tests.compliance.samples import CONFLICT, KIDNEY, KNOWLEDGE, OTHER, UNDETERMINED, judge
from tests.compliance.test_support import Shown, indicator

Answers = list[tuple[str, list[int]]]


def rules_of(category: str, documented: str, shown: list[Shown], answers: Answers, **changes: Any) -> set[str]:
    """Return which of R-04 and R-12 a list of answers breaks, with what each of them links."""
    query = {
        **KIDNEY,
        "title": "Clarification",
        "category": category,
        "documented": [{"term": documented, "source": "H&P", "author_role": "attending", "recorded_at": None}],
        "indicators": [indicator(*one) for one in shown],
        "options": [
            *({"text": text, "kind": "clinical", "evidence": rows} for text, rows in answers),
            OTHER,
            UNDETERMINED,
        ],
    }
    return {one.rule for one in judge(**{**query, **changes}).findings if one.severity != "warn"} & {"R-04", "R-12"}


@pytest.mark.parametrize(
    ("term", "shown", "current", "past"),
    [
        ("Hepatitis C", [("HCV RNA", "Not detected"), ("Sofosbuvir", "12 weeks finished")], "active", "resolved"),
        ("Deep vein thrombosis", [("Venous duplex", "No residual thrombus")], "current", "historical"),
        ("Breast cancer", [("Mammogram", "No suspicious finding")], "active", "history of, no evidence of disease"),
        ("Alcohol use disorder", [("PEth", "Negative"), ("History", "No drink since 2021")], "active", "in remission"),
        ("C. difficile infection", [("C. difficile PCR", "Negative")], "active", "resolved"),
        ("Tuberculosis", [("AFB smear", "Negative"), ("Isoniazid", "Completed 2019")], "active", "treated in the past"),
    ],
)
def test_what_is_over_is_not_offered_as_current(term: str, shown: list[Shown], current: str, past: str) -> None:
    rows = list(range(len(shown)))
    said = rules_of("status", term, shown, [(f"{term}, {current}", rows), (f"{term}, {past}", rows)])
    assert "R-04" in said
    at_work: list[Shown] = [*shown, ("Consult", "Treatment started again, symptoms every day")]
    sound = rules_of("status", term, at_work, [(f"{term}, {current}", [len(shown)]), (f"{term}, {past}", rows)])
    assert "R-04" not in sound


def test_what_is_at_work_is_not_offered_as_past() -> None:
    shown: list[Shown] = [("Bone marrow biopsy", "Blasts 64 %"), ("Bone marrow biopsy", "No residual disease")]
    answers: Answers = [("In remission", [0]), ("Active", [0])]
    assert "R-04" in rules_of("status", "Acute myeloid leukemia", shown, answers)
    assert "R-04" not in rules_of("status", "Acute myeloid leukemia", shown, [("In remission", [1]), ("Active", [0])])


@pytest.mark.parametrize(
    ("term", "answer", "against", "spoken_for"),
    [
        ("Glaucoma", "Angle-closure glaucoma", ("Gonioscopy", "Angles open in each eye"), ("Gonioscopy", "Narrow")),
        ("Hearing loss", "Conductive", ("Audiogram", "No air-bone gap"), ("Audiogram", "Air-bone gap 30 dB")),
        ("Diverticulitis", "With abscess", ("CT", "Stranding; no abscess"), ("CT", "Abscess of 3 cm")),
        ("Inguinal hernia", "With gangrene", ("Operation", "Bowel viable and pink"), ("Operation", "Necrotic loop")),
        ("Rib fractures", "Flail chest", ("Exam", "No paradoxical movement"), ("Exam", "Paradoxical movement")),
        ("Gastric ulcer", "With bleeding", ("EGD", "Clean base"), ("EGD", "Visible vessel, clipped")),
        ("Aortic dissection", "Type A", ("CT", "Descending aorta only"), ("CT", "Flap in the ascending aorta")),
        ("Cord injury at T4", "Complete", ("Exam", "Sacral sparing"), ("Exam", "No anal tone, ASIA A")),
        ("Miscarriage", "Complete", ("Ultrasound", "Retained tissue"), ("Ultrasound", "Cavity empty, thin stripe")),
        ("Twin pregnancy", "Dichorionic", ("Ultrasound", "One placenta, T-sign"), ("Ultrasound", "Lambda sign")),
        ("Rotator cuff tear", "Full-thickness", ("MRI", "Partial-thickness tear"), ("MRI", "Full-thickness tear")),
        ("Dementia", "With agitation", ("Nursing", "Calm and cooperative"), ("Nursing", "Hits at staff, combative")),
        ("Limb ischemia", "With gangrene", ("Skin", "Cool, no tissue loss"), ("Skin", "Black second toe")),
        (
            "Cerebral aneurysm",
            "Ruptured",
            ("CT", "Aneurysm 6 mm, no hemorrhage; unruptured"),
            ("CT", "Blood in cisterns"),
        ),
        (
            "Surgical site infection",
            "Organ or space",
            ("CT", "Collection in the sheath; no intraperitoneal fluid"),
            ("CT", "Pelvic abscess of 5 cm"),
        ),
        ("Stroke", "Cardioembolic", ("TEE", "No thrombus, no shunt"), ("TEE", "Thrombus in the appendage")),
        ("Pancreatitis", "Due to alcohol", ("History", "Lifelong abstainer"), ("History", "Six beers daily")),
        ("Urinary tract infection", "Catheter-associated", ("Catheter", "None"), ("Catheter", "In place since 05/01")),
        ("Hyponatremia", "Hypotonic hyponatremia", ("Osmolality", "298", "mOsm/kg"), ("Osmolality", "255", "mOsm/kg")),
        ("Anemia", "Normocytic anemia", ("MCV", "70", "fL"), ("MCV", "90", "fL")),
        ("Acidosis", "Anion gap acidosis", ("Anion gap", "9"), ("Anion gap", "24")),
    ],
)
def test_a_kind_is_ruled_out_by_what_says_another_one(
    term: str, answer: str, against: Shown, spoken_for: Shown
) -> None:
    for evidence, ruled_out in ((against, True), (spoken_for, False)):
        shown: list[Shown] = [evidence, ("Consult", "Followed by the team")]
        answers: Answers = [(answer, [0]), ("Another kind (specify)", [1])]
        assert ("R-04" in rules_of("specificity", term, shown, answers)) is ruled_out, evidence


def test_contrary_findings_that_an_answer_does_not_link_rule_no_kind_out() -> None:
    shown: list[Shown] = [("Eardrum", "Dull, fluid line"), ("Audiogram", "No air-bone gap above 2 kHz")]
    answers: Answers = [("Conductive", [0]), ("Sensorineural", [1])]
    assert "R-04" not in rules_of("specificity", "Hearing loss", shown, answers)
    strain: list[Shown] = [("RV/LV ratio", "1.2"), ("Troponin", "96"), ("TTE", "RV normal in size")]
    answers = [("With acute cor pulmonale", [0, 1]), ("Without acute cor pulmonale", [2])]
    assert "R-04" not in rules_of("specificity", "Pulmonary embolism", strain, answers)


def test_an_answer_whose_own_findings_are_all_normal_is_reviewed() -> None:
    shown: list[Shown] = [("Potassium", "6.2", "mmol/L"), ("Spironolactone", "Stopped in 2024"), ("Creatinine", "3.1")]
    answers: Answers = [("Due to spironolactone", [0, 1]), ("Due to renal failure", [0, 2])]
    assert "R-04" in rules_of("cause_effect", "Hyperkalemia", shown, answers)
    shown[1] = ("Spironolactone", "50 mg daily, stopped 05/05")
    assert "R-04" not in rules_of("cause_effect", "Hyperkalemia", shown, answers)


def test_the_lowest_step_stands_on_what_speaks_against_the_higher_ones() -> None:
    shown: list[Shown] = [("Delivery note", "Tear to the sphincter capsule"), ("Rectal exam", "Mucosa intact")]
    answers: Answers = [("Second degree", [0, 1]), ("Third degree", [0])]
    assert "R-04" not in rules_of("specificity", "Perineal laceration", shown, answers)


@pytest.mark.parametrize(
    ("term", "answers", "lower", "upper"),
    [
        ("Vascular dementia", ("Moderate", "Severe"), ("MoCA", "19/30"), ("MoCA", "12/30")),
        ("Alzheimer dementia", ("Moderate", "Severe"), ("MMSE", "23/30"), ("MMSE", "14/30")),
        ("COPD", ("Severe", "Very severe"), ("FEV1", "62", "%"), ("FEV1", "38", "%")),
        ("Aortic stenosis", ("Moderate", "Severe"), ("Mean gradient", "14", "mmHg"), ("Mean gradient", "32", "mmHg")),
        ("Anxiety disorder", ("Moderate", "Severe"), ("GAD-7", "7"), ("GAD-7", "12")),
        ("Malnutrition", ("Moderate", "Severe"), ("MUAC z-score", "-1.6"), ("MUAC z-score", "-2.4")),
        ("ARDS", ("Moderate", "Severe"), ("P/F ratio", "240"), ("P/F ratio", "140")),
    ],
)
def test_a_lower_degree_that_a_number_supports_is_offered(
    term: str, answers: tuple[str, str], lower: Shown, upper: Shown
) -> None:
    listed: Answers = [(answer, [0]) for answer in answers]
    assert "R-12" in rules_of("acuity", term, [lower], listed)
    assert "R-12" not in rules_of("acuity", term, [upper], listed)


def test_the_lesser_hypertension_of_pregnancy_is_offered_where_protein_is_normal() -> None:
    term, pressure = "Hypertension in pregnancy", ("Blood pressure", "168/112, 164/110", "mmHg")
    answers: Answers = [("Pre-eclampsia", [0, 1]), ("Pre-eclampsia with severe features", [0, 1])]
    normal: list[Shown] = [pressure, ("24-hour urine protein", "240", "mg")]
    assert "R-12" in rules_of("specificity", term, normal, answers)
    assert "R-12" not in rules_of("specificity", term, normal, [("Gestational hypertension", [0]), *answers])
    assert "R-12" not in rules_of("specificity", term, [pressure, ("24-hour urine protein", "900", "mg")], answers)
    assert "R-12" not in rules_of("specificity", "Pre-eclampsia", normal, answers)


def test_a_weight_that_hardly_fell_is_no_characteristic_of_malnutrition() -> None:
    answers: Answers = [("Weight loss without malnutrition", [0]), ("Moderate malnutrition", [0, 1])]
    for weight, thin in (("64.0 to 61.8 kg in 3 months", True), ("64.0 to 57.0 kg in 3 months", False)):
        shown: list[Shown] = [("Weight", weight, "kg"), ("Intake", "About 60 % of needs for 3 weeks", "%")]
        assert ("R-04" in rules_of("missing_diagnosis", "Gastroparesis", shown, answers)) is thin


def test_the_onset_of_what_nobody_documented_is_not_asked() -> None:
    changes: dict[str, Any] = {"category": "present_on_admission"}
    text = "{} is documented on 05/06. Was it there at the time of the inpatient admission order (05/04/2026 09:00)?"
    for term, rule in (("Severe malnutrition", True), ("Gastroenteritis", False)):
        findings = judge(**{**KIDNEY, **changes, "question": text.format(term)}).findings
        assert any(one.rule == "R-21" and one.severity == "block" for one in findings) is rule


def test_one_cause_named_with_and_without_its_place_is_one_cause() -> None:
    def named(*texts: str) -> bool:
        options = [*({"text": text, "kind": "clinical", "evidence": [0]} for text in texts), OTHER, UNDETERMINED]
        return "R-24" in {
            one.rule for one in judge(**{**KIDNEY, "category": "cause_effect", "options": options}).findings
        }

    assert named("Due to gallstones", "Due to gallstones in the common duct")
    assert not named("Due to infection in the lung", "Due to infection in the urinary tract")


def test_a_statement_that_takes_no_side_needs_no_quotation() -> None:
    entries = [{**entry, "term": entry["term"]} for entry in CONFLICT["documented"]]
    open_one = {"term": "Ankle fracture", "source": "Consult", "author_role": "consultant", "recorded_at": None}
    findings = judge(**{**CONFLICT, "documented": [*entries, open_one]}).findings
    assert not [one for one in findings if one.rule == "R-23" and one.field == "indicators"]


def is_asked_on_old_findings(old: Shown, current: Shown, terms: tuple[str, str], **asked: str) -> bool:
    """Tell whether R-17 is found in an open query about the second of two conditions, with an old and a current row."""
    earlier = {"observed_at": "2025-05-12T09:00:00", "prior_encounter": True}
    query = {
        **KIDNEY,
        **asked,
        "response_type": "open_ended",
        "documented": [
            {"term": term, "source": "H&P", "author_role": "attending", "recorded_at": None} for term in terms
        ],
        "indicators": [{**indicator(*old), **earlier}, indicator(*current)],
        "options": [],
    }
    return "R-17" in {one.rule for one in judge(**query).findings}


@pytest.mark.parametrize(
    ("current", "reviewed"), [(("Ankle film", "No fracture"), True), (("Colchicine", "0.6 mg daily"), False)]
)
def test_old_findings_are_not_made_current_by_another_condition(current: Shown, *, reviewed: bool) -> None:
    asked = {
        "title": "Gout: type",
        "category": "specificity",
        "question": "Gout is documented on 05/04. Please provide further specificity for its type, if known.",
    }
    old = ("Uric acid", "9.1", "mg/dL")
    assert is_asked_on_old_findings(old, current, ("Ankle sprain", "Gout"), **asked) is reviewed


def test_only_what_a_provider_documented_is_asked_for_its_onset() -> None:
    def entry(role: str) -> dict[str, Any]:
        return {"term": "Sacral redness", "source": "Flowsheet", "author_role": role, "recorded_at": None}

    text = "Sacral redness: was it there at the time of the inpatient admission order (05/04/2026 09:00)?"
    for role, blocked in (("nurse", True), ("attending", False)):
        changes = {"category": "present_on_admission", "documented": [entry(role)], "question": text}
        findings = judge(**{**KIDNEY, **changes}).findings
        assert any((one.rule, one.field) == ("R-21", "documented") for one in findings) is blocked


def test_both_readings_in_one_answer_are_neither_of_them() -> None:
    terms = ("Systolic heart failure", "Diastolic heart failure")
    documented = [
        {"term": term, "source": source, "author_role": "attending", "recorded_at": None}
        for term, source in zip(terms, ("Progress note", "H&P"), strict=True)
    ]
    for answers, missing in (((terms[0], "Combined systolic and diastolic heart failure"), True), (terms, False)):
        options = [*({"text": text, "kind": "clinical", "evidence": [0]} for text in answers), OTHER, UNDETERMINED]
        findings = judge(**{**CONFLICT, "documented": documented, "options": options}).findings
        assert any((one.rule, one.field) == ("R-23", "documented[1].term") for one in findings) is missing


def test_causes_do_not_exclude_each_other() -> None:
    shown: list[Shown] = [("Temperature", "39.0", "C"), ("WBC", "17"), ("Ceftriaxone", "1 g daily")]
    answers: Answers = [("Sepsis due to pneumonia", [0, 1, 2]), ("Pneumonia without sepsis", [1, 2])]
    assert "R-04" not in rules_of("missing_diagnosis", "Pneumonia", shown, answers)
    wound: list[Shown] = [("Wound culture", "Grew Staphylococcus aureus"), ("CT", "Collection below the fascia")]
    answers = [("Superficial incisional", [0]), ("Deep incisional", [1])]
    assert "R-04" not in rules_of("specificity", "Surgical site infection", wound, answers)


@pytest.mark.parametrize(
    ("term", "finding", "offered", "missing", "contrary"),
    [
        ("Splenic laceration", "Grade 2 laceration", "Grade 2", "Grade 3", "Grade 4"),
        ("Cervical dysplasia", "CIN 1 with focal CIN 2", "CIN 1", "CIN 2", "CIN 3"),
        ("Heart failure", "NYHA class II", "Class II", "Class III", "Class IV"),
    ],
)
def test_a_step_that_evidence_names_is_offered_and_supports_no_other(
    term: str, finding: str, offered: str, missing: str, contrary: str
) -> None:
    shown: list[Shown] = [("Report", finding), ("Consult", "Followed by the team")]
    assert "R-12" in rules_of("specificity", term, shown, [(missing, [0]), (contrary, [1])])
    assert "R-04" in rules_of("specificity", term, shown, [(offered, [0]), (contrary, [0])])
    assert rules_of("specificity", term, shown, [(offered, [0]), (missing, [1])]) & {"R-04"} == set()


@pytest.mark.parametrize(
    ("current", "reviewed"), [(("Hemoglobin", "10.1", "g/dL"), True), (("Furosemide", "40 mg IV"), False)]
)
def test_old_findings_are_not_made_current_by_a_class_of_another_organ(current: Shown, *, reviewed: bool) -> None:
    asked = {
        "title": "Heart failure: acuity",
        "category": "acuity",
        "question": "Please clarify the acuity of the heart failure, if clinically able.",
    }
    old = ("Echocardiogram", "LVEF 35 %")
    assert is_asked_on_old_findings(old, current, ("Hip fracture", "Heart failure"), **asked) is reviewed


def test_an_answer_is_not_supported_by_a_drug_of_the_opposite_condition() -> None:
    for drug, tsh, doubted in (("Levothyroxine", "2.1", True), ("Methimazole", "0.01", False)):
        shown: list[Shown] = [(drug, "20 mg daily"), ("TSH", f"{tsh} (ref 0.4-4.5)"), ("ECG", "Atrial flutter")]
        answers: Answers = [("Hyperthyroidism", [0, 1]), ("Atrial flutter", [2])]
        assert ("R-04" in rules_of("treatment_without_diagnosis", "Palpitations", shown, answers)) is doubted


def test_a_denied_finding_is_normal_and_a_missing_function_is_not() -> None:
    def tell(name: str, value: str) -> Tell:
        return KNOWLEDGE.reader.read(name, value).tell

    assert tell("TEE", "No thrombus") is Tell.NORMAL
    assert tell("Abdomen", "No bowel sounds") is Tell.FINDING
    assert tell("Skin exam", "No open area but erythema of the heel") is Tell.FINDING


def conflict_of(terms: tuple[str, ...], answers: tuple[str, ...], shown: tuple[str, ...]) -> set[str]:
    """Return the fields of R-23 findings of a conflict between terms of which some are quoted."""
    documented = [
        {"term": term, "source": f"Consult {place}", "author_role": "consultant", "recorded_at": None}
        for place, term in enumerate(terms)
    ]
    rows = [
        {**indicator("Statement", term), "source": f"Consult {terms.index(term)}", "author_role": "consultant"}
        for term in shown
    ]
    options = [*({"text": text, "kind": "clinical", "evidence": [0, 1]} for text in answers), OTHER, UNDETERMINED]
    changes = {"documented": documented, "indicators": rows, "options": options}
    return {one.field for one in judge(**{**CONFLICT, **changes}).findings if one.rule == "R-23"}


def test_what_is_documented_beside_a_conflict_is_no_side_of_it() -> None:
    terms = ("Sepsis", "Left hip fracture", "Right hip fracture")
    assert "documented[0].term" not in conflict_of(terms, ("Left", "Right"), terms[1:])
    assert "documented[0].term" in conflict_of(terms, ("Left", "Right"), terms)


def test_two_causes_may_hold_together() -> None:
    causes = ("Bleeding due to gastric ulcer", "Bleeding due to mucosal tear")
    assert not {"options[2].text"} & conflict_of(causes, (*causes, "Both"), causes)
    kinds = ("Bacterial pneumonia", "Viral pneumonia")
    assert "options[2].text" in conflict_of(kinds, (*kinds, "Both"), kinds)
