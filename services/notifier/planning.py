"""What a status event means for the timeline of a query: plan, plan again, cancel, or nothing. Pure.

The tracker decides who is asked and whether a query is open; this module only follows. Rules, in this order:

- an event that is not newer than the timeline changes nothing (events may arrive twice and late);
- a query that is not open any more has nothing ahead of it: what was planned is cancelled;
- a new recipient, and a query that is open again, get a ladder of their own from the notification on;
- another phase goes on with that phase's ladder, counted from the change, without repeating what has happened;
- a deferral stops the clock of the ladder until its end, or until it is resumed before.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from schemas.status import QueryChanged
from schemas.vocabulary import Phase, QueryState
from services.notifier import ladder
from services.notifier.calendar import BusinessCalendar
from services.notifier.ladder import Ladder, Step

OPEN: frozenset[QueryState] = frozenset({"issued", "delivered", "opened"})
NEW_RECIPIENT = frozenset({"redirected", "attending_changed"})

Action = Literal["ignored", "noted", "planned", "cancelled"]


@dataclass(frozen=True, slots=True)
class Timeline:
    """The ladder of one query. `sequence` is that of the newest event seen, `epoch` that of the event that started it.

    `since` is when that was, `anchor` is where the rungs are counted from. While the query is deferred, `paused_at`
    says since when and `deferred_until` up to when the clock of the ladder stands still.
    """

    query_id: UUID
    chart_id: str
    sequence: int
    epoch: int
    active: bool
    policy: str
    phase: Phase
    facility: str
    recipient_id: str | None
    since: datetime
    anchor: datetime
    paused_at: datetime | None = None
    deferred_until: datetime | None = None
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be done, and the timeline as it is to be stored (None: there is nothing to store)."""

    action: Action
    timeline: Timeline | None


def decide(stored: Timeline | None, event: QueryChanged, policy: Ladder, calendar: BusinessCalendar) -> Decision:
    """Apply `event` to the stored timeline of its query (None: it was never seen)."""
    if stored is not None and event.sequence <= stored.sequence:
        return Decision("ignored", None)
    if event.state not in OPEN:
        return _closed(stored, event, policy)
    if stored is None or not stored.active or _has_new_recipient(stored, event):
        return _plan(_fresh(stored, event, policy), policy, calendar, kept=())
    return _go_on(stored, event, policy, calendar)


def _closed(stored: Timeline | None, event: QueryChanged, policy: Ladder) -> Decision:
    if stored is None:
        return Decision("noted", replace(_fresh(stored, event, policy), active=False))
    after = replace(stored, sequence=event.sequence, active=False, steps=ladder.cancelled(stored.steps))
    return Decision("cancelled" if stored.active else "noted", after)


def _has_new_recipient(stored: Timeline, event: QueryChanged) -> bool:
    if event.recipient_id is None:
        return event.transition in NEW_RECIPIENT
    return event.recipient_id != stored.recipient_id


def _fresh(stored: Timeline | None, event: QueryChanged, policy: Ladder) -> Timeline:
    """Return a timeline without steps that starts with `event`: for a query never seen before, at its issue."""
    start = event.issued_at if stored is None and event.issued_at else event.at
    timeline = Timeline(
        query_id=event.query_id,
        chart_id=event.chart_id,
        sequence=event.sequence,
        epoch=event.sequence,
        active=True,
        policy=policy.policy,
        phase=event.phase,
        facility=event.facility,
        recipient_id=event.recipient_id,
        since=start,
        anchor=start,
    )
    return _with_pause(timeline, event)


def _go_on(stored: Timeline, event: QueryChanged, policy: Ladder, calendar: BusinessCalendar) -> Decision:
    """Follow an event on a query that stays open with the same recipient."""
    after = replace(stored, sequence=event.sequence, chart_id=event.chart_id, facility=event.facility)
    if event.phase != stored.phase:
        after = replace(after, phase=event.phase, anchor=event.at, paused_at=None, deferred_until=None)
    else:
        after = _resumed(after, event)
    after = _with_pause(after, event)
    if _clock(after) == _clock(stored):
        return Decision("noted", after)
    return _plan(after, policy, calendar, kept=stored.steps)


def _clock(timeline: Timeline) -> tuple[object, ...]:
    return timeline.phase, timeline.anchor, timeline.paused_at, timeline.deferred_until


def _is_deferred(event: QueryChanged) -> bool:
    ends = event.deferred_until
    return event.transition != "resumed" and ends is not None and ends > event.at


def _with_pause(timeline: Timeline, event: QueryChanged) -> Timeline:
    """Stop the clock when the event defers the query; a further deferral moves only the end of the pause."""
    if not _is_deferred(event):
        return timeline
    return replace(timeline, paused_at=timeline.paused_at or event.at, deferred_until=event.deferred_until)


def _resumed(timeline: Timeline, event: QueryChanged) -> Timeline:
    """Let the clock run again: the anchor moves by the length of the pause, which ends at its end or with the event."""
    if timeline.paused_at is None or timeline.deferred_until is None or _is_deferred(event):
        return timeline
    length = max(min(event.at, timeline.deferred_until) - timeline.paused_at, timedelta(0))
    return replace(timeline, anchor=timeline.anchor + length, paused_at=None, deferred_until=None)


def _plan(timeline: Timeline, policy: Ladder, calendar: BusinessCalendar, *, kept: tuple[Step, ...]) -> Decision:
    """Give the timeline the steps of its phase; those in `kept` that have happened stay."""
    anchor = timeline.anchor
    if timeline.deferred_until is not None and timeline.paused_at is not None:
        anchor += timeline.deferred_until - timeline.paused_at
    rungs = policy.rungs.get(timeline.phase, ())
    steps = ladder.rebase(kept, rungs, anchor, calendar, not_before=timeline.deferred_until)
    return Decision("planned", replace(timeline, steps=steps, policy=policy.policy))
