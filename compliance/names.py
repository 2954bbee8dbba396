"""Names found in short texts that need no unmasking: indicators and options, read by the thousand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from ahocorasick import Automaton

from compliance.lazy import lazy

Payload = TypeVar("Payload")
_TOKEN = re.compile(r"[a-z0-9]+|[,;:!?()|\n]")
_BARS = str.maketrans(dict.fromkeys(",;:!?()\n", "|"))
_PLURAL_FROM = 4


class Line:
    """The words of a lower-case text between blanks (`text`), with a bar at each end of a clause."""

    def __init__(self, original: str) -> None:
        self._original = original
        self.text = f" {' '.join(_TOKEN.findall(original))} ".translate(_BARS)

    @lazy
    def starts(self) -> tuple[int, ...]:
        """Where each word and each bar begins in the line."""
        return tuple(place + 1 for place, sign in enumerate(self.text[:-1]) if sign == " ")

    @lazy
    def spans(self) -> tuple[tuple[int, int], ...]:
        """Where each word and each bar stands in the original."""
        return tuple(found.span() for found in _TOKEN.finditer(self._original))


@dataclass(frozen=True, slots=True)
class Found(Generic[Payload]):
    """A name in a text, with its span there."""

    payload: Payload
    start: int
    end: int


def line_of(text: str) -> Line:
    """Return the line of a lower-case text."""
    return Line(text)


class NameIndex(Generic[Payload]):
    """Names with a meaning each; the plural of a name's last word is found too."""

    def __init__(self, names: Iterable[tuple[str, Payload]]) -> None:
        meanings: dict[str, tuple[Payload, ...]] = {}
        for name, payload in names:
            for form in _forms(line_of(name.lower()).text):
                known = meanings.get(form, ())
                meanings[form] = known if payload in known else (*known, payload)
        self._automaton = Automaton()
        for form, payloads in meanings.items():
            self._automaton.add_word(form, (len(form), payloads))
        self._empty = not meanings
        if meanings:
            self._automaton.make_automaton()

    def find(self, line: Line, *, overlapping: bool = False) -> Iterator[Found[Payload]]:
        """Yield the names in a line; the longest at each place, one per meaning."""
        if self._empty:
            return
        longest: dict[int, tuple[int, tuple[Payload, ...]]] = {}
        for last, (length, payloads) in self._automaton.iter(line.text):
            start = last - length + 1
            if start not in longest or length > longest[start][0]:
                longest[start] = (length, payloads)
        end = 0
        for start in sorted(longest):
            length, payloads = longest[start]
            if start < end and not overlapping:
                continue
            end = start + length - 1  # the blank behind a name is the blank before the next
            first = line.starts.index(start + 1)
            final = first + line.text.count(" ", start + 1, start + length - 1)
            for payload in payloads:
                yield Found(payload, line.spans[first][0], line.spans[final][1])


def _forms(line: str) -> Iterator[str]:
    yield line
    last = line[:-1].rsplit(" ", 1)[-1]
    if len(last) >= _PLURAL_FROM and last.isalpha() and not last.endswith("s"):
        yield f"{line[:-1]}s "
