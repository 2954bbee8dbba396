"""A finding that the record denies supports no answer; the same finding, affirmed, does."""

from __future__ import annotations

import re

import pytest

from evidence.evaluating import gather, supports
from evidence.language import Predicate
from schemas.vocabulary import IndicatorKind
from services.query_builder.library import Library, shipped_folder
from tests.query_builder.support import START, basis, lab


def holds(library: Library, predicate: Predicate, kind: IndicatorKind, name: str, value: str) -> bool:
    """Whether a rule holds on one text of the record."""
    facts = gather(basis(lab(name, value, 4, None, kind=kind)), library.concepts, START)
    return supports(predicate, facts).holds


@pytest.mark.parametrize(
    ("criterion", "kind", "name", "denied", "affirmed"),
    [
        ("blood_loss_recorded", "assessment", "Abdomen", "Soft, no active bleeding", "Soft, active bleeding"),
        ("blood_loss_recorded", "note", "History", "Patient denies melena", "Patient reports melena"),
        ("red_cells_transfused", "order", "Blood bank", "No PRBC given", "Two units PRBC given"),
        ("alcohol_use_recorded", "note", "Social history", "Patient denies alcohol", "Alcohol daily"),
        ("gallstones_shown", "imaging", "Ultrasound", "Gallbladder without stones", "Gallbladder with stones"),
        ("gallstones_shown", "imaging", "CT abdomen", "Left kidney stone", "Stone in the common duct"),
        ("pancreatic_necrosis_shown", "imaging", "CT abdomen", "Edema; no areas of necrosis", "Areas of necrosis"),
        ("psychotic_features_shown", "note", "Exam", "Calm, denies hallucinations", "Calm, reports hallucinations"),
        ("focal_deficit_shown", "note", "Exam", "Alert; no facial droop or weakness", "Alert; left arm weakness"),
        ("collection_shown", "imaging", "CT leg", "Swelling without drainable collection", "Drainable collection"),
        ("necrotizing_signs_shown", "imaging", "CT leg", "No evidence of gas in the fascia", "Gas in the fascia"),
        ("necrotizing_signs_shown", "note", "Surgery", "Doubtful; not necrotizing", "Necrotizing, to theater"),
        ("excision_described", "procedure", "Wound care", "Non-excisional, curette", "Excisional, to fascia"),
        ("depth_bone_shown", "assessment", "Wound", "No exposed muscle or bone", "Exposed bone"),
        ("osteoporosis_shown", "imaging", "Bone density", "Osteopenia", "Osteoporosis"),
        ("acute_thrombus_shown", "imaging", "Duplex", "Chronic clot; no evidence of acute DVT", "Acute DVT"),
        ("respiratory_support", "note", "Respiratory", "No BiPAP overnight", "BiPAP overnight"),
        ("aspiration_shown", "assessment", "Swallow study", "Passed, thin liquids", "Failed, thin liquids"),
        ("aspiration_shown", "laboratory", "Tracheal aspirate culture", "No growth", "Sent after aspiration event"),
        ("palliative_care_recorded", "note", "Goals", "Family declined hospice", "Hospice started"),
        ("no_resuscitation_ordered", "order", "DNR", "No", "Yes"),
        ("approach_percutaneous", "procedure", "Closure", "Sponge, needle and instrument counts right", "By needle"),
        ("device_left_in_place", "procedure", "Closure", "No drain was placed", "A drain was placed"),
        ("other_kidney_stress", "imaging", "Renal ultrasound", "No hydronephrosis", "Right hydronephrosis"),
        ("intent_unclear", "note", "Event", "Unwitnessed fall", "Unwitnessed ingestion"),
    ],
)
def test_a_denied_finding_is_no_evidence(
    library: Library, criterion: str, kind: IndicatorKind, name: str, denied: str, affirmed: str
) -> None:
    predicate = library.tables.predicates[criterion]
    assert not holds(library, predicate, kind, name, denied)
    assert holds(library, predicate, kind, name, affirmed)


@pytest.mark.parametrize(
    ("template", "answer", "kind", "name", "denied", "affirmed"),
    [
        ("cerebral-edema-report", "Brain herniation", "imaging", "CT head", "Shift without herniation", "Herniation"),
        ("stroke-vessel", "Carotid artery", "imaging", "CTA", "Carotid arteries patent", "Left carotid occlusion"),
        ("deep-vein-thrombosis-vein", "Femoral vein", "imaging", "Duplex", "Femoral vein patent", "Femoral clot"),
        (
            "pulmonary-embolism-acuity",
            "Acute pulmonary embolism",
            "imaging",
            "CT",
            "No evidence of acute clot",
            "Acute",
        ),
        ("pressure-injury-site", "Left heel", "assessment", "Skin", "Left heel intact", "Left heel open wound"),
        ("osteomyelitis-site", "Vertebra", "imaging", "MRI foot", "Marrow edema, T2 bright", "Marrow edema at L4"),
        ("stroke-deficits", "Dysphagia", "note", "Exam", "Clear speech and no dysphagia", "Dysphagia to liquids"),
    ],
)
def test_an_answer_does_not_rest_on_a_denied_finding(
    library: Library, template: str, answer: str, kind: IndicatorKind, name: str, denied: str, affirmed: str
) -> None:
    rules = {option.text: predicate for option, predicate in library.templates[template].options}
    assert not holds(library, rules[answer], kind, name, denied)
    assert holds(library, rules[answer], kind, name, affirmed)


def test_no_shipped_rule_guards_against_denial_by_itself() -> None:
    guard = re.compile(r"\(\?!\.\*|\(\?!\\b\(\?:no\b|\(\?<!not? \)\\b(?!intact|\(\?:intact)")
    rules = [
        (path.name, rule)
        for path in shipped_folder().rglob("*")
        if path.suffix in (".md", ".yaml") and not path.name.endswith(".examples.yaml")
        for rule in re.findall(r'\b(?:name|value|text)~"(?:[^"\\]|\\.)*"', path.read_text(encoding="utf-8"))
    ]
    assert len(rules) > 200
    assert [one for one in rules if guard.search(one[1])] == []
