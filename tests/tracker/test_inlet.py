"""What comes by Kafka, applied in batches on PostgreSQL: results, answers, parked references, dead letters, timers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from schemas.encounters import DocumentationAppeared
from schemas.events import QUERIES, Event, make, write
from schemas.gaps import Addressee, GapWithdrawn
from schemas.notifications import (
    EscalationRaised,
    NotificationFailed,
    NotificationPlanned,
    NotificationReceipt,
    NotificationSent,
    StepDue,
)
from schemas.queries import QueryIssued
from services.foundation.consuming import BatchConsumer
from services.foundation.kafka import Record
from services.foundation.timers import TimerLoop
from services.tracker import expectations
from services.tracker.decisions import desk
from services.tracker.directory import ProviderRecord, import_providers, read_directory, search_recipients
from services.tracker.office import Office
from services.tracker.status import TemplateCount, read_status
from services.tracker.store import SYSTEM_SCOPE
from services.tracker.watch import Watch, hasten_requests
from tests.tracker.conftest import Floor, encounter, event, response, rise
from tests.tracker.support import FACILITY, at

pytestmark = [pytest.mark.database, pytest.mark.asyncio]


async def status(office: Office) -> Any:
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        return await read_status(conn, TemplateCount())


async def the_chart(floor: Floor) -> str:
    (row,) = await floor.rows("SELECT chart_id FROM charts")
    chart_id: str = row["chart_id"]
    return chart_id


async def test_a_gap_becomes_an_issued_query_an_answer_and_a_ready_chart(floor: Floor, office: Office) -> None:
    (query,) = await floor.issue()
    await floor.take(event(response(query), "ehr"), encounter(ended_at=at(59)))
    assert await floor.state(query) == "answered"
    chart_id = await the_chart(floor)
    async with office.deciding([chart_id]) as (books, _):
        from services.tracker.decisions import answers

        answers.set_outcome(books.journal, chart_id, query, "AGREED_DOCUMENTED", "cdi-bo", None)
    assert [data["chart_id"] for data in await floor.published("chart.ready")] == [chart_id]
    assert (await status(office)).unaccounted == 0


async def test_a_whole_case_may_come_in_one_batch(floor: Floor) -> None:
    withdrawal = GapWithdrawn(gap_id="g2", occurred_at=at(58), facility=FACILITY, encounter_number="E1")
    await floor.take(
        withdrawal, rise("g2"), encounter(ended_at=at(59)), rise("g3", "E2"), encounter("E2", ended_at=at(1))
    )
    rows = await floor.rows("SELECT encounter_number, status FROM charts ORDER BY encounter_number")
    assert [(row["encounter_number"], row["status"]) for row in rows] == [("E1", "ready"), ("E2", "holding")]


async def test_who_raised_a_gap_is_what_compliance_says_of_its_source(floor: Floor) -> None:
    await floor.take(
        event(rise("a", "E1", raised_by="c-17")),
        event(rise("b", "E2", raised_by="coder-ada"), "stranger"),
        event(rise("c", "E3"), "robot"),
        event(rise("d", "E4", raised_by="unknown")),
    )
    rows = await floor.rows("SELECT gap_id, author_id FROM gaps ORDER BY gap_id")
    assert [row["author_id"] for row in rows] == ["coder-ada", None, None, None]
    releases = [request.release for request in await floor.requests()]
    assert releases == ["automatic", "any_person", "automatic", "any_person"]


async def test_the_request_names_nobody(floor: Floor) -> None:
    await floor.take(event(rise(raised_by="c-17", coder_only={"suspected_codes": ["N17.9"]})))
    (row,) = await floor.rows("SELECT payload FROM outbox WHERE type = 'cdi.query.requested.v1'")
    text = bytes(row["payload"]).decode()
    assert not any(word in text for word in ("N17.9", "Wilhelmina", "MRN-", "c-17", "coder-ada", "dr-ferro"))


async def test_two_different_results_for_one_request_raise_an_alarm(floor: Floor, office: Office) -> None:
    await floor.issue()
    (result,) = await floor.results()
    assert isinstance(result, QueryIssued)
    other = result.model_copy(update={"content_hash": "f" * 64, "result_id": uuid4()})
    await floor.take(event(other, "cdi-query/query-builder"))
    alarms = (await status(office)).alarms
    assert [(alarm.kind, alarm.count) for alarm in alarms] == [("result_anomaly", 1)]
    (row,) = await floor.rows("SELECT content_hash FROM queries")
    assert row["content_hash"] == result.content_hash


async def test_a_result_for_a_chart_that_is_not_here_changes_nothing(floor: Floor) -> None:
    await floor.take(event(rise(raised_by="c-17")))
    (result,) = await floor.results()
    await floor.take(event(result.model_copy(update={"chart_id": "nowhere"}), "cdi-query/query-builder"))
    assert await floor.rows("SELECT 1 FROM queries") == []
    assert len(await floor.rows("SELECT 1 FROM charts")) == 1


# answers


@pytest.mark.parametrize(
    ("source", "signer", "reason"),
    [
        ("coding", "c-17", "source_not_allowed"),
        ("stranger", "x-ferro", "source_not_allowed"),
        ("ehr", "x-nobody", "unknown_signer"),
        ("ehr", "x-okafor", "not_entitled"),
    ],
)
async def test_answers_count_only_from_allowed_sources_with_evidence_of_who_signed(
    floor: Floor, source: str, signer: str, reason: str
) -> None:
    (query,) = await floor.issue()
    await floor.take(event(response(query, signer=signer), source))
    assert await floor.state(query) == "issued"
    assert [data["reason"] for data in await floor.published("response.rejected")] == [reason]
    (row,) = await floor.rows("SELECT state, reason FROM parked")
    assert (row["state"], row["reason"]) == ("rejected", reason)


async def test_an_answer_that_does_not_fit_the_question_is_rejected(floor: Floor) -> None:
    (query,) = await floor.issue()
    await floor.take(event(response(query, option="o9"), "ehr"))
    assert [data["reason"] for data in await floor.published("response.rejected")] == ["unknown_option"]


async def test_an_answer_before_its_query_waits_and_is_applied_with_it(floor: Floor, office: Office) -> None:
    await floor.take(event(rise(raised_by="c-17")))
    (asked,) = await floor.requests()
    await floor.take(event(response(asked.query_id), "ehr"))
    assert (await status(office)).parked == 1
    assert (await status(office)).unaccounted == 2
    await floor.build()
    assert await floor.state(asked.query_id) == "answered"
    assert (await status(office)).unaccounted == 0


async def test_an_amendment_may_come_before_answer_and_query(floor: Floor) -> None:
    await floor.take(event(rise(raised_by="c-17")))
    (asked,) = await floor.requests()
    await floor.take(event(response(asked.query_id, "r2", "o3", amends="r1"), "ehr"))
    await floor.build()
    assert await floor.state(asked.query_id) == "issued"
    await floor.take(event(response(asked.query_id, "r1"), "ehr"))
    rows = await floor.rows("SELECT response_id, option_id, late FROM responses ORDER BY response_id")
    assert [(row["response_id"], row["option_id"], row["late"]) for row in rows] == [
        ("r1", "o1", False),
        ("r2", "o3", False),
    ]
    (row,) = await floor.rows("SELECT response_id FROM queries")
    assert row["response_id"] == "r2"
    assert [row["state"] for row in await floor.rows("SELECT state FROM parked")] == ["applied"]


async def test_an_answer_whose_query_never_comes_is_rejected_after_a_time_and_stays_listed(
    floor: Floor, office: Office
) -> None:
    await floor.take(event(response(uuid4()), "ehr"))
    (timer,) = await floor.rows("SELECT kind, due_at FROM timers")
    assert timer["kind"] == expectations.PARKED
    assert timer["due_at"] - office.clock() > timedelta(days=6, hours=23)
    await fire(office)
    assert [data["reason"] for data in await floor.published("response.rejected")] == ["unknown_query"]
    assert [row["state"] for row in await floor.rows("SELECT state FROM parked")] == ["rejected"]
    assert (await status(office)).unaccounted == 0


async def test_an_answer_that_was_rejected_may_be_sent_again(floor: Floor, office: Office) -> None:
    late = uuid4()
    await floor.take(event(response(late), "ehr"))
    await fire(office)
    await floor.take(event(response(late), "ehr"))
    assert [row["state"] for row in await floor.rows("SELECT state FROM parked")] == ["waiting"]


# notifications


def told(kind: type[Any], query: UUID, chart_id: str, **more: Any) -> Event:
    fields: dict[str, Any] = {"chart_id": chart_id, "query_id": query, "at": at(61), **more}
    if kind in (NotificationSent, NotificationFailed):
        fields |= {"notification_id": uuid4(), "channel": "email", "attempts": 1}
    return event(kind(**fields), "cdi-query/notifier")


async def test_a_delivery_is_noted_and_its_alarm_cleared(floor: Floor, office: Office) -> None:
    (query,) = await floor.issue()
    chart_id = await the_chart(floor)
    await fire(office)
    assert {alarm.kind for alarm in (await status(office)).alarms} == {expectations.PLAN, expectations.RECEIPT}
    planned = NotificationPlanned(chart_id=chart_id, query_id=query, sequence=3, policy="p", steps=())
    await floor.take(event(planned, "cdi-query/notifier"), told(NotificationSent, query, chart_id, step="s"))
    assert await floor.state(query) == "delivered"
    assert (await status(office)).alarms == ()


async def test_a_failed_or_bounced_message_raises_an_alarm(floor: Floor, office: Office) -> None:
    (query,) = await floor.issue()
    chart_id = await the_chart(floor)
    await floor.take(told(NotificationFailed, query, chart_id, step="s", error="smtp_550"))
    bounced = NotificationReceipt(
        chart_id=chart_id, query_id=query, notification_id=uuid4(), status="bounced", at=at(61)
    )
    await floor.take(event(bounced, "cdi-query/notifier"))
    assert [(alarm.kind, alarm.count) for alarm in (await status(office)).alarms] == [("notification_failed", 1)]


async def test_an_escalation_asks_the_attending_too_and_the_ladder_s_end_only_marks(floor: Floor) -> None:
    await floor.take(encounter(attending_id="dr-okafor"))
    (query,) = await floor.issue()
    chart_id = await the_chart(floor)
    await floor.take(
        told(EscalationRaised, query, chart_id, step="e1", level=1), told(StepDue, query, chart_id, step="z")
    )
    (row,) = await floor.rows("SELECT state, level, copied, expired FROM queries")
    assert row == {"state": "issued", "level": 1, "copied": ["dr-okafor"], "expired": True}


async def test_news_of_queries_that_are_not_here_changes_nothing(floor: Floor) -> None:
    await floor.issue()
    chart_id = await the_chart(floor)
    for chart in (chart_id, "nowhere"):
        await floor.take(
            told(NotificationSent, uuid4(), chart, step="s"),
            told(EscalationRaised, uuid4(), chart, step="e", level=1),
            told(StepDue, uuid4(), chart, step="z"),
        )
    assert len(await floor.rows("SELECT 1 FROM charts")) == 1


# timers


async def fire(office: Office) -> None:
    """Let every timer be due, and handle it."""
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        await conn.execute("UPDATE timers SET due_at = now() - interval '1 second' WHERE done_at IS NULL")
    loop = TimerLoop(office.database, Watch(office).fire, scope=SYSTEM_SCOPE)
    assert await loop.run_due() > 0


async def test_a_request_without_a_result_is_emitted_again_with_the_same_id(floor: Floor, office: Office) -> None:
    await floor.take(event(rise(raised_by="c-17")))
    await fire(office)
    first, second = await floor.requests()
    assert first == second
    rows = await floor.rows("SELECT event_id, payload FROM outbox WHERE type = 'cdi.query.requested.v1' ORDER BY id")
    assert rows[0]["event_id"] != rows[1]["event_id"]
    (timer,) = await floor.rows("SELECT due_at, done_at FROM timers WHERE kind = %s", expectations.REQUEST)
    assert timer["done_at"] is None
    assert timer["due_at"] - office.clock() > timedelta(seconds=50)
    await floor.build()
    await fire(office)
    assert len(await floor.requests()) == 2


async def test_the_patience_doubles_up_to_a_limit(office: Office) -> None:
    waits = [expectations.patience(office.policy, attempts).total_seconds() for attempts in (1, 2, 3, 6, 60, 5_000)]
    assert waits == [30, 60, 120, 600, 600, 600]


async def test_after_a_start_beside_a_broker_that_forgets_requests_are_due_at_once(
    floor: Floor, office: Office
) -> None:
    await floor.take(event(rise(raised_by="c-17")))
    await floor.rows("UPDATE timers SET due_at = now() + interval '1 day' RETURNING 1")
    await hasten_requests(office)
    (timer,) = await floor.rows("SELECT due_at < now() + interval '3 seconds' AS soon FROM timers")
    assert timer["soon"]


async def test_a_deferral_ends_by_its_timer_even_if_the_clocks_differ(floor: Floor, office: Office) -> None:
    (query,) = await floor.issue()
    chart_id = await the_chart(floor)
    async with office.deciding([chart_id]) as (books, _):
        desk.defer(books.journal, chart_id, query, office.clock() + timedelta(hours=1), "dr-ferro")
    await floor.rows("DELETE FROM timers WHERE kind <> %s RETURNING 1", expectations.RESUME)
    await fire(office)
    (row,) = await floor.rows("SELECT deferred_until, state FROM queries")
    assert row == {"deferred_until": None, "state": "issued"}


# whole records


def record(value: bytes | None, offset: int = 0, topic: str = "cdi.gaps.v1") -> Record:
    return Record(topic, 0, offset, b"key", value, (("h", b"\xff"),), at(60))


async def test_what_cannot_be_read_is_buried_and_the_rest_goes_on(floor: Floor, office: Office) -> None:
    consumer = BatchConsumer(
        consumer="tracker",
        database=office.database,
        apply=floor.inlet.apply,
        bury=floor.inlet.bury,
        now=office.clock,
        scope=SYSTEM_SCOPE,
    )
    good, again = event(rise("ok"), id="e1"), event(rise("other"), id="e1")
    circle = event(encounter("E9", merged_into_number="E9"), "adt")
    await consumer(
        [
            record(b"{", 0),
            record(write(good.envelope), 1),
            record(None, 2),
            record(write(again.envelope), 3),
            record(b"x" * 300_000, 4),
            record(write(make(rise("nul", axis="a\x00b"), id="e2", source="coding", time=at(60))), 5),
        ]
    )
    await consumer([record(write(circle.envelope), 6, "cdi.encounters.v1")])
    letters = await floor.rows('SELECT reason FROM dead_letters ORDER BY "offset"')
    reasons = ["not_json", "missing", "conflicting_identity", "oversized", "invalid", "handler_failed"]
    assert [row["reason"] for row in letters] == reasons
    assert [row["gap_id"] for row in await floor.rows("SELECT gap_id FROM gaps")] == ["ok"]
    assert [alarm.kind for alarm in (await status(office)).alarms] == ["handler_failed"]
    await consumer([record(b"{", 0), record(write(good.envelope), 1)])
    assert (await status(office)).dead_letters == 6


async def test_a_redelivered_result_is_taken_once(floor: Floor, office: Office) -> None:
    await floor.take(event(rise(raised_by="c-17")))
    (result,) = await floor.results()
    consumer = BatchConsumer(
        consumer="tracker",
        database=office.database,
        apply=floor.inlet.apply,
        bury=floor.inlet.bury,
        now=office.clock,
        scope=SYSTEM_SCOPE,
    )
    value = write(make(result, id=str(result.result_id), source="cdi-query/query-builder", time=at(60)))
    await consumer([record(value, 0, QUERIES), record(value, 1, QUERIES)])
    await consumer([record(value, 2, QUERIES)])
    changes = [data["transition"] for data in await floor.published("query.changed")]
    assert changes == ["issued"]


async def test_an_entry_answers_a_gap_wherever_it_stands(floor: Floor) -> None:
    await floor.take(event(rise(raised_by="c-17", addressee=Addressee(provider_id="dr-ferro"))))
    entry = DocumentationAppeared(
        occurred_at=at(58), facility=FACILITY, encounter_number="E7", reference="n", answers_gap_ids=("g1",)
    )
    await floor.take(event(entry))
    (row,) = await floor.rows("SELECT state FROM gaps")
    assert row["state"] == "resolved"


async def test_a_gap_without_a_recipient_is_asked_as_soon_as_the_directory_knows_one(
    floor: Floor, office: Office
) -> None:
    await floor.take(event(rise(raised_by="c-17", addressee=Addressee(provider_id="dr-newcomer"))))
    await floor.build()
    (held,) = await floor.rows("SELECT state, held_reason FROM queries")
    assert (held["state"], held["held_reason"]) == ("held", "no_recipient")
    newcomer = ProviderRecord(id="dr-newcomer", name="Dr. Newa Comertest", role="attending")
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        await import_providers(conn, [newcomer])
        await search_recipients(conn)
    office.directory.forget()
    await fire(office)
    await floor.build()
    (after,) = await floor.rows("SELECT state, recipient_id FROM queries")
    assert (after["state"], after["recipient_id"]) == ("issued", "dr-newcomer")


async def test_a_service_default_that_an_import_takes_away_is_gone(office: Office) -> None:
    chosen = ProviderRecord(
        id="dr-default", name="Dr. Defa Ulttest", role="attending", service="Tests", default_for_service=True
    )
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        await import_providers(conn, [chosen])
        assert (await read_directory(conn)).default_by_service["Tests"] == "dr-default"
        await import_providers(conn, [chosen.model_copy(update={"default_for_service": False})])
        assert "Tests" not in (await read_directory(conn)).default_by_service
