"""Text as the check reads it: folded characters, words with their places, quotations. Spans point into the original."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

Span = tuple[int, int]

_SHORT = 200

_WORD = re.compile(r"[A-Za-z]?[a-z]+(?=[A-Z][a-z]{2})|[A-Za-z0-9]+|[$%]")
_QUOTATION = re.compile(r"\"[^\"]{1,4000}\"|“[^”]{1,4000}”|(?<!\w)'[^'\n]{1,400}'(?!\w)")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[\"“(A-Z0-9])|\n+")
# An initial ("R. Ames", "C. difficile") or a title before a full stop does not end a sentence.
_INITIAL = re.compile(r"(?:\b[A-Za-z]|\b(?:Dr|Mr|Mrs|Ms|ext|no|vs))\.$", re.IGNORECASE)
_LOOKALIKES = str.maketrans(
    "аеорсухіјѕԁһкмтвнАЕОРСУХІЈЅВНКМТαορνικΑΒΕΖΗΙΚΜΝΟΡΤΥΧ‘’‐‑‒–—−",
    "aeopcyxijsdhkmtbhAEOPCYXIJSBHKMTaopvikABEZHIKMNOPTYX''------",
)


@dataclass(frozen=True, slots=True)
class Word:
    """One lower-case word and where it stands in the original text."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Folded:
    """Text with look-alikes and invisible signs folded; `places[i]` is the place of character i in the original."""

    text: str
    places: tuple[int, ...] | None

    def origin(self, index: int) -> int:
        """Return the place in the original text of a place in the folded one."""
        return index if self.places is None else self.places[index]


def _fold_character(character: str) -> str:
    if unicodedata.category(character) in ("Cf", "Mn", "Me"):
        return ""
    return unicodedata.normalize("NFKC", character).translate(_LOOKALIKES)


def fold(text: str) -> Folded:
    """Return `text` with compatibility forms and look-alike letters folded and invisible signs dropped."""
    if text.isascii():
        return Folded(text, None)
    pieces: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        piece = character if character.isascii() else _fold_character(character)
        pieces.append(piece)
        places.extend([place] * len(piece))
    return Folded("".join(pieces), (*places, len(text)))


def words(text: str) -> tuple[Word, ...]:
    """Return the words of `text`, lower case, with their spans in the original. Short texts are remembered."""
    return _remembered_words(text) if len(text) <= _SHORT else _words(text)


def _words(text: str) -> tuple[Word, ...]:
    folded = fold(text)
    if folded.places is None:
        return tuple(Word(found.group().lower(), *found.span()) for found in _WORD.finditer(text))
    return tuple(
        Word(found.group().lower(), folded.origin(found.start()), folded.origin(found.end() - 1) + 1)
        for found in _WORD.finditer(folded.text)
    )


_remembered_words = lru_cache(maxsize=4096)(_words)


def bag(text: str) -> frozenset[str]:
    """Return the set of lower-case words of `text`. Short texts are remembered: they come again and again."""
    return _remembered_bag(text) if len(text) <= _SHORT else _bag(text)


def _bag(text: str) -> frozenset[str]:
    return frozenset(found.group().lower() for found in _WORD.finditer(fold(text).text))


_remembered_bag = lru_cache(maxsize=4096)(_bag)


def quotations(text: str) -> tuple[Span, ...]:
    """Return the spans of text between quotation marks."""
    return tuple(found.span() for found in _QUOTATION.finditer(text))


def inside(place: int, spans: tuple[Span, ...]) -> bool:
    """Tell whether a place lies in one of the spans."""
    return any(start <= place < end for start, end in spans)


def sentences(text: str) -> tuple[Span, ...]:
    """Return the spans of the sentences of `text`, without surrounding blanks; quotations are not cut."""
    quoted = quotations(text)
    spans: list[Span] = []
    start = 0
    for found in _SENTENCE_END.finditer(text):
        if inside(found.start(), quoted) or _INITIAL.search(text[max(0, found.start() - 6) : found.start()]):
            continue
        spans.append((start, found.start()))
        start = found.end()
    spans.append((start, len(text)))
    return tuple(trimmed for span in spans if (trimmed := _trim(text, span)) is not None)


def _trim(text: str, span: Span) -> Span | None:
    piece = text[span[0] : span[1]]
    if not piece.strip():
        return None
    start = span[0] + len(piece) - len(piece.lstrip())
    return start, start + len(piece.strip())
