"""A whole installation behind a real port, with the demo's people, and quick ways to put gaps and queries into it."""

from __future__ import annotations

import asyncio
import shutil
import threading
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import httpx
from rich.console import Console

from cli.demo.player import play_demo, prepare_demo
from cli.embedded import Embedded
from services.tracker import metrics_store
from tests.e2e.house import creatinine_gap, encounter_number

PASSWORD = "an invented password"
PATIENCE = 90.0
PEOPLE = {
    "provider": "exampleton",
    "resident": "probando",
    "coder": "coder1",
    "cdi_specialist": "cdi1",
    "physician_advisor": "advisor",
    "compliance": "compliance",
    "admin": "admin",
}
"""One person of the demo for each role; cli/demo/cast.yaml has more of them."""
Made = TypeVar("Made")


class House:
    """The embedded shape in a thread of its own, so that tests can be plain functions.

    `url` is where it answers. Users are named by their ids; `PEOPLE` gives one for each role.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="house", daemon=True)
        self._embedded = Embedded(folder, postgres_settings={"fsync": "off"})
        self._sessions: dict[str, dict[str, str]] = {}
        self.url = ""
        self.tokens: dict[str, str] = {}

    def start(self, *, with_charts: bool = False) -> None:
        """Start everything, and let the demo's people move in; `with_charts` with its charts, and without tokens."""
        self._thread.start()
        note = self.run(self._embedded.start())
        self.url = note.url
        demo = self.run(prepare_demo(self._embedded, note, PASSWORD))
        assert demo.player is not None
        self.tokens = demo.player.tokens
        if with_charts:
            self.run(play_demo(self._embedded, demo, Console(quiet=True)), patience=600)
        self.run(demo.player.client.aclose())
        self._client = httpx.Client(base_url=note.url, timeout=30)

    def stop(self) -> None:
        """Stop everything and remove its data."""
        self._client.close()
        self.run(self._embedded.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def run(self, work: Coroutine[Any, Any, Made], patience: float = 120) -> Made:
        """Run something in the house's own event loop and return its result."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=patience)

    def sql(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        """Run a statement as the system, past row-level security. For what no page and no API can bring about."""

        async def work() -> list[dict[str, Any]]:
            assert self._embedded.tracker is not None
            async with self._embedded.tracker.office.database.transaction({"app.system": "on"}) as conn:
                cursor = await conn.execute(statement.encode(), values or None)
                return await cursor.fetchall() if cursor.description else []

        return self.run(work())

    def count_metrics(self) -> None:
        """Bring the dashboard's counts up to date now."""

        async def work() -> None:
            assert self._embedded.tracker is not None
            office = self._embedded.tracker.office
            more = True
            while more:
                async with office.database.transaction({"app.system": "on"}) as conn:
                    more = await metrics_store.refresh(conn, office.policy.zone, office.clock())

        self.run(work())

    def call(self, user: str, method: str, path: str, body: Any = None) -> Any:
        """Call the API as a user; the answer must be a success."""
        headers = {"Authorization": f"Bearer {self.tokens[user]}"}
        response = self._client.request(method, path, json=body, headers=headers)
        assert response.is_success, f"{method} {path}: {response.status_code} {response.text}"
        return response.json()

    def raise_gap(self, *, to: str = PEOPLE["provider"], by: str = PEOPLE["coder"], **changes: Any) -> str:
        """Raise a gap that the shipped library composes (a creatinine rise), and return its uid.

        `changes` are fields of the gap; `number` is the encounter's, else a new one.
        """
        number = changes.pop("number", None) or encounter_number()
        gap = creatinine_gap(number, addressee={"provider_id": to}, **changes)
        taken = self.call(by, "POST", "/api/v1/gaps", gap)["results"][0]
        assert taken["status"] != "rejected", taken
        return str(taken["gap_uid"])

    def query_of(self, gap_uid: str) -> dict[str, Any]:
        """Return the query of a gap as a CDI specialist sees it, once the builder has answered."""
        deadline = time.monotonic() + PATIENCE
        while True:
            gap = self.call(PEOPLE["coder"], "GET", f"/api/v1/gaps/{gap_uid}")
            if gap["state"] not in ("accepted", "requested"):
                break
            assert time.monotonic() < deadline, f"no result for gap {gap_uid}"
            time.sleep(0.05)
        query: dict[str, Any] = self.call(PEOPLE["cdi_specialist"], "GET", f"/api/v1/queries/{gap['query_id']}")
        return query

    def issued(self, **wanted: Any) -> dict[str, Any]:
        """Raise a gap and return its query, which waits for its provider. Takes what `raise_gap` takes."""
        query = self.query_of(self.raise_gap(**wanted))
        assert query["state"] in ("issued", "delivered"), query["state"]
        return query

    def held(self, **wanted: Any) -> dict[str, Any]:
        """Raise a gap for which no template fits, and return its query, which is held for a person."""
        changes = {"category": "acuity", "concepts": [{"term": "Pericarditis"}], "reason_code": "held_by_test"}
        query = self.query_of(self.raise_gap(**{**changes, **wanted}))
        assert query["state"] == "held", query["state"]
        return query

    def session(self, user: str, *, fresh: bool = False) -> dict[str, str]:
        """Return the cookies of somebody who is signed in. `fresh`: of a session that no other test uses."""
        if fresh:
            return self._sign_in(user)
        if user not in self._sessions:
            self._sessions[user] = self._sign_in(user)
        return self._sessions[user]

    def _sign_in(self, user: str) -> dict[str, str]:
        with httpx.Client(base_url=self.url) as client:
            form = client.get("/sign-in").text
            token = form.split('name="csrf" value="')[1].split('"')[0]
            response = client.post("/sign-in", data={"csrf": token, "user": user, "password": PASSWORD, "next": "/"})
            assert response.status_code == 303, response.text
            return dict(client.cookies)
