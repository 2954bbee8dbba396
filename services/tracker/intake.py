"""Events that come in, by type: what each does to the journal. Kafka and HTTP both end here."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID, uuid5

from schemas.base import content_digest
from schemas.encounters import DocumentationAppeared, EncounterUpdated
from schemas.events import Envelope, Event, make, write
from schemas.gaps import GapRaised, GapWithdrawn
from schemas.responses import ResponseSubmitted
from schemas.status import ResponseRejected
from services.foundation import outbox, timers
from services.foundation.database import Connection
from services.foundation.outbox import OutboxMessage
from services.foundation.timers import Timer
from services.tracker import ids, store
from services.tracker.decisions import answers, encounters, gaps
from services.tracker.directory import Source, covers_of, read_source
from services.tracker.expectations import PARKED
from services.tracker.lifecycle import NotAllowed
from services.tracker.model import Author, Response
from services.tracker.office import Office
from services.tracker.publishing import SOURCE
from services.tracker.store import Books


def author_over_kafka(source: Source, raised_by: str | None) -> Author:
    """Return the author of a gap that came by Kafka: what compliance says of the source, not what the payload says."""
    user = source.authors.get(raised_by or "")
    person = source.kind == "person" and user is not None
    return Author(user_id=user, source=source.source, person=person, automatic=source.automatic)


def gap_digest(content: GapRaised) -> str:
    """Return what decides whether a raise is the same again: the contract fields set, without `occurred_at`."""
    return content_digest(content, without=frozenset({"occurred_at"}))


def take_gap(office: Office, books: Books, content: GapRaised, author: Author) -> str:
    """Register a gap."""
    chart_id = office.chart_id(content.facility, content.encounter.number)
    return gaps.raise_gap(books.journal, chart_id, content, gap_digest(content), author)


def take_withdrawal(office: Office, books: Books, data: GapWithdrawn, source: str) -> str:
    """Withdraw a gap by its source."""
    chart_id = office.chart_id(data.facility, data.encounter_number)
    gaps.ensure_chart(books.journal, chart_id, data.facility, data.encounter_number, source)
    uid = ids.gap_uid(source, data.gap_id)
    return gaps.withdraw_gap(books.journal, chart_id, uid, data.occurred_at, source, "withdrawn by its source")


def take_encounter(office: Office, books: Books, data: EncounterUpdated, source: str) -> str:
    """Take facts of an encounter."""
    chart_id = office.chart_id(data.facility, data.encounter_number)
    into = office.chart_id(data.facility, data.merged_into_number) if data.merged_into_number else None
    encounters.update_encounter(books.journal, chart_id, data, source, into)
    return "applied"


async def charts_of_gaps(conn: Connection, events: Iterable[Event]) -> list[str]:
    """Return the charts on which gaps that the events name stand already, whatever encounter the events name."""
    named = [ids.gap_uid(event.envelope.source, gap_id) for event in events for gap_id in _gap_ids(event)]
    return await store.charts_of_gaps(conn, named)


def _gap_ids(event: Event) -> tuple[str, ...]:
    data = event.data
    if isinstance(data, GapRaised | GapWithdrawn):
        return (data.gap_id,)
    return data.answers_gap_ids if isinstance(data, DocumentationAppeared) else ()


def charts_of_encounter(office: Office, data: EncounterUpdated) -> list[str]:
    """Return the charts that an encounter event concerns."""
    numbers = [data.encounter_number, *([data.merged_into_number] if data.merged_into_number else [])]
    return [office.chart_id(data.facility, number) for number in numbers]


async def take_documentation(
    conn: Connection, office: Office, books: Books, data: DocumentationAppeared, envelope: Envelope
) -> str:
    """Take a new entry of the record; one that names an unknown query waits for it."""
    chart_id = office.chart_id(data.facility, data.encounter_number)
    home = await _home_of_query(conn, books, data.query_id) if data.query_id else chart_id
    if data.query_id and home is None:
        await _park(conn, office, "documentation", str(data.query_id), envelope)
        data = data.model_copy(update={"query_id": None})
    result = encounters.documentation_appeared(books.journal, chart_id, data, envelope.source, envelope.source)
    if data.query_id and home and home != chart_id:
        answers.documented(books.journal, home, data.query_id, data.reference, envelope.source)
    return result


async def _home_of_query(conn: Connection, books: Books, query_id: UUID) -> str | None:
    for chart in books.journal.charts.values():
        if query_id in chart.queries:
            return chart.chart_id
    home = await store.chart_of_query(conn, query_id)
    if home:
        await books.open([home])
    return home


async def take_response(
    conn: Connection, office: Office, books: Books, data: ResponseSubmitted, envelope: Envelope
) -> str:
    """Take an answer that came by Kafka: only from an allow-listed source, with evidence of who signed."""
    source = await read_source(conn, envelope.source)
    provider = await _signer(conn, source, data)
    if not source.may_answer or provider is None:
        reason = "unknown_signer" if source.may_answer else "source_not_allowed"
        await reject(conn, data, envelope.source, reason, office)
        return "rejected"
    home = await _home_of_query(conn, books, data.query_id)
    if home is None:
        return await _park_response(conn, office, str(data.query_id), data, envelope)
    if data.amends and not _known_response(books, home, data):
        return await _park_response(conn, office, f"{data.query_id}:{data.amends}", data, envelope)
    return await _submit(conn, office, books, home, data, envelope.source, provider)


def _known_response(books: Books, home: str, data: ResponseSubmitted) -> bool:
    query = books.journal.charts[home].queries[data.query_id]
    return any(item.response_id == data.amends for item in query.responses)


async def _submit(
    conn: Connection, office: Office, books: Books, home: str, data: ResponseSubmitted, source: str, provider: str
) -> str:
    response = Response(
        response_id=data.response_id,
        source=source,
        provider_id=provider,
        at=office.clock(),
        signed_at=data.signature.signed_at,
        method=data.signature.method,
        answer=data.answer,
        amends=data.amends,
    )
    covers = await covers_of(conn, provider, office.clock())
    try:
        result = answers.submit(books.journal, home, data.query_id, response, covers)
    except NotAllowed as error:
        await reject(conn, data, source, str(error).partition(":")[0], office)
        return "rejected"
    await apply_parked(conn, office, books, [f"{data.query_id}:{data.response_id}"])
    return result


async def _signer(conn: Connection, source: Source, data: ResponseSubmitted) -> str | None:
    user = source.authors.get(data.signature.external_user_id)
    if user is None:
        return None
    cursor = await conn.execute(
        "SELECT provider_id FROM users WHERE id = %s AND active AND 'provider' = ANY (roles)", (user,)
    )
    row = await cursor.fetchone()
    return row["provider_id"] if row else None


async def reject(conn: Connection, data: ResponseSubmitted, source: str, reason: str, office: Office) -> None:
    """Reject an answer by an event; it stays listed, and changes nothing."""
    now = office.clock()
    # One id may be sent and rejected again, about another query too: each rejection is an event of its own.
    identity = uuid5(ids.NAMESPACE, f"rejected\n{source}\n{data.response_id}\n{data.query_id}\n{now.isoformat()}")
    chart_id = await store.chart_of_query(conn, data.query_id) or str(data.query_id)
    rejected = ResponseRejected(
        query_id=data.query_id, response_id=data.response_id, source=source, at=now, reason=reason
    )
    envelope = make(rejected, id=str(identity), source=SOURCE, time=now, subject=chart_id)
    await _list_rejected(conn, f"{source}\n{data.response_id}", data, source, reason)
    await outbox.append(conn, [OutboxMessage(envelope=envelope, key=chart_id)])


async def _list_rejected(conn: Connection, name: str, data: ResponseSubmitted, source: str, reason: str) -> None:
    """List a rejected answer. One that still waits under the same name is another answer, and goes on waiting."""
    for identity in (name, f"{name}\n{data.query_id}"):
        cursor = await conn.execute(
            "INSERT INTO parked (id, kind, reference, source, envelope, state, reason, until)"
            " VALUES (%s, 'response', %s, %s, %s, 'rejected', %s, now())"
            " ON CONFLICT (id) DO UPDATE SET state = 'rejected', reason = excluded.reason"
            " WHERE parked.state <> 'waiting'",
            (identity, str(data.query_id), source, data.model_dump_json(), reason),
        )
        if cursor.rowcount:
            return


async def _park_response(
    conn: Connection, office: Office, reference: str, data: ResponseSubmitted, envelope: Envelope
) -> str:
    """Let an answer wait. Its id may stand for another answer that waits already: then it is told, not dropped."""
    waiting = await _park(conn, office, "response", reference, envelope)
    if waiting is None or ResponseSubmitted.model_validate(waiting.data) == data:
        return "parked"
    await reject(conn, data, envelope.source, "conflicting_response", office)
    return "rejected"


async def _park(conn: Connection, office: Office, kind: str, reference: str, envelope: Envelope) -> Envelope | None:
    """Let an event wait. Returns what waits under its name already, and then keeps only that."""
    until = office.clock() + office.policy.parked_for
    identity = f"{envelope.source}\n{envelope.data.get('response_id') or envelope.id}"
    cursor = await conn.execute(
        "INSERT INTO parked (id, kind, reference, source, envelope, until) VALUES (%s, %s, %s, %s, %s, %s)"
        " ON CONFLICT (id) DO UPDATE SET state = 'waiting', reference = excluded.reference,"
        " envelope = excluded.envelope, until = excluded.until WHERE parked.state <> 'waiting'",
        (identity, kind, reference, envelope.source, write(envelope).decode(), until),
    )
    if not cursor.rowcount:
        cursor = await conn.execute("SELECT envelope FROM parked WHERE id = %s", (identity,))
        row = await cursor.fetchone()
        return Envelope.model_validate_json(row["envelope"]) if row else None
    timer = Timer(
        id=uuid5(ids.NAMESPACE, f"parked\n{identity}"),
        kind=PARKED,
        subject=reference,
        due_at=until,
        payload={"parked": identity},
    )
    await timers.schedule(conn, [timer])
    return None


async def apply_parked(conn: Connection, office: Office, books: Books, references: list[str]) -> None:
    """Apply what waited for these references, in the transaction that created them."""
    if not references:
        return
    cursor = await conn.execute(
        "SELECT id, kind, envelope FROM parked WHERE state = 'waiting' AND reference = ANY (%s) ORDER BY at, id",
        (references,),
    )
    for row in await cursor.fetchall():
        await conn.execute("UPDATE parked SET state = 'applied' WHERE id = %s", (row["id"],))
        envelope = Envelope.model_validate_json(row["envelope"])
        if row["kind"] == "response":
            data = ResponseSubmitted.model_validate(envelope.data)
            await take_response(conn, office, books, data, envelope)
        else:
            entry = DocumentationAppeared.model_validate(envelope.data)
            await books.open([office.chart_id(entry.facility, entry.encounter_number)], create=True)
            await take_documentation(conn, office, books, entry, envelope)


async def give_up_parked(conn: Connection, office: Office, identity: str) -> None:
    """Reject what waited too long for something unknown; it stays listed."""
    cursor = await conn.execute(
        "SELECT kind, envelope, source FROM parked WHERE id = %s AND state = 'waiting' FOR UPDATE", (identity,)
    )
    row = await cursor.fetchone()
    if row is None:
        return
    await conn.execute("UPDATE parked SET state = 'rejected', reason = 'unknown_query' WHERE id = %s", (identity,))
    if row["kind"] == "response":
        envelope = Envelope.model_validate_json(row["envelope"])
        data = ResponseSubmitted.model_validate(envelope.data)
        await reject(conn, data, row["source"], "unknown_query", office)
