"""Notes on gaps that are not ripe, and the whole history of a query."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from schemas.base import Contract
from schemas.events import Event, make
from schemas.notifications import NotificationFailed, NotificationReceipt, NotificationSent
from services.tracker import store
from services.tracker.consumers import Inlet
from tests.tracker_pages.house import House

pytestmark = pytest.mark.database


@pytest.mark.asyncio
async def test_a_note_is_seen_by_colleagues_on_draft_queue_and_history_and_never_by_providers(house: House) -> None:
    draft = await house.held()
    browser = await house.browser("bo")
    tomorrow = (house.now + timedelta(days=1)).date().isoformat()
    kept = await browser.send(
        f"/held/{draft}", f"/queries/{draft}/watch", note="the <culture> is due", look_again_on=tomorrow
    )
    assert kept.headers["location"] == f"/held/{draft}?done=watched"
    colleague = await house.browser("ada")
    for page in (f"/held/{draft}", f"/queries/{draft}/timeline"):
        assert "the &lt;culture&gt; is due" in (await colleague.see(page)).text
    assert f"watched until {tomorrow}" in (await colleague.see("/work")).text
    text = (await house.row(draft))["content_hash"]
    await browser.send(f"/held/{draft}", f"/held/{draft}/approve", content_hash=text, reason="reads well")
    await house.built((await house.row(draft))["chart_id"], verdict="review")
    provider = await house.browser("u-ferro")
    seen = (await provider.see(f"/queries/{draft}")).text
    assert "culture" not in seen
    assert (await provider.see(f"/queries/{draft}/timeline")).status_code == 403
    (stored,) = await house.rows("SELECT state FROM chart_states")
    assert "culture" in stored["state"]


@pytest.mark.asyncio
async def test_a_note_is_taken_off_and_its_history_stays(house: House) -> None:
    query_id = await house.issued()
    browser = await house.browser("bo")
    page = f"/queries/{query_id}"
    await browser.send(page, f"{page}/watch", note="first")
    await browser.send(page, f"{page}/watch", note="second")
    assert "first" not in (await browser.see(page)).text
    await browser.send(page, f"{page}/unwatch")
    assert "second" not in (await browser.see(page)).text
    history = (await browser.see(f"{page}/timeline")).text
    assert history.count("note left for colleagues") == 2
    assert history.count("note taken off") == 1
    assert (await browser.send(page, f"{page}/unwatch")).status_code == 409


@pytest.mark.asyncio
async def test_a_note_needs_words_a_day_ahead_an_open_gap_and_the_right(house: House) -> None:
    query_id = await house.issued()
    browser = await house.browser("bo")
    page = f"/queries/{query_id}"
    assert (await browser.send(page, f"{page}/watch", note=" ")).status_code == 422
    assert (await browser.send(page, f"{page}/watch", note="x", look_again_on="soon")).status_code == 422
    past = (house.now - timedelta(days=1)).date().isoformat()
    assert (await browser.send(page, f"{page}/watch", note="x", look_again_on=past)).status_code == 409
    officer = await house.browser("cleo")
    assert (await officer.send("/work", f"{page}/watch", note="x")).status_code == 403
    await browser.send(page, f"{page}/withdraw", reason="error")
    assert (await browser.send(page, f"{page}/watch", note="x")).status_code == 409


def told(data: Contract, at: Any) -> Event:
    return Event(make(data, id=str(uuid4()), source="cdi-query/notifier", time=at), data)


@pytest.mark.asyncio
async def test_the_history_tells_each_step_with_its_actor_and_what_was_sent(house: House) -> None:
    query_id = await house.issued()
    chart_id = (await house.row(query_id))["chart_id"]
    notice: dict[str, Any] = {"chart_id": chart_id, "query_id": query_id, "at": house.now}
    sent = NotificationSent(**notice, notification_id=uuid4(), step="T0", channel="email", attempts=1)
    failed = NotificationFailed(
        **notice, notification_id=uuid4(), step="R1", channel="email", attempts=3, error="refused"
    )
    back = NotificationReceipt(**notice, notification_id=sent.notification_id, status="bounced")
    async with house.database.transaction(store.SYSTEM_SCOPE) as conn:
        await Inlet(house.office).apply(conn, [told(data, house.now) for data in (sent, failed, back, sent)])
    browser = await house.browser("bo")
    page = (await browser.see(f"/queries/{query_id}/timeline")).text
    for words in (
        "raised",
        "Ada Staffsample",
        "text asked for",
        "sent",
        "the notifier",
        "T0, email",
        "R1, email, refused",
    ):
        assert words in page
    assert page.count("T0, email") == 1
    assert "message came back" in page
    assert "The chart&#39;s log is whole" in page


@pytest.mark.asyncio
async def test_a_log_that_was_altered_is_told_in_plain_words(house: House, owner: Any) -> None:
    query_id = await house.issued()
    owner("SELECT set_config('app.system', 'on', false)")
    owner("UPDATE tracker.event_log SET actor = 'somebody else' WHERE sequence = 2")
    browser = await house.browser("bo")
    page = (await browser.see(f"/queries/{query_id}/timeline")).text
    assert "The log was altered or is not whole" in page
    assert "Tell compliance" in page
