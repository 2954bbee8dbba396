"""One record cannot take the house down, and nothing that was accepted is lost or takes another's place."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from schemas.responses import Answer
from services.tracker.office import Office
from services.tracker.store import SYSTEM_SCOPE, alarm
from services.tracker.web import MOST_BODY, MOST_EVENTS_BODY
from tests.tracker.conftest import Floor, as_json, encounter, event, response, rise
from tests.tracker.support import Ward

pytestmark = [pytest.mark.database, pytest.mark.asyncio]
SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
EDGES = ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "3000-01-01T00:00:00Z")


def gap(**fields: Any) -> dict[str, Any]:
    return as_json(rise(**fields))[0]


@pytest.mark.parametrize("moment", EDGES)
async def test_a_time_that_no_calendar_bears_is_refused_and_lists_go_on(
    floor: Floor, sign_in: SignIn, moment: str
) -> None:
    ada, nlp = await sign_in("coder-ada"), await sign_in("machine-nlp")
    for field in ("occurred_at", "due_at"):
        assert (await ada.post("/api/v1/gaps", json={**gap(), field: moment})).status_code == 422
    facts = as_json(encounter())[0]
    for field in ("occurred_at", "started_at", "ended_at", "billed_at", "admission_order_at"):
        assert (await nlp.post("/api/v1/encounters", json={**facts, field: moment})).status_code == 422
    (query,) = await floor.issue(rise(raised_by="c-17"))
    ferro = await sign_in("ferro")
    assert (await ferro.post(f"/api/v1/queries/{query}/defer", json={"until": moment})).status_code == 422
    for page in ("gaps", "charts", "queries"):
        assert len((await ada.get(f"/api/v1/{page}")).json()["items"]) == 1


async def test_a_number_that_is_none_is_no_json(sign_in: SignIn) -> None:
    ada = await sign_in("coder-ada")
    answer = await ada.post("/api/v1/gaps", content=b'{"gap_id": NaN}')
    assert (answer.status_code, answer.json()["title"]) == (400, "Not JSON")


async def test_a_cursor_that_nests_without_end_is_a_bad_cursor(sign_in: SignIn) -> None:
    ada = await sign_in("coder-ada")
    cursor = base64.urlsafe_b64encode(b"[" * 20_000).decode()
    assert (await ada.get("/api/v1/gaps", params={"cursor": cursor})).status_code == 400


@pytest.mark.parametrize("path", ["/api/v1/tokens", "/api/v1/gaps", "/sign-in"])
@pytest.mark.parametrize("declared", [True, False])
async def test_nobody_makes_us_read_an_endless_body(sign_in: SignIn, path: str, declared: bool) -> None:
    nobody = await sign_in()
    limit = MOST_EVENTS_BODY if path == "/api/v1/gaps" else MOST_BODY
    size = limit + 1
    sent = 0

    async def endless() -> Any:
        nonlocal sent
        while sent < 4 * limit:
            sent += 1 << 20
            yield b" " * (1 << 20)

    headers = {"Content-Type": "application/json", "Authorization": "Bearer nonsense"}
    if declared:
        answer = await nobody.post(path, content=b" " * size, headers=headers)
        assert answer.status_code == 413
    else:
        answer = await nobody.post(path, content=endless(), headers=headers)
        assert answer.status_code in (401, 403, 413)
        assert sent <= limit + (1 << 20)


async def test_an_answer_s_id_never_stands_for_another_answer(floor: Floor, sign_in: SignIn) -> None:
    (query,) = await floor.issue(rise(raised_by="c-17"))
    ferro = await sign_in("ferro")
    path = f"/api/v1/queries/{query}/response"
    first = {"response_id": "r1", "answer": {"code": "OPTION_SELECTED", "option_id": "o1", "text": "volume depletion"}}
    other = {"response_id": "r1", "answer": {"code": "UNABLE_TO_DETERMINE", "option_id": "undetermined"}}
    assert (await ferro.post(path, json=first)).json()["status"] == "accepted"
    assert (await ferro.post(path, json=first)).json()["status"] == "seen"
    assert (await ferro.post(path, json=other)).status_code == 409


async def test_over_kafka_the_other_answer_of_one_id_is_rejected_by_an_event(floor: Floor) -> None:
    (query,) = await floor.issue(rise(raised_by="c-17"))
    await floor.take(event(response(query), "ehr"))
    await floor.take(event(response(query, option=None), "ehr"))
    (rejected,) = await floor.published("response.rejected")
    assert rejected["reason"] == "conflicting_response"


async def test_of_two_early_answers_with_one_id_the_second_is_rejected_and_the_first_still_waits(floor: Floor) -> None:
    early, other = uuid4(), uuid4()
    await floor.take(event(response(early), "ehr"), event(response(early), "ehr"))
    assert await floor.published("response.rejected") == []
    await floor.take(event(response(other), "ehr"))
    (rejected,) = await floor.published("response.rejected")
    assert (rejected["reason"], UUID(rejected["query_id"])) == ("conflicting_response", other)
    waiting = await floor.rows("SELECT reference FROM parked WHERE state = 'waiting'")
    assert [row["reference"] for row in waiting] == [str(early)]


async def test_an_unsigned_answer_does_not_push_out_the_signed_one_that_waits(floor: Floor) -> None:
    early = uuid4()
    await floor.take(event(response(early), "ehr"))
    await floor.take(event(response(early, signer="x-nobody"), "ehr"))
    states = await floor.rows("SELECT state FROM parked ORDER BY state")
    assert [row["state"] for row in states] == ["rejected", "waiting"]


@pytest.mark.parametrize("answer", [Answer(code="OPTION_SELECTED", option_id="o1", text="volume depletion")])
async def test_a_blocking_gap_holds_while_another_asks_its_question(answer: Answer) -> None:
    ward = Ward()
    ward.policy = ward.policy.model_copy(update={"non_blocking_categories": frozenset({"missing_diagnosis"})})
    query = ward.issue(gap_id="g1")
    assert ward.chart().status == "clear"
    assert ward.raise_gap(gap_id="g2", blocking=True) == "duplicate_question"
    assert ward.chart().status == "holding"
    ward.answer(query, answer=answer)
    ward.outcome(query)
    assert ward.chart().status == "clear"


async def test_every_rejection_is_an_event_of_its_own(floor: Floor) -> None:
    for query in (uuid4(), uuid4()):
        await floor.take(event(response(query), "somebody"))
    ids = await floor.rows("SELECT event_id FROM outbox WHERE type = 'cdi.response.rejected.v1'")
    assert len({row["event_id"] for row in ids}) == len(ids) == 2


async def test_a_key_that_is_in_use_is_not_handled_twice_at_once(floor: Floor, office: Office, sign_in: SignIn) -> None:
    ada = await sign_in("coder-ada")
    headers = {"Idempotency-Key": "one-key"}
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        await conn.execute(
            "INSERT INTO idempotency (user_id, key, digest, status, body)"
            " VALUES ('coder-ada', 'one-key', 'd', 0, 'null')"
        )
    body = as_json(rise())[0]
    assert (await ada.post("/api/v1/gaps", json=body, headers=headers)).status_code == 409
    assert await floor.rows("SELECT 1 FROM gaps") == []
    await floor.rows("UPDATE idempotency SET at = now() - interval '2 minutes' RETURNING 1")
    first = await ada.post("/api/v1/gaps", json=body, headers=headers)
    again = await ada.post("/api/v1/gaps", json=body, headers=headers)
    assert first.status_code == again.status_code == 200, "a claim that a crash left ends by itself"
    assert first.json() == again.json()


async def test_a_refused_request_leaves_its_key_free(sign_in: SignIn) -> None:
    ada = await sign_in("coder-ada")
    headers = {"Idempotency-Key": "another-key"}
    assert (await ada.post("/api/v1/gaps", json={"bad": 1}, headers=headers)).status_code == 422
    assert (await ada.post("/api/v1/gaps", json=as_json(rise())[0], headers=headers)).status_code == 200


async def test_alarms_about_a_query_end_with_its_waiting(floor: Floor, office: Office, sign_in: SignIn) -> None:
    (query,) = await floor.issue()
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        await alarm(conn, "delivery_missing", str(query))
        await alarm(conn, "notification_failed", str(query))
    ferro = await sign_in("ferro")
    await ferro.post(f"/api/v1/queries/{query}/response", json={"answer": {"code": "UNABLE_TO_DETERMINE"}})
    assert await floor.rows("SELECT kind FROM alarms WHERE cleared_at IS NULL") == []
