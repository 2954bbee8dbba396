"""A provider's work beside the answer: passing on, asking, coming back later, cosigning, covering, the record."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from html import unescape
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from compliance import check, shipped_knowledge
from schemas.check import CheckDocument, CheckIndicator, MessageDocument
from schemas.gaps import DocumentedTerm
from schemas.requests import QueryRequested
from services.foundation.database import Database
from services.tracker import record, treating
from services.tracker.directory import Coverage, set_coverage
from services.tracker.pages import evidence
from services.tracker.pages.answering import READY_REMARKS, offered
from services.tracker.pages.times import quick_choices
from services.tracker.policy import Policy
from services.tracker.treating import Colleague, Treating
from tests.tracker_pages.house import BASE, START, House, text_for, token_in

database = pytest.mark.database
NOW = datetime(2026, 3, 5, 2, 0, tzinfo=ZoneInfo("UTC"))
WEEK = timedelta(days=7)
QUESTION = "Which of the two notes is meant?"
REPLY = "The question is about the wound described in the nursing note of 3 March."


def shown(text: str) -> str:
    """A page's words, without its marks and line breaks."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


# later


def test_at_two_in_the_night_the_morning_is_one_tap_away() -> None:
    words = [(one.words, f"{one.at:%d %H:%M}") for one in quick_choices(NOW, "UTC", WEEK)]
    assert words == [
        ("In 2 hours", "05 04:00"),
        ("This morning", "05 07:00"),
        ("This evening", "05 18:00"),
        ("Tomorrow morning", "06 08:00"),
        ("The day after tomorrow", "07 08:00"),
    ]


def test_no_time_is_offered_that_is_over_too_near_or_further_than_the_house_allows() -> None:
    for hour in range(24):
        now = NOW + timedelta(hours=hour)
        for one in quick_choices(now, "America/New_York", timedelta(hours=20)):
            assert timedelta(minutes=45) <= one.at - now <= timedelta(hours=20)


def test_mornings_are_those_of_the_facility_even_when_its_clocks_change() -> None:
    eve = datetime(2026, 3, 7, 20, tzinfo=ZoneInfo("America/New_York"))  # clocks go forward this night
    offered_times = {one.words: one.at for one in quick_choices(eve, "America/New_York", WEEK)}
    assert f"{offered_times['Tomorrow morning']:%d %H:%M %Z}" == "08 08:00 EDT"


@database
@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"at": "2026-03-04T17:00"}, "only be deferred to a time ahead"),
        ({"at": "2026-04-30T08:00"}, "deferred by at most 7 days"),
        ({"at": "soon"}, "A time looks like"),
        ({}, "The time is needed"),
    ],
)
async def test_a_time_that_cannot_be_is_told_on_the_page_of_the_query(
    house: House, fields: dict[str, str], says: str
) -> None:
    query = await house.issued()
    browser = await house.browser("u-ferro")
    response = await browser.send(f"/queries/{query}", f"/queries/{query}/later", **fields)
    assert response.status_code == 422
    assert says in response.text
    assert "Sign this answer" in response.text
    assert (await house.row(query))["deferred_until"] is None


@database
@pytest.mark.asyncio
async def test_a_provider_chooses_any_time_of_the_house_s_zone(tracker_database: Database) -> None:
    house = House(tracker_database, Policy(zone="America/New_York"))
    await house.people()
    query = await house.issued()
    browser = await house.browser("u-ferro")
    await browser.send(f"/queries/{query}", f"/queries/{query}/later", at="2026-03-05T06:30")
    due = datetime(2026, 3, 5, 6, 30, tzinfo=ZoneInfo("America/New_York"))
    assert (await house.row(query))["deferred_until"] == due


# not mine


def test_who_wrote_and_who_treats_is_suggested_each_once_with_the_nearest_reason() -> None:
    people = {one: Colleague(one, f"Dr. {one.title()}", "attending") for one in "abcdefgh"}
    found = Treating(attending="a", wrote=("b", "a", "gone"), asked=("c", "b"), covers=("d",), service_default="e")
    assert [(one.id, one.why) for one in treating.ranked(found, people, without=("c",))] == [
        ("b", treating.WROTE),
        ("a", treating.WROTE),
        ("d", treating.COVERS),
        ("e", treating.SERVICE),
    ]
    many = replace(found, asked=tuple("cdefgh"))
    assert len(treating.ranked(many, people, without=())) == treating.MOST


@database
@pytest.mark.asyncio
async def test_a_colleague_who_wrote_about_it_is_suggested_and_nobody_else_s_secrets_are(house: House) -> None:
    wrote = DocumentedTerm(term="swollen test", source="Progress note", author_id="okafor")
    query = await house.issued(documented=(wrote,))
    await house.issued("g2", to="lind", sensitivity="psychiatry")
    browser = await house.browser("u-ferro")
    page = shown((await browser.see(f"/queries/{query}/not-mine")).text)
    assert f"Dr. Okafor Invented (attending: {treating.WROTE})" in page
    assert "Dr. Lind Invented" not in page
    found = await browser.send(f"/queries/{query}/not-mine", f"/queries/{query}/not-mine", who="lind INV", find="1")
    assert "Dr. Lind Invented (resident)" in shown(found.text)
    assert (await house.row(query))["recipient_id"] == "ferro"


@database
@pytest.mark.asyncio
@pytest.mark.parametrize("who", ["%", "_", "\\", "nobody at all"])
async def test_looking_for_a_name_finds_names_and_no_patterns(house: House, who: str) -> None:
    query = await house.issued()
    aside = f"/queries/{query}/not-mine"
    found = await (await house.browser("u-ferro")).send(aside, aside, who=who, find="1")
    assert "Nobody of that name can be asked here." in found.text


@database
@pytest.mark.asyncio
async def test_while_one_types_a_script_gets_the_names_alone(house: House) -> None:
    query = await house.issued()
    browser = await house.browser("u-ferro")
    aside = f"/queries/{query}/not-mine"
    token = token_in(await browser.see(aside))
    fields = {"csrf": token, "who": "okafor", "find": "1"}
    found = await browser.client.post(aside, data=fields, headers={"Origin": BASE, "HX-Request": "true"})
    assert "Dr. Okafor Invented" in found.text
    assert "<html" not in found.text


@database
@pytest.mark.asyncio
async def test_who_does_not_know_whose_it_is_tells_the_author(house: House) -> None:
    query = await house.issued()
    browser = await house.browser("u-ferro")
    aside = f"/queries/{query}/not-mine"
    done = await browser.send(aside, aside, provider_id="author", why="patient", reason="never met her")
    assert done.headers["location"] == f"/queries/{query}?done=questioned"
    questions = shown((await (await house.browser("ada")).see("/questions")).text)
    assert "This is not mine, and I do not know whose it is. Not my patient: never met her" in questions


# questions to the author


@database
@pytest.mark.asyncio
async def test_a_question_reaches_its_author_and_the_reply_the_provider(house: House) -> None:
    query = await house.issued()
    page = f"/queries/{query}"
    ferro, ada = await house.browser("u-ferro"), await house.browser("ada")
    asked = await ferro.send(page, f"{page}/question", question=QUESTION)
    assert asked.headers["location"] == f"{page}?done=questioned"
    assert "you asked; no reply yet" in (await ferro.see("/inbox")).text
    assert QUESTION in (await ada.see("/questions")).text
    refused = await ada.send(page, f"{page}/reply", reply="Please document sepsis, the DRG depends on it.")
    assert refused.status_code == 422
    assert "The check does not let this text through" in refused.text
    assert "R-18" in refused.text
    assert "the DRG depends on it.</textarea>" in refused.text
    assert (await ada.send(page, f"{page}/reply", reply=REPLY)).headers["location"].endswith("done=replied")
    assert "No provider waits for a reply." in (await ada.see("/questions")).text
    read = shown((await ferro.see(page)).text)
    assert f"Ada Staffsample replied, 2026-03-04 18:00 UTC {REPLY}" in read
    assert "sepsis" not in read
    assert "the author replied" in (await ferro.see("/inbox")).text


@database
@pytest.mark.asyncio
async def test_a_coder_sees_the_questions_on_own_queries_and_a_cdi_specialist_all(house: House) -> None:
    query = await house.issued(by="bo")
    await (await house.browser("u-ferro")).send(f"/queries/{query}", f"/queries/{query}/question", question=QUESTION)
    assert QUESTION not in (await (await house.browser("ada")).see("/questions")).text
    assert QUESTION in (await (await house.browser("vera")).see("/questions")).text
    assert (await (await house.browser("u-ferro")).see("/questions")).status_code == 403


@database
@pytest.mark.asyncio
async def test_an_empty_question_and_one_too_long_are_asked_for_again(house: House) -> None:
    query = await house.issued()
    browser = await house.browser("u-ferro")
    for text in ("", "x" * 1_001):
        response = await browser.send(f"/queries/{query}", f"/queries/{query}/question", question=text)
        assert response.status_code == 422
        assert "at most 1,000 characters" in response.text


# the record


def test_each_answer_shows_the_line_that_the_record_will_have() -> None:
    request = QueryRequested.model_construct(phase="concurrent", basis=_Basis(), recipient_role="attending")
    text = text_for(request)
    for one, option in zip(offered(text), text.options, strict=True):
        assert (one.id, one.text) == (option.id, option.text)
        assert one.line == record.Line("Answer", option.text)
    assert [one.needs_words for one in offered(text)] == [False, False, True, False]


class _Basis:
    category = "missing_diagnosis"


def test_a_question_without_options_is_answered_in_own_words_or_not_at_all() -> None:
    request = QueryRequested.model_construct(phase="concurrent", basis=_Basis(), recipient_role="attending")
    open_ended = text_for(request).model_copy(update={"options": ()})
    assert [(one.text, one.line.value) for one in offered(open_ended)] == [
        ("In my own words, as written below", "As written below"),
        ("Unable to determine", "Unable to determine"),
    ]


@database
@pytest.mark.asyncio
async def test_what_was_shown_before_signing_is_what_stands_in_the_record(house: House) -> None:
    query = await house.issued()
    browser = await house.browser("u-ferro")
    before = shown((await browser.see(f"/queries/{query}")).text)
    await browser.send(f"/queries/{query}", f"/queries/{query}/answer", choice="o2", text="  since last week ")
    (stored,) = await house.rows("SELECT record_text FROM responses")
    question, answer, words, signed = stored["record_text"].splitlines()
    for line in (question, answer, signed.replace("2026-03-04 18:00 UTC", record.SIGNED_LATER)):
        assert line in before
    assert words == f"{record.OWN_WORDS}: since last week"
    assert words.split(":")[0] in before
    assert " ".join(stored["record_text"].split()) in shown((await browser.see(f"/queries/{query}")).text)


# cosigning


@pytest_asyncio.fixture
async def to_cosign(house: House) -> AsyncIterator[UUID]:
    """A resident's answer that waits for Dr. Ferro."""
    query = await house.issued(to="lind")
    await house.encounter((await house.row(query))["chart_id"], attending_id="ferro")
    resident = await house.browser("u-lind")
    await resident.send(f"/queries/{query}", f"/queries/{query}/answer", choice="o1")
    yield query


@database
@pytest.mark.asyncio
async def test_an_answer_sent_back_stands_on_top_of_the_signer_s_inbox_and_comes_again_when_changed(
    house: House, to_cosign: UUID
) -> None:
    page = f"/queries/{to_cosign}"
    attending, resident = await house.browser("u-ferro"), await house.browser("u-lind")
    assert "To cosign" in (await attending.see("/inbox")).text
    house.now += timedelta(minutes=5)
    done = await attending.send(page, f"{page}/send-back", remark=READY_REMARKS[0])
    assert done.headers["location"] == "/inbox?done=sent_back"
    assert "To cosign" not in (await attending.see("/inbox")).text
    assert "Sent back to you" in (await resident.see("/inbox")).text
    assert READY_REMARKS[0] in (await resident.see(page)).text
    house.now += timedelta(minutes=5)
    given = (await house.row(to_cosign))["response_id"]
    await resident.send(page, f"{page}/answer", choice="o2", amends=given)
    assert "Sent back to you" not in (await resident.see("/inbox")).text
    assert "To cosign" in (await attending.see("/inbox")).text


@database
@pytest.mark.asyncio
async def test_an_answer_that_changed_since_it_was_read_is_not_cosigned_unread(house: House, to_cosign: UUID) -> None:
    page = f"/queries/{to_cosign}"
    read = (await house.row(to_cosign))["response_id"]
    await (await house.browser("u-lind")).send(page, f"{page}/answer", choice="o2", amends=read)
    late = await (await house.browser("u-ferro")).send(page, f"{page}/cosign", response_id=read)
    assert late.status_code == 409
    assert "changed since you read it" in late.text
    assert (await house.row(to_cosign))["state"] == "awaiting_cosign"


@database
@pytest.mark.asyncio
async def test_a_remark_that_pushes_is_not_sent_and_names_no_rule(house: House, to_cosign: UUID) -> None:
    page = f"/queries/{to_cosign}"
    attending = await house.browser("u-ferro")
    for own in ("You must write sepsis, the hospital loses money otherwise.", ""):
        refused = await attending.send(page, f"{page}/send-back", own=own)
        assert refused.status_code == 422
        assert not re.search(r"R-\d\d", refused.text)
    assert await house.rows("SELECT 1 FROM remarks") == []


def test_every_ready_remark_passes_the_check() -> None:
    for text in READY_REMARKS:
        message = MessageDocument(kind="notification", channel="inbox", body=text)
        assert check(CheckDocument(id="remark", message=message), shipped_knowledge()).verdict == "pass", text


# the next one


@database
@pytest.mark.asyncio
async def test_after_signing_the_next_query_of_the_same_patient_is_one_tap_away(house: House) -> None:
    first, second = await house.issued("g1"), await house.issued("g2")
    browser = await house.browser("u-ferro")
    signed = await browser.send(f"/queries/{first}", f"/queries/{first}/answer", choice="o1")
    page = (await browser.see(signed.headers["location"])).text
    assert f'<a class="button" href="/queries/{second}">Next on this patient (1)</a>' in page
    signed = await browser.send(f"/queries/{second}", f"/queries/{second}/answer", choice="o1")
    assert "Next on this patient" not in (await browser.see(signed.headers["location"])).text


# evidence


def readings(count: int, names: int = 1) -> Any:
    items = tuple(CheckIndicator(name=f"Marker {n * names // count}", value=str(n)) for n in range(count))
    request = QueryRequested.model_construct(phase="concurrent", basis=_Basis(), recipient_role="attending")
    return text_for(request).model_copy(update={"indicators": items})


@pytest.mark.parametrize("count", [0, 1, 8, 9, 10, 60])
def test_long_evidence_is_folded_with_its_count_and_nothing_is_lost_or_moved(count: int) -> None:
    text = readings(count, 3)
    made = evidence.arranged(text)
    assert tuple(one for group in (*made.first, *made.folded) for one in group.items) == text.indicators
    assert sum(len(group.items) for group in made.first) == (count if count < 10 else 8)
    assert made.more == (0 if count < 10 else count - 8)


def test_readings_of_one_name_stand_together() -> None:
    assert [(group.name, len(group.items)) for group in evidence.arranged(readings(6, 2)).first] == [
        ("Marker 0", 3),
        ("Marker 1", 3),
    ]


# two at once


@database
@pytest.mark.asyncio
async def test_of_two_who_sign_at_the_same_moment_one_is_told_that_it_was_answered(house: House) -> None:
    query = await house.issued()
    ferro, okafor = await house.browser("u-ferro"), await house.browser("u-okafor")
    async with house.database.transaction({"app.system": "on"}) as conn:
        covers = Coverage(provider_id="ferro", covered_by="okafor", starts_at=START, ends_at=house.now + WEEK)
        await set_coverage(conn, covers)
    page = f"/queries/{query}"
    sent = await asyncio.gather(
        ferro.send(page, f"{page}/answer", choice="o1"), okafor.send(page, f"{page}/answer", choice="o2")
    )
    assert sorted(one.headers["location"].split("=")[1] for one in sent) == ["accepted", "late"]
