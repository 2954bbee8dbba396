"""Whether a unit is one, and whether what it stands beside can have it (R-06): no record holds a sodium of 138 %."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from compliance.folding import fold
from compliance.rows import Row
from compliance.text import bag

_REMEMBERED = 4096
_BLANK = re.compile(r"\s+")
# The first number of a value, with the unit that stands beside it; "9 in CSF" measures no inches.
_FIRST = re.compile(
    r"\s*[<>=~≥≤]{0,2}\s*-?\d[\d,]*(?:\.\d+)?\s?(%|[a-zµ°]{1,8}(?: ?/ ?[a-z0-9.^]{1,12}){0,3})(?![a-z%])(?<! in(?= [a-z]))",
    re.IGNORECASE,
)
_DECADE = re.compile(r"\s*[<>~]?\d{0,2}0s\b")  # "in the 40s" counts no seconds
_LONG = 3


class Units:
    """Units by the quantity that they measure, from units.yaml. What was asked is remembered, in bounds."""

    def __init__(
        self, quantities: Mapping[str, tuple[str, ...]], fitting: Mapping[str, frozenset[str]], words: frozenset[str]
    ) -> None:
        """`quantities`: patterns by name; `fitting`: what a class of indicators can have; `words`: words of units."""
        self._patterns = tuple((name, re.compile("|".join(forms))) for name, forms in quantities.items())
        self._fitting = fitting
        self._words = words
        self.measures = lru_cache(maxsize=_REMEMBERED)(self._measures)
        """The quantities that a unit measures; none where the unit is not known."""

    def _measures(self, unit: str) -> frozenset[str]:
        written = _BLANK.sub("", fold(unit).text.lower())
        return frozenset(name for name, pattern in self._patterns if pattern.fullmatch(written))

    def misfits(self, kinds: tuple[str, ...], unit: str) -> bool:
        """Tell whether a unit measures something else than the one class that is shown can have."""
        fitting = self._fitting.get(kinds[0]) if len(kinds) == 1 else None
        return fitting is not None and self._measures_other(unit, fitting)

    def _measures_other(self, unit: str, fitting: frozenset[str]) -> bool:
        measured = self.measures(unit)
        return bool(measured) and measured.isdisjoint(fitting)

    def shown(self, row: Row) -> str:
        """Return the unit of an indicator, or else the one beside the first number of its value."""
        if row.unit or row.quoted:
            return row.unit or ""
        found = _FIRST.match(row.value)
        return found.group(1) if found and not _DECADE.match(row.value) else ""

    def strange(self, unit: str, ordinary: frozenset[str]) -> frozenset[str]:
        """Return the everyday words of a unit that no unit holds."""
        if self.measures(unit):
            return frozenset()
        return frozenset(word for word in bag(unit) & ordinary if word not in self._words and len(word) >= _LONG)
