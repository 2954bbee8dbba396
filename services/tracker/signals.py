"""Who looks at a page hears that something changed, never what: each fetches that anew, with its own rights.

Changes are found by asking the database once a second for the newest ones, only while somebody listens. That works
beside any number of tracker processes, costs two short index scans, and needs no order among commits: what was not
among the newest a second ago is news, however late its transaction ended.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager

from services.foundation import background
from services.foundation.backoff import delay
from services.foundation.database import Connection

log = logging.getLogger(__name__)

Newest = Mapping[str, frozenset[Hashable]]
"""For each source of signals, its newest changes."""

NAMES: Mapping[str, tuple[str, ...]] = {"charts": ("charts", "gaps", "queries"), "alarms": ("alarms",)}
"""What is told when a source changed. Gaps and queries change with their chart."""

ALL_NAMES = frozenset(name for names in NAMES.values() for name in names)

PAUSE = 1.0
"""Seconds between two looks: what happens in between is one signal."""

_CHARTS = "SELECT chart_id, changed_at FROM charts ORDER BY changed_at DESC, chart_id DESC LIMIT 200"
_ALARMS = "SELECT id, at, cleared_at FROM alarms ORDER BY id DESC LIMIT 200"
_LETTERS = "SELECT letter_id, replayed_at FROM dead_letters ORDER BY seen_at DESC, letter_id DESC LIMIT 50"


async def newest(conn: Connection) -> Newest:
    """Return the newest changes of charts, alarms and dead letters."""

    async def rows(statement: str) -> frozenset[Hashable]:
        return frozenset(tuple(row.values()) for row in await (await conn.execute(statement.encode())).fetchall())

    return {"charts": await rows(_CHARTS), "alarms": await rows(_ALARMS) | await rows(_LETTERS)}


class Listener:
    """One open page. However many signals come, it holds each name once: a slow reader costs nothing."""

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._woken = asyncio.Event()
        self.closed = False

    def tell(self, names: frozenset[str]) -> None:
        """Add names to what the page has not heard yet."""
        self._names |= names
        self._woken.set()

    def close(self) -> None:
        """End the listening at once."""
        self.closed = True
        self._woken.set()

    async def hear(self, patience: float) -> frozenset[str]:
        """Return the names that came since the last time, after `patience` seconds at most; then perhaps none."""
        try:
            async with asyncio.timeout(patience):
                await self._woken.wait()
        except TimeoutError:
            return frozenset()
        self._woken.clear()
        names, self._names = frozenset(self._names), set()
        return names


class Broadcaster:
    """Tells all listeners of one process what `look` finds new.

    Args:
        look: returns the newest changes. What it raises is logged, and it is asked again later.
        pause: seconds between two looks.
    """

    def __init__(self, look: Callable[[], Awaitable[Newest]], pause: float = PAUSE) -> None:
        self._look, self._pause = look, pause
        self._listeners: set[Listener] = set()
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def listeners(self) -> int:
        """How many pages listen."""
        return len(self._listeners)

    @contextmanager
    def listening(self) -> Iterator[Listener]:
        """Let somebody listen for as long as the body runs. After `close`, what it gives is closed from the start.

        They hear every name once: nobody told them what happened between their page and now.
        """
        listener = Listener()
        if self._closed:
            listener.close()
        self._listeners.add(listener)
        if self._task is not None:
            listener.tell(ALL_NAMES)
        elif not self._closed:
            self._task = background.start("signals", self._watch())
        try:
            yield listener
        finally:
            self._listeners.discard(listener)
            if not self._listeners:
                self._stop()

    def close(self) -> None:
        """Send everybody away, and let nobody listen any more."""
        self._closed = True
        self._stop()
        for listener in self._listeners:
            listener.close()

    def _stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _watch(self) -> None:
        async for names in self._news():
            for listener in self._listeners:
                listener.tell(names)

    async def _news(self) -> AsyncIterator[frozenset[str]]:
        known: Newest | None = None
        failures = 0
        while True:
            try:
                found = await self._look()
            except Exception as error:  # the database may be away for a while; pages then just stay as they are
                failures += 1
                log.warning("no signals: the newest changes cannot be read", extra={"error": type(error).__name__})
                await asyncio.sleep(delay(failures, base=self._pause, most=30.0))
                continue
            failures = 0
            if names := ALL_NAMES if known is None else _changed(known, found):
                yield names
            known = found
            await asyncio.sleep(self._pause)


def _changed(known: Newest, found: Newest) -> frozenset[str]:
    """Return the names of the sources that have something new."""
    return frozenset(name for source, rows in found.items() if rows - known[source] for name in NAMES[source])
