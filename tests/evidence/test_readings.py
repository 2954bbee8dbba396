"""Numbers are read exactly, and what is not surely a number is none."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.readings import Conversion, Interval, number, unit_key


@pytest.mark.parametrize(
    ("text", "low"),
    [
        ("1.9", "1.9"),
        ("1,140", "1140"),
        (" 7.35 ", "7.35"),
        ("138 (ref 211-911)", "138"),
        ("-2.5", "-2.5"),
        ("40 %", "40"),
    ],
)
def test_one_number_is_read_as_it_stands(text: str, low: str) -> None:
    assert number(text) == Interval(Decimal(low), Decimal(low))


@pytest.mark.parametrize(
    "text", ["9.8, 7.6, 8.9", "9, 8", "positive", "120/80", "", "1.2.3", "{{ 7 }}", "<b>7</b>", "7 8"]
)
def test_what_is_not_surely_one_number_is_none(text: str) -> None:
    assert number(text) is None


def test_a_range_is_an_interval_and_a_reversed_one_is_nothing() -> None:
    assert number("30-35 %") == Interval(Decimal(30), Decimal(35))
    assert number("35-30 %") is None


@pytest.mark.parametrize(
    ("value", "comparator", "operator", "bound", "holds"),
    [
        ("0.01", "<", "<", "0.01", True),
        ("0.01", "<", ">", "0", False),
        ("<0.01", None, "<=", "0.01", True),
        ("15", ">", ">", "15", True),
        ("15", ">", "<", "20", False),
        ("15", ">=", ">", "15", False),
        ("greater than 500", None, ">", "100", True),
        ("less than 0.4", None, "<", "1", True),
    ],
)
def test_a_comparator_counts_only_for_what_it_surely_says(
    value: str, comparator: str | None, operator: str, bound: str, holds: bool
) -> None:
    read = number(value, comparator)
    assert read is not None
    assert read.compares(operator, Decimal(bound)) is holds


@given(st.decimals(min_value=0, max_value=10_000, places=3), st.decimals(min_value=0, max_value=10_000, places=3))
def test_differences_are_exact(one: Decimal, other: Decimal) -> None:
    difference = Interval(one, one) - Interval(other, other)
    assert difference.low == difference.high == one - other


def test_nothing_is_divided_by_what_may_be_zero() -> None:
    below = number("<0.2")
    assert below is not None
    assert Interval(Decimal(3), Decimal(3)).over(below) is None


def test_fahrenheit_becomes_celsius_without_rounding() -> None:
    fahrenheit = Conversion(Decimal(-32), Decimal(5), Decimal(9))
    assert fahrenheit.apply(Interval(Decimal("100.4"), Decimal("100.4"))).low == 38


def test_spellings_of_a_unit_are_one() -> None:
    assert unit_key("mg / dL") == unit_key("MG/DL")
    assert unit_key("µmol/L") == unit_key("umol/l") == unit_key("μmol/L")
    assert unit_key(None) == ""
