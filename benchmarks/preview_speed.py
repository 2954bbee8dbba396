"""How long a coder waits for the preview of a gap: the whole request, from the form sent to the text with its findings.

    python -m benchmarks.preview_speed [--rounds 200]

A PostgreSQL out of the wheel, the pages, and the shipped library behind them as `run tracker` mounts it. Each round
changes a value, so the text was never seen before. Prints JSON: milliseconds, median and 90th percentile.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import secrets
import statistics
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx

from benchmarks.pages_speed import BASE, office_on
from cli.run import own_builder
from compliance import shipped_knowledge
from services.foundation.database import Database
from services.foundation.migrations import migrate
from services.foundation.postgres import EmbeddedPostgres
from services.query_builder.app import Prepared
from services.query_builder.library import Library, shipped_folder
from services.tracker import directory, identity
from services.tracker.directory import ProviderRecord
from services.tracker.identity import UserRecord
from services.tracker.office import Office
from services.tracker.store import SYSTEM_SCOPE
from services.tracker.web import create_app

CODER = UserRecord(id="coder", name="Coder Invented", roles=("coder",))
PROVIDER = ProviderRecord(id="p1", name="Dr. Invented", role="attending")
WARM_UP = 20


def form(number: int) -> dict[str, str]:
    """Return what stands in the form; another number is another text."""
    now = datetime.now(UTC)
    series = (
        ("Creatinine", "0.9", 60),
        ("Creatinine", "1.9", 36),
        ("Creatinine", "1.2", 12),
        ("Urea nitrogen", "52", 36),
    )
    rows = [(name, value, "mg/dL", hours) for name, value, hours in series]
    rows.append(("Sodium", f"{120 + number % 30}.{number // 30}", "mmol/L", 36))
    lines = [
        f"{name}\t{value}\t{unit}\t{now - timedelta(hours=hours):%Y-%m-%d %H:%M}" for name, value, unit, hours in rows
    ]
    return {
        "number": "E1",
        "facility": "invented",
        "setting": "inpatient",
        "category": "missing_diagnosis",
        "concept": "creatinine",
        "provider_id": PROVIDER.id,
        "started_at": f"{now - timedelta(hours=72):%Y-%m-%d %H:%M}",
        "table": "\n".join(lines),
    }


async def _sign_in(office: Office) -> tuple[str, str]:
    password = secrets.token_hex(12)
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        await directory.import_providers(conn, [PROVIDER])
        await identity.put_users(conn, [CODER.model_copy(update={"password": password})])
        session = await identity.sign_in(conn, CODER.id, password, office.clock())
        assert session is not None
        actor = await identity.actor_of_session(conn, session, office.clock())
        assert actor is not None
    return session, actor.csrf or ""


async def measure(dsn: str, rounds: int) -> dict[str, float]:
    """Return milliseconds a preview. Raises `AssertionError` if one holds no text."""
    library = Library.load(shipped_folder(), today=date.today())  # noqa: DTZ011 - of this machine
    prepared = Prepared(library, library.knowledge(shipped_knowledge()))
    database = Database(dsn, search_path="tracker", max_size=4)
    await database.open()
    office = office_on(database)
    session, csrf = await _sign_in(office)
    times = []
    async with own_builder(prepared) as builder:
        transport = httpx.ASGITransport(create_app(office, builder=builder))
        headers = {"Origin": BASE, "HX-Request": "true"}
        async with httpx.AsyncClient(
            transport=transport, base_url=BASE, cookies={"session": session}, headers=headers
        ) as client:
            for number in range(rounds + WARM_UP):
                began = time.perf_counter()
                shown = await client.post("/gaps/new/preview", data={"csrf": csrf, **form(number)})
                times.append((time.perf_counter() - began) * 1000)
                assert shown.status_code == 200 and "<article" in shown.text, shown.text
    await database.close()
    measured = sorted(times[WARM_UP:])
    return {"median": round(statistics.median(measured), 1), "p90": round(measured[int(len(measured) * 0.9)], 1)}


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory(prefix="cdi-query-preview-") as folder:
        server = EmbeddedPostgres(Path(folder))
        server.start()
        try:
            passwords = {f"{one}_password": server.password(f"cdi_{one}") for one in ("tracker", "notifier")}
            migrate(server.dsn("cdi_owner"), **passwords)
            print(json.dumps({"preview": asyncio.run(measure(server.dsn("cdi_tracker"), rounds))}))
        finally:
            server.stop()


if __name__ == "__main__":
    main()
