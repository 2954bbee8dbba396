"""Those who govern the house: audit and bundles, legal holds and purging, alarms, templates, policies, accounts."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from services.tracker import identity, metrics_store, retention, store
from services.tracker.audit import BrokenChain
from services.tracker.bundles import verify_bundle
from services.tracker.lifecycle import NotAllowed
from services.tracker.shelf import Card, Refused, Shelf
from services.tracker.store import SYSTEM_SCOPE
from tests.tracker_pages.house import PATIENT, Browser, House

pytestmark = pytest.mark.database
APPROVED = ("Cy Pretend (clinical)",)


async def bundle_of(house: House, query_id: UUID, form: str = "json", user: str = "cleo") -> Any:
    browser = await house.browser(user)
    return await browser.send(f"/queries/{query_id}", f"/queries/{query_id}/export", format=form)


@pytest.mark.asyncio
async def test_the_log_is_searched_by_query_stay_user_and_period_and_nothing_stands_in_the_address(
    house: House,
) -> None:
    query_id = await house.issued("g1", number="E-77")
    other = await house.issued("g2", number="E-78")
    browser = await house.browser("cleo")
    found = await browser.send("/audit", "/audit", query=str(query_id))
    assert found.url.query == b""
    assert f"/queries/{query_id}" in found.text
    assert f"/queries/{other}" not in found.text
    by_number = (await browser.send("/audit", "/audit", number="E-78")).text
    assert f"/queries/{other}" in by_number
    assert "a gap was raised" in by_number
    assert f"/queries/{query_id}" not in by_number
    by_user = (await browser.send("/audit", "/audit", user="coding")).text
    assert "E-77" in by_user
    assert "Nothing was found." in (await browser.send("/audit", "/audit", number="E-77", first="2026-04-01")).text
    assert "a gap was raised" in (await browser.send("/audit", "/audit", number="E-77", last="2026-03-04")).text
    for wrong in ({}, {"query": "no id"}, {"number": "E-77", "first": "yesterday"}, {"first": "2026-03-01"}):
        assert (await browser.send("/audit", "/audit", **wrong)).status_code == 422
    for user in ("ada", "bo", "pia", "u-ferro"):
        assert (await (await house.browser(user)).see("/audit")).status_code == 403


@pytest.mark.asyncio
async def test_who_looked_is_found_and_a_search_shows_nobodys_name(house: House) -> None:
    query_id = await house.issued(number="E-77")
    reader = await house.browser("ada")
    await reader.see(f"/queries/{query_id}")
    browser = await house.browser("cleo")
    page = (await browser.send("/audit", "/audit", kind="views", user="ada")).text
    assert "Ada Staffsample" in page
    assert "E-77" in page
    assert "Philippa" not in page


@pytest.mark.asyncio
async def test_a_bundle_proves_one_query_to_whoever_has_it_and_holds_nothing_of_others(house: House) -> None:
    query_id = await house.issued("g1", number="E-77")
    other = await house.issued("g2", number="E-77")
    provider = await house.browser("u-ferro")
    await provider.see(f"/queries/{query_id}")
    response = await bundle_of(house, query_id)
    assert response.headers["content-disposition"] == f'attachment; filename="query-{query_id}.json"'
    proof = verify_bundle(response.content)
    assert proof.query_id == query_id
    bundle = json.loads(response.text)
    assert proof.links == len(bundle["links"])
    assert proof.payloads == proof.own_links >= 2
    assert "Marker g2" not in response.text
    assert all(str(other) not in text for text in bundle["payloads"].values())
    head = (await house.rows("SELECT head FROM charts WHERE encounter_number = 'E-77'"))[0]["head"]
    assert proof.head == head
    views = await house.rows("SELECT user_id FROM view_log WHERE what = 'export'")
    assert [row["user_id"] for row in views] == ["cleo"]


@pytest.mark.asyncio
async def test_no_word_of_a_bundle_can_be_changed_unseen(house: House) -> None:
    query_id = await house.issued()
    bundle = json.loads((await bundle_of(house, query_id)).text)
    number = next(iter(bundle["payloads"]))
    forged = [
        {**bundle, "payloads": {**bundle["payloads"], number: bundle["payloads"][number].replace("testitis", "other")}},
        {**bundle, "payloads": {"1": bundle["payloads"][number]}},
        {**bundle, "links": bundle["links"][1:]},
        {**bundle, "links": [{**bundle["links"][0], "actor": "somebody"}, *bundle["links"][1:]]},
        {**bundle, "links": [{**one, "chart_id": "another"} for one in bundle["links"]]},
        {**bundle, "query_id": "00000000-0000-4000-8000-000000000000", "payloads": {}},
        {**bundle, "format": "another/1"},
        {},
    ]
    for changed in forged:
        with pytest.raises(BrokenChain):
            verify_bundle(json.dumps(changed))


@pytest.mark.asyncio
async def test_a_bundle_comes_as_a_document_that_reads_any_name(house: House) -> None:
    named = PATIENT.model_copy(update={"name": "Żofia Ünïcode-Пример"})
    chart_id = await house.raise_gap("g1")
    async with house.database.transaction(SYSTEM_SCOPE) as conn:
        await conn.execute("UPDATE charts SET patient_name = %s WHERE chart_id = %s", (named.name, chart_id))
    query_id = await house.built(chart_id)
    response = await bundle_of(house, query_id, "pdf")
    assert response.headers["content-type"] == "application/pdf"
    assert response.content.startswith(b"%PDF-")
    assert len(response.content) > 5_000
    assert b"/Outlines" in response.content
    assert b"/Lang" in response.content


@pytest.mark.asyncio
async def test_a_bundle_is_for_auditors_alone_and_never_of_what_they_may_not_see(house: House) -> None:
    query_id = await house.issued()
    for user in ("ada", "bo", "pia"):
        assert (await bundle_of(house, query_id, user=user)).status_code == 403
    async with house.database.transaction(SYSTEM_SCOPE) as conn:
        await conn.execute("UPDATE queries SET sensitivity = 'hiv'")
    browser = await house.browser("cleo")
    assert (await browser.send("/audit", f"/queries/{query_id}/export", format="json")).status_code == 404


async def finished(house: House, number: str = "E1") -> tuple[str, UUID]:
    """A finalized chart whose last change is old."""
    chart_id = await house.raise_gap("g1", number=number)
    query_id = await house.built(chart_id)
    async with house.database.transaction(SYSTEM_SCOPE) as conn:
        await conn.execute("UPDATE queries SET state = 'closed' WHERE chart_id = %s", (chart_id,))
        await conn.execute("UPDATE gaps SET state = 'resolved' WHERE chart_id = %s", (chart_id,))
        await conn.execute(
            "UPDATE charts SET status = 'finalized', changed_at = %s WHERE chart_id = %s",
            (house.now - timedelta(days=4000), chart_id),
        )
    return chart_id, query_id


async def purge(house: House) -> retention.Purged:
    async with house.database.transaction(SYSTEM_SCOPE) as conn:
        return await retention.purge(conn, retention.cutoff(house.policy, house.now), "root", 10)


@pytest.mark.asyncio
async def test_a_purge_takes_what_was_written_and_the_chain_still_verifies(house: House) -> None:
    chart_id, query_id = await finished(house)
    done = await purge(house)
    assert done.charts == 1
    assert done.payloads >= 3
    assert done.left == 0
    async with house.database.transaction(SYSTEM_SCOPE) as conn:
        assert await store.verify_chart(conn, house.office.vault, chart_id) >= 3
        words = "Philippa|MRN-0815|testitis|Marker"
        for table in ("charts", "gaps", "queries", "responses", "remarks", "chart_states", "purges"):
            rows = await (await conn.execute(f"SELECT to_jsonb(t) AS row FROM {table} t".encode())).fetchall()
            assert not re.search(words, json.dumps([row["row"] for row in rows], default=str)), table
        assert (await (await conn.execute("SELECT count(*) AS n FROM event_payloads")).fetchone()) == {"n": 0}
    proof = verify_bundle((await bundle_of(house, query_id)).content)
    assert (proof.payloads, proof.purged) == (0, proof.own_links)
    assert (await bundle_of(house, query_id, "pdf")).content.startswith(b"%PDF-")


@pytest.mark.asyncio
async def test_pages_still_show_a_purged_chart(house: House) -> None:
    chart_id, query_id = await finished(house)
    await purge(house)
    for user in ("ada", "cleo"):
        browser = await house.browser(user)
        assert (await browser.see(f"/charts/{chart_id}")).status_code == 200
        assert (await browser.see(f"/queries/{query_id}")).status_code == 200
    provider = await house.browser("u-ferro")
    assert (await provider.see("/inbox")).status_code == 200
    assert (await provider.see(f"/queries/{query_id}")).status_code in (200, 404)


@pytest.mark.asyncio
async def test_a_purged_chart_takes_nothing_in_any_more(house: House) -> None:
    await finished(house)
    await purge(house)
    with pytest.raises(NotAllowed, match="purged"):
        await house.raise_gap("g2")


@pytest.mark.asyncio
async def test_what_is_open_young_or_held_by_law_is_never_purged(house: House) -> None:
    chart_id, _query = await finished(house)
    obstacles = (
        "UPDATE queries SET state = 'answered'",
        "UPDATE gaps SET state = 'queried'",
        "UPDATE charts SET status = 'clear'",
        "UPDATE charts SET changed_at = now()",
        "UPDATE queries SET late_at = now()",
        "INSERT INTO legal_holds (chart_id, reason, set_by) SELECT chart_id, 'a case', 'cleo' FROM charts",
    )
    before = retention.cutoff(house.policy, house.now)
    for obstacle in obstacles:
        with pytest.raises(RollBack):
            async with house.database.transaction(SYSTEM_SCOPE) as conn:
                await conn.execute(obstacle.encode())
                assert (await retention.purge(conn, before, "root", 10)).charts == 0, obstacle
                with pytest.raises(psycopg.errors.CheckViolation):
                    async with conn.transaction():
                        await conn.execute("SELECT purge_chart(%s, %s, 'root')", (chart_id, before))
                raise RollBack
    assert (await purge(house)).charts == 1


class RollBack(Exception):
    """Undo what a test tried."""


@pytest.mark.asyncio
async def test_the_trackers_role_cannot_delete_payloads_by_itself(house: House) -> None:
    await finished(house)
    for table in ("event_payloads", "event_log", "purges"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            async with house.database.transaction(SYSTEM_SCOPE) as conn:
                await conn.execute(f"DELETE FROM {table}".encode())


@pytest.mark.asyncio
async def test_compliance_sets_and_lifts_a_legal_hold_with_reasons(house: House) -> None:
    await finished(house, "E-77")
    browser = await house.browser("cleo")
    assert "1" in (await browser.see("/retention")).text.split("of the oldest thousand</dt><dd>")[1][:2]
    assert (await browser.send("/retention", "/retention/hold", number="E-77")).status_code == 422
    assert (await browser.send("/retention", "/retention/hold", number="E-none", reason="x")).status_code == 404
    done = await browser.send("/retention", "/retention/hold", number="E-77", reason="case 5 is pending")
    assert done.headers["location"] == "/retention?done=law_held"
    again = await browser.send("/retention", "/retention/hold", number="E-77", reason="twice")
    assert again.status_code == 409
    page = (await browser.see("/retention")).text
    assert "case 5 is pending" in page
    assert "0" in page.split("of the oldest thousand</dt><dd>")[1][:2]
    hold_id = page.split('name="hold_id" value="')[1].split('"')[0]
    admin = await house.browser("root")
    assert (await admin.see("/retention")).status_code == 200
    refused = await admin.send("/users", "/retention/lift", hold_id=hold_id, reason="x")
    assert refused.status_code in (403, 409)
    lifted = await browser.send("/retention", "/retention/lift", hold_id=hold_id, reason="the case is closed")
    assert lifted.headers["location"] == "/retention?done=law_lifted"
    assert (await purge(house)).charts == 1


@pytest.mark.asyncio
async def test_an_administrator_alone_purges_over_the_api(house: House) -> None:
    await finished(house)
    for user, role, status in (("cleo", "compliance", 403), ("root", "admin", 200)):
        async with house.database.transaction(SYSTEM_SCOPE) as conn:
            token = await identity.create_token(conn, user, role, None)  # type: ignore[arg-type]
        client = Browser(house.app).client
        headers = {"Authorization": f"Bearer {token}"}
        due = await client.get("/api/v1/retention", headers=headers)
        assert due.status_code == status
        done = await client.post("/api/v1/retention/purge", json={"limit": 5}, headers=headers)
        assert done.status_code == status
    assert due.json()["charts"] == 1
    assert done.json()["charts"] == 1
    assert done.json()["left"] == 0


@pytest.mark.asyncio
async def test_counts_of_the_dashboard_do_not_change_by_a_purge(house: House) -> None:
    await finished(house)

    async def kept() -> Any:
        async with house.database.transaction(SYSTEM_SCOPE) as conn:
            while await metrics_store.refresh(conn, "UTC", house.now):
                pass
        return await house.rows("SELECT * FROM metric_cells ORDER BY dimension, grain, start, value")

    before = await kept()
    await purge(house)
    assert await kept() == before


@pytest.mark.asyncio
async def test_an_alarm_is_settled_with_what_was_found_and_rises_again_for_the_same_cause(house: House) -> None:
    query_id = await house.issued()
    async with house.database.transaction(SYSTEM_SCOPE) as conn:
        await store.alarm(conn, "result_anomaly", str(query_id))
    browser = await house.browser("bo")
    page = (await browser.see("/alarms")).text
    assert f"/queries/{query_id}" in page
    alarm = page.split('name="alarm" value="')[1].split('"')[0]
    assert (await browser.send("/alarms", "/alarms/settle", alarm=alarm)).status_code == 422
    done = await browser.send("/alarms", "/alarms/settle", alarm=alarm, reason="two builders ran")
    assert done.headers["location"] == "/alarms?done=settled"
    assert "two builders ran" in (await browser.see("/alarms")).text
    assert "None: nothing waits for you." in (await browser.see("/alarms")).text
    async with house.database.transaction(SYSTEM_SCOPE) as conn:
        await store.alarm(conn, "result_anomaly", str(query_id))
    page = (await browser.see("/alarms")).text
    assert f'name="alarm" value="{alarm}"' in page
    assert "two builders ran" not in page
    assert "/alarms/settle" not in (await (await house.browser("ada")).see("/alarms")).text


@pytest.mark.asyncio
async def test_templates_show_who_stands_for_them_reviews_usage_and_refusals(house: House) -> None:
    cards = (
        Card("t-old", "1", "Old template", "adopted", "Coding", APPROVED, date(2025, 1, 1), date(2026, 1, 1)),
        Card("t-soon", "2", "Soon template", "starter", "Coding", (), None, date(2026, 4, 1)),
    )
    object.__setattr__(house.office, "shelf", Shelf(cards, (Refused("t-bad", "line 3: options: too few"),)))
    browser = await house.browser("pia")
    page = (await browser.see("/templates")).text
    assert "overdue" in page.split("Old template")[1].split("</tr>")[0]
    assert "due soon" in page.split("Soon template")[1].split("</tr>")[0]
    assert "Cy Pretend (clinical)" in page
    assert "line 3: options: too few" in page


@pytest.mark.asyncio
async def test_policies_show_what_the_house_has_set(house: House) -> None:
    browser = await house.browser("cleo")
    page = (await browser.see("/policies")).text
    assert "answer_window_hours" in page
    assert "the house" not in page.split("<tbody>")[1]
    office = house.office
    object.__setattr__(office, "policy", replace_policy(office.policy))
    page = (await browser.see("/policies")).text
    assert "the house" in page.split("answer_window_hours")[1].split("</tr>")[0]


def replace_policy(policy: Any) -> Any:
    return policy.model_copy(update={"answer_window_hours": 48})


@pytest.mark.asyncio
async def test_an_administrator_makes_changes_locks_and_ends_accounts(house: House) -> None:
    browser = await house.browser("root")
    fields = {"id": "nia", "name": "Nia Staffsample", "role": "coder", "password": "a long enough password"}
    done = await browser.send("/users/new", "/users/write", **fields, new="yes", active="on")
    assert done.headers["location"] == "/users?done=user"
    again = await browser.send("/users/new", "/users/write", **fields, new="yes", active="on")
    assert again.status_code == 409
    nia = await house.browser("nia")
    assert (await nia.see("/work")).status_code == 200
    page = (await browser.see("/users")).text
    assert "Sign out everywhere" in page.split("Nia Staffsample")[1]
    assert (await browser.send("/users", "/users/sign-out", id="nia")).status_code == 303
    assert (await nia.see("/work")).status_code == 303
    changed = {"id": "nia", "name": "Nia Renamed", "role": "cdi_specialist", "active": "on"}
    assert (await browser.send("/users/edit/nia", "/users/write", **changed)).status_code == 303
    rows = await house.rows("SELECT name, roles, password_hash IS NOT NULL AS kept FROM users WHERE id = 'nia'")
    assert rows == [{"name": "Nia Renamed", "roles": ["cdi_specialist"], "kept": True}]
    async with house.database.transaction(SYSTEM_SCOPE) as conn:
        await conn.execute("UPDATE users SET locked_until = %s WHERE id = 'nia'", (house.now + timedelta(minutes=9),))
    assert "locked until" in (await browser.see("/users")).text
    await browser.send("/users", "/users/unlock", id="nia")
    assert "locked until" not in (await browser.see("/users")).text
    assert (await browser.send("/users", "/users/sign-out", id="internal-services")).status_code == 404
    assert (await (await house.browser("cleo")).see("/users/new")).status_code == 403


@pytest.mark.asyncio
async def test_nobody_locks_themself_out(house: House) -> None:
    browser = await house.browser("root")
    for fields in ({"role": "coder", "active": "on"}, {"role": "admin"}):
        refused = await browser.send("/users/edit/root", "/users/write", id="root", name="Root", **fields)
        assert refused.status_code == 409


@pytest.mark.asyncio
async def test_providers_are_imported_after_a_look_and_only_when_every_row_is_right(house: House) -> None:
    browser = await house.browser("root")
    good = "id,name,role,service\nferro,Dr. Ferro Renamed,surgeon,surgery\nnew1,Dr. New Invented,nurse,\n"
    seen = (await browser.send("/providers/import", "/providers/import", text=good)).text
    assert "1 new, 1 changed" in seen
    assert "<del>attending</del> <ins>surgeon</ins>" in seen
    names = "SELECT id, name FROM providers WHERE id IN ('ferro', 'new1') ORDER BY id"
    assert await house.rows(names) == [{"id": "ferro", "name": "Dr. Ferro Invented"}]
    bad = await browser.send("/providers/import", "/providers/import", text=good + "x,X,wizard,\n", apply="yes")
    assert "1 row is wrong" in bad.text
    assert len(await house.rows(names)) == 1
    done = await browser.send("/providers/import", "/providers/import", text=good, apply="yes")
    assert done.headers["location"] == "/providers?done=imported"
    assert [row["name"] for row in await house.rows(names)] == ["Dr. Ferro Renamed", "Dr. New Invented"]
    assert (await browser.send("/providers/import", "/providers/import", text="nonsense")).status_code == 422
    assert (await (await house.browser("cleo")).see("/providers/import")).status_code == 403
