"""Fixtures that all tests share: a real PostgreSQL, real brokers, and freshly migrated databases.

- `postgres`: the wheel's server, one a session (fsync off).
- `tracker_database`, `notifier_database`: an open `Database` of that role, every table of its schema empty.
- `owner`: runs a statement as cdi_owner on that same database (row-level security applies to it too).
- `embedded_broker`: settings for librdkafka's broker, one a session; use topics or groups of your own on it.
- `fresh_embedded_broker`: the same for one test alone, when topics and groups have fixed names.
- `local_kafka`: settings for a real Apache Kafka on this machine; skips where Java or Maven are missing.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import pytest_asyncio
from psycopg import sql

from services.foundation.brokers import Broker, EmbeddedBroker, LocalKafka
from services.foundation.database import Database
from services.foundation.migrations import migrate
from services.foundation.postgres import EmbeddedPostgres
from services.foundation.settings import KafkaSettings

TEST_DATABASE = "cdi_query_test"


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """PostgreSQL 18 for the session; its own database `cdi_query` stays unmigrated.

    Not in pytest's folder: every other pytest run on the machine closes that one to the server's user again.
    """
    with tempfile.TemporaryDirectory(prefix="cdi-query-test-") as folder:
        server = EmbeddedPostgres(Path(folder), {"fsync": "off"})
        server.start()
        yield server
        server.stop()


@pytest.fixture(scope="session")
def migrated(postgres: EmbeddedPostgres) -> EmbeddedPostgres:
    """The server with a database `cdi_query_test` at head."""
    with psycopg.connect(postgres.dsn("cdi_owner", "postgres"), autocommit=True) as conn:
        conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEST_DATABASE)))
    migrate(
        postgres.dsn("cdi_owner", TEST_DATABASE),
        tracker_password=postgres.password("cdi_tracker"),
        notifier_password=postgres.password("cdi_notifier"),
    )
    return postgres


@pytest.fixture
def owner(migrated: EmbeddedPostgres) -> Iterator[Callable[..., list[tuple[Any, ...]]]]:
    """Run a statement as cdi_owner and return its rows."""
    with psycopg.connect(migrated.dsn("cdi_owner", TEST_DATABASE), autocommit=True) as conn:

        def run(statement: str, *values: Any) -> list[tuple[Any, ...]]:
            cursor = conn.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []

        yield run


@pytest_asyncio.fixture
async def tracker_database(migrated: EmbeddedPostgres) -> AsyncIterator[Database]:
    """The tracker's database, empty, as the role cdi_tracker."""
    async for database in _empty(migrated, "cdi_tracker", "tracker"):
        yield database


@pytest_asyncio.fixture
async def notifier_database(migrated: EmbeddedPostgres) -> AsyncIterator[Database]:
    """The notifier's database, empty, as the role cdi_notifier."""
    async for database in _empty(migrated, "cdi_notifier", "notifier"):
        yield database


@pytest.fixture(scope="session")
def embedded_broker() -> Iterator[KafkaSettings]:
    """Settings of a broker that lives as long as the session and forgets nothing between tests."""
    yield from _running(EmbeddedBroker(), durable=False)


@pytest.fixture
def fresh_embedded_broker() -> Iterator[KafkaSettings]:
    """Settings of a broker that only this test has."""
    yield from _running(EmbeddedBroker(), durable=False)


@pytest.fixture(scope="session")
def local_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaSettings]:
    """Settings of an Apache Kafka that lives as long as the session. Its topics are not created yet."""
    missing = _missing_for_kafka()
    if missing:
        _skip_or_fail(f"no local Kafka: {missing}")
    yield from _running(LocalKafka(tmp_path_factory.mktemp("kafka")), durable=True)


def truncate(dsn: str, schema: str) -> None:
    """Empty every table of a schema. `dsn` is the owner's."""
    with psycopg.connect(dsn, autocommit=True) as conn:
        rows = conn.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", (schema,)).fetchall()
        tables = sql.SQL(", ").join(sql.Identifier(schema, name) for (name,) in rows)
        conn.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY CASCADE").format(tables))


async def _empty(server: EmbeddedPostgres, role: str, schema: str) -> AsyncIterator[Database]:
    truncate(server.dsn("cdi_owner", TEST_DATABASE), schema)
    database = Database(server.dsn(role, TEST_DATABASE), search_path=schema)
    await database.open()
    yield database
    await database.close()


def _running(broker: Broker, *, durable: bool) -> Iterator[KafkaSettings]:
    servers = asyncio.run(broker.start())
    yield KafkaSettings(bootstrap_servers=servers, durable=durable)
    asyncio.run(broker.stop())


def _missing_for_kafka() -> str:
    for program in ("java", "mvn"):
        if shutil.which(program) is None:
            return f"{program} is missing"
    said = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False).stderr
    version = said.partition('"')[2].partition(".")[0].partition('"')[0]
    return "" if version.isdigit() and int(version) >= 17 else "Java 17 or later is needed"


def _skip_or_fail(reason: str) -> None:
    """In CI nothing may be skipped: there, `CDI_QUERY_REQUIRE_BROKERS` is set."""
    if os.environ.get("CDI_QUERY_REQUIRE_BROKERS"):
        pytest.fail(reason)
    pytest.skip(reason)


def project_root() -> Path:
    """The folder of pyproject.toml."""
    return Path(__file__).parent.parent
