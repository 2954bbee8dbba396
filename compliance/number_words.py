"""What is known of the numbers of rows: names, scales, limits, words of direction (numbers.yaml, scores.yaml)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

REFERENCE = "reference"
ORDINAL = "ordinal"
TIME = "time"
_LONGEST_NAME = 4
_REMEMBERED = 4096
_WORD = re.compile(r"[a-z#~][a-z0-9/&+'-]*|[a-z]*\d[a-z][a-z0-9-]*|<|>|≤|≥|=|→|--?>")
_AFTER_NUMBER = re.compile(r" ?([a-z][a-z/ ]{1,28}?) ?(?=$|[,;.)])")
_OF_ROW = (("gap",), ("ratio",), ("index",), ("score",), ("total",))
_SEVERAL = re.compile(r" / |/(?= )|[;&+]| and ")
_ASIDE = re.compile(r"[,(:]| - ")


def words_of(text: str) -> tuple[str, ...]:
    """Return the words and signs of a text in lower case."""
    return tuple(_WORD.findall(text))


class Naming:
    """What words before a number name, from numbers.yaml and scores.yaml."""

    def __init__(
        self,
        labels: Mapping[str, Iterable[str]],
        going_on: frozenset[str],
        no_measure: frozenset[str],
        salts: tuple[frozenset[str], frozenset[str]],
    ) -> None:
        """`labels`: names by what they measure; `going_on`: words within a series; `no_measure`: words of a name.

        `salts`: kinds that are salts of drugs too, and the words that may stand before them in a name."""
        self._kinds = {words_of(name): kind for kind, names in labels.items() for name in names}
        self._going_on = going_on
        self._no_measure = no_measure
        self.of_row = lru_cache(maxsize=_REMEMBERED)(self._of_row)
        """The one thing that the name of a row, in lower case, names."""
        self._salts, self._before_salts = salts

    def named(self, words: tuple[str, ...]) -> str:
        """Return what the last of these words name."""
        words = self._without_links(words)
        for length in range(min(_LONGEST_NAME, len(words)), 0, -1):
            kind = self._kinds.get(words[-length:])
            if kind is not None:
                return kind
        return ""

    def _of_row(self, name: str) -> str:
        """Return the one thing that the name of a row names; "" where it names none, several, or a part of another."""
        whole = words_of(name)
        if whole in self._kinds:
            return self._kinds[whole]
        if _SEVERAL.search(name) or not self._no_measure.isdisjoint(whole):
            return ""
        words = words_of(_ASIDE.split(name, 1)[0])
        end = len(words)
        while end and words[:end] not in self._kinds and words[end - 1] in self._going_on:
            end -= 1
        kind = self.named(words[:end])
        if kind in (REFERENCE, ORDINAL) or (
            kind in self._salts and not self._before_salts.issuperset(words[: end - 1])
        ):
            return ""
        return kind

    def after(self, rest: str) -> str:
        """Return what the words right after a number name, where nothing else follows them: "12.8 direct"."""
        found = _AFTER_NUMBER.match(rest)
        return self._kinds.get(words_of(found.group(1)), "") if found is not None else ""

    def is_of_row(self, words: tuple[str, ...]) -> bool:
        """Tell whether a label is a short one of what the row names: "gap 30"."""
        return self._without_links(words)[-1:] in _OF_ROW

    def core(self, words: tuple[str, ...]) -> str:
        """Return the words of a label that name a thing, without those that say where or when."""
        return " ".join(word for word in words[-_LONGEST_NAME:] if word not in self._going_on and word[0].isalpha())

    def goes_on(self, words: tuple[str, ...]) -> bool:
        """Tell whether words between two numbers leave the second in the series of the first."""
        return all(word in self._going_on or not word[0].isalpha() for word in words)

    def _without_links(self, words: tuple[str, ...]) -> tuple[str, ...]:
        end = len(words)
        while end and (words[end - 1] in self._going_on or not words[end - 1][0].isalnum()):
            if words[:end] in self._kinds or words[end - 1 : end] in self._kinds:
                break
            end -= 1
        return words[:end]


class Scale(NamedTuple):
    """A scale with its least and its greatest score; `parts`: how many items its whole sum has, 0 where unknown."""

    least: float
    most: float
    parts: int


@dataclass(frozen=True)
class NumberWords:
    """Scales, limits and words about numbers. `directions`: phrases by what they say of a series."""

    naming: Naming
    scales: Mapping[str, Scale]
    limits: Mapping[str, tuple[float, float]]
    never: Mapping[str, tuple[float, float]]
    units_of_limits: frozenset[str]
    rates: tuple[tuple[str, str, float, float], ...]
    quantities: Mapping[str, str]
    better_when: Mapping[str, frozenset[str]]
    directions: Mapping[str, str]
    direction: re.Pattern[str]
    out_of_order: frozenset[str]
    wholes: tuple[frozenset[str], ...]
    at_most_all: frozenset[str]
    counted: frozenset[str]
    begins: frozenset[str]
    ends: frozenset[str]
    vertebrae: Mapping[str, int]
    spine: tuple[str, ...]


def number_words(numbers: Mapping[str, Any], scores: Mapping[str, Any]) -> NumberWords:
    """Return what numbers.yaml and scores.yaml hold."""
    scales: Mapping[str, Any] = scores["scales"]
    names: dict[str, Iterable[str]] = {**numbers["labels"]}
    for kind, entry in scales.items():
        names[kind] = (*names.get(kind, ()), *entry["names"])
    directions = {phrase: way for way, phrases in numbers["directions"].items() for phrase in phrases}
    return NumberWords(
        naming=Naming(
            names,
            _words(numbers["going_on"]),
            frozenset(numbers["no_measure"]),
            (frozenset(numbers["salts"]), frozenset(numbers["before_salts"])),
        ),
        scales={kind: _scale(one) for kind, one in scales.items()},
        limits={kind: (float(low), float(high)) for kind, (low, high) in numbers["limits"].items()},
        never={kind: (float(low), float(high)) for kind, (low, high) in numbers["never"].items()},
        units_of_limits=_words(numbers["units_of_limits"]) | {""},
        rates=tuple((kind, unit, float(low), float(high)) for kind, unit, low, high in numbers["rates"]),
        quantities={kind: quantity for quantity, kinds in numbers["quantities"].items() for kind in kinds},
        better_when={way: frozenset(kinds) for way, kinds in numbers["better_when"].items()},
        directions=directions,
        direction=re.compile(rf"\b(?:{'|'.join(sorted(directions, key=len, reverse=True))})\b"),
        out_of_order=frozenset(numbers["out_of_order"]),
        wholes=tuple(frozenset(parts) for parts in numbers["wholes"].values()),
        at_most_all=frozenset(numbers["at_most_all"]),
        counted=frozenset(numbers["counted"]),
        begins=frozenset(numbers["begins"]),
        ends=frozenset(numbers["ends"]),
        vertebrae=dict(scores["vertebrae"]),
        spine=tuple(scores["spine"]),
    )


def _scale(entry: Mapping[str, Any]) -> Scale:
    least, most = entry["range"]
    return Scale(float(least), float(most), int(entry.get("parts", 0)))


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())
