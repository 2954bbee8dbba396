"""What an answer option says: which conditions it affirms or denies, its organisms, sides, drugs and stages (R-04)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple, TypeVar

from compliance.affinities import Affinities, Anchor, Refutation
from compliance.names import Line, NameIndex, american, line_of
from compliance.text import bag

_REMEMBERED = 4096
_SEGMENT = re.compile(r"[,;()]|\bbut\b")
_BEFORE = re.compile(
    r"\b(?:without|no|not|never|absence of|unrelated|rather than|other than|instead of|free of|neither|nor"
    r"|negative for)\b"
)
_AFTER = re.compile(
    r"\b(?:ruled out|excluded|not (?:confirmed|present|supported|related|identified)|absent|unlikely)\b"
)
_WHOLLY = re.compile(
    r"\b(?:ruled out|unrelated|expected|unknown|undetermined|unspecified|contaminant"
    r"|not (?:related|due|identified|determined|found|known)|incidental"
    r"|no (?:organism|cause|current|evidence|treatment))\b"
)
_CAUSE = re.compile(
    r"\b(?:due to|from|secondary to|caused by|because of|related to|associated with|with|after|following|complicating"
    r"|complication of|superimposed on|in)\b"
)
# "heparin-induced", "post-ERCP": what is blamed must stand in the record. General words blame nothing in particular.
_AGENT = re.compile(
    r"\b(?!drug|food|sleep|dysfunction|medication|stress|hospital|community|health|exercise|moisture|incontinence|pressure|noise|weight|pregnancy|age|disease|device|treatment|therapy|procedure|infection|immune|self)"
    r"([a-z]{4,})[- ](?:induced|associated|related)\b"
    r"|\bpost-?(?!erior|ero|ure|ing|pone|op|proc|partum|surg|infec|traum|ictal|hemorr|haemorr|menop|natal|prandial|void|renal|intub|extub|anesth)([a-z]{4,})"
)
# "Cholangitis with septic shock", "pneumonia and sepsis": what is joined is said to be there, too.
_JOINED_TO = re.compile(
    r"\b(?:with|and|plus|complicated by|progressing to)(?: (?:an?|acute|associated|early|new|resulting))* $"
)
_NUMBERED = re.compile(r"\b(stage|class|grade|cin) ?(iv|i{1,3}|v|[1-6])(?:[abc])?\b(?! ?/ ?\d)")
NUMERALS = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "vii": 7, "viii": 8, "ix": 9, "x": 10}
"""The Roman numbers of stages, classes and grades."""
_TELLING_WORD = re.compile(r"[a-z]{4,}")
_LONG = 6
T = TypeVar("T")
_PART = re.compile(r"\b(left|right) ([a-z]{3,})")
_SIDE = re.compile(
    r"\b(left|right|bilateral(?:ly)?|both(?! [a-z-]+ and )|each)\b"
    r"(?! (?:heart|ventric|atri|main|shift|bundle|axis|sided heart))"
)
# "L heel", "malleolus R", and the eyes (OD, OS, OU).
_SHORT_SIDE = re.compile(
    r"(?:^|[.;,:] ?)([lr]|lt|rt) (?=[a-z]{3})|\b(o[dsu])\b|(?<=[a-z]{3} )\(?([lr]|lt|rt)\)?(?=$| ?[,;.>\"])"
)
_SIDES = {
    "od": "right",
    "os": "left",
    "ou": "both",
    "l": "left",
    "lt": "left",
    "r": "right",
    "rt": "right",
    "each": "both",
    "bilaterally": "both",
    "bilateral": "both",
}


class Choice(NamedTuple):
    """An option as read. `affirmed` and `causes` are criteria by id: what it says, and what it says that comes from.

    `denied` are those it denies; `negative`: it affirms nothing and says that something is not there or not known.
    `lesser`: it says what the condition is without.
    `joined` are criteria of `causes` that it says are there as well ("with septic shock").
    `telling`: the words that name its condition; `refutable`: what may rule it out; `anchors`: what must speak for it.
    `parts`: sides with the part of the body that follows.
    """

    affirmed: tuple[str, ...]
    causes: tuple[str, ...]
    joined: tuple[str, ...]
    denied: frozenset[str]
    negative: bool
    lesser: bool
    telling: tuple[str, ...]
    parts: frozenset[tuple[str, str]]
    organisms: tuple[str, ...]
    families: frozenset[str]
    sides: frozenset[str]
    drugs: tuple[str, ...]
    steps: tuple[tuple[str, int], ...]
    depths: tuple[tuple[str, int], ...]
    agents: tuple[str, ...]
    refutable: tuple[Refutation, ...]
    anchors: tuple[Anchor, ...]
    words: frozenset[str]


@dataclass(slots=True)
class _Conditions:
    """The criteria that an option names, in its order, and the places of their names."""

    affirmed: dict[str, None] = field(default_factory=dict)
    causes: dict[str, None] = field(default_factory=dict)
    joined: dict[str, None] = field(default_factory=dict)
    denied: set[str] = field(default_factory=set)
    places: set[int] = field(default_factory=set)


class ChoiceReader:
    """Reads option texts and documented terms. What was read is remembered, in bounds."""

    def __init__(self, names: Iterable[tuple[str, str]], affinities: Affinities, drugs: Iterable[str]) -> None:
        """`names`: phrases of options and the id of their criterion; `drugs`: names that therapies go by."""
        self._criteria = NameIndex(names)
        self._generic = affinities.generic
        self._short = affinities.telling
        self._refutations = NameIndex((name, one) for one in affinities.refutations for name in one.names)
        self._anchors = NameIndex((name, one) for one in affinities.anchors for name in one.names)
        self._organisms = NameIndex((name, key) for key, one in affinities.organisms.items() for name in one.names)
        self._families = NameIndex((name, key) for key, one in affinities.families.items() for name in one.names)
        self._drugs = NameIndex((name, name) for name in (*drugs, *affinities.drug_groups))
        self._steps = NameIndex(
            (name, (key, place))
            for key, scale in affinities.scales.items()
            for place, step in enumerate(scale.steps)
            for name in step.names
        )
        self._depths = NameIndex(
            (name, (key, place))
            for key, scale in affinities.worded.items()
            for place, step in enumerate(scale.steps)
            for name in step.names
        )
        self._remembered = lru_cache(maxsize=_REMEMBERED)(self._read)

    def read(self, text: str) -> Choice:
        """Return what an option says."""
        return self._remembered(text[:400])

    def named(self, text: str) -> frozenset[str]:
        """Return all criteria that a text names, those inside longer names too: neonatal sepsis is sepsis."""
        return frozenset(hit.payload for hit in self._criteria.find(line_of(text.lower()), overlapping=True))

    def _read(self, text: str) -> Choice:
        text = american(text.lower())
        line = line_of(text)
        said = self._conditions(text, line)
        return Choice(
            affirmed=tuple(said.affirmed),
            causes=tuple(said.causes),
            joined=tuple(said.joined),
            denied=frozenset(said.denied),
            negative=not said.affirmed and bool(said.denied or _WHOLLY.search(text) or _BEFORE.search(text)),
            lesser=" without " in text,
            telling=tuple(self._telling(text)),
            parts=parts_of(text),
            organisms=tuple(self._affirmed(self._organisms, line, text)),
            families=frozenset(hit.payload for hit in self._families.find(line, overlapping=True)),
            sides=sides_of(text),
            drugs=tuple(hit.payload for hit in self._drugs.find(line) if self._blames(text, hit.start)),
            steps=tuple(hit.payload for hit in self._steps.find(line)),
            depths=tuple(hit.payload for hit in self._depths.find(line)),
            agents=tuple(_agents(text, said.places)),
            refutable=tuple(dict.fromkeys(self._named_in(self._refutations, line, text))),
            anchors=tuple(dict.fromkeys(self._named_in(self._anchors, line, text))),
            words=bag(text),
        )

    def _conditions(self, text: str, line: Line) -> _Conditions:
        """Return the criteria that a text names: it affirms what stands before a word of cause, and blames the rest."""
        said = _Conditions()
        cause = _CAUSE.search(text, 4 if text.startswith("with ") else 0)
        border = cause.start() if cause else len(text)
        for hit in self._criteria.find(line):
            said.places.update(range(hit.start, hit.end))
            if _denied(text, hit.start, hit.end):
                said.denied.add(hit.payload)
            elif hit.start <= border:
                said.affirmed[hit.payload] = None
            else:
                said.causes[hit.payload] = None
                if _JOINED_TO.search(text, 0, hit.start):
                    said.joined[hit.payload] = None
        return said

    def _affirmed(self, index: NameIndex[T], line: Line, text: str) -> Iterator[T]:
        for hit in index.find(line):
            if not _denied(text, hit.start, hit.end):
                yield hit.payload

    def _named_in(self, index: NameIndex[T], line: Line, text: str) -> Iterator[T]:
        """Yield what an option names and does not deny, also inside of longer names."""
        for hit in index.find(line, overlapping=True):
            if not _denied(text, hit.start, hit.end) and not text.endswith(("non-", "non ", "pre-"), 0, hit.start):
                yield hit.payload

    def _telling(self, text: str) -> Iterator[str]:
        for found in _TELLING_WORD.finditer(text):
            told = len(found.group()) >= _LONG or found.group() in self._short
            if told and found.group() not in self._generic and not _denied(text, found.start(), found.end()):
                yield found.group()

    def _blames(self, text: str, place: int) -> bool:
        """Tell whether a drug is named as a cause, and not denied."""
        cause = _CAUSE.search(text)
        return cause is not None and cause.start() < place and not _denied(text, place, place)


def _agents(text: str, taken: set[int]) -> Iterator[str]:
    """Yield what is blamed in one word; what stands in the name of a condition (`taken` places) is none."""
    for found in _AGENT.finditer(text):
        if not _denied(text, *found.span()) and taken.isdisjoint(range(*found.span())):
            yield found.group(1) or found.group(2)


def _denied(text: str, start: int, end: int) -> bool:
    """Tell whether words stand under a "without" or before a "ruled out" of the same part of the text."""
    left = 0
    for found in _SEGMENT.finditer(text, 0, start):
        left = found.end()
    border = _SEGMENT.search(text, end)
    right = border.start() if border else len(text)
    return bool(_BEFORE.search(text, left, start) or _AFTER.search(text, end, right))


def numbered_steps(text: str) -> frozenset[tuple[str, int]]:
    """Return the stages, classes and grades that a text names by number: ("grade", 2). Not "grade 2/6" of a murmur."""
    found = _NUMBERED.findall(text.lower())
    return frozenset((noun, NUMERALS.get(number) or int(number)) for noun, number in found)


def sides_of(text: str) -> frozenset[str]:
    """Return the sides that a lower-case text names: left, right, both."""
    found = [hit.group(1) for hit in _SIDE.finditer(text)] + [
        hit[hit.lastindex or 1] for hit in _SHORT_SIDE.finditer(text)
    ]
    return frozenset(_SIDES.get(side, side) for side in found)


def parts_of(text: str) -> frozenset[tuple[str, str]]:
    """Return each side of a lower-case text with the word that follows it: ("left", "hip")."""
    return frozenset((found.group(1), found.group(2)) for found in _PART.finditer(text))
