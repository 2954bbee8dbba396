"""What the tracker does when a timer fires: repeat a request, raise an alarm, end a deferral or a visit, give up."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from uuid import UUID

from services.foundation.database import Connection
from services.foundation.timers import Timer
from services.tracker import store
from services.tracker.decisions import desk, encounters, following
from services.tracker.expectations import DIRECTORY, PARKED, PLAN, RECEIPT, REQUEST, RESUME, VISIT_END
from services.tracker.holds import SYSTEM, settle
from services.tracker.intake import give_up_parked
from services.tracker.journal import Journal
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
        if chart_id in books.journal.charts:
            await FIRED[timer.kind](conn, books.journal, chart_id, timer)
        await books.close()


async def _repeat(_: Connection, journal: Journal, chart_id: str, timer: Timer) -> None:
    gap, request = UUID(timer.payload["gap_uid"]), UUID(timer.payload["request_id"])
    desk.repeat_request(journal, chart_id, gap, request, SYSTEM)


async def _resume(_: Connection, journal: Journal, chart_id: str, timer: Timer) -> None:
    desk.resume(journal, chart_id, UUID(timer.payload["query_id"]), SYSTEM, timer.due_at)


async def _end_visit(_: Connection, journal: Journal, chart_id: str, timer: Timer) -> None:
    # The database's clock fired this timer; ours may be a little behind.
    journal.situation = replace(journal.situation, now=max(journal.now, timer.due_at))
    encounters.visit_over(journal, chart_id, SYSTEM)


async def _find_recipients(_: Connection, journal: Journal, chart_id: str, __: Timer) -> None:
    following.catch_up(journal, chart_id, SYSTEM)
    settle(journal)


async def _alarm(conn: Connection, journal: Journal, chart_id: str, timer: Timer) -> None:
    query = journal.charts[chart_id].queries.get(UUID(timer.payload["query_id"]))
    if query is not None and query.state in WAITING_QUERY:
        await store.alarm(conn, timer.kind, timer.payload["query_id"])


FIRED: dict[str, Callable[[Connection, Journal, str, Timer], Awaitable[None]]] = {
    REQUEST: _repeat,
    RESUME: _resume,
    VISIT_END: _end_visit,
    DIRECTORY: _find_recipients,
    PLAN: _alarm,
    RECEIPT: _alarm,
}


async def hasten_requests(office: Office) -> None:
    """At a start beside a broker that forgets: requests without a result are due again at once."""
    async with office.database.transaction(store.SYSTEM_SCOPE) as conn:
        await conn.execute(
            "UPDATE timers SET due_at = now() + interval '2 seconds' WHERE kind = %s AND done_at IS NULL", (REQUEST,)
        )
