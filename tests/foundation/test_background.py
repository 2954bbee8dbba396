"""A part of a service that ends by a fault does not end unseen."""

from __future__ import annotations

import asyncio
import logging
import time

import pytest

from services.foundation import background


async def _fail() -> None:
    raise LookupError("a plainly invented fault")


@pytest.mark.asyncio
async def test_a_part_that_ends_by_a_fault_is_told_with_its_name(caplog: pytest.LogCaptureFixture) -> None:
    task = background.start("tracker-relay", _fail())
    await asyncio.wait([task])
    await asyncio.sleep(0)
    (line,) = caplog.records
    assert (line.levelno, line.__dict__["service"]) == (logging.CRITICAL, "tracker-relay")
    assert line.exc_info is not None
    assert line.exc_info[0] is LookupError


@pytest.mark.asyncio
async def test_a_part_that_is_cancelled_or_has_done_its_work_ends_in_silence(caplog: pytest.LogCaptureFixture) -> None:
    parts = [background.start("timers", asyncio.Event().wait()), background.start("sender", asyncio.sleep(0))]
    await asyncio.sleep(0.01)
    await background.cancel(parts)
    assert all(part.done() for part in parts)
    assert caplog.records == []


@pytest.mark.asyncio
async def test_a_part_that_had_failed_does_not_keep_the_others_from_being_cancelled() -> None:
    parts = [background.start("relay", _fail()), background.start("timers", asyncio.sleep(60))]
    await asyncio.sleep(0.01)
    await background.cancel(parts)
    assert parts[1].cancelled()


@pytest.mark.asyncio
async def test_who_is_cancelled_waits_until_the_thread_has_ended() -> None:
    ended: list[float] = []

    def work() -> None:
        time.sleep(0.2)
        ended.append(time.monotonic())

    waiting = asyncio.create_task(background.in_thread(work))
    await asyncio.sleep(0.05)
    waiting.cancel()
    await asyncio.wait([waiting])
    assert waiting.cancelled()
    assert len(ended) == 1


@pytest.mark.asyncio
async def test_a_thread_hands_back_its_value_or_its_fault() -> None:
    assert await background.in_thread(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        await background.in_thread(lambda: 1 // 0)
