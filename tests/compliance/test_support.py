"""Options and their evidence: what supports, what contradicts, what nobody can tell (R-04, R-08)."""

from __future__ import annotations

from typing import Any

import pytest

from compliance import earlier_care, support
from compliance.indicators import Tell
from compliance.reading import Reading
from schemas.check import QueryDocument
from tests.compliance.samples import KIDNEY, KNOWLEDGE, OPEN, OTHER, UNDETERMINED

Shown = tuple[str, str] | tuple[str, str, str]


def indicator(name: str, value: str, unit: str = "") -> dict[str, Any]:
    return {
        "name": name,
        "value": value,
        "unit": unit or None,
        "source": "Laboratory",
        "observed_at": "2026-05-05T06:00:00",
    }


def judged(option: str, *shown: Shown, documented: str = "Fall", category: str = "missing_diagnosis") -> set[str]:
    """Return the severities of what is found in the evidence of one option that links every indicator."""
    query = {
        **KIDNEY,
        "category": category,
        "documented": [{"term": documented, "source": "H&P", "author_role": "attending", "recorded_at": None}],
        "indicators": [indicator(*one) for one in shown],
        "options": [
            {"text": option, "kind": "clinical", "evidence": list(range(len(shown)))},
            OTHER,
            UNDETERMINED,
        ],
    }
    reading = Reading.of(QueryDocument.model_validate(query), KNOWLEDGE)
    return {finding.severity for finding in support.evidence_supports(reading)}


@pytest.mark.parametrize(
    ("option", "shown"),
    [
        ("Sepsis", [("Temperature", "38.9", "C"), ("WBC", "18.2")]),
        ("Acute kidney injury due to (specify)", [("Creatinine", "0.9, 2.4, 2.1", "mg/dL")]),
        ("Hyponatremia", [("Sodium", "126, 129", "mmol/L")]),
        ("Acute hypoxic respiratory failure", [("SpO2", "84% RA", "%"), ("BiPAP", "12/6 for 9 h")]),
        ("Diabetic ketoacidosis", [("pH / bicarbonate", "7.11 / 9"), ("Beta-hydroxybutyrate", "6.2", "mmol/L")]),
        ("Pulmonary embolism", [("CT angiogram chest", "Filling defect in the right lower lobe artery")]),
        ("Severe protein-calorie malnutrition", [("Meal intake", "25% of trays"), ("Muscle exam", "Severe wasting")]),
        ("Heparin-induced thrombocytopenia", [("Platelets", "210, 64"), ("PF4 antibody", "Positive")]),
        ("Obesity class 2", [("BMI", "37.4", "kg/m2")]),
        ("Hypothyroidism", [("TSH", "28 (ref 0.4-4.5)", "mIU/L"), ("Levothyroxine", "50 mcg daily")]),
        ("Neutropenic fever", [("ANC", "0.2"), ("Temperature", "101.8", "F")]),
        ("Wernicke encephalopathy", [("Orientation", "Self only"), ("Thiamine", "500 mg IV")]),
    ],
)
def test_evidence_that_shows_a_condition_supports_it(option: str, shown: list[Shown]) -> None:
    assert judged(option, *shown) == set()


@pytest.mark.parametrize(
    ("option", "shown"),
    [
        ("Sepsis", [("Temperature", "37.1", "C"), ("WBC", "8.1"), ("Lactate", "1.1", "mmol/L")]),
        ("Septic shock", [("Blood pressure", "128/74, lowest 112/66", "mmHg"), ("Lactate", "1.3", "mmol/L")]),
        ("Hyponatremia", [("Sodium", "138, 140", "mmol/L")]),
        ("Pulmonary embolism", [("CT angiogram chest", "No filling defect, clear lungs")]),
        ("Deep vein thrombosis", [("Venous duplex", "No deep vein thrombosis")]),
        ("Pneumothorax", [("Chest X-ray", "No pneumothorax; small left effusion"), ("SpO2", "93% RA")]),
        ("Type 1 NSTEMI", [("hs-troponin I", "4, 5, 4 (ref <18)", "ng/L"), ("ECG", "Sinus rhythm, no ST change")]),
        ("Rhabdomyolysis", [("CK", "148 (ref 30-200)", "U/L")]),
        ("Atrial fibrillation", [("Telemetry", "Sinus rhythm, no atrial fibrillation")]),
        ("Diabetic ketoacidosis", [("pH", "7.41"), ("Bicarbonate", "24"), ("Beta-hydroxybutyrate", "0.2")]),
        ("Hypertensive emergency", [("Blood pressure", "128/76", "mmHg"), ("CT head", "No acute finding")]),
        ("Urinary tract infection", [("Urinalysis", "Nitrite negative, WBC 2/hpf"), ("Urine culture", "No growth")]),
        ("Severe malnutrition", [("Albumin", "2.9", "g/dL")]),
        ("Sickle cell crisis", [("Hemoglobin", "8.2", "g/dL")]),
    ],
)
def test_evidence_that_contradicts_a_condition_blocks_it(option: str, shown: list[Shown]) -> None:
    assert judged(option, *shown) == {"block"}


def test_a_drug_for_a_condition_does_not_stand_against_a_normal_examination() -> None:
    shown: list[Shown] = [("Lactulose", "20 g twice daily"), ("Orientation", "Alert, oriented x4 at every check")]
    assert judged("Hepatic encephalopathy", *shown) == {"review"}
    assert judged("Hepatic encephalopathy", shown[1]) == {"block"}


def test_one_sign_is_thinner_than_the_definition() -> None:
    assert judged("Sepsis", ("Temperature", "38.6", "C")) == {"review"}


def test_a_negative_reading_stands_on_normal_values() -> None:
    assert (
        judged("Cellulitis without sepsis", ("Temperature", "36.8"), ("WBC", "7.0"), documented="Cellulitis") == set()
    )
    assert judged("Pneumonia ruled out", ("Chest X-ray", "Clear lungs")) == set()


@pytest.mark.parametrize(
    ("option", "value", "blocked"),
    [
        ("Pneumonia due to Klebsiella pneumoniae", "Klebsiella pneumoniae, heavy growth", False),
        ("Gram-negative pneumonia", "Klebsiella pneumoniae, heavy growth", False),
        ("Pneumonia due to Pseudomonas aeruginosa", "Klebsiella pneumoniae, heavy growth", True),
        ("Pneumonia due to MRSA", "MRSA not isolated; normal flora", True),
    ],
)
def test_an_organism_stands_in_the_evidence(option: str, value: str, *, blocked: bool) -> None:
    found = judged(option, ("Sputum culture", value), documented="Pneumonia", category="specificity")
    assert ("block" in found) is blocked


def test_of_a_panel_only_what_was_detected_counts() -> None:
    panel = ("Respiratory panel", "RSV not detected; rhinovirus detected")
    assert judged("Bronchiolitis due to rhinovirus", panel, documented="Bronchiolitis", category="specificity") == set()
    assert "block" in judged("Bronchiolitis due to RSV", panel, documented="Bronchiolitis", category="specificity")


@pytest.mark.parametrize(
    ("option", "documented", "shown"),
    [
        ("Stage 4", "Chronic kidney disease", ("eGFR", "52, 55", "mL/min")),
        ("Acute systolic heart failure", "Heart failure", ("TTE", "LVEF 62%, left atrium dilated")),
        ("Severe persistent", "Persistent asthma", ("FEV1", "84% predicted")),
        ("Stage 4", "Pressure injury of heel", ("Wound bed", "Pink, dermis visible; no fat, muscle or bone seen")),
    ],
)
def test_a_stage_that_the_values_contradict_is_blocked(option: str, documented: str, shown: Shown) -> None:
    assert judged(option, shown, documented=documented, category="stage") == {"block"}


def test_evidence_of_the_other_side_contradicts() -> None:
    shown = ("X-ray", "Left femoral neck fracture")
    assert judged("Right", shown, documented="Hip fracture", category="laterality") == {"block"}
    assert judged("Left", shown, documented="Hip fracture", category="laterality") == set()


def test_a_stroke_on_the_right_shows_on_the_left() -> None:
    shown = ("Neuro exam", "Left arm drift, left facial droop")
    assert judged("Right middle cerebral artery", shown, documented="Stroke", category="specificity") == set()


def test_a_drug_that_stands_nowhere_is_not_blamed() -> None:
    shown: list[Shown] = [("Heart rate", "38", "/min"), ("Metoprolol", "50 mg twice daily")]
    assert judged("Due to metoprolol", *shown, documented="Bradycardia", category="cause_effect") == set()
    assert judged("Due to amiodarone", *shown, documented="Bradycardia", category="cause_effect") == {"review"}


def test_what_is_documented_needs_no_proof() -> None:
    shown = ("Foam dressing", "Daily")
    assert judged("Atrial fibrillation, permanent", shown, documented="Atrial fibrillation", category="status") == set()


@pytest.mark.parametrize(
    ("name", "value", "unit", "kind", "numbers", "tell"),
    [
        ("Creatinine", "2.3, 1.9, 1.5 (01/24, 01/25, 01/26)", "mg/dL", "creatinine", (2.3, 1.9, 1.5), Tell.HIGH),
        ("Creatinine", "88", "umol/L", "creatinine", (0.99528,), Tell.NORMAL),
        ("Temperature", "101.5", "F", "temperature", (38.6111111,), Tell.HIGH),
        ("Temperature", "39.1, then 37.0", "C", "temperature", (39.1, 37.0), Tell.HIGH),
        ("Hemoglobin", "13.0 on arrival, 8.2 on 03/05", "g/dL", "hemoglobin", (13.0, 8.2), Tell.LOW),
        ("Vitamin B12", "138 (ref 211-911)", "pg/mL", "b12", (138.0,), Tell.LOW),
        ("Potassium", "5.0 H", "mmol/L", "potassium", (5.0,), Tell.HIGH),
        ("Blood pressure", "128/74, lowest 112/66", "mmHg", "blood_pressure", (128.0, 112.0), Tell.NORMAL),
        ("PHQ-9", "17, item 9 scored 0", "", "phq9", (17.0,), Tell.HIGH),
        ("SpO2", "95% on 2 L", "%", "oxygen_saturation", (95.0,), Tell.NORMAL),
        ("Urine output", "0.4 mL/kg/h for 7 h", "mL/kg/h", "urine_output", (0.4,), Tell.LOW),
        ("Blood cultures", "No growth at 72 h, 2 sets", "", "blood_culture", (), Tell.NEGATIVE),
        ("Blood culture", "Streptococcus pyogenes, 1 of 2 sets", "", "blood_culture", (), Tell.POSITIVE),
        ("Urinalysis", "WBC >50/hpf, nitrite positive", "", "urinalysis", (), Tell.POSITIVE),
        ("Ceftriaxone", "2 g daily x 5", "", "antibiotic", (), Tell.GIVEN),
        ("Enoxaparin", "Held by hematology", "", "anticoagulant", (), Tell.HELD),
        ("Lisinopril", "Held 06/01, resumed 06/04", "", "antihypertensive", (), Tell.GIVEN),
        ("Renal ultrasound", "No hydronephrosis; kidneys 11 cm", "", "renal_imaging", (), Tell.NORMAL),
        ("CT head", "15 mm left subdural collection, 9 mm shift", "", "head_imaging", (), Tell.FINDING),
        ("TTE", "LVEF 30%, IVC 2.4 cm", "", "lvef", (30.0,), Tell.LOW),
    ],
)
def test_values_are_read_as_records_write_them(
    name: str, value: str, unit: str, kind: str, numbers: tuple[float, ...], tell: Tell
) -> None:
    shown = KNOWLEDGE.reader.read(name=name, value=value, unit=unit)
    seen = next(one for one in shown.seen if one.kind == kind)
    assert seen.numbers == pytest.approx(numbers, abs=1e-5)
    assert seen.tell is tell


@pytest.mark.parametrize(
    ("name", "value", "kinds"),
    [
        ("Heart rate / respiratory rate", "124 / 24", {"heart_rate": (124.0,), "respiratory_rate": (24.0,)}),
        ("Ferritin / TSAT", "9 ng/mL / 6%", {"ferritin": (9.0,), "tsat": (6.0,)}),
        ("B12; folate", "512 pg/mL; 11 ng/mL", {"b12": (512.0,), "folate": (11.0,)}),
        ("ABG on FiO2 0.50", "pH 7.36, PaCO2 44, PaO2 78", {"ph": (7.36,), "pf_ratio": (156.0,)}),
        ("Urine osmolality / sodium", "510 / 62", {"urine_osmolality": (510.0,), "urine_sodium": (62.0,)}),
    ],
)
def test_compound_names_are_taken_apart(name: str, value: str, kinds: dict[str, tuple[float, ...]]) -> None:
    shown = KNOWLEDGE.reader.read(name=name, value=value)
    numbers = {one.kind: one.numbers for one in shown.seen}
    assert {kind: numbers.get(kind) for kind in kinds} == kinds


@pytest.mark.parametrize(
    ("option", "ruled_out", "spoken_for"),
    [
        (
            "Hemorrhage due to retained placenta",
            ("Placenta", "Complete on inspection"),
            ("Ultrasound", "Retained tissue"),
        ),
        (
            "Ileus due to anastomotic leak",
            ("CT abdomen", "Dilated bowel, no leak"),
            ("CT abdomen", "Leak at the staple line"),
        ),
        (
            "AKI due to urinary obstruction",
            ("Renal ultrasound", "No hydronephrosis"),
            ("Bladder scan", "900 mL, hydronephrosis"),
        ),
        (
            "Pulmonary embolism",
            ("CT angiogram", "No filling defect"),
            ("CT angiogram", "Filling defect, right lower lobe"),
        ),
        (
            "Alcohol withdrawal delirium",
            ("Alcohol history", "None for 30 years"),
            ("Alcohol history", "12 beers per day"),
        ),
        ("Open fracture of tibia", ("Leg exam", "Skin intact"), ("Leg exam", "3 cm laceration, bone exposed")),
        ("Compartment syndrome", ("Forearm exam", "Compartments soft"), ("Forearm exam", "Tense, fasciotomy done")),
        ("Gallstone pancreatitis", ("Ultrasound", "No stones"), ("Ultrasound", "Several stones")),
        (
            "Excisional debridement of bone",
            ("Operative note", "Fascia seen intact"),
            ("Operative note", "Bone debrided"),
        ),
    ],
)
def test_what_a_finding_rules_out_is_blocked(option: str, ruled_out: Shown, spoken_for: Shown) -> None:
    assert "block" in judged(option, ("Progress", "Seen"), ruled_out, documented="Pain", category="cause_effect")
    said = judged(option, ("Progress", "Seen"), spoken_for, documented="Pain", category="cause_effect")
    assert "block" not in said


def test_no_condition_rides_along_without_findings_of_its_own() -> None:
    shown = (("Temperature", "39.1", "C"), ("Blood cultures", "No growth, 2 sets"))
    assert judged("Cholangitis with septic shock", *shown, documented="Cholangitis", category="uncertain_diagnosis")
    pressor = ("Norepinephrine", "0.1 mcg/kg/min"), ("MAP", "52", "mmHg"), ("Lactate", "4.4", "mmol/L")
    stands = judged("Cholangitis with septic shock", *pressor, documented="Cholangitis", category="uncertain_diagnosis")
    assert not stands


def test_an_infection_alone_is_no_sepsis() -> None:
    normal = (("Temperature", "36.9", "C"), ("WBC", "7.4"), ("Lactate", "0.8", "mmol/L"))
    culture, drug = ("Urine culture", "E. coli >100,000 CFU/mL"), ("Ceftriaxone", "2 g daily")
    assert judged("Sepsis due to pyelonephritis", *normal, culture, drug) == {"block"}
    assert judged("Sepsis due to pyelonephritis", culture, drug) == {"block"}
    assert not judged("Sepsis due to pyelonephritis", ("Temperature", "39.4", "C"), ("WBC", "21"), culture)


def test_the_deepest_stage_is_named_by_what_lies_open() -> None:
    fat, bone = ("Sacrum", "3 x 2 cm, visible fat"), ("Sacrum", "3 x 2 cm, bone exposed")
    assert "block" in judged("Stage 4", fat, documented="Pressure injury of sacrum", category="stage")
    assert not judged("Stage 4", bone, documented="Pressure injury of sacrum", category="stage")


@pytest.mark.parametrize("name", ["eGFR, creatinine", "eGFR (cystatin C)", "eGFR by creatinine"])
def test_what_a_value_is_worked_out_of_takes_it_from_nothing(name: str) -> None:
    seen = KNOWLEDGE.reader.read(name=name, value="44", unit="mL/min/1.73 m2").seen
    assert [(one.kind, one.numbers) for one in seen] == [("egfr", (44.0,))]


def test_several_times_of_several_measures_are_read() -> None:
    seen = KNOWLEDGE.reader.read(name="Blood pressure / heart rate", value="112/70, 96; 88/54, 118").seen
    assert {one.kind: one.numbers for one in seen} == {"blood_pressure": (112.0, 88.0), "heart_rate": (96.0, 118.0)}


def test_a_word_after_a_number_is_no_unit() -> None:
    seen = KNOWLEDGE.reader.read(name="Temperature", value="39.1; 37.0 from 09/10 on", unit="C").seen
    assert seen[0].numbers == (39.1, 37.0)


ASTHMA = {"term": "Persistent asthma", "source": "Office visit note", "author_role": "attending", "recorded_at": None}
PRIOR = {**indicator("Spirometry, prior encounter 06/2025", "FEV1 74% predicted"), "prior_encounter": True}


@pytest.mark.parametrize(
    ("current", "held"),
    [
        (("Laceration of right index finger", "2 cm, closed with 3 sutures"), True),
        (("Urinalysis", "Negative"), True),
        (("Albuterol inhaler", "Refilled"), False),
        (("Lung exam", "Expiratory wheeze"), False),
        (("Cephalexin", "500 mg four times a day"), True),
        (("Knee X-ray", "Narrowed joint space"), True),
        (("Suture removal", "3 sutures out"), True),
        (("Spirometry", "FEV1 80% predicted"), False),
    ],
)
def test_a_condition_of_earlier_care_is_looked_at_today(current: Shown, *, held: bool) -> None:
    query = {
        **OPEN,
        "setting": "outpatient",
        "phase": "retrospective",
        "category": "specificity",
        "documented": [ASTHMA],
        "indicators": [PRIOR, indicator(*current)],
    }
    reading = Reading.of(QueryDocument.model_validate(query), KNOWLEDGE)
    assert bool(list(earlier_care.what_is_current_belongs(reading))) is held


def test_british_spelling_names_the_same_conditions() -> None:
    assert not judged("The values reflect haemodilution", ("Haemoglobin", "12.9, 7.8"), ("Saline", "4.5 L"))
    assert judged("Hyponatraemia", ("Sodium", "140", "mmol/L")) == {"block"}


def test_a_cause_is_seen_under_another_of_its_names() -> None:
    shown = (("Creatinine", "1.0, 2.6", "mg/dL"), ("CT abdomen with contrast", "100 mL iodinated contrast"))
    assert not judged("AKI from contrast exposure", *shown, documented="AKI", category="cause_effect")
    assert judged("AKI from contrast exposure", shown[0], documented="AKI", category="cause_effect")


@pytest.mark.parametrize(
    ("option", "name", "denied", "shown"),
    [
        ("Heparin-induced thrombocytopenia", "PF4 antibody", "Negative", "Positive"),
        ("Variceal bleeding", "EGD", "No varices", "Large varices, banded"),
        ("Hip dislocation", "Hip x-ray", "No dislocation", "Posterior dislocation"),
        ("Stent thrombosis", "Duplex", "Stent patent", "Stent occluded"),
        ("Aortic dissection", "CT angiogram", "No intimal flap", "Intimal flap in the arch"),
    ],
)
def test_a_test_that_looked_for_it_and_found_nothing_rules_it_out(
    option: str, name: str, denied: str, shown: str
) -> None:
    assert "block" in judged(option, ("Pain", "Present"), (name, denied), documented="Fall", category="cause_effect")
    found = judged(option, ("Pain", "Present"), (name, shown), documented="Fall", category="cause_effect")
    assert "block" not in found


FAILING_HEART = {**ASTHMA, "term": "Heart failure"}
OLD_ECHO = {**indicator("Echocardiogram, prior encounter 02/2025", "LVEF 35%"), "prior_encounter": True}


@pytest.mark.parametrize("category", ["specificity", "acuity", "significance", "status"])
@pytest.mark.parametrize(
    ("current", "held"),
    [
        ((("Ankle X-ray", "Lateral malleolus fracture"), ("Splint", "Applied")), True),
        ((("Abdominal exam", "Tender left lower quadrant"), ("Ciprofloxacin", "400 mg IV")), True),
        ((("Ankle X-ray", "Lateral malleolus fracture"), ("Furosemide", "40 mg IV")), False),
        ((("Weight", "91 kg, then 88 kg"),), False),
        ((("Ankles", "Pitting edema to the shin"),), False),
    ],
)
def test_another_trouble_of_today_says_nothing_of_an_old_one(
    category: str, current: tuple[Shown, ...], *, held: bool
) -> None:
    query = {
        **OPEN,
        "setting": "outpatient",
        "phase": "retrospective",
        "category": category,
        "documented": [FAILING_HEART, {**ASTHMA, "term": "Ankle pain"}],
        "question": "Please clarify the type of the heart failure, if known.",
        "indicators": [OLD_ECHO, *(indicator(*one) for one in current)],
    }
    reading = Reading.of(QueryDocument.model_validate(query), KNOWLEDGE)
    assert bool(list(earlier_care.what_is_current_belongs(reading))) is held


@pytest.mark.parametrize(
    ("value", "tell"),
    [("<31 pg/mL / not detected", Tell.NEGATIVE), ("< 0.5 index", Tell.NEGATIVE), (">500 pg/mL", Tell.POSITIVE)],
)
def test_a_test_below_what_it_can_find_speaks_for_nothing(value: str, tell: Tell) -> None:
    assert KNOWLEDGE.reader.read("Beta-D-glucan", value, None).tell is tell


def test_a_validation_links_what_speaks_against_the_diagnosis_as_well() -> None:
    flat = ("Troponin", "0.05, 0.05, 0.05", "ng/mL")
    assert judged("NSTEMI confirmed", flat, documented="NSTEMI", category="clinical_validation") == set()
    assert judged("NSTEMI", flat, documented="Chest pain") == {"block"}


def test_oxygen_at_a_low_flow_is_no_second_finding_of_respiratory_failure() -> None:
    low = ("SpO2", "88% on room air", "%")
    assert judged("Acute hypoxic respiratory failure", low, ("Oxygen", "2 L nasal cannula")) == {"review"}
    assert judged("Acute hypoxic respiratory failure", low, ("Oxygen", "15 L non-rebreather")) == set()
    assert judged("Acute hypoxic respiratory failure", low, ("Respiratory rate", "32")) == set()


def test_what_was_not_given_is_not_to_blame() -> None:
    low = ("Potassium", "2.9", "mmol/L")

    def blamed(*shown: Shown) -> set[str]:
        return judged("Due to diuretic", low, *shown, documented="Hypokalemia", category="specificity")

    assert blamed(("Furosemide", "80 mg IV twice daily")) == set()
    assert blamed(("Furosemide", "Held 05/05")) == set()
    assert blamed(("Diuretics", "None")) == {"review"}
