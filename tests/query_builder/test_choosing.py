"""The template that fits is found, always the same, and what does not fit is held with a reason."""

from __future__ import annotations

from datetime import date

import pytest

from evidence.evaluating import gather
from schemas.gaps import Concept, DocumentedTerm, QuestionBasis
from services.query_builder.choosing import NotChosen, choose, subject_of
from services.query_builder.library import Library
from services.query_builder.template import Template
from tests.query_builder.conftest import TODAY
from tests.query_builder.support import RISE, at, basis, creatinine, lab, note

HEMOGLOBIN = (lab("Hemoglobin", "13", 1, "g/dL"), lab("Hemoglobin", "9", 20, "g/dL"))
SODIUM = (lab("Sodium", "124", 1, "mEq/L"),)
LACTATE = (lab("Lactate", "4", 1, "mmol/L"), lab("White blood cells", "17", 1, "K/uL"))


def chosen(library: Library, asked: QuestionBasis, day: date = TODAY) -> Template | NotChosen:
    return choose(asked, gather(asked, library.concepts, at(4)), library, day)


@pytest.mark.parametrize(
    ("asked", "template_id"),
    [
        (basis(*RISE), "creatinine-rise"),
        (basis(*RISE, concepts=(Concept(term="acute_kidney_injury"),)), "creatinine-rise"),
        (basis(*HEMOGLOBIN), "hemoglobin-drop"),
        (basis(*SODIUM, category="significance"), "sodium-low"),
        (
            basis(
                lab("Sodium", "150", 1, "mEq/L"),
                category="significance",
                concepts=(Concept(term="Sodium, high values"),),
            ),
            "sodium-high",
        ),
        (basis(*LACTATE), "lactate-leukocytosis"),
        (basis(*LACTATE, *RISE), "lactate-leukocytosis"),
        (basis(*LACTATE, *RISE, concepts=(Concept(term="Creatinine"),)), "creatinine-rise"),
    ],
)
def test_category_concept_and_indicators_find_the_template(
    library: Library, asked: QuestionBasis, template_id: str
) -> None:
    found = chosen(library, asked)
    assert isinstance(found, Template) and found.id == template_id


@pytest.mark.parametrize(
    "asked",
    [
        basis(*RISE, category="procedure"),
        basis(*RISE, setting="professional"),
        basis(*RISE, concepts=(Concept(term="Troponin"),)),
        basis(creatinine("1.0", 1), creatinine("1.1", 20)),
        basis(),
    ],
)
def test_what_nothing_fits_is_held(library: Library, asked: QuestionBasis) -> None:
    found = chosen(library, asked)
    assert isinstance(found, NotChosen) and found.reason == "no_template"


def test_a_named_template_is_used_or_the_reason_told(library: Library) -> None:
    named = chosen(library, basis(creatinine("1.0", 1), template_id="creatinine-rise"))
    assert isinstance(named, Template) and named.id == "creatinine-rise"
    lacking = chosen(library, basis(*SODIUM, template_id="creatinine-rise"))
    assert isinstance(lacking, NotChosen) and "at least one creatinine" in lacking.detail
    wrong = chosen(library, basis(*RISE, category="stage", template_id="creatinine-rise"))
    assert isinstance(wrong, NotChosen) and (wrong.reason, "stage" in wrong.detail) == ("no_template", True)
    unknown = chosen(library, basis(*RISE, template_id="renal-poem"))
    assert isinstance(unknown, NotChosen) and unknown.reason == "unknown_template"


def test_an_unknown_template_name_is_not_repeated(library: Library) -> None:
    found = chosen(library, basis(*RISE, template_id="Jane Roe, sepsis"))
    assert isinstance(found, NotChosen) and "Roe" not in found.detail


def test_a_template_that_expires_while_the_service_runs_is_used_no_more(library: Library) -> None:
    assert isinstance(chosen(library, basis(*RISE), date(2027, 9, 30)), Template)
    assert isinstance(chosen(library, basis(*RISE), date(2027, 10, 1)), NotChosen)


def test_a_question_about_a_documented_term_needs_a_dated_note_of_it(library: Library) -> None:
    failure = {"category": "specificity", "concepts": (Concept(term="Heart failure", documented=True),)}
    bnp = lab("NT-proBNP", "3000", 2, "pg/mL")

    def found(**term: object) -> Template | NotChosen:
        documented = (DocumentedTerm.model_validate({"term": "Heart failure", "source": "H&P", **term}),)
        return chosen(library, basis(bnp, documented=documented, **failure))

    assert isinstance(found(recorded_at=at(2)), Template)
    assert isinstance(found(), NotChosen)
    assert isinstance(found(recorded_at=at(2), source="Billed diagnosis"), NotChosen)


@pytest.mark.parametrize(
    ("concepts", "terms", "named"),
    [
        (("Acute respiratory failure",), ("Hypertension", "Acute respiratory failure"), "Acute respiratory failure"),
        (("Pneumonia, status",), ("Hypertension", "Possible pneumonia"), "Possible pneumonia"),
        (("Kidney injury",), ("Chronic kidney disease", "Acute kidney injury"), "Acute kidney injury"),
        (("Sepsis",), ("Hypertension",), None),
        (("Status",), ("Hypertension",), None),
        ((), ("Hypertension",), "Hypertension"),
        ((), ("Hypertension", "Sepsis"), None),
    ],
)
def test_a_question_about_any_condition_names_the_one_that_the_gap_is_about(
    library: Library, concepts: tuple[str, ...], terms: tuple[str, ...], named: str | None
) -> None:
    documented = tuple(
        DocumentedTerm(term=term, source="H&P", author_role="attending", recorded_at=at(hours))
        for hours, term in enumerate(terms, start=1)
    )
    asked = basis(*RISE, category="clinical_validation", concepts=[Concept(term=one) for one in concepts])
    facts = gather(asked.model_copy(update={"documented": documented}), library.concepts)
    subject = subject_of(library.templates["clinical-basis"], facts)
    assert (subject.term if subject else None) == named


def test_a_finding_without_a_template_of_its_own_gets_the_general_one(library: Library) -> None:
    readings = (lab("Amylase", "310", 1, "U/L"), lab("Amylase", "280", 30, "U/L"))
    general = chosen(library, basis(*readings, category="significance", concepts=(Concept(term="Amylase"),)))
    assert isinstance(general, Template) and general.id == "result-significance"
    special = chosen(library, basis(*SODIUM, category="significance", concepts=(Concept(term="Sodium, low values"),)))
    assert isinstance(special, Template) and special.id == "sodium-low"


def test_sides_are_asked_about_where_statements_name_them(library: Library) -> None:
    statements = (note("left hip", 1), note("right hip", 2))
    found = chosen(library, basis(*statements, category="laterality"))
    assert isinstance(found, Template) and found.id == "laterality-conflict"
    conflict = chosen(
        library, basis(*statements, category="conflict", concepts=(Concept(term="Side of the fracture"),))
    )
    assert isinstance(conflict, Template) and conflict.id == "laterality-conflict"


def test_a_conflict_about_something_else_is_not_taken_for_one_about_sides(library: Library) -> None:
    statements = (note("type 2 MI, left bundle branch block", 1), note("demand ischemia, right axis", 2))
    assert isinstance(chosen(library, basis(*statements, category="conflict")), NotChosen)


def test_a_patient_who_left_is_not_a_side(library: Library) -> None:
    asked = basis(note("left against medical advice", 1), note("right hip", 2), category="laterality")
    assert isinstance(chosen(library, asked), NotChosen)
