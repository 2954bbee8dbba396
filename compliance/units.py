"""Whether a unit is one, and whether what it stands beside can have it (R-06): no record holds a sodium of 138 %."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from compliance.folding import fold
from compliance.indicators import IndicatorReader
from compliance.rows import Row
from compliance.text import bag

_REMEMBERED = 4096
_BLANK = re.compile(r"\s+")
# The first number of a value, with the unit that stands beside it; "9 in CSF" measures no inches.
_FIRST = re.compile(
    r"\s*[<>=~≥≤]{0,2}\s*-?\d[\d,]*(?:\.\d+)?\s?(%|cm h2o|[a-zµ°]{1,8}(?: ?/ ?[a-z0-9.^]{1,12}){0,3})"
    r"(?![a-z%])(?<! in(?= [a-z]))",
    re.IGNORECASE,
)
_DECADE = re.compile(r"\s*[<>~]?\d{0,2}0s\b")  # "in the 40s" counts no seconds
_LONG = 3
_SEVERAL = re.compile(r"[/;&+,]|\band\b")  # names of several things, each with its unit
_LONGEST = 5  # words of the name of a measure
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
# The number with which a value begins, as it was measured: no difference, no limit.
_BEGINS = re.compile(r"\s*(\d[\d,]*(?:\.\d+)?)(?![\d/:x])")


def _plain(unit: str) -> str:
    return _BLANK.sub("", fold(unit).text.lower())


class Fitting(NamedTuple):
    """The quantities that a measure can have: by its class, and by its name where it is of none."""

    of_class: Mapping[str, frozenset[str]]
    of_name: Mapping[str, frozenset[str]]


class UnitWords(NamedTuple):
    """`known`: words that a unit may hold; `atoms`: units that others are made of; `of_change`: words beside rates."""

    known: frozenset[str]
    atoms: frozenset[str]
    of_change: frozenset[str]


class Units:
    """Units by the quantity that they measure, from units.yaml. What was asked is remembered, in bounds."""

    def __init__(
        self,
        quantities: Mapping[str, tuple[str, ...]],
        fitting: Fitting,
        words: UnitWords,
        plausible: Mapping[str, Mapping[str, tuple[float, float]]],
    ) -> None:
        """`quantities`: patterns by name; `plausible`: by class and form of a unit, between what a number can lie."""
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

    def misfits(self, row: Row, reader: IndicatorReader) -> bool:
        """Tell whether the unit of a row measures something else than what is shown can have, or nothing at all."""
        unit = self.shown(row)
        fitting = self._fitting_to(row, reader) if unit else None
        if fitting is None:
            return False
        measured = self.measures(unit)
        return measured.isdisjoint(fitting) if measured else self._is_made_up(unit, row.name_words)

    def _fitting_to(self, row: Row, reader: IndicatorReader) -> frozenset[str] | None:
        """Return the quantities that the one measure can have which a row names, or with which its value begins."""
        kinds = reader.kinds(row.name)
        fitting = self._fitting.of_class.get(kinds[0]) if len(kinds) == 1 else None
        return fitting or self._named(row.name) or self._labelled(row)

    def _named(self, name: str) -> frozenset[str] | None:
        if _SEVERAL.search(name):
            return None
        words = fold(name).text.lower().split()[-_LONGEST:]
        found = (self._fitting.of_name.get(" ".join(words[first:])) for first in range(len(words)))
        return next((fitting for fitting in found if fitting), None)

    def _labelled(self, row: Row) -> frozenset[str] | None:
        """Return what the measure can have with which the value of a row begins: "LVEF 25-30" of an echocardiogram."""
        seen = [one for one in row.shown.seen if one.numbers] if row.unit else []
        first = _NUMBER.search(row.value) if len(seen) == 1 else None
        if first is None or float(first.group().replace(",", "")) != seen[0].numbers[0]:
            return None
        return self._fitting.of_class.get(seen[0].kind)

    def _is_made_up(self, unit: str, named: frozenset[str]) -> bool:
        """Tell whether a unit is made of units, and of no quantity: mmol/L/h, which only a rate of change has."""
        parts = _plain(unit).split("/")
        return self._words.atoms.issuperset(parts) and self._words.of_change.isdisjoint(named)

    def exceeds(self, kinds: tuple[str, ...], value: str, unit: str) -> bool:
        """Tell whether the number with which a value begins cannot be one of its class in its unit."""
        found = _BEGINS.match(value)
        if found is None or len(kinds) != 1 or not unit:
            return False
        number, written = float(found.group(1).replace(",", "")), _plain(unit)
        ranges = ((low, high) for form, low, high in self._plausible.get(kinds[0], ()) if form.fullmatch(written))
        return any(not low <= number <= high for low, high in ranges)

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
        return frozenset(word for word in bag(unit) & ordinary if word not in self._words.known and len(word) >= _LONG)
