"""What the library knows of indicators (`indicators/*.yaml`): names, LOINC codes, units, numbers that stand in text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from evidence.ranges import RangeEntry
from evidence.readings import Conversion, Interval, number, unit_key
from evidence.units import conversion
from evidence.yaml_text import read_entries
from schemas.gaps import Indicator

_STRICT = ConfigDict(frozen=True, extra="forbid")
_PRIOR_LABEL = re.compile(r",?\s*prior encounter.*$")
_ASIDE = frozenset({"serum", "plasma", "blood", "level", "venous", "arterial"})


class UnitEntry(BaseModel):
    """How one spelling of a unit becomes the concept's own: (value + shift) x times / over."""

    model_config = _STRICT
    shift: Decimal = Decimal(0)
    times: Decimal = Decimal(1)
    over: Decimal = Field(default=Decimal(1), gt=0)


class ConceptEntry(BaseModel):
    """One known indicator as the file describes it.

    `unit` is what criteria count in (UCUM); `units` maps other spellings to it. `extract` finds the number in a
    text value, with the groups `low` and, for a range, `high`. `marked` says which end of a trend is the marked one.
    `reference` holds the laboratory's ranges. An entry without `names` changes the ranges of a known indicator alone.
    """

    model_config = _STRICT
    names: tuple[str, ...] | None = None
    loinc: tuple[str, ...] = ()
    unit: str | None = None
    units: dict[str, UnitEntry] = {}
    extract: str | None = None
    marked: Literal["high", "low", "both"] = "both"
    reference: tuple[RangeEntry, ...] = ()

    @field_validator("extract")
    @classmethod
    def _is_a_pattern(cls, value: str | None) -> str | None:
        if value is not None and "low" not in re.compile(value).groupindex:
            raise ValueError("the pattern needs a group named `low`")
        return value

    @model_validator(mode="after")
    def _changes_ranges_alone(self) -> Self:
        if self.names is None and self.model_fields_set != {"reference"}:
            raise ValueError("`names` is missing; without it only `reference` may stand here")
        return self


@dataclass(frozen=True, slots=True)
class Concept:
    """One known indicator, ready to read numbers."""

    name: str
    spellings: tuple[str, ...]
    unit: str | None
    conversions: Mapping[str, Conversion]
    extract: re.Pattern[str] | None
    marked: Literal["high", "low", "both"]
    loinc: tuple[str, ...]
    reference: tuple[RangeEntry, ...]
    confirmed: tuple[RangeEntry, ...]


class Concepts:
    """All known indicators; finds the one that a gap's indicator is, by LOINC first and by name second."""

    def __init__(self, entries: Mapping[str, ConceptEntry]) -> None:
        self._concepts = {name: _concept(name, entry) for name, entry in entries.items()}
        self._by_loinc = {code: name for name, entry in entries.items() for code in entry.loinc}
        self._by_name = {_plain(text): name for name, one in self._concepts.items() for text in one.spellings}

    @property
    def units(self) -> Mapping[str, frozenset[str]]:
        """The unit spellings that count as each concept's own (those that need no conversion)."""
        own = Conversion()
        return {
            name: frozenset(unit for unit, conversion in concept.conversions.items() if conversion == own)
            for name, concept in self._concepts.items()
        }

    @property
    def shown_units(self) -> Mapping[str, str]:
        """The unit that each concept is counted in, as written; none for a number without one."""
        return {name: concept.unit for name, concept in self._concepts.items() if concept.unit}

    @property
    def titles(self) -> tuple[str, ...]:
        """The names of all known indicators, as people read them, in order."""
        return tuple(sorted(name.replace("_", " ") for name in self._concepts))

    def named(self, indicator: Indicator) -> str | None:
        """Return the concept's name, or None for an indicator that the library does not know."""
        by_code = self._by_loinc.get(indicator.loinc) if indicator.loinc else None
        return by_code or self._by_name.get(_plain(indicator.name))

    def names(self, name: str) -> tuple[str, ...]:
        """All spellings of a concept's name, in lower case."""
        return self._concepts[name].spellings

    def unit(self, name: str) -> str | None:
        """The unit that criteria count in (UCUM)."""
        return self._concepts[name].unit

    def marked(self, name: str) -> Literal["high", "low", "both"]:
        """Which end of this concept's trend is the marked one."""
        return self._concepts[name].marked

    def loinc(self, name: str) -> tuple[str, ...]:
        """The LOINC codes that mean it."""
        return self._concepts[name].loinc

    def ranges(self, name: str) -> tuple[RangeEntry, ...]:
        """Its reference ranges, confirmed or not."""
        return self._concepts[name].reference

    def confirmed(self, name: str) -> tuple[RangeEntry, ...]:
        """Those of its reference ranges that a laboratory confirmed."""
        return self._concepts[name].confirmed

    def counts_in(self, name: str, unit: str | None) -> bool:
        """True for a unit that is the concept's own by another spelling at most, so that its ranges hold for it."""
        return self._concepts[name].conversions.get(unit_key(unit)) == Conversion()

    def reading(self, name: str, indicator: Indicator) -> Interval | None:
        """Return the indicator's number in the concept's own unit, or None where it surely has none."""
        concept = self._concepts[name]
        if concept.extract is not None and (found := _extracted(concept.extract, indicator)):
            return found
        if indicator.quoted:
            return None
        value = number(indicator.value, indicator.comparator)
        if value is None:
            return None
        stated = concept.conversions.get(unit_key(indicator.unit))
        if stated is None and indicator.unit and concept.unit:
            stated = conversion(indicator.unit, concept.unit)
        return stated.apply(value) if stated is not None else None


def load_concepts(folder: Path, base: Mapping[str, ConceptEntry]) -> dict[str, ConceptEntry]:
    """Read a folder of `*.yaml` files over what is known so far. Raises `LibraryError` with file and field."""
    known = dict(base)
    for name, (source, entry) in read_entries(folder, ConceptEntry).items():
        if entry.names is not None:
            known[name] = entry
        elif name in base:
            known[name] = base[name].model_copy(update={"reference": entry.reference})
        else:
            raise source.fault((name,), "no indicator of this name is known yet; `names` is missing")
    return known


def _concept(name: str, entry: ConceptEntry) -> Concept:
    own = {unit_key(entry.unit): Conversion()}
    others = {unit_key(unit): Conversion(one.shift, one.times, one.over) for unit, one in entry.units.items()}
    pattern = re.compile(entry.extract, re.IGNORECASE) if entry.extract else None
    names = entry.names or ()
    return Concept(
        name=name,
        spellings=tuple(dict.fromkeys((name.replace("_", " "), *(one.casefold() for one in names)))),
        unit=entry.unit,
        conversions=MappingProxyType({**own, **others}),
        extract=pattern,
        marked=entry.marked,
        loinc=entry.loinc,
        reference=entry.reference,
        confirmed=tuple(one for one in entry.reference if one.laboratory is not None),
    )


def _extracted(pattern: re.Pattern[str], indicator: Indicator) -> Interval | None:
    found = pattern.search(f"{indicator.name}: {indicator.value}")
    if found is None:
        return None
    low = Decimal(found["low"])
    high = Decimal(found["high"]) if "high" in pattern.groupindex and found["high"] else low
    return Interval(low, high) if low <= high else None


@lru_cache(maxsize=8192)
def _plain(name: str) -> str:
    """Return a name without case, punctuation, specimen words and a label of the prior encounter."""
    words = re.findall(r"[\w+]+", _PRIOR_LABEL.sub("", name.casefold()).replace("_", " "))
    return " ".join([word for word in words if word not in _ASIDE] or words)
