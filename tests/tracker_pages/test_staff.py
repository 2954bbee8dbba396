"""Staff work through pages: queue, outcome, held drafts, charts, gaps; the house is kept by those who may."""

from __future__ import annotations

import html
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import pytest

from services.foundation.dead_letters import dead_letter
from services.foundation.kafka import Record
from services.tracker.consumers import keep_dead_letter
from tests.tracker_pages.house import House

pytestmark = pytest.mark.database


@pytest.mark.asyncio
async def test_the_work_queue_filters_by_state_role_and_age(house: House) -> None:
    query_id = await house.issued("g1")
    draft_id = await house.held("g2")
    browser = await house.browser("ada")
    everything = (await browser.see("/work")).text
    assert f"/queries/{query_id}" in everything
    assert f"/held/{draft_id}" in everything
    only_held = (await browser.see("/work?state=held&role=attending")).text
    assert f"/queries/{query_id}" not in only_held
    assert f"/held/{draft_id}" in only_held
    assert "No query fits." in (await browser.see("/work?role=surgeon")).text
    assert "No query fits." in (await browser.see("/work?age=7")).text
    assert (await browser.see("/work?state=made-up&age=x")).status_code == 200
    assert (await browser.see("/work?cursor=broken")).status_code == 400


@pytest.mark.asyncio
async def test_lists_go_on_page_by_page_without_gap_or_repetition(house: House) -> None:
    ids = {str(await house.issued(f"g{n}")) for n in range(53)}
    browser = await house.browser("ada")
    seen: list[str] = []
    path: str | None = "/work"
    while path:
        page = (await browser.see(path)).text
        seen += [part.split('"')[0] for part in page.split('href="/queries/')[1:]]
        path = html.unescape(page.split('" rel="next"')[0].rpartition('href="')[2]) if 'rel="next"' in page else None
    assert len(seen) == len(set(seen)) == 53
    assert set(seen) == ids


@pytest.mark.asyncio
async def test_a_draft_is_approved_by_another_person_only_with_a_reason(house: House) -> None:
    query_id = await house.held(by="vera")
    page = f"/held/{query_id}"
    author = await house.browser("vera")
    own = (await author.see(page)).text
    assert "R-09" in own
    assert "a second person must approve it" in own
    text = (await house.row(query_id))["content_hash"]
    refused = await author.send(page, f"{page}/approve", content_hash=text, reason="mine is fine")
    assert refused.status_code == 409
    assert "A second person must approve" in refused.text
    coder = await house.browser("ada")
    assert "Your role does not approve drafts." in (await coder.see(page)).text
    assert (await coder.send(page, f"{page}/approve", content_hash=text, reason="x")).status_code == 403
    other = await house.browser("bo")
    assert (await other.send(page, f"{page}/approve", content_hash="another text", reason="x")).status_code == 409
    response = await other.send(page, f"{page}/approve", content_hash=text, reason="reads well enough")
    assert response.headers["location"] == "/held?done=approved"
    await house.built((await house.row(query_id))["chart_id"], verdict="review")
    row = await house.row(query_id)
    assert (row["state"], row["approved_by"]) == ("issued", "bo")


@pytest.mark.asyncio
async def test_a_revised_text_changes_only_what_was_edited_and_is_checked_again(house: House) -> None:
    query_id = await house.held()
    row = await house.row(query_id)
    document = row["document"]
    browser = await house.browser("bo")
    page = f"/held/{query_id}"
    fields = {f"option-{place}": option["text"] for place, option in enumerate(document["options"])}
    fields |= {"title": document["title"], "question": "What do these\r\nfindings mean?", "footer": document["footer"]}
    fields |= {"option-1": "", "content_hash": row["content_hash"]}
    response = await browser.send(page, f"{page}/revise", **fields)
    assert response.headers["location"] == "/held?done=revised"
    await house.built(row["chart_id"])
    revised = await house.row(query_id)
    assert (revised["state"], revised["revised_by"], revised["release"]) == ("held", "bo", "second_person")
    kept = [option for option in document["options"] if option["id"] != "o2"]
    assert revised["document"] == {**document, "question": "What do these\nfindings mean?", "options": kept}
    assert "a second person must approve it" in (await browser.see(page)).text


@pytest.mark.asyncio
async def test_a_draft_is_rejected_with_a_reason(house: House) -> None:
    query_id = await house.held()
    browser = await house.browser("pia")
    page = f"/held/{query_id}"
    assert (await browser.send(page, f"{page}/reject")).status_code == 422
    response = await browser.send(page, f"{page}/reject", reason="not needed")
    assert response.headers["location"] == "/held?done=rejected"
    assert (await browser.see(page)).headers["location"] == f"/queries/{query_id}"
    assert (await house.row(query_id))["state"] == "withdrawn"


@pytest.mark.asyncio
async def test_a_query_is_withdrawn_with_a_reason_from_the_list(house: House) -> None:
    query_id = await house.issued()
    browser = await house.browser("ada")
    page = f"/queries/{query_id}"
    assert (await browser.send(page, f"{page}/withdraw", reason="because")).status_code == 422
    await browser.send(page, f"{page}/withdraw", reason="not_needed")
    assert (await house.row(query_id))["state"] == "withdrawn"


@pytest.mark.asyncio
async def test_a_dead_letter_is_listed_without_its_content_and_not_sent_again_while_unreadable(house: House) -> None:
    letter_id = await _bury(house)
    browser = await house.browser("root")
    page = (await browser.see("/dead-letters")).text
    assert "not json" in page
    assert "secret content" not in page
    response = await browser.send("/dead-letters", "/dead-letters/replay", letter_id=str(letter_id))
    assert response.status_code == 409
    assert "Still unreadable" in response.text
    assert (await browser.send("/dead-letters", "/dead-letters/replay", letter_id="x")).status_code == 404
    watcher = await house.browser("bo")
    assert "Send again" not in (await watcher.see("/dead-letters")).text


async def _bury(house: House) -> UUID:
    value = b"{secret content"
    record = Record("cdi.gaps.v1", 0, 7, None, value, (), house.now)
    letter = dead_letter(record, "tracker", "not_json", "the value is not JSON", house.now)
    async with house.database.transaction({"app.system": "on"}) as conn:
        await keep_dead_letter(conn, letter)
    return letter.letter_id


@dataclass(frozen=True)
class KeptMail:
    name: str = "one.eml"
    received_at: datetime = datetime(2026, 3, 4, tzinfo=UTC)
    sender: str = "cdi-query@house.invalid"
    recipient: str = "ferro@house.invalid"
    subject: str = "You have 1 documentation clarification"
    body: str = "Sign in to <review>."


class KeptMails:
    def mails(self, limit: int = 50) -> list[KeptMail]:
        return [KeptMail()][:limit]

    def read(self, name: str) -> KeptMail | None:
        return KeptMail() if name == "one.eml" else None


@pytest.mark.asyncio
async def test_administration_reads_status_people_sources_and_mails(house: House) -> None:
    browser = await house.browser("root")
    for path in ("/status", "/dead-letters", "/providers", "/sources", "/users"):
        assert (await browser.see(path)).status_code == 200, path
    assert "argon2" not in (await browser.see("/users")).text
    assert (await browser.see("/mails")).status_code == 404
    house.app.state.mail_sink = KeptMails()
    assert "You have 1 documentation clarification" in (await browser.see("/mails")).text
    assert "Sign in to &lt;review&gt;." in (await browser.see("/mails/one.eml")).text
    assert (await browser.see("/mails/two.eml")).status_code == 404


@pytest.mark.asyncio
async def test_compliance_decides_about_sources_and_coders_do_not(house: House) -> None:
    browser = await house.browser("cleo")
    fields = {"source": "nlp", "kind": "machine", "automatic": "on", "authors": '{"a": "ada"}'}
    assert (await browser.send("/sources", "/sources/set", **fields)).headers["location"] == "/sources?done=source"
    assert (await house.rows("SELECT source, automatic, may_answer FROM sources"))[0] == {
        "source": "nlp",
        "automatic": True,
        "may_answer": False,
    }
    wrong = await browser.send("/sources", "/sources/set", **{**fields, "authors": "{"})
    assert wrong.status_code == 422
    coder = await house.browser("ada")
    assert (await coder.send("/sources", "/sources/set", **fields)).status_code == 403
    assert (await coder.see("/users")).status_code == 403
