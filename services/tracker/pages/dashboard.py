"""The dashboard: how queries fare, in figures with their formulas, by whatever they may be told apart. Never a patient.

Figures come from counts that a job keeps (metrics_store.py); the page says of what time they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Annotated, cast
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from compliance.registry import RULES
from services.foundation.database import Connection
from services.tracker import metrics_store
from services.tracker.api.access import office_of
from services.tracker.api.problems import not_found
from services.tracker.identity import Actor
from services.tracker.metrics import (
    LONGEST_HOURS,
    OPEN_AGES,
    OPEN_COUNTERS,
    OPEN_FORMULAS,
    RULE_METRICS,
    SMALLEST,
    WHOLE_HOURS,
    Dimension,
    Figure,
    Metric,
    Tally,
    metrics,
)
from services.tracker.metrics_store import Period
from services.tracker.pages import people, plots
from services.tracker.pages.csv_files import csv_file
from services.tracker.pages.rendering import page
from services.tracker.pages.session import may

router = APIRouter(include_in_schema=False)
Reader = Annotated[Actor, Depends(may("read_metrics"))]

DIMENSIONS: Mapping[str, str] = {
    "service": "service",
    "provider": "provider",
    "template": "template",
    "author": "author",
    "rule": "rule of the check",
}
AUTHORS = frozenset({"coder", "cdi_specialist"})
"""Roles that write queries: what they are agreed with is not shown to them person by person."""
PERSONAL = ("provider", "author")
RECENT = {"3m": (3, "last 3 months"), "6m": (6, "last 6 months"), "12m": (12, "last 12 months")}
ROWS = 25
BARS = 12
MOST_MONTHS = 36
HIDDEN = f"fewer than {SMALLEST}"
OPEN_NAMES: Mapping[str, str] = {
    "open": "Open",
    **{f"older_{days}": f"Older than {days} {'day' if days == 1 else 'days'}" for days in OPEN_AGES},
    "escalated": "Escalated",
    "overdue": "Past the last reminder",
    "holding": "Hold a finished visit",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody wants to see: a period, with its key and name, and a dimension."""

    key: str
    name: str
    period: Period
    by: Dimension


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table: whose it is, and the cells as they are shown."""

    name: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its name in addresses, what it shows, the figures above its columns, its lines."""

    key: str
    caption: str
    first: str
    columns: tuple[str, ...]
    lines: tuple[Line, ...]


@router.get("/dashboard")
async def dashboard(request: Request, actor: Reader) -> Response:
    """Show the figures of a period."""
    office = office_of(request)
    today = _today(office.clock(), office.policy.zone)
    shown = metrics(office.policy.answer_window_hours)
    place = _page_number(request)
    async with office.database.transaction(actor.scope()) as conn:
        first = await metrics_store.first_month(conn) or today.replace(day=1)
        choice = _choice(request, first, today)
        total = await metrics_store.totals(conn, choice.period)
        monthly = await _monthly(conn, first, today)
        rows = await metrics_store.values(conn, choice.by, choice.period, limit=ROWS + 1, offset=place * ROWS)
        open_now = (await metrics_store.open_by(conn, "all") or [dict.fromkeys(OPEN_COUNTERS, 0)])[0]
        open_rows = await metrics_store.open_by(conn, choice.by, limit=BARS) if choice.by != "rule" else []
        names = await _names(conn, choice.by, [*(row.value for row in rows), *(str(row["value"]) for row in open_rows)])
        as_of = await metrics_store.counted_at(conn)
    allowed = _allowed(shown, actor, choice.by)
    say = _namer(choice.by, names)
    table = _table(choice, allowed, [(say(row.value), row.cell) for row in rows[:ROWS]])
    context = {
        "choice": choice,
        "choices": _choices(first, today),
        "dimensions": DIMENSIONS,
        "as_of": as_of,
        "figures": [(metric, say_figure(metric, metric.of(total)), metric.of(total)) for metric in shown],
        "monthly": _month_table(shown, monthly),
        "plots": _month_plots(shown, monthly),
        "by": table,
        "bars_by": _bars(choice, [(say(row.value), row.cell) for row in rows[:BARS]]),
        "formulas": allowed,
        "hides": len(allowed) < len(shown) and choice.by in PERSONAL,
        "open_now": _open_now(open_now),
        "open_bars": plots.bar_plot(_ages(open_now), _whole),
        "open_by": _open_table(choice.by, say, open_rows) if open_rows else None,
        "open_formulas": [(OPEN_NAMES[name], OPEN_FORMULAS[name]) for name in OPEN_COUNTERS],
        "query": urlencode({"period": choice.key, "by": choice.by}),
        "next": _link(choice, place + 1) if len(rows) > ROWS else None,
        "before": _link(choice, place - 1) if place else None,
        "printing": request.query_params.get("view") == "print",
    }
    return page(request, "dashboard.html", "Dashboard", context, fragment="figures")


@router.get("/dashboard/{name}.csv")
async def table_file(request: Request, name: str, actor: Reader) -> Response:
    """Return one of the tables, whole: `months`, `by` or `open`, for the period and the dimension that were chosen."""
    office = office_of(request)
    today = _today(office.clock(), office.policy.zone)
    shown = metrics(office.policy.answer_window_hours)
    async with office.database.transaction(actor.scope()) as conn:
        first = await metrics_store.first_month(conn) or today.replace(day=1)
        choice = _choice(request, first, today)
        if name == "months":
            found = [(f"{at:%Y-%m}", cell) for at, cell in await metrics_store.months(conn, first, today)]
            return _figures_file("months", "month", shown, found)
        if name == "by":
            rows = await metrics_store.values(conn, choice.by, choice.period)
            say = _namer(choice.by, await _names(conn, choice.by, [row.value for row in rows]))
            named = [(say(row.value), row.cell) for row in rows]
            return _figures_file(f"{choice.by}-{choice.key}", choice.by, _allowed(shown, actor, choice.by), named)
        if name == "open" and choice.by != "rule":
            waiting = await metrics_store.open_by(conn, choice.by)
            say = _namer(choice.by, await _names(conn, choice.by, [str(row["value"]) for row in waiting]))
            header = (choice.by, *(OPEN_NAMES[counter] for counter in OPEN_COUNTERS))
            lines = [(say(row["value"]), *(row[counter] for counter in OPEN_COUNTERS)) for row in waiting]
            return csv_file(f"open-by-{choice.by}", header, lines)
    raise not_found("table")


def _today(now: datetime, zone: str) -> date:
    return now.astimezone(ZoneInfo(zone)).date()


def _page_number(request: Request) -> int:
    asked = request.query_params.get("page", "0")
    return int(asked) if asked.isdecimal() and len(asked) < 4 else 0


def _choices(first: date, today: date) -> dict[str, tuple[str, Period]]:
    """Return the periods to choose from: recent ones, everything, and each month of the last years."""
    this = today.replace(day=1)
    found = {"30d": ("last 30 days", Period("day", today - timedelta(days=29), today))}
    for key, (count, name) in RECENT.items():
        found[key] = (name, Period("month", _months_back(this, count - 1), this))
    found["all"] = ("everything", Period("year", min(first, this).replace(month=1), this))
    for back in range(MOST_MONTHS):
        month = _months_back(this, back)
        if month < first:
            break
        found[f"{month:%Y-%m}"] = (f"{month:%Y-%m}", Period("month", month, month))
    return found


def _months_back(month: date, count: int) -> date:
    years, rest = divmod(month.year * 12 + month.month - 1 - count, 12)
    return date(years, rest + 1, 1)


def _choice(request: Request, first: date, today: date) -> Choice:
    choices = _choices(first, today)
    key = request.query_params.get("period", "")
    key = key if key in choices else "3m"
    by = request.query_params.get("by", "")
    name, period = choices[key]
    return Choice(key, name, period, cast(Dimension, by if by in DIMENSIONS else "service"))


def _link(choice: Choice, place: int) -> str:
    return "/dashboard?" + urlencode({"period": choice.key, "by": choice.by, "page": place})


async def _monthly(conn: Connection, first: date, today: date) -> list[tuple[date, Tally]]:
    """Return the last two years, month by month."""
    start = max(first, _months_back(today.replace(day=1), 23))
    return await metrics_store.months(conn, start, today)


async def _names(conn: Connection, by: Dimension, values: Sequence[str]) -> Mapping[str, str]:
    """Return the names of a dimension's values, as far as they have any other than themselves."""
    if by == "provider":
        return await people.names_of(conn, values)
    if by == "author":
        return await people.actor_names_of(conn, values)
    if by == "rule":
        return {rule.id: f"{rule.id}: {rule.asks}" for rule in RULES}
    return {}


UNKNOWN = {
    "service": "service not known",
    "provider": "nobody",
    "template": "written by hand",
    "author": "a machine",
}


def _namer(by: Dimension, names: Mapping[str, str]) -> Callable[[str], str]:
    return lambda value: names.get(value, value) if value else UNKNOWN.get(by, "")


def _allowed(shown: Sequence[Metric], actor: Actor, by: Dimension) -> tuple[Metric, ...]:
    """Return the figures that this reader may see by this dimension."""
    if by == "rule":
        return RULE_METRICS
    hides = by in PERSONAL and bool(actor.roles & AUTHORS)
    return tuple(metric for metric in shown if not (hides and metric.judges))


def say_figure(metric: Metric, figure: Figure) -> str:
    """Return a figure as people read it."""
    if figure.hidden:
        return HIDDEN
    if figure.value is None:
        return "–"
    if metric.unit == "share":
        return f"{figure.value * 100:.0f} %"
    if metric.unit == "hours":
        return say_hours(figure.value)
    return f"{figure.value:.1f}" if metric.unit == "days" else _whole(figure.value)


def say_hours(hours: float) -> str:
    """Return a turnaround in words; longer ones are known to the day."""
    if hours <= WHOLE_HOURS:
        return f"{hours:.0f} h"
    return f"{hours / 24:.0f} days" if hours <= LONGEST_HOURS else "over 90 days"


def _whole(value: float) -> str:
    return f"{value:,.0f}".replace(",", "\u202f")


def _cells(shown: Sequence[Metric], cell: Tally) -> tuple[str, ...]:
    return tuple(say_figure(metric, metric.of(cell)) for metric in shown)


def _table(choice: Choice, shown: Sequence[Metric], rows: Sequence[tuple[str, Tally]]) -> Table:
    lines = tuple(Line(name, _cells(shown, cell)) for name, cell in rows)
    caption = f"By {DIMENSIONS[choice.by]}, {choice.name}"
    return Table("by", caption, DIMENSIONS[choice.by].capitalize(), tuple(metric.name for metric in shown), lines)


def _month_table(shown: Sequence[Metric], monthly: Sequence[tuple[date, Tally]]) -> Table:
    lines = tuple(Line(f"{at:%Y-%m}", _cells(shown, cell)) for at, cell in reversed(monthly))
    return Table("months", "By month, the last two years", "Month", tuple(metric.name for metric in shown), lines)


def _open_table(by: Dimension, say: Callable[[str], str], rows: Sequence[Mapping[str, object]]) -> Table:
    lines = tuple(Line(say(str(row["value"])), tuple(str(row[counter]) for counter in OPEN_COUNTERS)) for row in rows)
    columns = tuple(OPEN_NAMES[counter] for counter in OPEN_COUNTERS)
    return Table("open", f"Open queries by {DIMENSIONS[by]}", DIMENSIONS[by].capitalize(), columns, lines)


def _open_now(row: Mapping[str, object]) -> list[tuple[str, str]]:
    return [(OPEN_NAMES[counter], str(row[counter])) for counter in OPEN_COUNTERS]


def _ages(row: Mapping[str, int]) -> list[tuple[str, float]]:
    """Return the open queries by how old they are."""
    limits = ["open", *(f"older_{days}" for days in OPEN_AGES)]
    ends = [row[name] for name in limits] + [0]
    words = [f"up to {OPEN_AGES[0]} day"]
    words += [f"{younger} to {older} days" for younger, older in pairwise(OPEN_AGES)]
    words += [f"over {OPEN_AGES[-1]} days"]
    return [(word, more - fewer) for word, (more, fewer) in zip(words, pairwise(ends), strict=True)]


@dataclass(frozen=True, slots=True)
class MonthPlot:
    """A plot over the months, its title, and the same numbers as a table."""

    title: str
    plot: plots.LinePlot
    columns: tuple[str, ...]
    lines: tuple[Line, ...]


def _month_plots(shown: Sequence[Metric], monthly: Sequence[tuple[date, Tally]]) -> list[MonthPlot]:
    known = {metric.key: metric for metric in shown}
    return [
        _month_plot("Queries sent and answered", [known["issued"], known["answered"]], monthly, _whole),
        _month_plot(
            "Response rate", [known["response_rate"], known["in_window"]], monthly, lambda v: f"{v * 100:.0f} %", most=1
        ),
        _month_plot("Turnaround from sending", [known["median_hours"], known["p90_hours"]], monthly, say_hours),
        _month_plot("Agreement", [known["agreement"]], monthly, lambda v: f"{v * 100:.0f} %", most=1),
    ]


def _month_plot(
    title: str,
    chosen: Sequence[Metric],
    monthly: Sequence[tuple[date, Tally]],
    say: Callable[[float], str],
    most: float | None = None,
) -> MonthPlot:
    labels = [f"{at:%Y-%m}" for at, _ in monthly]
    series = [(metric.name, [metric.of(cell).value for _, cell in monthly]) for metric in chosen]
    lines = tuple(Line(f"{at:%Y-%m}", _cells(chosen, cell)) for at, cell in monthly)
    drawn = plots.line_plot(labels, series, say, most=most)
    return MonthPlot(title, drawn, tuple(metric.name for metric in chosen), lines)


def _bars(choice: Choice, rows: Sequence[tuple[str, Tally]]) -> plots.BarPlot:
    counter = "failed" if choice.by == "rule" else "issued"
    return plots.bar_plot([(name, cell[counter]) for name, cell in rows], _whole)


def _figures_file(name: str, first: str, shown: Sequence[Metric], rows: Sequence[tuple[str, Tally]]) -> Response:
    header = [first, *(f"{metric.name} [{metric.unit}]" for metric in shown)]
    return csv_file(name, header, [(value, *(_plain(m.of(cell)) for m in shown)) for value, cell in rows])


def _plain(figure: Figure) -> float | str | None:
    return HIDDEN if figure.hidden else (round(figure.value, 4) if figure.value is not None else None)
