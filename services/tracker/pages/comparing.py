"""An answer beside what was asked: what was chosen, which words are own, what an amendment changed. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from schemas.check import QueryDocument
from services.tracker.reading import Row

_TOKEN = re.compile(r"\w+(?:[-'’.]\w+)*|\s+|[^\w\s]")
_WORD = re.compile(r"\w")
_SAME_SIGN = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "-"})
_SAYS_NOTHING = re.compile(
    r"\W*(?:ok(?:ay)?|yes|no|agree(?:d)?|i agree|noted|done|see (?:note|chart|above)|as above|thanks?|thank you)\W*",
    re.IGNORECASE,
)
MOST_TOKENS = 4_000
"""Of a longer text only the beginning is compared, so that nobody waits."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of text: as before, added or removed; or, of an answer, `own` words that the question did not bring."""

    kind: Literal["same", "added", "removed", "own"]
    text: str


@dataclass(frozen=True, slots=True)
class Offer:
    """One answer that was offered, and whether it was chosen."""

    text: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Compared:
    """What was offered and what was answered. `empty`: the words settle nothing ("ok", "agree")."""

    offers: tuple[Offer, ...] = ()
    words: tuple[Stretch, ...] = ()
    empty: bool = False


def compared(document: QueryDocument | None, response: Row) -> Compared:
    """Return an answer beside the question that it answers."""
    text = response["answer_text"] or ""
    offers = tuple(Offer(one.text, one.id == response["option_id"]) for one in document.options) if document else ()
    needs_words = response["code"] in ("OTHER_TEXT", "FREE_TEXT")
    return Compared(offers, own_words(text, _brought(document)), needs_words and says_nothing(text))


def says_nothing(text: str) -> bool:
    """Whether an answer in own words names no condition at all."""
    return _SAYS_NOTHING.fullmatch(text) is not None or not re.search(r"[^\W\d_]{3}", text)


def _brought(document: QueryDocument | None) -> frozenset[str]:
    """Return the words of the question, its answers and what the record shows."""
    if document is None:
        return frozenset()
    texts = [document.question, document.context or "", document.title, *(one.text for one in document.options)]
    texts += [f"{one.name} {one.value} {one.unit or ''}" for one in document.indicators]
    texts += [one.term for one in document.documented]
    return frozenset(_plain(token) for text in texts for token in _tokens(text))


def own_words(text: str, known: frozenset[str]) -> tuple[Stretch, ...]:
    """Return a text with the words marked that are not among the known ones."""
    kinds = ["own" if _WORD.search(token) and _plain(token) not in known else "same" for token in _tokens(text)]
    return _joined([(kind, token) for kind, token in zip(kinds, _tokens(text), strict=True)])


def changes(before: str, after: str) -> tuple[Stretch, ...]:
    """Return how one text became another, word by word; other quotes, dashes and blanks are no change."""
    old, new = _tokens(before), _tokens(after)
    matcher = SequenceMatcher(None, [_plain(one) for one in old], [_plain(one) for one in new], autojunk=False)
    found: list[tuple[str, str]] = []
    for kind, start, end, first, last in matcher.get_opcodes():
        if kind == "equal":
            found += [("same", one) for one in new[first:last]]
            continue
        found += [("removed", one) for one in old[start:end]]
        found += [("added", one) for one in new[first:last]]
    return _joined(found)


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(text)[:MOST_TOKENS]


def _plain(token: str) -> str:
    return " " if token.isspace() else token.translate(_SAME_SIGN).casefold()


def _joined(parts: Sequence[tuple[str, str]]) -> tuple[Stretch, ...]:
    """Join neighbours of one kind; a blank between two marked words goes with them."""
    kinds = [kind for kind, _ in parts]
    for at in range(1, len(parts) - 1):
        if parts[at][1].isspace() and kinds[at] == "same" and kinds[at - 1] == kinds[at + 1] == "own":
            kinds[at] = "own"
    joined: list[tuple[str, str]] = []
    for kind, (_, text) in zip(kinds, parts, strict=True):
        if joined and joined[-1][0] == kind:
            joined[-1] = (kind, joined[-1][1] + text)
        else:
            joined.append((kind, text))
    return tuple(Stretch(kind, text) for kind, text in joined)  # type: ignore[arg-type]
