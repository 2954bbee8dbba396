"""Approved wording with slots, compiled to expressions. What fills a slot is verified by slots.py."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_DATE = r"(?:\d{4}-\d{2}-\d{2}|\d{1,2}/\d{1,2}(?:/\d{2,4})?)"
_CLOCK = r"\d{1,2}:\d{2}(?::\d{2})?(?:\s*(?:Z|[+-]\d{2}:?\d{2}))?"
# Slots that their form alone makes safe.
_CLOSED_SLOTS = {
    "date": _DATE,
    "dates": rf"{_DATE}(?:(?:,| to| through| and|, and) {_DATE}){{0,5}}",
    "datetime": rf"{_DATE}[ T,]+{_CLOCK}",
    "moment": rf"{_DATE}(?:[ T,]+{_CLOCK})?",
    "count": r"\d{1,4}",
    "reference": r"[A-Za-z0-9-]{1,40}",
    "quote": r"[\"“][^\"”\n]{1,2000}[\"”]",
    "person": r"[A-Z][\w'-]*\.?(?: [A-Z][\w'-]*\.?){0,2}",
    "extension": r"\d{2,6}",
}
_OPEN_SLOT = r"[^\n?!]{1,160}?"
_NESTED = re.compile(r"\{[^{}]*\{")
_PIECE = re.compile(r"\{([^{}]+)\}|\[|\]|[^{}\[\]]+")


Fillers = tuple[tuple[str, str], ...]
"""The open slots of a wording, each with what stands there."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled wording: its expression, the slot that each group fills, and a word that it never lacks."""

    expression: re.Pattern[str]
    slots: tuple[str, ...]
    telling: str = ""

    def fillers(self, text: str) -> Fillers | None:
        """Return (slot, content) for each open slot when `text` has this wording, else None."""
        if self.telling not in text.lower():  # hundreds of wordings are tried on a text; most stop here
            return None
        found = self.expression.fullmatch(text)
        if found is None:
            return None
        return tuple((slot, content) for slot, content in zip(self.slots, found.groups(), strict=True) if content)


@lru_cache(maxsize=4096)
def compiled(wording: str) -> Pattern:
    """Return the pattern of an approved wording. Raises ValueError for brackets that do not match."""
    if _NESTED.search(wording):
        raise ValueError(f"slots may not be nested: {wording!r}")
    slots: list[str] = []
    expression = "".join(_piece(found, slots) for found in _PIECE.finditer(wording.strip()))
    try:
        return Pattern(re.compile(expression, re.IGNORECASE), tuple(slots), _telling(wording))
    except re.error as fault:
        raise ValueError(f"not a wording: {wording!r}") from fault


def _telling(wording: str) -> str:
    """Return the longest plain word that every text of this wording holds: outside slots and what may be missing."""
    certain = re.sub(r"\[[^\[\]]*\]|\{[^{}]*\}", "\0", wording)
    return max(re.findall(r"(?<![^\s])[a-z]+(?![^\s])", certain.lower()), key=len, default="")


def _piece(found: re.Match[str], slots: list[str]) -> str:
    slot = found.group(1)
    if slot is None:
        return _literal(found.group())
    if "|" in slot:
        return "(?:" + "|".join(_literal(choice) for choice in slot.split("|")) + ")"
    if slot in _CLOSED_SLOTS:
        return f"(?-i:{_CLOSED_SLOTS[slot]})"
    slots.append(slot)
    return f"({_OPEN_SLOT})"


def _literal(text: str) -> str:
    if text == "[":
        return "(?:"
    if text == "]":
        return ")?"
    return r"\s+".join(re.escape(part) for part in re.split(r"\s+", text))
