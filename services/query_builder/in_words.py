"""Rules of evidence in plain words, for people who decide about templates. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from evidence.language import (
    ADMISSION,
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

_THAN: Mapping[str, str] = {"<": "below", "<=": "at most", ">": "above", ">=": "at least"}
_EVERY = {("max", "<"), ("max", "<="), ("min", ">"), ("min", ">=")}
_VALUE: Mapping[str, str] = {
    "latest": "the latest",
    "first": "the first",
    "min": "the lowest",
    "max": "the highest",
    "count": "the number of values of",
}
_ALTERNATIVES = re.compile(r"[\w \-/+,.]+(\|[\w \-/+,.]+)*")
_OF_FIELD: Mapping[str, str] = {
    "name": "whose name",
    "value": "whose value",
    "text": "whose name or value",
    "source": "whose source",
    "role": "whose author",
}
_EXACTLY: Mapping[tuple[str, str], str] = {
    ("prior", "yes"): "of an earlier encounter",
    ("prior", "no"): "of this encounter",
    ("prior", "any"): "of this or an earlier encounter",
    ("quoted", "yes"): "quoted from a document",
    ("quoted", "no"): "not quoted",
    ("when", "before_order"): "before the admission order",
    ("when", "after_order"): "after the admission order",
}


@dataclass(frozen=True, slots=True)
class Speaker:
    """Says rules of evidence in words.

    Args:
        units: the unit in which each indicator is counted; one without a unit may be missing.
        titles: what a named criterion is called, by the identity of its rule (`id`).
    """

    units: Mapping[str, str]
    titles: Mapping[int, str]

    def says(self, predicate: Predicate) -> str:
        """Return a rule in words, a named criterion by its title."""
        title = self.titles.get(id(predicate))
        return f"“{title}”" if title is not None else self.meaning(predicate)

    def meaning(self, predicate: Predicate) -> str:
        """Return in words what a rule looks at, a named criterion too."""
        match predicate:
            case Comparison():
                words = self._comparison(predicate)
            case Sustained():
                words = self._sustained(predicate)
            case Points():
                parts = "; ".join(f"{points:f} for {self.says(inner)}" for points, inner in predicate.parts)
                words = f"{_by(predicate.operator)} {predicate.bound:f} points ({parts})"
            case Having():
                words = f"a number of {_name(predicate.concept, predicate.prior)}"
            case Existence():
                words = _existence(predicate)
            case Documented():
                words = f"a note that documents {pattern(predicate.pattern)}"
            case Judged():
                words = f"what the check asks for “{predicate.name}”"
            case Not():
                words = f"not: {self._inner(predicate.inner)}"
            case AtLeast():
                words = self._at_least(predicate)
        return words

    def _sustained(self, one: Sustained) -> str:
        bound = self._amount(one.concept, one.bound)
        lasting = f"for {spoken(one.lasting)} without a break"
        return f"{_name(one.concept, one.prior)} {_THAN[one.operator]} {bound} {lasting}"

    def _at_least(self, predicate: AtLeast) -> str:
        if (between := self._between(predicate)) is not None:
            return between
        if predicate.count == 1:
            return " or ".join(self._inner(one) for one in predicate.inner)
        if predicate.count == len(predicate.inner):
            return " and ".join(self._inner(one) for one in predicate.inner)
        return f"at least {predicate.count} of ({'; '.join(self.says(one) for one in predicate.inner)})"

    def _between(self, predicate: AtLeast) -> str | None:
        """A number between two others, which the language keeps as two comparisons of one measure."""
        match predicate:
            case AtLeast(2, (Comparison(operator=">=") as low, Comparison(operator="<=" | "<") as high)):
                if replace(low, operator=high.operator, bound=high.bound) != high:
                    return None
                below = "below " if high.operator == "<" else ""
                bounds = f"between {low.bound:f} and {below}{self._amount(low.concepts[0], high.bound)}"
                return f"{_VALUE[low.measure]} {_name(low.concepts[0], low.prior)} {bounds}{_window(low)}"
        return None

    def _inner(self, predicate: Predicate) -> str:
        """A part of a longer rule; parts that are chains themselves stand in brackets."""
        words = self.says(predicate)
        if not isinstance(predicate, AtLeast) or id(predicate) in self.titles or self._between(predicate) is not None:
            return words
        return f"({words})" if predicate.count in (1, len(predicate.inner)) else words

    def _comparison(self, one: Comparison) -> str:
        name, bound, window = _name(one.concepts[0], one.prior), self._amount(one.concepts[0], one.bound), _window(one)
        than, by = f"{_THAN[one.operator]} {bound}", f"{_by(one.operator)} {bound}"
        forms = {
            "max": f"{_which(one)} {name} {than}",
            "min": f"{_which(one)} {name} {than}",
            "latest": f"the latest {name} {than}",
            "first": f"the first {name} {than}",
            "count": f"{_THAN[one.operator]} {one.bound:f} numbers of {name}",
            "rise": f"a rise of {name} by {by}",
            "drop": f"a fall of {name} by {by}",
            "quotient": f"{name} divided by {_name(one.concepts[-1])} {_THAN[one.operator]} {one.bound:f}",
            "ratio_to_baseline": f"{name} {_by(one.operator)} {one.bound:f} times an earlier one",
            "ratio_to_prior": f"{name} {_by(one.operator)} {one.bound:f} times the latest of an earlier encounter",
        }
        return forms[one.measure] + window

    def _amount(self, concept: str, bound: Decimal) -> str:
        unit = self.units.get(concept)
        return f"{bound:f} {unit}" if unit else f"{bound:f}"


def spoken(span: timedelta) -> str:
    """Return a span as people say it: 90 minutes, 48 hours, 7 days."""
    minutes = span.total_seconds() / 60
    if minutes % 60:
        return f"{minutes:g} minutes"
    hours = minutes / 60
    if hours % 24 or hours <= 72:
        return f"{hours:g} {'hour' if hours == 1 else 'hours'}"
    return f"{hours / 24:g} days"


def pattern(searched: re.Pattern[str]) -> str:
    """Return a pattern for reading: plain words with `or` between them, anything else as it is written."""
    return _words_of(searched.pattern) or f"the pattern “{searched.pattern}”"


def _words_of(text: str) -> str | None:
    if not _ALTERNATIVES.fullmatch(text):
        return None
    return " or ".join(f"“{part.strip()}”" for part in text.split("|"))


def _name(concept: str, prior: bool = False) -> str:
    name = concept.replace("_", " ")
    return f"{name} (earlier encounters included)" if prior else name


def _by(operator: str) -> str:
    return "more than" if operator == ">" else _THAN[operator]


def _article(noun: str) -> str:
    return "an" if noun[:1] in "aeiou" else "a"


def _which(one: Comparison) -> str:
    return "every" if (one.measure, one.operator) in _EVERY else _article(one.concepts[0])


def _window(one: Comparison) -> str:
    if one.window is None:
        return ""
    return f" within {spoken(one.window)}{' of admission' if one.measure in ADMISSION else ''}"


def _existence(predicate: Existence) -> str:
    kinds = [kind for one in predicate.matches if (kind := _kind(one))]
    rest = [_saying(one) if isinstance(one, Saying) else _match(one) for one in predicate.matches if not _kind(one)]
    noun = kinds[0] if kinds else "indicator"
    return " ".join([f"{_article(noun)} {noun}", " and ".join(rest)]).strip()


def _kind(one: Match | Saying) -> str | None:
    """Return the kind of indicator that a filter asks for, where it does."""
    if isinstance(one, Saying) or one.field != "kind" or one.barred:
        return None
    return one.exact.replace("_", " ")


def _match(one: Match) -> str:
    whose, never = _OF_FIELD.get(one.field, f"whose {one.field}"), "not " if one.barred else ""
    if one.pattern is None:
        return never + (_EXACTLY.get((one.field, one.exact)) or f"{whose} is “{one.exact.replace('_', ' ')}”")
    if words := _words_of(one.pattern.pattern):
        return f"{whose} {'does not have' if one.barred else 'has'} {words}"
    return f"{whose} {'does not match' if one.barred else 'matches'} the pattern “{one.pattern.pattern}”"


def _saying(one: Saying) -> str:
    words = f"{_OF_FIELD[one.field]} {'denies' if one.denied else 'says'} {_said(one.finding.words)}"
    return f"{words}, unless beside {_said(one.finding.unless)}" if one.finding.unless is not None else words


def _said(text: str) -> str:
    """Return the words of `says` for reading: that they begin where a word begins needs no mention."""
    return _words_of(text.replace(r"\b", "").replace("[- ]", " ")) or f"the pattern “{text}”"
