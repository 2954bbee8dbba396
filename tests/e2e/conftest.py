"""The installations that the same suite runs against: the embedded broker and Apache Kafka on this machine.

With CDI_QUERY_E2E_URL, CDI_QUERY_E2E_KAFKA, CDI_QUERY_E2E_ADMIN_TOKEN and CDI_QUERY_E2E_MAILS (the address of a
Mailpit) it runs against an installation that is there already, such as the one of docker-compose.yml.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from cli.embedded import BrokerName, Embedded
from tests.e2e.house import House

EXTERNAL = os.environ.get("CDI_QUERY_E2E_URL")
SHAPES = (
    [pytest.param("external", marks=pytest.mark.containers)]
    if EXTERNAL
    else [pytest.param("embedded", marks=pytest.mark.embedded), pytest.param("kafka", marks=pytest.mark.kafka)]
)


@pytest_asyncio.fixture(scope="session", loop_scope="session", params=SHAPES)
async def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """An installation with people in it, shared by all tests: each uses encounters of its own."""
    shape = request.param
    if shape == "external":
        async for made in _external():
            yield made
        return
    if shape == "kafka" and not (shutil.which("java") and shutil.which("mvn")):
        pytest.skip("Apache Kafka needs java and mvn")
    async for made in _embedded(shape, Path("/tmp") / f"cdi-e2e-{os.getpid()}-{shape}"):
        yield made


async def _embedded(shape: BrokerName, folder: Path) -> AsyncIterator[House]:
    embedded = Embedded(folder, broker=shape, postgres_settings={"fsync": "off"})
    note = await embedded.start()

    async def mails() -> list[dict[str, str]]:
        sink = embedded.mail_sink
        assert sink is not None
        found = await asyncio.to_thread(sink.mails, 500)
        return [{"to": mail.recipient, "subject": mail.subject, "body": mail.body} for mail in found]

    made = House(note.url, note.kafka, note.operator_token, mails)
    try:
        await made.open()
        yield made
        await made.close()
    finally:
        await embedded.stop()
        shutil.rmtree(folder, ignore_errors=True)


async def _external() -> AsyncIterator[House]:
    mailpit = os.environ["CDI_QUERY_E2E_MAILS"]

    async def mails() -> list[dict[str, str]]:
        async with httpx.AsyncClient(base_url=mailpit) as client:
            listed = (await client.get("/api/v1/messages")).json()["messages"]
            found = [(await client.get(f"/api/v1/message/{item['ID']}")).json() for item in listed]
        return [{"to": mail["To"][0]["Address"], "subject": mail["Subject"], "body": mail["Text"]} for mail in found]

    made = House(str(EXTERNAL), os.environ["CDI_QUERY_E2E_KAFKA"], os.environ["CDI_QUERY_E2E_ADMIN_TOKEN"], mails)
    await made.open()
    yield made
    await made.close()
