"""Findings beside the words they concern: a text cut where findings begin and end. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from schemas.check import Finding, QueryDocument


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text and the numbers of the findings that concern it; `first`: of those that begin here."""

    text: str
    numbers: tuple[int, ...] = ()
    first: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """A finding with its number from 1, the words that it concerns, and whether they are marked in the text."""

    number: int
    finding: Finding
    words: str = ""
    marked: bool = False


class Marked:
    """A document with its findings: `notes` is their list, `pieces` cuts the text of one field.

    Fields are named as the check names them: `question`, `options[2].text`, `indicators[0].value`, ...
    """

    def __init__(self, document: QueryDocument, findings: Sequence[Finding]) -> None:
        self._texts = texts_of(document)
        self.notes = [self._note(number, finding) for number, finding in enumerate(findings, start=1)]

    def _note(self, number: int, finding: Finding) -> Note:
        text = self._texts.get(finding.field)
        if not text:
            return Note(number, finding)
        start, end = span_in(finding, text)
        return Note(number, finding, text[start:end], marked=True)

    def pieces(self, name: str) -> list[Piece]:
        """Return a field's text in pieces; together they are the text."""
        text = self._texts.get(name) or ""
        spans = [
            (note.number, *span_in(note.finding, text))
            for note in self.notes
            if note.marked and note.finding.field == name
        ]
        cuts = sorted({0, len(text), *(cut for _, start, end in spans for cut in (start, end))})
        return [
            Piece(
                text[begin:stop],
                tuple(number for number, start, end in spans if start <= begin and stop <= end),
                tuple(number for number, start, _ in spans if start == begin),
            )
            for begin, stop in pairwise(cuts)
        ]


def span_in(finding: Finding, text: str) -> tuple[int, int]:
    """Return where a finding's words stand in a text; the whole text where it names no part of it."""
    if finding.span is None:
        return 0, len(text)
    start, end = (min(max(place, 0), len(text)) for place in finding.span)
    return (start, end) if start < end else (0, len(text))


def texts_of(document: QueryDocument) -> dict[str, str]:
    """Return the texts that a provider sees, by the name that the check gives their field."""
    texts = {name: getattr(document, name) or "" for name in ("title", "context", "question", "footer")}
    texts |= {f"options[{place}].text": one.text for place, one in enumerate(document.options)}
    for place, one in enumerate(document.indicators):
        texts |= {
            f"indicators[{place}].{name}": getattr(one, name) or "" for name in ("name", "value", "unit", "source")
        }
    for place, term in enumerate(document.documented):
        texts |= {f"documented[{place}].{name}": getattr(term, name) or "" for name in ("term", "source")}
    return texts
