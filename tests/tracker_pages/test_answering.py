"""A provider reads, answers and signs in two steps; nobody answers by looking; a second person sees it is done."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.tracker_pages.house import House, token_in

pytestmark = pytest.mark.database


@pytest.mark.asyncio
async def test_the_inbox_bundles_by_patient_and_leads_to_an_answer_in_two_steps(house: House) -> None:
    first, second = await house.issued("g1"), await house.issued("g2")
    browser = await house.browser("u-ferro")
    inbox = (await browser.see("/inbox")).text
    assert "2 queries on 1 patient wait for your answer." in inbox
    assert inbox.count("Philippa &lt;Pretend&gt;") == 1
    assert f"/queries/{second}" in inbox
    response = await browser.send(f"/queries/{first}", f"/queries/{first}/answer", choice="o2")
    assert response.headers["location"] == f"/queries/{first}?done=accepted"
    assert "Your answer is signed and recorded." in (await browser.see(response.headers["location"])).text
    assert (await house.row(first))["state"] == "answered"
    assert "1 query waits for your answer." in (await browser.see("/inbox")).text


@pytest.mark.asyncio
async def test_the_query_page_shows_everything_as_it_is_and_prefers_no_answer(house: House) -> None:
    query_id = await house.issued()
    page = (await (await house.browser("u-ferro")).see(f"/queries/{query_id}")).text
    for shown in (
        "Philippa &lt;Pretend&gt;",
        "MRN-0815",
        "&lt;0.01 mg",
        "Laboratory, 2026-03-03 06:00 UTC",
        "Progress note, 2026-03-02 19:00",
        "{{ 7 * 7 }}",
    ):
        assert shown in page
    assert "Acute &lt;b&gt;testitis&lt;/b&gt;" in page
    assert page.index("From the record") < page.index('id="question"') < page.index("Chronic testitis")
    assert page.count('<label class="option">') == page.count('type="radio" name="choice"') == 4
    assert "checked" not in page
    assert "What goes into the record" in page
    assert "R-09" not in page


@pytest.mark.asyncio
async def test_titles_and_addresses_name_no_patient_and_no_diagnosis(house: House) -> None:
    query_id = await house.issued()
    browser = await house.browser("u-ferro")
    page = await browser.see(f"/queries/{query_id}")
    assert "<title>Query – cdi-query</title>" in page.text
    assert "<title>Inbox – cdi-query</title>" in (await browser.see("/inbox")).text


@pytest.mark.asyncio
async def test_looking_records_that_it_was_opened_but_fetching_ahead_does_not(house: House) -> None:
    query_id = await house.issued()
    browser = await house.browser("u-ferro")
    for headers in ({"Sec-Purpose": "prefetch;prerender"}, {"Purpose": "prefetch"}):
        ahead = await browser.see(f"/queries/{query_id}", **headers)
        assert (ahead.status_code, ahead.content) == (503, b"")
    assert (await house.row(query_id))["opened_at"] is None
    assert await house.rows("SELECT * FROM view_log") == []
    await browser.see(f"/queries/{query_id}")
    assert (await house.row(query_id))["state"] == "opened"
    assert len(await house.rows("SELECT * FROM view_log")) == 1


@pytest.mark.asyncio
async def test_no_get_answers_or_changes_anything_whatever_it_asks_for(house: House) -> None:
    query_id = await house.issued()
    browser = await house.browser("u-ferro")
    page = f"/queries/{query_id}"
    token = token_in(await browser.see(page))
    before = await house.row(query_id)
    wanted = f"?csrf={token}&choice=o1&text=x&until=2026-03-05T08:00&provider_id=okafor&why=patient&question=x"
    assert (await browser.see(page + wanted)).status_code == 200
    assert (await browser.see(f"{page}/not-mine{wanted}")).status_code == 200
    for step in ("answer", "later", "redirect", "cosign", "send-back", "question", "reply"):
        assert (await browser.see(f"{page}/{step}{wanted}")).status_code in (404, 405), step
    assert await house.row(query_id) == before
    assert await house.rows("SELECT 1 FROM responses UNION ALL SELECT 1 FROM remarks") == []


@pytest.mark.asyncio
async def test_the_page_of_a_query_is_small_enough_for_a_poor_connection(house: House) -> None:
    query_id = await house.issued()
    page = await (await house.browser("u-ferro")).see(f"/queries/{query_id}")
    assert len(page.content) < 12_000, "beside its evidence, a query needs no more"


@pytest.mark.asyncio
async def test_staff_who_look_do_not_open_it(house: House) -> None:
    query_id = await house.issued()
    page = await (await house.browser("ada")).see(f"/queries/{query_id}")
    assert page.status_code == 200
    assert (await house.row(query_id))["state"] == "issued"


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "Choose one of the answers, then sign."),
        ({"choice": "made-up"}, "Choose one of the answers, then sign."),
        ({"choice": "other"}, "Write your answer in the text field"),
    ],
)
async def test_an_incomplete_answer_is_asked_for_again_with_what_was_typed(
    house: House, fields: dict[str, str], says: str
) -> None:
    query_id = await house.issued()
    browser = await house.browser("u-ferro")
    response = await browser.send(f"/queries/{query_id}", f"/queries/{query_id}/answer", **fields)
    assert response.status_code == 422
    assert says in response.text
    assert (await house.row(query_id))["state"] == "opened"


@pytest.mark.asyncio
async def test_other_takes_the_provider_s_own_words(house: House) -> None:
    query_id = await house.issued()
    browser = await house.browser("u-ferro")
    words = "Neither: <i>pseudotestitis</i>\0 ☂ שלום"
    await browser.send(f"/queries/{query_id}", f"/queries/{query_id}/answer", choice="other", text=words)
    page = (await browser.see(f"/queries/{query_id}")).text
    assert "Neither: &lt;i&gt;pseudotestitis&lt;/i&gt; ☂ שלום" in page
    assert (await house.rows("SELECT code FROM responses"))[0]["code"] == "OTHER_TEXT"


@pytest.mark.asyncio
async def test_signing_twice_by_a_double_tap_is_one_answer(house: House) -> None:
    query_id = await house.issued()
    browser = await house.browser("u-ferro")
    for outcome in ("accepted", "seen"):
        response = await browser.send(f"/queries/{query_id}", f"/queries/{query_id}/answer", choice="o1")
        assert response.headers["location"].endswith(f"done={outcome}")
    assert len(await house.rows("SELECT * FROM responses")) == 1


@pytest.mark.asyncio
async def test_an_answer_can_be_changed_until_the_outcome(house: House) -> None:
    query_id = await house.issued()
    browser = await house.browser("u-ferro")
    await browser.send(f"/queries/{query_id}", f"/queries/{query_id}/answer", choice="o1")
    given = (await house.row(query_id))["response_id"]
    page = f"/queries/{query_id}"
    response = await browser.send(page, f"{page}/answer", choice="o2", amends=given)
    assert response.headers["location"].endswith("done=amended")
    shown = (await browser.see(page)).text
    assert "(changed since)" in shown
    staff = await house.browser("bo")
    await staff.send(f"/review/{query_id}", f"/review/{query_id}", outcome="AGREED_DOCUMENTED")
    assert "Change my answer" not in (await browser.see(page)).text


@pytest.mark.asyncio
async def test_the_second_person_sees_who_answered_and_has_nothing_to_do(house: House) -> None:
    query_id = await house.issued()
    covering = await house.browser("u-okafor")
    recipient = await house.browser("u-ferro")
    times = {
        "starts_at": f"{house.now - timedelta(hours=1):%Y-%m-%dT%H:%M}",
        "ends_at": f"{house.now + timedelta(hours=9):%Y-%m-%dT%H:%M}",
    }
    set_ = await recipient.send("/coverage", "/coverage/set", covered_by="okafor", **times)
    assert set_.headers["location"] == "/coverage?done=coverage"
    assert "Covering for Dr. Ferro Invented" in (await covering.see("/inbox")).text
    stale = await covering.see(f"/queries/{query_id}")
    assert "Sign this answer" in stale.text
    await recipient.send(f"/queries/{query_id}", f"/queries/{query_id}/answer", choice="o1")
    page = (await covering.see(f"/queries/{query_id}")).text
    assert "Answered by" in page
    assert "Dr. Ferro Invented" in page
    assert "Nothing is left for you to answer." in page
    assert 'action="/queries' not in page
    late = await covering.send("/inbox", f"/queries/{query_id}/answer", choice="o2")
    assert late.headers["location"].endswith("done=late")


@pytest.mark.asyncio
async def test_a_query_that_is_not_mine_is_passed_on_with_a_reason(house: House) -> None:
    query_id = await house.issued()
    browser = await house.browser("u-ferro")
    page = f"/queries/{query_id}"
    aside = f"{page}/not-mine"
    without = await browser.send(aside, aside, provider_id="okafor")
    assert without.status_code == 422
    assert "Choose or write a reason." in without.text
    response = await browser.send(aside, aside, provider_id="okafor", why="service")
    assert response.headers["location"] == "/inbox?done=redirected"
    assert (await house.row(query_id))["recipient_id"] == "okafor"
    assert (await browser.see(page)).status_code == 404
    assert "1 query waits" in (await (await house.browser("u-okafor")).see("/inbox")).text


@pytest.mark.asyncio
async def test_ask_me_later_leaves_the_query_in_the_inbox(house: House) -> None:
    query_id = await house.issued()
    browser = await house.browser("u-ferro")
    tomorrow = house.now + timedelta(hours=24)
    response = await browser.send(f"/queries/{query_id}", f"/queries/{query_id}/later", until=tomorrow.isoformat())
    inbox = (await browser.see(response.headers["location"])).text
    assert "Asked to come later" in inbox
    assert "Nothing waits for your answer." in inbox
    assert (await house.row(query_id))["deferred_until"] == house.now + timedelta(hours=24)


@pytest.mark.asyncio
async def test_somebody_else_s_query_is_not_there(house: House) -> None:
    query_id = await house.issued()
    browser = await house.browser("u-okafor")
    assert (await browser.see(f"/queries/{query_id}")).status_code == 404
    response = await browser.send("/inbox", f"/queries/{query_id}/answer", choice="o1")
    assert response.status_code == 404
    assert (await browser.see("/work")).status_code == 403


@pytest.mark.asyncio
async def test_a_resident_s_answer_is_cosigned_from_the_inbox(house: House) -> None:
    query_id = await house.issued(to="lind")
    await house.encounter((await house.row(query_id))["chart_id"], attending_id="ferro")
    resident = await house.browser("u-lind")
    await resident.send(f"/queries/{query_id}", f"/queries/{query_id}/answer", choice="o1")
    assert "waits for a cosigner" in (await resident.see(f"/queries/{query_id}")).text
    attending = await house.browser("u-ferro")
    assert "To cosign" in (await attending.see("/inbox")).text
    response = await attending.send(f"/queries/{query_id}", f"/queries/{query_id}/cosign")
    assert response.headers["location"].endswith("done=cosigned")
    assert "Cosigned by Dr. Ferro Invented" in (await attending.see(f"/queries/{query_id}")).text
