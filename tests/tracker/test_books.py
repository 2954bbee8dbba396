"""The tracker's books on PostgreSQL: log, state and tables agree, nothing in the log changes, tampering shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg
import pytest

from schemas.encounters import DocumentationAppeared
from schemas.gaps import GapWithdrawn
from services.foundation.database import Database
from services.tracker import audit, store
from services.tracker.audit import BrokenChain
from services.tracker.lifecycle import fold
from services.tracker.model import Chart
from services.tracker.office import Office
from services.tracker.status import read_tallies
from services.tracker.store import SYSTEM_SCOPE
from tests.tracker.conftest import Floor, encounter, event, response, rise
from tests.tracker.support import FACILITY, SECRETS, at

pytestmark = [pytest.mark.database, pytest.mark.asyncio]

Owner = Callable[..., list[tuple[Any, ...]]]
TABLES = {
    "charts": "chart_id",
    "chart_states": "chart_id",
    "gaps": "gap_uid",
    "queries": "query_id",
    "responses": "query_id, response_id",
    "work_queue": "query_id",
}


async def a_busy_day(floor: Floor) -> UUID:
    """Two charts, merged; a query answered, amended and closed; one held; one withdrawn."""
    (query,) = await floor.issue()
    await floor.take(event(response(query), "ehr"))
    await floor.take(event(response(query, "r2", "o1", amends="r1"), "ehr"))
    await floor.take(rise("g2", "E2", category="treatment_without_diagnosis", concepts=({"term": "Insulin"},)))
    await floor.build()
    await floor.take(encounter("E2", ended_at=at(59)), encounter("E1", merged_into_number="E2"))
    await floor.take(GapWithdrawn(gap_id="g2", occurred_at=at(58), facility=FACILITY, encounter_number="E2"))
    return query


async def test_state_log_and_tables_agree(floor: Floor, office: Office) -> None:
    await a_busy_day(floor)
    rows = await floor.rows("SELECT chart_id, state FROM chart_states")
    assert len(rows) == 2
    for row in rows:
        chart = Chart.model_validate_json(row["state"])
        async with office.database.transaction(SYSTEM_SCOPE) as conn:
            changes = await store.read_changes(conn, office.vault, chart.chart_id)
            (stored,) = await (
                await conn.execute("SELECT sequence, head FROM charts WHERE chart_id = %s", (chart.chart_id,))
            ).fetchall()
            assert stored["head"] == (await store.read_log(conn, chart.chart_id))[-1].hash
        assert fold(changes) == chart
        assert len(changes) == chart.sequence == stored["sequence"]


async def test_the_tables_are_made_anew_from_the_log_alone(floor: Floor, office: Office, owner: Owner) -> None:
    await a_busy_day(floor)
    before = {table: await contents(floor, table) for table in TABLES}
    assert all(before.values())
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        counted = await read_tallies(conn)
    charts = [row["chart_id"] for row in await floor.rows("SELECT DISTINCT chart_id FROM event_log")]
    owner("SELECT set_config('app.system', 'on', false)")
    for table in ("responses", "queries", "gaps", "chart_states", "charts"):
        owner(f"TRUNCATE tracker.{table} CASCADE")
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        books = await office.books(conn)
        await store.rebuild(conn, office.vault, books.journal.situation, charts)
        assert await read_tallies(conn) == counted
    assert {table: await contents(floor, table) for table in TABLES} == before


async def contents(floor: Floor, table: str) -> list[dict[str, Any]]:
    rows = await floor.rows(f"SELECT * FROM {table} ORDER BY {TABLES[table]}")
    # When a chart's row was written is of the table, not of the chart.
    written = {"created_at", "changed_at"} if table == "charts" else set()
    return [{name: value for name, value in row.items() if name not in written} for row in rows]


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE tracker.event_log SET actor = 'somebody' WHERE sequence = 2",
        "UPDATE tracker.event_log SET at = at + interval '1 second' WHERE sequence = 2",
        "UPDATE tracker.event_log SET transition = 'closed' WHERE sequence = 3",
        "UPDATE tracker.event_log SET query_id = gen_random_uuid() WHERE sequence = 4",
        "UPDATE tracker.event_log SET gap_uid = NULL WHERE sequence = 2",
        "UPDATE tracker.event_log SET payload_digest = repeat('0', 64) WHERE sequence = 2",
        "DELETE FROM tracker.event_log WHERE sequence = 2",
        "DELETE FROM tracker.event_log WHERE sequence = (SELECT max(sequence) FROM tracker.event_log)",
        "UPDATE tracker.event_payloads SET sealed = (SELECT sealed FROM tracker.event_payloads WHERE sequence = 1)"
        " WHERE sequence = 2",
        "UPDATE tracker.event_payloads SET sealed = set_byte(sealed, 20, (get_byte(sealed, 20) + 1) % 256)"
        " WHERE sequence = 2",
    ],
)
async def test_whoever_alters_the_log_is_found_out(floor: Floor, office: Office, owner: Owner, damage: str) -> None:
    await floor.issue()
    (row,) = await floor.rows("SELECT chart_id FROM charts")
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        assert await store.verify_chart(conn, office.vault, row["chart_id"]) > 5
    owner("SELECT set_config('app.system', 'on', false)")
    owner(damage)
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        with pytest.raises(BrokenChain):
            await store.verify_chart(conn, office.vault, row["chart_id"])


async def test_the_chain_still_verifies_when_payloads_were_purged(floor: Floor, office: Office, owner: Owner) -> None:
    await floor.issue()
    (row,) = await floor.rows("SELECT chart_id, sequence FROM charts")
    owner("SELECT set_config('app.system', 'on', false)")
    owner("DELETE FROM tracker.event_payloads WHERE sequence < 4")
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        assert await store.verify_chart(conn, office.vault, row["chart_id"]) == row["sequence"]


@pytest.mark.parametrize("table", ["event_log", "event_payloads", "view_log"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET chart_id = 'x'", "DELETE FROM {}", "TRUNCATE {}"])
async def test_the_application_can_only_append_to_the_logs(floor: Floor, table: str, statement: str) -> None:
    await floor.issue()
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await floor.rows(statement.format(table))


async def test_no_payload_and_no_event_shows_a_person_in_plain_text(floor: Floor) -> None:
    await a_busy_day(floor)
    payloads = await floor.rows("SELECT sealed FROM event_payloads")
    events = await floor.rows("SELECT payload, key FROM outbox")
    for secret in (*SECRETS[:4], "Ferro"):
        assert not any(secret.encode() in bytes(row["sealed"]) for row in payloads)
        assert not any(secret.encode() in bytes(row["payload"]) for row in events)
    charts = {row["chart_id"] for row in await floor.rows("SELECT chart_id FROM charts")}
    assert {row["key"] for row in events} <= charts


async def test_the_same_state_has_one_chain_link_per_change(floor: Floor) -> None:
    await a_busy_day(floor)
    rows = await floor.rows("SELECT * FROM event_log ORDER BY chart_id, sequence")
    by_chart: dict[str, list[audit.Entry]] = {}
    for row in rows:
        by_chart.setdefault(row["chart_id"], []).append(audit.Entry(**row))
    assert {audit.verify(entries) == len(entries) for entries in by_chart.values()} == {True}


async def test_a_failed_decision_leaves_nothing_behind(floor: Floor, tracker_database: Database) -> None:
    await floor.issue()
    counts = "SELECT (SELECT count(*) FROM event_log) AS log, (SELECT count(*) FROM outbox) AS out"
    before = await floor.rows(counts)
    with pytest.raises(Exception, match="merged into itself"):
        await floor.take(rise("g5", "E5"), encounter("E1", merged_into_number="E1"))
    assert await floor.rows(counts) == before
    assert await floor.rows("SELECT 1 FROM charts WHERE encounter_number = 'E5'") == []


async def test_a_gap_that_moves_to_another_encounter_stays_one_gap(floor: Floor) -> None:
    await floor.take(rise())
    await floor.take(rise(number="E2", hours=57, category="acuity"))
    assert await floor.rows("SELECT count(*) AS n FROM gaps") == [{"n": 1}]
    states = [Chart.model_validate_json(row["state"]) for row in await floor.rows("SELECT state FROM chart_states")]
    assert sorted(len(chart.gaps) for chart in states) == [0, 1]


async def test_an_entry_of_the_record_waits_for_its_query(floor: Floor) -> None:
    await floor.take(event(rise(raised_by="c-17")))
    (asked,) = await floor.requests()
    entry = DocumentationAppeared(
        occurred_at=at(58), facility=FACILITY, encounter_number="E1", reference="note-4", query_id=asked.query_id
    )
    await floor.take(entry)
    assert [row["state"] for row in await floor.rows("SELECT state FROM parked")] == ["waiting"]
    await floor.build()
    assert [row["state"] for row in await floor.rows("SELECT state FROM parked")] == ["applied"]
    (row,) = await floor.rows("SELECT documentation_ref FROM queries")
    assert row["documentation_ref"] == "note-4"
