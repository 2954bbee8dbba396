"""Bring a database to the schema that this version knows. Run by an explicit command, never at import."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg import sql
from sqlalchemy import Connection, create_engine, pool

import migrations

LOCK = 7_203_114_001
"""The advisory lock that lets one migration run at a time."""


def migrate(owner_dsn: str, *, tracker_password: str, notifier_password: str) -> None:
    """Create the application roles where they are missing, then upgrade to head, one caller at a time.

    Args:
        owner_dsn: libpq URL of the owner role (no superuser; CREATEROLE where the roles do not exist yet).
        tracker_password: of the role cdi_tracker; set anew where the owner may.
        notifier_password: of the role cdi_notifier.
    """
    with psycopg.connect(owner_dsn, autocommit=True) as lock:
        lock.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
        _ensure_role(lock, "cdi_tracker", tracker_password)
        _ensure_role(lock, "cdi_notifier", notifier_password)
        _close_to_public(lock)
        with _connection(owner_dsn) as connection:
            command.upgrade(_config(connection), "head")


def current(owner_dsn: str) -> str | None:
    """Return the revision that the database is at; None if it was never migrated."""
    with _connection(owner_dsn) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head() -> str:
    """Return the newest revision that this version knows."""
    newest = ScriptDirectory.from_config(_config()).get_current_head()
    assert newest is not None, "the package carries its migrations"
    return newest


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


@contextmanager
def _connection(dsn: str) -> Iterator[Connection]:
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(dsn), poolclass=pool.NullPool)
    with engine.begin() as connection:
        yield connection


def _ensure_role(conn: psycopg.Connection, role: str, password: str) -> None:
    # The hash is made here, so that the password itself never reaches a server log.
    hashed = conn.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    try:
        _execute(conn, "CREATE ROLE {} LOGIN PASSWORD {}", sql.Identifier(role), sql.Literal(hashed))
    except psycopg.errors.DuplicateObject:
        _renew_password(conn, role, hashed)
    except psycopg.errors.InsufficientPrivilege:
        # An administrator may have made the roles and given the owner no right to: then there is nothing to do.
        if conn.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone() is None:
            raise


def _renew_password(conn: psycopg.Connection, role: str, hashed: str) -> None:
    try:
        _execute(conn, "ALTER ROLE {} PASSWORD {}", sql.Identifier(role), sql.Literal(hashed))
    except psycopg.errors.InsufficientPrivilege:
        return


def _close_to_public(conn: psycopg.Connection) -> None:
    """Leave everyone but the owner and the two roles outside; the schema `public` is nobody's but the owner's."""
    row = conn.execute("SELECT current_database()").fetchone()
    assert row is not None
    name = sql.Identifier(row[0])
    _execute(conn, "REVOKE ALL ON DATABASE {} FROM PUBLIC", name)
    _execute(conn, "GRANT CONNECT ON DATABASE {} TO cdi_tracker, cdi_notifier", name)
    _execute(conn, "REVOKE ALL ON SCHEMA public FROM PUBLIC")


def _execute(conn: psycopg.Connection, statement: str, *parts: sql.Composable) -> None:
    conn.execute(sql.SQL(statement).format(*parts))
