"""Reading rules of the library take what a record says, and leave what it denies."""

from __future__ import annotations

import pytest

from evidence.evaluating import gather, supports
from evidence.language import parse
from schemas.gaps import Indicator
from services.query_builder.library import Library
from tests.query_builder.support import at, basis

SAID = [
    ("infection_found", "laboratory", "Blood culture", "Gram-negative rods in 4 of 4 bottles"),
    ("blood_culture_growth", "laboratory", "Blood culture", "Gram-negative rods in 4 of 4 bottles"),
    ("blood_culture_growth", "laboratory", "Blood culture", "Coagulase-negative staphylococci, positive"),
    ("usual_contaminant", "laboratory", "Blood culture", "Staphylococcus epidermidis in 1 of 4 bottles"),
    ("other_culture_growth", "laboratory", "Sputum culture", "Growth of Klebsiella pneumoniae"),
    ("colonized_site_growth", "laboratory", "MRSA nares PCR", "Positive"),
    ("organism_found", "laboratory", "Sputum culture", "Gram-negative rods"),
    ("gram_negative_found", "laboratory", "Tracheal aspirate", "Pseudomonas aeruginosa"),
    ("urinary_infection_findings", "laboratory", "Urinalysis", "Nitrite positive, many bacteria"),
    ("upper_urinary_signs", "assessment", "Flank", "Right flank pain"),
    ("upper_urinary_signs", "imaging", "CT abdomen", "Left perinephric stranding"),
    ("lower_urinary_signs", "note", "Symptoms", "Dysuria for two days"),
    ("urethral_catheter", "procedure", "Foley catheter", "Inserted"),
    ("central_line", "procedure", "PICC", "Placed in the right arm"),
    ("fluid_loss_recorded", "note", "Symptoms", "Profuse watery diarrhea"),
    ("vasopressor_given", "medication", "Norepinephrine", "0.1 mcg/kg/min"),
    ("fluid_given", "medication", "Sodium chloride 0.9 %", "1 L IV"),
    ("breathing_effort", "assessment", "Work of breathing", "Accessory muscle use"),
    ("breathing_effort", "assessment", "Speech", "Speaks in two-word sentences"),
    ("respiratory_support", "assessment", "Oxygen device", "High-flow nasal cannula 40 L/min"),
    ("respiratory_support", "procedure", "Invasive mechanical ventilation", "Started"),
    ("home_oxygen", "note", "History", "Uses 2 L home oxygen at night"),
    ("home_oxygen", "note", "Home oxygen", "2 L/min"),
    ("worse_airway_symptoms", "note", "Cough", "Worse, with purulent sputum"),
    ("wheeze_heard", "assessment", "Lung exam", "Diffuse wheezes"),
    ("rv_strain_reported", "imaging", "Echocardiogram", "Right ventricle dilated with reduced function"),
    ("pulmonary_edema_imaged", "imaging", "Chest X-ray", "Interstitial pulmonary edema"),
    ("tubular_injury_pattern", "laboratory", "Urine sediment", "Muddy brown casts"),
    ("urinary_obstruction", "imaging", "Renal ultrasound", "Moderate left hydronephrosis"),
    ("interstitial_nephritis_signs", "laboratory", "Urinalysis microscopy", "White blood cell casts"),
    ("maintenance_dialysis", "note", "History", "Outpatient hemodialysis three times a week"),
    ("specimen_hemolyzed", "laboratory", "Specimen comment", "Hemolyzed"),
    ("ketosis", "laboratory", "Ketones, urine", "Large"),
    ("islet_antibody_positive", "laboratory", "GAD65 antibody", "Positive"),
    ("insulin_resistance_findings", "laboratory", "GAD65 antibody", "Negative"),
    ("fat_loss", "assessment", "Orbital fat pads", "Mild loss"),
    ("muscle_loss_severe", "assessment", "Muscle mass", "Moderate wasting at temples"),
    ("fluid_accumulation", "assessment", "Edema", "2+ pitting, both legs"),
    ("grip_reduced", "assessment", "Hand grip strength", "Reduced"),
    ("cachexia_signs", "note", "General appearance", "Cachectic"),
    ("intent_to_self_harm", "note", "Progress note", "Patient wanted to die"),
    ("intent_to_self_harm", "note", "Progress note", "No fever. A suicide note was left at home"),
    ("assault_described", "note", "Progress note", "Struck by another man outside a bar"),
    ("taken_by_mistake", "note", "Progress note", "Took two tablets instead of one"),
    ("taken_too_little", "note", "Progress note", "Ran out of tablets a week ago"),
    ("allergic_signs", "note", "Progress note", "Hives on the trunk, no wheezing"),
    ("tear_repaired", "note", "Progress note", "Serosal tear oversewn"),
    ("hard_dissection", "note", "Progress note", "Dense adhesions to the abdominal wall"),
    ("device_loose", "note", "Progress note", "Lucency around the stem"),
    ("device_displaced", "note", "Progress note", "No fracture. Lead migrated to the atrium"),
    ("contrast_given", "note", "Progress note", "CT of the chest with contrast"),
    ("burn_second_degree_signs", "note", "Progress note", "Two blisters on the palm"),
    ("retained_tissue_signs", "note", "Progress note", "Placenta incomplete, curettage done"),
    ("birth_laceration_signs", "note", "Progress note", "Cervical laceration of 2 cm"),
    ("newborn_aspiration_signs", "note", "Progress note", "Thick meconium at birth"),
    ("lasting_deficit", "note", "Progress note", "Residual weakness of the left arm"),
    ("symptom_before_test", "note", "Progress note", "Rectal bleeding for two weeks"),
    ("no_housing_in_words", "note", "Progress note", "In a shelter since May"),
    ("food_short_in_words", "note", "Progress note", "Runs out of food every month"),
    ("aids_defining_illness", "note", "Progress note", "Pneumocystis found on stain"),
    ("newborn_breathing_effort", "note", "Progress note", "Grunting and retractions"),
    ("lung_edema_imaging", "imaging", "Image", "Bilateral opacities"),
    ("device_infection_findings", "imaging", "Image", "Fluid collection around the graft"),
    ("surfactant_lung_pattern", "imaging", "Image", "Ground-glass opacities, low lung volumes"),
]
DENIED = [
    ("infection_found", "laboratory", "Blood culture", "No growth"),
    ("infection_found", "imaging", "Chest X-ray", "No pneumonia"),
    ("blood_culture_growth", "laboratory", "Blood culture", "Negative at 48 h"),
    ("blood_culture_growth", "laboratory", "Urine culture", "Growth of Escherichia coli"),
    ("other_culture_growth", "laboratory", "Blood culture", "Growth of Escherichia coli"),
    ("colonized_site_growth", "laboratory", "MRSA nares PCR", "Not detected"),
    ("organism_found", "laboratory", "Sputum culture", "Normal flora"),
    ("gram_negative_found", "laboratory", "Sputum culture", "Growth of Staphylococcus aureus"),
    ("infection_on_imaging", "imaging", "CT abdomen", "No abscess"),
    ("urinary_infection_findings", "laboratory", "Urinalysis", "Nitrite negative"),
    ("upper_urinary_signs", "assessment", "Abdomen", "Soft, no flank tenderness"),
    ("upper_urinary_signs", "imaging", "CT abdomen", "No perinephric stranding"),
    ("lower_urinary_signs", "note", "Symptoms", "Fever, denies dysuria"),
    ("urethral_catheter", "procedure", "Urinary catheter", "None"),
    ("fluid_loss_recorded", "note", "Symptoms", "Fever, no vomiting or diarrhea"),
    ("breathing_effort", "assessment", "Work of breathing", "Unlabored"),
    ("breathing_effort", "assessment", "Respiratory exam", "No accessory muscle use"),
    ("respiratory_support", "assessment", "BiPAP", "Declined"),
    ("respiratory_support", "assessment", "Oxygen device", "2 L nasal cannula"),
    ("home_oxygen", "note", "History", "Does not use home oxygen"),
    ("home_oxygen", "note", "Home oxygen", "None"),
    ("worse_airway_symptoms", "note", "Cough", "Unchanged"),
    ("worse_airway_symptoms", "note", "Dyspnea", "Not worse"),
    ("wheeze_heard", "assessment", "Lung exam", "Clear, no wheezes"),
    ("rv_strain_reported", "imaging", "Echocardiogram", "No right ventricular dilatation"),
    ("rv_strain_reported", "imaging", "Echocardiogram", "Normal right ventricle, left atrium dilated"),
    ("pulmonary_edema_imaged", "imaging", "Chest X-ray", "No pulmonary edema"),
    ("tubular_injury_pattern", "laboratory", "Urine sediment", "No casts, no muddy brown material"),
    ("urinary_obstruction", "imaging", "Renal ultrasound", "No hydronephrosis"),
    ("interstitial_nephritis_signs", "laboratory", "Urine eosinophils", "No eosinophils"),
    ("contrast_given", "imaging", "CT abdomen without contrast", "No acute finding"),
    ("specimen_hemolyzed", "laboratory", "Specimen comment", "Not hemolyzed"),
    ("ketosis", "laboratory", "Ketones, urine", "Negative"),
    ("islet_antibody_positive", "laboratory", "GAD65 antibody", "Negative"),
    ("fat_loss", "assessment", "Orbital fat pads", "No loss"),
    ("muscle_loss", "assessment", "Muscle mass", "Well preserved, no wasting"),
    ("muscle_loss_severe", "assessment", "Muscle mass", "Mild wasting"),
    ("fluid_accumulation", "assessment", "Edema", "None"),
    ("grip_reduced", "assessment", "Hand grip strength", "Normal"),
    ("intent_to_self_harm", "note", "Progress note", "Denies any suicidal thoughts"),
    ("intent_to_self_harm", "note", "Progress note", "Unintentional overdose"),
    ("intent_to_self_harm", "note", "Progress note", "Non-suicidal"),
    ("assault_described", "note", "Progress note", "Denies assault or abuse"),
    ("taken_by_mistake", "note", "Progress note", "No extra tablets taken"),
    ("taken_too_little", "note", "Progress note", "No missed doses"),
    ("allergic_signs", "note", "Progress note", "No rash, hives or itching"),
    ("tear_repaired", "note", "Progress note", "No serosal tear seen"),
    ("hard_dissection", "note", "Progress note", "Without dense adhesions"),
    ("device_loose", "note", "Progress note", "No evidence of hardware loosening"),
    ("device_displaced", "note", "Progress note", "Lead tip not displaced"),
    ("contrast_given", "note", "Progress note", "CT of the head without contrast"),
    ("contrast_given", "note", "Progress note", "Non-contrast CT of the head"),
    ("burn_second_degree_signs", "note", "Progress note", "Redness, no blisters"),
    ("retained_tissue_signs", "note", "Progress note", "Placenta complete, no evidence of retained tissue"),
    ("birth_laceration_signs", "note", "Progress note", "Perineum intact without laceration"),
    ("newborn_aspiration_signs", "note", "Progress note", "No meconium, clear fluid"),
    ("lasting_deficit", "note", "Progress note", "Stroke two years ago, no residual weakness"),
    ("symptom_before_test", "note", "Progress note", "Denies rectal bleeding or abdominal pain"),
    ("no_housing_in_words", "note", "Progress note", "Denies being homeless"),
    ("food_short_in_words", "note", "Progress note", "Denies food insecurity"),
    ("aids_defining_illness", "note", "Progress note", "Stain negative for pneumocystis"),
    ("newborn_breathing_effort", "note", "Progress note", "No grunting or retractions"),
    ("lung_edema_imaging", "imaging", "Image", "No pulmonary edema"),
    ("device_infection_findings", "imaging", "Image", "No periprosthetic fluid collection"),
    ("surfactant_lung_pattern", "imaging", "Image", "No ground-glass opacities"),
]


def holds(library: Library, criterion: str, kind: str, name: str, value: str) -> bool:
    """Tell whether one indicator alone makes the criterion hold."""
    found = Indicator(name=name, value=value, kind=kind, source="Chart", observed_at=at(3))
    return supports(parse(criterion, library.vocabulary), gather(basis(found), library.concepts)).holds


@pytest.mark.parametrize(("criterion", "kind", "name", "value"), SAID)
def test_what_the_record_says_counts(library: Library, criterion: str, kind: str, name: str, value: str) -> None:
    assert holds(library, criterion, kind, name, value)


@pytest.mark.parametrize(("criterion", "kind", "name", "value"), DENIED)
def test_what_the_record_denies_does_not_count(
    library: Library, criterion: str, kind: str, name: str, value: str
) -> None:
    assert not holds(library, criterion, kind, name, value)
