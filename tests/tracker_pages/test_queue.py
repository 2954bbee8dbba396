"""The work queue: every filter and order, saved views, search without a trace, one step on many queries."""

from __future__ import annotations

import csv
import html
import io
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID, uuid4

import pytest

from services.tracker import queue
from services.tracker.decisions import desk, watching
from services.tracker.queue import SORTS, Filters
from tests.tracker_pages.house import PATIENT, Browser, House

pytestmark = pytest.mark.database


async def shown(browser: Browser, filters: str) -> set[str]:
    """The queries that the first page lists."""
    page = await browser.see(f"/work?{filters}")
    assert page.status_code == 200, page.text
    return {part.split('"')[0] for part in page.text.split('id="row-')[1:]}


async def decide(house: House, query_id: UUID, step: Any) -> None:
    """Take a decision on a query's chart."""
    row = await house.row(query_id)
    async with house.office.deciding([row["chart_id"]]) as (books, _):
        step(books.journal, row["chart_id"], row)


@pytest.mark.asyncio
async def test_each_filter_lists_what_fits_and_nothing_else(house: House) -> None:
    plain = str(await house.issued("g1", due_at=house.now - timedelta(hours=1)))
    other = str(await house.issued("g2", to="okafor", by="bo", priority="urgent"))
    held = str(await house.held("g3"))
    await decide(house, UUID(other), lambda j, c, r: desk.escalate(j, c, r["query_id"], 2, (), "notifier"))
    today = house.now.date()
    await decide(house, UUID(held), lambda j, c, r: watching.watch(j, c, r["gap_uid"], "a result is due", today, "bo"))
    await house.encounter((await house.row(UUID(plain)))["chart_id"], service="cardiology")
    browser = await house.browser("bo")
    assert await shown(browser, "") == {plain, other, held}
    assert await shown(browser, "state=held") == {held}
    assert await shown(browser, "provider=okafor") == {other}
    assert await shown(browser, "priority=urgent") == {other}
    assert await shown(browser, "overdue=1") == {plain}
    assert await shown(browser, "escalated=1") == {other}
    assert await shown(browser, "mine=1") == {other}
    assert await shown(browser, "watched=any") == await shown(browser, "watched=now") == {held}
    assert await shown(browser, "service=cardiology") == {plain, other, held}
    assert await shown(browser, "service=surgery") == await shown(browser, "category=conflict") == set()
    assert await shown(browser, "facility=harbor-test&role=attending&priority=routine&state=held") == {held}
    assert await shown(browser, "age=1") == set()
    house.now += timedelta(days=2)
    browser = await house.browser("bo")
    assert await shown(browser, "age=1") == {plain, other, held}
    assert await shown(browser, "age=3") == set()


@pytest.mark.asyncio
async def test_a_query_leaves_the_queue_when_it_ends(house: House) -> None:
    query_id = await house.issued()
    browser = await house.browser("bo")
    assert await shown(browser, "") == {str(query_id)}
    await decide(house, query_id, lambda j, c, r: desk.withdraw_query(j, c, r["query_id"], "error", "bo"))
    assert await shown(browser, "") == set()
    assert f"/queries/{query_id}" in (await browser.see("/ended?state=withdrawn")).text
    assert f"/queries/{query_id}" not in (await browser.see("/ended?state=closed")).text


@pytest.mark.asyncio
@pytest.mark.parametrize("sort", SORTS)
async def test_every_order_goes_on_page_by_page_without_gap_or_repetition(
    house: House, sort: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = {
        str(await house.issued(f"g{n}", due_at=house.now + timedelta(hours=n % 3) if n % 4 else None)) for n in range(7)
    }
    page_of = queue.page_of
    monkeypatch.setattr(queue, "page_of", lambda *given, **more: page_of(*given, **{**more, "limit": 3}))
    monkeypatch.setattr(queue, "PAGE", 3)
    browser = await house.browser("bo")
    seen: list[str] = []
    path = f"/work?sort={sort}"
    while path:
        page = (await browser.see(path)).text
        seen += [part.split('"')[0] for part in page.split('id="row-')[1:]]
        path = html.unescape(page.split('" rel="next"')[0].rpartition('href="')[2]) if 'rel="next"' in page else ""
    assert len(seen) == len(set(seen)) == 7
    assert set(seen) == ids


@pytest.mark.asyncio
async def test_a_cursor_that_is_none_is_refused(house: House) -> None:
    browser = await house.browser("bo")
    row = {"since": house.now, "query_id": uuid4(), "priority": "no number"}
    of_another_order = queue.next_cursor(Filters(sort="oldest"), row)
    assert (await browser.see(f"/work?sort=due&cursor={of_another_order}")).status_code == 400
    forged = queue.next_cursor(Filters(sort="priority"), row)
    assert (await browser.see(f"/work?sort=priority&cursor={forged}")).status_code == 400
    assert (await browser.see("/work?cursor=%00")).status_code == 400


@pytest.mark.asyncio
async def test_a_script_gets_the_list_alone(house: House) -> None:
    query_id = await house.issued()
    browser = await house.browser("bo")
    part = (await browser.see("/work?sort=due", **{"HX-Request": "true"})).text
    assert f"/queries/{query_id}" in part
    assert "<html" not in part
    assert 'hx-get="/work?sort=due"' in part


@pytest.mark.asyncio
async def test_views_are_kept_for_oneself_or_the_house(house: House) -> None:
    browser, other = await house.browser("bo"), await house.browser("ada")
    await browser.send("/work", "/work/keep", name="Late surgery", filters="service=surgery&overdue=1&evil=1")
    await browser.send("/work", "/work/keep", name="For all", filters="priority=urgent", shared="1")
    mine, theirs = (await browser.see("/work")).text, (await other.see("/work")).text
    assert 'href="/work?service=surgery&amp;overdue=1&amp;sort=oldest"' in mine
    assert "Late surgery" not in theirs
    assert "For all" in theirs
    assert "by Bo Staffsample" in theirs
    (view,) = await house.rows("SELECT view_id FROM saved_views WHERE name = 'For all'")
    assert (await other.send("/work", "/work/drop", view_id=str(view["view_id"]))).status_code == 404
    assert (await browser.send("/work", "/work/drop", view_id=str(view["view_id"]))).status_code == 303
    assert "For all" not in (await other.see("/work")).text


@pytest.mark.asyncio
async def test_a_search_finds_by_id_stay_and_mrn_and_leaves_no_trace_in_an_address(house: House) -> None:
    first, second = await house.issued("g1"), await house.issued("g2")
    browser = await house.browser("bo")
    one = await browser.send("/work", "/work/search", wanted=str(first))
    assert one.headers["location"] == f"/queries/{first}"
    for wanted in ("E1", PATIENT.mrn or ""):
        found = await browser.send("/work", "/work/search", wanted=wanted)
        assert found.status_code == 200
        assert str(first) in found.text
        assert str(second) in found.text
    assert "Nothing has this number" in (await browser.send("/work", "/work/search", wanted="M-unknown")).text
    assert (await browser.see(f"/work/search?wanted={PATIENT.mrn}")).status_code in (404, 405)


@pytest.mark.asyncio
async def test_the_csv_holds_the_list_without_names_and_without_formulas(house: House) -> None:
    query_id = await house.issued()
    await house.encounter((await house.row(query_id))["chart_id"], service="=HYPERLINK(1)")
    browser = await house.browser("bo")
    answer = await browser.see("/work.csv?sort=due")
    assert answer.headers["content-type"].startswith("text/csv")
    head, row = csv.reader(io.StringIO(answer.text))
    assert dict(zip(head, row, strict=True))["query_id"] == str(query_id)
    assert "'=HYPERLINK(1)" in row
    assert (PATIENT.name or "") not in answer.text
    assert (PATIENT.mrn or "") not in answer.text


@pytest.mark.asyncio
async def test_one_step_on_many_queries_is_confirmed_and_told_query_by_query(house: House) -> None:
    open_one, answered = await house.issued("g1"), await house.issued("g2")
    provider = await house.browser("u-ferro")
    await provider.send(f"/queries/{answered}", f"/queries/{answered}/answer", choice="o2")
    browser = await house.browser("bo")
    chosen = {"step": "withdraw", "query": [str(open_one), str(answered)]}
    asked = await browser.send("/work", "/work/confirm", **chosen)  # type: ignore[arg-type]
    assert "Nothing has happened yet" in asked.text
    assert (await house.row(open_one))["state"] == "issued"
    reminded = await browser.send("/work", "/work/do", **{**chosen, "step": "remind"})  # type: ignore[arg-type]
    assert "1 of 2 done" in reminded.text
    assert "there is nobody to remind" in reminded.text
    again = await browser.send("/work", "/work/do", **{**chosen, "step": "remind"})  # type: ignore[arg-type]
    assert "0 of 2 done" in again.text
    assert "a short while ago" in again.text
    moved = await browser.send(
        "/work", "/work/do", **{**chosen, "step": "redirect"}, provider_id="okafor", reason="knows the case"
    )  # type: ignore[arg-type]
    assert "1 of 2 done" in moved.text
    assert (await house.row(open_one))["recipient_id"] == "okafor"
    gone = await browser.send("/work", "/work/do", **chosen, reason="duplicate")  # type: ignore[arg-type]
    assert "2 of 2 done" in gone.text
    assert (await house.row(open_one))["state"] == (await house.row(answered))["state"] == "withdrawn"


@pytest.mark.asyncio
async def test_steps_on_many_need_a_choice_a_step_and_a_role(house: House) -> None:
    query_id = str(await house.issued())
    browser = await house.browser("bo")
    assert (await browser.send("/work", "/work/confirm", step="remind")).status_code == 422
    assert (await browser.send("/work", "/work/confirm", step="burn", query=query_id)).status_code == 422
    assert (await browser.send("/work", "/work/do", step="withdraw", query=query_id, reason="x")).status_code == 422
    officer = await house.browser("cleo")
    assert (await officer.send("/work", "/work/confirm", step="remind", query=query_id)).status_code == 403
    stranger = await house.browser("ada")
    own = await house.issued("g2", by="bo")
    refused = await stranger.send("/work", "/work/do", step="remind", query=str(own))
    assert "for the gap&#39;s author or a CDI specialist" in refused.text


@pytest.mark.asyncio
async def test_a_reminder_tells_the_notifier_and_leaves_those_in_peace_who_come_later(house: House) -> None:
    query_id = await house.issued()
    browser = await house.browser("bo")
    await browser.send("/work", "/work/do", step="remind", query=str(query_id))
    events = await house.rows(
        "SELECT convert_from(payload, 'UTF8')::jsonb -> 'data' ->> 'transition' AS step FROM outbox"
        " WHERE type = 'cdi.query.changed.v1' ORDER BY id"
    )
    assert [event["step"] for event in events] == ["issued", "reminded"]
    until = house.now + timedelta(days=1)
    await decide(house, query_id, lambda j, c, r: desk.defer(j, c, r["query_id"], until, "ferro"))
    house.now += timedelta(hours=6)
    browser = await house.browser("bo")
    told = await browser.send("/work", "/work/do", step="remind", query=str(query_id))
    assert "asked to come later" in told.text


@pytest.mark.asyncio
async def test_sensitive_queries_stay_out_of_the_queue_of_those_without_the_right(house: House) -> None:
    await house.issued(sensitivity="psychiatry")
    browser = await house.browser("bo")
    assert await shown(browser, "") == set()
    assert "0 queries fit" in (await browser.see("/work")).text


def test_filters_survive_the_way_through_an_address() -> None:
    filters = Filters(state="held", service="a&b=c", watched="now", sort="due")

    assert Filters.read(dict(parse_qsl(filters.url()))) == filters
    assert filters.without("service").active == {"state": "held", "watched": "now"}
    assert Filters.read({"state": "closed", "age": "9", "sort": "salary"}) == Filters()
