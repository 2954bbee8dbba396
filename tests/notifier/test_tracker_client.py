"""Only a usable answer of the tracker lets a mail go; everything else means: ask again later."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from uuid import UUID

import httpx
import pytest

from schemas.internal import DeliveryAnswer
from services.notifier.tracker_client import HttpTracker, TrackerUnavailable
from tests.notifier.support import QUERY, TrackerEndpoint

pytestmark = pytest.mark.asyncio


def tracker(answer: Callable[[httpx.Request], httpx.Response]) -> HttpTracker:
    return HttpTracker("https://tracker.example/", "a-token", transport=httpx.MockTransport(answer))


async def test_it_asks_for_query_step_and_level_with_its_token() -> None:
    endpoint = TrackerEndpoint()
    async with HttpTracker("http://tracker.example", "a-token", transport=httpx.ASGITransport(app=endpoint)) as client:
        answer = await client.delivery(QUERY, "L2", 2)
    assert endpoint.asked == [(str(QUERY), "L2", "2")]
    assert answer is not None
    assert answer.due


@pytest.mark.parametrize("status", [301, 400, 401, 403, 409, 429, 500, 502, 503])
async def test_any_status_but_ok_and_unknown_means_later(status: int) -> None:
    async with tracker(lambda request: httpx.Response(status, text="<html>a name</html>")) as client:
        with pytest.raises(TrackerUnavailable, match=f"^http_{status}$"):
            await client.delivery(QUERY, "T0", 0)


async def test_an_unknown_query_is_an_answer() -> None:
    async with tracker(lambda request: httpx.Response(404)) as client:
        assert await client.delivery(QUERY, "T0", 0) is None


@pytest.mark.parametrize("body", [b"", b"{}", b"not json", b'{"query_id": "x", "chart_id": "c", "due": true}'])
async def test_an_answer_that_cannot_be_read_is_none_and_is_not_repeated(body: bytes) -> None:
    async with tracker(lambda request: httpx.Response(200, content=body)) as client:
        with pytest.raises(TrackerUnavailable, match="unreadable"):
            await client.delivery(QUERY, "T0", 0)


async def test_an_answer_about_another_query_is_refused() -> None:
    other = DeliveryAnswer(query_id=UUID(int=9), chart_id="c", due=True).model_dump_json()
    async with tracker(lambda request: httpx.Response(200, text=other)) as client:
        with pytest.raises(TrackerUnavailable, match="another_query"):
            await client.delivery(QUERY, "T0", 0)


async def test_a_tracker_that_is_not_there_or_silent_is_waited_for_no_longer_than_its_time() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with HttpTracker(f"http://127.0.0.1:{port}", "a-token", timeout=0.3) as client:
        with pytest.raises(TrackerUnavailable, match="Timeout"):
            await client.delivery(QUERY, "T0", 0)
    server.close()
    await server.wait_closed()
    async with HttpTracker(f"http://127.0.0.1:{port}", "a-token", timeout=0.3) as client:
        with pytest.raises(TrackerUnavailable, match="ConnectError"):
            await client.delivery(QUERY, "T0", 0)
