"""No page looks at every query, gap or chart: the plan of each statement that a page runs is read, as its own role."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import pytest

from benchmarks.pages_speed import PAGES, Visit, Visitor, office_on
from benchmarks.seeding import seed
from services.foundation.database import Database
from services.foundation.postgres import EmbeddedPostgres
from services.tracker.signals import newest
from tests.conftest import TEST_DATABASE, truncate

pytestmark = pytest.mark.database
QUERIES, OPEN = 20_000, 1_000
LARGE = ("queries", "gaps", "charts", "responses", "event_log", "event_payloads", "view_log", "copies", "notices")
"""Tables that grow with every query. `work_queue` holds the open ones alone, and `dead_letters` what failed."""


@pytest.fixture(scope="module")
def large(migrated: EmbeddedPostgres) -> Iterator[str]:
    """A database that is large enough for the planner to mind; returns the application role's DSN."""
    owner = migrated.dsn("cdi_owner", TEST_DATABASE)
    truncate(owner, "tracker")
    seed(owner, QUERIES, OPEN)
    yield migrated.dsn("cdi_tracker", TEST_DATABASE)
    truncate(owner, "tracker")


class Plans:
    """The plans of all statements that run while it listens: text, and the tables that each scans row by row."""

    def __init__(self) -> None:
        self.scanned: dict[str, set[str]] = {}

    def read(self, text: str, plan: dict[str, Any]) -> None:
        if plan["Node Type"] == "Seq Scan":
            self.scanned.setdefault(text, set()).add(plan["Relation Name"])
        for part in plan.get("Plans", ()):
            self.read(text, part)


@asynccontextmanager
async def listening(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Plans]:
    """Explain each SELECT and each UPDATE just before it runs, on its connection and with its scope and values."""
    plans, execute = Plans(), psycopg.AsyncConnection.execute

    async def explained(conn: Any, statement: Any, values: Any = None, **more: Any) -> Any:
        text = statement if isinstance(statement, str | bytes) else statement.as_string(conn)
        text = text.decode() if isinstance(text, bytes) else text
        text = text.strip()
        if text.upper().startswith(("SELECT", "WITH", "UPDATE", "DELETE")):
            cursor = await execute(conn, f"EXPLAIN (FORMAT JSON) {text}".encode(), values)
            (found,) = (await cursor.fetchone()).values()
            plans.read(text, found[0]["Plan"])
        return await execute(conn, statement, values, **more)

    with monkeypatch.context() as patched:
        patched.setattr(psycopg.AsyncConnection, "execute", explained)
        yield plans


@pytest.mark.asyncio
async def test_no_page_scans_a_table_that_grows_with_every_query(large: str, monkeypatch: pytest.MonkeyPatch) -> None:
    database = Database(large, search_path="tracker", max_size=2)
    await database.open()
    visitor = Visitor(office_on(database))
    await visitor.come_in()
    for visit in PAGES:
        async with listening(monkeypatch) as plans:
            response = await visitor.see(visit)
        assert response.status_code in (200, 303), (visit, response.text)
        grown = {text: tables & set(LARGE) for text, tables in plans.scanned.items() if tables & set(LARGE)}
        assert not grown, f"{visit.path} scans: {grown}"
    await visitor.leave()
    await database.close()


@pytest.mark.asyncio
async def test_what_open_pages_ask_every_second_scans_nothing(large: str, monkeypatch: pytest.MonkeyPatch) -> None:
    database = Database(large, search_path="tracker", max_size=1)
    await database.open()
    async with listening(monkeypatch) as plans, database.transaction({"app.system": "on"}) as conn:
        assert len((await newest(conn))["charts"]) == 200
    scanned = set().union(*plans.scanned.values())
    assert not scanned & set(LARGE), plans.scanned
    await database.close()


@pytest.mark.asyncio
async def test_a_scan_is_seen_when_there_is_one(large: str, monkeypatch: pytest.MonkeyPatch) -> None:
    database = Database(large, search_path="tracker", max_size=1)
    await database.open()
    async with listening(monkeypatch) as plans, database.transaction({"app.staff": "on"}) as conn:
        await conn.execute("SELECT count(*) FROM queries WHERE reason LIKE %s", ("x%",))
    assert list(plans.scanned.values()) == [{"queries"}]
    await database.close()


def test_every_page_of_the_queue_is_in_the_list() -> None:
    from services.tracker.queue import _ALLOWED, SORTS

    paths = " ".join(visit.path for visit in PAGES)
    assert all(f"sort={name}" in paths for name in SORTS)
    assert all(f"{name}=" in paths for name in _ALLOWED)
    assert Visit("/inbox", who="u-p1") in PAGES
