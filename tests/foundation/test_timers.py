"""A timer fires once, late rather than never, and together with its effects."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from services.foundation import timers
from services.foundation.database import Connection, Database
from services.foundation.timers import Timer, TimerLoop
from tests.foundation.helpers import eventually, scalar

pytestmark = pytest.mark.database


def due(subject: str = "chart-1", *, kind: str = "reminder", seconds: float = -1.0, id_: UUID | None = None) -> Timer:
    return Timer(id_ or uuid4(), kind, subject, datetime.now(UTC) + timedelta(seconds=seconds), {"step": 1})


async def put(database: Database, *items: Timer) -> None:
    async with database.transaction() as conn:
        await timers.schedule(conn, items)


class Recorder:
    """Handles timers by writing a row, so that effects can be counted where they are true: in the database."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.calls: list[Timer] = []

    async def __call__(self, conn: Connection, timer: Timer) -> None:
        self.calls.append(timer)
        await conn.execute(
            "INSERT INTO inbox (consumer, source, id, digest) VALUES ('timer', %s, gen_random_uuid()::text, '')",
            (str(timer.id),),
        )
        if self.failures:
            self.failures -= 1
            raise RuntimeError


EFFECTS = "SELECT count(*) FROM inbox WHERE consumer = 'timer'"


@pytest.mark.asyncio
async def test_two_loops_fire_each_timer_once(notifier_database: Database) -> None:
    await put(notifier_database, *(due(f"chart-{n}") for n in range(60)))
    recorder = Recorder()
    loops = [asyncio.create_task(TimerLoop(notifier_database, recorder, poll=0.01, batch=7).run()) for _ in range(2)]

    async def all_done() -> bool:
        return await scalar(notifier_database, "SELECT count(*) FROM timers WHERE done_at IS NULL") == 0

    await eventually(all_done)
    for loop in loops:
        loop.cancel()
    await asyncio.gather(*loops, return_exceptions=True)
    assert await scalar(notifier_database, EFFECTS) == 60
    assert len({timer.id for timer in recorder.calls}) == 60


@pytest.mark.asyncio
async def test_a_timer_before_its_time_waits_and_earlier_ones_go_first(notifier_database: Database) -> None:
    later, earlier, future = due(seconds=-1), due(seconds=-5), due(seconds=60)
    await put(notifier_database, later, earlier, future)
    recorder = Recorder()
    assert await TimerLoop(notifier_database, recorder).run_due() == 2
    assert [timer.id for timer in recorder.calls] == [earlier.id, later.id]
    assert recorder.calls[0].payload == {"step": 1}
    assert await TimerLoop(notifier_database, recorder).run_due() == 0


@pytest.mark.asyncio
async def test_a_failed_timer_leaves_no_effect_and_comes_again_later(notifier_database: Database) -> None:
    timer = due()
    await put(notifier_database, timer, due("chart-2"))
    recorder = Recorder(failures=1)
    loop = TimerLoop(notifier_database, recorder)
    assert await loop.run_due() == 2
    assert await scalar(notifier_database, EFFECTS) == 1, "the one beside it went on"
    assert await loop.run_due() == 0, "it backs off first"

    async def again() -> bool:
        await loop.run_due()
        return await scalar(notifier_database, EFFECTS) == 2

    await eventually(again)


@pytest.mark.asyncio
async def test_a_lease_that_ran_out_cannot_complete(notifier_database: Database) -> None:
    timer = due()
    await put(notifier_database, timer)
    fired: list[str] = []

    async def second(conn: Connection, timer: Timer) -> None:
        fired.append("second")

    async def first(conn: Connection, timer: Timer) -> None:
        """Sleeps like a paused process, past its lease; meanwhile another loop does the work."""
        await Recorder()(conn, timer)
        await asyncio.sleep(0.3)
        await TimerLoop(notifier_database, second).run_due()
        fired.append("first")

    await TimerLoop(notifier_database, first, lease=0.1).run_due()
    assert fired == ["second", "first"]
    assert await scalar(notifier_database, EFFECTS) == 0, "the zombie's effects were rolled back"


@pytest.mark.asyncio
async def test_cancelling_reaches_chosen_kinds_and_even_a_timer_in_hand(notifier_database: Database) -> None:
    reminder, escalation = due(kind="reminder"), due(kind="escalation")
    await put(notifier_database, reminder, escalation)
    async with notifier_database.transaction() as conn:
        assert await timers.cancel(conn, "chart-1", ["reminder"]) == 1
        assert await timers.cancel(conn, "somewhere else") == 0

    async def cancelled_meanwhile(conn: Connection, timer: Timer) -> None:
        assert timer.id == escalation.id
        await Recorder()(conn, timer)
        async with notifier_database.transaction() as other:
            await timers.cancel(other, timer.subject)

    assert await TimerLoop(notifier_database, cancelled_meanwhile).run_due() == 1
    assert await scalar(notifier_database, EFFECTS) == 0


@pytest.mark.asyncio
async def test_a_handler_may_schedule_its_own_timer_anew(notifier_database: Database) -> None:
    timer = due()
    await put(notifier_database, timer)

    async def again(conn: Connection, fired: Timer) -> None:
        await timers.schedule(conn, [due(id_=fired.id, seconds=3600)])

    await TimerLoop(notifier_database, again).run_due()
    waiting = "SELECT count(*) FROM timers WHERE done_at IS NULL AND due_at > now() AND lease_token IS NULL"
    assert await scalar(notifier_database, waiting) == 1


@pytest.mark.asyncio
async def test_lag_counts_what_is_overdue(notifier_database: Database) -> None:
    await put(notifier_database, due(seconds=-30), due(seconds=-10), due(seconds=30))
    async with notifier_database.transaction() as conn:
        count, age = await timers.lag(conn)
    assert count == 2
    assert 29 < age < 60
