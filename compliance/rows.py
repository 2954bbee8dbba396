"""One indicator as it stands in its row: all that the rules of single rows may look at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from schemas.check import CheckIndicator


class Row(NamedTuple):
    """What an indicator shows, without its time, its author and its place: the same row is judged once.

    A rule of rows gets a row and the knowledge, so what it says follows from nothing else. The fields of its findings
    are parts of the row ("value"); where the row stands in the query is added (checking.py).
    """

    name: str
    value: str
    unit: str | None
    source: str | None
    quoted: bool

    def parts(self) -> Iterator[tuple[str, str]]:
        """Yield the texts of the row with the names of their fields."""
        yield "name", self.name
        yield "value", self.value
        if self.unit:
            yield "unit", self.unit
        if self.source:
            yield "source", self.source

    def own(self) -> Iterator[tuple[str, str]]:
        """Yield the name, and the value where it is in the query author's own words."""
        yield "name", self.name
        if not self.quoted:
            yield "value", self.value


def row_of(one: CheckIndicator) -> Row:
    """Return the row of an indicator."""
    return Row(one.name, one.value, one.unit, one.source, one.quoted)
