"""The dashboard's counts equal the formulas, whatever happens to queries and whenever it is counted."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid5
from zoneinfo import ZoneInfo

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from services.foundation.database import Connection, Database
from services.foundation.postgres import EmbeddedPostgres
from services.tracker import metrics_store
from services.tracker.ids import NAMESPACE
from services.tracker.metrics import Cell, Fact, Tally, tally
from services.tracker.metrics_store import Period
from services.tracker.store import SYSTEM_SCOPE
from tests.conftest import TEST_DATABASE, truncate

pytestmark = pytest.mark.database

ZONE = "America/Chicago"
START = datetime(2025, 12, 29, 4, tzinfo=UTC)
NOW = datetime(2026, 4, 20, tzinfo=UTC)
EXAMPLES = min(int(os.environ.get("CDI_QUERY_EXAMPLES", "40")), 40)

MOMENTS = st.integers(min_value=0, max_value=24 * 90).map(lambda hours: START + timedelta(hours=hours))
NAMES = st.sampled_from(["", "a", "b"])
RULES = st.sampled_from([(), ("R-02",), ("R-02", "R-09")])
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "issued_at": st.none() | MOMENTS,
        "delivered_at": st.none() | MOMENTS,
        "answered_at": st.none() | MOMENTS,
        "closed_at": st.none() | MOMENTS,
        "visit_ended_at": st.none() | MOMENTS,
        "state": st.sampled_from(["held", "issued", "opened", "answered", "closed", "withdrawn", "superseded"]),
        "reason": st.sampled_from([None, "duplicate", "error"]),
        "outcome": st.sampled_from([None, "AGREED_OTHER", "UNDETERMINED", "CONFIRMED_VALIDATED", "NO_RESPONSE_CLOSED"]),
        "category": st.sampled_from(["specificity", "clinical_validation"]),
        "service": NAMES,
        "provider": NAMES,
        "template": NAMES,
        "author": NAMES,
        "blocking": st.booleans(),
        "redirected": st.just(True),
        "escalated": st.just(True),
        "failed_rules": RULES,
        "overridden_rules": RULES,
    },
)
STEPS = st.lists(st.tuples(st.integers(min_value=0, max_value=5), CHANGES) | st.just("count"), max_size=25)
CREATED = st.lists(MOMENTS, min_size=6, max_size=6)


@dataclass
class Ledger:
    """Queries in the database, beside the facts that they are."""

    conn: Connection
    facts: dict[int, Fact] = field(default_factory=dict)

    async def write(self, n: int, fact: Fact) -> None:
        failed, overridden = bool(fact.failed_rules), bool(fact.overridden_rules) and fact.issued_at is not None
        rules = fact.overridden_rules if overridden else ()
        self.facts[n] = replace(fact, failed=failed, overridden=overridden, overridden_rules=rules)
        for statement in STATEMENTS:
            await self.conn.execute(statement.encode(), self._values(n, fact))

    @staticmethod
    def _values(n: int, fact: Fact) -> dict[str, Any]:
        findings = [f'{{"rule": "{rule}", "severity": "review"}}' for rule in fact.overridden_rules]
        return {
            **{name: getattr(fact, name) for name in Fact.__slots__},
            "n": n,
            "query": uuid5(NAMESPACE, f"query {n}"),
            "gap": uuid5(NAMESPACE, f"gap {n}"),
            "chart": f"chart-{n}",
            "findings": f"[{', '.join(findings)}]",
            "approved_by": "bo" if fact.overridden_rules else None,
            "verdict": "review" if fact.overridden_rules else "pass",
            "failed_rules": list(fact.failed_rules),
            "moves": [name for name in ("redirected", "escalated") if getattr(fact, name)],
        }

    async def count(self) -> None:
        while await metrics_store.refresh(self.conn, ZONE, NOW):
            pass

    def direct(self) -> dict[tuple[date, Cell], Tally]:
        """What the formulas say of all queries, day by day."""
        zone = ZoneInfo(ZONE)
        moments = [at for fact in self.facts.values() for at in (fact.created_at, fact.issued_at) if at]
        days = {moment.astimezone(zone).date() for moment in moments}
        return {(day, cell): counted for day in days for cell, counted in tally(self.facts.values(), day, zone).items()}


STATEMENTS = (
    "INSERT INTO charts (chart_id, service, ended_at) VALUES (%(chart)s, nullif(%(service)s, ''), %(visit_ended_at)s)"
    " ON CONFLICT (chart_id) DO UPDATE SET service = excluded.service, ended_at = excluded.ended_at",
    "INSERT INTO gaps (gap_uid, chart_id, source, gap_id, state, category, sensitivity, blocking, content,"
    " occurred_at, registered_at, changed_at) VALUES (%(gap)s, %(chart)s, 's', 'g', 'queried', %(category)s, 'normal',"
    " %(blocking)s, '{}', now(), now(), now()) ON CONFLICT (gap_uid) DO UPDATE SET blocking = excluded.blocking",
    "DELETE FROM failed_checks WHERE query_id = %(query)s",
    "INSERT INTO failed_checks SELECT %(query)s, %(gap)s, 'review', %(failed_rules)s::text[]"
    " WHERE %(failed_rules)s::text[] <> '{}'",
    "INSERT INTO event_log (chart_id, sequence, subject, transition, at, actor, query_id, payload_digest, previous,"
    " hash) SELECT %(chart)s, array_position('{redirected,escalated}', name), 'query', name, now(), 'x', %(query)s,"
    " '', '', '' FROM unnest(%(moves)s::text[]) name ON CONFLICT DO NOTHING",
    "INSERT INTO queries (query_id, gap_uid, chart_id, n, state, phase, category, sensitivity, recipient_id, author_id,"
    " release, verdict, ruleset, findings, template_id, content_hash, outcome, reason, approved_by, created_at,"
    " issued_at, delivered_at, answered_at, closed_at, changed_at) VALUES (%(query)s, %(gap)s, %(chart)s, 1, %(state)s,"
    " 'concurrent', %(category)s, 'normal', nullif(%(provider)s, ''), nullif(%(author)s, ''), 'automatic',"
    " %(verdict)s, 'r', %(findings)s::jsonb, nullif(%(template)s, ''), 'h', %(outcome)s, %(reason)s, %(approved_by)s,"
    " %(created_at)s, %(issued_at)s, %(delivered_at)s, %(answered_at)s, %(closed_at)s, now())"
    " ON CONFLICT (query_id) DO UPDATE SET state = excluded.state, category = excluded.category,"
    " recipient_id = excluded.recipient_id, author_id = excluded.author_id, verdict = excluded.verdict,"
    " findings = excluded.findings, template_id = excluded.template_id, outcome = excluded.outcome,"
    " reason = excluded.reason, approved_by = excluded.approved_by, issued_at = excluded.issued_at,"
    " delivered_at = excluded.delivered_at, answered_at = excluded.answered_at, closed_at = excluded.closed_at",
)


def born(created_at: datetime) -> Fact:
    return Fact(
        created_at=created_at, issued_at=created_at, delivered_at=None, answered_at=None, closed_at=None,
        visit_ended_at=None, state="issued", reason=None, outcome=None, category="specificity", service="a",
        provider="a", template="a", author="a", blocking=True, redirected=False, escalated=False, failed=False,
        overridden=False,
    )  # fmt: skip


async def kept(conn: Connection, grain: str) -> dict[tuple[date, Cell], Tally]:
    cursor = await conn.execute("SELECT * FROM metric_cells WHERE grain = %s", (grain,))
    return {
        (row["start"], (row["dimension"], row["value"])): metrics_store._tally(row) for row in await cursor.fetchall()
    }


def by_year(days: dict[tuple[date, Cell], Tally]) -> dict[tuple[date, Cell], Tally]:
    found: dict[tuple[date, Cell], Tally] = {}
    for (day, cell), counted in days.items():
        found.setdefault((day.replace(month=1, day=1), cell), Tally()).add(counted)
    return found


def by_month(days: dict[tuple[date, Cell], Tally]) -> dict[tuple[date, Cell], Tally]:
    found: dict[tuple[date, Cell], Tally] = {}
    for (day, cell), counted in days.items():
        found.setdefault((day.replace(day=1), cell), Tally()).add(counted)
    return found


async def play(dsn: str, created: list[datetime], steps: list[Any]) -> None:
    database = Database(dsn, search_path="tracker", max_size=1)
    await database.open()
    try:
        async with database.transaction(SYSTEM_SCOPE) as conn:
            ledger = Ledger(conn)
            for n, moment in enumerate(created):
                await ledger.write(n, born(moment))
            for step in steps:
                if step == "count":
                    await ledger.count()
                else:
                    n, changes = step
                    await ledger.write(n, replace(ledger.facts[n], **changes))
            await ledger.count()
            direct = ledger.direct()
            assert await kept(conn, "day") == direct
            assert await kept(conn, "month") == by_month(direct)
            assert await kept(conn, "year") == by_year(direct)
            await metrics_store.forget(conn)
            await ledger.count()
            assert await kept(conn, "day") == direct
            assert await kept(conn, "month") == by_month(direct)
            assert await kept(conn, "year") == by_year(direct)
    finally:
        await database.close()


@settings(
    max_examples=EXAMPLES, deadline=None, database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(created=CREATED, steps=STEPS)
def test_counts_equal_the_formulas_after_any_history_and_when_made_anew(
    migrated: EmbeddedPostgres, created: list[datetime], steps: list[Any]
) -> None:
    truncate(migrated.dsn("cdi_owner", TEST_DATABASE), "tracker")
    asyncio.run(play(migrated.dsn("cdi_tracker", TEST_DATABASE), created, steps))


@pytest.mark.asyncio
async def test_sums_over_a_period_and_the_open_queries_are_those_of_the_queries(tracker_database: Database) -> None:
    sent = datetime(2026, 3, 10, 15, tzinfo=UTC)
    async with tracker_database.transaction(SYSTEM_SCOPE) as conn:
        ledger = Ledger(conn)
        await ledger.write(0, born(sent))
        await ledger.write(1, replace(born(sent + timedelta(days=30)), provider="b", state="opened"))
        done = replace(born(sent), provider="b", state="closed", answered_at=sent + timedelta(hours=5))
        await ledger.write(2, done)
        await ledger.count()
        both = Period("month", date(2026, 3, 1), date(2026, 4, 1))
        assert (await metrics_store.totals(conn, both)).counts["issued"] == 3
        found = await metrics_store.values(conn, "provider", both)
        assert [(one.value, one.cell["issued"], dict(one.cell.from_issue)) for one in found] == [
            ("b", 2, {5: 1}),
            ("a", 1, {}),
        ]
        assert [one.value for one in await metrics_store.values(conn, "provider", both, limit=1, offset=1)] == ["a"]
        first_days = Period("day", date(2026, 3, 1), date(2026, 3, 31))
        assert (await metrics_store.totals(conn, first_days)).counts["answered"] == 1
        waiting = {row["value"]: row for row in await metrics_store.open_by(conn, "provider")}
        assert (waiting["a"]["open"], waiting["a"]["older_14"]) == (1, 1)
        assert (waiting["b"]["open"], waiting["b"]["older_7"], waiting["b"]["older_14"]) == (1, 1, 0)
        assert await metrics_store.counted_at(conn) == NOW
        assert await metrics_store.first_month(conn) == date(2026, 3, 1)


@pytest.mark.asyncio
async def test_another_time_zone_counts_everything_anew(tracker_database: Database) -> None:
    night = datetime(2026, 3, 1, 3, tzinfo=UTC)
    async with tracker_database.transaction(SYSTEM_SCOPE) as conn:
        ledger = Ledger(conn)
        await ledger.write(0, born(night))
        await ledger.count()
        assert await metrics_store.first_month(conn) == date(2026, 2, 1)
        while await metrics_store.refresh(conn, "UTC", NOW):
            pass
        assert await metrics_store.first_month(conn) == date(2026, 3, 1)


@pytest.mark.asyncio
async def test_two_processes_do_not_count_at_once(tracker_database: Database) -> None:
    async with tracker_database.transaction(SYSTEM_SCOPE) as one, tracker_database.transaction(SYSTEM_SCOPE) as other:
        await metrics_store.refresh(one, ZONE, NOW)
        assert await metrics_store.refresh(other, ZONE, NOW) is False
        assert await metrics_store.counted_at(other) is None


def test_nobody_but_staff_reads_the_counts(migrated: EmbeddedPostgres) -> None:
    with psycopg.connect(migrated.dsn("cdi_tracker", TEST_DATABASE)) as conn:
        conn.execute("SELECT set_config('app.system', 'on', true)")
        conn.execute("SET search_path TO tracker")
        conn.execute("INSERT INTO metric_open VALUES ('all', '', 1, 0, 0, 0, 0, 0, 0, 0) ON CONFLICT DO NOTHING")
        conn.execute("SELECT set_config('app.system', '', true)")
        conn.execute("SELECT set_config('app.provider', 'ferro', true)")
        assert conn.execute("SELECT * FROM metric_open").fetchall() == []
        conn.execute("SELECT set_config('app.staff', 'on', true)")
        assert len(conn.execute("SELECT * FROM metric_open").fetchall()) == 1
        conn.rollback()
