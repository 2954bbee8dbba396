"""Plays the demo: sends its events and performs its steps through the API, as its people would."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import httpx
from rich.console import Console

from cli.demo import demo_scenario, model
from cli.embedded import Embedded
from cli.instance import Note
from cli.intake.sending import progress_bar
from schemas.check import QueryDocument
from schemas.events import Envelope
from services.tracker import ids
from services.tracker.store import SYSTEM_SCOPE

PATIENCE = 60.0
AT_ONCE = 12
_UNDECIDED = ("accepted", "requested")


class DemoFailed(Exception):
    """A step of the demo was refused. Names the chart's story and the answer's title."""


@dataclass
class Player:
    """Performs steps as users, each with a token of their own."""

    client: httpx.AsyncClient
    tokens: dict[str, str]
    gaps: dict[str, model.DemoGap] = field(default_factory=dict)
    raised: set[str] = field(default_factory=set)

    async def chart(self, chart: model.DemoChart) -> None:
        """Perform all steps of one chart, in their order."""
        for step in chart.steps:
            try:
                await PLAYS[type(step)](self, chart, step)
            except httpx.HTTPStatusError as error:
                body = error.response.json()
                raise DemoFailed(f"{chart.number}, {type(step).__name__}: {body['title']}: {body['detail']}") from None

    async def call(self, user: str, method: str, path: str, body: Any = None) -> Any:
        """Call the API as a user. Raises `HTTPStatusError` for refusals."""
        headers = {"Authorization": f"Bearer {self.tokens[user]}"}
        response = await self.client.request(method, path, json=body, headers=headers)
        response.raise_for_status()
        return response.json()

    def uid(self, gap_id: str) -> UUID:
        """Return the id of a gap of the demo."""
        return ids.gap_uid(self.gaps[gap_id].source, gap_id)

    async def settled(self, gap_id: str) -> dict[str, Any]:
        """Return the gap once the query builder has answered."""
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while True:
            gap: dict[str, Any] = await self.call("coder1", "GET", f"/api/v1/gaps/{self.uid(gap_id)}")
            if gap["state"] not in _UNDECIDED:
                return gap
            if asyncio.get_running_loop().time() > deadline:
                raise DemoFailed(f"no answer of the query builder for gap {gap_id}")
            await asyncio.sleep(0.1)

    async def on_query(self, gap_id: str, user: str, step: str, body: Any = None) -> Any:
        """Perform a step on the gap's query, as a user."""
        gap = await self.settled(gap_id)
        return await self.call(user, "POST", f"/api/v1/queries/{gap['query_id']}/{step}", body or {})


async def _encounter(player: Player, _: model.DemoChart, step: model.Encounter) -> None:
    await player.call("adt", "POST", "/api/v1/encounters", _plain(step.event))


async def _documentation(player: Player, _: model.DemoChart, step: model.Documentation) -> None:
    event = _plain(step.event)
    if step.documents:
        event["data"]["query_id"] = (await player.settled(step.documents))["query_id"]
    await player.call("adt", "POST", "/api/v1/encounters", event)


async def _raise(player: Player, _: model.DemoChart, step: model.Raise) -> None:
    await player.call(step.by or "encoder", "POST", "/api/v1/gaps", _plain(step.event))
    player.raised.add(step.gap_id)
    await player.settled(step.gap_id)


def _plain(event: Envelope) -> dict[str, Any]:
    plain: dict[str, Any] = event.model_dump(mode="json", exclude_none=True)
    # `null` in the data means something (a cancelled discharge), so the data goes as it was set.
    return {**plain, "data": event.data}


async def _open(player: Player, _: model.DemoChart, step: model.Open) -> None:
    await player.on_query(step.gap_id, step.by, "open")


async def _answer(player: Player, _: model.DemoChart, step: model.Answer) -> None:
    gap = await player.settled(step.gap_id)
    query = await player.call(step.by, "GET", f"/api/v1/queries/{gap['query_id']}")
    answer = step.answer.to(QueryDocument.model_validate(query["document"]))
    body = {"answer": answer.model_dump(mode="json"), "amends": query["response_id"] if step.amends else None}
    number = len(query["responses"])
    body["response_id"] = str(uuid5(UUID(gap["query_id"]), f"demo {number}"))
    await player.on_query(step.gap_id, step.by, "response", body)


async def _defer(player: Player, _: model.DemoChart, step: model.Defer) -> None:
    until = datetime.now(UTC) + timedelta(hours=step.hours)
    await player.on_query(step.gap_id, step.by, "defer", {"until": until.isoformat()})


async def _redirect(player: Player, _: model.DemoChart, step: model.Redirect) -> None:
    await player.on_query(step.gap_id, step.by, "redirect", {"provider_id": step.to, "reason": step.reason})
    await player.settled(step.gap_id)


async def _cosign(player: Player, _: model.DemoChart, step: model.Cosign) -> None:
    await player.on_query(step.gap_id, step.by, "cosign")


async def _review(player: Player, _: model.DemoChart, step: model.Review) -> None:
    await player.on_query(step.gap_id, step.by, "review")


async def _outcome(player: Player, _: model.DemoChart, step: model.SetOutcome) -> None:
    await player.on_query(step.gap_id, step.by, "outcome", {"outcome": step.outcome, "reason": step.reason})


async def _withdraw(player: Player, _: model.DemoChart, step: model.Withdraw) -> None:
    await player.on_query(step.gap_id, step.by, "withdraw", {"reason": step.reason})


async def _approve(player: Player, _: model.DemoChart, step: model.Approve) -> None:
    gap = await player.settled(step.gap_id)
    query = await player.call(step.by, "GET", f"/api/v1/queries/{gap['query_id']}")
    await player.on_query(
        step.gap_id, step.by, "approve", {"content_hash": query["content_hash"], "reason": step.reason}
    )
    await player.settled(step.gap_id)


async def _revise(player: Player, _: model.DemoChart, step: model.Revise) -> None:
    gap = await player.settled(step.gap_id)
    query = await player.call(step.by, "GET", f"/api/v1/queries/{gap['query_id']}")
    document = {**query["document"], "question": step.question}
    await player.on_query(step.gap_id, step.by, "revise", {"document": document})
    await player.settled(step.gap_id)


async def _reject(player: Player, _: model.DemoChart, step: model.Reject) -> None:
    await player.on_query(step.gap_id, step.by, "reject", {"reason": step.reason})


async def _finalize(player: Player, chart: model.DemoChart, step: model.Finalize) -> None:
    for gap in chart.gaps:
        if gap.gap_id in player.raised:
            await player.settled(gap.gap_id)
    found = await player.call(step.by, "GET", f"/api/v1/charts?encounter_number={chart.number}")
    route = "finalize-unanswered" if step.unanswered_reason else "finalize"
    path = f"/api/v1/charts/{found['items'][0]['chart_id']}/{route}"
    await player.call(step.by, "POST", path, {"reason": step.unanswered_reason})


PLAYS: dict[type, Callable[[Player, model.DemoChart, Any], Awaitable[None]]] = {
    model.Encounter: _encounter,
    model.Documentation: _documentation,
    model.Raise: _raise,
    model.Open: _open,
    model.Answer: _answer,
    model.Defer: _defer,
    model.Redirect: _redirect,
    model.Cosign: _cosign,
    model.Review: _review,
    model.SetOutcome: _outcome,
    model.Withdraw: _withdraw,
    model.Approve: _approve,
    model.Revise: _revise,
    model.Reject: _reject,
    model.Finalize: _finalize,
}


@dataclass(frozen=True, slots=True)
class Demo:
    """The demo of one folder: who can sign in, and what remains to be played (None: it was loaded before)."""

    people: tuple[model.DemoUser, ...]
    scenario: model.DemoScenario
    player: Player | None = None


async def prepare_demo(embedded: Embedded, note: Note, password: str) -> Demo:
    """Put the demo's people in place, unless the folder has its demo already."""
    scenario = demo_scenario(datetime.now(UTC).replace(microsecond=0))
    people = tuple(user for user in scenario.users if user.role != "service")
    if _mark(embedded).exists():
        return Demo(people, scenario)
    client = httpx.AsyncClient(base_url=note.url, timeout=30)
    return Demo(people, scenario, Player(client, await _people(client, note, scenario, password)))


async def play_demo(embedded: Embedded, demo: Demo, console: Console) -> None:
    """Perform the demo's steps, then take its tokens back: people sign in with the password."""
    player = demo.player
    if player is None:
        return
    try:
        await _play_all(player, demo.scenario, console)
    finally:
        await player.client.aclose()
    _mark(embedded).touch()
    if embedded.tracker is not None:
        async with embedded.tracker.office.database.transaction(SYSTEM_SCOPE) as conn:
            await conn.execute("UPDATE tokens SET revoked_at = now() WHERE user_id = ANY (%s)", (list(player.tokens),))


def _mark(embedded: Embedded) -> Path:
    return embedded.instance.folder / "demo-loaded"


async def _play_all(player: Player, scenario: model.DemoScenario, console: Console) -> None:
    player.gaps = {gap.gap_id: gap for gap in scenario.gaps}
    room = asyncio.Semaphore(AT_ONCE)
    bar, advance = progress_bar(console, "loading demo charts", len(scenario.charts))

    async def play(chart: model.DemoChart) -> None:
        async with room:
            try:
                await player.chart(chart)
            except DemoFailed as error:
                console.print(f"demo: {error}")
        advance(1)

    with bar:
        await asyncio.gather(*(play(chart) for chart in scenario.charts))


async def _people(client: httpx.AsyncClient, note: Note, scenario: model.DemoScenario, password: str) -> dict[str, str]:
    """Put providers, users and sources in place, and return a token for each user."""
    admin = Player(client, {"admin": note.operator_token, "compliance": note.compliance_token})
    providers = [provider.model_dump(mode="json") for provider in scenario.providers]
    await admin.call("admin", "POST", "/api/v1/providers", providers)
    known = {provider.id for provider in scenario.providers}
    users = [
        {
            "id": user.id,
            "name": user.name,
            "email": user.email,
            "roles": [user.role],
            "provider_id": user.id if user.id in known else None,
            "password": password if user.role != "service" else None,
            "sensitive": getattr(user, "sensitive", False),
        }
        for user in scenario.users
    ]
    await admin.call("admin", "POST", "/api/v1/users", users)
    for source in scenario.sources:
        body = {"source": source.name, "kind": source.kind, "automatic": source.automatic}
        await admin.call("compliance", "POST", "/api/v1/sources", body)
    tokens = {}
    for user in scenario.users:
        made = await admin.call("admin", "POST", "/api/v1/tokens", {"user_id": user.id, "role": user.role})
        tokens[user.id] = made["token"]
    return tokens
