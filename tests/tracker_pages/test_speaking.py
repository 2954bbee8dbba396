"""Answers by word of mouth, and words of a held draft that are checked while somebody edits them."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any

import pytest

from tests.tracker_pages.house import QUESTION, House

pytestmark = pytest.mark.database


def said(house: House, **changes: Any) -> dict[str, Any]:
    return {
        "choice": "o1",
        "provider_id": "ferro",
        "at": f"{house.now.astimezone(UTC):%Y-%m-%dT%H:%M}",
        "read_out": "1",
        **changes,
    }


@pytest.mark.asyncio
async def test_a_spoken_answer_is_written_down_and_waits_for_its_entry_in_the_record(house: House) -> None:
    query_id = await house.issued()
    page = f"/queries/{query_id}"
    browser = await house.browser("bo")
    assert f'href="{page}/spoken"' in (await browser.see(page)).text
    form = (await browser.see(f"{page}/spoken")).text
    assert QUESTION in form
    assert form.count('type="radio"') == 4
    told = await browser.send(f"{page}/spoken", f"{page}/spoken/record", **said(house))
    assert told.headers["location"] == f"{page}?done=spoken"
    row = await house.row(query_id)
    assert row["state"] == "awaiting_documentation"
    (answer,) = await house.rows("SELECT * FROM responses")
    assert (answer["provider_id"], answer["option_id"]) == ("ferro", "o1")
    assert answer["method"] == "word of mouth, written down by bo"
    assert answer["record_text"] is None
    (entry,) = await house.rows("SELECT actor FROM event_log WHERE transition = 'answered'")
    assert entry["actor"] == "bo"
    await browser.send(page, f"{page}/documentation", reference="Progress note 14:10")
    assert (await house.row(query_id))["state"] == "under_review"


@pytest.mark.asyncio
async def test_a_spoken_answer_with_its_entry_waits_for_nothing_more(house: House) -> None:
    query_id = await house.issued()
    page = f"/queries/{query_id}/spoken"
    browser = await house.browser("bo")
    await browser.send(page, f"{page}/record", **said(house, reference="Progress note 14:10"))
    assert (await house.row(query_id))["state"] == "answered"


@pytest.mark.asyncio
async def test_only_an_answer_of_today_by_who_is_asked_to_the_words_themselves_is_written_down(
    house: House,
) -> None:
    query_id = await house.issued()
    page = f"/queries/{query_id}/spoken"
    browser = await house.browser("bo")

    async def refused(**changes: Any) -> str:
        answer = await browser.send(page, f"{page}/record", **said(house, **changes))
        assert answer.status_code in (409, 422), answer.headers
        return answer.text

    form = said(house)
    del form["read_out"]
    again = await browser.send(page, f"{page}/record", **form, text="typed before")
    assert again.status_code == 422
    assert "typed before" in again.text
    assert "Choose one of the answers" in await refused(choice="")
    assert "Write your answer" in await refused(choice="other")
    assert "not addressed" in await refused(provider_id="okafor")
    assert "no active provider" in await refused(provider_id="nobody")
    assert "not ahead" in await refused(at="2030-01-01T10:00")
    assert "not ahead" in await refused(at="2020-01-01T10:00")
    assert "A time looks like" in await refused(at="yesterday")
    assert (await house.row(query_id))["state"] == "issued"
    house.now += timedelta(days=3)
    browser = await house.browser("bo")
    early = (house.now - timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    assert "within 24 hours" in await refused(at=early)
    officer = await house.browser("cleo")
    assert (await officer.see(page)).status_code == 403
    provider = await house.browser("u-ferro")
    await provider.send(f"/queries/{query_id}", f"/queries/{query_id}/answer", choice="o2")
    assert (await browser.see(page)).status_code == 409


@pytest.mark.asyncio
async def test_edited_words_are_checked_without_being_kept(house: House) -> None:
    draft = await house.held()
    page = f"/held/{draft}"
    browser = await house.browser("bo")
    row = await house.row(draft)
    shown = await browser.see(page)
    assert "What the check says" in shown.text
    words = {"title": "T", "question": "Is it <b>so</b>?", "content_hash": row["content_hash"]}
    whole = await browser.send(page, f"{page}/check", **words)
    assert "The check finds nothing in these words" in whole.text
    assert "Is it &lt;b&gt;so&lt;/b&gt;?" in whole.text
    empty = await browser.send(page, f"{page}/check", title="T", question="")
    assert "The question is needed" in empty.text
    assert (await house.row(draft))["content_hash"] == row["content_hash"]
    officer = await house.browser("cleo")
    assert (await officer.send("/work", f"{page}/check", **words)).status_code == 403


@pytest.mark.asyncio
async def test_a_gap_leads_to_the_words_to_read_out_once_they_are_composed(house: House) -> None:
    chart_id = await house.raise_gap()
    (gap,) = await house.rows("SELECT gap_uid FROM gaps")
    page = f"/gaps/{gap['gap_uid']}/spoken"
    browser = await house.browser("bo")
    assert "is being composed" in (await browser.see(page)).text
    query_id = await house.built(chart_id)
    assert (await browser.see(page)).headers["location"] == f"/queries/{query_id}/spoken"
    script = await browser.see(page, **{"HX-Request": "true"})
    assert (script.status_code, script.headers["hx-redirect"]) == (204, f"/queries/{query_id}/spoken")
    await browser.send(f"/queries/{query_id}", f"/queries/{query_id}/withdraw", reason="error")
    assert (await browser.see(page)).headers["location"] == f"/charts/{chart_id}"
    assert (await browser.see(f"/gaps/{query_id}/spoken")).status_code == 404
    held = await house.held("g2")
    (other,) = await house.rows("SELECT gap_uid FROM gaps WHERE state = 'held'")
    assert (await browser.see(f"/gaps/{other['gap_uid']}/spoken")).headers["location"] == f"/held/{held}"
