"""The data files and what a template library adds to them."""

from __future__ import annotations

import ast
from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import pytest

import compliance
from compliance import RULESET, Criterion, Evidence, Stem, check, shipped_knowledge, supporting
from compliance.entries import Approved, bare_option
from compliance.patterns import compiled
from compliance.registry import MESSAGE_RULES, QUERY_RULES, RULES
from schemas.check import CheckDocument, CheckIndicator, QueryDocument
from tests.compliance.samples import KIDNEY, KNOWLEDGE, OPEN

FOLDER = Path(compliance.__file__).parent


def verdict_with(knowledge: compliance.Knowledge, query: dict[str, object]) -> str:
    return check(CheckDocument(id="x", query=QueryDocument.model_validate(query)), knowledge).verdict


def test_every_rule_of_the_rulebook_is_in_the_registry_once() -> None:
    assert sorted(rule.id for rule in RULES) == [f"R-{number:02}" for number in range(1, 41)]
    assert all(rule.queries or rule.messages or rule.unsure or rule.note for rule in RULES)
    assert len(set(QUERY_RULES)) == len(QUERY_RULES)
    assert len(set(MESSAGE_RULES)) == len(MESSAGE_RULES)


def test_every_lexicon_names_a_rule_and_has_words() -> None:
    known = {rule.id for rule in RULES}
    assert all(lexicon.rule in known and (lexicon.phrases or lexicon.unsure) for lexicon in KNOWLEDGE.lexicons)
    assert all(lexicon.message and lexicon.suggestion for lexicon in KNOWLEDGE.lexicons)


def test_every_approved_wording_compiles() -> None:
    for text in (*(stem.text for stem in KNOWLEDGE.stems), *(entry.text for entry in KNOWLEDGE.approved)):
        assert compiled(text).expression.pattern


def test_nested_slots_are_refused() -> None:
    with pytest.raises(ValueError, match="nested"):
        compiled("A {choice {within|another}|choice}.")


def test_criteria_name_known_classes_concepts_and_criteria() -> None:
    concepts = {term.concept for term in KNOWLEDGE.terms}
    for criterion in KNOWLEDGE.criteria:
        evidence = (*criterion.any_of, *criterion.needs, *criterion.against, *criterion.proof)
        assert {one.indicator for one in evidence} <= {*KNOWLEDGE.indicators.names, "*"}
        assert set(criterion.cannot) <= set(KNOWLEDGE.indicators.names)
        assert set(criterion.documented) <= concepts
        assert set(criterion.lower) <= set(KNOWLEDGE.criteria_by_id)


def test_no_option_name_means_two_criteria() -> None:
    names = [bare_option(name) for criterion in KNOWLEDGE.criteria for name in criterion.names]
    pairs = {(bare_option(name), criterion.id) for criterion in KNOWLEDGE.criteria for name in criterion.names}
    assert len(set(names)) == len(pairs)


def test_broader_concepts_exist() -> None:
    concepts = {term.concept for term in KNOWLEDGE.terms}
    assert all(set(term.broader) <= concepts for term in KNOWLEDGE.terms)


def test_knowledge_is_frozen_and_read_once() -> None:
    with pytest.raises(FrozenInstanceError):
        KNOWLEDGE.ruleset = "other"  # type: ignore[misc]
    assert shipped_knowledge() is KNOWLEDGE
    assert KNOWLEDGE.ruleset == RULESET


def test_a_library_adds_stems() -> None:
    query = {**OPEN, "question": "Which condition, if any, got its haphazard comeuppance by normal saline?"}
    assert verdict_with(KNOWLEDGE, query) == "review"
    wording = "Which condition, if any, got its haphazard comeuppance by {treatment}?"
    taught = KNOWLEDGE.extended(stems=[Stem("own", wording, frozenset({"missing_diagnosis"}))])
    assert verdict_with(taught, query) == "pass"
    assert verdict_with(taught, {**query, "category": "significance"}) == "review"


def test_a_library_adds_criteria_and_may_replace_one() -> None:
    options = [*KIDNEY["options"][:1], {"text": "Marigold syndrome", "kind": "clinical", "evidence": [1]}]
    query = {**KIDNEY, "options": [*options, *KIDNEY["options"][1:]]}
    assert verdict_with(KNOWLEDGE, query) == "review"
    own = Criterion("cardiorenal", ("Marigold syndrome",), (Evidence("creatinine"),))
    assert verdict_with(KNOWLEDGE.extended(criteria=[own]), query) == "pass"
    stricter = replace(KNOWLEDGE.criteria_by_id["acute-kidney-injury"], any_of=(Evidence("creatinine", above=4.0),))
    assert verdict_with(KNOWLEDGE.extended(criteria=[stricter]), KIDNEY) != "pass"


def test_a_library_adds_approved_sentences() -> None:
    query = {**OPEN, "footer": "Marigold pavilion seven."}
    assert verdict_with(KNOWLEDGE, query) == "review"
    assert verdict_with(KNOWLEDGE.extended(approved=[Approved("footer", "Marigold pavilion seven.")]), query) == "pass"


def test_an_approved_sentence_does_not_excuse_pressure() -> None:
    pressing = "You must document a diagnosis."
    taught = KNOWLEDGE.extended(approved=[Approved("footer", pressing)])
    assert verdict_with(taught, {**OPEN, "footer": pressing}) == "block"


def indicator(name: str, value: str, unit: str | None = None) -> CheckIndicator:
    return CheckIndicator(name=name, value=value, unit=unit, source="Laboratory", observed_at="2026-05-04T06:00:00")


@pytest.mark.parametrize(
    ("criterion", "name", "value", "supports"),
    [
        ("hyponatremia", "Sodium", "128", True),
        ("hyponatremia", "Sodium", "139 (ref 136-145)", False),
        ("sepsis", "Temperature", "101.5", True),
        ("sepsis", "Temperature", "98.2", False),
        ("sepsis", "WBC", "18,400", True),
        ("septic-shock", "Blood pressure", "74/40", True),
        ("septic-shock", "Blood pressure", "128/74, lowest 112/66", False),
        ("hf-systolic", "TTE", "LVEF 35%, grade 2 dysfunction", True),
        ("hf-systolic", "TTE", "LVEF 60%, grade 2 dysfunction", False),
        ("pneumonia-mrsa", "MRSA nares PCR", "Negative", False),
        ("pneumonia-mrsa", "MRSA nares PCR", "Positive", True),
        ("blood-loss-anemia", "Hemoglobin", "7.1", True),
        ("sepsis", "Lactate", "1.3 at 14:30 on 05/04", False),
    ],
)
def test_criteria_read_values_as_clinicians_write_them(
    criterion: str, name: str, value: str, *, supports: bool
) -> None:
    found = supporting(KNOWLEDGE.criteria_by_id[criterion], [indicator(name, value)], KNOWLEDGE)
    assert found == ((0,) if supports else ())


def test_supporting_gives_what_the_check_accepts() -> None:
    shown = [indicator("Creatinine", "0.9"), indicator("Potassium", "4.0"), indicator("Creatinine", "2.0")]
    assert supporting(KNOWLEDGE.criteria_by_id["acute-kidney-injury"], shown, KNOWLEDGE) == (0, 2)


def test_rules_do_no_input_and_read_no_clock() -> None:
    for path in FOLDER.glob("*.py"):
        called = {
            node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Call)
        }
        assert not called & {"now", "today", "utcnow", "open", "print", "getenv", "random"}
        assert bool(called & {"read_text", "read_bytes"}) is (path.name == "files.py")
