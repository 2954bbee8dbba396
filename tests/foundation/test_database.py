"""Each role reaches its own schema and nothing else; a transaction's scope ends with it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import psycopg
import pytest
from psycopg_pool import PoolTimeout

from services.foundation import migrations
from services.foundation.database import Database, is_transient
from services.foundation.postgres import EmbeddedPostgres
from tests.conftest import TEST_DATABASE
from tests.foundation.helpers import scalar

pytestmark = pytest.mark.database


@pytest.mark.asyncio
async def test_a_scope_ends_with_its_transaction(tracker_database: Database) -> None:
    read = "SELECT coalesce(current_setting('app.actor', true), '')"
    async with tracker_database.transaction({"app.actor": "o'brien", "app.role": "coder"}) as conn:
        row = await (await conn.execute(read)).fetchone()
    assert row == {"coalesce": "o'brien"}
    for _ in range(10):
        assert await scalar(tracker_database, read) == ""


@pytest.mark.asyncio
async def test_tables_are_named_without_schema_and_an_error_rolls_back(tracker_database: Database) -> None:
    with pytest.raises(KeyError):
        async with tracker_database.transaction() as conn:
            await conn.execute("INSERT INTO inbox VALUES ('c', 's', 'i', 'd')")
            raise KeyError
    assert await scalar(tracker_database, "SELECT count(*) FROM inbox") == 0
    assert await scalar(tracker_database, "SELECT current_schema()") == "tracker"


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM notifier.outbox",
        "INSERT INTO notifier.inbox VALUES ('c', 's', 'i', 'd')",
        "CREATE TABLE mine (n int)",
        "CREATE TABLE public.mine (n int)",
        "SELECT * FROM public.alembic_version",
        "TRUNCATE inbox",
        "DROP TABLE inbox",
    ],
)
async def test_the_tracker_may_do_nothing_outside_its_tables(tracker_database: Database, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await scalar(tracker_database, statement)


@pytest.mark.asyncio
async def test_a_pool_survives_that_all_its_connections_are_killed(
    tracker_database: Database, migrated: EmbeddedPostgres
) -> None:
    assert await scalar(tracker_database, "SELECT 1") == 1
    with psycopg.connect(migrated.dsn("postgres", TEST_DATABASE), autocommit=True) as conn:
        conn.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'cdi_tracker'")
    assert await scalar(tracker_database, "SELECT 1") == 1


def test_migrating_again_changes_nothing_and_says_where_it_is(migrated: EmbeddedPostgres) -> None:
    dsn = migrated.dsn("cdi_owner", TEST_DATABASE)
    assert migrations.current(dsn) == migrations.head()
    migrations.migrate(
        dsn,
        tracker_password=migrated.password("cdi_tracker"),
        notifier_password=migrated.password("cdi_notifier"),
    )
    assert migrations.current(dsn) == migrations.head()
    assert migrations.current(migrated.dsn("cdi_owner", "postgres")) is None


def test_the_application_roles_have_no_power_over_the_server(owner: Callable[..., list[tuple[object, ...]]]) -> None:
    flags = owner(
        "SELECT rolsuper, rolcreaterole, rolcreatedb, rolbypassrls, rolreplication FROM pg_roles"
        " WHERE rolname IN ('cdi_tracker', 'cdi_notifier', 'cdi_owner') ORDER BY rolname"
    )
    assert flags[0] == flags[2] == (False, False, False, False, False)
    assert flags[1][0] is False and flags[1][3] is False


def test_what_passes_and_what_does_not() -> None:
    passing = [
        psycopg.OperationalError(),
        psycopg.errors.DeadlockDetected(),
        psycopg.errors.SerializationFailure(),
        psycopg.errors.AdminShutdown(),
        psycopg.errors.ReadOnlySqlTransaction(),
        PoolTimeout(),
        ConnectionResetError(),
    ]
    staying = [psycopg.errors.UniqueViolation(), psycopg.errors.ProgramLimitExceeded(), psycopg.DataError(), KeyError()]
    assert all(is_transient(error) for error in passing)
    assert not any(is_transient(error) for error in staying)


@pytest.mark.asyncio
@pytest.mark.parametrize("steps", range(12))
async def test_who_is_cancelled_while_a_connection_comes_stops_all_the_same(
    migrated: EmbeddedPostgres, steps: int
) -> None:
    database = Database(migrated.dsn("cdi_tracker", TEST_DATABASE), search_path="tracker", max_size=1)
    await database.open()

    async def work_for_ever() -> None:
        async with database.transaction():
            pass
        await asyncio.Event().wait()

    try:
        async with database.transaction():
            worker = asyncio.create_task(work_for_ever())
            await asyncio.sleep(0.01)
        for _ in range(steps):
            await asyncio.sleep(0)
        worker.cancel()
        await asyncio.wait({worker}, timeout=5)
        assert worker.cancelled(), "the wish to stop was lost"
    finally:
        worker.cancel()
        await database.close()
