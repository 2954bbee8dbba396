"""What a ladder's timer does when it fires: put the one step that is due on the list of what is to be sent.

Nothing is sent here and nobody is asked; the sender does that outside of any transaction. So a mail server that hangs
holds up neither timers nor events.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.foundation import outbox
from services.foundation.database import Connection
from services.foundation.timers import Timer
from services.notifier import announcements, deliveries, ladder, store
from services.notifier.ladder import Step
from services.notifier.planning import Timeline


class LadderTimer:
    """Handles the timers of timelines (see `foundation.timers.TimerLoop`)."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now

    async def fire(self, conn: Connection, timer: Timer) -> None:
        """Fire the highest overdue step of the timeline, skip the others below it, and wait for the next."""
        query_id = UUID(timer.subject)
        timeline = (await store.lock(conn, [query_id])).get(query_id)
        if timeline is None or not timeline.active:
            return
        # The database's clock has called; ours may be behind.
        now = max(self._now(), timer.due_at)
        due = ladder.due(timeline.steps, now)
        after = replace(timeline, steps=due.steps)
        await store.advance(conn, after)
        if due.fire is not None:
            await self._put(conn, after, due.fire, now)

    async def _put(self, conn: Connection, timeline: Timeline, step: Step, now: datetime) -> None:
        if step.final:
            await outbox.append(conn, [announcements.step_due(timeline, step.step, now)])
        else:
            await deliveries.add(conn, timeline, step)
