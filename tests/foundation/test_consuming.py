"""Every record has its effect once, or becomes a dead letter; nothing beside it is lost."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Sequence

import psycopg
import pytest

from schemas.dead_letters import DeadLetter
from schemas.events import MAX_INPUT_BYTES, Event
from services.foundation.consuming import BatchConsumer, StillUnavailable
from services.foundation.database import Connection, Database
from services.foundation.dead_letters import dead_letter
from services.foundation.kafka import Record
from tests.foundation.helpers import NOW, TOPIC, body, record, records, scalar

pytestmark = pytest.mark.database


class Effects:
    """Applies events by adding a timer row each, and buries letters in a list that only committed letters reach."""

    def __init__(self, database: Database, *, faults: Sequence[Exception] = (), poison: str = "") -> None:
        self.database = database
        self.faults = list(faults)
        self.poison = poison
        self.batches: list[int] = []
        self.poison_tries = 0
        self.letters: list[DeadLetter] = []

    def consumer(self, patience: float = 20.0) -> BatchConsumer:
        return BatchConsumer(
            consumer="tester",
            database=self.database,
            apply=self.apply,
            bury=self.bury,
            now=lambda: NOW,
            patience=patience,
        )

    async def apply(self, conn: Connection, events: Sequence[Event]) -> None:
        self.batches.append(len(events))
        for event in events:
            await conn.execute(
                "INSERT INTO timers (id, kind, subject, due_at) VALUES (gen_random_uuid(), 'effect', %s, now())",
                (event.envelope.id,),
            )
            if event.envelope.id == self.poison:
                self.poison_tries += 1
                raise ZeroDivisionError("patient Someone Invented")
        if self.faults:
            raise self.faults.pop(0)

    async def bury(self, conn: Connection, letter: DeadLetter) -> None:
        self.letters.append(letter)

    async def applied(self) -> list[str]:
        async with self.database.transaction() as conn:
            rows = await (await conn.execute("SELECT subject FROM timers ORDER BY subject")).fetchall()
        return [row["subject"] for row in rows]


@pytest.mark.asyncio
async def test_a_bad_record_among_good_ones_is_buried_and_the_good_ones_are_applied(tracker_database: Database) -> None:
    effects = Effects(tracker_database)
    deep = b'{"a":' * 3000 + b"1" + b"}" * 3000
    bad: list[bytes | None] = [
        b"\xff\x00 not json",
        None,
        b"{}",
        deep,
        body("nul", reason="a\x00b"),
        b" " * (MAX_INPUT_BYTES + 1),
    ]
    await effects.consumer()(records(body("1"), *bad, body("2")))
    assert await effects.applied() == ["1", "2"]
    assert effects.batches == [2]
    reasons = [letter.reason for letter in effects.letters]
    assert reasons == ["not_json", "missing", "not_a_cloudevent", "not_json", "invalid", "oversized"]
    assert [letter.offset for letter in effects.letters] == [1, 2, 3, 4, 5, 6]


@pytest.mark.asyncio
async def test_text_that_only_looks_like_nul_is_taken(tracker_database: Database) -> None:
    effects = Effects(tracker_database)
    await effects.consumer()(records(body("1", reason="a backslash \\u0000, spelled out")))
    assert await effects.applied() == ["1"]
    assert effects.letters == []


@pytest.mark.asyncio
async def test_a_redelivered_event_has_no_second_effect(tracker_database: Database) -> None:
    effects = Effects(tracker_database)
    consumer = effects.consumer()
    await consumer(records(body("1"), body("1")))
    await consumer(records(body("1"), body("2")))
    assert await effects.applied() == ["1", "2"]
    assert effects.letters == []


@pytest.mark.asyncio
async def test_the_same_identity_with_other_content_is_buried(tracker_database: Database) -> None:
    effects = Effects(tracker_database)
    await effects.consumer()(records(body("1"), body("1", gap="gap-2")))
    assert await effects.applied() == ["1"]
    assert [(letter.reason, letter.offset, letter.event_id) for letter in effects.letters] == [
        ("conflicting_identity", 1, "1")
    ]


@pytest.mark.asyncio
async def test_one_failing_event_is_found_by_halving_and_buried_alone(tracker_database: Database) -> None:
    effects = Effects(tracker_database, poison="7")
    await effects.consumer()(records(*(body(str(n)) for n in range(10))))
    assert await effects.applied() == [str(n) for n in range(10) if n != 7]
    assert [(letter.reason, letter.offset, letter.attempts) for letter in effects.letters] == [("handler_failed", 7, 3)]
    assert effects.letters[0].detail == "ZeroDivisionError", "the message of the error may quote a patient"
    assert effects.poison_tries <= 7, "halved, not tried one by one"


@pytest.mark.asyncio
async def test_a_passing_fault_is_retried_and_buries_nothing(tracker_database: Database) -> None:
    faults = [
        psycopg.OperationalError("gone"),
        psycopg.errors.DeadlockDetected(),
        psycopg.errors.SerializationFailure(),
    ]
    effects = Effects(tracker_database, faults=faults)
    await effects.consumer()(records(body("1"), body("2")))
    assert effects.batches == [2, 2, 2, 2], "the batch stays whole"
    assert await effects.applied() == ["1", "2"]
    assert effects.letters == []


@pytest.mark.asyncio
async def test_a_connection_that_is_killed_in_the_middle_loses_nothing(
    tracker_database: Database, owner: object
) -> None:
    killed: list[int] = []

    class Killed(Effects):
        async def apply(self, conn: Connection, events: Sequence[Event]) -> None:
            await super().apply(conn, events)
            if not killed:
                killed.append(conn.info.backend_pid)
                async with self.database.transaction() as other:
                    await other.execute("SELECT pg_terminate_backend(%s)", (killed[0],))

    effects = Killed(tracker_database)
    await effects.consumer()(records(body("1")))
    assert killed
    assert await effects.applied() == ["1"]


@pytest.mark.asyncio
async def test_a_database_that_stays_away_gives_the_batch_back(tracker_database: Database) -> None:
    effects = Effects(tracker_database, faults=[psycopg.OperationalError("gone")] * 50)
    with pytest.raises(StillUnavailable):
        await effects.consumer(patience=0.5)(records(body("1")))
    assert await effects.applied() == []
    assert effects.letters == []


@pytest.mark.asyncio
async def test_a_letter_that_cannot_be_stored_is_never_dropped(tracker_database: Database) -> None:
    effects = Effects(tracker_database)

    async def refuse(conn: Connection, letter: DeadLetter) -> None:
        raise ValueError

    effects.bury = refuse  # type: ignore[method-assign]
    with pytest.raises(ValueError):
        await effects.consumer()(records(b"not json"))


@pytest.mark.asyncio
async def test_cancelling_in_the_middle_leaves_the_batch_for_the_next_delivery(tracker_database: Database) -> None:
    entered = asyncio.Event()

    class Slow(Effects):
        async def apply(self, conn: Connection, events: Sequence[Event]) -> None:
            await super().apply(conn, events)
            entered.set()
            await asyncio.sleep(60)

    effects = Slow(tracker_database)
    task = asyncio.create_task(effects.consumer()(records(body("1"))))
    await entered.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await effects.applied() == []
    assert await scalar(tracker_database, "SELECT count(*) FROM inbox") == 0


def test_a_letter_carries_the_record_as_it_came() -> None:
    headers = (("trace", b"\xff\xfe"), ("nothing", None), ("n\x00l", b""))
    came = Record(TOPIC, 3, 17, b"\x00key", b"\xffvalue", headers, NOW)
    letter = dead_letter(came, "tester", "not_json", "the value is not JSON", NOW)
    assert base64.b64decode(letter.value or "") == b"\xffvalue"
    assert base64.b64decode(letter.key or "") == b"\x00key"
    assert letter.headers == (("trace", base64.b64encode(b"\xff\xfe").decode()), ("nothing", None), ("n\ufffdl", ""))
    assert (letter.topic, letter.partition, letter.offset, letter.value_bytes) == (TOPIC, 3, 17, 6)
    assert letter == dead_letter(came, "tester", "not_json", "the value is not JSON", NOW)
    assert letter.letter_id != dead_letter(came, "another", "not_json", "", NOW).letter_id


def test_a_letter_is_bounded_and_says_how_large_the_record_was() -> None:
    large = dead_letter(record(b"x" * 300_000), "tester", "oversized", "too large", NOW)
    assert len(base64.b64decode(large.value or "")) == 64 * 1024
    assert large.value_bytes == 300_000
    huge = Record(TOPIC, 0, 0, b"k" * 10**6, b"x" * 4_000_000, (("h", b"h" * 10**6),), NOW)
    assert len(dead_letter(huge, "tester", "not_json", "", NOW).model_dump_json()) < 1_000_000
