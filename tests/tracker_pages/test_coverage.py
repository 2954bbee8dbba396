"""Who answers for whom: set, found by name, ended early, called off."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.tracker_pages.house import Browser, House
from tests.tracker_pages.test_provider import shown

database = pytest.mark.database


def covering(house: House, starts: float, ends: float) -> dict[str, str]:
    return {
        "covered_by": "okafor",
        "starts_at": f"{house.now + timedelta(hours=starts):%Y-%m-%dT%H:%M}",
        "ends_at": f"{house.now + timedelta(hours=ends):%Y-%m-%dT%H:%M}",
    }


async def end(house: House, browser: Browser) -> Any:
    (row,) = await house.rows("SELECT id FROM coverage")
    return await browser.send("/coverage", "/coverage/end", coverage_id=str(row["id"]))


@database
@pytest.mark.asyncio
async def test_a_coverage_that_is_ended_early_ends_at_once(house: House) -> None:
    query = await house.issued()
    ferro, okafor = await house.browser("u-ferro"), await house.browser("u-okafor")
    await ferro.send("/coverage", "/coverage/set", **covering(house, -1, 9))
    assert (await okafor.see(f"/queries/{query}")).status_code == 200
    house.now += timedelta(minutes=1)
    assert (await end(house, ferro)).headers["location"] == "/coverage?done=coverage_ended"
    assert (await okafor.see(f"/queries/{query}")).status_code == 404
    (kept,) = await house.rows("SELECT ends_at FROM coverage")
    assert kept["ends_at"] == house.now


@database
@pytest.mark.asyncio
async def test_a_coverage_that_has_not_begun_is_called_off_and_only_by_who_set_it(house: House) -> None:
    ferro, okafor = await house.browser("u-ferro"), await house.browser("u-okafor")
    await ferro.send("/coverage", "/coverage/set", **covering(house, 5, 9))
    assert (await end(house, okafor)).headers["location"] == "/coverage?done=coverage_over"
    assert "Call it off" in (await ferro.see("/coverage")).text
    await end(house, ferro)
    assert await house.rows("SELECT 1 FROM coverage") == []


@database
@pytest.mark.asyncio
async def test_a_colleague_is_found_by_name_and_the_times_that_were_typed_stay(house: House) -> None:
    browser = await house.browser("u-ferro")
    times = covering(house, 1, 2)
    times.pop("covered_by")
    found = await browser.send("/coverage", "/coverage/set", who="oka", **times)
    assert "Dr. Okafor Invented" in found.text
    assert times["ends_at"] in found.text
    assert "Dr. Ferro Invented (" not in shown((await browser.send("/coverage", "/coverage/set", who="ferro")).text)
