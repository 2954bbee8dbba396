"""From a gap to a chart that may be finalized, end to end, on every shape."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from tests.e2e.house import House, choose, cloud_event, creatinine_gap, encounter_number, eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")


def _ended() -> str:
    return (datetime.now(UTC) - timedelta(minutes=5)).isoformat()


async def _issued(house: House, number: str, **changes: object) -> dict:
    gap = await house.raise_gap(creatinine_gap(number, **changes))
    query = await house.query_of(gap)
    assert query["state"] in ("issued", "delivered"), (query["held_reason"], query["held_detail"], query["findings"])
    return query


async def test_a_gap_over_http_becomes_a_query_a_mail_an_answer_an_outcome_and_a_final_chart(house: House) -> None:
    number = encounter_number()
    async with house.listening("cdi.charts.v1") as heard:
        query = await _issued(house, number)
        path = f"/api/v1/queries/{query['query_id']}"
        placed = await heard("cdi.chart.hold_placed.v1", number)
        assert placed["data"]["gap_uids"] == [query["gap_uid"]]

        async def delivered() -> bool:
            return (await house.call("cdi", "GET", path))["state"] == "delivered"

        await eventually(delivered, "the notification is sent")
        assert any(mail["to"] == "attend@example.org" for mail in await house.mails())

        seen = await house.call("dr-attend", "GET", path)
        assert seen["document"]["question"]
        assert (await house.call("dr-attend", "POST", f"{path}/open"))["state"] == "opened"
        answered = await house.call("dr-attend", "POST", f"{path}/response", {"answer": choose(seen["document"])})
        assert answered["status"] == "accepted"
        closed = await house.call("coder", "POST", f"{path}/outcome", {"outcome": "AGREED_DOCUMENTED"})
        assert closed["state"] == "closed"
        assert (await house.chart(number))["status"] == "clear"
        await house.encounter(number, ended_at=_ended())
        ready = await heard("cdi.chart.ready.v1", number)
        assert ready["data"]["facility"] == "test-hospital"
        chart = await house.chart(number)
        assert chart["status"] == "ready"
        done = await house.call("coder", "POST", f"/api/v1/charts/{chart['chart_id']}/finalize", {})
        assert done["status"] == "finalized"
        await heard("cdi.chart.finalized.v1", number)


async def test_a_gap_of_a_foreign_kafka_client_is_held_until_its_source_is_trusted_or_a_person_approves(
    house: House,
) -> None:
    number, source = encounter_number(), f"test/{uuid4().hex}"
    gap = creatinine_gap(number)
    await house.publish("cdi.gaps.v1", cloud_event("cdi.gap.raised.v1", gap, source))

    async def chart() -> object:
        return (await house.call("coder", "GET", f"/api/v1/charts?encounter_number={number}"))["items"]

    charts = await eventually(chart, "the gap arrives")
    detail = await house.call("cdi", "GET", f"/api/v1/charts/{charts[0]['chart_id']}")
    query = await house.query_of(detail["gaps"][0]["gap_uid"])
    assert (query["state"], query["held_reason"], query["verdict"]) == ("held", "needs_a_person", "pass")
    path = f"/api/v1/queries/{query['query_id']}"
    await house.call("cdi", "POST", f"{path}/approve", {"content_hash": query["content_hash"]})
    issued = await house.query_of(query["gap_uid"])
    assert issued["state"] in ("issued", "delivered")
    assert issued["content_hash"] == query["content_hash"]


async def test_a_trusted_machine_issues_by_itself_and_its_answers_count_with_a_known_signer(house: House) -> None:
    number, source = encounter_number(), f"test/{uuid4().hex}"
    decided = {
        "source": source,
        "kind": "machine",
        "automatic": True,
        "may_answer": True,
        "authors": {"ehr-77": "dr-attend"},
    }
    await house.call("compliance", "POST", "/api/v1/sources", decided)
    await house.publish("cdi.gaps.v1", cloud_event("cdi.gap.raised.v1", creatinine_gap(number), source))

    async def issued() -> object:
        page = await house.call("dr-attend", "GET", "/api/v1/queries?open_only=true&limit=200")
        return next((item for item in page["items"] if item["encounter_number"] == number), None)

    query = await eventually(issued, "the query reaches the provider")
    async with house.listening("cdi.query-status.v1") as heard:
        for signer, expected in (("ehr-unknown", "rejected"), ("ehr-77", "accepted")):
            response = {
                "response_id": uuid4().hex,
                "query_id": query["query_id"],
                "occurred_at": datetime.now(UTC).isoformat(),
                "answer": choose(query["document"]),
                "signature": {"external_user_id": signer, "signed_at": datetime.now(UTC).isoformat(), "method": "EHR"},
            }
            await house.publish("cdi.responses.v1", cloud_event("cdi.response.submitted.v1", response, source))
            await heard(f"cdi.response.{expected}.v1", query["chart_id"])
    after = await house.call("dr-attend", "GET", f"/api/v1/queries/{query['query_id']}")
    assert after["state"] == "answered"


async def test_what_cannot_be_read_is_a_dead_letter_and_nothing_beside_it_is_lost(house: House) -> None:
    number, source = encounter_number(), f"test/{uuid4().hex}"
    await house.publish(
        "cdi.gaps.v1",
        b"not json \xff",
        None,
        cloud_event("cdi.gap.raised.v9", {}, source, id="unknown-type"),
        cloud_event("cdi.gap.raised.v1", {**creatinine_gap(number), "category": "SECRETDX"}, source, id="bad-category"),
        b"x" * 300_000,
        cloud_event("cdi.gap.raised.v1", creatinine_gap(number), source, id="the-good-one"),
    )

    async def arrived() -> object:
        return (await house.call("coder", "GET", f"/api/v1/charts?encounter_number={number}"))["items"]

    await eventually(arrived, "the good record beside the bad ones")

    async def reasons() -> bool:
        letters = await house.call("admin", "GET", "/api/v1/dead-letters")
        found = {letter["reason"] for letter in letters}
        mine = [letter for letter in letters if letter["event_source"] == source]
        assert all("SECRETDX" not in letter["detail"] for letter in letters)
        return {"not_json", "missing", "unknown_type", "invalid", "oversized"} <= found and len(mine) == 2

    await eventually(reasons, "each bad record has its reason")


async def test_the_same_event_again_changes_nothing_and_a_revision_before_the_answer_supersedes(house: House) -> None:
    number = encounter_number()
    gap = creatinine_gap(number)
    first = await house.call("coder", "POST", "/api/v1/gaps", gap)
    again = await house.call("coder", "POST", "/api/v1/gaps", gap)
    assert [first["results"][0]["status"], again["results"][0]["status"]] == ["accepted", "duplicate_delivery"]
    query = await house.query_of(first["results"][0]["gap_uid"])
    later = {**gap, "occurred_at": datetime.now(UTC).isoformat(), "due_at": _ended()}
    assert (await house.call("coder", "POST", "/api/v1/gaps", later))["results"][0]["status"] == "revised"

    async def replaced() -> object:
        current = await house.query_of(query["gap_uid"])
        return current if current["query_id"] != query["query_id"] else None

    await eventually(replaced, "a new query takes the place of the superseded one")
    old = await house.call("cdi", "GET", f"/api/v1/queries/{query['query_id']}")
    assert old["state"] == "superseded"
    assert old["document"] == query["document"]


async def test_the_first_answer_wins_may_be_amended_and_later_ones_are_kept(house: House) -> None:
    query = await _issued(house, encounter_number())
    path = f"/api/v1/queries/{query['query_id']}"
    first = await house.call("dr-attend", "POST", f"{path}/response", {"answer": choose(query["document"])})
    repeated = await house.call("dr-attend", "POST", f"{path}/response", {"answer": choose(query["document"])})
    assert (first["status"], repeated["status"]) == ("accepted", "seen")
    unable = choose(query["document"], "undetermined")
    amended = await house.call(
        "dr-attend", "POST", f"{path}/response", {"answer": unable, "amends": first["response_id"]}
    )
    assert amended["status"] == "amended"
    await house.call("coder", "POST", f"{path}/outcome", {"outcome": "UNDETERMINED"})
    late = await house.call(
        "dr-attend", "POST", f"{path}/response", {"answer": choose(query["document"]), "response_id": uuid4().hex}
    )
    assert late["status"] == "late"
    kept = await house.call("cdi", "GET", path)
    assert len(kept["responses"]) == 3
    assert kept["response_id"] == amended["response_id"]


async def test_a_redirect_goes_to_the_new_provider_alone_and_a_deferral_waits(house: House) -> None:
    query = await _issued(house, encounter_number())
    path = f"/api/v1/queries/{query['query_id']}"
    await house.call("dr-attend", "POST", f"{path}/redirect", {"provider_id": "dr-other", "reason": "not my patient"})
    assert (await house.ask("dr-attend", "GET", path)).status_code == 404
    assert (await house.call("dr-other", "GET", path))["recipient_id"] == "dr-other"
    until = (datetime.now(UTC) + timedelta(seconds=3)).isoformat()
    await house.call("dr-other", "POST", f"{path}/defer", {"until": until})

    async def resumed() -> bool:
        return (await house.call("dr-other", "GET", path))["deferred_until"] is None

    await eventually(resumed, "the deferral ends by itself")


async def test_an_answer_of_a_resident_waits_for_the_attendings_cosignature(house: House) -> None:
    number = encounter_number()
    await house.encounter(
        number, attending_id="dr-attend", started_at=(datetime.now(UTC) - timedelta(days=3)).isoformat()
    )
    query = await _issued(house, number, addressee={"provider_id": "dr-resident"})
    path = f"/api/v1/queries/{query['query_id']}"
    await house.call("dr-resident", "POST", f"{path}/response", {"answer": choose(query["document"])})
    assert (await house.call("cdi", "GET", path))["state"] == "awaiting_cosign"
    assert (await house.ask("coder", "POST", f"{path}/outcome", {"outcome": "AGREED_DOCUMENTED"})).status_code == 409
    assert (await house.call("dr-attend", "POST", f"{path}/cosign"))["state"] == "under_review"
    await house.call("coder", "POST", f"{path}/outcome", {"outcome": "AGREED_DOCUMENTED"})


async def test_a_discharge_can_be_cancelled_and_a_merged_visit_holds_the_other(house: House) -> None:
    first, second = encounter_number(), encounter_number()
    async with house.listening("cdi.charts.v1") as heard:
        await house.encounter(second, ended_at=_ended())
        await heard("cdi.chart.ready.v1", second)
        query = await _issued(house, first)
        await house.encounter(first, merged_into_number=second)
        await heard("cdi.chart.merged.v1", first)
        placed = await heard("cdi.chart.hold_placed.v1", second)
        assert placed["data"]["gap_uids"] == [query["gap_uid"]]
        path = f"/api/v1/queries/{query['query_id']}/withdraw"
        await house.call("coder", "POST", path, {"reason": "not_needed"})
        assert (await house.chart(second))["status"] == "ready"
        await house.encounter(second, ended_at=None)
        assert (await house.chart(second))["status"] == "clear"


async def test_an_edited_text_is_checked_again_and_needs_a_second_person(house: House) -> None:
    number = encounter_number()
    gap = creatinine_gap(number, addressee={})
    uid = await house.raise_gap(gap)
    held = await house.query_of(uid)
    path = f"/api/v1/queries/{held['query_id']}"
    if held["state"] == "held" and held["held_reason"] == "no_recipient":
        await house.call("coder", "POST", f"{path}/redirect", {"provider_id": "dr-attend", "reason": "attending"})
        held = await house.query_of(uid)
    assert held["state"] in ("issued", "delivered")

    number = encounter_number()
    machine = await house.raise_gap(creatinine_gap(number), user="machine")
    held = await house.query_of(machine)
    path = f"/api/v1/queries/{held['query_id']}"
    leading = {**held["document"], "question": "Patient meets criteria for acute kidney injury, please document it."}
    await house.call("cdi", "POST", f"{path}/revise", {"document": leading})
    blocked = await house.query_of(machine)
    assert (blocked["state"], blocked["held_reason"], blocked["verdict"]) == ("held", "blocked", "block")
    approval = {"content_hash": blocked["content_hash"], "reason": "because I say so"}
    assert (await house.ask("compliance", "POST", f"{path}/approve", approval)).status_code == 409
    title = {**held["document"], "title": held["document"]["title"]}
    await house.call("cdi", "POST", f"{path}/revise", {"document": title})
    edited = await house.query_of(machine)
    assert edited["held_reason"] == "needs_second_person"
    await house.call(
        "compliance",
        "POST",
        f"{path}/approve",
        {"content_hash": edited["content_hash"], "reason": "reads well, neutral"},
    )
    assert (await house.query_of(machine))["state"] in ("issued", "delivered")


async def test_a_rejected_draft_dismisses_its_gap_and_frees_the_chart(house: House) -> None:
    number = encounter_number()
    uid = await house.raise_gap(creatinine_gap(number), user="machine")
    held = await house.query_of(uid)
    await house.call("cdi", "POST", f"/api/v1/queries/{held['query_id']}/reject", {"reason": "answered in the note"})
    assert (await house.settled(uid))["state"] == "dismissed"
    assert (await house.chart(number))["status"] == "clear"


async def test_finalizing_unanswered_needs_role_and_reason_and_a_late_answer_is_announced(house: House) -> None:
    number = encounter_number()
    query = await _issued(house, number)
    await house.encounter(number, ended_at=_ended())
    chart = await house.chart(number)
    path = f"/api/v1/charts/{chart['chart_id']}"
    assert (await house.ask("coder", "POST", f"{path}/finalize", {})).status_code == 409
    assert (await house.ask("coder", "POST", f"{path}/finalize-unanswered", {"reason": "x"})).status_code == 403
    async with house.listening("cdi.charts.v1") as heard:
        done = await house.call("cdi", "POST", f"{path}/finalize-unanswered", {"reason": "policy limit reached"})
        assert done["status"] == "finalized"
        closed = await house.call("cdi", "GET", f"/api/v1/queries/{query['query_id']}")
        assert closed["outcome"] == "NO_RESPONSE_CLOSED"
        answer = {"answer": choose(query["document"])}
        late = await house.call("dr-attend", "POST", f"/api/v1/queries/{query['query_id']}/response", answer)
        assert late["status"] == "late"
        await heard("cdi.chart.late_response.v1", number)


async def test_nothing_is_unaccounted_for_and_every_chain_verifies(house: House) -> None:
    async def quiet() -> object:
        status = await house.call("admin", "GET", "/api/v1/status")
        return status if status["unaccounted"] == 0 and status["outbox"]["waiting"] == 0 else None

    status = await eventually(quiet, "all is quiet")
    assert status["outbox_set_aside"] == 0
    charts = (await house.call("coder", "GET", "/api/v1/charts?limit=200"))["items"]
    for chart in charts:
        proof = await house.call("compliance", "GET", f"/api/v1/audit/{chart['chart_id']}")
        assert proof["verified"], proof


async def test_no_mail_carries_a_name_a_number_or_a_clinical_word(house: House) -> None:
    mails = await house.mails()
    assert mails
    for mail in mails:
        text = (mail["subject"] + " " + mail["body"]).lower()
        assert not any(word in text for word in ("probandin", "mrn", "creatinine", "kidney", "e2e-", "attenda"))
