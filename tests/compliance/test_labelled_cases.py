"""The labelled cases: no broken rule passes, hardly any sound text is stopped, and rules are named rightly."""

from __future__ import annotations

import pytest

from tests.compliance.labelled import OWN, RULEBOOK, Figures, cases_of, measure, own_cases, special_cases, table_text
from tests.compliance.samples import KNOWLEDGE

TUNED_ON = own_cases()
HELD = own_cases(held=True)


def shown(figures: Figures) -> str:
    return (
        f"\n{table_text(figures)}\nescapes {figures.escapes}\nfalse blocks {figures.false_blocks}\n"
        f"needless reviews {figures.needless_reviews}\nrightly named {figures.named} of {figures.faulty}"
    )


@pytest.mark.skipif(not RULEBOOK.exists(), reason="the rulebook's cases are not here (CDI_QUERY_COMPLIANCE_CASES)")
def test_on_the_rulebooks_cases_nothing_escapes_and_nothing_sound_is_blocked() -> None:
    figures = measure(cases_of(RULEBOOK), KNOWLEDGE)
    assert figures.escapes == (), shown(figures)
    assert figures.false_blocks == (), shown(figures)
    assert figures.named >= 0.85 * figures.faulty, shown(figures)


@pytest.mark.slow
def test_on_the_cases_tuned_on_hardly_anything_escapes_or_is_stopped_for_nothing() -> None:
    figures = measure(TUNED_ON, KNOWLEDGE)
    assert len(figures.escapes) <= 0.005 * figures.faulty, shown(figures)
    assert len(figures.false_blocks) <= 0.01 * figures.sound, shown(figures)
    assert len(figures.needless_reviews) <= 0.067 * figures.sound, shown(figures)
    assert figures.named >= 0.9 * figures.faulty, shown(figures)


def test_no_attack_on_a_widening_passes() -> None:
    """Whoever widens the language writes leading texts that use it (widening.jsonl); each of them stays stopped."""
    assert measure(cases_of(OWN / "widening.jsonl"), KNOWLEDGE).escapes == ()


def test_on_the_held_cases_the_figures_of_the_documentation_hold() -> None:
    """What docs/compliance.md reports may not get worse unnoticed. The goals themselves stand there too."""
    figures = measure(HELD, KNOWLEDGE)
    assert len(figures.escapes) <= 0.035 * figures.faulty, shown(figures)
    assert len(figures.false_blocks) <= 0.03 * figures.sound, shown(figures)
    assert len(figures.needless_reviews) <= 0.18 * figures.sound, shown(figures)
    assert figures.named >= 0.9 * figures.faulty, shown(figures)


@pytest.mark.parametrize(
    ("kind", "escapes", "blocks", "reviews"), [("messages", 0.05, 0.05, 0.33), ("structure", 0.15, 0.02, 0.22)]
)
def test_on_held_cases_of_one_hard_kind_the_figures_of_the_documentation_hold(
    kind: str, escapes: float, blocks: float, reviews: float
) -> None:
    figures = measure(special_cases(kind), KNOWLEDGE)
    assert figures.faulty >= 100
    assert len(figures.escapes) <= escapes * figures.faulty, shown(figures)
    assert len(figures.false_blocks) <= blocks * figures.sound, shown(figures)
    assert len(figures.needless_reviews) <= reviews * figures.sound, shown(figures)


def test_every_rule_that_a_document_can_show_has_a_case() -> None:
    named = frozenset[str]().union(*(case.rules for case in (*TUNED_ON, *HELD)))
    assert {f"R-{number:02}" for number in range(1, 41)} - named <= {"R-38"}
