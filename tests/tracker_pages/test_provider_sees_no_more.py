"""Whatever happens to a query, no page and no answer of the API shows its provider what is the house's business.

Every state that a query can reach is reached, and everything a provider can open is opened in it.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, get_args
from uuid import UUID

import pytest

from schemas.gaps import CoderOnly
from schemas.vocabulary import Outcome
from services.tracker.decisions import answers, closing, desk
from services.tracker.lifecycle import QUERY_EDGES
from services.tracker.pages.words import WORDS
from tests.tracker_pages.house import FINDING, Browser, House

pytestmark = [pytest.mark.database, pytest.mark.asyncio]

CODES = CoderOnly(suspected_codes=("CANARY-CODE",), impact={"drg": "CANARY-WEIGHT"}, note="CANARY-NOTE")
REASON = "CANARY-REASON"
OUTCOMES = get_args(Outcome)
SECRET = re.compile(
    "|".join(
        [
            "CANARY",
            re.escape(FINDING.message),
            re.escape(FINDING.suggestion),
            *OUTCOMES,
            *(re.escape(WORDS[one]) for one in OUTCOMES if one in WORDS),
            r"\bR-\d\d\b",
            r"(?i:\b(?:DRG|HCC|MCC|payments?|reimburse\w*|revenue|severity|impact|agree(?:d|ment)?|verdict)\b)",
        ]
    )
)
FIELDS = re.compile(r'"(?:outcome|findings|verdict|ruleset|gap_uid|author_id|held_reason|approval_reason|template_id)"')
Step = Callable[[House, UUID, Browser], Awaitable[object]]


async def an_approved_query(house: House) -> UUID:
    """A query with codes, findings and an approval behind it."""
    query = await house.held(coder_only=CODES, documented=())
    row = await house.row(query)
    page = f"/held/{query}"
    approved = await (await house.browser("vera")).send(
        page, f"{page}/approve", content_hash=row["content_hash"], reason=REASON
    )
    assert approved.status_code == 303, approved.text
    issued = await house.built(row["chart_id"], verdict="review")
    assert (await house.row(issued))["state"] == "issued"
    return issued


async def decide(house: House, query: UUID, step: Callable[..., object], *more: Any) -> None:
    """Take a step of staff, whatever page they take it on."""
    chart = (await house.row(query))["chart_id"]
    async with house.office.deciding([chart]) as (books, _):
        step(books.journal, chart, query, *more)


async def answer(house: House, query: UUID, provider: Browser) -> None:
    await provider.send(f"/queries/{query}", f"/queries/{query}/answer", choice="o1")


async def review(house: House, query: UUID, provider: Browser) -> None:
    await answer(house, query, provider)
    await decide(house, query, answers.begin_review, "bo")


def close(outcome: str) -> Step:
    async def closed(house: House, query: UUID, provider: Browser) -> None:
        await answer(house, query, provider)
        await decide(house, query, answers.set_outcome, outcome, "bo", REASON)

    return closed


async def unanswered(house: House, query: UUID, provider: Browser) -> None:
    chart = (await house.row(query))["chart_id"]
    await house.discharge(chart)
    async with house.office.deciding([chart]) as (books, _):
        closing.finalize_unanswered(books.journal, chart, "cleo", "compliance", REASON)
    assert (await house.row(query))["outcome"] == "NO_RESPONSE_CLOSED"


async def withdraw(house: House, query: UUID, provider: Browser) -> None:
    await decide(house, query, desk.withdraw_query, "error", "bo")


async def supersede(house: House, query: UUID, provider: Browser) -> None:
    house.now += timedelta(minutes=10)
    await house.raise_gap(occurred_at=house.now, axis="another one", coder_only=CODES)


async def escalate(house: House, query: UUID, provider: Browser) -> None:
    await decide(house, query, desk.escalate, 2, ("okafor",), "notifier")
    await decide(house, query, desk.expire, "notifier")


async def nothing(house: House, query: UUID, provider: Browser) -> None:
    """It was issued, and waits."""


async def opened(house: House, query: UUID, provider: Browser) -> None:
    await provider.see(f"/queries/{query}")


STEPS: dict[str, tuple[Step, str]] = {
    "issued": (nothing, "issued"),
    "opened": (opened, "opened"),
    "escalated": (escalate, "issued"),
    "answered": (answer, "answered"),
    "reviewed": (review, "under_review"),
    "withdrawn": (withdraw, "withdrawn"),
    "superseded": (supersede, "superseded"),
    "unanswered": (unanswered, "closed"),
    **{outcome: (close(outcome), "closed") for outcome in OUTCOMES if outcome != "NO_RESPONSE_CLOSED"},
}


@pytest.mark.parametrize("name", STEPS)
async def test_nothing_of_the_house_s_business_stands_on_what_a_provider_can_open(house: House, name: str) -> None:
    step, state = STEPS[name]
    query = await an_approved_query(house)
    provider = await house.browser("u-ferro")
    await step(house, query, provider)
    assert (await house.row(query))["state"] == state
    seen = 0
    for path in ("/inbox", f"/queries/{query}", f"/queries/{query}/not-mine", "/coverage"):
        for headers in ({}, {"HX-Request": "true"}):
            page = await provider.see(path, **headers)
            found = SECRET.search(page.text)
            assert found is None, f"{path} ({name}) shows {found}"
            seen += page.status_code == 200
    assert seen >= 6
    for path in ("/api/v1/queries", f"/api/v1/queries/{query}"):
        told = (await provider.see(path)).text
        assert str(query) in told
        assert SECRET.search(told) is None, SECRET.search(told)
        assert FIELDS.search(told) is None, FIELDS.search(told)


async def test_the_staff_s_page_does_show_it_so_that_the_test_above_can_fail(house: House) -> None:
    query = await an_approved_query(house)
    await close("DISAGREED")(house, query, await house.browser("u-ferro"))
    page = (await (await house.browser("bo")).see(f"/queries/{query}")).text
    assert set(SECRET.findall(page)) >= {"CANARY", "R-09", WORDS["DISAGREED"]}


async def test_every_state_in_which_a_provider_sees_a_query_is_tried(house: House) -> None:
    reached = {state for _, state in STEPS.values()}
    elsewhere = {"held", "delivered", "awaiting_cosign", "awaiting_documentation", "auto_resolved"}
    states = {state for edge in QUERY_EDGES.values() for state in (*edge.sources, edge.target)} - {"(new)", "(same)"}
    assert reached | elsewhere == states
