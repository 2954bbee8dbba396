"""The page on which decisions are written: charts in memory, and the changes that were made to them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from schemas.check import QueryDocument, Verdict
from services.tracker.changes import Change
from services.tracker.lifecycle import NotAllowed, evolve
from services.tracker.model import Chart, Gap, Query
from services.tracker.policy import Policy
from services.tracker.recipients import Directory


@dataclass(frozen=True, slots=True)
class Step:
    """One change with the chart before it (None: the chart begins) and after it."""

    change: Change
    before: Chart | None
    after: Chart


@dataclass(frozen=True, slots=True)
class Situation:
    """What decisions depend on beside the chart: the time, the house's policy, the directory, the check."""

    now: datetime
    policy: Policy
    directory: Directory
    judge: Callable[[QueryDocument], Verdict]


class Journal:
    """Charts that belong together (a visit and what was merged into it), and what is decided about them."""

    def __init__(self, charts: Mapping[str, Chart], situation: Situation) -> None:
        self.charts: dict[str, Chart] = dict(charts)
        self.situation = situation
        self.steps: list[Step] = []
        self._settled = 0

    @property
    def changes(self) -> list[Change]:
        """What was changed so far, in order."""
        return [step.change for step in self.steps]

    @property
    def now(self) -> datetime:
        """The moment of the decision."""
        return self.situation.now

    @property
    def policy(self) -> Policy:
        """The house's policy."""
        return self.situation.policy

    def note(self, subject: str, transition: str, chart_id: str, actor: str, **fields: Any) -> Chart:
        """Record one change and return the chart after it. Raises `NotAllowed` where the lifecycle forbids it."""
        change = Change(
            subject=subject,
            transition=transition,
            chart_id=chart_id,
            at=self.now,
            actor=actor,
            **fields,
        )
        before = self.charts.get(chart_id)
        after = evolve(before, change)
        self.charts[chart_id] = after
        self.steps.append(Step(change, before, after))
        return after

    def unsettled(self) -> list[str]:
        """Return, once, the charts that were changed since the last call, in order."""
        changed = dict.fromkeys(step.change.chart_id for step in self.steps[self._settled :])
        self._settled = len(self.steps)
        return list(changed)

    @contextmanager
    def attempting(self) -> Iterator[None]:
        """Decide something that may be refused: what was noted until then is forgotten, and all before it stays."""
        charts, steps, settled = dict(self.charts), len(self.steps), self._settled
        try:
            yield
        except NotAllowed:
            self.charts, self._settled = charts, min(settled, steps)
            del self.steps[steps:]
            raise

    def note_query(self, transition: str, chart_id: str, query: Query, actor: str, **fields: Any) -> Chart:
        """Record one change of a query. Raises `NotAllowed` where the lifecycle forbids it."""
        return self.note("query", transition, chart_id, actor, query_id=query.query_id, gap_uid=query.gap_uid, **fields)

    def root(self, chart_id: str) -> Chart:
        """Return the chart that stands for this visit now: itself, or what it was merged into."""
        chart = self.charts[chart_id]
        while chart.merged_into is not None:
            chart = self.charts[chart.merged_into]
        return chart

    def family(self, root: Chart) -> Iterator[Chart]:
        """Yield a chart and every visit that was merged into it, however indirectly."""
        yield root
        for member in root.members:
            yield from self.family(self.charts[member])

    def find_gap(self, uid: UUID) -> tuple[Chart, Gap] | None:
        """Return a gap with the chart on whose chain it stands."""
        for chart in self.charts.values():
            if uid in chart.gaps:
                return chart, chart.gaps[uid]
        return None

    def gap(self, uid: UUID) -> Gap:
        """Return a gap that must be here. Raises `NotAllowed` if it is not."""
        found = self.find_gap(uid)
        if found is None:
            raise NotAllowed("There is no such gap.")
        return found[1]

    def query(self, chart_id: str, query_id: UUID) -> Query:
        """Return a query that must be here. Raises `NotAllowed` if it is not."""
        query = self.charts[chart_id].queries.get(query_id)
        if query is None:
            raise NotAllowed("There is no such query.")
        return query
