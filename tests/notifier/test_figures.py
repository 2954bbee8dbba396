"""The notifier tells Prometheus what waits to be sent and what failed."""

from __future__ import annotations

import pytest

from services.foundation.database import Database
from services.foundation.metrics import REGISTRY
from services.notifier import figures
from tests.notifier.conftest import Bench
from tests.notifier.support import changed

pytestmark = [pytest.mark.database, pytest.mark.asyncio]


async def test_an_empty_database_has_nothing_waiting_and_says_so(notifier_database: Database) -> None:
    await figures.source(notifier_database).refresh()
    samples = [REGISTRY.get_sample_value("cdi_query_messages", {"state": one}) for one in ("waiting", "failed")]
    assert samples == [0, 0]
    assert REGISTRY.get_sample_value("cdi_query_messages_oldest_seconds") == 0
    assert REGISTRY.get_sample_value("cdi_query_figures_available", {"service": "notifier"}) == 1


async def test_what_waits_to_be_sent_shows_until_it_is_sent(bench: Bench) -> None:
    await bench.hear(changed())
    await bench.fire()
    await bench.run("UPDATE deliveries SET next_attempt_at = now() - interval '90 seconds'")
    await figures.source(bench.database).refresh()
    assert REGISTRY.get_sample_value("cdi_query_messages", {"state": "waiting"}) == 1
    assert (REGISTRY.get_sample_value("cdi_query_messages_oldest_seconds") or 0) >= 90
    await bench.send()
    await figures.source(bench.database).refresh()
    assert REGISTRY.get_sample_value("cdi_query_messages", {"state": "waiting"}) == 0
