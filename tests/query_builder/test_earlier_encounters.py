"""Findings of earlier encounters do what the template allows, in one place, and never carry a new diagnosis (R-17)."""

from __future__ import annotations

from pathlib import Path

import pytest

from compliance import Knowledge, shipped_knowledge
from evidence.language import Vocabulary, parse
from schemas.gaps import Indicator
from schemas.queries import QueryHeld, QueryIssued
from services.query_builder.composer import answer
from services.query_builder.earlier import allows, wanted
from services.query_builder.library import Library, shipped_folder
from services.query_builder.previewing import preview
from services.query_builder.template import EarlierUse
from tests.query_builder.conftest import TODAY
from tests.query_builder.support import basis, lab, note, request

OWN = """---
id: own-sodium
version: "1"
title: "Clarification: sodium results"
categories: [CATEGORY]
settings: [inpatient]
response_types: [multiple_choice, open_ended]
match:
  concepts: ["own"]
  when: has(sodium)
POLICY
order: alphabetical
options:
  - text: Hyponatremia
    when: RULE
  - text: Pseudohyponatremia
    when: any(text~"hyperlipid")
governance:
  status: starter
  owner: Nobody
  review_by: 2027-09-30
  fiscal_year: 2027
  sources: [Invented]
---
# question multiple_choice
Please indicate which of the following, if any, best describes the condition associated with the findings shown.

# question open_ended
Based on your clinical judgment, please document the condition, if any, that the findings shown represent.
"""
BEFORE = -24 * 90
OLD = lab("Sodium", "126", BEFORE, "mmol/L", prior_encounter_id="older")
OLD_LETTER = note("hyponatremia in the spring", BEFORE, prior_encounter_id="older")
NOW = lab("Sodium", "137", 6, "mmol/L")
LIPIDS = note("serum hyperlipidemic", 7)


def with_template(folder: Path, policy: str, rule: str = "has(sodium)", category: str = "missing_diagnosis") -> Library:
    """The shipped indicators and one template that lets earlier encounters do what `policy` says."""
    (folder / "queries").mkdir(exist_ok=True)
    line = f"prior_encounters: {policy}" if policy else ""
    text = OWN.replace("CATEGORY", category).replace("POLICY\n", f"{line}\n" if line else "").replace("RULE", rule)
    (folder / "queries" / "own-sodium.md").write_text(text)
    return Library.load(shipped_folder(), folder, today=TODAY)


def asked(library: Library, *indicators: Indicator) -> QueryIssued | QueryHeld:
    about = basis(*indicators, template_id="own-sodium", concepts=[{"term": "own"}])
    return answer(request(about), library, library.knowledge(shipped_knowledge()))


def shown(library: Library, *indicators: Indicator) -> set[tuple[str, bool]]:
    document = asked(library, *indicators).document
    assert document is not None
    return {(one.value, one.prior_encounter) for one in document.indicators}


CURRENT = {("137", False), ("serum hyperlipidemic", False)}


@pytest.mark.parametrize(
    ("policy", "more"),
    [
        ("never", set()),
        ("baseline", {("126", True)}),
        ("", {("126", True)}),
        ("with_current", {("126", True), ("hyponatremia in the spring", True)}),
    ],
)
def test_the_policy_decides_what_is_shown(tmp_path: Path, policy: str, more: set[tuple[str, bool]]) -> None:
    library = with_template(tmp_path, policy)
    assert shown(library, OLD, OLD_LETTER, NOW, LIPIDS) == CURRENT | more


def test_an_answer_that_rests_on_earlier_encounters_alone_says_so_in_the_preview(tmp_path: Path) -> None:
    library = with_template(tmp_path, "with_current", rule="min(sodium, prior) < 130")
    about = basis(OLD, NOW, LIPIDS, template_id="own-sodium", concepts=[{"term": "own"}])
    found = preview(request(about), library, library.knowledge(shipped_knowledge()))
    (reason,) = [one.reasons for one in found.not_offered if one.text == "Hyponatremia"]
    assert "rests on earlier encounters alone" in reason[0]


def test_an_earlier_number_without_a_later_one_is_no_baseline(tmp_path: Path) -> None:
    library = with_template(tmp_path, "baseline", rule="has(potassium)")
    potassium = lab("Potassium", "2.9", BEFORE, "mmol/L", prior_encounter_id="older")
    assert shown(library, potassium, NOW, LIPIDS) == CURRENT


def test_beside_something_current_an_earlier_value_supports_an_answer_but_never_alone(tmp_path: Path) -> None:
    library = with_template(tmp_path, "with_current", rule="min(sodium, prior) < 130 and max(sodium) > 130")
    document = asked(library, OLD, NOW, LIPIDS).document
    assert document is not None and document.options[0].text == "Hyponatremia"
    library = with_template(tmp_path, "with_current", rule="min(sodium, prior) < 130")
    document = asked(library, OLD, NOW, LIPIDS).document
    assert document is not None and document.response_type == "open_ended"


@pytest.mark.parametrize(
    ("policy", "rule"),
    [
        ("never", "drop(sodium) >= 5 within 90 d"),
        ("baseline", "min(sodium, prior) < 130"),
        ("", 'any(prior=yes, text~"sodium")'),
        ("baseline", "not has(sodium, prior)"),
        ("baseline", "points(1 if sustained(sodium, prior) < 130 for 4 h) >= 1"),
    ],
)
def test_a_rule_that_reaches_further_than_its_template_is_refused_with_its_line(
    tmp_path: Path, policy: str, rule: str
) -> None:
    library = with_template(tmp_path, policy, rule)
    refusal = library.refusal("own-sodium")
    assert refusal is not None and refusal.field == "options[0].when" and "earlier encounters" in refusal.why
    assert refusal.line is not None
    assert rule in refusal.path.read_text().splitlines()[refusal.line - 1]


@pytest.mark.parametrize("category", ["missing_diagnosis", "significance"])
def test_no_new_condition_may_rest_on_an_earlier_encounter_alone(tmp_path: Path, category: str) -> None:
    refusal = with_template(tmp_path, "alone", category=category).refusal("own-sodium")
    assert refusal is not None and refusal.field == "prior_encounters" and "R-17" in refusal.why


@pytest.mark.parametrize(
    ("rule", "use"),
    [
        ("max(sodium) > 1", "never"),
        ('any(text~"x", prior=no)', "never"),
        ('any(text says "bleeding", not prior=yes)', "never"),
        ('any(text says "bleeding", not prior=no)', "with_current"),
        ("rise(sodium) >= 1 within 2 d or max(sodium) > 1", "baseline"),
        ("ratio_to_prior(sodium) >= 2", "baseline"),
        ('any(text~"x", prior=any)', "with_current"),
        ("at_least(1, max(sodium) > 1, latest(sodium, prior) > 1)", "with_current"),
    ],
)
def test_what_a_rule_wants_is_read_from_the_rule(library: Library, rule: str, use: EarlierUse) -> None:
    vocabulary: Vocabulary = library.vocabulary
    predicate = parse(rule, vocabulary)
    assert wanted(predicate) == use
    assert allows("alone", predicate) and allows("never", predicate) == (use == "never")


def test_every_shipped_template_says_what_earlier_encounters_may_do(library: Library) -> None:
    silent = [one.id for one in library.templates.values() if "prior_encounters" not in one.front.model_fields_set]
    assert not silent


def test_a_text_of_an_earlier_encounter_raises_no_new_diagnosis(library: Library, knowledge: Knowledge) -> None:
    creatinines = [lab("Potassium", value, hour, "mmol/L") for value, hour in (("2.9", 6), ("3.1", 30))]
    result = answer(request(basis(*creatinines, OLD_LETTER, category="significance")), library, knowledge)
    assert result.document is not None
    assert not any(one.prior_encounter for one in result.document.indicators)
