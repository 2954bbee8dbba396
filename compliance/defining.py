"""Evidence out of rules: what a named definition, or the rule of a template's answer, asks an indicator to show (R-04).

A rule says when an answer may be offered, over whole series and their times. Of it the check needs less: which class of
indicators speaks for the answer, and from which number on. So a threshold is written once, in the rule, and read here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal

from compliance.entries import Evidence
from compliance.indicators import IndicatorReader, Seen
from evidence.concepts import Concepts
from evidence.language import AtLeast, Comparison, Existence, Having, Not, Points, Predicate, Sustained
from evidence.tables import Tables

_ROUNDING = 1e-9


def definitions(tables: Tables, names: Iterable[str], reader: IndicatorReader) -> dict[str, tuple[Evidence, ...]]:
    """Return the evidence of named definitions, each piece with the name that it comes from.

    `name/class` takes what the definition asks of one class of indicators alone.

    Raises:
        ValueError: a definition does not exist, or asks for no number that the check can read.
    """
    return {name: _definition(tables, name, reader) for name in names}


def evidence_of(predicate: Predicate, concepts: Concepts, reader: IndicatorReader) -> tuple[Evidence, ...]:
    """Return what an indicator must show to count for a rule; empty where nothing is asked of any.

    Filters on texts (`any(...)`) have no like in the check: for them any indicator counts.
    """
    return tuple(dict.fromkeys(_joined(_evidence(predicate, concepts, reader))))


def _definition(tables: Tables, name: str, reader: IndicatorReader) -> tuple[Evidence, ...]:
    definition, _, kind = name.partition("/")
    predicate = tables.predicates.get(definition)
    if predicate is None:
        raise ValueError(f"criteria.yaml: no criterion of templates/criteria is named {definition!r}")
    found = evidence_of(predicate, tables.concepts, reader)
    wanted = [one for one in found if one.indicator != "*" and kind in ("", one.indicator)]
    if not wanted:
        raise ValueError(f"criteria.yaml: {name!r} asks for no number that the check can read")
    return tuple(replace(one, defined=name) for one in wanted)


def _evidence(predicate: Predicate, concepts: Concepts, reader: IndicatorReader) -> Iterator[Evidence]:
    match predicate:
        case Comparison():
            yield from _compared(predicate, concepts, reader)
        case Sustained():
            yield _limit(predicate.concept, predicate.operator, predicate.bound, concepts, reader)
        case Having():
            yield _named(predicate.concept, concepts)
        case Existence():
            yield Evidence("*")
        case AtLeast(inner=inner):
            yield from _evidences(inner, concepts, reader)
        case Points(parts=parts):
            yield from _evidences((inner for _, inner in parts), concepts, reader)
        case Not():
            yield from (_named(name, concepts) for name in _concepts(predicate))
        case _:
            return


def _evidences(predicates: Iterable[Predicate], concepts: Concepts, reader: IndicatorReader) -> Iterator[Evidence]:
    for predicate in predicates:
        yield from _evidence(predicate, concepts, reader)


def _compared(rule: Comparison, concepts: Concepts, reader: IndicatorReader) -> Iterator[Evidence]:
    if rule.measure in ("count", "quotient"):
        yield from (_named(name, concepts) for name in rule.concepts)
        return
    (concept,) = rule.concepts
    if rule.measure in ("ratio_to_baseline", "ratio_to_prior"):
        seen = _seen(concept, Decimal(1), concepts, reader)
        factor = float(rule.bound if rule.operator in (">", ">=") else 1 / rule.bound)
        yield Evidence(seen.kind, ratio=factor) if seen else _named(concept, concepts)
    elif rule.measure in ("rise", "drop"):
        seen = _seen(concept, rule.bound, concepts, reader)
        yield Evidence(seen.kind, change=seen.numbers[0]) if seen else _named(concept, concepts)
    else:
        yield _limit(concept, rule.operator, rule.bound, concepts, reader)


def _limit(concept: str, operator: str, bound: Decimal, concepts: Concepts, reader: IndicatorReader) -> Evidence:
    seen = _seen(concept, bound, concepts, reader)
    if seen is None:
        return _named(concept, concepts)
    limit = seen.numbers[0] + {"<=": _ROUNDING, ">=": -_ROUNDING}.get(operator, 0.0)
    return Evidence(seen.kind, above=limit) if operator.startswith(">") else Evidence(seen.kind, below=limit)


def _seen(concept: str, number: Decimal, concepts: Concepts, reader: IndicatorReader) -> Seen | None:
    """Return how the check itself reads that number of that indicator: its class, and the number in its unit."""
    shown = reader.read(concepts.names(concept)[0], str(number), concepts.unit(concept))
    return shown.seen[0] if len(shown.seen) == 1 and len(shown.seen[0].numbers) == 1 else None


def _named(concept: str, concepts: Concepts) -> Evidence:
    return Evidence("*", words=concepts.names(concept))


def _concepts(predicate: Predicate) -> Iterator[str]:
    match predicate:
        case Comparison(concepts=names):
            yield from names
        case Having(concept=name) | Sustained(concept=name):
            yield name
        case Not(inner=inner):
            yield from _concepts(inner)
        case AtLeast(inner=parts):
            yield from (name for part in parts for name in _concepts(part))
        case Points(parts=parts):
            yield from (name for _, part in parts for name in _concepts(part))
        case _:
            return


def _joined(found: Iterable[Evidence]) -> Iterator[Evidence]:
    """Join the changes of one class: the check looks at one span of its values, by difference or by ratio."""
    changes: dict[str, Evidence] = {}
    for one in found:
        if one.change is None and one.ratio is None:
            yield one
        elif one.indicator in changes:
            changes[one.indicator] = _wider(changes[one.indicator], one)
        else:
            changes[one.indicator] = one
    yield from (replace(one, change=one.change if one.change is not None else float("inf")) for one in changes.values())


def _wider(one: Evidence, other: Evidence) -> Evidence:
    return replace(one, change=_least(one.change, other.change), ratio=_least(one.ratio, other.ratio))


def _least(*numbers: float | None) -> float | None:
    return min((number for number in numbers if number is not None), default=None)
