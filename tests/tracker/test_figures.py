"""The tracker tells Prometheus where gaps, queries and charts stand, and no word of any chart."""

from __future__ import annotations

import httpx
import pytest

from services.foundation.metrics import REGISTRY, MetricsApp
from services.tracker import figures
from tests.tracker.conftest import Floor, rise
from tests.tracker.support import SECRETS

pytestmark = [pytest.mark.database, pytest.mark.asyncio]


async def told(floor: Floor) -> str:
    app = MetricsApp([figures.source(floor.office)], None, seconds=0)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://figures") as client:
        return (await client.get("/metrics")).text


def value(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


async def test_figures_follow_a_gap_until_its_query_is_issued(floor: Floor) -> None:
    await floor.take(rise())
    await told(floor)
    assert value("cdi_query_gaps", state="requested") == 1
    assert value("cdi_query_waiting", what="unaccounted") == 1
    assert value("cdi_query_charts", status="holding") == 1
    assert (value("cdi_query_outbox_waiting", service="tracker") or 0) > 0
    await floor.issue(rise("g2", "E2", raised_by="c-17"))
    await told(floor)
    assert value("cdi_query_gaps", state="requested") == 0
    assert value("cdi_query_queries", state="issued") == 1
    assert value("cdi_query_waiting", what="unaccounted") == 0
    assert value("cdi_query_figures_available", service="tracker") == 1


async def test_no_figure_has_a_word_of_a_chart_a_person_or_a_template(floor: Floor) -> None:
    (query_id,) = await floor.issue(rise(raised_by="c-17"))
    chart = (await floor.rows("SELECT chart_id FROM queries"))[0]["chart_id"]
    text = await told(floor)
    assert 'cdi_query_queries{state="issued"} 1.0' in text
    words = (*SECRETS, str(query_id), chart, "dr-ferro", "coder-ada", "c-17", "creatinine", "kidney", "harbor", 'E1"')
    assert not [word for word in words if word.casefold() in text.casefold()]


async def test_without_the_database_the_figures_of_before_are_not_told_again(floor: Floor) -> None:
    await floor.issue(rise(raised_by="c-17"))
    await told(floor)
    assert value("cdi_query_queries", state="issued") == 1
    await floor.office.database.close()
    text = await told(floor)
    assert value("cdi_query_figures_available", service="tracker") == 0
    assert "cdi_query_queries{" not in text
