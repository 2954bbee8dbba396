"""What the tracker hears on Kafka. A batch is one transaction: charts locked, each event applied, effects written."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from schemas.dead_letters import DeadLetter
from schemas.encounters import DocumentationAppeared, EncounterUpdated
from schemas.events import DEAD_LETTERS, ENCOUNTERS, GAPS, NOTIFICATIONS, QUERIES, RESPONSES, Event
from schemas.gaps import GapRaised, GapWithdrawn
from schemas.notifications import (
    EscalationRaised,
    NotificationFailed,
    NotificationPlanned,
    NotificationReceipt,
    NotificationSent,
    StepDue,
)
from schemas.queries import QueryHeld, QueryIssued
from schemas.responses import ResponseSubmitted
from services.foundation import timers
from services.foundation.database import Connection
from services.tracker import intake, store
from services.tracker.decisions import desk, results
from services.tracker.directory import read_source
from services.tracker.expectations import PLAN, RECEIPT, UNDELIVERED
from services.tracker.office import Office
from services.tracker.recipients import attending_of
from services.tracker.store import Books

TOPICS = (GAPS, ENCOUNTERS, RESPONSES, QUERIES, NOTIFICATIONS, DEAD_LETTERS)
GROUP = "tracker"
NOTIFIER = "notifier"

Handler = Callable[["Inlet", Connection, Books, Event], Awaitable[None]]


class Inlet:
    """Applies a batch of events that are new to the tracker, in transactions whose scope is the system's."""

    def __init__(self, office: Office) -> None:
        self.office = office

    async def apply(self, conn: Connection, events: Sequence[Event]) -> None:
        """Apply events in order. Raises what a handler raises: then nothing of the batch is kept."""
        books = await self.office.books(conn)
        await books.open(self._charts(events, CREATING), create=True)
        await books.open(self._charts(events, KNOWN))
        await books.open(await intake.charts_of_gaps(conn, events))
        for event in events:
            await HANDLERS[type(event.data)](self, conn, books, event)
        await books.close()

    async def bury(self, conn: Connection, letter: DeadLetter) -> None:
        """Keep what could not be read or handled, and raise an alarm where a handler failed."""
        await keep_dead_letter(conn, letter)

    def _charts(self, events: Sequence[Event], kinds: tuple[type, ...]) -> list[str]:
        named: list[str] = []
        for event in events:
            if isinstance(event.data, kinds):
                named.extend(self._charts_of(event))
        return named

    def _charts_of(self, event: Event) -> list[str]:
        data = event.data
        if isinstance(data, GapRaised):
            return [self.office.chart_id(data.facility, data.encounter.number)]
        if isinstance(data, EncounterUpdated):
            return intake.charts_of_encounter(self.office, data)
        if isinstance(data, GapWithdrawn | DocumentationAppeared):
            return [self.office.chart_id(data.facility, data.encounter_number)]
        return [data.chart_id]  # type: ignore[attr-defined]

    async def gap(self, conn: Connection, books: Books, event: Event) -> None:
        """gap.raised"""
        assert isinstance(event.data, GapRaised)
        source = await read_source(conn, event.envelope.source)
        intake.take_gap(self.office, books, event.data, intake.author_over_kafka(source, event.data.raised_by))

    async def withdrawal(self, _: Connection, books: Books, event: Event) -> None:
        """gap.withdrawn"""
        assert isinstance(event.data, GapWithdrawn)
        intake.take_withdrawal(self.office, books, event.data, event.envelope.source)

    async def encounter(self, _: Connection, books: Books, event: Event) -> None:
        """encounter.updated"""
        assert isinstance(event.data, EncounterUpdated)
        intake.take_encounter(self.office, books, event.data, event.envelope.source)

    async def documentation(self, conn: Connection, books: Books, event: Event) -> None:
        """documentation.appeared"""
        assert isinstance(event.data, DocumentationAppeared)
        await intake.take_documentation(conn, self.office, books, event.data, event.envelope)

    async def response(self, conn: Connection, books: Books, event: Event) -> None:
        """response.submitted"""
        assert isinstance(event.data, ResponseSubmitted)
        await intake.take_response(conn, self.office, books, event.data, event.envelope)

    async def result(self, conn: Connection, books: Books, event: Event) -> None:
        """query.issued, query.held"""
        assert isinstance(event.data, QueryIssued | QueryHeld)
        if event.data.chart_id not in books.journal.charts:
            return
        applied = results.apply_result(books.journal, event.data.chart_id, event.data)
        if applied == "anomaly":
            await store.alarm(conn, "result_anomaly", str(event.data.query_id))
        if applied == "issued":
            await intake.apply_parked(conn, self.office, books, [str(event.data.query_id)])

    async def planned(self, conn: Connection, _: Books, event: Event) -> None:
        """notification.planned"""
        assert isinstance(event.data, NotificationPlanned)
        await self._met(conn, event.data.query_id, PLAN)

    async def sent(self, conn: Connection, books: Books, event: Event) -> None:
        """notification.sent"""
        assert isinstance(event.data, NotificationSent)
        await self._met(conn, event.data.query_id, RECEIPT)
        await keep_notice(conn, event.data, "sent")
        if _knows(books, event.data.chart_id, event.data.query_id):
            desk.mark_delivered(books.journal, event.data.chart_id, event.data.query_id, NOTIFIER)

    async def failed(self, conn: Connection, _: Books, event: Event) -> None:
        """notification.failed"""
        assert isinstance(event.data, NotificationFailed)
        await keep_notice(conn, event.data, "failed")
        await store.alarm(conn, UNDELIVERED, str(event.data.query_id))

    async def receipt(self, conn: Connection, _: Books, event: Event) -> None:
        """notification.receipt"""
        assert isinstance(event.data, NotificationReceipt)
        await keep_notice(conn, event.data, event.data.status)
        if event.data.status == "bounced":
            await store.alarm(conn, UNDELIVERED, str(event.data.query_id))

    async def escalation(self, _: Connection, books: Books, event: Event) -> None:
        """escalation_raised: at level 1 the attending is asked as well."""
        data = event.data
        assert isinstance(data, EscalationRaised)
        chart = books.journal.charts.get(data.chart_id)
        if chart is None or data.query_id not in chart.queries:
            return
        addressee = chart.gaps[chart.queries[data.query_id].gap_uid].content.addressee
        attending = attending_of(addressee, chart.facts, books.journal.situation.directory)
        copied = (attending.provider_id,) if attending and data.level >= 1 else ()
        desk.escalate(books.journal, data.chart_id, data.query_id, data.level, copied, NOTIFIER)

    async def due(self, _: Connection, books: Books, event: Event) -> None:
        """step_due: the end of the ladder"""
        assert isinstance(event.data, StepDue)
        if _knows(books, event.data.chart_id, event.data.query_id):
            desk.expire(books.journal, event.data.chart_id, event.data.query_id, NOTIFIER)

    async def letter(self, conn: Connection, _: Books, event: Event) -> None:
        """dead_letter.recorded"""
        assert isinstance(event.data, DeadLetter)
        await keep_dead_letter(conn, event.data)

    async def _met(self, conn: Connection, query_id: UUID, kind: str) -> None:
        await timers.cancel(conn, str(query_id), [kind])
        await store.clear_alarm(conn, kind, str(query_id))


def _knows(books: Books, chart_id: str, query_id: UUID) -> bool:
    chart = books.journal.charts.get(chart_id)
    return chart is not None and query_id in chart.queries


async def keep_notice(
    conn: Connection, data: NotificationSent | NotificationFailed | NotificationReceipt, status: str
) -> None:
    """Store what became of a message, once, for the query's history."""
    said = data.model_dump(include={"query_id", "notification_id", "at", "step", "channel", "attempts", "error"})
    await conn.execute(
        "INSERT INTO notices (query_id, notification_id, status, step, channel, attempts, error, at) VALUES"
        " (%(query_id)s, %(notification_id)s, %(status)s, %(step)s, %(channel)s, %(attempts)s, %(error)s, %(at)s)"
        " ON CONFLICT DO NOTHING",
        {"step": None, "channel": None, "attempts": None, "error": None, **said, "status": status},
    )


async def keep_dead_letter(conn: Connection, letter: DeadLetter) -> None:
    """Store a dead letter, once."""
    await conn.execute(
        'INSERT INTO dead_letters (letter_id, consumer, topic, partition, "offset", reason, detail, event_type,'
        " event_source, event_id, letter) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
        " ON CONFLICT (letter_id) DO NOTHING",
        (
            letter.letter_id,
            letter.consumer,
            letter.topic,
            letter.partition,
            letter.offset,
            letter.reason,
            letter.detail,
            letter.event_type,
            letter.event_source,
            letter.event_id,
            letter.model_dump_json(),
        ),
    )
    if letter.reason == "handler_failed":
        await store.alarm(conn, "handler_failed", str(letter.letter_id))


CREATING = (GapRaised, GapWithdrawn, EncounterUpdated, DocumentationAppeared)
KNOWN = (
    QueryIssued,
    QueryHeld,
    NotificationSent,
    EscalationRaised,
    StepDue,
)
HANDLERS: dict[type, Handler] = {
    GapRaised: Inlet.gap,
    GapWithdrawn: Inlet.withdrawal,
    EncounterUpdated: Inlet.encounter,
    DocumentationAppeared: Inlet.documentation,
    ResponseSubmitted: Inlet.response,
    QueryIssued: Inlet.result,
    QueryHeld: Inlet.result,
    NotificationPlanned: Inlet.planned,
    NotificationSent: Inlet.sent,
    NotificationFailed: Inlet.failed,
    NotificationReceipt: Inlet.receipt,
    EscalationRaised: Inlet.escalation,
    StepDue: Inlet.due,
    DeadLetter: Inlet.letter,
}
