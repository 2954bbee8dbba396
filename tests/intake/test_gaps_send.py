"""A file of gap events is validated whole before anything is sent, and sending twice has one effect."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from rich.console import Console

from cli.intake.command import gap_lines
from cli.intake.events_file import DEFAULT_SOURCE, read_events
from cli.intake.gaps import IntakeSettings
from cli.intake.problems import BadInput, report
from cli.intake.sending import SendFailed, batches, progress_bar, send_to_api
from schemas.events import MAX_INPUT_BYTES, Envelope
from tests.intake.support import AS_OF, line


def lines(count: int = 1) -> list[str]:
    records = [line(encounter_id=f"enc-{number}") for number in range(count)]
    return list(gap_lines(records, as_of=AS_OF, settings=IntakeSettings(), on_problem=pytest.fail))


def bare(**changes: Any) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(lines()[0])["data"]
    return {**data, **changes}


def faults(*text: str) -> list[tuple[int, str]]:
    with pytest.raises(BadInput) as caught:
        read_events(text)
    return [(problem.line, problem.field) for problem in caught.value.problems]


def test_events_and_bare_gaps_are_read_and_a_bare_gap_gets_a_stable_id() -> None:
    text = [*lines(), "", json.dumps(bare(gap_id="G-2"))]
    first, second = read_events(text)
    assert second.source == DEFAULT_SOURCE and second.time == AS_OF
    assert read_events(text, source="coding")[1].source == "coding"
    assert [one.id for one in read_events(text)] == [first.id, second.id]
    assert "G-2" not in second.id, "ids of events stay opaque"


def test_a_withdrawal_is_read_as_an_event() -> None:
    data = {"gap_id": "G", "occurred_at": "2026-01-01T00:00:00Z", "facility": "F", "encounter_number": "E"}
    event = {"specversion": "1.0", "id": "w-1", "source": "coding", "type": "cdi.gap.withdrawn.v1", "data": data}
    (envelope,) = read_events([json.dumps(event)])
    assert envelope.type == "cdi.gap.withdrawn.v1"


def test_every_fault_is_named_by_line_and_field() -> None:
    event = json.loads(lines()[0])
    assert faults(
        lines()[0],
        "not json",
        '"text"',
        json.dumps({**event, "id": ""}),
        json.dumps({**event, "type": "cdi.chart.ready.v1"}),
        json.dumps({**event, "data": {**event["data"], "occurred_at": "2026-01-01T00:00:00"}}),
        json.dumps(bare(category="shape")),
        json.dumps({**bare(), "blob": "x" * MAX_INPUT_BYTES}),
    ) == [(2, ""), (3, ""), (4, "id"), (5, "type"), (6, "data.occurred_at"), (7, "category"), (8, "")]


def test_one_id_for_two_contents_is_refused_before_the_receiver_does() -> None:
    event = json.loads(lines()[0])
    other = {**event, "data": {**event["data"], "reason_code": "else"}}
    assert faults(json.dumps(event), json.dumps(event), json.dumps(other)) == [(3, "id")]


def test_at_most_twenty_faults_are_printed_and_the_rest_is_counted() -> None:
    with pytest.raises(BadInput) as caught:
        read_events(["{"] * 33)
    printed = report(caught.value.problems)
    assert len(printed) == 21 and printed[-1] == "... and 13 more" and printed[0].startswith("line 1: not JSON")


def test_batches_keep_the_order_and_both_limits() -> None:
    events = read_events(lines(7))
    assert [one.id for batch in batches(events, size=3) for one in batch] == [one.id for one in events]
    assert [len(batch) for batch in batches(events, size=3)] == [3, 3, 1]
    assert [len(batch) for batch in batches(events, limit=1)] == [1] * 7
    assert list(batches([])) == []


Handler = Callable[[httpx.Request], httpx.Response]


def receiver(handler: Handler) -> httpx.AsyncClient:
    """Return a client whose other end answers what the test needs, as the real API would."""
    return httpx.AsyncClient(transport=httpx.MockTransport(handler), base_url="http://127.0.0.1:1/")


def accept(request: httpx.Request) -> httpx.Response:
    events = json.loads(request.content)["events"]
    return httpx.Response(202, json={"results": [{"id": one["id"], "status": "accepted"} for one in events]})


@pytest.mark.asyncio
async def test_all_events_arrive_in_batches_and_are_counted() -> None:
    seen: list[int] = []
    keys: set[str] = set()

    def handler(request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/api/v1/gaps"
        assert all(Envelope.model_validate(one) for one in json.loads(request.content)["events"])
        keys.add(request.headers["Idempotency-Key"])
        return accept(request)

    async with receiver(handler) as client:
        sent = await send_to_api(read_events(lines(230)), client, seen.append)
    assert (sent.total, dict(sent.by_status), seen) == (230, {"accepted": 230}, [100, 100, 30])
    assert len(keys) == 3


@pytest.mark.asyncio
async def test_what_the_receiver_rejects_is_named_with_its_reason() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        first, *others = json.loads(accept(request).content)["results"]
        return httpx.Response(200, json={"results": [{**first, "status": "rejected", "error": "sent before"}, *others]})

    async with receiver(handler) as client:
        events = read_events(lines(3))
        sent = await send_to_api(events, client, lambda _: None)
    assert dict(sent.by_status) == {"rejected": 1, "accepted": 2}
    assert sent.rejected == [(events[0].id, "sent before")]


@pytest.mark.asyncio
async def test_a_receiver_that_is_starting_is_asked_again_with_the_same_key() -> None:
    keys: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers["Idempotency-Key"])
        if len(keys) == 1:
            raise httpx.ConnectError("not yet")
        return httpx.Response(503, headers={"Retry-After": "0"}) if len(keys) == 2 else accept(request)

    async with receiver(handler) as client:
        sent = await send_to_api(read_events(lines()), client, lambda _: None)
    assert sent.total == 1 and len(keys) == 3 and len(set(keys)) == 1


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (httpx.Response(401, json={"title": "Not signed in", "detail": "no token"}), "401: Not signed in: no token"),
        (httpx.Response(413, text="too large"), "answered 413$"),
    ],
)
async def test_a_refusal_is_said_in_the_words_of_the_api(answer: httpx.Response, words: str) -> None:
    async with receiver(lambda _: answer) as client:
        with pytest.raises(SendFailed, match=words):
            await send_to_api(read_events(lines()), client, lambda _: None)


def test_nothing_is_drawn_outside_a_terminal() -> None:
    out = io.StringIO()
    bar, advance = progress_bar(Console(file=out, force_terminal=False), "Sending", 3)
    with bar:
        advance(3)
    assert out.getvalue() == ""
