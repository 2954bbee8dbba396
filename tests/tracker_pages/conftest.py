"""The house that page tests work in."""

from __future__ import annotations

import pytest_asyncio

from services.foundation.database import Database
from tests.tracker_pages.house import House


@pytest_asyncio.fixture
async def house(tracker_database: Database) -> House:
    """A tracker with pages and people, without charts."""
    made = House(tracker_database)
    await made.people()
    return made
