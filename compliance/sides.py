"""Sides of the body that the author wrote agree with the record (R-02, R-04, R-35): no left where it says right."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from compliance.findings import block, review
from compliance.reading import Passage, Reading
from compliance.text import Span, bag
from schemas.check import Finding

# "Left" and "right" beside these are no side of this patient's body that a record would repeat: chambers and vessels
# have abbreviations, and what was left open is no side.
_NO_SIDE = (
    r"ventric|atri|heart|main|bundle|axis|shift|coronary|circumflex|anterior desc|away|now|after|before|answer|option"
    r"|choice|here|to|of|as|in|for|over|by|at|on|out|off|open|blank|behind|against|without|empty|free|hand corner"
    r"|margin|column|side of (?:the|this) (?:form|page|screen)"
)
_SIDE = re.compile(
    r"(?<!\bwas )(?<!\bis )(?<!\bare )(?<!\bbe )(?<!\bwere )(?<!\bbeen )(?<!\bhas )(?<!\bhad )(?<!\ball )"
    rf"(?<!\bpatient )\b(left|right)\b(?![ -](?:{_NO_SIDE})\b)((?:[ -][a-z-]{{3,20}}){{0,3}})",
    re.IGNORECASE,
)
_BEFORE = re.compile(r"((?:[a-z-]{3,20} ){0,2}[a-z-]{3,20})(?:,| of the) $", re.IGNORECASE)
_THREE_WORDS = 70  # signs at most, with "of the" behind them
# How records write a side: in full, as a letter, or as the first letter of a limb, a lobe, a quadrant or a vessel.
_PART = r"(?:LE|UE|LL|UL|ML|UQ|LQ|BKA|AKA|TKA|THA|FA|CA|ICA|MCA|PCA|ACA|IJ|SC)"
_WRITTEN = {
    "left": re.compile(rf"\b(?:[Ll]eft|LEFT|[Ll]t\b|L{_PART}?\b|OS\b)"),
    "right": re.compile(rf"\b(?:[Rr]ight|RIGHT|[Rr]t\b|R{_PART}?\b|OD\b)"),
}
_BOTH = re.compile(r"\b(?:bilateral\w*|both|b/l|bilat|BLE|BUE|either|sides|OU)\b", re.IGNORECASE)
_OTHER = {"left": "right", "right": "left"}
_OPEN_BETWEEN_SIDES = frozenset({"laterality", "conflict"})
# A brain and its limbs differ in side.
_CROSSING = frozenset(
    {"sided", "weakness", "hemiparesis", "hemiplegia", "facial", "droop", "neglect", "gaze", "numbness"}
)
_OF_ANY_PART = frozenset({"the", "and", "documented", "acute", "chronic", "was", "with", "from", "for", "that"})
_AS_SHOWN = "Name the side as the record does, or leave it to the record."


class _Side(NamedTuple):
    """A side that a text names: which, where, and the words of what it is the side of."""

    name: str
    span: Span
    beside: frozenset[str]


class _Entries(NamedTuple):
    """What the record says: its documented terms, and its findings with their values."""

    terms: tuple[str, ...]
    rows: tuple[str, ...]

    @classmethod
    def of(cls, reading: Reading) -> _Entries:
        terms = tuple([entry.term for entry in reading.query.documented])
        return cls(terms, tuple([row.text for row in reading.rows]))


def sides_agree(reading: Reading) -> Iterator[Finding]:
    """R-02, R-35, R-04: no text and no answer names a side where the record names the other one."""
    told = [(text, side) for text in reading.prose for side in _sides(text.text) if text.authored(side.span[0])]
    answers = reading.option_texts if reading.query.category not in _OPEN_BETWEEN_SIDES else ()
    told += [(text, side) for text in answers for side in _sides(text.text)]
    entries = _Entries.of(reading) if told else _Entries((), ())
    for text, side in told:
        if (found := _contradicted(side, entries, alone=not _names_both(text.text))) is not None:
            message = f"The record names the {_OTHER[side.name]} side."
            yield found(_rule(text), text.field, message, _AS_SHOWN, side.span)


def _rule(text: Passage) -> str:
    if text.field == "title":
        return "R-02"
    return "R-04" if text.field.startswith("options") else "R-35"


@lru_cache(maxsize=4096)
def _sides(text: str) -> tuple[_Side, ...]:
    """Return the sides that a text names, each with the words of what it is the side of: "Heel injury, right"."""
    found = tuple(_SIDE.finditer(text))
    before = [_BEFORE.search(text, max(0, one.start() - _THREE_WORDS), one.start()) for one in found]
    return tuple(
        _Side(one[1].lower(), one.span(1), bag(one[2] or (said[1] if said else "")) - _OF_ANY_PART)
        for one, said in zip(found, before, strict=True)
    )


def _names_both(text: str) -> bool:
    return len({side.name for side in _sides(text)}) > 1


def _contradicted(side: _Side, entries: _Entries, *, alone: bool) -> Callable[..., Finding] | None:
    """Return how grave it is that the record names the other side; `alone`: the text names this side only.

    A documented term of the same part of the body decides; else all that is said of that part, else all of the record.
    """
    if side.beside & _CROSSING:
        return None
    terms = [entry for entry in entries.terms if side.beside & bag(entry)]
    rows = [entry for entry in entries.rows if side.beside & bag(entry)]
    of_terms = _only_other(side, terms) and not any(_WRITTEN[side.name].search(row) for row in rows)
    if of_terms or _only_other(side, terms + rows):
        return block
    return review if alone and side.beside and _only_other(side, (*entries.terms, *entries.rows)) else None


def _only_other(side: _Side, entries: Sequence[str]) -> bool:
    """Tell whether entries write the other side, and none of them this one or both."""
    if any(_BOTH.search(entry) or _WRITTEN[side.name].search(entry) for entry in entries):
        return False
    return any(_WRITTEN[_OTHER[side.name]].search(entry) for entry in entries)
