"""Words about a query: a question to the author and its reply, a cosigner's remark, and what none of them may do."""

from __future__ import annotations

from uuid import UUID

import httpx
import pytest

from schemas.check import Finding, Verdict
from schemas.gaps import Addressee
from services.tracker.decisions import desk, remarks
from services.tracker.decisions.remarks import NotFit
from services.tracker.lifecycle import NotAllowed
from services.tracker.model import MOST_OF_A_REMARK, MOST_REMARKS
from tests.tracker.conftest import Floor, as_json, rise
from tests.tracker.support import FINDING, Ward
from tests.tracker.test_api import SignIn, is_problem

PASS = Verdict(id="remark", verdict="pass", ruleset="test")
BLOCK = Verdict(id="remark", verdict="block", ruleset="test", findings=(FINDING,))
QUESTION = "Which of the two notes is meant?"
REPLY = "The question is about the wound described in the nursing note of 3 March."
LEADING = "Please document sepsis, the DRG depends on it."


def asked(ward: Ward) -> UUID:
    query = ward.issue()
    ward.on_desk(remarks.ask, query, f"  {QUESTION} ", "dr-ferro")
    return query


def waiting_for_a_cosigner(ward: Ward) -> UUID:
    query = ward.issue(addressee=Addressee(provider_id="dr-lind"))
    ward.answer(query, "dr-lind")
    assert ward.find(query).state == "awaiting_cosign"
    return query


def said(ward: Ward, query: UUID) -> list[tuple[str, str, str]]:
    return [(one.kind, one.by, one.text) for one in ward.find(query).remarks]


def test_a_question_waits_until_it_is_replied_to_and_moves_nothing_else() -> None:
    ward = Ward()
    query = asked(ward)
    ward.on_desk(remarks.ask, query, "And which foot?", "dr-okafor")
    first = ward.find(query).open_question()
    assert first is not None and first.text == QUESTION
    ward.on_desk(remarks.reply, query, REPLY, "coder-ada", PASS)
    assert ward.find(query).open_question() is None
    assert [kind for kind, _, _ in said(ward, query)] == ["question", "question", "reply"]
    assert ward.find(query).state == "issued"
    assert ward.answer(query) == "accepted"


def test_a_reply_that_the_check_does_not_pass_is_refused_with_its_findings() -> None:
    ward = Ward()
    query = asked(ward)
    for verdict in ("review", "block"):
        with pytest.raises(NotFit) as refused:
            ward.on_desk(remarks.reply, query, LEADING, "coder-ada", BLOCK.model_copy(update={"verdict": verdict}))
        assert refused.value.findings == (FINDING,)
    assert said(ward, query) == [("question", "dr-ferro", QUESTION)]


def test_nobody_replies_where_nothing_was_asked() -> None:
    ward = Ward()
    query = ward.issue()
    with pytest.raises(NotAllowed, match="No question"):
        ward.on_desk(remarks.reply, query, REPLY, "coder-ada", PASS)


@pytest.mark.parametrize("text", ["", "   ", "x" * (MOST_OF_A_REMARK + 1)])
def test_a_remark_has_words_and_an_end(text: str) -> None:
    ward = Ward()
    query = ward.issue()
    with pytest.raises(NotAllowed, match="1 to 1,000 characters"):
        ward.on_desk(remarks.ask, query, text, "dr-ferro")


def test_a_conversation_has_an_end_too() -> None:
    ward = Ward()
    query = ward.issue()
    for _ in range(MOST_REMARKS):
        ward.on_desk(remarks.ask, query, QUESTION, "dr-ferro")
    with pytest.raises(NotAllowed, match="call the other person"):
        ward.on_desk(remarks.ask, query, QUESTION, "dr-ferro")


def test_once_a_query_has_ended_nothing_more_is_said() -> None:
    ward = Ward()
    query = asked(ward)
    ward.on_desk(desk.withdraw_query, query, "not_needed", "cdi-bo")
    for step in (
        lambda: ward.on_desk(remarks.ask, query, QUESTION, "dr-ferro"),
        lambda: ward.on_desk(remarks.reply, query, REPLY, "coder-ada", PASS),
    ):
        with pytest.raises(NotAllowed):
            step()


def test_an_answer_sent_back_can_be_changed_and_is_then_cosigned() -> None:
    ward = Ward()
    query = waiting_for_a_cosigner(ward)
    ward.on_desk(remarks.send_back, query, "Call me.", "dr-ferro", "attending", PASS)
    assert ward.find(query).state == "awaiting_cosign"
    assert ward.answer(query, "dr-lind", response_id="r2", amends="r1") == "amended"
    ward.cosign(query)
    assert ward.find(query).state == "under_review"


@pytest.mark.parametrize(("provider", "role"), [("dr-lind", "resident"), ("nurse-pell", "nurse")])
def test_only_who_may_cosign_sends_back(provider: str, role: str) -> None:
    ward = Ward()
    query = waiting_for_a_cosigner(ward)
    with pytest.raises(NotAllowed):
        ward.on_desk(remarks.send_back, query, "Call me.", provider, role, PASS)


def test_the_events_of_a_conversation_carry_none_of_its_words() -> None:
    ward = Ward()
    query = asked(ward)
    ward.on_desk(remarks.reply, query, REPLY, "coder-ada", PASS)
    events = [event for event in ward.events() if event.data.get("transition") in ("questioned", "replied")]
    assert [event.type for event in events] == ["cdi.query.changed.v1"] * 2
    assert not any(words in event.model_dump_json() for event in events for words in (QUESTION, REPLY))


@pytest.mark.database
@pytest.mark.asyncio
async def test_a_provider_asks_the_author_and_reads_the_reply(floor: Floor, sign_in: SignIn) -> None:
    (query,) = await floor.issue(rise(raised_by="c-17"))
    path = f"/api/v1/queries/{query}"
    ferro, ada = await sign_in("ferro"), await sign_in("coder-ada")
    is_problem(await ada.post(f"{path}/reply", json={"text": REPLY}), 409)
    assert (await ferro.post(f"{path}/question", json={"text": QUESTION})).status_code == 200
    shown = (await ada.get(path)).json()
    assert shown["question_at"] == shown["remarks"][0]["at"]
    blocked = is_problem(await ada.post(f"{path}/reply", json={"text": LEADING}), 422)
    findings = [Finding.model_validate(one) for one in blocked["findings"]]
    assert any(finding.severity == "block" for finding in findings)
    assert (await ada.post(f"{path}/reply", json={"text": REPLY})).json()["question_at"] is None
    thread = (await ferro.get(path)).json()["remarks"]
    assert [(one["kind"], one["by"], one["text"]) for one in thread] == [
        ("question", "dr-ferro", QUESTION),
        ("reply", "coder-ada", REPLY),
    ]
    history = (await ada.get(f"{path}/timeline")).json()
    steps = [one["transition"] for one in history if one["actor"] in ("dr-ferro", "coder-ada")]
    assert steps == ["questioned", "replied"]


@pytest.mark.database
@pytest.mark.asyncio
async def test_who_is_not_asked_asks_nothing_and_another_coder_does_not_reply(floor: Floor, sign_in: SignIn) -> None:
    bo = await sign_in("cdi-bo")
    taken = (await bo.post("/api/v1/gaps", json=as_json(rise())[0])).json()["results"][0]
    await floor.build()
    path = f"/api/v1/queries/{(await bo.get('/api/v1/gaps/' + taken['gap_uid'])).json()['query_id']}"
    ferro, okafor, ada = await sign_in("ferro"), await sign_in("okafor"), await sign_in("coder-ada")
    is_problem(await okafor.post(f"{path}/question", json={"text": QUESTION}), 404)
    await ferro.post(f"{path}/question", json={"text": QUESTION})
    is_problem(await ada.post(f"{path}/reply", json={"text": REPLY}), 403)
    is_problem(await ferro.post(f"{path}/reply", json={"text": REPLY}), 403)


@pytest.mark.database
@pytest.mark.asyncio
async def test_a_conversation_is_seen_by_those_who_see_its_query(floor: Floor, sign_in: SignIn) -> None:
    (query,) = await floor.issue()
    ferro = await sign_in("ferro")
    assert isinstance(ferro, httpx.AsyncClient)
    await ferro.post(f"/api/v1/queries/{query}/question", json={"text": QUESTION})
    for provider, count in (("dr-ferro", 1), ("dr-okafor", 0)):
        assert len(await floor.rows("SELECT text FROM remarks", scope={"app.provider": provider})) == count
