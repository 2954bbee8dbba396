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
    r"\s*[<>=~≥≤]{0,2}\s*-?\d[\d,]*(?:\.\d+)?\s?(%|[a-zµ°]{1,8}(?: ?/ ?[a-z0-9.^]{1,12}){0,3})"
    r"(?![a-z%])(?<! in(?= [a-z]))",
    re.IGNORECASE,
)
_DECADE = re.compile(r"\s*[<>~]?\d{0,2}0s\b")  # "in the 40s" counts no seconds
_LONG = 3


# The number with which a value begins, as it was measured: no difference, no limit.
_BEGINS = re.compile(r"\s*(\d[\d,]*(?:\.\d+)?)(?![\d/:x])")


def _plain(unit: str) -> str:
    return _BLANK.sub("", fold(unit).text.lower())


class Units:
    """Units by the quantity that they measure, from units.yaml. What was asked is remembered, in bounds."""

    def __init__(
        self,
        quantities: Mapping[str, tuple[str, ...]],
        fitting: Mapping[str, frozenset[str]],
        words: frozenset[str],
        plausible: Mapping[str, Mapping[str, tuple[float, float]]],
    ) -> None:
        """`quantities`: patterns by name; `fitting`: what a class of indicators can have; `words`: words of units.

        `plausible`: by class and the pattern of a unit, between what a number can lie.
        """
        self._plausible = {
            kind: tuple((re.compile(form), *limits) for form, limits in units.items())
            for kind, units in plausible.items()
        }
        self._patterns = tuple((name, re.compile("|".join(forms))) for name, forms in quantities.items())
        self._fitting = fitting
        self._words = words
        self.measures = lru_cache(maxsize=_REMEMBERED)(self._measures)
        """The quantities that a unit measures; none where the unit is not known."""

    def _measures(self, unit: str) -> frozenset[str]:
        written = _plain(unit)
        return frozenset(name for name, pattern in self._patterns if pattern.fullmatch(written))

    def misfits(self, kinds: tuple[str, ...], unit: str) -> bool:
        """Tell whether a unit measures something else than the one class that is shown can have."""
        fitting = self._fitting.get(kinds[0]) if len(kinds) == 1 else None
        return fitting is not None and self._measures_other(unit, fitting)

    def exceeds(self, kinds: tuple[str, ...], value: str, unit: str) -> bool:
        """Tell whether the number with which a value begins cannot be one of its class in its unit."""
        found = _BEGINS.match(value)
        if found is None or len(kinds) != 1 or not unit:
            return False
        number, written = float(found.group(1).replace(",", "")), _plain(unit)
        ranges = ((low, high) for form, low, high in self._plausible.get(kinds[0], ()) if form.fullmatch(written))
        return any(not low <= number <= high for low, high in ranges)

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
