"""The house that people sign in to, with and without a provider that answers."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import pytest_asyncio

from services.foundation.database import Database
from tests.sign_on import keycloak as servers
from tests.sign_on.keycloak import Keycloak
from tests.tracker_pages.house import House


@pytest.fixture(scope="session")
def keycloak(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keycloak]:
    """A Keycloak that lives as long as the session, with its realm. CDI_QUERY_KEYCLOAK names one that runs already."""
    if address := os.environ.get("CDI_QUERY_KEYCLOAK"):
        yield Keycloak(address)
        return
    if lacking := servers.missing():
        if os.environ.get("CDI_QUERY_REQUIRE_BROKERS"):
            pytest.fail(f"no Keycloak: {lacking}")
        pytest.skip(f"no Keycloak: {lacking}")
    with servers.running(tmp_path_factory.mktemp("keycloak") / "log") as made:
        yield made


@pytest_asyncio.fixture
async def house(tracker_database: Database) -> House:
    """A tracker with people, without charts."""
    made = House(tracker_database)
    await made.people()
    return made
