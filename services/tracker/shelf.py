"""The template library as those who govern it see it: what is in use, who stands for it, what was refused and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

SOON = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Card:
    """One template in use. `approved_by` names the approvers; a starter has none."""

    template_id: str
    version: str
    title: str
    status: str
    owner: str
    approved_by: tuple[str, ...]
    approved_on: date | None
    review_by: date

    def review(self, today: date) -> str:
        """Return `overdue`, `due soon` or `in time`."""
        if self.review_by < today:
            return "overdue"
        return "due soon" if self.review_by < today + SOON else "in time"


@dataclass(frozen=True, slots=True)
class Refused:
    """A template that is not used, and why."""

    template_id: str
    why: str


@dataclass(frozen=True, slots=True)
class Shelf:
    """All templates that this process found when it started."""

    cards: tuple[Card, ...] = ()
    refused: tuple[Refused, ...] = ()
