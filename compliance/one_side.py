"""What a finding of both sides of the body shows of one of them: "Right 14, left 54" is 14 on the right (R-04)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from compliance.choices import sides_of
from compliance.indicators import QUIET, IndicatorReader, Tell
from compliance.rows import Row

_OTHER = {"left": "right", "right": "left"}
_CLAUSE = re.compile(
    r"[,;]|(?<=\w\w)\.(?:\s|$)|\bbut\b|\bwhile\b|\band (?=(?:the )?(?:left|right)\b)|\bversus\b|\bvs\b"
)
_LETTERS = re.compile(r"[a-z]{2}", re.IGNORECASE)
_DENSITY = re.compile(r"\bod \d\.", re.IGNORECASE)  # optical density, no right eye
_SIDE_WORD = re.compile(r"\b(?:left|right|o[ds]|lt|rt)\b[.:]?", re.IGNORECASE)


def lies_on_the_other_side(side: str, rows: Iterable[Row], reader: IndicatorReader) -> bool:
    """Tell whether all that is abnormal in rows which name both sides is on the other side than `side`.

    A row that names no side, or this side alone, is left out: it is judged as it stands.
    """
    elsewhere = False
    for row in rows:
        parts = _parts(row.name, row.value)
        own, other = parts.get(side), parts.get(_OTHER[side])
        if "both" in parts or (own is not None and _speaks(row, own, reader)):
            return False
        elsewhere = elsewhere or (other is not None and _speaks(row, other, reader))
    return elsewhere


def only_side(sides: frozenset[str]) -> str | None:
    """Return the one side of those that a text names, where it names one alone."""
    return next(iter(sides)) if len(sides) == 1 and "both" not in sides else None


def all_tell_the_other_side(side: str, texts: Iterable[str]) -> bool:
    """Tell whether each of some lower-case texts names the other side, and none of them `side`."""
    told = [sides_of(text) for text in texts]
    return bool(told) and all(named == {_OTHER[side]} for named in told)


@lru_cache(maxsize=4096)
def _parts(name: str, value: str) -> dict[str, str]:
    """Return what a row says of each side that it names; a clause without a side goes on with the one before it."""
    if _DENSITY.search(value):
        return {}
    named = sides_of(name.lower())
    side = next(iter(named)) if len(named) == 1 else None
    parts: dict[str, list[str]] = {}
    for said in _clauses(value):
        told = sides_of(said.lower())
        side = "both" if len(told) > 1 else next(iter(told), side)
        if side is not None:
            parts.setdefault(side, []).append(_SIDE_WORD.sub(" ", said).strip())
    return {side: "; ".join(said) for side, said in parts.items()}


def _clauses(value: str) -> Iterator[str]:
    for piece in _CLAUSE.split(value):
        if piece.strip():
            yield piece.strip()


def _speaks(row: Row, part: str, reader: IndicatorReader) -> bool:
    """Tell whether a part of a row's value shows something that is neither normal nor denied."""
    shown = reader.read(_SIDE_WORD.sub(" ", row.name), part, row.unit)
    if any(one.numbers for one in shown.seen):
        return shown.tell not in QUIET
    if not _LETTERS.search(part):
        return bool(part)  # "2+"
    return shown.tell is not Tell.HELD and shown.tell not in QUIET and not reader.finds_nothing(part)
