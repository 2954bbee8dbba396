"""Names found in short texts that need no unmasking: indicators and options, read by the thousand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Generic, NamedTuple, TypeVar

from compliance.lazy import lazy
from compliance.phrases import longest, sizes_by_beginning

Payload = TypeVar("Payload")
_BRITISH = {
    "haem": "hem",
    "aemi": "emi",
    "oede": "ede",
    "oeso": "eso",
    "rrhoe": "rrhe",
    "pnoe": "pne",
    "tumour": "tumor",
    "faec": "fec",
    "caec": "cec",
    "leuco": "leuko",
    "paed": "ped",
    "foet": "fet",
    "coelia": "celia",
    "litre": "liter",
    "naes": "nes",
}
_BRITISH_SPELLING = re.compile("haem(?!ophil)|" + "|".join([part for part in _BRITISH if part != "haem"]))
_TOKEN = re.compile(r"[a-z0-9]+|[,;:!?()|\n]")
_BARS = str.maketrans(dict.fromkeys(",;:!?()\n", "|"))
_PLURAL_FROM = 4


class Line:
    """The words of a lower-case text, with a bar for each sign that ends a clause."""

    def __init__(self, original: str) -> None:
        self._original = original
        self.words = " ".join(_TOKEN.findall(original)).translate(_BARS).split()

    @lazy
    def spans(self) -> tuple[tuple[int, int], ...]:
        """Where each word and each bar stands in the original."""
        return tuple(found.span() for found in _TOKEN.finditer(self._original))


class Found(NamedTuple, Generic[Payload]):
    """A name in a text, with its span there."""

    payload: Payload
    start: int
    end: int


def american(text: str) -> str:
    """Return a lower-case text in American spelling, as the tables have it: anaemia is anemia."""
    return _BRITISH_SPELLING.sub(lambda found: _BRITISH[found.group()], text)


def line_of(text: str) -> Line:
    """Return the line of a lower-case text."""
    return Line(text)


class NameIndex(Generic[Payload]):
    """Names with a meaning each; the plural of a name's last word is found too."""

    def __init__(self, names: Iterable[tuple[str, Payload]]) -> None:
        meanings: dict[str, tuple[Payload, ...]] = {}
        for name, payload in names:
            for form in _forms(_joined(line_of(name.lower()).words)):
                known = meanings.get(form, ())
                meanings[form] = known if payload in known else (*known, payload)
        self._meanings = {form: payloads for form, payloads in meanings.items() if form}
        self._sizes = sizes_by_beginning(self._meanings)

    def find(self, line: Line, *, overlapping: bool = False) -> Iterator[Found[Payload]]:
        """Yield the names in a line; the longest at each place, one per meaning."""
        free = 0
        for first, last, payloads in longest(line.words, self._meanings, self._sizes):
            if first < free and not overlapping:
                continue
            free = last + 1
            for payload in payloads:
                yield Found(payload, line.spans[first][0], line.spans[last][1])


def _joined(words: Iterable[str]) -> str:
    return " ".join(words)


def _forms(line: str) -> Iterator[str]:
    yield line
    last = line.rsplit(" ", 1)[-1]
    if len(last) >= _PLURAL_FROM and last.isalpha() and not last.endswith("s"):
        yield f"{line}s"
