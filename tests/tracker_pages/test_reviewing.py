"""Answers that came back: beside what was asked, with what changed, their outcome, and what came too late."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.check import CheckOption, QueryDocument
from services.tracker.pages.comparing import changes, compared, says_nothing
from tests.tracker_pages.house import Browser, House
from tests.tracker_pages.test_raising import said

DOCUMENT = QueryDocument(
    title="Clarification: test findings",
    setting="inpatient",
    phase="concurrent",
    category="missing_diagnosis",
    response_type="multiple_choice",
    recipient_role="attending",
    question="Please document the condition that the findings represent.",
    options=(
        CheckOption(text="Acute testitis", kind="clinical", id="o1"),
        CheckOption(text="Other", kind="other", id="x"),
    ),
)


def answer(**more: Any) -> dict[str, Any]:
    return {"code": "OPTION_SELECTED", "option_id": None, "answer_text": None, **more}


def test_the_chosen_answer_stands_among_those_that_were_offered() -> None:
    beside = compared(DOCUMENT, answer(option_id="o1"))
    assert [(one.text, one.chosen) for one in beside.offers] == [("Acute testitis", True), ("Other", False)]


def test_own_words_are_marked_against_the_question() -> None:
    beside = compared(
        DOCUMENT, answer(code="OTHER_TEXT", option_id="x", answer_text="Chronic relapsing testitis, the condition")
    )
    assert [one.text for one in beside.words if one.kind == "own"] == ["Chronic relapsing"]
    assert "".join(one.text for one in beside.words) == "Chronic relapsing testitis, the condition"
    assert not beside.empty


@pytest.mark.parametrize("text", ["ok", "Agree.", "I agree!", "see note", "...", "noted"])
def test_words_that_settle_nothing_are_told(text: str) -> None:
    assert compared(DOCUMENT, answer(code="FREE_TEXT", answer_text=text)).empty
    assert not says_nothing("Acute kidney injury")


def test_an_amendment_is_shown_word_by_word_and_other_quotes_and_blanks_are_no_change() -> None:
    found = changes("Acute “testitis” of the left side", 'Acute  "testitis" of the right side')
    assert [(one.kind, one.text) for one in found if one.kind != "same"] == [("removed", "left"), ("added", "right")]


@given(st.text(max_size=200), st.text(max_size=200))
def test_a_difference_holds_both_texts_but_for_signs_that_do_not_count(before: str, after: str) -> None:
    found = changes(before, after)
    assert "".join(one.text for one in found if one.kind != "removed") == after
    removed = "".join(one.text for one in found if one.kind == "removed")
    assert len(removed) <= len(before)


async def answered(house: House, **fields: str) -> tuple[UUID, Browser, Browser]:
    query_id = await house.issued()
    provider = await house.browser("u-ferro")
    fields = fields or {"choice": "o1"}
    await provider.send(f"/queries/{query_id}", f"/queries/{query_id}/answer", **fields)
    return query_id, provider, await house.browser("ada")


@pytest.mark.database
@pytest.mark.asyncio
async def test_answers_to_my_gaps_are_listed_until_their_outcome_is_set(house: House) -> None:
    query_id, _, coder = await answered(house)
    page = f"/review/{query_id}"
    assert page in (await coder.see("/review")).text
    other = await house.browser("bo")
    assert page not in (await other.see("/review")).text
    assert page in (await other.see("/review?whose=all")).text
    shown = said(await coder.see(page))
    assert "chosen Acute <b>testitis</b>" in shown
    assert "An offered answer was chosen, and it fits" in shown
    await coder.send(page, f"{page}/begin")
    done = await coder.send(page, page, outcome="AGREED_DOCUMENTED", reference="Addendum of today", reason="clear")
    row = await house.row(query_id)
    assert done.headers["location"] == f"/charts/{row['chart_id']}?done=outcome"
    assert (row["outcome"], row["documentation_ref"], row["reason"]) == (
        "AGREED_DOCUMENTED",
        "Addendum of today",
        "clear",
    )
    assert page not in (await coder.see("/review")).text


@pytest.mark.database
@pytest.mark.asyncio
async def test_without_an_outcome_the_form_comes_back_with_what_was_typed(house: House) -> None:
    query_id, _, coder = await answered(house)
    page = f"/review/{query_id}"
    wrong = await coder.send(page, page, outcome="", reference="Addendum <of> today", reason="x" * 2_001)
    assert wrong.status_code == 422
    assert "Choose what the answer means." in wrong.text
    assert "At most 2000 characters." in wrong.text
    assert "Addendum &lt;of&gt; today" in wrong.text
    assert (await house.row(query_id))["outcome"] is None


@pytest.mark.database
@pytest.mark.asyncio
async def test_an_answer_that_settles_nothing_is_asked_again_and_both_queries_name_each_other(house: House) -> None:
    query_id, _, coder = await answered(house, choice="other", text="ok")
    page = f"/review/{query_id}"
    assert "These words name no condition" in (await coder.see(page)).text
    done = await coder.send(page, page, outcome="INADEQUATE_RESPONSE")
    assert done.headers["location"].endswith("?done=follow_up")
    chart_id = (await house.row(query_id))["chart_id"]
    follow_up = await house.built(chart_id, verdict="review")
    assert follow_up != query_id
    assert f"/review/{follow_up}" in (await coder.see(page)).text
    assert "Asked before" in (await coder.see(f"/review/{follow_up}")).text
    assert f"/gaps/new?chart={chart_id}" in (await coder.see(page)).text


@pytest.mark.database
@pytest.mark.asyncio
async def test_a_changed_answer_shows_what_was_changed(house: House) -> None:
    query_id, provider, coder = await answered(house)
    first = (await house.rows("SELECT response_id FROM responses"))[0]["response_id"]
    house.now += timedelta(minutes=10)
    await provider.send(f"/queries/{query_id}", f"/queries/{query_id}/answer", choice="o2", amends=first)
    page = (await coder.see(f"/review/{query_id}")).text
    assert "What the provider changed" in page
    assert "<ins>Chronic</ins>" in page
    assert "Earlier answers (1)" in page


@pytest.mark.database
@pytest.mark.asyncio
async def test_an_unable_to_determine_says_what_it_means(house: House) -> None:
    query_id, _, coder = await answered(house, choice="undetermined")
    assert "It is not a “no”" in (await coder.see(f"/review/{query_id}")).text


@pytest.mark.database
@pytest.mark.asyncio
async def test_an_answer_after_the_end_is_a_task_until_somebody_decides(house: House) -> None:
    query_id = await house.issued()
    chart_id = (await house.row(query_id))["chart_id"]
    provider, coder = await house.browser("u-ferro"), await house.browser("ada")
    form = await provider.see(f"/queries/{query_id}")
    await house.discharge(chart_id)
    specialist = await house.browser("bo")
    chart = f"/charts/{chart_id}"
    await specialist.send(chart, f"{chart}/finalize-unanswered", reason="the bill is due")
    house.now += timedelta(minutes=10)
    await provider.resend(form, f"/queries/{query_id}/answer", choice="o1")
    assert (await house.row(query_id))["outcome"] == "NO_RESPONSE_CLOSED"
    page = f"/review/{query_id}"
    assert "Came after the end" in (await coder.see("/review")).text
    assert "Acute &lt;b&gt;testitis&lt;/b&gt;" in (await coder.see(page)).text
    assert "Choose what the late answer changes." in (await coder.send(page, f"{page}/late")).text
    done = await coder.send(page, f"{page}/late", decision="no_change", reason="the note said it already")
    assert done.headers["location"] == "/review?done=late_settled"
    assert "Came after the end" not in (await coder.see("/review")).text
    assert "Decided: no change." in (await coder.see(page)).text
    assert "it was decided what the late answer changes" in (await coder.see(chart)).text
    row = await house.row(query_id)
    assert (row["late_at"], row["late_decision"], row["reason"]) == (None, "no_change", "the bill is due")


@pytest.mark.database
@pytest.mark.asyncio
async def test_only_reviewers_open_the_review(house: House) -> None:
    query_id, provider, _ = await answered(house)
    for browser in (provider, await house.browser("cleo")):
        assert (await browser.see("/review")).status_code == 403
        assert (await browser.see(f"/review/{query_id}")).status_code == 403
