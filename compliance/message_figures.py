"""What may stand in a message without saying anything: addresses, dates, times, telephones, references, policies."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from compliance.dates import MONTH_STEMS
from compliance.text import Span, Word

_ADDRESS = re.compile(r"https?://[^\s<>\"']{1,500}|[\w.+-]{1,64}@[\w.-]{1,100}", re.IGNORECASE)
_UNIQUE = re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", re.IGNORECASE)
_FIGURES = re.compile(
    r"(?=[\d(+])(?:\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?\b"
    r"|\b\d{1,2}/\d{1,2}(?:/\d{2,4})?\b"
    rf"|\b\d{{1,2}}(?:st|nd|rd|th)?[ -](?:of )?(?:{'|'.join(MONTH_STEMS)})[a-z]{{0,6}}\.?(?:,? \d{{4}})?\b"
    r"|\b\d{1,2}:\d\d(?::\d\d)?(?: ?[ap]\.?m\b\.?)?(?: ?(?:UTC|E[SD]?T|C[SD]T|M[SD]T|P[SD]?T)\b)?"
    r"|\b\d{1,2} ?[ap]\.?m\b\.?"
    r"|(?:\+?1[-. ])?(?:\(\d{3}\) ?|\b\d{3}[-. ])?\b\d{3}[-.]\d{4}\b)",
    re.IGNORECASE,
)
# What goes on after a word: "ext. 4471", "ref q-61c0", "policy MS-14", "April 3".
_AFTER = {
    "contact": re.compile(r"\w+[.:]? ?#? ?x?\d{3,6}\b(?![-./:]\d)", re.IGNORECASE),
    "reference": re.compile(
        r"\w+\.?(?: no\.?| id| number)?[ :#]{1,3}(?=[a-z0-9-]{0,20}\d)"
        r"[a-z0-9]{1,8}(?:-[a-z0-9]{1,12}){0,4}\b(?![/:.]\d)",
        re.IGNORECASE,
    ),
    "policy": re.compile(r"\w+ (?:no\.? ?|number |#)?[a-z]{1,6}[-. ]?\d[\w.-]{0,10}\b", re.IGNORECASE),
    "month": re.compile(r"\w+\.? \d{1,2}(?:st|nd|rd|th)?\b(?:,? \d{4}\b)?"),
}
# An item by its number, where a text speaks of items: "C-812", "61-PLO".
_NUMBERED = re.compile(r"\b[A-Z]{1,3}-\d{1,5}\b|\b\d{1,4}-[A-Z]{2,4}\b")
# Longer numbers are items' wherever a text speaks of one: "CLQ-88127", "19-0442".
_LONG_NUMBERED = re.compile(r"\b[A-Z]{2,4}-\d{4,6}\b|\b\d\d-\d{4}\b(?!-)|\b(?:INC|REQ|TKT|RITM|SR)\d{5,8}\b")
# What a machine tells by its name, and what somebody signs in with.
_TOLD = re.compile(
    r"\b(?:ref|id|item)=(?=[a-z_-]*\d)[a-z0-9][a-z0-9_-]{2,24}\b"
    r"|\b\d[\d -]{2,9}\d(?= is your [a-z -]{0,30}\b(?:code|passcode|pin)\b)"
    r"|\b(?:sign-?in|log-?in|verification|one-time|access|portal|security|confirmation|activation|use|your|the) "
    r"(?:code|passcode|pin)(?: is|:)? \d{2,4}(?:[ -]?\d{2,4}){1,3}\b",
    re.IGNORECASE,
)
_DIRECT = re.compile(r"x\d{3,6}")


def opaque_spans(
    text: str, words: Sequence[Word], followed_by: Mapping[str, str], items: Collection[str] = ()
) -> list[Span]:
    """Return the places of addresses, dates, times, telephone numbers, references and policies, in order.

    `followed_by` tells what may follow a word: a contact, a reference, a policy or the day of a month;
    `items` are the words for an item, which has a number.
    """
    spans = [found.span() for found in _ADDRESS.finditer(text)] if "@" in text or "://" in text else []
    if text.count("-") > 3:
        spans += [found.span() for found in _UNIQUE.finditer(text)]
    if any(sign in text for sign in "0123456789"):
        spans += [found.span() for found in _FIGURES.finditer(text)]
        spans += [found.span() for found in _TOLD.finditer(text)]
        if any(followed_by.get(word.text) == "reference" for word in words):
            spans += [found.span() for found in _NUMBERED.finditer(text)]
        if any(word.text in items for word in words):
            spans += [found.span() for found in _LONG_NUMBERED.finditer(text)]
        for word in words:
            kind = followed_by.get(word.text)
            found = _AFTER[kind].match(text, word.start) if kind is not None else _DIRECT.fullmatch(word.text)
            if found:
                spans.append((word.start, word.start + found.end() - found.start()))
    spans.sort()
    return spans
