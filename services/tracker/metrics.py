"""What the dashboard counts, and how: each figure with its formula in words beside the code that computes it. Pure.

A query is counted on two days of the house's calendar: what the check said of its drafts on the day it was written,
everything else on the day it was sent. Drafts that were never sent count in no figure but those of the check.
Formulas follow the practice of CDI programs; where programs differ, the words say which way was chosen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from math import ceil
from typing import Literal
from zoneinfo import ZoneInfo

Dimension = Literal["all", "service", "provider", "template", "author", "rule"]
Cell = tuple[Dimension, str]
"""What is counted together: a dimension, and a value of it; "" is "not known", and the value of `all`."""

COUNTERS = (
    "drafted",
    "failed",
    "overridden",
    "issued",
    "answered",
    "withdrawn",
    "duplicates",
    "obsolete",
    "redirected",
    "escalated",
    "unanswered_closed",
    "diagnosis_answered",
    "agreed",
    "validation_answered",
    "validated",
    "undetermined",
    "held_charts",
    "hold_minutes",
)
"""The counts of a cell; the tables that keep them have a column of the same name for each."""

VALIDATION = "clinical_validation"
AGREED = frozenset({"AGREED_DOCUMENTED", "AGREED_OTHER"})
WHOLE_HOURS = 240
LONGEST_HOURS = 90 * 24
SMALLEST = 5
"""Agreement of fewer answers than this is not shown: it would tell about single answers."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One query as it is counted. `failed_rules` and `overridden_rules` name what the check found."""

    created_at: datetime
    issued_at: datetime | None
    delivered_at: datetime | None
    answered_at: datetime | None
    closed_at: datetime | None
    visit_ended_at: datetime | None
    state: str
    reason: str | None
    outcome: str | None
    category: str
    service: str
    provider: str
    template: str
    author: str
    blocking: bool
    redirected: bool
    escalated: bool
    failed: bool
    overridden: bool
    failed_rules: tuple[str, ...] = ()
    overridden_rules: tuple[str, ...] = ()

    @property
    def asked_in_vain(self) -> bool:
        """Whether the query ended without an answer because nobody had to answer it any more."""
        return self.answered_at is None and self.state in ("withdrawn", "superseded", "auto_resolved")

    def cells(self) -> Iterator[Cell]:
        """Yield every cell in which the query counts."""
        yield "all", ""
        yield "service", self.service
        yield "provider", self.provider
        yield "template", self.template
        yield "author", self.author


@dataclass(slots=True)
class Tally:
    """The counts of one cell, and its turnarounds: how many answers came after so many hours (see `step_of`)."""

    counts: Counter[str] = field(default_factory=Counter)
    from_issue: Counter[int] = field(default_factory=Counter)
    from_delivery: Counter[int] = field(default_factory=Counter)

    def add(self, other: Tally) -> None:
        """Add another cell's counts."""
        self.counts.update(other.counts)
        self.from_issue.update(other.from_issue)
        self.from_delivery.update(other.from_delivery)

    def __getitem__(self, counter: str) -> int:
        return self.counts[counter]


def step_of(start: datetime, end: datetime) -> int:
    """Return the hours between two moments, rounded up: to whole ones for ten days, then to days; 91 days at most."""
    hours = max(1, ceil((end - start) / timedelta(hours=1)))
    if hours <= WHOLE_HOURS:
        return hours
    return min(ceil(hours / 24) * 24, LONGEST_HOURS + 24)


def tally(facts: Iterable[Fact], day: date, zone: ZoneInfo) -> dict[Cell, Tally]:
    """Return the cells of one day: what was written on it, and what was sent on it."""
    cells: dict[Cell, Tally] = {}
    for fact in facts:
        if _day(fact.created_at, zone) == day:
            _count_draft(cells, fact)
        if fact.issued_at is not None and _day(fact.issued_at, zone) == day:
            _count_query(cells, fact, fact.issued_at)
    return cells


def _day(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()


def _count_draft(cells: dict[Cell, Tally], fact: Fact) -> None:
    marks = {"drafted": True, "failed": fact.failed, "overridden": fact.overridden}
    for cell in fact.cells():
        _mark(cells, cell, marks)
    for rule in dict.fromkeys((*fact.failed_rules, *fact.overridden_rules)):
        marks = {"failed": rule in fact.failed_rules, "overridden": rule in fact.overridden_rules}
        _mark(cells, ("rule", rule), marks)


def _mark(cells: dict[Cell, Tally], cell: Cell, marks: Mapping[str, int | bool]) -> Tally:
    found = cells.setdefault(cell, Tally())
    for name, count in marks.items():
        if count:
            found.counts[name] += int(count)
    return found


def _count_query(cells: dict[Cell, Tally], fact: Fact, issued_at: datetime) -> None:
    marks = _marks(fact, issued_at)
    answered, delivered = fact.answered_at, fact.delivered_at
    for cell in fact.cells():
        found = _mark(cells, cell, marks)
        if answered is not None:
            found.from_issue[step_of(issued_at, answered)] += 1
            if delivered is not None:
                found.from_delivery[step_of(delivered, answered)] += 1


def _marks(fact: Fact, issued_at: datetime) -> dict[str, int | bool]:
    answered = fact.answered_at is not None
    validation = fact.category == VALIDATION
    held = _held_minutes(fact, issued_at)
    return {
        "issued": True,
        "answered": answered,
        "withdrawn": fact.state == "withdrawn",
        "duplicates": fact.state == "withdrawn" and fact.reason == "duplicate",
        "obsolete": fact.asked_in_vain,
        "redirected": fact.redirected,
        "escalated": fact.escalated,
        "unanswered_closed": fact.outcome == "NO_RESPONSE_CLOSED",
        "diagnosis_answered": answered and not validation,
        "agreed": answered and not validation and fact.outcome in AGREED,
        "validation_answered": answered and validation,
        "validated": answered and validation and fact.outcome == "CONFIRMED_VALIDATED",
        "undetermined": answered and fact.outcome == "UNDETERMINED",
        "held_charts": held > 0,
        "hold_minutes": held,
    }


def _held_minutes(fact: Fact, issued_at: datetime) -> int:
    """How long an ended query held a chart whose visit was over."""
    if not fact.blocking or fact.closed_at is None or fact.visit_ended_at is None:
        return 0
    held = fact.closed_at - max(issued_at, fact.visit_ended_at)
    return max(0, int(held / timedelta(minutes=1)))


def quantile(steps: Mapping[int, int], share: float) -> int | None:
    """Return the smallest step that at least `share` of all answers did not exceed, or None without answers."""
    total = sum(steps.values())
    wanted, seen = share * total, 0
    for step in sorted(steps):
        seen += steps[step]
        if seen >= wanted and seen:
            return step
    return None


Unit = Literal["count", "share", "hours", "days"]


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure as it is shown: `value` is None where nothing can be said; `whole` is what a share is a share of."""

    value: float | None
    whole: int | None = None
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure: its name, the formula in words, and the code that computes it from a cell.

    `judges`: the figure tells how often people agree; it is never shown for few answers, and not by provider or
    author to those who write queries.
    """

    key: str
    name: str
    formula: str
    unit: Unit
    of: Callable[[Tally], Figure]
    judges: bool = False


def _count(counter: str) -> Callable[[Tally], Figure]:
    return lambda cell: Figure(cell[counter])


def _share(part: int, whole: int) -> Figure:
    return Figure(part / whole if whole else None, whole)


def _ratio(part: str, whole: str) -> Callable[[Tally], Figure]:
    return lambda cell: _share(cell[part], cell[whole])


def _agreement(part: str, whole: str) -> Callable[[Tally], Figure]:
    def figure(cell: Tally) -> Figure:
        if 0 < cell[whole] < SMALLEST:
            return Figure(None, None, hidden=True)
        return _share(cell[part], cell[whole])

    return figure


def _response_rate(cell: Tally) -> Figure:
    return _share(cell["answered"], cell["issued"] - cell["obsolete"])


def _in_window(window: int) -> Callable[[Tally], Figure]:
    def figure(cell: Tally) -> Figure:
        in_time = sum(count for step, count in cell.from_issue.items() if step <= window)
        return _share(in_time, cell["issued"] - cell["obsolete"])

    return figure


def _hours(steps: Callable[[Tally], Mapping[int, int]], share: float) -> Callable[[Tally], Figure]:
    def figure(cell: Tally) -> Figure:
        return Figure(quantile(steps(cell), share), sum(steps(cell).values()))

    return figure


def _from_issue(cell: Tally) -> Mapping[int, int]:
    return cell.from_issue


def _from_delivery(cell: Tally) -> Mapping[int, int]:
    return cell.from_delivery


def _hold_days(cell: Tally) -> Figure:
    return Figure(cell["hold_minutes"] / (24 * 60), cell["held_charts"])


_ROUNDED = "Hours are rounded up to whole ones; after ten days, to whole days."
_ASKED = "queries sent, without those that were withdrawn, replaced or settled by documentation before an answer"


def metrics(window: int) -> tuple[Metric, ...]:
    """Return all figures, in the order in which they are shown.

    Args:
        window: hours within which an answer is in time (the policy's `answer_window_hours`).
    """
    return (
        Metric("issued", "Queries sent", "Queries that were sent in the period.", "count", _count("issued")),
        Metric(
            "answered",
            "Answered",
            "Of the queries sent in the period, those with an answer by now, whenever it came.",
            "count",
            _count("answered"),
        ),
        Metric(
            "response_rate",
            "Response rate, ever",
            f"Answered queries / {_ASKED}. Recent periods grow while answers still come.",
            "share",
            _response_rate,
        ),
        Metric(
            "in_window",
            f"Response rate, within {window} h",
            f"Queries answered within {window} hours after they were sent / {_ASKED}. The policy sets the hours.",
            "share",
            _in_window(window),
        ),
        Metric(
            "median_hours",
            "Turnaround, median",
            f"Half of all answers came within so many hours after the query was sent. {_ROUNDED}",
            "hours",
            _hours(_from_issue, 0.5),
        ),
        Metric(
            "p90_hours",
            "Turnaround, 90 %",
            f"Nine of ten answers came within so many hours after the query was sent. {_ROUNDED}",
            "hours",
            _hours(_from_issue, 0.9),
        ),
        Metric(
            "median_delivered",
            "Turnaround from notice, median",
            f"Half of all answers came within so many hours after the provider was notified. {_ROUNDED}",
            "hours",
            _hours(_from_delivery, 0.5),
        ),
        Metric(
            "p90_delivered",
            "Turnaround from notice, 90 %",
            f"Nine of ten answers came within so many hours after the provider was notified. {_ROUNDED}",
            "hours",
            _hours(_from_delivery, 0.9),
        ),
        Metric(
            "agreement",
            "Agreement rate",
            "Answers reviewed as documented as offered, or as another diagnosis / answered queries, without clinical "
            f"validation. Not shown for fewer than {SMALLEST} answers. It is no aim: a text that everybody agrees to "
            "may lead.",
            "share",
            _agreement("agreed", "diagnosis_answered"),
            judges=True,
        ),
        Metric(
            "validation",
            "Validation rate",
            "Validation queries whose diagnosis was confirmed / validation queries answered. Not shown for fewer than "
            f"{SMALLEST} answers.",
            "share",
            _agreement("validated", "validation_answered"),
            judges=True,
        ),
        Metric(
            "undetermined",
            "Undetermined",
            f"Answers reviewed as undetermined / answered queries. Many tell of bad queries. Not shown for fewer than "
            f"{SMALLEST} answers.",
            "share",
            _agreement("undetermined", "answered"),
            judges=True,
        ),
        Metric(
            "escalated",
            "Escalation rate",
            "Queries that reached any level of escalation / queries sent.",
            "share",
            _ratio("escalated", "issued"),
        ),
        Metric(
            "unanswered_closed",
            "Closed unanswered",
            "Queries closed without an answer / queries sent.",
            "share",
            _ratio("unanswered_closed", "issued"),
        ),
        Metric("withdrawn", "Withdrawn", "Queries withdrawn / queries sent.", "share", _ratio("withdrawn", "issued")),
        Metric(
            "duplicates",
            "Duplicates",
            "Queries withdrawn because another one asked the same / queries sent.",
            "share",
            _ratio("duplicates", "issued"),
        ),
        Metric(
            "redirected",
            "Redirected",
            "Queries passed on to another person at least once / queries sent.",
            "share",
            _ratio("redirected", "issued"),
        ),
        Metric(
            "failed",
            "Check failures",
            "Queries with a draft that the check did not pass (review or block) / queries written in the period.",
            "share",
            _ratio("failed", "drafted"),
        ),
        Metric(
            "overridden",
            "Overrides",
            "Queries that a second person released though the check asked for review / queries written in the period.",
            "share",
            _ratio("overridden", "drafted"),
        ),
        Metric(
            "held_charts",
            "Holds",
            "Ended queries that held a chart after its visit was over. Those that hold one now are open queries.",
            "count",
            _count("held_charts"),
        ),
        Metric(
            "hold_days",
            "Hold-days",
            "For each of these queries the days from the later of its sending and the end of the visit to its own end, "
            "added up.",
            "days",
            _hold_days,
        ),
    )


RULE_METRICS = (
    Metric(
        "failed",
        "Check failures",
        "Queries written in the period with a draft that the check did not pass and in which it named this rule.",
        "count",
        _count("failed"),
    ),
    Metric(
        "overridden",
        "Overrides",
        "Queries written in the period that a second person released although the check named this rule.",
        "count",
        _count("overridden"),
    ),
)
"""The figures of one rule of the check."""

OPEN_AGES = (1, 3, 7, 14)
"""Days after which an open query counts as one class older."""
OPEN_COUNTERS = ("open", *(f"older_{days}" for days in OPEN_AGES), "escalated", "overdue", "holding")
OPEN_FORMULAS: Mapping[str, str] = {
    "open": "Queries that were sent and have not ended, at the time that stands above.",
    **{f"older_{days}": f"Of these, sent more than {days} days ago." for days in OPEN_AGES},
    "escalated": "Of these, at any level of escalation.",
    "overdue": "Of these, past the last step of their reminders.",
    "holding": "Of these, those that hold a chart whose visit is over.",
}
"""What is counted of open queries, all at one time, with its formula."""
