"""Whether indicators support an option: the criteria of the knowledge applied to the evidence that is linked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import Enum

from compliance.knowledge import Criterion, Evidence, Knowledge
from compliance.reading import Reading
from compliance.text import words
from schemas.check import CheckIndicator, CheckOption

_NUMBER = re.compile(r"(?<![\d.])[<>]?\s?(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?")
_PRESSURE = re.compile(r"\b(\d{2,3})/\d{2,3}\b")
_NOT_THE_VALUE = re.compile(
    r"\((?:ref|normal|range)[^()]*\)|\b\d{1,2}/\d{1,2}(?:/\d{2,4})?\b(?!\s*mmHg)|\b\d{1,2}:\d{2}\b", re.IGNORECASE
)


class Support(Enum):
    """How well the linked indicators support an option."""

    FULL = "full"
    THIN = "thin"
    NONE = "none"
    UNKNOWN = "unknown"


def classes(indicator: CheckIndicator, knowledge: Knowledge) -> frozenset[str]:
    """Return the classes that an indicator belongs to, by its name; a therapy's or report's name counts too."""
    return frozenset(hit.payload for hit in knowledge.class_index.find(indicator.name, words(indicator.name)))


def supporting(criterion: Criterion, indicators: Sequence[CheckIndicator], knowledge: Knowledge) -> tuple[int, ...]:
    """Return the positions of the indicators that support the criterion; what a composer links as evidence."""
    return tuple(
        place
        for place, indicator in enumerate(indicators)
        if any(shows(indicator, evidence, knowledge) for evidence in criterion.any_of)
    )


def supported(criterion: Criterion, option: CheckOption, reading: Reading) -> Support:
    """Judge the evidence that an option links. Positions outside the indicators are ignored (another rule names them)."""
    if criterion.documented and not reading.documented_concepts.intersection(criterion.documented):
        return Support.UNKNOWN
    linked = [
        reading.query.indicators[place] for place in option.evidence if 0 <= place < len(reading.query.indicators)
    ]
    met = {evidence.indicator for evidence in criterion.any_of if _any_shows(linked, evidence, reading.knowledge)}
    if not met:
        return Support.NONE if criterion.any_of and _all_known(linked, reading.knowledge) else Support.UNKNOWN
    return Support.FULL if len(met) >= criterion.wanted else Support.THIN


def _any_shows(linked: Sequence[CheckIndicator], evidence: Evidence, knowledge: Knowledge) -> bool:
    return any(shows(indicator, evidence, knowledge) for indicator in linked)


def _all_known(linked: Sequence[CheckIndicator], knowledge: Knowledge) -> bool:
    return all(classes(indicator, knowledge) for indicator in linked)


def shows(indicator: CheckIndicator, evidence: Evidence, knowledge: Knowledge) -> bool:
    """Tell whether one indicator shows what the evidence asks for."""
    if evidence.indicator != "*" and evidence.indicator not in classes(indicator, knowledge):
        return False
    text = f"{indicator.name} {indicator.value}".lower()
    found = {word.text for word in words(text)}
    if any(_stands(word, text, found) for word in evidence.absent_words):
        return False
    if evidence.words and not any(_stands(word, text, found) for word in evidence.words):
        return False
    return _within(indicator, evidence)


def _stands(word: str, text: str, found: set[str]) -> bool:
    return word in found if word.isalnum() else word in text


def _within(indicator: CheckIndicator, evidence: Evidence) -> bool:
    if evidence.above is None and evidence.below is None:
        return True
    return any(_inside(number, evidence) for number in _numbers(indicator.value, evidence.indicator))


def _inside(number: float, evidence: Evidence) -> bool:
    if evidence.above is not None and number <= evidence.above:
        return False
    return evidence.below is None or number < evidence.below


def _numbers(value: str, kind: str) -> Iterator[float]:
    pairs = _PRESSURE.findall(value[:2000]) if kind == "blood_pressure" else []
    if pairs:  # of a pressure pair the systolic one is compared
        yield from map(float, pairs)
        return
    for found in _NUMBER.finditer(_NOT_THE_VALUE.sub(" ", value[:2000])):
        yield float(found.group(1).replace(",", "") + (found.group(2) or ""))
