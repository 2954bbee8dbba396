"""An answer may rest on the check's own criterion, and too few supported answers make the question open."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from compliance import shipped_knowledge
from schemas.queries import QueryHeld
from schemas.vocabulary import Category
from services.query_builder.choosing import NotChosen
from services.query_builder.composer import answer, compose
from services.query_builder.library import Library
from services.query_builder.response_types import FORMS
from tests.query_builder.conftest import TODAY
from tests.query_builder.support import basis, lab, request

TEXT = """---
id: salts
version: "1"
title: "Clarification: electrolyte results"
categories: [{categories}]
settings: [inpatient]
response_types: [multiple_choice, {forms}]
match: {{when: has(sodium) or has(potassium), priority: 99}}
options:
{options}
neutral: [not_significant]
governance:
  status: starter
  owner: Office
  review_by: 2027-09-30
  fiscal_year: 2027
  sources: [Laboratory handbook]
---
# question multiple_choice
Please indicate which of the following, if any, best describes the condition associated with the findings shown.

# question open_ended
Please clarify the clinical significance, if any, of the results shown.

# question yes_no
Were the results shown present at the time of the inpatient admission order?
"""
RESTING = "  - text: Hyperkalemia\n  - text: Hyponatremia"
SODIUM = (lab("Sodium", "128", 1, "mmol/L"), lab("Sodium", "127", 20, "mmol/L"))
POTASSIUM = (lab("Potassium", "6.1", 1, "mmol/L"), lab("Potassium", "5.9", 20, "mmol/L"))


def library(few: Path, tmp_path: Path, options: str = RESTING, categories: Category = "significance") -> Library:
    (tmp_path / "queries").mkdir(exist_ok=True)
    forms = ", ".join(sorted(FORMS[categories].offered - {"multiple_choice"}))
    (tmp_path / "queries" / "salts.md").write_text(TEXT.format(options=options, categories=categories, forms=forms))
    return Library.load(few, tmp_path, today=TODAY)


def offered(found: Library, *indicators: object, category: str = "significance") -> dict[str, list[str]]:
    """The clinical answers, each with the names of what it links to."""
    draft = compose(request(basis(*indicators, category=category)), found)  # type: ignore[arg-type]
    assert not isinstance(draft, NotChosen) and draft.template.id == "salts"
    shown = draft.document.indicators
    return {
        option.text: [f"{shown[place].name} {shown[place].value}" for place in option.evidence]
        for option in draft.document.options
        if option.kind == "clinical"
    }


def test_an_answer_without_a_rule_rests_on_the_criterion_of_the_check(few: Path, tmp_path: Path) -> None:
    found = offered(library(few, tmp_path), *SODIUM, *POTASSIUM, lab("Sodium", "139", 40, "mmol/L"))
    assert found == {
        "Hyperkalemia": ["Potassium 6.1", "Potassium 5.9"],
        "Hyponatremia": ["Sodium 128", "Sodium 127"],
    }


def test_an_earlier_encounter_shows_no_condition_of_this_one(few: Path, tmp_path: Path) -> None:
    before = [one.model_copy(update={"prior_encounter_id": "before"}) for one in SODIUM]
    assert offered(library(few, tmp_path), *POTASSIUM, *before) == {}


def test_a_hospitals_definition_decides_what_an_answer_rests_on(few: Path, tmp_path: Path) -> None:
    (tmp_path / "criteria").mkdir()
    (tmp_path / "criteria" / "own.yaml").write_text(
        "potassium_high: {title: High, expression: max(potassium) > 6.5, source: Medical staff, version: '1'}"
    )
    assert "Hyperkalemia" not in offered(library(few, tmp_path), *SODIUM, *POTASSIUM)


@pytest.mark.parametrize("text", ["A condition that nobody heard of", "CKD without acute kidney injury"])
def test_a_condition_that_indicators_alone_do_not_show_needs_a_rule(few: Path, tmp_path: Path, text: str) -> None:
    refusal = library(few, tmp_path, f"  - text: {text}\n  - text: Hyponatremia").refusal("salts")
    assert refusal is not None and refusal.field == "options[0].text" and "say `when`" in refusal.why


@pytest.mark.parametrize("category", get_args(Category))
def test_one_supported_answer_asks_openly_and_is_held_only_where_choices_are_insisted_on(
    few: Path, tmp_path: Path, category: Category
) -> None:
    found = library(few, tmp_path, categories=category)
    knowledge = shipped_knowledge()
    asked = basis(*SODIUM, lab("Potassium", "4.2", 1, "mmol/L"), category=category)
    draft = compose(request(asked), found)
    assert not isinstance(draft, NotChosen)
    assert (draft.document.response_type, draft.problem) == ("open_ended", None)
    insisted = answer(
        request(asked.model_copy(update={"response_type": "multiple_choice"})), found, found.knowledge(knowledge)
    )
    assert isinstance(insisted, QueryHeld)
    assert insisted.document is not None and insisted.document.response_type == "open_ended"
    assert insisted.reason in ("no_supported_option", "blocked")
