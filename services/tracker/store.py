"""The tracker's books: charts locked and loaded, decisions written down. All SQL about charts stands here.

One transaction = lock the charts (in sorted order) -> decide on a `Journal` -> log, state, tables of the pages, outbox.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple
from datetime import datetime
from typing import Any
from uuid import UUID

from services.foundation import outbox
from services.foundation.database import Connection
from services.foundation.outbox import OutboxMessage
from services.tracker import audit, expectations, projection
from services.tracker.audit import BrokenChain, Entry, Vault
from services.tracker.changes import Change
from services.tracker.journal import Journal, Situation
from services.tracker.lifecycle import NotAllowed, fold
from services.tracker.model import Chart
from services.tracker.publishing import events_of

SYSTEM_SCOPE = {"app.system": "on"}


class Books:
    """The charts of one transaction. Create it with the transaction's connection, `open` charts, decide, `close`."""

    def __init__(self, conn: Connection, vault: Vault, situation: Situation) -> None:
        self._conn = conn
        self._vault = vault
        self._heads: dict[str, str] = {}
        self._reserved: set[str] = set()
        self.journal = Journal({}, situation)

    async def open(self, chart_ids: Iterable[str], *, create: bool = False) -> None:
        """Lock and load charts, and what they were merged with. With `create`, unknown ones are reserved.

        Raises `NotAllowed` for a chart that was purged.
        """
        wanted = sorted(set(chart_ids) - set(self._heads))
        if create and wanted:
            await self._conn.execute(
                "INSERT INTO charts (chart_id) SELECT unnest(%s::text[]) ON CONFLICT DO NOTHING", (wanted,)
            )
            self._reserved.update(wanted)
        while wanted:
            await self._load(wanted)
            wanted = sorted(self._relatives() - set(self._heads))

    async def _load(self, chart_ids: Sequence[str]) -> None:
        cursor = await self._conn.execute(
            "SELECT chart_id, head, purged_at FROM charts WHERE chart_id = ANY (%s) ORDER BY chart_id FOR UPDATE",
            (list(chart_ids),),
        )
        rows = await cursor.fetchall()
        if any(row["purged_at"] for row in rows):
            raise NotAllowed(
                "What was written about this chart was purged after its time; it takes nothing in any more."
            )
        heads = {row["chart_id"]: row["head"] for row in rows}
        self._heads |= dict.fromkeys(chart_ids, audit.GENESIS) | heads
        cursor = await self._conn.execute(
            "SELECT state FROM chart_states WHERE chart_id = ANY (%s)", (list(chart_ids),)
        )
        for row in await cursor.fetchall():
            chart = Chart.model_validate_json(row["state"])
            self.journal.charts[chart.chart_id] = chart

    def _relatives(self) -> set[str]:
        related: set[str] = set()
        for chart in self.journal.charts.values():
            related |= set(chart.members) | ({chart.merged_into} if chart.merged_into else set())
        return related

    async def close(self) -> None:
        """Write down everything that was decided since `open`, and release what was reserved for nothing."""
        if self.journal.steps:
            # None of these statements needs the answer of another one: they travel together.
            async with self._conn.pipeline():
                await self._write_steps()
        if unused := sorted(self._reserved - set(self.journal.charts)):
            await self._conn.execute("DELETE FROM charts WHERE chart_id = ANY (%s) AND sequence = 0", (unused,))
        self.journal.steps.clear()

    async def _write_steps(self) -> None:
        steps = self.journal.steps
        await self._write_log()
        await projection.write(self._conn, self.journal, self._heads)
        await expectations.follow(self._conn, self.journal)
        events = [(step.change.chart_id, event) for step in steps for event in events_of(step)]
        await outbox.append(self._conn, [OutboxMessage(envelope=event, key=chart) for chart, event in events])

    async def _write_log(self) -> None:
        entries, sealed = [], []
        for step in self.journal.steps:
            sequence = step.after.sequence
            payload, digest = self._vault.seal(step.change, sequence)
            entry = audit.link(step.change, sequence, digest, self._heads[step.change.chart_id])
            self._heads[entry.chart_id] = entry.hash
            entries.append(astuple(entry))
            sealed.append((entry.chart_id, sequence, payload))
        async with self._conn.cursor() as cursor:
            await cursor.executemany(
                "INSERT INTO event_log (chart_id, sequence, subject, transition, at, actor, gap_uid, query_id,"
                " payload_digest, previous, hash) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
                entries,
            )
            await cursor.executemany(
                "INSERT INTO event_payloads (chart_id, sequence, sealed) VALUES (%s, %s, %s)", sealed
            )


async def look(conn: Connection, situation: Situation, chart_ids: Iterable[str]) -> Journal:
    """Return a journal with charts as they are, and what they were merged with, without locking them.

    For decisions that are only tried: what is noted on it goes nowhere.
    """
    journal = Journal({}, situation)
    wanted = sorted(set(chart_ids))
    while wanted:
        cursor = await conn.execute("SELECT state FROM chart_states WHERE chart_id = ANY (%s)", (wanted,))
        known = [Chart.model_validate_json(row["state"]) for row in await cursor.fetchall()]
        journal.charts |= {chart.chart_id: chart for chart in known}
        related = {other for chart in known for other in (*chart.members, chart.merged_into) if other}
        wanted = sorted(related - set(journal.charts))
    return journal


async def chart_of_query(conn: Connection, query_id: UUID) -> str | None:
    """Return the chart on whose chain a query stands."""
    cursor = await conn.execute("SELECT chart_id FROM queries WHERE query_id = %s", (query_id,))
    row = await cursor.fetchone()
    return row["chart_id"] if row else None


async def charts_of_gaps(conn: Connection, gap_uids: Iterable[UUID]) -> list[str]:
    """Return the charts on whose chains gaps stand, as far as they are known."""
    cursor = await conn.execute("SELECT DISTINCT chart_id FROM gaps WHERE gap_uid = ANY (%s)", (list(gap_uids),))
    return [row["chart_id"] for row in await cursor.fetchall()]


async def read_log(conn: Connection, chart_id: str) -> list[Entry]:
    """Return a chart's chain from its beginning."""
    cursor = await conn.execute(
        "SELECT chart_id, sequence, subject, transition, at, actor, gap_uid, query_id, payload_digest, previous, hash"
        " FROM event_log WHERE chart_id = %s ORDER BY sequence",
        (chart_id,),
    )
    return [Entry(**row) for row in await cursor.fetchall()]


async def read_changes(conn: Connection, vault: Vault, chart_id: str) -> list[Change]:
    """Return a chart's changes, decrypted. Raises `BrokenChain` if chain or payloads do not verify."""
    entries = await read_log(conn, chart_id)
    audit.verify(entries)
    sealed = await sealed_payloads(conn, chart_id)
    if missing := [entry.sequence for entry in entries if entry.sequence not in sealed]:
        raise BrokenChain(f"payload {missing[0]} of chart {chart_id} is not there")
    return [vault.open(chart_id, e.sequence, sealed[e.sequence], e.payload_digest) for e in entries]


async def verify_chart(conn: Connection, vault: Vault, chart_id: str) -> int:
    """Verify a chart's chain to its last link, and every payload that was not purged. Returns the chain's length.

    Raises:
        BrokenChain: if a link, a payload, or the end of the chain is not what was written.
    """
    entries = await read_log(conn, chart_id)
    length = audit.verify(entries)
    cursor = await conn.execute("SELECT sequence, head FROM charts WHERE chart_id = %s", (chart_id,))
    row = await cursor.fetchone()
    if row is not None and (row["sequence"], row["head"]) != (length, entries[-1].hash if entries else audit.GENESIS):
        raise BrokenChain(f"chart {chart_id} does not end at link {length}")
    sealed = await sealed_payloads(conn, chart_id)
    for entry in entries:
        if entry.sequence in sealed:
            vault.open(chart_id, entry.sequence, sealed[entry.sequence], entry.payload_digest)
    return length


async def sealed_payloads(conn: Connection, chart_id: str) -> dict[int, bytes]:
    """Return a chart's payloads that were not purged, encrypted, by sequence number."""
    cursor = await conn.execute("SELECT sequence, sealed FROM event_payloads WHERE chart_id = %s", (chart_id,))
    return {row["sequence"]: row["sealed"] for row in await cursor.fetchall()}


async def rebuild(conn: Connection, vault: Vault, situation: Situation, chart_ids: Iterable[str]) -> None:
    """Make the tables that the pages read anew from the event log alone."""
    journal = Journal({}, situation)
    heads = {}
    for chart_id in chart_ids:
        entries = await read_log(conn, chart_id)
        if entries:
            changes = await read_changes(conn, vault, chart_id)
            journal.charts[chart_id] = fold(changes)
            heads[chart_id] = entries[-1].hash
            await projection.write_failed_checks(conn, changes)
    await projection.rewrite(conn, journal, heads)


async def alarm(conn: Connection, kind: str, subject: str) -> None:
    """Raise an alarm, once per kind and subject until it is cleared."""
    await conn.execute(
        "INSERT INTO alarms (kind, subject) VALUES (%s, %s)"
        " ON CONFLICT (kind, subject) DO UPDATE SET at = now(), cleared_at = NULL, settled_by = NULL,"
        " settled_reason = NULL WHERE alarms.cleared_at IS NOT NULL",
        (kind, subject),
    )


async def clear_alarm(conn: Connection, kind: str, subject: str) -> None:
    """Clear an alarm whose cause is gone."""
    await conn.execute(
        "UPDATE alarms SET cleared_at = now() WHERE kind = %s AND subject = %s AND cleared_at IS NULL", (kind, subject)
    )


async def open_alarms(conn: Connection, limit: int = 200) -> list[dict[str, Any]]:
    """Return the alarms that nobody settled and whose causes are not known to be gone, the latest first."""
    cursor = await conn.execute(
        "SELECT id, kind, subject, at FROM alarms WHERE cleared_at IS NULL ORDER BY at DESC, id DESC LIMIT %s", (limit,)
    )
    return await cursor.fetchall()


async def settled_alarms(conn: Connection, limit: int = 50) -> list[dict[str, Any]]:
    """Return the alarms that people settled, the latest first."""
    cursor = await conn.execute(
        "SELECT id, kind, subject, at, cleared_at, settled_by, settled_reason FROM alarms"
        " WHERE settled_by IS NOT NULL ORDER BY cleared_at DESC, id DESC LIMIT %s",
        (limit,),
    )
    return await cursor.fetchall()


async def settle_alarm(conn: Connection, alarm_id: int, by: str, reason: str) -> bool:
    """Let a person settle an alarm. Returns whether it was open."""
    cursor = await conn.execute(
        "UPDATE alarms SET cleared_at = now(), settled_by = %s, settled_reason = %s"
        " WHERE id = %s AND cleared_at IS NULL",
        (by, reason, alarm_id),
    )
    return cursor.rowcount > 0


Clock = Callable[[], datetime]
