"""Who looks at a chart is noted: every page and every answer of the API that shows one writes to the log of views."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from fastapi.routing import APIRoute

from services.tracker.api import charts, gaps, queries
from services.tracker.pages import ROUTERS
from tests.tracker_pages.house import Browser, House

pytestmark = [pytest.mark.database, pytest.mark.asyncio]
OF_A_CHART = re.compile(r"\{(chart_id|query_id|gap_uid)\}")
READERS = ("u-ferro", "ada", "bo", "cleo")
"""Whoever of them may open a page opens it: a provider, a coder, a CDI specialist, compliance."""


LEADS_ON = {"/gaps/{gap_uid}/spoken"}
"""Shows nothing of the chart, and redirects to the page that does."""


def _routes() -> list[str]:
    routers = [module.router for module in ROUTERS] + [module.router for module in (charts, gaps, queries)]
    return sorted(
        {
            route.path
            for router in routers
            for route in router.routes
            if isinstance(route, APIRoute)
            and "GET" in route.methods
            and OF_A_CHART.search(route.path)
            and route.path not in LEADS_ON
        }
    )


async def _views(house: House, user: str) -> int:
    return int((await house.rows(f"SELECT count(*) AS n FROM view_log WHERE user_id = '{user}'"))[0]["n"])


async def _ids(house: House) -> list[dict[str, UUID | str]]:
    """Return a chart with a query that was sent, and one with a draft that is held."""
    await house.issued("g1")
    await house.held("g2")
    return await house.rows("SELECT chart_id, query_id, gap_uid FROM queries ORDER BY issued_at")


async def test_every_view_of_a_chart_is_noted(house: House) -> None:
    found = await _ids(house)
    readers = {user: await house.browser(user) for user in READERS}
    unseen = []
    for path in _routes():
        opened = 0
        for ids in found:
            address = OF_A_CHART.sub(lambda match, ids=ids: str(ids[match[1]]), path)  # type: ignore[misc]
            for user, browser in readers.items():
                opened += await _opens(house, browser, user, address)
        if not opened:
            unseen.append(path)
    assert not unseen, "nobody could open these, so nothing is proven of them"


async def _opens(house: House, browser: Browser, user: str, address: str) -> bool:
    before = await _views(house, user)
    response = await browser.see(address)
    if response.status_code != 200:
        return False
    assert await _views(house, user) == before + 1, f"{user} at {address}"
    return True
