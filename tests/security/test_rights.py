"""Nobody acts without the right to: on gaps of others, in a role of somebody else, on a text by changing its facts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from schemas.events import make
from schemas.gaps import Addressee, GapRaised, GapWithdrawn
from schemas.queries import QueryHeld
from services.query_builder.composer import answer
from services.tracker import identity
from services.tracker.identity import UserRecord
from services.tracker.office import Office
from services.tracker.recipients import asked_as
from services.tracker.store import SYSTEM_SCOPE
from tests.tracker.conftest import Floor, as_json, encounter, event, response, rise
from tests.tracker.support import DIRECTORY, FACILITY, at

pytestmark = [pytest.mark.database, pytest.mark.asyncio]
SignIn = Callable[..., Awaitable[httpx.AsyncClient]]


async def other_coder(office: Office, sign_in: SignIn) -> httpx.AsyncClient:
    """A second coder, who raised nothing."""
    zoe = UserRecord(id="coder-zoe", name="Zoe", roles=("coder",))
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        await identity.put_users(conn, [zoe])
        token = await identity.create_token(conn, zoe.id, "coder", None)
    client = await sign_in()
    client.headers["Authorization"] = f"Bearer {token}"
    return client


async def issued_by_ada(floor: Floor, sign_in: SignIn) -> tuple[httpx.AsyncClient, str]:
    ada = await sign_in("coder-ada")
    taken = (await ada.post("/api/v1/gaps", json=as_json(rise())[0])).json()["results"][0]
    await floor.build()
    gap = (await ada.get(f"/api/v1/gaps/{taken['gap_uid']}")).json()
    assert gap["state"] == "queried"
    return ada, gap["query_id"]


@pytest.mark.parametrize(
    ("step", "body"),
    [
        ("withdraw", {"reason": "not_needed"}),
        ("redirect", {"provider_id": "dr-okafor", "reason": "mine to choose"}),
    ],
)
async def test_a_coder_takes_back_and_redirects_own_questions_only(
    office: Office, floor: Floor, sign_in: SignIn, step: str, body: dict[str, str]
) -> None:
    ada, query = await issued_by_ada(floor, sign_in)
    zoe = await other_coder(office, sign_in)
    assert (await zoe.post(f"/api/v1/queries/{query}/{step}", json=body)).status_code == 403
    assert await floor.state(UUID(query)) == "issued"
    assert (await ada.post(f"/api/v1/queries/{query}/{step}", json=body)).status_code == 200


async def test_a_cdi_specialist_takes_back_any_question(floor: Floor, sign_in: SignIn) -> None:
    _, query = await issued_by_ada(floor, sign_in)
    bo = await sign_in("cdi-bo")
    assert (await bo.post(f"/api/v1/queries/{query}/withdraw", json={"reason": "error"})).status_code == 200


async def test_a_coder_withdraws_no_gap_of_another(office: Office, floor: Floor, sign_in: SignIn) -> None:
    await issued_by_ada(floor, sign_in)
    (gap,) = await floor.rows("SELECT gap_uid FROM gaps")
    zoe = await other_coder(office, sign_in)
    answer = await zoe.post(f"/api/v1/gaps/{gap['gap_uid']}/withdraw", json={"reason": "away with it"})
    assert answer.status_code == 403


def in_the_name_of_ada(data: GapRaised | GapWithdrawn) -> dict[str, Any]:
    return make(data, id="forged", source="api/coder-ada", time=at(60)).model_dump(mode="json")


@pytest.mark.parametrize("user", ["machine-nlp", "coder-zoe"])
async def test_naming_the_source_of_another_changes_and_withdraws_nothing(
    office: Office, floor: Floor, sign_in: SignIn, user: str
) -> None:
    _, query = await issued_by_ada(floor, sign_in)
    thief = await sign_in(user) if user == "machine-nlp" else await other_coder(office, sign_in)
    revised = rise(hours=58, addressee=Addressee(provider_id="dr-okafor"))
    withdrawn = GapWithdrawn(gap_id="g1", occurred_at=at(59), facility=FACILITY, encounter_number="E1")
    for data in (revised, withdrawn):
        assert (await thief.post("/api/v1/gaps", json=in_the_name_of_ada(data))).status_code == 409
        listed = await thief.post("/api/v1/gaps", json={"events": [in_the_name_of_ada(data)]})
        assert listed.json()["results"][0]["status"] == "rejected"
    assert await floor.state(UUID(query)) == "issued"


async def test_a_specialist_without_the_right_changes_no_sensitive_gap(floor: Floor, sign_in: SignIn) -> None:
    await floor.take(event(rise(sensitivity="psychiatry"), "nlp"))
    bo = await sign_in("cdi-bo")
    shown = make(rise(hours=58, sensitivity="normal"), id="x", source="nlp", time=at(60)).model_dump(mode="json")
    assert (await bo.post("/api/v1/gaps", json=shown)).status_code == 409
    assert (await bo.get("/api/v1/gaps")).json()["items"] == []


@pytest.mark.parametrize("user", ["cdi-bo", "okafor"])
async def test_nobody_chooses_away_the_cosigner_by_naming_another_role(
    floor: Floor, sign_in: SignIn, user: str
) -> None:
    (query,) = await floor.issue(rise(raised_by="c-17", addressee=Addressee(provider_id="dr-okafor")))
    somebody, lind = await sign_in(user), await sign_in("lind")
    body = {"provider_id": "dr-lind", "role": "attending", "reason": "the resident may do it"}
    assert (await somebody.post(f"/api/v1/queries/{query}/redirect", json=body)).status_code == 200
    (row,) = await floor.rows("SELECT recipient_role FROM queries WHERE query_id = %s", query)
    assert row["recipient_role"] == "resident"
    answer = {"answer": {"code": "UNABLE_TO_DETERMINE", "option_id": "undetermined"}}
    await lind.post(f"/api/v1/queries/{query}/response", json=answer)
    assert await floor.state(query) in ("awaiting_cosign", "held")


async def test_a_gap_cannot_ask_a_nurse_as_the_attending() -> None:
    assert asked_as(DIRECTORY.providers["nurse-pell"], "attending") == "nurse"
    assert asked_as(DIRECTORY.providers["dr-stahl"], "consultant") == "consultant"


async def test_an_edit_changes_words_and_not_the_facts_that_rules_hang_on(floor: Floor, sign_in: SignIn) -> None:
    await floor.take(event(rise(), "nlp"))
    await floor.build()
    bo = await sign_in("cdi-bo")
    (held,) = (await bo.get("/api/v1/queries", params={"state": "held"})).json()["items"]
    lies = {"recipient_role": "surgeon", "phase": "post_bill", "category": "specificity", "setting": "outpatient"}
    document = {**held["document"], **lies, "title": "An edited title"}
    assert (await bo.post(f"/api/v1/queries/{held['query_id']}/revise", json={"document": document})).status_code == 200
    await floor.build()
    (now,) = (await bo.get("/api/v1/queries", params={"state": "held"})).json()["items"]
    assert now["document"] == {**held["document"], "title": "An edited title"}


async def test_a_new_password_ends_the_sessions_of_the_old_one(office: Office) -> None:
    old = UserRecord(id="coder-ada", name="Ada", roles=("coder",), password="an old long password")
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        await identity.put_users(conn, [old])
        secret = await identity.sign_in(conn, "coder-ada", "an old long password", office.clock())
        assert secret is not None
        assert await identity.actor_of_session(conn, secret, office.clock()) is not None
        await identity.put_users(conn, [old.model_copy(update={"password": "a new long password"})])
        assert await identity.actor_of_session(conn, secret, office.clock() + timedelta(seconds=1)) is None


async def test_a_provider_s_id_cannot_stand_for_two(sign_in: SignIn) -> None:
    fay = await sign_in("admin-fay")
    record = {"id": "dr-x,dr-ferro", "name": "Two In One", "role": "attending"}
    assert (await fay.post("/api/v1/providers", json=[record])).status_code == 422


async def test_covering_for_somebody_is_no_right_to_sensitive_records(floor: Floor) -> None:
    (query,) = await floor.issue(rise(raised_by="c-17", sensitivity="substance_use"))
    cover, role = frozenset({"dr-ferro"}), frozenset({"provider"})
    scopes = [identity.Actor("okafor", "Ben", role, "dr-okafor", cover, right).scope() for right in (False, True)]
    asked = identity.Actor("ferro", "Ada", frozenset({"provider"}), "dr-ferro").scope()
    for scope, seen in ((scopes[0], 0), (scopes[1], 1), (asked, 1)):
        assert len(await floor.rows("SELECT 1 AS n FROM queries WHERE query_id = %s", query, scope=scope)) == seen


async def test_an_edit_adds_no_evidence_and_no_documented_term(floor: Floor, sign_in: SignIn) -> None:
    await floor.take(event(rise(), "nlp"))
    await floor.build()
    bo = await sign_in("cdi-bo")
    (held,) = (await bo.get("/api/v1/queries", params={"state": "held"})).json()["items"]
    document = held["document"]
    lie = {**document["indicators"][0], "value": "9.9"}
    term = {"term": "Acute kidney injury", "source": "Progress note"}
    for change in ({"indicators": [*document["indicators"], lie]}, {"documented": [term]}):
        reply = await bo.post(f"/api/v1/queries/{held['query_id']}/revise", json={"document": {**document, **change}})
        assert reply.status_code == 409, change
    fewer = {**document, "indicators": document["indicators"][:-1], "options": []}
    reply = await bo.post(f"/api/v1/queries/{held['query_id']}/revise", json={"document": fewer})
    assert reply.status_code == 200, "leaving evidence out is for the check to judge"


async def test_nobody_silences_a_query_by_deferring_it_for_ever(floor: Floor, sign_in: SignIn) -> None:
    _, query = await issued_by_ada(floor, sign_in)
    ferro = await sign_in("ferro")
    for until in (at(24 * 400), at(24 * 12)):
        assert (
            await ferro.post(f"/api/v1/queries/{query}/defer", json={"until": until.isoformat()})
        ).status_code == 409


async def test_a_coding_systems_token_does_not_learn_whom_the_notifier_writes_to(floor: Floor, sign_in: SignIn) -> None:
    _, query = await issued_by_ada(floor, sign_in)
    machine = await sign_in("machine-nlp")
    assert (await machine.get(f"/internal/v1/deliveries/{query}")).status_code == 403


async def test_nobody_closes_a_sensitive_question_that_they_may_not_see(floor: Floor, sign_in: SignIn) -> None:
    await floor.take(event(rise(sensitivity="hiv")), event(encounter(ended_at=at(60))))
    (row,) = await floor.rows("SELECT chart_id FROM charts")
    specialist = await sign_in("cdi-bo")
    reply = await specialist.post(f"/api/v1/charts/{row['chart_id']}/finalize-unanswered", json={"reason": "limit"})
    assert reply.status_code == 403


async def test_a_text_that_a_person_wrote_is_kept_while_nobody_can_be_asked(floor: Floor) -> None:
    await floor.take(event(rise(addressee=Addressee(provider_id="dr-nobody"))))
    (asked,) = await floor.requests()
    text = (await floor.results())[0].document
    assert text is None
    written = answer(asked.model_copy(update={"recipient_role": "attending"}), floor.library, floor.office.knowledge)
    kept = answer(asked.model_copy(update={"draft": written.document}), floor.library, floor.office.knowledge)
    assert isinstance(kept, QueryHeld)
    assert (kept.reason, kept.document) == ("no_recipient", written.document)


async def test_who_lost_the_role_of_a_provider_signs_no_more_over_kafka(floor: Floor, office: Office) -> None:
    (query,) = await floor.issue()
    retired = UserRecord(id="ferro", name="Ada Ferro", roles=("coder",), provider_id="dr-ferro")
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        await identity.put_users(conn, [retired])
    await floor.take(event(response(query), "ehr"))
    assert await floor.state(query) == "issued"
    assert [item["reason"] for item in await floor.published("response.rejected")] == ["unknown_signer"]


async def test_an_option_that_asks_to_specify_takes_no_answer_without_words(floor: Floor, sign_in: SignIn) -> None:
    (query,) = await floor.issue()
    ferro = await sign_in("ferro")
    shown = (await ferro.get(f"/api/v1/queries/{query}")).json()["document"]["options"]
    option = next(item for item in shown if "specify" in item["text"] and item["kind"] == "clinical")
    chosen = {"code": "OPTION_SELECTED", "option_id": option["id"]}
    refused = await ferro.post(f"/api/v1/queries/{query}/response", json={"answer": chosen})
    assert refused.status_code == 409
    assert "words_missing" in refused.text
    told = {**chosen, "text": "volume depletion"}
    assert (await ferro.post(f"/api/v1/queries/{query}/response", json={"answer": told})).status_code == 200
