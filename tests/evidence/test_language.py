"""Predicates are read or refused with a message that says what was expected, and where."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.language import (
    AtLeast,
    Comparison,
    ExpressionError,
    Not,
    Points,
    Sustained,
    Vocabulary,
    parse,
)

VOCABULARY = Vocabulary({"creatinine": frozenset({"mg/dl"}), "bun": frozenset({"mg/dl"})}, {})


def test_a_comparison_keeps_measure_bound_and_window() -> None:
    assert parse("rise(creatinine) >= 0.3 mg/dL within 48 h", VOCABULARY) == Comparison(
        "rise", ("creatinine",), ">=", Decimal("0.3"), timedelta(hours=48)
    )


def test_or_binds_looser_than_and() -> None:
    found = parse("max(bun) > 1 or max(bun) > 2 and max(bun) > 3", VOCABULARY)
    assert isinstance(found, AtLeast) and found.count == 1
    assert isinstance(found.inner[1], AtLeast) and found.inner[1].count == 2


def test_brackets_and_not_are_kept() -> None:
    found = parse("not (max(bun) > 1 or max(bun) > 2)", VOCABULARY)
    assert isinstance(found, Not) and isinstance(found.inner, AtLeast)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("max(creatinin) > 1", "no indicator is named 'creatinin'"),
        ("mean(creatinine) > 1", "'mean' is no measure"),
        ("max(creatinine) > 1 umol/L", "compared in its own unit"),
        ("ratio_to_baseline(creatinine) >= 1.5 mg/dL within 7 d", "has no unit"),
        ("rise(creatinine) >= 0.3", "needs `within`"),
        ("max(creatinine) > 1 within 7 d", "only as `within 24 h of admission`"),
        ("ratio_to_prior(creatinine) > 1 within 7 d", "takes no `within`"),
        ("sustained(creatinine) > 1", "expected `for` and a time"),
        ("sustained(creatinine) > 1 for 0 h", "longer than nothing"),
        ("points(2 if max(bun) > 1) < 2", "a low sum says nothing"),
        ("points(2 if max(bun) > 1, 1 if max(bun) > 2) > 3", "cannot be reached; all together are 3"),
        ("points(-1 if max(bun) > 1) >= 1", "points are above zero"),
        ("points(1 max(bun) > 1) >= 1", "expected `if`"),
        ("rise(creatinine) < 0.3 within 7 d", "looks for a change"),
        ("ratio_to_baseline(creatinine) <= 1 within 7 d", "would hold without a fall"),
        ("ratio_to_prior(creatinine) < 1.5", "would hold without a fall"),
        ("max(creatinine) = 1", "expected <, <=, >, >= or between"),
        ("max(creatinine) > 1 and", "at the end"),
        ("max(creatinine) > 1 max(bun) > 1", "`and`, `or` or the end"),
        ("aki", "no criterion is named 'aki'"),
        ('any(colour="red")', "no field of an indicator"),
        ('any(name~"(")', "no regular expression"),
        ("any(prior=maybe)", "prior is one of"),
        ('any(kind says "note")', "kind says nothing; says looks at name, value, text"),
        ("any(value says bleeding)", "expected text in double quotes, found 'bleeding'"),
        ('any(value says "(")', "no regular expression"),
        ('any(value says "bleeding" unless)', "expected text in double quotes"),
        ('any(not value says "bleeding")', "write `not any(value says ...)`, or what the value denies"),
        ('any(value "bleeding")', "expected ~, =, says or denies"),
        ("latest(creatinine) between 3 and 2", "no number lies between 3 and 2"),
        ("latest(creatinine) between 2 and below 2", "no number lies between 2 and below 2"),
        ("latest(creatinine) between 1 or 2", "expected `and`, found 'or'"),
        ("latest(creatinine) between 1 and 2 umol/L", "compared in its own unit"),
        ("rise(creatinine) between 1 and 2 within 7 d", "rise takes no `between`"),
        ("at_least(3, max(bun) > 1)", "has 1 predicates"),
        ("max(creatinine) > 1; import os", "not part of the language"),
        ("rise(creatinine) >= 1 within 3 weeks", "counted in min, h or d"),
    ],
)
def test_a_fault_is_named(text: str, message: str) -> None:
    with pytest.raises(ExpressionError) as found:
        parse(text, VOCABULARY)
    assert message in str(found.value)


def test_between_is_two_comparisons_of_one_measure() -> None:
    window = timedelta(hours=24)
    assert parse("max(bun) between 1 mg/dL and below 2 mg/dL within 24 h of admission", VOCABULARY) == AtLeast(
        2,
        (
            Comparison("max", ("bun",), ">=", Decimal(1), window),
            Comparison("max", ("bun",), "<", Decimal(2), window),
        ),
    )


def test_points_and_runs_keep_their_numbers() -> None:
    run = Sustained("bun", ">", Decimal(40), timedelta(hours=6))
    assert parse("sustained(bun) > 40 mg/dL for 6 h", VOCABULARY) == run
    found = parse("points(2 if sustained(bun) > 40 for 6 h, 1 if has(bun) and has(creatinine)) >= 2", VOCABULARY)
    assert isinstance(found, Points) and found.bound == 2
    assert [points for points, _ in found.parts] == [2, 1] and found.parts[0][1] == run


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused_and_nothing_else(text: str) -> None:
    try:
        parse(text, VOCABULARY)
    except ExpressionError as error:
        assert str(error)
