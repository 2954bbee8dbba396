"""Work that runs beside everything else. Nobody awaits it, so a part that ends by a fault is told at once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

log = logging.getLogger(__name__)
Made = TypeVar("Made")


def start(name: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """Run `work` in a task of its own. The caller keeps the task, and gives it to `cancel` in the end."""
    task = asyncio.create_task(work, name=name)
    task.add_done_callback(_tell)
    return task


async def cancel(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Cancel tasks and wait until all have ended, however they end."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def in_thread(work: Callable[[], Made]) -> Made:
    """Return what `work` returns, from a thread. Who is cancelled waits for its end all the same.

    A thread cannot be cancelled: what it is about to start would be running after everything was stopped.
    """
    running = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.gather(running, return_exceptions=True)
        raise


def _tell(task: asyncio.Task[None]) -> None:
    error = None if task.cancelled() else task.exception()
    if error is not None:
        log.critical("a part has ended by itself", extra={"service": task.get_name()}, exc_info=error)
