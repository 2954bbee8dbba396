"""Approved wording with slots, compiled to expressions. What fills a slot is verified by slots.py."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, TypeVar

from compliance.dates import DAY_FIRST, MONTH_FIRST

_DATE = rf"(?:\d{{4}}-\d{{2}}-\d{{2}}|\d{{1,2}}/\d{{1,2}}(?:/\d{{2,4}})?|(?i:{DAY_FIRST}|{MONTH_FIRST}))"
_CLOCK = r"\d{1,2}:\d{2}(?::\d{2})?(?:\s*(?:Z|[+-]\d{2}:?\d{2}))?"
_TIME = (
    r"(?:from|on|until|till|to|between|and|at|by|before|after|since|this|next|last|the|of|in|for|about|every|each|all"
    r"|mon(?:day)?s?|tue(?:sday)?s?|wed(?:nesday)?s?|thu(?:rsday)?s?|fri(?:day)?s?|sat(?:urday)?s?|sun(?:day)?s?"
    r"|january|february|march|april|may|june|july|august|september|october|november|december"
    r"|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec"
    r"|\d{1,2}/\d{1,2}(?:/\d{2,4})?|\d{4}-\d\d-\d\d|\d{1,2}(?:st|nd|rd|th)?|\d{1,2}:\d\d|[ap]\.?m\.?|noon|midnight"
    r"|today|tomorrow|tonight|yesterday|mornings?|afternoons?|evenings?|nights?|weekends?|weekdays?|weeks?|months?"
    r"|days?|hours?|minutes?|one|two|three|four|five|six|seven|eight|ten|twelve|fifteen|end|early|late|then|now|noon)"
)
_SPELL = (
    r"(?:at the moment|at present|on (?:the|that) day(?: in question| you return)?"
    r"|(?:when|until|while) you are (?:back|away|on leave)|during rounds"
    r"|at your next sign-in|after the update|before you sign in|in the meantime|for the morning)"
)
_PERSON = r"[A-Z][\w'-]*\.?(?: [A-Z][\w'-]*\.?){0,2}"
_ITEM = (
    r"(?:(?:an?|the|your|this|that|one|another|each|any|1|\d{1,2}|two|three|four|five|all|both|these|those|earlier) )?"
    r"(?:(?:open|new|earlier|documentation|clinical|coding|waiting|pending|corrected|shared|unopened|saved|redirected)"
    r" ){0,2}(?:clarification|question|request|item|query|task|message|mail|e-mail|form|notice|reminder)s?"
)
_LIST = (
    r"(?:your|the|my|our|their|her|his)(?: (?:own|shared|group|team|personal|cover|hospital|clarification|query|open))?"
    r" (?:list|inbox|queue|worklist|portal|app|pool|EHR inbox|in-basket|folder)"
)
_PROVIDER = (
    r"(?:hospitalist|attending|surgeon|resident|physician|provider|clinician|consultant|fellow|specialist|colleague"
    r"|intensivist|advanced practice provider|NP|PA)"
)
# Slots that their form alone makes safe.
_CLOSED_SLOTS = {
    "date": _DATE,
    "dates": rf"{_DATE}(?:(?:,| to| through| and|, and) {_DATE}){{0,5}}",
    "datetime": rf"{_DATE}[ T,]+{_CLOCK}",
    "moment": rf"{_DATE}(?:[ T,]+{_CLOCK})?",
    "count": r"\d{1,4}",
    "reference": r"[A-Za-z0-9-]{1,40}",
    "item_number": r"[A-Z]{1,5}-?\d{1,4}[a-z]?",
    "form": r"(?:[A-Z]{1,4}-?)?\d{1,4}",
    "quote": r"[\"“][^\"”\n]{1,2000}[\"”]",
    "person": _PERSON,
    "when": rf"(?i:(?:{_SPELL}|{_TIME}(?:(?:,? | ?[-–] ?){_TIME}){{0,14}}))",
    "item": rf"(?i:{_ITEM}(?: (?:of|from|dated|sent on|sent to you(?: on)?) {_DATE})?)",
    "list": rf"(?i:{_LIST})",
    "provider": (
        rf"(?:(?:Dr\.? |Prof\.? ){_PERSON}"
        rf"|(?i:(?:the|another|a|your) (?:(?:covering|treating|other|right|rounding) )?{_PROVIDER})"
        rf"(?i: who (?:wrote|signed|dictated|treated|cared for|saw) the (?:note|report|summary|patient)| on call"
        rf"| of record| on duty)?)"
    ),
    "extension": r"\d{2,6}",
}
_OPEN_SLOT = r"[^\n?!]{1,160}?"
_NESTED = re.compile(r"\{[^{}]*\{")
_PIECE = re.compile(r"\{([^{}]+)\}|\[|\]|[^{}\[\]]+")


Fillers = tuple[tuple[str, str], ...]
"""The open slots of a wording, each with what stands there."""


Note = TypeVar("Note")
_OPTIONAL = re.compile(r"\[[^\[\]]*\]")
_SLOT = re.compile(r"\{([^{}]*)\}")
_PLAIN_WORD = re.compile(r"(?<!\S)[a-z]+(?!\S)")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled wording: its expression, and the slot that each group fills."""

    expression: re.Pattern[str]
    slots: tuple[str, ...]

    def fillers(self, text: str) -> Fillers | None:
        """Return (slot, content) for each open slot when `text` has this wording, else None."""
        found = self.expression.fullmatch(text)
        if found is None:
            return None
        return tuple((slot, content) for slot, content in zip(self.slots, found.groups(), strict=True) if content)


class Wordings(Generic[Note]):
    """Many wordings with a note each. On a text only those are tried whose rarest certain word stands in it, and of
    those without one such that share a choice with it.
    """

    def __init__(self, noted: Iterable[tuple[str, Note]]) -> None:
        entries = [(wording, note, _certain(wording)) for wording, note in noted]
        common = Counter(word for _, _, certain in entries for word in certain)
        self._by_word: dict[str, list[tuple[str, Note]]] = {}
        self._by_choice: list[tuple[tuple[str, ...], str, Note]] = []
        for wording, note, certain in entries:
            if certain:
                rarest = min(certain, key=lambda word: (common[word], word))
                self._by_word.setdefault(rarest, []).append((wording, note))
            else:
                self._by_choice.append((_choice(wording), wording, note))

    def found(self, text: str) -> Iterator[tuple[Note, Fillers]]:
        """Yield the notes of the wordings that a text has, with what fills their slots."""
        for wording, note in self._possible(text.lower()):
            fillers = compiled(wording).fillers(text)
            if fillers is not None:
                yield note, fillers

    def _possible(self, lowered: str) -> Iterator[tuple[str, Note]]:
        for word in dict.fromkeys(lowered.split()):
            yield from self._by_word.get(word, ())
        for choice, wording, note in self._by_choice:
            for part in choice:
                if part in lowered:
                    yield wording, note
                    break


@lru_cache(maxsize=4096)
def compiled(wording: str) -> Pattern:
    """Return the pattern of an approved wording. Raises ValueError for brackets that do not match."""
    if _NESTED.search(wording):
        raise ValueError(f"slots may not be nested: {wording!r}")
    slots: list[str] = []
    expression = "".join(_piece(found, slots) for found in _PIECE.finditer(wording.strip()))
    try:
        return Pattern(re.compile(expression, re.IGNORECASE), tuple(slots))
    except re.error as fault:
        raise ValueError(f"not a wording: {wording!r}") from fault


def _certain(wording: str) -> frozenset[str]:
    """Return the plain words between blanks that every text of a wording holds: outside slots and optional parts."""
    return frozenset(_PLAIN_WORD.findall(_SLOT.sub("\0", _demanded(wording))))


def _choice(wording: str) -> tuple[str, ...]:
    """Return parts of which every text of a wording holds one: what is longest in each answer of its rarest choice."""
    choices = [slot.split("|") for slot in _SLOT.findall(_demanded(wording)) if "|" in slot]
    parts = [tuple(max(answer.split() or [""], key=len) for answer in answers) for answers in choices]
    return max(parts, key=lambda choice: min(map(len, choice)), default=("",))


def _demanded(wording: str) -> str:
    """Return a wording in small letters, without its optional parts."""
    left = wording.lower()
    for _ in range(1 + left.count("[")):  # optional parts may hold others
        left = _OPTIONAL.sub("\0", left)
    return left


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
