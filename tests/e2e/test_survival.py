"""The embedded shape survives kill -9 at any moment: what was accepted is there, each effect once, no process left."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from cli.embedded import Embedded
from cli.instance import Note, running
from tests.e2e.house import House, choose, creatinine_gap, encounter_number, eventually

pytestmark = [pytest.mark.asyncio, pytest.mark.processes, pytest.mark.timeout(540)]
ROUNDS = int(os.environ.get("CDI_QUERY_KILLS", "4"))


class Instance:
    """`cdi-query up` as a process of its own, on a data folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Note:
        """Start it and wait until it is ready."""
        with (self.folder.parent / "up.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", "from cli.main import main; main()", "up", "--empty", "--port", "0"],
                env={**os.environ, "CDI_QUERY_DATA": str(self.folder)},
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            assert self.process.poll() is None, (self.folder.parent / "up.log").read_text()
            note = running(self.folder)
            if note is not None and _is_ready(note):
                return note
            time.sleep(0.1)
        raise AssertionError("not ready in time: " + (self.folder.parent / "up.log").read_text())

    def kill(self) -> None:
        """Kill it without warning."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def interrupt(self) -> int:
        """Press Ctrl-C and return the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=60)

    def left_over(self) -> list[str]:
        """Return the command lines of processes that still use the folder."""
        return [
            " ".join(process.info["cmdline"] or [])
            for process in psutil.process_iter(["cmdline"])
            if str(self.folder) in " ".join(process.info["cmdline"] or [])
        ]


def _is_ready(note: Note) -> bool:
    try:
        return httpx.get(f"{note.url}/health/ready", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


@pytest.fixture
def instance() -> Iterator[Instance]:
    # Not pytest's folder: PostgreSQL runs as another user when we are root, and must be able to walk to its data.
    base = Path(tempfile.mkdtemp(prefix="cdi-kill-"))
    made = Instance(base / "data")
    made.folder.mkdir()
    yield made
    if made.process is not None and made.process.poll() is None:
        made.interrupt()
    shutil.rmtree(base, ignore_errors=True)


async def _no_mails() -> list[dict[str, str]]:
    return []


async def _house(note: Note, known: dict[str, str]) -> House:
    house = House(note.url, note.kafka, note.operator_token, _no_mails)
    if known:
        house.tokens = known
        house.client = httpx.AsyncClient(base_url=note.url, timeout=30)
    else:
        await house.open()
    return house


async def _work_until_killed(house: House, accepted: list[str], answered: list[str]) -> None:
    """Raise gaps and answer queries, and note what was acknowledged, until the connection breaks."""
    while True:
        taken = await house.call("coder", "POST", "/api/v1/gaps", creatinine_gap(encounter_number()))
        accepted.append(taken["results"][0]["gap_uid"])
        page = await house.call("dr-attend", "GET", "/api/v1/queries?state=issued&state=delivered&limit=1")
        for query in page["items"]:
            path = f"/api/v1/queries/{query['query_id']}/response"
            answer = await house.call("dr-attend", "POST", path, {"answer": choose(query["document"])})
            if answer["status"] == "accepted":
                answered.append(query["query_id"])


async def test_no_accepted_gap_and_no_accepted_answer_is_lost_by_kill_9(instance: Instance) -> None:
    accepted: list[str] = []
    answered: list[str] = []
    tokens: dict[str, str] = {}
    chance = random.Random(os.environ.get("CDI_QUERY_SEED", "7"))
    for _ in range(ROUNDS):
        house = await _house(instance.start(), tokens)
        tokens = house.tokens
        work = asyncio.create_task(_work_until_killed(house, accepted, answered))
        await asyncio.sleep(chance.uniform(0.3, 4.0))
        instance.kill()
        with pytest.raises((httpx.HTTPError, AssertionError)):
            await work
        await house.close()
    house = await _house(instance.start(), tokens)
    await _check_everything(house, accepted, answered)
    await house.close()
    assert instance.interrupt() == 0
    assert instance.left_over() == []


async def _check_everything(house: House, accepted: list[str], answered: list[str]) -> None:
    assert len(accepted) > ROUNDS
    assert answered

    async def quiet() -> bool:
        status = await house.call("admin", "GET", "/api/v1/status")
        return status["unaccounted"] == 0 and status["outbox"]["waiting"] == 0 and not status["dead_letters"]

    await eventually(quiet, "all is quiet after the last start", patience=120)
    for uid in accepted:
        gap = await house.settled(uid)
        assert gap["state"] == "queried", gap["state"]
    for query_id in answered:
        query = await house.call("cdi", "GET", f"/api/v1/queries/{query_id}")
        assert query["state"] == "answered"
        assert len(query["responses"]) == 1
        timeline = await house.call("cdi", "GET", f"/api/v1/queries/{query_id}/timeline")
        steps = [entry["transition"] for entry in timeline]
        assert steps.count("issued") == 1
        assert steps.count("answered") == 1

    async def notified() -> bool:
        page = await house.call("cdi", "GET", "/api/v1/queries?state=issued&limit=200")
        return not page["items"]

    await eventually(notified, "every query that is still open was announced to its provider", patience=120)
    status = await house.call("admin", "GET", "/api/v1/status")
    assert status["alarms"] == []


async def test_a_second_start_on_one_folder_says_so_and_leaves_the_first_alone(instance: Instance) -> None:
    note = instance.start()
    second = subprocess.run(
        [sys.executable, "-c", "from cli.main import main; main()", "up", "--empty", "--port", "0"],
        env={**os.environ, "CDI_QUERY_DATA": str(instance.folder)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert second.returncode == 3
    assert "in use by process" in second.stderr.replace("\n", " ")
    assert _is_ready(note)
    assert instance.interrupt() == 0
    assert instance.left_over() == []


async def test_a_start_that_is_given_up_leaves_no_process(instance: Instance) -> None:
    begun = asyncio.Event()
    embedded = Embedded(instance.folder, say=lambda _: begun.set(), postgres_settings={"fsync": "off"})
    starting = asyncio.create_task(embedded.start())
    await begun.wait()
    starting.cancel()
    await asyncio.wait([starting])
    assert starting.cancelled()
    assert instance.left_over() == []
