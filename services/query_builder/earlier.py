"""Findings of earlier encounters (R-17): what a template lets them do, decided once for all of its rules. Pure.

never         neither shown nor counted
baseline      earlier numbers are shown beside later ones of their kind, and a change may start from them
with_current  shown, and counted where a rule says `prior`; an answer needs something of this encounter as well
alone         as `with_current`, and an answer may rest on them alone: for details of what is documented now
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from evidence.evaluating import Facts
from evidence.language import AtLeast, Comparison, Existence, Having, Match, Not, Points, Predicate, Sustained
from services.query_builder.template import EarlierUse

IN_WORDS: Mapping[EarlierUse, str] = {
    "never": "neither shown nor counted",
    "baseline": "earlier numbers are shown beside later ones of their kind, and a change may start from them",
    "with_current": "shown, and counted where a rule says so; no answer rests on them alone",
    "alone": "shown, and counted where a rule says so; an answer may rest on them alone",
}
_CHANGES = frozenset({"rise", "drop", "ratio_to_baseline", "ratio_to_prior"})
"""Measures that take their earlier value from whichever encounter it comes."""
_REACH: Mapping[EarlierUse, int] = {"never": 0, "baseline": 1, "with_current": 2, "alone": 3}


def wanted(predicate: Predicate) -> EarlierUse:
    """Return the least that a template must allow, for this rule to look at all that it names."""
    return max((_own(part) for part in _parts(predicate)), key=_REACH.__getitem__)


def allows(policy: EarlierUse, predicate: Predicate) -> bool:
    """Tell whether a rule keeps to the policy of its template."""
    return _REACH[wanted(predicate)] <= _REACH[policy]


def shown_under(policy: EarlierUse, facts: Facts) -> frozenset[int]:
    """Return the positions of the indicators that a question may show."""
    places = range(len(facts.indicators))
    if _REACH[policy] >= _REACH["with_current"]:
        return frozenset(places)
    return frozenset(place for place in places if _may_show(policy, facts, place))


def carries(policy: EarlierUse, facts: Facts, witnesses: frozenset[int]) -> bool:
    """Tell whether these witnesses are enough for an answer: something of this encounter, unless `alone`."""
    return policy == "alone" or not all(_is_earlier(facts, place) for place in witnesses)


def _may_show(policy: EarlierUse, facts: Facts, place: int) -> bool:
    return not _is_earlier(facts, place) or (policy == "baseline" and _has_later(facts, place))


def _has_later(facts: Facts, place: int) -> bool:
    """True for a number of which this encounter has one too."""
    series = facts.series.get(facts.concept_of[place] or "", ())
    return any(one.position == place for one in series) and not all(one.prior for one in series)


def _is_earlier(facts: Facts, place: int) -> bool:
    return facts.indicators[place].prior_encounter_id is not None


def _own(predicate: Predicate) -> EarlierUse:
    match predicate:
        case Comparison(prior=True) | Sustained(prior=True) | Having(prior=True):
            return "with_current"
        case Comparison(measure=measure) if measure in _CHANGES:
            return "baseline"
        case Existence(matches=matches) if any(isinstance(one, Match) and _looks_back(one) for one in matches):
            return "with_current"
        case _:
            return "never"


def _looks_back(one: Match) -> bool:
    """True for `prior=yes`, `prior=any` and `not prior=no`."""
    return one.field == "prior" and (one.exact == "no") is one.barred


def _parts(predicate: Predicate) -> Iterator[Predicate]:
    yield predicate
    inner: tuple[Predicate, ...] = ()
    match predicate:
        case AtLeast():
            inner = predicate.inner
        case Points():
            inner = tuple(one for _, one in predicate.parts)
        case Not():
            inner = (predicate.inner,)
        case _:
            pass
    for one in inner:
        yield from _parts(one)
