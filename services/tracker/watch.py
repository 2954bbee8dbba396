"""What the tracker does when a timer fires: repeat a request, raise an alarm, end a deferral or a visit, give up."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from services.foundation.database import Connection
from services.foundation.timers import Timer
from services.tracker import store
from services.tracker.decisions import desk, encounters
from services.tracker.expectations import PARKED, PLAN, RECEIPT, REQUEST, RESUME, VISIT_END
from services.tracker.holds import SYSTEM
from services.tracker.intake import give_up_parked
from services.tracker.lifecycle import WAITING_QUERY
from services.tracker.office import Office


class Watch:
    """Handles the tracker's timers. Each reads the state anew, under lock, and may find nothing to do."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def fire(self, conn: Connection, timer: Timer) -> None:
        """Handle one timer in the given transaction."""
        if timer.kind == PARKED:
            await give_up_parked(conn, self._office, timer.payload["parked"])
            return
        books = await self._office.books(conn)
        chart_id: str = timer.payload["chart_id"]
        await books.open([chart_id])
        if timer.kind == REQUEST:
            gap, request = UUID(timer.payload["gap_uid"]), UUID(timer.payload["request_id"])
            desk.repeat_request(books.journal, chart_id, gap, request, SYSTEM)
        elif timer.kind == RESUME:
            desk.resume(books.journal, chart_id, UUID(timer.payload["query_id"]), SYSTEM, timer.due_at)
        elif timer.kind == VISIT_END:
            # The database's clock fired this timer; ours may be a little behind.
            moment = max(books.journal.now, timer.due_at)
            books.journal.situation = replace(books.journal.situation, now=moment)
            if chart_id in books.journal.charts:
                encounters.visit_over(books.journal, chart_id, SYSTEM)
        elif timer.kind in (PLAN, RECEIPT):
            query = books.journal.charts[chart_id].queries.get(UUID(timer.payload["query_id"]))
            if query is not None and query.state in WAITING_QUERY:
                await store.alarm(conn, timer.kind, timer.payload["query_id"])
        await books.close()


async def hasten_requests(office: Office) -> None:
    """At a start beside a broker that forgets: requests without a result are due again at once."""
    async with office.database.transaction(store.SYSTEM_SCOPE) as conn:
        await conn.execute(
            "UPDATE timers SET due_at = now() + interval '2 seconds' WHERE kind = %s AND done_at IS NULL", (REQUEST,)
        )
