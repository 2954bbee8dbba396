"""Rules of evidence that can never hold, whatever the record says: parts that exclude each other. Pure.

What is found is sure; what is not found may still be impossible for reasons of medicine.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from evidence.language import AtLeast, Comparison, Not, Predicate

_UP, _DOWN = (">", ">="), ("<", "<=")


def impossible(predicates: Sequence[Predicate]) -> bool:
    """True when these rules surely never hold together."""
    parts = [part for predicate in predicates for part in _parts(predicate)]
    choices = [part for part in parts if isinstance(part, AtLeast)]
    firm = [part for part in parts if not isinstance(part, AtLeast)]
    if any(_exclude(one, other) for one, other in combinations(firm, 2)):
        return True
    return any(sum(not impossible([*firm, one]) for one in choice.inner) < choice.count for choice in choices)


def _parts(predicate: Predicate) -> Iterator[Predicate]:
    """Take apart what is joined by `and`."""
    if isinstance(predicate, AtLeast) and predicate.count == len(predicate.inner):
        for one in predicate.inner:
            yield from _parts(one)
    else:
        yield predicate


def _exclude(one: Predicate, other: Predicate) -> bool:
    if isinstance(one, Not) and one.inner == other:
        return True
    if isinstance(other, Not) and other.inner == one:
        return True
    if isinstance(one, Comparison) and isinstance(other, Comparison) and one.concepts == other.concepts:
        return _disjoint(one, other) and (_covers(one, other) or _covers(other, one))
    return False


def _covers(wide: Comparison, other: Comparison) -> bool:
    """Tell whether what `wide` says of a value it also says of the values that `other` looks at."""
    if wide.measure == other.measure and wide.measure in ("latest", "first", "count"):
        return (wide.prior, wide.window) == (other.prior, other.window)
    every = (wide.measure == "max" and wide.operator in _DOWN) or (wide.measure == "min" and wide.operator in _UP)
    looks = other.measure in ("max", "min", "latest", "first")
    return every and looks and wide.window is None and (wide.prior or not other.prior)


def _disjoint(one: Comparison, other: Comparison) -> bool:
    """Tell whether no number passes both comparisons."""
    if one.operator in _UP and other.operator in _DOWN:
        one, other = other, one
    if not (one.operator in _DOWN and other.operator in _UP):
        return False
    touching = one.operator == "<=" and other.operator == ">="
    return one.bound < other.bound or (one.bound == other.bound and not touching)
