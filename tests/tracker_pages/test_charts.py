"""Charts before a coder: whose they are, what holds them in plain words, their history, and how they are finalized."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.tracker.lifecycle import TABLES
from services.tracker.pages.holds_in_words import Listener, hold_sentence, standing
from services.tracker.pages.words import STEPS
from tests.tracker_pages.house import House

NOW = datetime(2026, 11, 20, 18, tzinfo=UTC)  # a Friday, 13:00 in New York
TO = Listener(NOW, "America/New_York", {"ferro": "Dr. Ferro Invented"})
HOLD = {
    "gap_state": "queried",
    "query_id": "q",
    "state": "issued",
    "recipient_id": "ferro",
    "held_reason": None,
    "registered_at": NOW - timedelta(days=4),
    "created_at": NOW - timedelta(days=4),
    "issued_at": NOW - timedelta(days=3, hours=23),
    "answered_at": None,
    "changed_at": NOW - timedelta(hours=1),
    "due_at": None,
    "deferred_until": None,
}


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({}, "Waits for Dr. Ferro Invented's answer since Monday 14:00."),
        (
            {"due_at": NOW + timedelta(days=1)},
            "Waits for Dr. Ferro Invented's answer since Monday 14:00; due tomorrow 13:00.",
        ),
        (
            {"due_at": NOW - timedelta(days=1)},
            "Waits for Dr. Ferro Invented's answer since Monday 14:00; was due yesterday 13:00.",
        ),
        (
            {"deferred_until": NOW + timedelta(days=9), "state": "opened"},
            "Waits for Dr. Ferro Invented's answer since Monday 14:00; asked to be reminded 2026-11-29 13:00.",
        ),
        ({"query_id": None, "state": None}, "The question is being written since Monday 13:00."),
        (
            {"state": "held", "held_reason": "no_recipient"},
            "The draft waits for a person since today 12:00 (nobody is asked yet).",
        ),
        (
            {"state": "answered", "answered_at": NOW},
            "Dr. Ferro Invented answered today 13:00; the answer waits for your review.",
        ),
        (
            {"state": "awaiting_cosign", "answered_at": NOW},
            "Dr. Ferro Invented answered today 13:00; a cosigner is missing.",
        ),
        (
            {"state": "awaiting_documentation", "answered_at": NOW},
            "Dr. Ferro Invented answered today 13:00; the entry in the record is missing.",
        ),
    ],
)
def test_a_hold_is_said_in_plain_words_with_day_and_time(facts: dict[str, object], sentence: str) -> None:
    assert hold_sentence({**HOLD, **facts}, TO) == sentence


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"status": "clear"}, "Nothing holds this chart; it is ready when the discharge arrives."),
        (
            {"status": "clear", "ended_at": NOW + timedelta(hours=2)},
            "Nothing holds this chart; the visit ends today 15:00.",
        ),
        ({"status": "ready"}, "Nothing holds this chart; it can be finalized."),
        ({"status": "holding", "holding": 2}, "2 open gaps hold it, on a merged stay or not yours to see."),
        ({"status": "finalized"}, "Finalized."),
    ],
)
def test_a_chart_without_holds_says_what_comes_next(facts: dict[str, object], sentence: str) -> None:
    assert standing({"holding": 0, "holds": [], "ended_at": None, **facts}, TO) == sentence


def test_every_step_of_the_lifecycle_has_words() -> None:
    assert set(STEPS) == {f"{subject} {name}" for subject, table in TABLES.items() for name in table}


@pytest.mark.database
@pytest.mark.asyncio
async def test_a_coder_sees_the_own_charts_first_and_all_on_demand(house: House) -> None:
    await house.issued("g1", by="bo")
    coder = await house.browser("ada")
    assert "No chart of yours fits." in (await coder.see("/charts")).text
    page = (await coder.see("/charts?whose=all")).text
    assert "Waits for Dr. Ferro Invented&#39;s answer since" in page
    assert "Philippa &lt;Pretend&gt;" in page
    assert "No chart fits." in (await coder.see("/charts?whose=all&status=finalized")).text
    assert "Waits for" in (await (await house.browser("bo")).see("/charts")).text


@pytest.mark.database
@pytest.mark.asyncio
async def test_a_chart_is_found_by_its_number_which_never_stands_in_an_address(house: House) -> None:
    query_id = await house.issued()
    chart_id = (await house.row(query_id))["chart_id"]
    coder = await house.browser("ada")
    found = await coder.send("/charts", "/charts/find", number="E1")
    assert found.headers["location"] == f"/charts/{chart_id}"
    missing = await coder.send("/charts", "/charts/find", number="E404")
    assert "No chart has this encounter number." in missing.text


@pytest.mark.database
@pytest.mark.asyncio
async def test_lists_of_charts_go_on_without_gap_or_repetition(house: House) -> None:
    for n in range(53):
        await house.raise_gap(f"g{n}", number=f"E{n}")
    coder = await house.browser("ada")
    seen: list[str] = []
    path: str | None = "/charts"
    while path:
        page = (await coder.see(path)).text
        seen += [part.split('"')[0] for part in page.split('class="open" href="/charts/')[1:]]
        path = page.split('<p><a href="')[1].split('"')[0].replace("&amp;", "&") if "Older ones" in page else None
    assert len(seen) == len(set(seen)) == 53


@pytest.mark.database
@pytest.mark.asyncio
async def test_an_answered_query_is_closed_and_its_chart_finalized(house: House) -> None:
    query_id = await house.issued()
    chart_id = (await house.row(query_id))["chart_id"]
    coder = await house.browser("ada")
    chart = f"/charts/{chart_id}"
    assert "Waits for Dr. Ferro Invented&#39;s answer" in (await coder.see(chart)).text
    early = await coder.send(chart, f"{chart}/finalize")
    assert early.status_code == 409
    assert "1 open gap(s) hold it" in early.text
    provider = await house.browser("u-ferro")
    await provider.send(f"/queries/{query_id}", f"/queries/{query_id}/answer", choice="o1")
    assert "the answer waits for your review" in (await coder.see(chart)).text
    review = f"/review/{query_id}"
    await coder.send(review, review, outcome="AGREED_DOCUMENTED")
    await house.discharge(chart_id)
    assert "it can be finalized" in (await coder.see(chart)).text
    response = await coder.send(chart, f"{chart}/finalize")
    assert response.headers["location"] == f"{chart}?done=finalized"
    page = (await coder.see(chart)).text
    assert "Finalized." in page
    for step in ("a gap was raised", "the query was answered", "the chart is ready", "the chart was finalized"):
        assert step in page


@pytest.mark.database
@pytest.mark.asyncio
async def test_finalizing_with_unanswered_queries_needs_role_and_reason(house: House) -> None:
    query_id = await house.issued()
    chart_id = (await house.row(query_id))["chart_id"]
    await house.discharge(chart_id)
    chart = f"/charts/{chart_id}"
    coder = await house.browser("ada")
    assert "ask a CDI specialist or compliance" in (await coder.see(chart)).text
    assert (await coder.send(chart, f"{chart}/finalize-unanswered", reason="no answer")).status_code == 403
    specialist = await house.browser("bo")
    assert "You do this as CDI specialist" in (await specialist.see(chart)).text
    wrong = await specialist.send(chart, f"{chart}/finalize-unanswered")
    assert wrong.status_code == 422
    assert "Say why the chart is finalized without answers." in wrong.text
    assert 'aria-describedby="final-reason-error"' in wrong.text
    await specialist.send(chart, f"{chart}/finalize-unanswered", reason="left the house")
    assert (await house.row(query_id))["outcome"] == "NO_RESPONSE_CLOSED"


@pytest.mark.database
@pytest.mark.asyncio
async def test_steps_on_sensitive_gaps_stand_in_the_history_of_those_who_may_see_them(house: House) -> None:
    chart_id = await house.raise_gap("g1", sensitivity="hiv")
    coder = await house.browser("ada")
    page = (await coder.see(f"/charts/{chart_id}")).text
    assert "the chart is on hold" in page
    assert "a gap was raised" not in page
    assert "not yours to see" in page
