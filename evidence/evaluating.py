"""Which predicates the indicators support, and with which of them: a pure function of the gap's basis.

A predicate that holds names its witnesses, the positions of the indicators that show it. A witness is what an answer
option links to (rules R-04, R-08).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import combinations

from evidence.concepts import Concepts
from evidence.language import (
    AtLeast,
    Comparison,
    Documented,
    Existence,
    Having,
    Judged,
    Match,
    Not,
    Points,
    Predicate,
    Saying,
    Sustained,
)
from evidence.readings import Interval, Reading
from schemas.gaps import DocumentedTerm, Indicator, QuestionBasis

NOT_A_NOTE = frozenset({"billed diagnosis"})
"""Sources that nobody wrote in the record during the stay: they document nothing and are never quoted."""


@dataclass(frozen=True, slots=True)
class Support:
    """Whether a predicate holds, and the positions of the indicators that show it."""

    holds: bool
    witnesses: frozenset[int] = frozenset()


_NO = Support(False)


@dataclass(frozen=True, slots=True)
class Facts:
    """A gap's indicators, read once: the series of numbers of each known concept, and what notes document.

    `started_at` is when the encounter began; it stands for the admission where no order was written.
    """

    indicators: tuple[Indicator, ...]
    series: Mapping[str, tuple[Reading, ...]]
    concept_of: tuple[str | None, ...]
    documented: tuple[DocumentedTerm, ...]
    admission_order_at: datetime | None = None
    started_at: datetime | None = None
    about: tuple[str, ...] = ()
    """The gap's concepts, in its words."""
    current: Sequence[int] = ()
    """The positions of this encounter's indicators."""
    known: dict[int, Support] = field(default_factory=dict, repr=False, compare=False)
    """What was evaluated already, by the predicate's identity: criteria are shared by many templates."""


def gather(
    basis: QuestionBasis,
    concepts: Concepts,
    admission_order_at: datetime | None = None,
    started_at: datetime | None = None,
) -> Facts:
    """Read a basis into facts: numbers in each concept's own unit, in order of time."""
    names = tuple(concepts.named(indicator) for indicator in basis.indicators)
    series: dict[str, list[Reading]] = {}
    for position, (indicator, name) in enumerate(zip(basis.indicators, names, strict=True)):
        value = concepts.reading(name, indicator) if name is not None else None
        if name is not None and value is not None:
            prior = indicator.prior_encounter_id is not None
            series.setdefault(name, []).append(Reading(position, indicator.observed_at, value, prior))
    ordered = {name: tuple(sorted(found, key=lambda one: (one.at, one.position))) for name, found in series.items()}
    return Facts(
        indicators=basis.indicators,
        series=ordered,
        concept_of=names,
        documented=documented_terms(basis),
        admission_order_at=admission_order_at,
        started_at=started_at,
        about=tuple(concept.term for concept in basis.concepts),
        current=[place for place, one in enumerate(basis.indicators) if one.prior_encounter_id is None],
    )


def documented_terms(basis: QuestionBasis) -> tuple[DocumentedTerm, ...]:
    """Return what this encounter's notes name: documented terms, then documented concepts with their citations."""
    cited = [
        DocumentedTerm(term=concept.term, **citation.model_dump())
        for concept in basis.concepts
        if concept.documented
        for citation in concept.citations
    ]
    noted = [term for term in (*basis.documented, *cited) if term.source.casefold() not in NOT_A_NOTE]
    return tuple(dict.fromkeys(noted))


def supports(predicate: Predicate, facts: Facts) -> Support:
    """Evaluate one predicate against the facts; each only once."""
    found = facts.known.get(id(predicate))
    if found is None:
        found = facts.known[id(predicate)] = _evaluate(predicate, facts)
    return found


def _evaluate(predicate: Predicate, facts: Facts) -> Support:
    match predicate:
        case Comparison():
            found = _compare(predicate, facts)
        case Sustained():
            found = _sustained(predicate, facts)
        case Points():
            found = _points(predicate, facts)
        case Having():
            found = _having(predicate, facts)
        case Existence():
            found = _existence(predicate, facts)
        case Documented():
            found = Support(any(predicate.pattern.search(term.term) for term in facts.documented))
        case Judged():
            positions = predicate.positions(facts.indicators)
            found = Support(bool(positions), positions)
        case Not():
            found = Support(not supports(predicate.inner, facts).holds)
        case AtLeast():
            found = _at_least(predicate, facts)
    return found


def _at_least(predicate: AtLeast, facts: Facts) -> Support:
    holding: list[Support] = []
    spare = len(predicate.inner) - predicate.count
    for inner in predicate.inner:
        found = supports(inner, facts)
        if found.holds:
            holding.append(found)
        elif (spare := spare - 1) < 0:  # too few are left to hold
            return _NO
    return Support(True, frozenset().union(*(found.witnesses for found in holding)))


def _points(predicate: Points, facts: Facts) -> Support:
    found = [(points, supports(inner, facts)) for points, inner in predicate.parts]
    holding = [(points, support) for points, support in found if support.holds]
    total = sum((points for points, _ in holding), Decimal(0))
    if not Interval(total, total).compares(predicate.operator, predicate.bound):
        return _NO
    return Support(True, frozenset().union(*(support.witnesses for _, support in holding)))


def _sustained(predicate: Sustained, facts: Facts) -> Support:
    """The first run of readings that lasts long enough. A reading that may not pass ends a run."""
    run: list[Reading] = []
    for reading in _readings(facts, predicate.concept, prior=predicate.prior):
        run = [*run, reading] if reading.value.compares(predicate.operator, predicate.bound) else []
        if len(run) > 1 and run[-1].at - run[0].at >= predicate.lasting:
            return Support(True, frozenset((run[0].position, run[-1].position)))
    return _NO


def _readings(facts: Facts, concept: str, *, prior: bool) -> tuple[Reading, ...]:
    found = facts.series.get(concept, ())
    return found if prior else tuple(reading for reading in found if not reading.prior)


def _having(predicate: Having, facts: Facts) -> Support:
    found = _readings(facts, predicate.concept, prior=predicate.prior)
    return Support(bool(found), _few([reading.position for reading in found]))


def _existence(predicate: Existence, facts: Facts) -> Support:
    found: Sequence[int] = range(len(facts.indicators)) if predicate.everywhere else facts.current
    for match in predicate.matches:
        found = [place for place in found if _passes(match, facts.indicators[place], facts.admission_order_at)]
        if not found:
            return _NO
    return Support(True, _few(sorted(found, key=lambda position: facts.indicators[position].observed_at)))


def _few(positions: Sequence[int]) -> frozenset[int]:
    """Keep the first two and the last: enough to see it, few enough that a question stays readable."""
    return frozenset([*positions[:2], *positions[-1:]])


def _passes(match: Match | Saying, indicator: Indicator, order: datetime | None) -> bool:
    if isinstance(match, Saying):
        told = match.finding.told(match.field, indicator)
        return told == {False} if match.denied else True in told
    texts = _FIELDS[match.field](indicator, order)
    if match.pattern is not None:
        return any(map(match.pattern.search, texts)) is not match.barred
    return (match.exact == "any" or match.exact in map(str.casefold, texts)) is not match.barred


def _moment(indicator: Indicator, order: datetime | None) -> tuple[str, ...]:
    if order is None:
        return ()
    return ("after_order",) if indicator.observed_at > order else ("before_order",)


_FIELDS: Mapping[str, Callable[[Indicator, datetime | None], tuple[str, ...]]] = {
    "name": lambda one, _: (one.name,),
    "value": lambda one, _: (one.value,),
    "text": lambda one, _: (one.name, one.value),
    "source": lambda one, _: (one.source,),
    "kind": lambda one, _: (one.kind,),
    "role": lambda one, _: (one.author_role or "",),
    "prior": lambda one, _: ("yes" if one.prior_encounter_id is not None else "no",),
    "quoted": lambda one, _: ("yes" if one.quoted else "no",),
    "when": _moment,
}


def _compare(predicate: Comparison, facts: Facts) -> Support:
    measured = _MEASURES[predicate.measure](predicate, facts)
    for value, witnesses in measured:
        if value.compares(predicate.operator, predicate.bound):
            return Support(True, frozenset(witnesses))
    return _NO


Measured = Iterable[tuple[Interval, Sequence[int]]]


def _singles(predicate: Comparison, facts: Facts) -> list[Reading]:
    """Readings of one concept; with a window, those taken so early. An admission at no known time admits none."""
    found = _readings(facts, predicate.concepts[0], prior=predicate.prior)
    if predicate.window is None:
        return list(found)
    admission = facts.admission_order_at or facts.started_at
    return [one for one in found if admission is not None and one.at - admission <= predicate.window]


def _first(predicate: Comparison, facts: Facts) -> Measured:
    return [(reading.value, [reading.position]) for reading in _singles(predicate, facts)[:1]]


def _latest(predicate: Comparison, facts: Facts) -> Measured:
    return [(reading.value, [reading.position]) for reading in _singles(predicate, facts)[-1:]]


def _lowest(predicate: Comparison, facts: Facts) -> Measured:
    """The lowest reading, as far as it is sure: a "<0.3" may be lower than it looks."""
    found = _singles(predicate, facts)
    if not found:
        return []
    lowest = min(found, key=lambda reading: reading.value.high)
    return [(Interval(min(one.value.low for one in found), lowest.value.high), [lowest.position])]


def _highest(predicate: Comparison, facts: Facts) -> Measured:
    """The highest reading, as far as it is sure."""
    found = _singles(predicate, facts)
    if not found:
        return []
    highest = max(found, key=lambda reading: reading.value.low)
    return [(Interval(highest.value.low, max(one.value.high for one in found)), [highest.position])]


def _pairs(predicate: Comparison, facts: Facts) -> Iterable[tuple[Reading, Reading]]:
    """Earlier and later readings at most a window apart. A prior encounter's reading may be the earlier one."""
    assert predicate.window is not None
    found = _readings(facts, predicate.concepts[0], prior=True)
    for earlier, later in combinations(found, 2):
        if not later.prior and earlier.at < later.at and later.at - earlier.at <= predicate.window:
            yield earlier, later


def _most(changes: Iterable[tuple[Interval | None, Sequence[int]]], operator: str = ">=") -> Measured:
    """Keep the change that decides: the surely greatest one (for < and <=: the least); of equals the first."""
    known = [(value, witnesses) for value, witnesses in changes if value is not None]
    if not known:
        return []
    if operator in ("<", "<="):
        return [min(known, key=lambda change: change[0].high)]
    return [max(known, key=lambda change: change[0].low)]


def _rise(predicate: Comparison, facts: Facts) -> Measured:
    pairs = _pairs(predicate, facts)
    return _most((later.value - earlier.value, [earlier.position, later.position]) for earlier, later in pairs)


def _drop(predicate: Comparison, facts: Facts) -> Measured:
    pairs = _pairs(predicate, facts)
    return _most((earlier.value - later.value, [earlier.position, later.position]) for earlier, later in pairs)


def _ratio_to_baseline(predicate: Comparison, facts: Facts) -> Measured:
    pairs = _pairs(predicate, facts)
    ratios = ((later.value.over(earlier.value), [earlier.position, later.position]) for earlier, later in pairs)
    return _most(ratios, predicate.operator)


def _ratio_to_prior(predicate: Comparison, facts: Facts) -> Measured:
    """Each reading of this encounter over the latest one of an earlier encounter."""
    found = _readings(facts, predicate.concepts[0], prior=True)
    baseline = next((reading for reading in reversed(found) if reading.prior), None)
    if baseline is None:
        return []
    current = (reading for reading in found if not reading.prior)
    ratios = ((one.value.over(baseline.value), [baseline.position, one.position]) for one in current)
    return _most(ratios, predicate.operator)


def _quotient(predicate: Comparison, facts: Facts) -> Measured:
    """One concept over another, of readings at most a window apart."""
    assert predicate.window is not None
    upper, lower = (_readings(facts, concept, prior=predicate.prior) for concept in predicate.concepts)
    near = ((one, other) for one in upper for other in lower if abs(one.at - other.at) <= predicate.window)
    ratios = ((one.value.over(other.value), [one.position, other.position]) for one, other in near)
    return _most(ratios, predicate.operator)


def _count(predicate: Comparison, facts: Facts) -> Measured:
    found = _singles(predicate, facts)
    amount = Decimal(len(found))
    return [(Interval(amount, amount), [reading.position for reading in found])]


_MEASURES: Mapping[str, Callable[[Comparison, Facts], Measured]] = {
    "first": _first,
    "latest": _latest,
    "min": _lowest,
    "max": _highest,
    "rise": _rise,
    "drop": _drop,
    "ratio_to_baseline": _ratio_to_baseline,
    "ratio_to_prior": _ratio_to_prior,
    "quotient": _quotient,
    "count": _count,
}
