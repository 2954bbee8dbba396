"""Definitions of the library: what each asks for, and that a hospital's choice among them decides what is offered."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import pytest

from compliance import shipped_knowledge
from schemas.gaps import Concept, DocumentedTerm, Indicator
from services.query_builder.composer import answer
from services.query_builder.library import Library, shipped_folder
from tests.query_builder.conftest import TODAY
from tests.query_builder.support import at, basis, creatinine, lab, note, request

INFECTION = (
    lab("Temperature", "38.8", 1, "Cel", kind="vital_sign"),
    lab("White blood cells", "16.4", 1, "K/uL"),
    lab("Urine culture", "Growth of Escherichia coli", 30, None),
    lab("Ceftriaxone", "1 g IV daily", 3, None, kind="medication", source="MAR"),
)
LOW_PLATELETS = lab("Platelet count", "92", 2, "K/uL")
RAISED_BILIRUBIN = lab("Bilirubin, Total", "1.5", 2, "mg/dL", loinc="1975-2")
MILDLY_LOW_PLATELETS = lab("Platelet count", "140", 2, "K/uL")
SEPSIS = "Sepsis due to (please specify infection)"
MODERATE = "Moderate protein-calorie malnutrition"


@cache
def _library(choice: tuple[tuple[str, str], ...]) -> Library:
    return Library.load(shipped_folder(), today=TODAY, criteria=dict(choice))


def offered(
    choice: Mapping[str, str], concept: str, *indicators: Indicator, documented: tuple[DocumentedTerm, ...] = ()
) -> set[str]:
    """Return the clinical answers that a hospital with this choice of definitions offers."""
    library = _library(tuple(choice.items()))
    asked = basis(*indicators, concepts=(Concept(term=concept),), documented=documented)
    result = answer(request(asked), library, library.knowledge(shipped_knowledge()))
    assert result.document is not None, result
    return {option.text for option in result.document.options if option.kind == "clinical"}


@pytest.mark.parametrize(
    ("definition", "more", "sepsis"),
    [
        ("sepsis-2", (), True),
        ("sepsis-3", (), False),
        ("sepsis-3", (MILDLY_LOW_PLATELETS,), False),
        ("sepsis-3", (MILDLY_LOW_PLATELETS, RAISED_BILIRUBIN), True),
        ("sepsis-3", (LOW_PLATELETS,), True),
        ("sep-1", (), False),
        ("sep-1", (LOW_PLATELETS,), True),
    ],
)
def test_sepsis_is_offered_by_the_definition_that_the_hospital_chose(
    definition: str, more: tuple[Indicator, ...], sepsis: bool
) -> None:
    found = offered({"sepsis": definition}, "Infection findings", *INFECTION, *more)
    assert (SEPSIS in found) is sepsis


@pytest.mark.parametrize(("term", "sepsis"), [("Hypertension", True), ("Chronic kidney disease stage 4", False)])
def test_a_documented_chronic_disease_is_no_new_organ_dysfunction(term: str, sepsis: bool) -> None:
    noted = DocumentedTerm(term=term, source="H&P", author_role="attending", recorded_at=at(2))
    steady = (creatinine("2.4", 1), creatinine("2.3", 30))
    found = offered({"sepsis": "sepsis-3"}, "Infection findings", *INFECTION, *steady, documented=(noted,))
    assert (SEPSIS in found) is sepsis


@pytest.mark.parametrize(("definition", "malnutrition"), [("aspen", False), ("glim", True)])
def test_malnutrition_is_offered_by_the_definition_that_the_hospital_chose(definition: str, malnutrition: bool) -> None:
    noted = DocumentedTerm(term="Gastric cancer", source="H&P", author_role="attending", recorded_at=at(2))
    findings = (
        lab("Weight loss in 6 months", "11", 5, "%", kind="assessment", source="Dietitian note"),
        note("Diet counselling renewed", 6, name="Progress note"),
    )
    found = offered({"malnutrition": definition}, "Weight loss", *findings, documented=(noted,))
    assert (MODERATE in found) is malnutrition


def test_a_weight_that_fell_counts_as_weight_loss_and_one_that_rose_does_not() -> None:
    muscle = lab("Muscle loss", "Moderate", 5, None, kind="assessment", source="Dietitian note")
    weights = [lab("Weight", value, hours, "kg", kind="vital_sign") for value, hours in (("70.0", 1), ("66.0", 60))]
    assert MODERATE in offered({}, "Nutrition", muscle, *weights)
    rising = [lab("Weight", value, hours, "kg", kind="vital_sign") for value, hours in (("66.0", 1), ("70.0", 60))]
    assert MODERATE not in offered({}, "Nutrition", muscle, *rising)


def test_what_suffices_for_severe_malnutrition_offers_the_lesser_degrees_too() -> None:
    findings = (
        lab("Energy intake", "40", 5, "%", kind="assessment", source="Dietitian note"),
        lab("Oral intake", "Less than half of meals for 6 days", 5, None, kind="assessment", source="Dietitian note"),
        lab("Weight loss in 1 month", "6", 5, "%", kind="assessment", source="Dietitian note"),
        note("Oral supplements three times a day", 6, name="Progress note"),
    )
    found = offered({"malnutrition": "aspen"}, "Weight loss", *findings)
    assert {"Mild protein-calorie malnutrition", MODERATE, "Severe protein-calorie malnutrition"} <= found
