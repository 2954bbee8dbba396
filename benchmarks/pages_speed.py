"""How long each page takes on the server in a large house: the whole request, from ASGI call to last byte.

    python -m benchmarks.pages_speed [--queries 1000000] [--open 50000] [--rounds 30] [--folder DIR]

A PostgreSQL out of the wheel is filled by SQL (`benchmarks/seeding.py`) and kept in `--folder` for the next run, if
given. Pages run as the application's own role with row-level security, one request at a time. Prints JSON, milliseconds
per page: median and 90th percentile of the time, and the median of the processors' work for it in server and database,
which is what it takes where nobody else uses the machine (Linux). The first page asks the database nothing. The same
list of pages pins the query plans (tests/tracker_pages/test_plans.py).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import secrets
import shutil
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx

from benchmarks.seeding import seed
from compliance import shipped_knowledge
from services.foundation.database import Database
from services.foundation.migrations import migrate
from services.foundation.postgres import EmbeddedPostgres
from services.tracker import identity, metrics_store
from services.tracker.audit import Vault
from services.tracker.identity import UserRecord
from services.tracker.office import Office
from services.tracker.policy import Policy
from services.tracker.queue import SORTS
from services.tracker.store import SYSTEM_SCOPE
from services.tracker.web import create_app

BASE = "http://127.0.0.1:8080"
PEOPLE = (
    UserRecord(id="author-0", name="Author Invented", roles=("cdi_specialist",)),
    UserRecord(id="u-p1", name="Dr. Invented", roles=("provider",), provider_id="p1"),
    UserRecord(id="root", name="Admin Invented", roles=("admin",)),
)


@dataclass(frozen=True, slots=True)
class Visit:
    """A page, and who opens it. `{open}`, `{held}`, `{answered}` stand for queries, `{chart}` for a chart."""

    path: str
    who: str = "author-0"
    form: tuple[tuple[str, str], ...] = ()


def _queue(filters: str) -> Visit:
    return Visit(f"/work?{filters}")


PAGES: tuple[Visit, ...] = (
    Visit("/health/live"),
    Visit("/work"),
    *(_queue(f"sort={sort}") for sort in SORTS),
    *(_queue(f"sort={sort}&cursor={{{sort}}}") for sort in ("oldest", "newest", "due", "priority", "service")),
    _queue("state=delivered"),
    _queue("service=service-3&sort=due"),
    _queue("facility=facility-2&sort=priority"),
    _queue("provider=p1"),
    _queue("role=attending&category=specificity"),
    _queue("category=conflict&sort=due"),
    _queue("priority=urgent"),
    _queue("age=7&sort=newest"),
    _queue("overdue=1&sort=due"),
    _queue("escalated=1&sort=escalated"),
    _queue("mine=1"),
    _queue("watched=any"),
    _queue("watched=now&sort=due"),
    _queue("state=held&service=service-1&facility=facility-1&category=poa&priority=soon&overdue=1&escalated=1&age=3"),
    _queue("service=nowhere&category=conflict"),
    Visit("/work/search", form=(("wanted", "{number}"),)),
    Visit("/work/search", form=(("wanted", "{mrn}"),)),
    Visit("/ended?state=closed"),
    Visit("/ended?state=withdrawn"),
    Visit("/held"),
    Visit("/held/{held}"),
    Visit("/queries/{open}"),
    Visit("/queries/{open}/timeline"),
    Visit("/queries/{open}/ask-other"),
    Visit("/queries/{open}/spoken"),
    Visit("/questions"),
    Visit("/gaps/new"),
    Visit("/charts"),
    Visit("/charts?whose=all"),
    Visit("/charts?whose=all&status=holding"),
    Visit("/charts?whose=all&status=any"),
    Visit("/charts/{chart}"),
    Visit("/charts?whose=mine&status=any"),
    Visit("/charts/find", form=(("number", "{number}"),)),
    Visit("/review"),
    Visit("/review?whose=all"),
    Visit("/review/{answered}"),
    Visit("/gaps/new?chart={chart}"),
    Visit("/gaps/new", form=(("do", "encounter"), ("number", "{number}"))),
    Visit("/gaps/new/preview", form=(("setting", "inpatient"), ("category", "acuity"), ("number", "{number}"))),
    Visit("/dead-letters", who="root"),
    Visit("/inbox", who="u-p1"),
    Visit("/queries/{answered}", who="u-p1"),
    Visit("/queries/{waiting}", who="u-p1"),
    Visit("/queries/{waiting}/not-mine", who="u-p1"),
    Visit("/coverage", who="u-p1"),
    Visit("/providers", who="root"),
    Visit("/users", who="root"),
    Visit("/status", who="root"),
    Visit("/dashboard"),
    *(
        Visit(f"/dashboard?period={period}&by={by}", who="root")
        for period in ("30d", "12m", "all")
        for by in ("service", "provider", "template", "author", "rule")
    ),
    Visit("/dashboard?period=all&by=provider&page=3", who="root"),
    Visit("/templates", who="root"),
    Visit("/alarms", who="root"),
    Visit("/policies", who="root"),
    Visit("/retention", who="root"),
    Visit("/audit", who="root"),
    Visit("/audit", who="root", form=(("number", "{number}"),)),
    Visit("/audit", who="root", form=(("query", "{open}"),)),
    Visit("/audit", who="root", form=(("user", "author-1"), ("first", "2026-01-01"))),
)


class Visitor:
    """People who are signed in, and what the places in the paths of `PAGES` stand for."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._app = create_app(office)
        self._clients: dict[str, tuple[httpx.AsyncClient, str]] = {}
        self._places: dict[str, str] = {}

    async def come_in(self) -> None:
        """Give everybody a session, and look up what the paths name."""
        password = secrets.token_hex(12)
        now = self._office.clock()
        async with self._office.database.transaction(SYSTEM_SCOPE) as conn:
            await identity.put_users(conn, [one.model_copy(update={"password": password}) for one in PEOPLE])
            for one in PEOPLE:
                session = await identity.sign_in(conn, one.id, password, now)
                assert session is not None
                actor = await identity.actor_of_session(conn, session, now)
                assert actor is not None
                client = httpx.AsyncClient(
                    transport=httpx.ASGITransport(app=self._app),
                    base_url=BASE,
                    cookies={"session": session},
                    headers={"Origin": BASE},
                    timeout=60,
                )
                self._clients[one.id] = client, actor.csrf or ""
            cursor = await conn.execute(
                "SELECT (SELECT query_id FROM work_queue WHERE state = 'opened' LIMIT 1)::text AS open,"
                " (SELECT query_id FROM work_queue WHERE state = 'held' LIMIT 1)::text AS held,"
                " (SELECT query_id FROM queries WHERE recipient_id = 'p1' AND issued_at < now() - interval '21 days'"
                " LIMIT 1)::text"
                " AS answered,"
                " (SELECT query_id FROM queries WHERE recipient_id = 'p1' AND state = 'opened' LIMIT 1)::text"
                " AS waiting,"
                " 'chart-7' AS chart, 'E7' AS number, 'M7' AS mrn"
            )
            self._places = await cursor.fetchone() or {}
        for sort in SORTS:
            shown = await self.see(Visit(f"/work?sort={sort}"))
            follows = shown.text.partition("cursor=")[2].partition('"')[0]
            self._places[sort] = follows

    async def see(self, visit: Visit) -> httpx.Response:
        """Open a page, or send its form."""
        client, csrf = self._clients[visit.who]
        path = visit.path.format(**self._places)
        if not visit.form:
            return await client.get(path)
        fields = {name: value.format(**self._places) for name, value in visit.form}
        return await client.post(path, data={"csrf": csrf, **fields})

    async def leave(self) -> None:
        """Close all connections."""
        for client, _ in self._clients.values():
            await client.aclose()


def office_on(database: Database) -> Office:
    """Return an office on a seeded database."""
    return Office(
        database=database,
        vault=Vault(bytes(32)),
        secret=bytes(32),
        policy=Policy(),
        knowledge=shipped_knowledge(),
        clock=lambda: datetime.now(UTC),
    )


@asynccontextmanager
async def _visitor(dsn: str) -> AsyncIterator[tuple[Visitor, list[int]]]:
    database = Database(dsn, search_path="tracker", min_size=2, max_size=2)
    await database.open()
    visitor = Visitor(office_on(database))
    await visitor.come_in()
    async with database.transaction() as conn:
        cursor = await conn.execute("SELECT pid FROM pg_stat_activity WHERE usename = current_user")
        backends = [row["pid"] for row in await cursor.fetchall()]
    yield visitor, backends
    await visitor.leave()
    await database.close()


def _spent(backends: Sequence[int]) -> float:
    """Return the milliseconds that this process and the database's have worked, whoever else used the machine."""
    at_database = sum(int(Path(f"/proc/{one}/schedstat").read_text().split()[0]) for one in backends)
    return time.process_time() * 1000 + at_database / 1_000_000


async def count(dsn: str) -> None:
    """Bring the dashboard's counts up to date."""
    database = Database(dsn, search_path="tracker", max_size=1)
    await database.open()
    more = True
    while more:
        async with database.transaction(SYSTEM_SCOPE) as conn:
            more = await metrics_store.refresh(conn, "UTC", datetime.now(UTC))
    await database.close()


async def measure(dsn: str, rounds: int) -> dict[str, dict[str, float]]:
    """Return milliseconds per page. Raises `AssertionError` if a page does not answer."""
    found: dict[str, dict[str, float]] = {}
    async with _visitor(dsn) as (visitor, backends):
        for visit in PAGES:
            times, work = [], []
            for _ in range(rounds + 3):
                began, spent = time.perf_counter(), _spent(backends)
                response = await visitor.see(visit)
                times.append((time.perf_counter() - began) * 1000)
                work.append(_spent(backends) - spent)
                assert response.status_code in (200, 303), (visit.path, response.status_code)
            # The first ones fill caches.
            times, work = sorted(times[3:]), sorted(work[3:])
            name = visit.path + (f" ({visit.form[0][1]})" if visit.form else "")
            found[name] = {
                "median": round(statistics.median(times), 1),
                "p90": round(times[int(len(times) * 0.9)], 1),
                "work": round(statistics.median(work), 1),
            }
    return found


def run(folder: Path, queries: int, open_queries: int, rounds: int) -> dict[str, object]:
    """Seed unless the folder is seeded already, measure, and return the figures."""
    server = EmbeddedPostgres(folder, {"fsync": "off"})
    server.start()
    try:
        owner = server.dsn("cdi_owner", "cdi_query")
        passwords = {f"{name}_password": server.password(f"cdi_{name}") for name in ("tracker", "notifier")}
        migrate(owner, **passwords)
        marker = folder / f"seeded-{queries}-{open_queries}"
        began = time.monotonic()
        if not marker.exists():
            seed(owner, queries, open_queries)
            marker.touch()
        seeded = time.monotonic() - began
        began = time.monotonic()
        asyncio.run(count(server.dsn("cdi_tracker", "cdi_query")))
        counted = time.monotonic() - began
        pages = asyncio.run(measure(server.dsn("cdi_tracker", "cdi_query"), rounds))
    finally:
        server.stop()
    seconds = {"seeding_seconds": round(seeded), "counting_seconds": round(counted)}
    return {"queries": queries, "open": open_queries, **seconds, "milliseconds": pages}


def main() -> None:
    """Read the options, run, and print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--queries", type=int, default=1_000_000)
    parser.add_argument("--open", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="cdi-pages-"))
    figures = run(folder, options.queries, options.open, options.rounds)
    if options.folder is None:
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
