"""`cdi-query doctor`: is everything that an installation needs there and in order?"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
import psycopg
import typer
from pydantic import ValidationError
from rich.console import Console

from cli.instance import Note, data_folder, running
from cli.run import MigrationSettings, variables
from compliance import shipped_knowledge
from evidence.faults import LibraryError
from services.foundation.kafka import build_broker
from services.foundation.migrations import current, head
from services.foundation.postgres import EmbeddedPostgres
from services.foundation.settings import DatabaseSettings, KafkaSettings
from services.notifier.channels.smtp import SmtpChannel
from services.notifier.settings import SmtpSettings
from services.query_builder.app import prepare_own
from services.query_builder.settings import BuilderSettings


class NotInOrder(Exception):
    """Something answers and is not as it must be. The text says what to do."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: in order or not, and what to do if not."""

    part: str
    ok: bool
    detail: str


def doctor() -> None:
    """Check broker, database, migrations, templates and mail. Exit code 1 if something is not in order.

    On a machine where `cdi-query up` runs, that instance is examined; elsewhere what the environment names.
    """
    console = Console(highlight=False)
    note = running()
    if note is None:
        console.print(f"nothing runs on {data_folder()}; what the environment names is examined")
    findings = _instance(note) if note else _services()
    for finding in findings:
        mark = "[green]ok[/green]  " if finding.ok else "[red]FAIL[/red]"
        console.print(f"{mark}  {finding.part}: {finding.detail}")
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


def _instance(note: Note) -> list[Finding]:
    try:
        body = httpx.get(f"{note.url}/health/ready", timeout=10).json()
    except (httpx.HTTPError, ValueError):
        return [Finding("instance", False, f"{note.url} does not answer; stop process {note.pid} and start it again")]
    bad = [name for name, value in body.items() if value is False]
    kept = "durable" if note.durable else "embedded, forgets at the end"
    owner = EmbeddedPostgres(data_folder() / "postgres").dsn("cdi_owner")
    return [
        Finding("instance", True, f"{note.url}, process {note.pid}, data in {data_folder()}"),
        Finding("services", not bad, f"not ready: {', '.join(bad)}" if bad else "ready"),
        _try("broker", lambda: f"{_ping(KafkaSettings(bootstrap_servers=note.kafka))} ({kept})"),
        _try("database", lambda: _database(owner)),
        _try("migrations", lambda: _migrations(owner)),
        _try("mail", lambda: asyncio.run(_mail(SmtpSettings(host="127.0.0.1", port=note.smtp_port)))),
        _try("templates", own_templates),
    ]


def _services() -> list[Finding]:
    return [
        _try("broker", lambda: _ping(KafkaSettings())),
        _try("database", lambda: _database(DatabaseSettings().url.get_secret_value())),
        _try("migrations", lambda: _migrations(MigrationSettings().owner_url.get_secret_value())),
        _try("mail", lambda: asyncio.run(_mail(SmtpSettings()))),
        _try("templates", own_templates),
    ]


def _try(part: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(part, True, look())
    except ValidationError as error:
        missing = ", ".join(str(item["loc"][0]) for item in error.errors() if item["loc"])
        return Finding(part, False, f"settings {variables(error)} missing or wrong: {missing} (see deploy/README.md)")
    except NotInOrder as error:
        return Finding(part, False, str(error))
    except Exception as error:  # whatever does not answer is a finding, not a crash
        return Finding(part, False, f"{type(error).__name__}: does not answer; check its address and that it runs")


def _ping(settings: KafkaSettings) -> str:
    async def ping() -> bool:
        broker = build_broker(settings, client_id="cdi-query-doctor")
        try:
            await asyncio.wait_for(broker.start(), 10)
            return await broker.ping(timeout=5)
        finally:
            await broker.stop()

    if not asyncio.run(ping()):
        raise ConnectionError("no answer")
    return f"Kafka answers at {settings.bootstrap_servers}"


def _database(dsn: str) -> str:
    with psycopg.connect(dsn, connect_timeout=5) as conn:
        return f"PostgreSQL {conn.info.server_version // 10_000} answers"


def _migrations(owner: str) -> str:
    at, newest = current(owner), head()
    if at != newest:
        raise NotInOrder(f"the database is at {at}, this version needs {newest}; run `cdi-query migrate`")
    return f"at {newest}, the newest"


async def _mail(settings: SmtpSettings) -> str:
    await SmtpChannel(settings).probe()
    return f"SMTP answers at {settings.host}:{settings.port}"


def own_templates() -> str:
    """Say how many templates this installation uses. Raises `NotInOrder` if one is refused or a folder is unusable."""
    try:
        library = prepare_own(BuilderSettings(), _now, shipped_knowledge()).library
    except LibraryError as error:
        raise NotInOrder(str(error)) from None
    count = f"{len(library.templates)} in use, {len(library.refused)} refused"
    if library.refused:
        raise NotInOrder(f"{count}; {library.refused[0]}")
    return count


def _now() -> datetime:
    return datetime.now(UTC)
