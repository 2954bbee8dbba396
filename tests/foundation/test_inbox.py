"""An event is new once for each consumer, however often and in whatever company it comes."""

from __future__ import annotations

import asyncio

import pytest

from services.foundation import inbox
from services.foundation.database import Database

pytestmark = pytest.mark.database


@pytest.mark.asyncio
async def test_one_batch_tells_new_seen_and_conflicting_apart(tracker_database: Database) -> None:
    async with tracker_database.transaction() as conn:
        first = await inbox.claim(conn, "tracker", [("a", "1", "x"), ("a", "2", "x"), ("b", "1", "y")])
        second = await inbox.claim(
            conn, "tracker", [("a", "2", "x"), ("a", "3", "z"), ("a", "1", "other"), ("a", "3", "z"), ("a", "3", "w")]
        )
    assert first == ["new", "new", "new"]
    assert second == ["seen", "new", "conflict", "seen", "conflict"]


@pytest.mark.asyncio
async def test_another_consumer_takes_the_same_event_itself(tracker_database: Database) -> None:
    async with tracker_database.transaction() as conn:
        assert await inbox.claim(conn, "tracker", [("a", "1", "x")]) == ["new"]
        assert await inbox.claim(conn, "letters", [("a", "1", "x")]) == ["new"]
        assert await inbox.claim(conn, "tracker", []) == []


@pytest.mark.asyncio
async def test_a_claim_that_was_rolled_back_is_new_again(tracker_database: Database) -> None:
    with pytest.raises(RuntimeError):
        async with tracker_database.transaction() as conn:
            assert await inbox.claim(conn, "tracker", [("a", "1", "x")]) == ["new"]
            raise RuntimeError
    async with tracker_database.transaction() as conn:
        assert await inbox.claim(conn, "tracker", [("a", "1", "x")]) == ["new"]


@pytest.mark.asyncio
async def test_two_consumers_that_claim_in_opposite_order_do_not_deadlock(tracker_database: Database) -> None:
    events = [("a", str(n), "x") for n in range(200)]

    async def claim(mine: list[tuple[str, str, str]]) -> list[str]:
        async with tracker_database.transaction() as conn:
            verdicts = await inbox.claim(conn, "tracker", mine)
            await asyncio.sleep(0.05)
            return list(verdicts)

    results = await asyncio.gather(*(claim(events if n % 2 else events[::-1]) for n in range(6)))
    assert sorted(verdict for result in results for verdict in result).count("new") == 200
