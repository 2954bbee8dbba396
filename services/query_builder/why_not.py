"""Why a rule of evidence does not hold on a gap: the parts that fail, each with the values it looked at. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from evidence.evaluating import Facts, supports
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
from schemas.gaps import Indicator, QuestionBasis
from services.query_builder.in_words import Speaker
from services.query_builder.rendering import one_line, shown_value
from services.query_builder.template import Template
from services.query_builder.weighing import offered

_SEEN = 6
"""At most so many values are listed of one series; of more, the first and the last ones."""

_LOOKS_BACK = ("rise", "drop", "ratio_to_baseline", "ratio_to_prior")
"""Measures that may take their earlier value from an earlier encounter."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One part of a rule that does not hold: the rule in words, what was seen, and the parts that it is made of."""

    rule: str
    seen: str = ""
    parts: tuple[Reason, ...] = ()


def why_not(predicate: Predicate, facts: Facts, speaker: Speaker) -> Reason | None:
    """Return why a rule does not hold on these facts, or None when it does."""
    if supports(predicate, facts).holds:
        return None
    return Reason(speaker.says(predicate), _seen(predicate, facts), tuple(_parts(predicate, facts, speaker)))


def not_offered(
    template: Template, basis: QuestionBasis, facts: Facts, speaker: Speaker
) -> Iterator[tuple[str, Reason]]:
    """Yield each clinical answer of a template, or of the gap's author, that is not offered, with the reason."""
    candidates = {one.id for one in offered(template, basis, facts)}
    if template.front.author_options:
        why = Reason("a reading of the record", "it does not stand, word for word, in the indicators that it links to")
        yield from ((one.text, why) for number, one in enumerate(basis.options, 1) if f"a{number}" not in candidates)
    if any(one.startswith("a") for one in candidates):
        return
    for number, (option, predicate) in enumerate(template.options, start=1):
        if f"o{number}" not in candidates:
            yield option.text, why_not(predicate, facts, speaker) or _unshown(template, predicate, facts)


def _unshown(template: Template, predicate: Predicate, facts: Facts) -> Reason:
    """Return why an answer whose rule holds is not offered all the same."""
    if not supports(predicate, facts).witnesses:
        return Reason(
            "an indicator that shows it", "its rule holds because of what is missing, and no indicator shows that"
        )
    rests = "it rests on earlier encounters alone"
    return Reason("something of this encounter", f"{rests}; `prior_encounters` says {template.front.prior_encounters}")


def _parts(predicate: Predicate, facts: Facts, speaker: Speaker) -> Iterator[Reason]:
    match predicate:
        case AtLeast():
            inner: tuple[Predicate, ...] = predicate.inner
        case Points():
            inner = tuple(one for _, one in predicate.parts)
        case _:
            return
    for one in inner:
        if (reason := why_not(one, facts, speaker)) is not None:
            yield reason


def _seen(predicate: Predicate, facts: Facts) -> str:
    match predicate:
        case Comparison():
            prior = predicate.prior or predicate.measure in _LOOKS_BACK
            seen = "; ".join(_series(concept, prior, facts) for concept in predicate.concepts)
        case Sustained() | Having():
            seen = _series(predicate.concept, predicate.prior, facts)
        case Existence():
            seen = _unfound(predicate, facts)
        case Documented():
            terms = ", ".join(one_line(term.term) for term in facts.documented)
            seen = f"documented: {terms}" if terms else "no note of this encounter documents anything"
        case Judged():
            seen = f"not among the {len(facts.indicators)} indicators"
        case Not():
            shown = [_shown(facts.indicators[place]) for place in sorted(supports(predicate.inner, facts).witnesses)]
            seen = f"it does: {', '.join(shown[:_SEEN])}" if shown else "it does"
        case AtLeast():
            seen = _held(sum(supports(one, facts).holds for one in predicate.inner), predicate)
        case Points():
            seen = f"{sum(points for points, one in predicate.parts if supports(one, facts).holds):f} points"
    return seen


def _unfound(predicate: Existence, facts: Facts) -> str:
    """What was seen where no indicator passes: those that deny what should be said, else how many there are."""
    denied = [_shown(one) for one in facts.indicators if any(_denies(match, one) for match in predicate.matches)]
    return f"denied: {', '.join(denied[:_SEEN])}" if denied else f"none of the {len(facts.indicators)} indicators"


def _denies(match: Match | Saying, indicator: Indicator) -> bool:
    return isinstance(match, Saying) and not match.denied and False in match.finding.told(match.field, indicator)


def _held(holding: int, predicate: AtLeast) -> str:
    total = len(predicate.inner)
    if predicate.count == 1:
        return "none of these holds"
    must = "all" if predicate.count == total else str(predicate.count)
    return f"{holding or 'none'} of {total} {'holds' if holding < 2 else 'hold'}, {must} must"


def _series(concept: str, prior: bool, facts: Facts) -> str:
    """The values of one indicator in order of time, as recorded; or that there are none, and why."""
    readings = [one for one in facts.series.get(concept, ()) if prior or not one.prior]
    if readings:
        shown = [_shown(facts.indicators[one.position]) for one in readings]
        kept = shown if len(shown) <= _SEEN else [*shown[: _SEEN - 2], "…", *shown[-2:]]
        return f"seen: {', '.join(kept)}"
    name = concept.replace("_", " ")
    unread = [facts.indicators[place] for place, known in enumerate(facts.concept_of) if known == concept]
    numberless = [one for one in unread if prior or one.prior_encounter_id is None]
    if numberless:
        return f"{name} is there, but not as a number in a known unit: {', '.join(map(_shown, numberless[:_SEEN]))}"
    return f"no {name} of this encounter" if unread else f"no {name} among the indicators"


def _shown(indicator: Indicator) -> str:
    value = one_line(shown_value(indicator))
    short = value if len(value) <= 60 else f"{value[:60]}…"
    return f"{short} {indicator.unit}" if indicator.unit else short
