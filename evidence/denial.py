"""What a text of the record says, and what it only names to deny: "no active bleeding" shows no bleeding.

A text is looked at by its parts. A denial before a finding reaches over the whole sentence ("no fever, chills or
melena"), up to a turn such as "but"; one behind it, and the word "negative", only up to the next comma. Where it is not
sure how far a denial reaches, it reaches further: an answer that is not offered can still be written by the provider,
one that is offered wrongly leads.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from schemas.gaps import Indicator

BEFORE = (
    *("no", "not", "none", "without", "denies", "denied", "denying", "never", "neither", "nor"),
    *("absence of", "lack of", "free of", "negative for"),
)
"""Before a finding, anywhere in its sentence: it is not there."""
BESIDE = ("rules out", "ruled out", "rule out", "excludes", "excluded", "unlikely")
"""Before a finding, with no comma between: it is not there."""
AFTER = (
    *("ruled out", "was excluded", "is excluded", "is unlikely", "was unlikely", "is negative", "was negative"),
    *("not present", "not seen", "not identified", "not found", "not confirmed", "not documented", "not supported"),
    *("not felt", "not detected", "not demonstrated", "not visualized", "not given", "not started", "not done"),
)
"""Behind a finding: it is not there."""
CLOSING = ("absent", "negative", "denied", "none", "no", "nil")
"""Behind a finding too, but only where nothing follows: "melena denied", and not "ileus, absent bowel sounds"."""
ASSERTING = (
    *("not only", "not just", "not merely", "no doubt", "no question", "without doubt", "without question", "why not"),
    *(
        "not yet ruled out",
        "not ruled out",
        "cannot be ruled out",
        "not be ruled out",
        "not excluded",
        "not be excluded",
    ),
    *("cannot exclude", "can not exclude", "no other than", "nothing but", "not to forget", "not without", "doubt no"),
)
"""What holds one of these denies nothing."""
_ASIDE = (
    *("no change", "no significant change", "no improvement", "no relief", "no response", "without relief"),
    *("without contrast", "without return to baseline"),
)
"""Denials of something else, which say nothing about what follows."""
_TURNS = r"but|however|although|though|except|despite|because|since|due to|other than|(?:apart|aside) from"
_REACH = 6
"""A denial stands at most so many words behind its finding."""


def _any_of(words: Iterable[str]) -> str:
    return "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in words)


_SENTENCE = re.compile(rf"[;\n]|(?<!\b\w)\.(?!\d)|\b(?:{_TURNS})\b", re.IGNORECASE)
_PART = re.compile(rf"[,;()\n]|(?<!\b\w)\.(?!\d)|\b(?:{_TURNS})\b", re.IGNORECASE)
_NOTHING_DENIED = re.compile(rf"\b(?:{_any_of((*ASSERTING, *_ASIDE))})\b", re.IGNORECASE)
_DENYING_BEFORE = re.compile(rf"\b(?:{_any_of(BEFORE)})\b", re.IGNORECASE)
_DENYING_BESIDE = re.compile(
    rf"\b(?:{_any_of(BESIDE)}|(?<!gram[- ])(?<!coagulase[- ])negative|absent)\b|\bnon[- ]?\Z", re.IGNORECASE
)
_DENYING_AFTER = re.compile(
    rf"\W*(?:[\w'/-]+\W+){{0,{_REACH}}}?"
    rf"(?:(?:{_any_of(AFTER)})\b|(?<!not )(?<!gram[- ])(?<!coagulase[- ])(?:{_any_of(CLOSING)})\s*\Z)",
    re.IGNORECASE,
)
_DENYING_VALUE = re.compile(
    r"\s*(?:<|0(?![.\d])|(?:no|none|not|nil|denies|denied|denying|negative|absent|without|normal|never)\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Finding:
    """What is looked for: words or their beginnings, and what takes a mention out where it stands near it.

    Both are patterns, and begin where a word begins: "ulcer" finds "ulceration", and no "tulcer". `unless` counts in
    the same part of a text, up to the next comma: with "intact", a "left heel intact" is about a heel, and no wound.
    """

    words: str
    unless: str | None = None

    @cached_property
    def _words(self) -> re.Pattern[str]:
        return _from_word_start(self.words)

    @cached_property
    def _unless(self) -> re.Pattern[str] | None:
        return _from_word_start(self.unless) if self.unless is not None else None

    @cached_property
    def _is_a_denial(self) -> bool:
        """Words that deny themselves ("absent bowel sounds", "not following") are looked for as they stand."""
        return _DENYING_BEFORE.search(self.words) is not None

    def told(self, field: str, indicator: Indicator) -> frozenset[bool]:
        """Return what an indicator tells of the finding: True where it says it, False where it denies it.

        `field`: where the finding is looked for: the name, the value, or the text, which is either. A name is denied by
        its value ("Melena": "none").
        """
        told: set[bool] = set()
        if field != "value" and self._words.search(indicator.name):
            value = f"{indicator.comparator or ''}{indicator.value}"
            denied = _DENYING_VALUE.match(value) is not None and _NOTHING_DENIED.match(value) is None
            told.update(self._told(f"{indicator.name}: {value}", len(indicator.name), denied))
        if field != "name" and self._words.search(indicator.value):
            told.update(self._told(indicator.value, len(indicator.value)))
        return frozenset(told)

    def _told(self, text: str, end: int, denied: bool = False) -> Iterable[bool]:
        """Yield for each mention that begins before `end` whether it stands, or is denied."""
        found = self._words.search(text)
        while found is not None and found.start() < end:
            if not self._is_aside(text, found):
                yield not (denied or self._is_denied(text, found))
            found = self._words.search(text, found.start() + 1)

    def _is_aside(self, text: str, found: re.Match[str]) -> bool:
        if self._unless is None:
            return False
        return self._unless.search(text, _begin(_PART, text, found.start()), _end(text, found.end())) is not None

    def _is_denied(self, text: str, found: re.Match[str]) -> bool:
        start, end = found.span()
        before = _NOTHING_DENIED.sub(" ", text[_begin(_SENTENCE, text, start) : start])
        behind = text[end : _end(text, end)]
        return (
            _DENYING_BEFORE.search(before) is not None
            or _DENYING_BESIDE.search(before, _begin(_PART, before, len(before))) is not None
            or (not self._is_a_denial and _DENYING_BEFORE.search(found.group()) is not None)
            or (_DENYING_AFTER.match(behind) is not None and _NOTHING_DENIED.search(behind) is None)
        )


def _from_word_start(words: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{words})", re.IGNORECASE)


def _begin(border: re.Pattern[str], text: str, place: int) -> int:
    """Where the part of a text begins in which a place lies."""
    begin = 0
    for found in border.finditer(text, 0, place):
        begin = found.end()
    return begin


def _end(text: str, place: int) -> int:
    """Where the part of a text ends that goes on at a place."""
    found = _PART.search(text, place)
    return found.start() if found else len(text)
