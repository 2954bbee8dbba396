"""The ladder of one query: from a policy (data) to the steps and the moments at which they are due. Pure.

A rung says what happens how long after the anchor: the notification (T0), a reminder (R1), escalations (L1, L2, ...)
and, where the policy has one, the limit, at which the tracker marks the query expired. Each phase has its own rungs
and its own anchor: the time of issue for a concurrent query, the discharge for a retrospective one.

Sources: compliance rule R-36 (a written policy, every step an event); the default values are a suggestion and stand in
`policy.yaml`, not here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from schemas.vocabulary import MessageKind, Phase
from services.notifier.calendar import BusinessCalendar, Offset

StepState = Literal["planned", "fired", "skipped", "cancelled"]


@dataclass(frozen=True, slots=True)
class Rung:
    """One rule of a ladder. `final` marks the limit, which sends nothing; `quiet` honours the quiet hours."""

    step: str
    kind: MessageKind
    level: int
    after: Offset
    quiet: bool = True
    final: bool = False


@dataclass(frozen=True, slots=True)
class Ladder:
    """A policy's id and its rungs by phase, in the order in which they are climbed."""

    policy: str
    rungs: Mapping[Phase, tuple[Rung, ...]]


@dataclass(frozen=True, slots=True)
class Step:
    """A rung that was given a moment."""

    step: str
    kind: MessageKind
    level: int
    due_at: datetime
    final: bool = False
    state: StepState = "planned"

    @property
    def pending(self) -> bool:
        """Tell whether the step still lies ahead."""
        return self.state == "planned"


@dataclass(frozen=True, slots=True)
class Due:
    """What a moment asks for: the one step to fire, and the timeline as it stands afterwards."""

    fire: Step | None
    steps: tuple[Step, ...]


def plan(
    rungs: Sequence[Rung], anchor: datetime, calendar: BusinessCalendar, *, not_before: datetime | None = None
) -> tuple[Step, ...]:
    """Give every rung its moment: `anchor` plus its offset, out of the quiet hours, never before the rung below it."""
    earliest = (not_before or anchor).astimezone(UTC)
    steps: list[Step] = []
    for rung in rungs:
        due = max(calendar.add(anchor, rung.after), earliest)
        earliest = calendar.after_quiet(due) if rung.quiet else due
        steps.append(Step(rung.step, rung.kind, rung.level, earliest, rung.final))
    return tuple(steps)


def rebase(
    steps: Sequence[Step],
    rungs: Sequence[Rung],
    anchor: datetime,
    calendar: BusinessCalendar,
    *,
    not_before: datetime | None = None,
) -> tuple[Step, ...]:
    """Plan `rungs` from a new anchor and keep what has happened: no rung at or below the highest climbed comes again.

    A discharge starts the retrospective ladder this way; nobody is notified or escalated to a second time.
    """
    kept = tuple(step for step in steps if step.state in {"fired", "skipped"})
    climbed = max((_height(step) for step in kept), default=(-1, False, False))
    ahead = [rung for rung in rungs if _height(rung) > climbed]
    return kept + plan(ahead, anchor, calendar, not_before=not_before)


def due(steps: Sequence[Step], now: datetime) -> Due:
    """Decide what fires at `now`: of several overdue steps only the highest, and the others are skipped (no bursts)."""
    overdue = [index for index, step in enumerate(steps) if step.pending and step.due_at <= now]
    if not overdue:
        return Due(None, tuple(steps))
    last = overdue[-1]
    after = list(steps)
    for index in overdue:
        after[index] = replace(after[index], state="fired" if index == last else "skipped")
    return Due(after[last], tuple(after))


def next_due(steps: Sequence[Step]) -> Step | None:
    """Return the earliest step that lies ahead."""
    return min((step for step in steps if step.pending), key=lambda step: step.due_at, default=None)


def cancelled(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Return the steps with everything that lay ahead cancelled."""
    return tuple(replace(step, state="cancelled") if step.pending else step for step in steps)


def _height(step: Rung | Step) -> tuple[int, bool, bool]:
    """Order rungs: by level, a reminder above the notification of the same level, the limit above all of its level."""
    return step.level, step.kind != "notification", step.final
