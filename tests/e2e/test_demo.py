"""The demo, played through the API on the embedded shape: every state of the lifecycle is among its charts."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from rich.console import Console

from cli.demo.player import play_demo, prepare_demo
from cli.embedded import Embedded
from services.tracker.status import TemplateCount, read_status
from services.tracker.store import SYSTEM_SCOPE

pytestmark = [pytest.mark.asyncio, pytest.mark.embedded, pytest.mark.timeout(300)]


async def test_the_demo_shows_every_state_that_a_chart_a_gap_and_a_query_can_rest_in() -> None:
    folder = Path("/tmp") / f"cdi-demo-{os.getpid()}"
    embedded = Embedded(folder, postgres_settings={"fsync": "off"})
    console = Console(record=True, quiet=True)
    try:
        note = await embedded.start()
        demo = await prepare_demo(embedded, note, "invented-password-1")
        assert demo.player is not None
        assert all(user.role != "service" for user in demo.people)
        await play_demo(embedded, demo, console)
        assert console.export_text() == "", "no step of the demo was refused"
        assert embedded.tracker is not None
        async with embedded.tracker.office.database.transaction(SYSTEM_SCOPE) as conn:
            status = await read_status(conn, TemplateCount())
        again = await prepare_demo(embedded, note, "invented-password-1")
    finally:
        await embedded.stop()
        shutil.rmtree(folder, ignore_errors=True)
    assert again.player is None, "a second start finds its demo"
    assert sum(status.charts.values()) >= 40
    assert set(status.charts) == {"clear", "holding", "ready", "finalized", "merged"}
    assert set(status.gaps_by_state) >= {"queried", "held", "resolved", "withdrawn", "dismissed", "duplicate"}
    wanted = {"held", "delivered", "opened", "answered", "awaiting_cosign", "under_review", "closed", "withdrawn",
              "superseded", "auto_resolved"}  # fmt: skip
    assert set(status.queries_by_state) >= wanted
    assert status.unaccounted == 0
    assert status.dead_letters == 0
