"""Weights of evidence (R-04): findings that look like no evidence are held; a house says what its own evidence is."""

from __future__ import annotations

from typing import Any

import pytest

from compliance.bearing import BearingWeights, Linked, Told, parts, told
from tests.compliance.samples import KNOWLEDGE


def finding(name: str, value: str, unit: str | None = None) -> Told:
    return told(name, value, unit, KNOWLEDGE.reader.read(name, value, unit))


def weighed(linked: Linked) -> dict[str, frozenset[str]]:
    return {word: frozenset(tokens) for word, tokens in parts(linked)}


def test_findings_are_weighed_beside_what_an_answer_adds_to_the_record() -> None:
    linked = Linked("Heart failure", "Systolic heart failure", (finding("Echocardiogram", "EF reduced"),))
    assert weighed(linked).keys() == {"", "systol"}


def test_an_answer_that_adds_nothing_is_weighed_by_all_its_words() -> None:
    linked = Linked("Heart failure", "Heart failure", (finding("Echocardiogram", "EF reduced"),))
    assert weighed(linked).keys() == {"", "heart", "failur"}


def test_numbers_weigh_the_same_whatever_they_are() -> None:
    assert finding("Note", "3 drains").tokens == finding("Note", "12 drains").tokens


def test_what_a_value_measures_and_where_it_lies_is_weighed() -> None:
    low, high = (finding("Sodium", value, "mmol/L").measured for value in ("118", "160"))
    assert low
    assert high
    assert low.isdisjoint(high)


def test_neither_the_order_of_findings_nor_their_repetition_changes_what_they_weigh() -> None:
    one, other = finding("CT head", "3 cm hemorrhage"), finding("Exam", "Left arm drift")
    weigh = KNOWLEDGE.evidence_weights.weigh
    orders = [(one, other), (other, one), (one, other, one)]
    assert len({weigh(Linked("Stroke", "Intracerebral hemorrhage", order)) for order in orders}) == 1


@pytest.mark.parametrize(("weight", "held"), [(59, False), (60, True)])
def test_findings_are_held_from_the_limit_on(weight: int, held: bool) -> None:
    weights = BearingWeights({"": {"prophy": weight}}, bias=40, heavy=100)
    linked = Linked("Fracture", "Deep vein thrombosis", (finding("Enoxaparin", "prophylaxis"),))
    assert weights.fall_short(linked) is held


@pytest.mark.slow
def test_the_weights_of_evidence_are_what_the_labelled_sets_say() -> None:
    pytest.importorskip("sklearn", reason="scikit-learn, of the packages for development, learns the weights")
    from distilling.evidence import all_sets, learned

    content: Any = learned(all_sets(KNOWLEDGE))
    said, known = (
        {(word, token): weight for word, table in tables.items() for token, weight in table.items()}
        for tables in (content["parts"], KNOWLEDGE.evidence_weights.weights)
    )
    assert abs(content["bias"] * 100 - KNOWLEDGE.evidence_weights.bias) <= 4
    assert not [part for part in {*said, *known} if abs(said.get(part, 0) - known.get(part, 0)) > 5]
