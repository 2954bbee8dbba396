"""`cdi-query gaps send` without the command line: validated events go to the API (`to_broker.py`: to a broker)."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from schemas.base import digest
from schemas.events import Envelope, write

BATCH = 100
"""The API takes at most so many events in one request."""

BATCH_BYTES = 4 * 1024 * 1024
ATTEMPTS = 5
OnProgress = Callable[[int], None]


class SendFailed(Exception):
    """The receiver refused or did not answer. The message is fit to be shown; what went before it was accepted."""


@dataclass(slots=True)
class Sent:
    """How many events were sent, what the receiver said of each (`accepted`, `duplicate_delivery`, ...), and which it
    rejected: event id and reason."""

    total: int = 0
    by_status: Counter[str] = field(default_factory=Counter)
    rejected: list[tuple[str, str]] = field(default_factory=list)

    def add(self, results: Sequence[Mapping[str, object]]) -> None:
        """Count one batch of results (`id`, `status`, and an `error` where an event was rejected)."""
        self.total += len(results)
        self.by_status.update(str(result["status"]) for result in results)
        self.rejected += [(str(one.get("id", "")), str(one["error"])) for one in results if one.get("error")]


def batches(events: Sequence[Envelope], size: int = BATCH, limit: int = BATCH_BYTES) -> Iterator[list[Envelope]]:
    """Yield the events in order, at most `size` and about `limit` bytes at a time."""
    batch: list[Envelope] = []
    room = limit
    for event in events:
        weight = len(write(event))
        if batch and (len(batch) == size or weight > room):
            yield batch
            batch, room = [], limit
        batch.append(event)
        room -= weight
    if batch:
        yield batch


async def send_to_api(events: Sequence[Envelope], client: httpx.AsyncClient, on_progress: OnProgress) -> Sent:
    """Post events to `api/v1/gaps` through a client that knows base address and bearer token.

    Each batch carries an idempotency key that follows from its content: a repeated request has one effect.

    Raises:
        SendFailed: the API refused a batch, or could not be reached after several attempts.
    """
    sent = Sent()
    for batch in batches(events):
        sent.add(await _post(batch, client))
        on_progress(len(batch))
    return sent


async def _post(batch: Sequence[Envelope], client: httpx.AsyncClient) -> list[Mapping[str, object]]:
    payload = [event.model_dump(mode="json", exclude_none=True) for event in batch]
    headers = {"Idempotency-Key": digest(payload)}
    for attempt in range(ATTEMPTS):
        answer = await _try(client, {"events": payload}, headers)
        if answer is not None and not _is_passing(answer.status_code):
            return _results(answer)
        if attempt < ATTEMPTS - 1:
            await asyncio.sleep(_wait(answer, attempt))
    raise SendFailed(f"{client.base_url} does not answer; is `cdi-query up` running?")


async def _try(client: httpx.AsyncClient, body: object, headers: dict[str, str]) -> httpx.Response | None:
    try:
        return await client.post("api/v1/gaps", json=body, headers=headers)
    except httpx.TransportError:
        return None


def _is_passing(status: int) -> bool:
    """Tell whether an answer says "later": too many requests, or the service is starting or stopping."""
    return status in (429, 502, 503, 504)


def _wait(answer: httpx.Response | None, attempt: int) -> float:
    asked = answer.headers.get("retry-after", "") if answer is not None else ""
    return min(float(asked), 30.0) if asked.isdigit() else 0.2 * 2**attempt


def _results(answer: httpx.Response) -> list[Mapping[str, object]]:
    if answer.status_code not in (200, 201, 202):
        raise SendFailed(_reason(answer))
    results: list[Mapping[str, object]] = answer.json()["results"]
    return results


def _reason(answer: httpx.Response) -> str:
    """Return title and detail of a problem document, or the status alone where the answer is none."""
    try:
        body = answer.json()
    except ValueError:
        body = {}
    words = [str(body[name]) for name in ("title", "detail") if isinstance(body, dict) and body.get(name)]
    return f"the API answered {answer.status_code}" + (f": {': '.join(words)}" if words else "")


def progress_bar(console: Console, words: str, total: int) -> tuple[Progress, OnProgress]:
    """Return a progress bar (to be entered) and the function that moves it; nothing is drawn outside a terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    bar = Progress(*columns, console=console, disable=not console.is_terminal, transient=True)
    task = bar.add_task(words, total=total)
    return bar, lambda done: bar.advance(task, done)
