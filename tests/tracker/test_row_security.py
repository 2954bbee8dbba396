"""Promise 5 in the database itself: what a role's scope does not reach is not there."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from schemas.gaps import Addressee
from services.tracker.decisions import desk
from services.tracker.identity import Actor
from services.tracker.model import Recipient
from tests.tracker.conftest import Floor, event, response, rise

pytestmark = [pytest.mark.database, pytest.mark.asyncio]

ALL = (
    "charts",
    "chart_states",
    "gaps",
    "queries",
    "responses",
    "remarks",
    "copies",
    "event_log",
    "event_payloads",
    "parked",
    "dead_letters",
)


def provider(provider_id: str, *covers: str) -> dict[str, str]:
    return Actor(provider_id, provider_id, frozenset({"provider"}), provider_id, frozenset(covers)).scope()


def staff(*, sensitive: bool = False) -> dict[str, str]:
    return Actor("x", "x", frozenset({"coder"}), sensitive=sensitive).scope()


async def seen(floor: Floor, scope: dict[str, str], what: str = "query_id", table: str = "queries") -> list[Any]:
    rows = await floor.rows(f"SELECT {what} AS it FROM {table} ORDER BY it", scope=scope)
    return [row["it"] for row in rows]


async def an_answered_query(floor: Floor, **gap: Any) -> UUID:
    (query,) = await floor.issue(rise(raised_by="c-17", **gap))
    await floor.take(event(response(query), "ehr"))
    return query


@pytest.mark.parametrize("scope", [{}, {"app.provider": ""}, {"app.staff": ""}, provider("dr-okafor")])
async def test_without_a_right_nothing_is_there(floor: Floor, scope: dict[str, str]) -> None:
    await an_answered_query(floor)
    for table in ALL:
        assert await floor.rows(f"SELECT 1 FROM {table}", scope=scope) == [], table


async def test_without_the_system_s_scope_nothing_can_be_written(floor: Floor) -> None:
    await an_answered_query(floor)
    for scope in ({}, staff(sensitive=True), provider("dr-ferro")):
        for table in ("queries", "gaps", "charts", "responses"):
            column = "query_id" if table == "responses" else "chart_id"
            assert await floor.rows(f"UPDATE {table} SET {column} = {column} RETURNING 1", scope=scope) == []
            assert await floor.rows(f"DELETE FROM {table} RETURNING 1", scope=scope) == []


async def test_a_provider_sees_what_is_addressed_to_them_and_its_answers(floor: Floor) -> None:
    query = await an_answered_query(floor)
    ferro = provider("dr-ferro")
    assert await seen(floor, ferro) == [query]
    assert await seen(floor, ferro, "response_id", "responses") == ["r1"]
    assert len(await seen(floor, ferro, "chart_id", "charts")) == 1
    for table in ("gaps", "chart_states", "event_payloads"):
        assert await floor.rows(f"SELECT 1 FROM {table}", scope=ferro) == []


async def test_who_covers_sees_it_too(floor: Floor) -> None:
    query = await an_answered_query(floor)
    assert await seen(floor, provider("dr-okafor", "dr-lind", "dr-ferro")) == [query]
    assert await seen(floor, provider("dr-okafor", "dr-lind")) == []


async def test_who_was_copied_by_an_escalation_sees_it_too(floor: Floor, office: Any) -> None:
    (query,) = await floor.issue(rise(raised_by="c-17"))
    (row,) = await floor.rows("SELECT chart_id FROM queries")
    async with office.deciding([row["chart_id"]]) as (books, _):
        desk.escalate(books.journal, row["chart_id"], query, 1, ("dr-okafor",), "notifier")
    assert await seen(floor, provider("dr-okafor")) == [query]
    assert await seen(floor, provider("dr-lind", "dr-okafor")) == [query], "who covers for the copied one too"


async def test_a_provider_sees_nothing_that_was_not_issued(floor: Floor) -> None:
    await floor.take(event(rise(), "nlp"))
    await floor.build()
    assert await seen(floor, provider("dr-ferro")) == []
    assert len(await seen(floor, staff())) == 1


async def test_a_text_held_again_for_a_worse_verdict_is_not_shown_to_its_new_recipient(
    floor: Floor, office: Any
) -> None:
    (query,) = await floor.issue(rise(raised_by="c-17"))
    (row,) = await floor.rows("SELECT chart_id FROM queries")
    async with office.deciding([row["chart_id"]]) as (books, _):
        to = Recipient(provider_id="nurse-pell", role="nurse")
        desk.redirect(books.journal, row["chart_id"], query, to, "cdi-bo", "hers")
    (after,) = await floor.rows("SELECT state, verdict, recipient_id FROM queries")
    assert after["state"] == "held", after
    assert await seen(floor, provider("nurse-pell")) == []
    async with office.deciding([row["chart_id"]]) as (books, _):
        back = Recipient(provider_id="dr-okafor", role="attending")
        desk.redirect(books.journal, row["chart_id"], query, back, "cdi-bo", "his")
    assert await seen(floor, provider("dr-okafor")) == []
    assert await seen(floor, provider("nurse-pell")) == []


@pytest.mark.parametrize("sensitivity", ["substance_use", "hiv", "psychiatry"])
async def test_staff_see_sensitive_records_only_by_explicit_right(floor: Floor, sensitivity: str) -> None:
    query = await an_answered_query(floor, sensitivity=sensitivity)
    for table in ("gaps", "queries", "responses"):
        assert await floor.rows(f"SELECT 1 FROM {table}", scope=staff()) == []
    assert await seen(floor, staff(sensitive=True)) == [query]
    assert await seen(floor, provider("dr-ferro")) == [query]


async def test_the_timeline_of_a_query_is_seen_by_who_sees_the_query(floor: Floor) -> None:
    await an_answered_query(floor, sensitivity="hiv", addressee=Addressee(provider_id="dr-ferro"))
    assert set(await seen(floor, staff(), "subject", "event_log")) == {"chart"}
    assert await seen(floor, provider("dr-okafor"), "transition", "event_log") == []
    assert "answered" in await seen(floor, staff(sensitive=True), "transition", "event_log")
    assert "answered" in await seen(floor, provider("dr-ferro"), "transition", "event_log")


async def test_the_notifier_s_role_cannot_even_name_the_tracker_s_tables(notifier_database: Any) -> None:
    import psycopg

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        async with notifier_database.transaction() as conn:
            await conn.execute("SELECT 1 FROM tracker.queries")
