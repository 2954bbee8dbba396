"""What has had its time is deleted, and nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.tracker import identity
from services.tracker.sign_on import attempts
from services.tracker.sign_on.attempts import Attempt
from services.tracker.sign_on.provider import Departure
from services.tracker.sweeping import KEEP_ANSWERS, sweep
from tests.tracker_pages.house import House

pytestmark = [pytest.mark.asyncio, pytest.mark.database]


async def test_ended_sessions_begun_sign_ins_and_old_answers_go_and_live_ones_stay(house: House) -> None:
    async with house.database.transaction({"app.system": "on"}) as conn:
        await identity.open_session(conn, "ada", house.now - identity.IDLE - timedelta(seconds=1))
        live = await identity.open_session(conn, "ada", house.now)
        for state, begun in (("old", house.now - attempts.LASTS - timedelta(seconds=1)), ("new", house.now)):
            await attempts.remember(conn, Attempt(Departure("", state, "n", "v"), "/"), "browser", begun)
        for key, at in (("old", house.now - KEEP_ANSWERS - timedelta(seconds=1)), ("new", house.now)):
            await conn.execute(
                "INSERT INTO idempotency (user_id, key, digest, status, body, at)"
                " VALUES ('ada', %s, '', 200, '{}', %s)",
                (key, at),
            )
        assert await sweep(conn, house.now) == {"sessions": 1, "sign_in_attempts": 1, "idempotency": 1}
        assert await sweep(conn, house.now) == {"sessions": 0, "sign_in_attempts": 0, "idempotency": 0}
        assert await identity.session_left(conn, live, house.now) == 1800
        assert await attempts.take(conn, "new", "another browser", house.now) is None
        assert await attempts.take(conn, "new", "browser", house.now) is not None
        assert await attempts.take(conn, "new", "browser", house.now) is None, "once"


async def test_a_sign_in_that_took_too_long_is_over(house: House) -> None:
    async with house.database.transaction({"app.system": "on"}) as conn:
        await attempts.remember(conn, Attempt(Departure("", "state", "n", "v"), "/"), "browser", house.now)
        assert await attempts.take(conn, "state", "browser", house.now + attempts.LASTS) is None
