"""Taking the tracker's status events into timelines: in the batch's transaction, and without any mail."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from schemas.dead_letters import DeadLetter
from schemas.events import Event
from schemas.status import QueryChanged
from schemas.vocabulary import MessageKind
from services.foundation import outbox
from services.foundation.database import Connection
from services.notifier import announcements, deliveries, planning, store
from services.notifier.ladder import Step
from services.notifier.planning import Timeline
from services.notifier.policy import Policy

OUT_OF_TURN: Mapping[str, tuple[str, MessageKind]] = {
    "reminded": ("asked", "reminder"),  # a person asks for a reminder
    "replied": ("reply", "reply"),  # the author has replied to the provider's question
}
"""The edges of a query that send a message beside the ladder's own: the step's name, and what kind of message."""


class StatusConsumer:
    """Applies batches of status events; everything but `query.changed` passes by."""

    def __init__(self, policy: Policy, now: Callable[[], datetime]) -> None:
        self._policy = policy
        self._now = now

    async def apply(self, conn: Connection, events: Sequence[Event]) -> None:
        """Bring the timelines in line with the events, and announce each that has changed."""
        changes = [event.data for event in events if isinstance(event.data, QueryChanged)]
        if not changes:
            return
        stored = await store.lock(conn, {change.query_id for change in changes})
        touched, moved = self._decide(changes, stored)
        await store.save(conn, list(touched.values()))
        await deliveries.follow(conn, list(moved.values()))
        await self._tell(conn, changes, stored, touched)
        at = self._now()
        await outbox.append(conn, [announcements.planned(timeline, at) for timeline in moved.values()])

    async def bury(self, conn: Connection, letter: DeadLetter) -> None:
        """Hand a dead letter to the tracker, which keeps them all."""
        await outbox.append(conn, [announcements.dead_letter(letter)])

    async def _tell(
        self,
        conn: Connection,
        changes: Sequence[QueryChanged],
        stored: dict[UUID, Timeline],
        touched: dict[UUID, Timeline],
    ) -> None:
        """Put what people caused to be told on the list of what is to be sent, beside the ladder's own."""
        for change in changes:
            known, timeline = stored.get(change.query_id), touched.get(change.query_id)
            new = known is None or change.sequence > known.sequence
            if change.transition in OUT_OF_TURN and new and timeline is not None and timeline.active:
                name, kind = OUT_OF_TURN[change.transition]
                await deliveries.add(conn, timeline, Step(f"{name}-{change.sequence}", kind, 0, change.at))

    def _decide(
        self, changes: Sequence[QueryChanged], stored: dict[UUID, Timeline]
    ) -> tuple[dict[UUID, Timeline], dict[UUID, Timeline]]:
        """Return the timelines to be stored, and those among them whose steps have changed, in the order of events."""
        touched: dict[UUID, Timeline] = {}
        moved: dict[UUID, Timeline] = {}
        for change in changes:
            before = touched.get(change.query_id) or stored.get(change.query_id)
            calendar = self._policy.calendar(change.facility)
            decision = planning.decide(before, change, self._policy.ladder, calendar)
            if decision.timeline is None:
                continue
            touched[change.query_id] = decision.timeline
            if decision.action in {"planned", "cancelled"} or change.query_id in moved:
                moved[change.query_id] = decision.timeline
        return touched, moved
