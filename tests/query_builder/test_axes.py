"""A gap that says what it wants to know of a condition is never asked about something else."""

from __future__ import annotations

import pytest

from compliance import Knowledge
from evidence.evaluating import gather
from schemas.gaps import Concept, DocumentedTerm, QuestionBasis
from services.query_builder.axes import missed
from services.query_builder.choosing import NotChosen, choose
from services.query_builder.library import Library
from services.query_builder.previewing import preview
from services.query_builder.template import Template
from tests.query_builder.conftest import TODAY
from tests.query_builder.support import at, basis, note, request


def about(term: str, axis: str | None, **more: object) -> QuestionBasis:
    noted = DocumentedTerm(term=term, source="Progress note", author_role="attending", recorded_at=at(3))
    scan = "Subsegmental filling defects in both lower lobes. RV/LV ratio 1.2"
    findings = (note(scan, 2, name="CT pulmonary angiogram", kind="imaging", author_role="radiologist"),)
    concepts = (Concept(term=term, documented=True),)
    return basis(*findings, category="specificity", axis=axis, documented=(noted,), concepts=concepts, **more)


def chosen(library: Library, asked: QuestionBasis) -> Template | NotChosen:
    return choose(asked, gather(asked, library.concepts, at(4)), library, TODAY)


@pytest.mark.parametrize(
    ("axis", "template_id"),
    [("site", "pulmonary-embolism-site"), ("Location", "pulmonary-embolism-site"), (None, "pulmonary-embolism-heart")],
)
def test_the_axis_decides_among_templates_about_one_condition(
    library: Library, axis: str | None, template_id: str
) -> None:
    found = chosen(library, about("pulmonary embolism", axis))
    assert isinstance(found, Template) and found.id == template_id


def test_where_no_template_asks_about_the_axis_the_gap_is_held_and_told_why(library: Library) -> None:
    found = chosen(library, about("pneumonia", "laterality"))
    assert isinstance(found, NotChosen) and found.reason == "no_template"
    assert "pneumonia-organism: it asks about organism and type, not about side" in found.detail


def test_a_template_that_the_gap_names_is_not_used_for_another_axis(library: Library) -> None:
    found = chosen(library, about("pneumonia", "side", template_id="pneumonia-organism"))
    assert isinstance(found, NotChosen) and "it asks about organism and type, not about side" in found.detail


def test_the_preview_says_which_template_asks_about_another_axis(library: Library, knowledge: Knowledge) -> None:
    found = preview(request(about("pneumonia", "side")), library, knowledge)
    (advice,) = [one for one in found.templates if one.id == "pneumonia-organism"]
    assert (advice.fits, advice.why_not) == (False, "it asks about organism and type, not about side")


@pytest.mark.parametrize("axis", [None, "", "whatever else", "specificity"])
def test_an_axis_in_words_that_nobody_knows_decides_nothing(library: Library, axis: str | None) -> None:
    found = chosen(library, about("pneumonia", axis))
    assert isinstance(found, Template) and found.id == "pneumonia-organism"


@pytest.mark.parametrize(
    ("asked", "offered"),
    [
        ("severity", "stage"),
        ("type_and_acuity", "acuity"),
        ("etiology", "relationship to the device"),
        ("Laterality", "side"),
    ],
)
def test_one_thing_in_other_words_is_the_same_axis(asked: str, offered: str) -> None:
    assert missed(asked, "specificity", offered) is None
    assert missed("duration", "specificity", offered) is not None


def test_where_the_category_says_it_all_no_axis_decides() -> None:
    assert missed("severity", "clinical_validation", "status and clinical basis") is None
