"""Diagnoses are known by all their names; denied, recalled and documented ones are told apart."""

from __future__ import annotations

import pytest

from compliance import shipped_knowledge
from compliance.terms import covers
from compliance.text import words

KNOWLEDGE = shipped_knowledge()


def concepts(text: str) -> list[str]:
    return [hit.payload.concept for hit in KNOWLEDGE.term_index.find(text, words(text), overlapping=False)]


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("her kidneys are shutting down", "aki-or-renal"),
        ("sugar diabetes", "diabetes"),
        ("a blood infection", "sepsis"),
        ("looks septic", "sepsis"),
        ("severely malnourished", "severe-malnutrition"),
        ("HFpEF", "diastolic-heart-failure"),
        ("ACLF", "aclf"),
        ("TRALI", "trali"),
        ("acute oedema, cerebral oedema", "cerebral-edema"),
        ("acute on chronic systolic heart failure", "acute-on-chronic-systolic-heart-failure"),
    ],
)
def test_lay_names_short_names_and_adjectives_are_known(text: str, concept: str) -> None:
    wanted = "renal-failure" if concept == "aki-or-renal" else concept
    assert wanted in concepts(text)


@pytest.mark.parametrize(
    "text", ["cryptococcal meningitis", "budd-chiari", "pheochromocytoma", "eosinophilic esophagitis", "babesiosis"]
)
def test_the_code_set_adds_rare_diagnoses(text: str) -> None:
    assert concepts(text)


@pytest.mark.parametrize(
    "text",
    [
        "temperature and blood pressure at admission",
        "the condition that the findings represent",
        "serum creatinine and urine output",
        "hypotension and fever after surgery",
        "room 12, left arm, physical examination",
    ],
)
def test_findings_and_ordinary_words_are_no_diagnoses(text: str) -> None:
    assert concepts(text) == []


def test_there_are_enough_concepts_and_each_broader_one_exists() -> None:
    known = {term.concept for term in KNOWLEDGE.terms}
    assert len(known) >= 1_400
    assert all(set(term.broader) <= known for term in (*KNOWLEDGE.terms, *KNOWLEDGE.catalogue))
    assert all(term.systems for term in KNOWLEDGE.terms)


@pytest.mark.parametrize(
    ("text", "negated", "historical"),
    [
        ("no evidence of sepsis", True, False),
        ("patient denies stroke", True, False),
        ("sepsis was ruled out", True, False),
        ("sepsis is not ruled out", False, False),
        ("no doubt this is sepsis", False, False),
        ("history of stroke", False, True),
        ("at risk for pneumonia", False, True),
        ("no fever; sepsis", False, False),
        ("not improving because of sepsis", False, False),
        ("sepsis", False, False),
    ],
)
def test_denied_and_recalled_diagnoses_are_told_apart(text: str, negated: bool, historical: bool) -> None:
    (hit,) = KNOWLEDGE.term_index.find(text, words(text), overlapping=False)
    assert (hit.negated, hit.historical) == (negated, historical)


@pytest.mark.parametrize(
    ("documented", "name", "covered"),
    [
        ("Major depressive disorder, recurrent", "recurrent major depressive disorder", True),
        ("acute systolic heart failure", "heart failure", True),
        ("heart failure", "acute systolic heart failure", False),
        ("acute renal failure", "acute kidney failure", True),
        ("cerebral oedema", "cerebral edema", True),
        ("acute pancreatitis with chronic kidney disease", "acute kidney disease", False),
        ("Type II diabetes mellitus", "type 2 diabetes", True),
    ],
)
def test_a_less_specific_form_is_covered_and_a_more_specific_one_is_not(
    documented: str, name: str, covered: bool
) -> None:
    assert covers(documented, name, KNOWLEDGE.speech) is covered


def test_clinical_words_name_things_and_never_urge_weigh_or_compare() -> None:
    clinical = KNOWLEDGE.vocabulary("clinical")
    assert {"creatinine", "sputum", "furosemide", "lactate", "femoral", "intubation", "mmol"} <= clinical
    ordinary = (
        "take get put own stand money pay best better most likely significant severe clear clearly should must agree"
    )
    assert not clinical & frozenset(ordinary.split())
    assert 5_000 <= len(clinical) <= 20_000


@pytest.mark.parametrize(
    ("documented", "finer"),
    [
        ("myasthenia gravis", "myasthenic crisis"),
        ("renal insufficiency", "renal failure"),
        ("acute renal insufficiency", "acute kidney injury"),
        ("respiratory insufficiency", "respiratory failure"),
        ("depression", "major depression"),
        ("alcohol abuse", "alcohol dependence"),
        ("chest infection", "pneumonia"),
        ("line infection", "CLABSI"),
        ("aortic stenosis", "aortic insufficiency"),
        ("brain tumor", "brain cancer"),
        ("tumor", "cancer"),
        ("iron overload", "haemochromatosis"),
        ("MRSA colonization", "MRSA infection"),
        ("peptic ulcer", "bleeding peptic ulcer"),
        ("hepatitis", "hepatitis A"),
        ("septic arthritis", "sepsis"),
        ("splenic infarct", "stroke"),
    ],
)
def test_a_name_that_says_more_or_another_thing_is_not_documented_with_the_lesser(documented: str, finer: str) -> None:
    (named,) = concepts(finer)
    assert named not in KNOWLEDGE.standing_concepts(documented)
    assert not covers(documented, finer, KNOWLEDGE.speech)


@pytest.mark.parametrize(
    ("documented", "lesser"),
    [
        ("acute on chronic systolic heart failure", "acute heart failure"),
        ("type 2 NSTEMI", "myocardial infarction"),
        ("septic shock", "distributive shock"),
        ("bleeding duodenal ulcer", "gastrointestinal bleeding"),
        ("MRSA sepsis", "staphylococcal sepsis"),
        ("HSV encephalitis", "encephalitis"),
        ("permanent AF", "arrhythmia"),
        ("DVT", "venous thromboembolism"),
        ("glioblastoma", "brain tumor"),
        ("myasthenic crisis", "myasthenia gravis exacerbation"),
        ("adrenal crisis", "adrenal insufficiency"),
        ("necrotising pancreatitis", "pancreatitis"),
    ],
)
def test_what_a_finer_name_includes_is_documented_with_it(documented: str, lesser: str) -> None:
    assert set(concepts(lesser)) <= KNOWLEDGE.standing_concepts(documented)
