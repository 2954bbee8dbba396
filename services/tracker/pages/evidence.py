"""Evidence as a phone shows it: readings of one thing under one name, and a long list folded with its count."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from schemas.check import CheckIndicator, QueryDocument

FIRST = 8
"""So many readings stand open; on a phone, the question follows them within a swipe."""


@dataclass(frozen=True, slots=True)
class Readings:
    """Neighbouring indicators of one name, in the order of the text."""

    name: str
    items: tuple[CheckIndicator, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is shown at once, and what is folded below it; `more` counts the folded readings."""

    first: tuple[Readings, ...]
    folded: tuple[Readings, ...]

    @property
    def more(self) -> int:
        """How many readings are folded."""
        return sum(len(one.items) for one in self.folded)

    @property
    def is_long(self) -> bool:
        """Whether the question may lie below what a phone shows at once."""
        return sum(len(one.items) for one in (*self.first, *self.folded)) > FIRST // 2


def arranged(document: QueryDocument) -> Evidence:
    """Return a query's indicators as they are shown. Nothing is left out, and nothing changes its place."""
    open_, folded = document.indicators[:FIRST], document.indicators[FIRST:]
    if len(folded) == 1:  # a fold for one line saves nobody anything
        open_, folded = document.indicators, ()
    return Evidence(first=tuple(_grouped(open_)), folded=tuple(_grouped(folded)))


def _grouped(indicators: Iterable[CheckIndicator]) -> list[Readings]:
    return [Readings(name, tuple(items)) for name, items in groupby(indicators, key=lambda one: one.name)]
