"""What the status page says of states is what stands in the tables, however it came about."""

from __future__ import annotations

import pytest

from services.tracker.status import read_tallies
from tests.tracker_pages.house import House

pytestmark = pytest.mark.database


async def counted(house: House) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for kind, table, column in (("gap", "gaps", "state"), ("query", "queries", "state"), ("chart", "charts", "status")):
        rows = await house.rows(f"SELECT {column} AS state, count(*) AS n FROM {table} GROUP BY 1")
        found[kind] = {row["state"]: row["n"] for row in rows}
    (issued,) = await house.rows("SELECT count(*) AS n FROM queries WHERE issued_at IS NOT NULL")
    return {**found, "issued": {"all": issued["n"]}}


@pytest.mark.asyncio
@pytest.mark.parametrize("most", [0, 3, 1_000])
async def test_tallies_are_what_counting_gives_whenever_they_are_summed_up(house: House, most: int) -> None:
    query_id, draft = await house.issued("g1"), await house.held("g2")
    browser, provider = await house.browser("bo"), await house.browser("u-ferro")

    async def agree() -> None:
        async with house.database.transaction({"app.system": "on"}) as conn:
            assert await read_tallies(conn, most) == await counted(house)

    await agree()
    await provider.send(f"/queries/{query_id}", f"/queries/{query_id}/answer", choice="o2")
    await browser.send(f"/held/{draft}", f"/held/{draft}/reject", reason="not needed")
    await agree()
    await browser.send(f"/queries/{query_id}", f"/queries/{query_id}/outcome", outcome="AGREED_DOCUMENTED")
    await agree()
    (lines,) = await house.rows("SELECT count(*) AS n FROM tallies")
    assert lines["n"] <= max(most, len(await house.rows("SELECT DISTINCT kind, state FROM tallies")))
