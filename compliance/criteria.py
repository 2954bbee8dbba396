"""Whether indicators support an option: the criteria of the knowledge applied to the evidence that is linked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import Enum

from compliance.knowledge import Criterion, Evidence, Knowledge
from compliance.text import words
from schemas.check import CheckIndicator

_NUMBER = re.compile(r"(?<![\d.])(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?")
_SPECIAL = {"blood_pressure": re.compile(r"\b(\d{2,3})/\d{2,3}\b"), "lvef": re.compile(r"\b(\d{1,2}) ?%")}
# Reference ranges, dates, clock times, durations and counts of doses are no measured values.
_NOT_THE_VALUE = re.compile(
    r"\((?:ref|normal|range)[^()]*\)|\b\d{1,2}/\d{1,2}(?:/\d{2,4})?\b|\b\d{1,2}:\d{2}\b"
    r"|\b(?:for|over|in|x|after)\s?\d+(?:\.\d+)?\s?(?:h|hours?|d|days?|min|weeks?|months?)?\b",
    re.IGNORECASE,
)
_READABLE = 2000


class Support(Enum):
    """How well the linked indicators support an option."""

    FULL = "full"
    THIN = "thin"
    NONE = "none"
    UNKNOWN = "unknown"


class _Shows(Enum):
    YES = "yes"
    NO = "no"
    UNTOLD = "untold"
    UNRELATED = "unrelated"


def classes(indicator: CheckIndicator, knowledge: Knowledge) -> frozenset[str]:
    """Return the classes that an indicator belongs to, by its name."""
    return frozenset(hit.payload for hit in knowledge.class_index.find(indicator.name, words(indicator.name)))


def supporting(criterion: Criterion, indicators: Sequence[CheckIndicator], knowledge: Knowledge) -> tuple[int, ...]:
    """Return the positions of the indicators that support the criterion: what a composer links as evidence."""
    return tuple(
        place
        for place, indicator in enumerate(indicators)
        if any(_shows(indicator, indicators, evidence, knowledge) is _Shows.YES for evidence in criterion.any_of)
    )


def support(
    criterion: Criterion, linked: Sequence[CheckIndicator], documented: frozenset[str], knowledge: Knowledge
) -> Support:
    """Judge the linked indicators. `documented` are the concepts that stand in the record.

    NONE only where every linked indicator contradicts the criterion or is of a class that cannot support it;
    whatever cannot be told is UNKNOWN.
    """
    if criterion.documented and not documented.intersection(criterion.documented):
        return Support.UNKNOWN
    met = {
        evidence.indicator
        for evidence in criterion.any_of
        if any(_shows(indicator, linked, evidence, knowledge) is _Shows.YES for indicator in linked)
    }
    if met:
        return Support.FULL if len(met) >= criterion.wanted else Support.THIN
    return Support.NONE if _all_contradict(criterion, linked, knowledge) else Support.UNKNOWN


def _all_contradict(criterion: Criterion, linked: Sequence[CheckIndicator], knowledge: Knowledge) -> bool:
    return bool(linked) and all(_contradicts(criterion, indicator, linked, knowledge) for indicator in linked)


def _contradicts(
    criterion: Criterion, indicator: CheckIndicator, linked: Sequence[CheckIndicator], knowledge: Knowledge
) -> bool:
    shown = {_shows(indicator, linked, evidence, knowledge) for evidence in criterion.any_of} - {_Shows.UNRELATED}
    if shown:
        return shown == {_Shows.NO}
    kinds = classes(indicator, knowledge)
    return bool(kinds) and kinds <= set(criterion.cannot)


def _shows(
    indicator: CheckIndicator, linked: Sequence[CheckIndicator], evidence: Evidence, knowledge: Knowledge
) -> _Shows:
    if evidence.indicator != "*" and evidence.indicator not in classes(indicator, knowledge):
        return _Shows.UNRELATED
    worded = _worded(indicator, evidence)
    if worded is not _Shows.YES or (evidence.above is None and evidence.below is None and evidence.change is None):
        return worded
    numbers = list(_numbers(indicator, evidence.indicator))
    if not numbers:
        return _Shows.UNTOLD
    if evidence.change is not None:
        return _changes(linked, evidence, knowledge)
    return _Shows.YES if any(_inside(number, evidence) for number in numbers) else _Shows.NO


def _worded(indicator: CheckIndicator, evidence: Evidence) -> _Shows:
    text = f"{indicator.name} {indicator.value}".lower()[:_READABLE]
    found = {word.text for word in words(text)}
    if any(_stands(word, text, found) for word in evidence.absent_words):
        return _Shows.NO
    if evidence.words and not any(_stands(word, text, found) for word in evidence.words):
        return _Shows.UNTOLD
    return _Shows.YES


def _stands(word: str, text: str, found: set[str]) -> bool:
    return word in found if word.isalnum() else word in text


def _changes(linked: Sequence[CheckIndicator], evidence: Evidence, knowledge: Knowledge) -> _Shows:
    """Judge the span between the lowest and the highest value of one class over all linked indicators."""
    numbers = [
        number
        for indicator in linked
        if evidence.indicator in classes(indicator, knowledge)
        for number in _numbers(indicator, evidence.indicator)
    ]
    if len(numbers) < 2 or evidence.change is None:
        return _Shows.UNTOLD
    low, high = min(numbers), max(numbers)
    enough = high - low >= evidence.change - 1e-9 or (evidence.ratio is not None and high >= evidence.ratio * low)
    return _Shows.YES if enough else _Shows.NO


def _inside(number: float, evidence: Evidence) -> bool:
    if evidence.above is not None and number <= evidence.above:
        return False
    return evidence.below is None or number < evidence.below


def _numbers(indicator: CheckIndicator, kind: str) -> Iterator[float]:
    """Yield the measured numbers of a value in the customary unit of its class."""
    value = indicator.value[:_READABLE]
    special = _SPECIAL[kind].findall(value) if kind in _SPECIAL else []
    if special:  # of a pressure pair the systolic number counts, of an echocardiogram the percentages
        yield from map(float, special)
        return
    for found in _NUMBER.finditer(_NOT_THE_VALUE.sub(" ", value)):
        number = float(found.group(1).replace(",", "") + (found.group(2) or ""))
        yield _customary(number, kind, indicator.unit or "")


def _customary(number: float, kind: str, unit: str) -> float:
    if kind == "temperature" and number > 60:
        return (number - 32) / 1.8
    if kind == "glucose" and "mmol" in unit.lower():
        return number * 18
    if kind == "hemoglobin" and number > 30:
        return number / 10
    return number / 1000 if kind == "wbc" and number > 1000 else number
