"""The JSON API on PostgreSQL: who may what, answers, pages, idempotency, problems."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from starlette.routing import Mount, Route

from schemas.events import make
from services.query_builder.library import Library, shipped_folder
from services.tracker import identity
from services.tracker.office import Office
from services.tracker.status import TemplateCount
from services.tracker.store import SYSTEM_SCOPE
from services.tracker.web import create_app
from tests.tracker.conftest import USERS, Floor, as_json, encounter, event, response, rise
from tests.tracker.support import at, chart_id

pytestmark = [pytest.mark.database, pytest.mark.asyncio]

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
PROBLEM = "application/problem+json"
OPEN_PATHS = ("/health/live", "/health/ready")


def gap(**fields: Any) -> dict[str, Any]:
    return as_json(rise(**fields))[0]


def is_problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == PROBLEM
    body: dict[str, Any] = answer.json()
    assert body["status"] == status
    assert {"type", "title", "detail"} <= body.keys()
    return body


def all_routes(app: FastAPI) -> list[tuple[str, str]]:
    found, ahead = [], list(app.routes)
    for route in ahead:
        if isinstance(route, Route):
            found += [(method, route.path) for method in sorted(route.methods or ()) if method != "HEAD"]
        elif isinstance(route, Mount):
            found.append(("GET", route.path + "/x"))
        else:
            ahead += route.original_router.routes  # type: ignore[attr-defined]
    return found


async def test_no_route_of_the_api_is_open_without_signing_in(office: Office, sign_in: SignIn) -> None:
    nobody = await sign_in()
    looked_at = 0
    for method, path in all_routes(create_app(office)):
        real = re.sub(r"\{(\w+)(:\w+)?\}", str(uuid4()), path)
        answer = await nobody.request(method, real, json={})
        if path in OPEN_PATHS:
            assert answer.status_code == 200
        elif path.startswith(("/api/", "/internal/")):
            looked_at += 1
            assert is_problem(answer, 401)["title"] == "Sign in first", path
        elif path == "/signals":  # so that a page goes to the sign-in, and tells nothing else
            assert answer.text == "retry: 3000\n\nevent: ended\ndata: session\n\n"
        elif path.startswith("/sign-in/"):
            assert answer.status_code == 404, path  # single sign-on, which this office has not
        else:
            assert answer.status_code in (303, 401, 403) or path in ("/sign-in", "/static/x"), (path, answer)
    assert looked_at > 30


@pytest.mark.parametrize("header", ["Bearer nonsense", "Bearer ", "Basic YTpi", "nonsense", "Bearer cdiq_\u00e9"])
async def test_a_wrong_token_opens_nothing(sign_in: SignIn, header: str) -> None:
    nobody = await sign_in()
    answer = await nobody.get("/api/v1/queries", headers={"Authorization": header.encode("latin-1")})
    is_problem(answer, 401)
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_token_ends_with_its_time_and_with_its_user(office: Office, sign_in: SignIn) -> None:
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        token = await identity.create_token(conn, "coder-ada", "coder", office.clock() + timedelta(minutes=5))
    nobody = await sign_in()
    headers = {"Authorization": f"Bearer {token}"}
    assert (await nobody.get("/api/v1/gaps", headers=headers)).status_code == 200
    office.clock.now += timedelta(minutes=6)  # type: ignore[attr-defined]
    is_problem(await nobody.get("/api/v1/gaps", headers=headers), 401)
    ada = await sign_in("coder-ada")
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        await conn.execute("UPDATE users SET active = false WHERE id = 'coder-ada'")
    is_problem(await ada.get("/api/v1/gaps"), 401)


Q = f"/api/v1/queries/{uuid4()}"
C = "/api/v1/charts/none"
G = f"/api/v1/gaps/{uuid4()}"
DOCUMENT: dict[str, Any] = {}
WHO_MAY: list[tuple[str, str, dict[str, Any], set[str]]] = [
    ("POST", "/api/v1/gaps", {"events": [{}]}, {"coder", "cdi_specialist", "service"}),
    ("POST", "/api/v1/encounters", {"events": [{}]}, {"service", "admin"}),
    ("GET", "/api/v1/gaps", {}, {"coder", "cdi_specialist", "physician_advisor", "compliance", "admin"}),
    ("GET", G, {}, {"coder", "cdi_specialist", "physician_advisor", "compliance", "admin"}),
    ("POST", f"{G}/withdraw", {"reason": "x"}, {"coder", "cdi_specialist"}),
    ("GET", f"{Q}/timeline", {}, {"coder", "cdi_specialist", "physician_advisor", "compliance", "admin"}),
    ("POST", f"{Q}/response", {"answer": {"code": "UNABLE_TO_DETERMINE"}}, {"provider"}),
    ("POST", f"{Q}/open", {}, {"provider"}),
    ("POST", f"{Q}/defer", {"until": at(99).isoformat()}, {"provider"}),
    ("POST", f"{Q}/redirect", {"provider_id": "x", "reason": "y"}, {"provider", "coder", "cdi_specialist"}),
    ("POST", f"{Q}/cosign", {}, {"provider"}),
    ("POST", f"{Q}/question", {"text": "x"}, {"provider"}),
    ("POST", f"{Q}/reply", {"text": "x"}, {"coder", "cdi_specialist"}),
    ("POST", f"{Q}/send-back", {"text": "x"}, {"provider"}),
    ("POST", f"{Q}/outcome", {"outcome": "DISAGREED"}, {"coder", "cdi_specialist"}),
    ("POST", f"{Q}/review", {}, {"coder", "cdi_specialist"}),
    ("POST", f"{Q}/documentation", {"reference": "x"}, {"coder", "cdi_specialist", "service"}),
    ("POST", f"{Q}/withdraw", {"reason": "error"}, {"coder", "cdi_specialist"}),
    ("POST", f"{Q}/approve", {"content_hash": "x"}, {"cdi_specialist", "compliance", "physician_advisor"}),
    ("POST", f"{Q}/reject", {"reason": "x"}, {"cdi_specialist", "compliance", "physician_advisor"}),
    ("GET", "/api/v1/coverage", {}, {"provider"}),
    ("POST", f"/api/v1/coverage/{uuid4()}/end", {}, {"provider"}),
    ("GET", "/api/v1/charts", {}, {"coder", "cdi_specialist", "physician_advisor", "compliance", "admin"}),
    ("POST", f"{C}/finalize", {}, {"coder", "cdi_specialist"}),
    ("POST", f"{C}/finalize-unanswered", {"reason": "x"}, {"cdi_specialist", "compliance"}),
    ("GET", "/api/v1/status", {}, {"coder", "cdi_specialist", "physician_advisor", "compliance", "admin"}),
    ("GET", f"/api/v1/dead-letters/{uuid4()}", {}, {"admin"}),
    ("POST", f"/api/v1/dead-letters/{uuid4()}/replay", {}, {"admin"}),
    ("POST", "/api/v1/tokens", {"user_id": "x", "role": "coder"}, {"admin"}),
    ("POST", "/api/v1/sources", {"source": "x"}, {"compliance", "admin"}),
    ("GET", "/api/v1/audit/none", {}, {"compliance", "admin"}),
    ("GET", f"/internal/v1/deliveries/{uuid4()}", {}, set()),
]


async def test_each_role_may_do_what_the_table_says_and_nothing_else(sign_in: SignIn) -> None:
    for user in USERS[:8]:
        (role,) = user.roles
        client = await sign_in(user.id)
        for method, path, body, allowed in WHO_MAY:
            answer = await client.request(method, path, json=body or ({} if method == "POST" else None))
            assert (answer.status_code != 403) == (role in allowed), (role, path, answer.status_code, answer.text)
            assert answer.status_code < 500


# gaps


async def test_one_gap_is_taken_with_its_author_from_the_token(floor: Floor, sign_in: SignIn) -> None:
    ada = await sign_in("coder-ada")
    answer = await ada.post("/api/v1/gaps", json=gap(raised_by="somebody-else"))
    assert answer.status_code == 200
    (taken,) = answer.json()["results"]
    assert (taken["status"], taken["chart_id"]) == ("accepted", chart_id("E1"))
    shown = (await ada.get(f"/api/v1/gaps/{taken['gap_uid']}")).json()
    assert {"what": "gap"} in await floor.rows("SELECT what FROM view_log WHERE user_id = 'coder-ada'")
    assert (shown["author_id"], shown["source"], shown["state"]) == ("coder-ada", "api/coder-ada", "requested")
    again = await ada.post("/api/v1/gaps", json=gap(raised_by="somebody-else"))
    assert again.json()["results"][0]["status"] == "duplicate_delivery"


async def test_a_service_s_gap_is_a_machine_s(floor: Floor, sign_in: SignIn) -> None:
    machine = await sign_in("machine-nlp")
    await machine.post("/api/v1/gaps", json=gap())
    assert [request.release for request in await floor.requests()] == ["any_person"]


async def test_in_a_list_each_event_has_its_own_result(floor: Floor, sign_in: SignIn) -> None:
    ada = await sign_in("coder-ada")
    cloud = make(rise("g2", "E2"), id="e-2", source="coding", time=at(60)).model_dump(mode="json", exclude_none=True)
    conflict = make(rise("g9", "E2"), id="e-2", source="coding", time=at(60)).model_dump(mode="json", exclude_none=True)
    withdrawal = {
        "specversion": "1.0", "id": "e-4", "source": "coding", "type": "cdi.gap.withdrawn.v1",
        "data": {
            "gap_id": "g2", "occurred_at": at(99).isoformat(), "facility": "harbor-general", "encounter_number": "E2",
        },
    }  # fmt: skip
    unknown = {**cloud, "type": "cdi.gap.invented.v1", "id": "e-3"}
    events = [
        gap(),
        cloud,
        {"gap_id": "x"},
        cloud,
        conflict,
        unknown,
        withdrawal,
        "text",
        {**cloud, "id": ""},
        gap(axis="\x00"),
    ]
    results = (await ada.post("/api/v1/gaps", json={"events": events})).json()["results"]
    assert [item["status"] for item in results] == [
        "accepted", "accepted", "rejected", "duplicate_delivery", "rejected", "rejected", "withdrawn", "rejected",
        "rejected", "rejected",
    ]  # fmt: skip
    assert "occurred_at: missing" in results[2]["error"]
    rows = await floor.rows("SELECT gap_id, state FROM gaps ORDER BY gap_id")
    assert [(row["gap_id"], row["state"]) for row in rows] == [("g1", "requested"), ("g2", "withdrawn")]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"\xff", 400),
        (b"[]", 422),
        (b"null", 422),
        (b"[" * 100_000, 400),
        (b"7", 422),
        (b"{}", 422),
        (b'{"events": []}', 422),
        (b'{"events": {}}', 422),
        (b'{"events": null}', 422),
        (b'{"events": [' + b"{}," * 100 + b"{}]}", 413),
        (b'{"gap_id": "' + b"x" * 300_000 + b'"}', 413),
        (b"x" * (256 * 1024 * 100 + 1), 413),
    ],
)
async def test_a_bad_body_is_a_problem_that_repeats_nothing(sign_in: SignIn, body: bytes, status: int) -> None:
    ada = await sign_in("coder-ada")
    is_problem(await ada.post("/api/v1/gaps", content=body), status)


@pytest.mark.parametrize(
    ("update", "field"),
    [
        ({"occurred_at": "2026-03-04T12:00:00"}, "occurred_at"),
        ({"category": "SECRETVALUE"}, "category"),
        ({"indicators": [{"name": "x", "value": None, "source": "s", "observed_at": "SECRETVALUE"}]}, "indicators.0"),
        ({"options": [{"text": "SECRETVALUE", "evidence": [99]}]}, "body: value_error"),
        ({"patient": {"reference": "x", "birth_date": "SECRETVALUE"}}, "patient.birth_date"),
        ({"axis": "SECRET\x00VALUE"}, "U+0000"),
    ],
)
async def test_one_bad_gap_is_told_by_field_and_never_repeated(
    sign_in: SignIn, update: dict[str, Any], field: str
) -> None:
    ada = await sign_in("coder-ada")
    problem = is_problem(await ada.post("/api/v1/gaps", json={**gap(), **update}), 422)
    assert field in problem["detail"]
    assert "SECRET" not in str(problem)


async def test_a_refused_merge_in_a_list_refuses_only_itself(floor: Floor, sign_in: SignIn) -> None:
    machine = await sign_in("machine-nlp")
    events = as_json(encounter("E9", merged_into_number="E9", ended_at=at(50)), encounter("E8", ended_at=at(50)))
    answer = await machine.post("/api/v1/encounters", json={"events": events})
    assert [item["status"] for item in answer.json()["results"]] == ["rejected", "applied"]
    rows = await floor.rows("SELECT encounter_number, status FROM charts")
    assert [(row["encounter_number"], row["status"]) for row in rows] == [("E8", "ready")]
    is_problem(await machine.post("/api/v1/encounters", json=events[0]), 409)


async def test_a_gap_is_withdrawn_by_a_person_even_if_its_clock_was_ahead(floor: Floor, sign_in: SignIn) -> None:
    ada = await sign_in("coder-ada")
    taken = (await ada.post("/api/v1/gaps", json=gap(hours=99))).json()["results"][0]
    shown = await ada.post(f"/api/v1/gaps/{taken['gap_uid']}/withdraw", json={"reason": "not needed"})
    assert shown.json()["state"] == "withdrawn"


# queries


async def test_an_answer_an_outcome_and_a_final_chart(floor: Floor, sign_in: SignIn) -> None:
    (query,) = await floor.issue()
    await floor.take(encounter(ended_at=at(59)))
    ferro, bo = await sign_in("ferro"), await sign_in("cdi-bo")
    (listed,) = (await ferro.get("/api/v1/queries")).json()["items"]
    assert listed["query_id"] == str(query)
    assert listed["patient"]["name"] == "Wilhelmina Testperson"
    assert not {"gap_uid", "findings", "category", "author_id"} & listed.keys()
    assert (await ferro.post(f"/api/v1/queries/{query}/open")).json()["state"] == "opened"
    body = {"answer": {"code": "OPTION_SELECTED", "option_id": "o1", "text": "volume depletion"}, "response_id": "mine"}
    answered = await ferro.post(f"/api/v1/queries/{query}/response", json=body)
    assert answered.json() == {"status": "accepted", "response_id": "mine"}
    assert (await ferro.post(f"/api/v1/queries/{query}/response", json=body)).json()["status"] == "seen"
    amended = {**body, "response_id": "mine-2", "amends": "mine"}
    assert (await ferro.post(f"/api/v1/queries/{query}/response", json=amended)).json()["status"] == "amended"
    is_problem(await bo.post(f"/api/v1/charts/{chart_id()}/finalize", json={}), 409)
    closed = await bo.post(f"/api/v1/queries/{query}/outcome", json={"outcome": "AGREED_DOCUMENTED"})
    assert (closed.json()["state"], closed.json()["outcome"]) == ("closed", "AGREED_DOCUMENTED")
    final = await bo.post(f"/api/v1/charts/{chart_id()}/finalize", json={})
    assert (final.status_code, final.json()["status"]) == (200, "finalized")
    history = [item["transition"] for item in (await bo.get(f"/api/v1/queries/{query}/timeline")).json()]
    assert history == ["issued", "phase_changed", "opened", "answered", "amended", "closed"]
    viewed = await floor.rows("SELECT DISTINCT user_id, what FROM view_log")
    assert {"user_id": "ferro", "what": "query"} not in viewed
    await ferro.get(f"/api/v1/queries/{query}")
    assert {"user_id": "ferro", "what": "query"} in await floor.rows("SELECT user_id, what FROM view_log")


async def test_the_status_counts_the_templates_that_are_in_use_and_refused(office: Office) -> None:
    app = create_app(replace(office, templates=TemplateCount(in_use=97, refused=2)))
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        token = await identity.create_token(conn, "admin-fay", "admin", None)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://tracker", headers=headers) as fay:
        assert (await fay.get("/api/v1/status")).json()["templates"] == {"in_use": 97, "refused": 2}


async def test_an_issued_query_keeps_its_text_and_the_version_of_its_template_when_the_template_changes(
    floor: Floor, sign_in: SignIn, tmp_path: Path
) -> None:
    def asks(query: UUID) -> tuple[str, str, str, str]:
        view = views[query]
        names = ("template_id", "template_version", "template_hash")
        return (*(view[name] for name in names), view["document"]["question"])

    (old,) = await floor.issue()
    folder = tmp_path / "queries"
    folder.mkdir()
    shipped = floor.library.templates["creatinine-rise"]
    text = shipped.path.read_text().replace('version: "1"', 'version: "2"')
    question = shipped.question_sources["multiple_choice"]
    assert question in text
    other = "Which of the following, if any, describes the condition associated with the findings shown?"
    (folder / "creatinine-rise.md").write_text(text.replace(question, other))
    floor.library = Library.load(shipped_folder(), tmp_path, today=date(2026, 3, 4))
    (new,) = set(await floor.issue(rise("g2", "E2", raised_by="c-17"))) - {old}
    bo = await sign_in("cdi-bo")
    views = {query: (await bo.get(f"/api/v1/queries/{query}")).json() for query in (old, new)}
    changed = floor.library.templates["creatinine-rise"].ref
    assert asks(old) == ("creatinine-rise", "1", shipped.ref.hash, question)
    assert asks(new) == ("creatinine-rise", "2", changed.hash, other) and changed.hash != shipped.ref.hash


async def test_the_same_answer_twice_without_an_id_is_one_answer(floor: Floor, sign_in: SignIn) -> None:
    (query,) = await floor.issue()
    ferro = await sign_in("ferro")
    body = {"answer": {"code": "OPTION_SELECTED", "option_id": "o1", "text": "volume depletion"}}
    statuses = [(await ferro.post(f"/api/v1/queries/{query}/response", json=body)).json()["status"] for _ in range(2)]
    assert statuses == ["accepted", "seen"]


async def test_nobody_reaches_a_query_that_is_not_theirs(floor: Floor, sign_in: SignIn) -> None:
    (query,) = await floor.issue()
    okafor = await sign_in("okafor")
    assert (await okafor.get("/api/v1/queries")).json()["items"] == []
    for method, path, body in (
        ("GET", "", None),
        ("POST", "/open", {}),
        ("POST", "/response", {"answer": {"code": "UNABLE_TO_DETERMINE"}}),
        ("POST", "/defer", {"until": at(99).isoformat()}),
        ("POST", "/redirect", {"provider_id": "dr-okafor", "reason": "mine"}),
        ("POST", "/cosign", {}),
    ):
        is_problem(await okafor.request(method, f"/api/v1/queries/{query}{path}", json=body), 404)


async def test_who_covers_may_answer(floor: Floor, sign_in: SignIn) -> None:
    (query,) = await floor.issue()
    ferro, okafor = await sign_in("ferro"), await sign_in("okafor")
    coverage = {
        "provider_id": "dr-ferro", "covered_by": "dr-okafor",
        "starts_at": at(50).isoformat(), "ends_at": at(90).isoformat(),
    }  # fmt: skip
    is_problem(await okafor.post("/api/v1/coverage", json=coverage), 403)
    assert (await ferro.post("/api/v1/coverage", json=coverage)).status_code == 200
    body = {"answer": {"code": "OPTION_SELECTED", "option_id": "o1", "text": "volume depletion"}}
    assert (await okafor.post(f"/api/v1/queries/{query}/response", json=body)).json()["status"] == "accepted"
    (set_,) = (await okafor.get("/api/v1/coverage")).json()
    is_problem(await okafor.post(f"/api/v1/coverage/{set_['id']}/end", json={}), 404)
    assert (await ferro.post(f"/api/v1/coverage/{set_['id']}/end", json={})).json() == {"status": "ended"}
    assert (await ferro.get("/api/v1/coverage")).json() == []
    backwards = {**coverage, "ends_at": at(1).isoformat()}
    is_problem(await ferro.post("/api/v1/coverage", json=backwards), 422)
    unknown = {**coverage, "covered_by": "dr-nobody"}
    is_problem(await ferro.post("/api/v1/coverage", json=unknown), 422)


async def test_a_held_draft_is_approved_by_a_second_person(floor: Floor, sign_in: SignIn) -> None:
    await floor.take(event(rise(), "nlp"))
    await floor.build()
    cy, bo = await sign_in("cdi-cy"), await sign_in("cdi-bo")
    (held,) = (await bo.get("/api/v1/queries", params={"state": "held"})).json()["items"]
    document = {**held["document"], "title": "Another title"}
    path = f"/api/v1/queries/{held['query_id']}"
    assert (await cy.post(f"{path}/revise", json={"document": document})).status_code == 200
    await floor.build()
    (held,) = (await bo.get("/api/v1/queries", params={"state": "held"})).json()["items"]
    assert held["document"]["title"] == "Another title"
    wrong = {"content_hash": "0" * 64, "reason": "fine"}
    is_problem(await bo.post(f"{path}/approve", json=wrong), 409)
    right = {"content_hash": held["content_hash"], "reason": "fine"}
    assert (await bo.post(f"{path}/approve", json=right)).status_code == 200
    await floor.build()
    assert await floor.state(UUID(held["query_id"])) == "issued"


async def test_staff_without_the_right_find_no_sensitive_query(floor: Floor, sign_in: SignIn) -> None:
    (query,) = await floor.issue(rise(raised_by="c-17", sensitivity="hiv"))
    bo, cy = await sign_in("cdi-bo"), await sign_in("cdi-cy")
    is_problem(await bo.get(f"/api/v1/queries/{query}"), 404)
    is_problem(await bo.post(f"/api/v1/queries/{query}/withdraw", json={"reason": "error"}), 404)
    assert (await cy.get(f"/api/v1/queries/{query}")).status_code == 200
    chart = (await bo.get(f"/api/v1/charts/{chart_id()}")).json()
    assert (chart["gaps"], chart["queries"]) == ([], [])


async def test_lists_are_read_page_by_page_without_loss_or_repetition(floor: Floor, sign_in: SignIn) -> None:
    gaps = [rise(f"g{n}", f"E{n}", raised_by="c-17") for n in range(7)]
    await floor.issue(*gaps)
    bo = await sign_in("cdi-bo")
    for path, key in (("queries", "query_id"), ("gaps", "gap_uid"), ("charts", "chart_id")):
        seen, cursor = [], None
        while True:
            page = (
                await bo.get(f"/api/v1/{path}", params={"limit": 3, **({"cursor": cursor} if cursor else {})})
            ).json()
            seen += [item[key] for item in page["items"]]
            cursor = page["next"]
            if cursor is None:
                break
        assert len(seen) == len(set(seen)) == 7, path
        for bad in ("x", "e30=", "W10=", "WzEsMl0=", "WyJ4IiwieSJd", "WyIyMDI2LTAxLTAxIiwgIngiXQ==", "\u00e9"):
            assert (await bo.get(f"/api/v1/{path}", params={"cursor": bad})).status_code in (400, 422)
    is_problem(await bo.get("/api/v1/queries", params={"limit": 0}), 422)


async def test_a_repeated_post_with_the_same_key_answers_as_the_first_time(floor: Floor, sign_in: SignIn) -> None:
    ada, bo = await sign_in("coder-ada"), await sign_in("cdi-bo")
    key = {"Idempotency-Key": "k-1"}
    first = await ada.post("/api/v1/gaps", json=gap(), headers=key)
    again = await ada.post("/api/v1/gaps", json=gap(), headers=key)
    assert first.json() == again.json()
    assert again.json()["results"][0]["status"] == "accepted"
    is_problem(await ada.post("/api/v1/gaps", json=gap(gap_id="g2"), headers=key), 422)
    other = await bo.post("/api/v1/gaps", json=gap(gap_id="g3"), headers=key)
    assert other.status_code == 200
    failed = await ada.post("/api/v1/gaps", json={}, headers={"Idempotency-Key": "k-2"})
    assert failed.status_code == 422
    assert (await ada.post("/api/v1/gaps", json=gap(), headers={"Idempotency-Key": "k-2"})).status_code == 200


async def test_a_new_token_is_never_stored(floor: Floor, sign_in: SignIn) -> None:
    fay = await sign_in("admin-fay")
    body = {"user_id": "coder-ada", "role": "coder"}
    token = (await fay.post("/api/v1/tokens", json=body, headers={"Idempotency-Key": "t"})).json()["token"]
    for table in ("tokens", "idempotency"):
        assert token not in str(await floor.rows(f"SELECT * FROM {table}"))
    is_problem(await fay.post("/api/v1/tokens", json={"user_id": "coder-ada", "role": "admin"}), 422)


async def test_what_cannot_be_stored_is_refused_and_not_an_error(floor: Floor, sign_in: SignIn) -> None:
    (query,) = await floor.issue()
    ferro, bo, fay = await sign_in("ferro"), await sign_in("cdi-bo"), await sign_in("admin-fay")
    nul = {"answer": {"code": "OTHER_TEXT", "option_id": "other", "text": "a\x00b"}}
    is_problem(await ferro.post(f"/api/v1/queries/{query}/response", json=nul), 422)
    is_problem(await bo.get("/api/v1/charts/a%00b"), 422)
    is_problem(await bo.get("/api/v1/gaps", params={"state": "a\x00"}), 422)
    lone = b'{"answer": {"code": "OTHER_TEXT", "option_id": "other", "text": "\\ud800"}}'
    is_problem(
        await ferro.post(
            f"/api/v1/queries/{query}/response", content=lone, headers={"content-type": "application/json"}
        ),
        422,
    )
    unknown = [{"id": "new", "name": "New", "roles": ["provider"], "provider_id": "dr-nobody"}]
    is_problem(await fay.post("/api/v1/users", json=unknown), 422)
    assert await floor.state(query) == "issued"


async def test_a_problem_never_repeats_a_password(sign_in: SignIn) -> None:
    fay = await sign_in("admin-fay")
    bad = [{"id": "new", "name": "New", "roles": ["wizard"], "password": "hunter2-hunter2"}, {"password": "short-pw"}]
    problem = is_problem(await fay.post("/api/v1/users", json=bad), 422)
    assert "hunter2" not in str(problem)
    assert "short-pw" not in str(problem)


async def test_every_answer_carries_the_safe_headers(sign_in: SignIn) -> None:
    for answer in (await (await sign_in()).get("/health/live"), await (await sign_in()).get("/api/v1/gaps")):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-frame-options"] == "DENY"
        assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_the_notifier_learns_whom_to_write_to_and_whether_at_all(floor: Floor, sign_in: SignIn) -> None:
    (query,) = await floor.issue()
    machine = await sign_in(identity.OWN_SERVICES)
    answer = (await machine.get(f"/internal/v1/deliveries/{query}")).json()
    assert (answer["due"], answer["open_count"]) == (True, 1)
    assert answer["recipients"] == [{"recipient_id": "dr-ferro", "channel": "email", "address": "ferro@harbor.example"}]
    ferro = await sign_in("ferro")
    until: datetime = at(80)
    await ferro.post(f"/api/v1/queries/{query}/defer", json={"until": until.isoformat()})
    assert (await machine.get(f"/internal/v1/deliveries/{query}")).json()["due"] is False
    await floor.take(event(response(query), "ehr"))
    answer = (await machine.get(f"/internal/v1/deliveries/{query}")).json()
    assert (answer["due"], answer["recipients"]) == (False, [])


async def test_finalizing_unanswered_over_http(floor: Floor, sign_in: SignIn) -> None:
    (query,) = await floor.issue()
    await floor.take(encounter(ended_at=at(59)))
    ada, bo = await sign_in("coder-ada"), await sign_in("cdi-bo")
    path = f"/api/v1/charts/{chart_id()}"
    is_problem(await ada.post(f"{path}/finalize", json={"unanswered": True, "reason": "x"}), 403)
    is_problem(await bo.post(f"{path}/finalize-unanswered", json={}), 409)
    final = await bo.post(f"{path}/finalize-unanswered", json={"reason": "on leave"})
    assert final.json()["status"] == "finalized"
    assert (await bo.get(f"/api/v1/queries/{query}")).json()["outcome"] == "NO_RESPONSE_CLOSED"


async def test_a_tampered_chain_is_told_and_a_whole_one_proved(floor: Floor, sign_in: SignIn, owner: Any) -> None:
    await floor.issue()
    ed = await sign_in("officer-ed")
    proof = (await ed.get(f"/api/v1/audit/{chart_id()}")).json()
    assert proof["verified"] is True
    owner("SELECT set_config('app.system', 'on', false)")
    owner("UPDATE tracker.event_log SET actor = 'somebody' WHERE sequence = 2")
    proof = (await ed.get(f"/api/v1/audit/{chart_id()}")).json()
    assert (proof["verified"], proof["detail"]) == (False, f"link 2 of chart {chart_id()} does not verify")


async def test_a_session_changes_nothing_without_its_form_s_secret(
    office: Office, sign_in: SignIn, floor: Floor
) -> None:
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        ada = identity.UserRecord(id="coder-ada", name="Ada", roles=("coder",), password="a long enough password")
        await identity.put_users(conn, [ada])
        session = await identity.sign_in(conn, "coder-ada", "a long enough password", office.clock())
        actor = await identity.actor_of_session(conn, session or "", office.clock())
    assert actor is not None and actor.csrf is not None
    nobody = await sign_in()
    cookie = {"Cookie": f"__Host-session={session}"}
    assert (await nobody.get("/api/v1/gaps", headers=cookie)).status_code == 200
    # A form on another site can make a browser send a name and password in its URL, but never this header.
    for headers in (cookie, {**cookie, "Authorization": "Basic YTpi"}, {**cookie, "X-CSRF-Token": "guessed"}):
        is_problem(await nobody.post("/api/v1/gaps", json=gap(), headers=headers), 403)
    taken = await nobody.post("/api/v1/gaps", json=gap(), headers={**cookie, "X-CSRF-Token": actor.csrf})
    assert taken.json()["results"][0]["status"] == "accepted"
