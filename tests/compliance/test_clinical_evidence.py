"""Conditions of which one set of findings speaks and two, that differ by little, do not (R-04 with R-08).

A set is written as a chart's lines: names and values, joined by bars.
"""

from __future__ import annotations

import pytest

from tests.compliance.test_support import Shown, judged

CONDITIONS = (
    (
        "acuity",
        "sepsis",
        "Septic shock",
        "Lactate: 5.1 mmol/L | Norepinephrine: started 0.1 mcg/kg/min after 30 mL/kg | MAP: 54",
        ("MAP: 76 | Lactate: 1.1 | Lactated Ringer: 500 mL", "Blood pressure: 118/70, 122/74, 116/68 | Lactate: 1.6"),
    ),
    (
        "specificity",
        "bacteremia",
        "Central line-associated bloodstream infection",
        "Blood culture: Candida albicans, line and peripheral; line positive 4 h earlier | PICC: placed 02/20, day 10",
        (
            "Blood culture: E. coli 2/2 | Peripheral IV: right forearm, no central access",
            "Blood culture: no growth | PICC: placed 02/20",
        ),
    ),
    (
        "specificity",
        "bacteremia",
        "Contaminated blood culture",
        "Blood culture: coagulase-negative Staphylococcus in 1 of 4 bottles | Repeat culture: no growth at 5 days",
        (
            "Blood culture: Staphylococcus aureus 4 of 4, repeat positive on 03/04",
            "Blood culture: E. coli 4 of 4 bottles | Temperature: 39.4 C",
        ),
    ),
    (
        "specificity",
        "pneumonia",
        "Ventilator-associated pneumonia",
        "Ventilator: since 02/26, day 6 | BAL culture: Klebsiella pneumoniae 10^5 | Chest X-ray: new infiltrate 03/03",
        (
            "Intubated: no | Chest X-ray: left infiltrate",
            "Chest X-ray: infiltrate on arrival, before intubation | Ventilator: started 2 h ago",
        ),
    ),
    (
        "specificity",
        "pneumonia",
        "Hospital-acquired pneumonia",
        "Chest X-ray: clear on 02/26; new left lower lobe infiltrate 03/03 | Admitted: 02/26, hospital day 6",
        (
            "Chest X-ray on arrival 03/02: right lower lobe infiltrate | Symptoms: began 5 days before admission",
            "Onset: cough and fever at home since 02/27 | Chest X-ray: consolidation in the ED",
        ),
    ),
    (
        "significance",
        "urine culture result",
        "Asymptomatic bacteriuria",
        "Urine culture: E. coli >100,000 | Symptoms: no dysuria, no fever, no flank pain",
        ("Urine culture: no growth", "Urine culture: E. coli | Exam: flank tenderness, rigors | Temperature: 39.3 C"),
    ),
    (
        "specificity",
        "soft tissue infection",
        "Necrotizing fasciitis",
        "Operative note: gray necrotic fascia, dishwater fluid | CT leg: gas along fascial planes",
        (
            "CT leg: subcutaneous stranding only, no gas, no fascial thickening | Exam: erythema",
            "Exploration: fascia glistening, bleeding well; no pus | CT: no gas",
        ),
    ),
    (
        "specificity",
        "tuberculosis",
        "Latent tuberculosis infection",
        "QuantiFERON: positive | Chest X-ray: normal | Symptoms: none",
        (
            "QuantiFERON: negative | Tuberculin skin test: 0 mm",
            "MTB PCR: detected in sputum | CT chest: cavitary lesion",
        ),
    ),
    (
        "missing_diagnosis",
        "dyspnea",
        "Fluid overload",
        "Weight: 74, 79 kg | Exam: crackles, 2+ edema | Furosemide: 40 mg IV | Fluid balance: +6.2 L",
        ("Lungs: clear | BNP: 38, 41 | Skin: hives", "Fluid balance: -200 mL | Chest X-ray: clear"),
    ),
    (
        "complication",
        "transfusion",
        "Transfusion-associated circulatory overload",
        "BNP: 120 before, 980 after | Chest X-ray: pulmonary edema | Furosemide: 40 mg IV",
        ("Temperature: 38.9 C, chills | Lungs: clear | BNP: 40", "Chest X-ray: clear | SpO2: 98 % on room air"),
    ),
    (
        "specificity",
        "atrial fibrillation",
        "Permanent atrial fibrillation",
        "ECG: atrial fibrillation | Cardiology: rate control only, rhythm control abandoned",
        (
            "ECG: sinus rhythm after 20 h | Telemetry: self-terminated",
            "Plan: TEE and cardioversion 03/05 to restore sinus rhythm | Amiodarone: loading",
        ),
    ),
    (
        "specificity",
        "bradycardia",
        "Sick sinus syndrome",
        "Telemetry: sinus pauses 4.2 s, alternating fibrillation and bradycardia | Pacemaker: planned",
        ("ECG: normal sinus rhythm 72 | Holter: no pauses", "Holter: no pauses, lowest rate 58"),
    ),
    (
        "specificity",
        "tachycardia",
        "Supraventricular tachycardia",
        "ECG: narrow complex regular 190/min | Adenosine: 6 mg, converted to sinus",
        ("ECG: sinus rhythm 84", "Telemetry: sinus tachycardia 118 with fever, gradual onset"),
    ),
    (
        "specificity",
        "hypertension",
        "Hypertensive urgency",
        "Blood pressure: 206/122 | Symptoms: none | Creatinine: 0.8 | Amlodipine: 10 mg by mouth",
        (
            "Blood pressure: 138/84, 142/80",
            "Blood pressure: 222/136 | CT head: intracerebral hemorrhage | Nicardipine: infusion",
        ),
    ),
    (
        "acuity",
        "deep vein thrombosis",
        "Chronic deep vein thrombosis",
        "Duplex: partially recanalized, eccentric wall thickening, unchanged from 2024",
        (
            "Duplex: acute occlusive thrombus, not present 01/2026",
            "Duplex: new acute thrombus popliteal vein | Symptoms: swelling 2 days",
        ),
    ),
    (
        "specificity",
        "shock",
        "Anaphylactic shock",
        "Exam: hives, stridor minutes after cefazolin | Blood pressure: 68/34 | Epinephrine: 0.5 mg IM",
        ("Allergen exposure: none | Skin: clear | Blood culture: E. coli", "Blood pressure: 128/78 | Skin: hives"),
    ),
    (
        "specificity",
        "cardiomyopathy",
        "Hypertrophic obstructive cardiomyopathy",
        "Echo: septum 22 mm, LVOT gradient 64 mmHg, SAM",
        ("Echo: wall thickness normal, no gradient", "Echo: dilated ventricle, septum 8 mm"),
    ),
    (
        "specificity",
        "aortic stenosis",
        "Severe aortic stenosis",
        "Echo: valve area 0.7 cm2, mean gradient 48 mmHg, peak velocity 4.6 m/s",
        ("TTE: AVA 1.9 cm2, peak velocity 2.2 m/s", "Echo: aortic sclerosis, mean gradient 6 mmHg"),
    ),
    (
        "missing_diagnosis",
        "cold leg",
        "Acute limb ischemia",
        "Exam: pulseless, cold, paresthesia since 4 h | CTA: popliteal embolus | Embolectomy: 03/02",
        ("ABI: 1.02 | Exam: foot warm, pulses 2+", "CTA: patent three-vessel runoff | Exam: warm"),
    ),
    (
        "missing_diagnosis",
        "pneumonia",
        "Acute respiratory distress syndrome",
        "P/F ratio: 110 | Chest X-ray: bilateral diffuse infiltrates | PEEP: 12",
        ("PaO2/FiO2: 380 | CT chest: clear", "Chest X-ray: unilateral right infiltrate | SpO2: 96 % on 2 L"),
    ),
    (
        "specificity",
        "asthma",
        "Mild intermittent asthma",
        "Symptoms: 1 day a week | Night symptoms: once a month | FEV1: 94 %",
        ("FEV1: 46 % | Symptoms: every day", "Night symptoms: every night | FEV1: 55 %"),
    ),
    (
        "specificity",
        "pneumothorax",
        "Tension pneumothorax",
        "Chest X-ray: mediastinal shift to the right | Blood pressure: 70/40 | Needle decompression: rush of air",
        (
            "Chest X-ray: small pneumothorax, trachea midline | SpO2: 98 %",
            "Blood pressure: 128/76 | CT chest: 10 % pneumothorax without shift",
        ),
    ),
    (
        "specificity",
        "acute kidney injury",
        "Hepatorenal syndrome",
        "Creatinine: 0.9, 3.1 | Cirrhosis: ascites, bilirubin 9 | Terlipressin: started",
        ("Liver: normal, no ascites | Creatinine: 3.1", "Renal ultrasound: hydronephrosis | Bladder scan: 900 mL"),
    ),
    (
        "specificity",
        "hyponatremia",
        "SIADH",
        "Serum osmolality: 258 | Urine osmolality: 540 | Urine sodium: 68 | Exam: euvolemic",
        (
            "Urine sodium: 8 | Exam: dry mucous membranes, orthostatic | Saline: sodium rose to 136",
            "Serum osmolality: 296 | Glucose: 890",
        ),
    ),
    (
        "specificity",
        "hypercalcemia",
        "Hypercalcemia due to primary hyperparathyroidism",
        "PTH: 148 pg/mL | Calcium: 11.8 | Sestamibi: left inferior adenoma",
        ("PTH: <5 | Calcium: 13.8", "PTH: 8 | Vitamin D: 180"),
    ),
    (
        "missing_diagnosis",
        "vomiting",
        "Dehydration",
        "Exam: dry mucous membranes, tenting | BUN: 48, creatinine 1.4 | Saline: 2 L IV",
        ("Exam: moist, no orthostasis | BUN: 14", "Exam: 3+ edema | BUN: 12 | Furosemide: 40 mg IV"),
    ),
    (
        "specificity",
        "pancreatitis",
        "Necrotizing pancreatitis",
        "CT abdomen: nonenhancing pancreatic body, 40 % necrosis",
        ("CT abdomen: interstitial edema, gland enhances fully", "CT abdomen: edematous pancreas, no necrosis"),
    ),
    (
        "specificity",
        "pancreatitis",
        "Chronic pancreatitis",
        "CT abdomen: calcifications, dilated duct, atrophy | Fecal elastase: 48",
        (
            "CT abdomen: edema, no calcifications | Symptoms: first attack, 12 h",
            "Fecal elastase: 480 | MRCP: normal duct",
        ),
    ),
    (
        "missing_diagnosis",
        "cirrhosis",
        "Portal hypertension",
        "EGD: esophageal varices grade 2 | Platelets: 62 | Ultrasound: spleen 17 cm",
        (
            "EGD: normal | Ultrasound: spleen 10 cm, no ascites",
            "Platelets: 240 | Ultrasound abdomen: no ascites, no collaterals",
        ),
    ),
    (
        "specificity",
        "abdominal distension",
        "Postoperative ileus",
        "Abdominal X-ray: diffusely dilated small and large bowel, no transition | Flatus: none day 4",
        (
            "Bowel movement: daily | Abdominal X-ray: normal gas pattern",
            "CT abdomen: transition point with adhesive band, proximal dilation",
        ),
    ),
    (
        "specificity",
        "bowel obstruction",
        "Complete small bowel obstruction",
        "CT abdomen: no gas or contrast beyond the transition point | Flatus: none",
        ("CT abdomen: contrast passes to the rectum, partial", "Flatus: passing | Contrast: reached rectum"),
    ),
    (
        "missing_diagnosis",
        "abdominal pain",
        "Acute mesenteric ischemia",
        "CTA abdomen: SMA embolus, pneumatosis | Lactate: 7",
        ("CTA: mesenteric vessels patent | Lactate: 0.9", "CT abdomen: normal bowel wall | Lactate: 1.1"),
    ),
    (
        "missing_diagnosis",
        "dysphagia",
        "Achalasia",
        "Manometry: absent peristalsis, IRP 28 | Esophagram: bird beak",
        ("EGD: distal stricture, reflux esophagitis | Manometry: normal", "Esophagram: normal"),
    ),
    (
        "specificity",
        "anemia",
        "Anemia of chronic disease",
        "Ferritin: 640 | CRP: 88 | Iron saturation: 12 % | Rheumatoid arthritis: active",
        ("Ferritin: 7 | CRP: 1", "B12: 80 | MCV: 119 | CRP: 2"),
    ),
    (
        "specificity",
        "thrombocytopenia",
        "Heparin-induced thrombocytopenia",
        "Platelets: 240, 68 | PF4 antibody: positive, OD 2.4 | Heparin: since 02/24 | Argatroban: infusion",
        (
            "Heparin: never given; enoxaparin never given | Platelets: 60",
            "Platelets: 62 on arrival before any heparin | PF4 antibody: not detected",
        ),
    ),
    (
        "specificity",
        "thrombocytopenia",
        "Immune thrombocytopenia",
        "Platelets: 4 | Smear: large platelets, no schistocytes | IVIG: 1 g/kg | Dexamethasone: 40 mg",
        ("Smear: schistocytes | ADAMTS13: <5 %", "PF4 antibody: positive | Heparin: day 8"),
    ),
    (
        "specificity",
        "leukocytosis",
        "Leukocytosis due to steroids",
        "WBC: 19.4 | Dexamethasone: 10 mg every 6 h since 03/01 | Procalcitonin: 0.05",
        ("Methylprednisolone: first dose 03/04 | WBC: 19 on 03/02 before steroid", "Steroids: none | WBC: 22"),
    ),
    (
        "specificity",
        "sickle cell disease",
        "Sickle cell crisis with acute chest syndrome",
        "Chest X-ray: new right lower lobe infiltrate | SpO2: 86 % | Exchange transfusion: 03/03 | Pain: chest",
        ("Chest X-ray: no infiltrate | Pain: back and hips", "SpO2: 99 % | Chest X-ray: clear"),
    ),
    (
        "specificity",
        "sickle cell disease",
        "Sickle cell disease without crisis",
        "Pain: none | Hemoglobin: 8.1, at baseline",
        (
            "Pain: severe, typical crisis | Morphine: PCA | Reticulocytes: 18 %",
            "Chest X-ray: new infiltrate | Exchange transfusion: 03/03",
        ),
    ),
    (
        "specificity",
        "acute myeloid leukemia",
        "Acute myeloid leukemia in relapse",
        "Bone marrow: 42 % myeloblasts after remission in 2025",
        ("Bone marrow: 72 % blasts at first diagnosis, never treated", "Marrow: no residual leukemia"),
    ),
    (
        "specificity",
        "breast cancer",
        "Breast cancer metastatic to bone",
        "Bone scan: uptake in T8, L2 and pelvis | MRI spine: lesions T8",
        ("MRI brain: two enhancing metastases | Bone scan: negative", "PET: liver lesions only; bones without uptake"),
    ),
    (
        "complication",
        "colectomy",
        "Anastomotic leak",
        "CT abdomen: contrast extravasation at the anastomosis, free air | Drain: feculent",
        ("Contrast enema: no leak", "CT abdomen: anastomosis intact, no extravasation | Drain: serous"),
    ),
    (
        "complication",
        "laparotomy",
        "Accidental enterotomy",
        "Operative note: 1 cm serosal and mucosal tear of jejunum during lysis, sutured",
        ("Operative note: bowel run twice, intact throughout", "CT abdomen: no extraluminal contrast"),
    ),
    (
        "complication",
        "wound",
        "Wound dehiscence",
        "Exam: midline incision open 6 cm, fascia visible | Negative pressure therapy: placed",
        ("Exam: staples in place, closed, dry", "Wound: incision intact, no separation"),
    ),
    (
        "specificity",
        "hip fracture",
        "Intertrochanteric fracture of the right femur",
        "X-ray hip: right intertrochanteric fracture, four parts",
        ("X-ray hip: right femoral neck fracture, subcapital", "X-ray femur: right femoral shaft fracture"),
    ),
    (
        "specificity",
        "knee pain",
        "Septic arthritis of the knee",
        "Synovial fluid: WBC 96,000, culture Staphylococcus aureus | Washout: 03/02",
        ("Synovial fluid: WBC 18,000, needle-shaped crystals, culture no growth", "Aspirate: clear yellow, WBC 180"),
    ),
    (
        "specificity",
        "prosthetic joint",
        "Mechanical loosening of the hip prosthesis",
        "X-ray hip: radiolucent lines 4 mm, stem subsidence | Aspirate: sterile",
        (
            "Operative note: stem and cup well fixed; head dislocated",
            "X-ray hip: prosthesis in unchanged position, no lucency",
        ),
    ),
    (
        "specificity",
        "chest trauma",
        "Flail chest",
        "CT chest: ribs 4 to 7 each broken in two places | Exam: paradoxical motion",
        ("CT chest: ribs 4 and 5 broken in one place, no paradoxical motion", "X-ray chest: no rib fracture"),
    ),
    (
        "specificity",
        "burn",
        "Inhalation injury",
        "Bronchoscopy: soot and edema below the cords | Carboxyhemoglobin: 22 %",
        ("Exam: no soot, voice clear | Mechanism: scald", "Bronchoscopy: clear"),
    ),
    (
        "specificity",
        "hematuria",
        "Hematuria due to bladder cancer",
        "Cystoscopy: 3 cm papillary tumor | Pathology: urothelial carcinoma",
        ("CT abdomen: 5 mm ureteral stone | Cystoscopy: normal bladder", "Biopsy: cystitis, no malignancy"),
    ),
    (
        "missing_diagnosis",
        "scrotal pain",
        "Testicular torsion",
        "Doppler scrotum: absent flow left testis | Surgery: detorsion 360",
        ("Doppler: increased flow", "Ultrasound scrotum: symmetric flow"),
    ),
    (
        "specificity",
        "overdose",
        "Acetaminophen poisoning",
        "Acetaminophen level: 210 at 4 h | Acetylcysteine: infusion | History: took 40 tablets",
        ("Acetaminophen: not detected", "Acetaminophen level: 4, 8 h after ingestion | ALT: 20"),
    ),
    (
        "specificity",
        "overdose",
        "Opioid overdose",
        "Naloxone: 2 mg, woke up | Respiratory rate: 6 | Pupils: pinpoint",
        (
            "Toxicology: opiates and fentanyl negative | Respiratory rate: 20",
            "Naloxone: 4 mg, no effect | Acetaminophen: 240",
        ),
    ),
    (
        "specificity",
        "overdose",
        "Poisoning, intentional self-harm",
        "Statement: took pills to die | Note: farewell letter",
        (
            "Statement: confused morning and evening doses | Intent: denies self-harm",
            "History: toddler found with open bottle",
        ),
    ),
    (
        "specificity",
        "noncompliance",
        "Underdosing of insulin",
        "History: stopped insulin 5 days ago for cost | Glucose: 620",
        ("Insulin: took double dose | Glucose: 38", "History: all doses taken; pump log complete"),
    ),
    (
        "specificity",
        "alcohol withdrawal",
        "Alcohol withdrawal with delirium",
        "CIWA: 32 | CAM-ICU: positive | Exam: sees spiders, disoriented",
        ("Exam: alert and oriented, tremor | Hallucinations: none", "CAM-ICU: negative x4 | CIWA: 12"),
    ),
    (
        "missing_diagnosis",
        "ICU stay",
        "ICU-acquired weakness (critical illness myopathy)",
        "MRC score: 28 | EMG: myopathic | Ventilator: 18 days | Exam: symmetric weakness",
        ("Exam: full strength | Walking: 100 m alone", "EMG: normal"),
    ),
    (
        "missing_diagnosis",
        "surgery",
        "Malignant hyperthermia",
        "Temperature: 41.2 C after sevoflurane | EtCO2: 88 | Dantrolene: 2.5 mg/kg | CK: 22,000",
        ("Temperature: 36.8 | Dantrolene: not given", "Anesthetic: spinal only, no volatile agent | Temperature: 37.0"),
    ),
)


def _rows(lines: str) -> list[Shown]:
    return [(name, value) for name, _, value in (line.partition(": ") for line in lines.split(" | "))]


@pytest.mark.parametrize(("category", "documented", "option", "speaks", "_"), CONDITIONS)
def test_findings_of_a_condition_support_it(
    category: str, documented: str, option: str, speaks: str, _: tuple[str, ...]
) -> None:
    assert judged(option, *_rows(speaks), documented=documented, category=category) == set()


@pytest.mark.parametrize(
    ("category", "documented", "option", "shown"),
    [(category, documented, option, each) for category, documented, option, _, all_ in CONDITIONS for each in all_],
)
def test_findings_of_a_sibling_or_of_its_absence_do_not(
    category: str, documented: str, option: str, shown: str
) -> None:
    assert judged(option, *_rows(shown), documented=documented, category=category)
