"""PostgreSQL by psycopg 3: one pool a service, transactions with a scope, and what counts as a passing fault."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg import AsyncConnection, sql
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool

Connection = AsyncConnection[DictRow]

# Class 54 (a row too long for an index, ...) is an OperationalError too, but trying again does not help there.
_HOPELESS = (psycopg.errors.ProgramLimitExceeded,)
_PASSING = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg.errors.ReadOnlySqlTransaction,
    ConnectionError,
    TimeoutError,
)


def is_transient(error: BaseException) -> bool:
    """Tell whether the same work may succeed later: no connection, shutdown, deadlock, serialization, no space."""
    return isinstance(error, _PASSING) and not isinstance(error, _HOPELESS)


class Database:
    """A pool of connections whose tables are named without schema.

    Args:
        dsn: a libpq URL or connection string.
        search_path: the schema of the service, `tracker` or `notifier`.
        max_size: most connections at once.
    """

    def __init__(self, dsn: str, *, search_path: str, min_size: int = 1, max_size: int = 8) -> None:
        self.dsn = dsn
        self.search_path = search_path
        self._pool = AsyncConnectionPool[Connection](
            dsn,
            min_size=min_size,
            max_size=max_size,
            open=False,
            kwargs={"autocommit": True, "row_factory": dict_row},
            configure=self._prepare,
            check=AsyncConnectionPool.check_connection,
            name=search_path,
        )

    async def open(self, timeout: float = 30.0) -> None:  # noqa: ASYNC109 - the pool's own limit
        """Open the pool and wait for its first connections. Raises `PoolTimeout` after `timeout` seconds."""
        await self._pool.open(wait=True, timeout=timeout)

    async def close(self) -> None:
        """Close all connections; whoever still waits for one gets an error."""
        await self._pool.close()

    async def connect(self) -> Connection:
        """Return a connection of its own (autocommit), for locks and LISTEN that outlive a transaction."""
        conn = await AsyncConnection.connect(self.dsn, autocommit=True, row_factory=dict_row)
        try:
            await self._prepare(conn)
        except BaseException:
            await conn.close()
            raise
        return conn

    @asynccontextmanager
    async def transaction(self, scope: Mapping[str, str] | None = None) -> AsyncIterator[Connection]:
        """Run the body in one transaction; an exception rolls it back.

        Args:
            scope: settings for this transaction alone, as row-level security reads them (`app.user`, ...).
        """
        async with self._connection() as conn, conn.transaction():
            await set_scope(conn, scope or {})
            yield conn

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        # The pool waits by `asyncio.wait_for`, which before Python 3.12 loses a cancellation that comes in the same
        # moment as the connection: a loop that is asked to stop would go on for ever.
        asked = _asked_to_stop()
        async with self._pool.connection() as conn:
            if _asked_to_stop() > asked:
                raise asyncio.CancelledError
            yield conn

    async def _prepare(self, conn: AsyncConnection[Any]) -> None:
        await conn.execute(sql.SQL("SET search_path TO {}").format(sql.Identifier(self.search_path)))


def _asked_to_stop() -> int:
    """Return how often the running task was cancelled."""
    task = asyncio.current_task()
    return task.cancelling() if task is not None else 0


async def set_scope(conn: AsyncConnection[Any], scope: Mapping[str, str]) -> None:
    """Set each entry for the rest of the current transaction."""
    if scope:
        await conn.execute(
            "SELECT set_config(name, value, true) FROM unnest(%s::text[], %s::text[]) AS entry (name, value)",
            (list(scope), list(scope.values())),
        )
