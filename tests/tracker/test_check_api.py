"""`POST /api/v1/check`: who may, one document and many, bad bodies, the same verdict as the check, nothing kept."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import httpx
import pytest

from compliance import Stem, check
from schemas.check import CheckDocument
from services.tracker import identity
from services.tracker.api.check import MOST_BODY, MOST_DOCUMENTS, MOST_ITEMS
from services.tracker.office import Office
from services.tracker.store import SYSTEM_SCOPE
from services.tracker.web import create_app
from tests.check.support import BLOCKED, PASSED, REVIEWED, message, query
from tests.tracker.conftest import USERS, Floor, SignIn
from tests.tracker.test_api import is_problem

pytestmark = [pytest.mark.database, pytest.mark.asyncio]
PATH = "/api/v1/check"
ALLOWED = {"coder", "cdi_specialist", "physician_advisor", "compliance", "service"}


def expected(office: Office, document: dict[str, Any]) -> dict[str, Any]:
    return check(CheckDocument.model_validate(document), office.knowledge).model_dump(mode="json")


async def test_only_those_who_write_or_judge_queries_may_ask(sign_in: SignIn) -> None:
    nobody = await sign_in()
    is_problem(await nobody.post(PATH, json=PASSED), 401)
    for user in USERS[:8]:
        (role,) = user.roles
        answer = await (await sign_in(user.id)).post(PATH, json=PASSED)
        if role in ALLOWED:
            assert answer.status_code == 200, role
        else:
            assert is_problem(answer, 403)["title"] == "Not your role", role


async def test_one_document_is_answered_by_the_verdict_of_the_check(office: Office, sign_in: SignIn) -> None:
    ada = await sign_in("coder-ada")
    for document in (PASSED, REVIEWED, BLOCKED, message("mail"), message("sms", channel="sms", body="sepsis?")):
        answer = await ada.post(PATH, json=document)
        assert answer.json() == expected(office, document)
        assert answer.headers["cache-control"] == "no-store"


async def test_the_id_of_a_single_document_may_be_left_out(sign_in: SignIn) -> None:
    answer = await (await sign_in("coder-ada")).post(PATH, json={"query": BLOCKED["query"]})
    assert (answer.json()["id"], answer.json()["verdict"]) == ("document", "block")


async def test_many_documents_are_answered_in_order_while_others_are_served(office: Office, sign_in: SignIn) -> None:
    ada = await sign_in("coder-ada")
    # Each of its own wording, so that none is known from another one: together they take far longer than one answer.
    documents = [
        {"id": str(number), "query": {**(BLOCKED if number % 3 else PASSED)["query"], "footer": f"Form {number}."}}
        for number in range(MOST_DOCUMENTS)
    ]
    asked = asyncio.create_task(ada.post(PATH, json={"documents": documents}))
    meanwhile = await ada.post(PATH, json=PASSED)
    assert meanwhile.status_code == 200 and not asked.done()
    verdicts = (await asked).json()["verdicts"]
    assert [one["id"] for one in verdicts] == [one["id"] for one in documents]
    assert verdicts[:3] == [expected(office, one) for one in documents[:3]]


async def test_it_knows_the_questions_that_the_tracker_s_own_knowledge_holds(office: Office) -> None:
    words = "Which of the following pumpkin weather readings applies?"
    knowing = Office(
        database=office.database,
        vault=office.vault,
        secret=office.secret,
        policy=office.policy,
        knowledge=office.knowledge.extended(stems=[Stem("own", words)]),
        clock=office.clock,
    )
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        token = await identity.create_token(conn, "coder-ada", "coder", None)
    document = query("own", question=words)
    verdicts = []
    for place in (office, knowing):
        transport = httpx.ASGITransport(app=create_app(place))
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://tracker", headers=headers) as client:
            verdicts.append((await client.post(PATH, json=document)).json()["verdict"])
    assert verdicts[0] != "pass" and verdicts[1] == "pass"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "body"),
        ([], "body"),
        ({"query": PASSED["query"], "message": message("")["message"]}, "body"),
        ({"query": {**PASSED["query"], "setting": "Ward of Testa Fictiva"}}, "query.setting"),
        ({"documents": []}, "documents"),
        ({"documents": [PASSED] * (MOST_DOCUMENTS + 1)}, "documents"),
        ({"documents": [PASSED, {"id": "x"}]}, "documents.1"),
        ({"documents": [{"query": PASSED["query"]}]}, "documents.0.id"),
    ],
)
async def test_a_body_that_does_not_fit_is_a_problem_that_names_the_field(
    sign_in: SignIn, body: Any, field: str
) -> None:
    answer = await (await sign_in("coder-ada")).post(PATH, json=body)
    problem = is_problem(answer, 422)
    assert field in [error["field"] for error in problem["errors"]]
    assert "Fictiva" not in answer.text


async def test_what_is_no_json_no_text_or_too_large_is_refused(sign_in: SignIn) -> None:
    ada = await sign_in("coder-ada")
    headers = {"Content-Type": "application/json"}
    half = json.dumps({**PASSED, "id": "\ud800"})
    assert is_problem(await ada.post(PATH, content=half, headers=headers), 422)["title"] == "Not text"
    is_problem(await ada.post(PATH, content=b"{", headers=headers), 422)
    endless = query("endless", options=[{"text": "Other", "kind": "other"}] * (MOST_ITEMS + 1))
    linked = query("linked", options=[{"text": "Sepsis", "kind": "clinical", "evidence": [0] * (MOST_ITEMS + 1)}])
    for body in (endless, linked, {"documents": [PASSED, endless]}):
        assert is_problem(await ada.post(PATH, json=body), 413)["title"] == "Too many parts"
    is_problem(await ada.post(PATH, content=b" " * (MOST_BODY + 1), headers=headers), 413)


async def test_nothing_of_a_text_is_kept_or_logged(
    floor: Floor, sign_in: SignIn, caplog: pytest.LogCaptureFixture
) -> None:
    ada = await sign_in("coder-ada")
    caplog.set_level(logging.DEBUG)
    document = query("Fictiva-id", question="Does Testa Fictiva have sepsis?")
    answer = await ada.post(PATH, json=document, headers={"Idempotency-Key": "k-1"})
    assert answer.status_code == 200
    assert "Fictiva" not in caplog.text
    for table in ("idempotency", "inbox", "outbox", "event_log", "view_log"):
        assert await floor.rows(f"SELECT 1 FROM {table}") == []


async def test_the_api_document_teaches_by_examples_that_are_true(office: Office, sign_in: SignIn) -> None:
    ada = await sign_in("coder-ada")
    operation = (await ada.get("/api/v1/openapi.json")).json()["paths"][PATH]["post"]
    examples = operation["requestBody"]["content"]["application/json"]["examples"]
    verdicts = {name: (await ada.post(PATH, json=one["value"])).json() for name, one in examples.items()}
    assert verdicts["query"]["verdict"] == "pass" and verdicts["message"]["verdict"] == "block"
    assert verdicts["documents"] == {"verdicts": [verdicts["query"], verdicts["message"]]}
