"""Staff ask somebody else on a page of its own: a query's page loads no list of the whole directory."""

from __future__ import annotations

import pytest

from tests.tracker_pages.house import House

pytestmark = pytest.mark.database


@pytest.mark.asyncio
async def test_staff_pass_a_query_on_from_a_page_that_lists_the_directory(house: House) -> None:
    query_id = await house.issued()
    browser = await house.browser("bo")
    page = f"/queries/{query_id}"
    seen = (await browser.see(page)).text
    assert f'href="{page}/ask-other"' in seen
    assert "Dr. Okafor Invented" not in seen
    form = (await browser.see(f"{page}/ask-other")).text
    assert "Dr. Okafor Invented" in form
    done = await browser.send(f"{page}/ask-other", f"{page}/redirect", provider_id="okafor", reason="knows the case")
    assert done.status_code == 303
    assert (await house.row(query_id))["recipient_id"] == "okafor"
    stranger = await house.browser("cleo")
    assert (await stranger.see(f"{page}/ask-other")).status_code == 403
    await browser.send(page, f"{page}/withdraw", reason="error")
    assert (await browser.see(f"{page}/ask-other")).headers["location"] == page
