"""The list of templates, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from textwrap import shorten
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from cli.templates.catalogue import Standing
from cli.templates.words import UNREAD, specialty
from schemas.vocabulary import Category, Setting
from services.query_builder.lint import SOON

MOST_OF_A_REASON = 120
"""So many signs of a reason stand in the list; `lint` says all of it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which templates to list; None and False ask for all."""

    category: Category | None = None
    setting: Setting | None = None
    scenario: str | None = None
    problems: bool = False

    def takes(self, standing: Standing) -> bool:
        """Tell whether a template is wanted. One that cannot be read has no category, setting or scenario."""
        if self.problems and not standing.is_problem:
            return False
        if standing.template is None:
            return not (self.category or self.setting or self.scenario)
        front = standing.template.front
        return (
            self.category in (None, *front.categories)
            and self.setting in (None, *front.settings)
            and (self.scenario is None or self.scenario.upper() in front.scenarios)
        )


def listed(standings: Iterable[Standing]) -> Iterator[RenderableType]:
    """Yield one table of all, by specialty, and a line that counts."""
    ordered = sorted(standings, key=lambda one: (_group(one), one.id))
    if ordered:
        yield _table(ordered)
    yield _counted(ordered)


def as_json(standing: Standing) -> dict[str, Any]:
    """Return what is known of a template as plain values."""
    known: dict[str, Any] = {
        "id": standing.id,
        "specialty": _group(standing),
        "file": str(standing.path),
        "in_use": standing.why is None,
        "why_not": standing.why,
    }
    if standing.template is None:
        return known
    front = standing.template.front
    return {
        **known,
        "title": front.title,
        "version": front.version,
        "hash": standing.template.ref.hash,
        "status": front.governance.status,
        "review_by": front.governance.review_by.isoformat(),
        "categories": list(front.categories),
        "settings": list(front.settings),
        "response_types": list(front.response_types),
        "scenarios": list(front.scenarios),
    }


def _table(ordered: list[Standing]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("template", no_wrap=True)
    table.add_column("title", ratio=1, min_width=16)
    table.add_column("status", no_wrap=True)
    table.add_column("review by", no_wrap=True, min_width=len("2030-12-31"))
    table.add_column("scenarios", style="dim")
    for name, group in groupby(ordered, key=_group):
        table.add_row(Text(name, style="bold"))
        for one in group:
            table.add_row(*_row(one))
    return table


def _row(standing: Standing) -> tuple[Text, ...]:
    name = Text(f"  {standing.id}")
    if standing.template is None or standing.days_left is None:
        return name, Text(f"not in use: {standing.why}", style="red")
    front = standing.template.front
    said = Text(front.title)
    if standing.why is not None:
        said.append(f"\nnot in use: {shorten(standing.why, MOST_OF_A_REASON, placeholder='…')}", style="red")
    status = Text(front.governance.status, style="green" if front.governance.status == "adopted" else "")
    return name, said, status, _review(front.governance.review_by, standing.days_left), Text(", ".join(front.scenarios))


def _review(day: date, left: int) -> Text:
    if left > SOON:
        return Text(str(day))
    return Text(f"{day} ({_left(left)})", style="yellow" if left >= 0 else "red")


def _left(days: int) -> str:
    if days < 0:
        return "overdue"
    return "today" if days == 0 else f"in {days} {'day' if days == 1 else 'days'}"


def _counted(standings: list[Standing]) -> Text:
    unused = sum(one.why is not None for one in standings)
    count = f"{len(standings)} {'template' if len(standings) == 1 else 'templates'}"
    return Text(f"{count}, {unused} not in use" if unused else count)


def _group(standing: Standing) -> str:
    return specialty(standing.template) if standing.template else UNREAD
