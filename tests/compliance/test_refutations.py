"""Options that the evidence linked to them rules out: kinds, degrees, causes, depths (R-04 with R-08)."""

from __future__ import annotations

import pytest

from tests.compliance.samples import KNOWLEDGE
from tests.compliance.test_support import Shown, judged


@pytest.mark.parametrize(
    ("documented", "option", "ruled_out", "spoken_for"),
    [
        (
            "Atrial fibrillation",
            "Permanent",
            ("Cardioversion", "200 J, sinus rhythm restored"),
            ("ECG", "Atrial fibrillation at all visits, rate control chosen"),
        ),
        (
            "Atrial fibrillation",
            "Persistent",
            ("Telemetry", "Atrial fibrillation lasting 9 hours"),
            ("Telemetry", "Atrial fibrillation lasting 9 days"),
        ),
        ("Seizure", "Status epilepticus", ("EMS", "Shaking for 2 minutes"), ("EMS", "Convulsion for 22 minutes")),
        ("Seizure", "Status epilepticus", ("ED note", "Jerking 90 seconds"), ("ED note", "Continuous jerking")),
        (
            "Neurologic deficit",
            "Intracerebral hemorrhage",
            ("MRI brain", "Left thalamic infarct"),
            ("CT head", "Left thalamic hematoma"),
        ),
        (
            "Fracture of humerus",
            "Due to a tumour",
            ("CT humerus", "Fracture line, no lesion"),
            ("CT humerus", "Lytic lesion at the fracture"),
        ),
        (
            "Wound of thigh",
            "Debridement down to the muscle",
            ("Operative note", "Necrotic fat excised, fascia preserved"),
            ("Operative note", "Fascia opened, necrotic muscle excised"),
        ),
        (
            "Hemorrhage after delivery",
            "Retained placental tissue",
            ("Delivery note", "Placenta expelled intact"),
            ("Ultrasound", "Retained fragment in the cavity"),
        ),
        ("Malnutrition", "Severe", ("BMI", "22.4", "kg/m2"), ("BMI", "15.1", "kg/m2")),
        (
            "Hemorrhage after delivery",
            "Due to retained placental tissue",
            ("Placenta", "Complete on inspection"),
            ("Placenta", "Ragged, a piece missing"),
        ),
        ("Pre-eclampsia", "HELLP syndrome", ("AST", "24", "U/L"), ("AST", "190", "U/L")),
        ("Pre-eclampsia", "HELLP syndrome", ("Platelets", "140", "10^3/uL"), ("Platelets", "70", "10^3/uL")),
        (
            "Open fracture of left tibia",
            "Gustilo type IIIB",
            ("Operative note", "10 cm wound, skin closed primarily"),
            ("Operative note", "10 cm wound, bone exposed, flap planned"),
        ),
        (
            "Open fracture of left tibia",
            "Gustilo type IIIC",
            ("Operative note", "10 cm wound, pulses palpable"),
            ("Operative note", "10 cm wound, arterial repair of the popliteal artery"),
        ),
        (
            "Compression fracture of T12",
            "Pathological fracture due to metastasis",
            ("MRI spine", "Edema of T12, no focal lesion"),
            ("MRI spine", "Lytic lesion in T12"),
        ),
        (
            "Nausea",
            "Small bowel obstruction",
            ("Abdominal X-ray", "Gas in the rectum, no air-fluid levels"),
            ("Abdominal X-ray", "Transition point in the ileum"),
        ),
        ("Fracture of radius", "Nondisplaced", ("X-ray", "Angulated by 20 degrees"), ("X-ray", "Undisplaced")),
        ("Hip fracture", "Femoral neck fracture", ("X-ray", "Intertrochanteric line"), ("X-ray", "Subcapital line")),
        ("Anemia", "Macrocytic anemia", ("MCV", "82", "fL"), ("MCV", "112", "fL")),
        ("Anemia", "Iron deficiency anemia", ("Ferritin", "640", "ng/mL"), ("Ferritin", "6", "ng/mL")),
        (
            "Heart block",
            "Third-degree AV block",
            ("ECG", "Wenckebach pattern"),
            ("ECG", "Third-degree block, rate 32"),
        ),
        ("Newborn", "Extremely preterm", ("Gestational age", "33 2/7 weeks"), ("Gestational age", "26 1/7 weeks")),
        ("Acidosis", "Respiratory acidosis", ("PaCO2", "33", "mmHg"), ("PaCO2", "68", "mmHg")),
        ("Ascites", "Spontaneous bacterial peritonitis", ("Ascitic PMN", "40"), ("Ascitic PMN", "1200")),
        (
            "Acute pancreatitis",
            "Necrotizing pancreatitis",
            ("CT abdomen", "Pancreas enhances uniformly"),
            ("CT abdomen", "Nonenhancing necrosis of the tail"),
        ),
        (
            "Overdose",
            "Intentional self-harm",
            ("History", "Took a second dose by mistake"),
            ("History", "Wrote goodbye letters, wanted to die"),
        ),
        (
            "Pneumonia",
            "Ventilator-associated pneumonia",
            ("Respiratory care", "Never intubated"),
            ("Respiratory care", "Intubated, ventilator day 6, new infiltrate"),
        ),
    ],
)
def test_a_kind_that_its_own_evidence_rules_out_is_blocked(
    documented: str, option: str, ruled_out: Shown, spoken_for: Shown
) -> None:
    assert "block" in judged(option, ruled_out, documented=documented, category="specificity")
    assert "block" not in judged(option, spoken_for, documented=documented, category="specificity")


def test_one_finding_for_a_kind_outweighs_another_against_it() -> None:
    shown: list[Shown] = [("CT head", "Right frontal infarct"), ("MRI brain", "Hemorrhagic transformation")]
    assert "block" not in judged("Intracerebral hemorrhage", *shown, documented="Deficit", category="specificity")
    severe: list[Shown] = [("BMI", "22.4", "kg/m2"), ("Muscle exam", "Severe wasting")]
    assert "block" not in judged("Severe", *severe, documented="Malnutrition", category="specificity")


def test_when_a_word_means_another_kind_it_rules_nothing_out() -> None:
    shown: Shown = ("ECG", "Sinus rhythm restored")
    assert "block" not in judged("Permanent", shown, documented="Colostomy", category="specificity")
    assert "block" not in judged(
        "Non-excisional debridement", ("Note", "Brushed, irrigated only"), documented="Wound", category="specificity"
    )


def test_how_long_ago_is_not_how_long() -> None:
    shown: Shown = ("ED note", "Seizure 3 minutes after arrival, ongoing at 20 minutes")
    assert "block" not in judged("Status epilepticus", shown, documented="Seizure", category="specificity")


def test_what_a_provider_wrote_is_not_ruled_out() -> None:
    shown: Shown = ("Cardioversion", "Sinus rhythm restored")
    term = "Permanent atrial fibrillation"
    assert "block" not in judged("Permanent", shown, documented=term, category="specificity")


@pytest.mark.parametrize(
    ("option", "denying", "speaking"),
    [
        (
            "Pulmonary embolism",
            ("CT chest", "Small effusions, no filling defect"),
            ("CT chest", "Filling defect at left"),
        ),
        ("Bowel obstruction", ("CT abdomen", "Stool in colon, no wall thickening"), ("CT abdomen", "Closed loop")),
        ("Pneumonia", ("Chest X-ray", "Clear lungs, no consolidation"), ("Chest X-ray", "Consolidation at left base")),
    ],
)
def test_what_only_denies_supports_no_condition(option: str, denying: Shown, speaking: Shown) -> None:
    assert judged(option, denying)
    assert "block" not in judged(option, speaking)


def test_no_tumor_is_blamed_that_nothing_shows() -> None:
    sodium: Shown = ("Sodium", "121", "mmol/L")
    urine: Shown = ("Urine osmolality", "520", "mOsm/kg")
    assert "block" in judged("Hyponatremia due to lung cancer", sodium, urine, category="significance")
    mass: Shown = ("CT chest", "Spiculated mass of 4 cm in the right upper lobe")
    assert "block" not in judged("Hyponatremia due to lung cancer", sodium, urine, mass, category="significance")
    written = {"documented": "Lung cancer", "category": "significance"}
    assert "block" not in judged("Hyponatremia due to lung cancer", sodium, urine, **written)


def test_a_step_of_a_scale_may_be_told_by_what_is_absent() -> None:
    shown: Shown = ("Wound", "Open, pink bed, no slough")
    assert not judged("Stage 2", shown, documented="Pressure ulcer of left heel", category="stage")


def test_every_entry_rules_something_out_by_classes_that_are_read() -> None:
    known = KNOWLEDGE.indicators.kinds
    for entry in KNOWLEDGE.affinities.refutations:
        assert entry.by or entry.denied or entry.instead or entry.measures or entry.under or entry.over, entry.names
        assert all(kind in known for kind, _, _ in entry.measures), entry.names
        assert bool(entry.about) is (entry.under is not None or entry.over is not None), entry.names
