"""Where conditions sit and where findings come from: evidence of another organ or part of the body shows nothing.

A finding that comes from nowhere in particular (a fever, a blood culture, a drug, a note) may speak of any organ; a
specimen, a film or the examination of a part speaks of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import IntEnum
from functools import lru_cache

from compliance.indicators import Shown
from compliance.names import NameIndex, line_of

_REMEMBERED = 4096
_WORD = re.compile(r"[a-z]+")
# A level of the spine names its part.
_LEVEL = re.compile(r"\b([ctls])\d{1,2}\b")
_LEVELS = {"c": "neck", "t": "upper back", "l": "low back", "s": "rump"}


class Fit(IntEnum):
    """How far what is linked comes from where the condition sits."""

    HERE = 0
    ANYWHERE = 1
    PARTLY_ELSEWHERE = 2
    ELSEWHERE = 3


class Sites:
    """Organs and parts of the body, from sites.yaml. What was read is remembered, in bounds."""

    def __init__(
        self,
        organs: Mapping[str, tuple[Iterable[str], Iterable[str]]],
        parts: Mapping[str, Iterable[str]],
        no_part: Iterable[str],
    ) -> None:
        """`organs`: names of conditions and classes of findings by organ; `parts`: words by region of the body."""
        self._conditions = NameIndex((name, organ) for organ, (names, _) in organs.items() for name in names)
        self._of_class: dict[str, frozenset[str]] = {}
        for organ, (_, classes) in organs.items():
            for kind in classes:
                self._of_class[kind] = self._of_class.get(kind, frozenset()) | {organ}
        self._of_word: dict[str, frozenset[str]] = {}
        for region, listed in parts.items():
            for word in listed:
                self._of_word[word] = self._of_word.get(word, frozenset()) | {region}
        self._no_part = re.compile("|".join(map(re.escape, no_part)))
        self.organs_of = lru_cache(maxsize=_REMEMBERED)(self._organs_of)
        """The organs in which the conditions of a lower-case text sit."""
        self.regions_of = lru_cache(maxsize=_REMEMBERED)(self._regions_of)
        """The parts of the body that a lower-case text names: for each its regions."""

    def _organs_of(self, text: str) -> frozenset[str]:
        return frozenset(hit.payload for hit in self._conditions.find(line_of(text), overlapping=True))

    def _regions_of(self, text: str) -> frozenset[frozenset[str]]:
        said = self._no_part.sub(" ", text)
        named = {regions for word in _WORD.findall(said) if (regions := self._of_word.get(word))}
        return frozenset(named | {frozenset({_LEVELS[found.group(1)]}) for found in _LEVEL.finditer(said)})

    def organ_fit(self, condition: str, linked: Iterable[Shown]) -> Fit:
        """Tell whether findings come from the organ in which a condition (a lower-case text) sits."""
        organs = self.organs_of(condition)
        return _fit(organs, [self.sources_of(one) for one in linked]) if organs else Fit.ANYWHERE

    def sources_of(self, one: Shown) -> frozenset[str]:
        """Return the organs of which a finding speaks; none where it speaks of no organ in particular."""
        return frozenset[str]().union(*(self._of_class.get(kind, frozenset()) for kind in one.kinds))

    def part_fit(self, condition: str, linked: Iterable[str]) -> Fit:
        """Tell whether findings (lower-case texts) are of the part of the body that a condition names."""
        named = frozenset[str]().union(*self.regions_of(condition))
        return (
            _fit(named, [frozenset[str]().union(*self.regions_of(text)) for text in linked]) if named else Fit.ANYWHERE
        )


def _fit(wanted: frozenset[str], found: list[frozenset[str]]) -> Fit:
    placed = [places for places in found if places]
    if not placed:
        return Fit.ANYWHERE
    if any(places & wanted for places in placed):
        return Fit.HERE
    return Fit.ELSEWHERE if len(placed) == len(found) else Fit.PARTLY_ELSEWHERE
