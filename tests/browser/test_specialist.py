"""A CDI specialist's day: the queue by keyboard, notes, steps on many, held drafts, a talk, the history."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.browser.checks import check_page
from tests.browser.conftest import Visit
from tests.browser.house import PEOPLE, House
from tests.browser.test_coder import results, stay
from tests.e2e.house import FACILITY

SPECIALIST = PEOPLE["cdi_specialist"]


def walk_to(page: Page, name: str) -> None:
    """Go down the list by `j` until the row of this id has the focus."""
    for _ in range(60):
        page.keyboard.press("j")
        if page.evaluate("document.activeElement.id") == name:
            return
    raise AssertionError(f"no key leads to {name}")


def states(house: House, *query_ids: str) -> list[str]:
    rows = house.sql("SELECT query_id::text, state FROM queries WHERE query_id = ANY (%s::uuid[])", list(query_ids))
    found = {row["query_id"]: row["state"] for row in rows}
    return [found[one] for one in query_ids]


@pytest.mark.parametrize("size", ["phone", "desktop", "zoomed"])
def test_every_page_of_a_specialist_can_be_read_by_everybody(visit: Visit, house: House, size: str) -> None:
    waiting, held = house.issued(priority="urgent", due_at="2020-01-01T00:00:00Z")["query_id"], house.held()["query_id"]
    for path in (
        "/work?sort=due&overdue=1&priority=urgent",
        "/ended",
        "/held",
        f"/held/{held}",
        f"/queries/{waiting}",
        f"/queries/{waiting}/timeline",
        f"/queries/{waiting}/spoken",
    ):
        page = visit(SPECIALIST, path, size)
        page.evaluate("document.querySelectorAll('main details').forEach((one) => { one.open = true; })")
        check_page(page)


def test_the_queue_is_worked_by_keyboard_alone(visit: Visit, house: House) -> None:
    service = f"ward-{uuid4().hex[:8]}"
    first, second = _on_ward(house, service), _on_ward(house, service)
    page = visit(SPECIALIST, f"/work?service={service}&sort=oldest")
    expect(page.get_by_role("heading", name="2 queries fit")).to_be_visible()
    walk_to(page, f"row-{first}")
    page.keyboard.press("x")
    page.keyboard.press("j")
    expect(page.locator(f"[id='row-{second}']")).to_be_focused()
    page.keyboard.press("x")
    page.keyboard.press("k")
    expect(page.locator(f"[id='row-{first}']")).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_text("this help")).to_be_visible()
    page.keyboard.press("/")
    field = page.get_by_label("Find by stay, MRN or query id")
    expect(field).to_be_focused()
    page.keyboard.type("jkx?")
    expect(field).to_have_value("jkx?")
    page.get_by_role("button", name="Remind").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 queries selected. Nothing has happened yet.")).to_be_visible()
    check_page(page)
    page.get_by_role("button", name="Remind: 2").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 of 2 done.")).to_be_visible()
    check_page(page)


def _on_ward(house: House, service: str) -> str:
    number = f"E-{uuid4().hex[:8]}"
    query_id = str(house.issued(number=number)["query_id"])
    update = {"occurred_at": "2026-01-01T00:00:00Z", "facility": FACILITY, "encounter_number": number}
    house.call(PEOPLE["admin"], "POST", "/api/v1/encounters", {**update, "service": service})
    return query_id


def test_keys_can_be_switched_off_and_stay_off(visit: Visit, house: House) -> None:
    house.issued()
    page = visit(SPECIALIST, "/work")
    page.keyboard.press("?")
    page.get_by_label("Use these keys here").uncheck()
    page.reload()
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.tagName") == "BODY"


def test_the_list_keeps_itself_up_to_date_with_what_was_selected_and_focused(visit: Visit, house: House) -> None:
    number = f"E-{uuid4().hex[:8]}"
    first = house.issued(number=number)["query_id"]
    page = visit(SPECIALIST, "/work?sort=newest")
    walk_to(page, f"row-{first}")
    page.keyboard.press("x")
    before = page.locator("#queue-list").get_attribute("aria-labelledby")
    new = house.issued()["query_id"]
    expect(page.locator(f"[id='row-{new}']")).to_be_visible()
    expect(page.locator(f"[id='pick-{first}']")).to_be_checked()
    expect(page.locator(f"[id='row-{first}']")).to_be_focused()
    assert before == "found"


def test_a_search_leaves_no_number_in_the_address(visit: Visit, house: House) -> None:
    number = f"E-{uuid4().hex[:8]}"
    query_id = house.issued(number=number)["query_id"]
    page = visit(SPECIALIST, "/work", "phone")
    page.get_by_label("Find by stay, MRN or query id").fill(number)
    page.get_by_role("button", name="Find").click()
    expect(page).to_have_url(re.compile(f"/queries/{query_id}$"))


def test_a_draft_that_is_not_ripe_gets_a_note_that_colleagues_see(visit: Visit, house: House) -> None:
    held = house.held()["query_id"]
    page = visit(SPECIALIST, f"/held/{held}")
    page.get_by_text("Leave a note for colleagues").click()
    page.get_by_label("Why it is not ripe").fill("The culture is not back yet")
    page.get_by_label("Look again on").fill("2099-12-31")
    page.get_by_role("button", name="Keep the note").click()
    expect(page.get_by_role("status")).to_contain_text("for colleagues alone")
    colleague = visit("cdi2", "/work?watched=any")
    row = colleague.locator("tr", has=colleague.locator(f"[id='row-{held}']"))
    expect(row).to_contain_text("watched until 2099-12-31")


def test_edited_words_are_checked_while_one_writes_and_released_by_a_second_person(visit: Visit, house: House) -> None:
    held = _held_with_text(house)
    page = visit(SPECIALIST, f"/held/{held}")
    page.get_by_text("Revise", exact=True).click()
    page.get_by_label("Question").fill("Please document sepsis so that the hospital is paid for it.")
    said = page.locator("#tried")
    expect(said).to_contain_text("The check blocks these words")
    expect(said.locator("mark").first).to_be_visible()
    check_page(page)
    page.get_by_label("Question").fill("Please clarify the clinical significance, if any, of these findings.")
    expect(said).not_to_contain_text("The check blocks these words")
    page.get_by_role("button", name="Keep these words").click()
    expect(page).to_have_url(re.compile("/held"))
    house.query_of(house.sql("SELECT gap_uid::text AS uid FROM queries WHERE query_id = %s", held)[0]["uid"])
    own = visit(SPECIALIST, f"/held/{held}")
    expect(own.get_by_text("a second person must approve it")).to_be_visible()
    other = visit("cdi2", f"/held/{held}")
    other.get_by_label("Why it may go out").fill("The words are neutral now")
    other.get_by_role("button", name="Approve this text").click()
    expect(other.get_by_role("status")).to_contain_text("approved")
    query = house.query_of(house.sql("SELECT gap_uid::text AS uid FROM queries WHERE query_id = %s", held)[0]["uid"])
    assert query["state"] in ("issued", "delivered")


def _held_with_text(house: House) -> str:
    """A draft with a text that waits for a person: asked of a chart where the same question was answered before."""
    number = f"E-{uuid4().hex[:8]}"
    first = house.issued(number=number)
    house.call(PEOPLE["provider"], "POST", f"/api/v1/queries/{first['query_id']}/response", _undetermined())
    house.call(PEOPLE["coder"], "POST", f"/api/v1/queries/{first['query_id']}/outcome", {"outcome": "UNDETERMINED"})
    query = house.query_of(house.raise_gap(number=number))
    assert query["state"] == "held", query["state"]
    assert query["document"] is not None
    return str(query["query_id"])


def _undetermined() -> dict[str, Any]:
    return {"answer": {"code": "UNABLE_TO_DETERMINE"}}


def test_a_talk_is_written_down_by_keyboard_in_a_few_keys(visit: Visit, house: House) -> None:
    query_id = house.issued()["query_id"]
    page = visit(SPECIALIST, f"/queries/{query_id}")
    page.get_by_role("link", name="Answered by word of mouth").focus()
    page.keyboard.press("Enter")
    expect(page.locator("input[name=choice]").first).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.locator("input[name=choice]").last).to_be_checked()
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == "read_out":
            break
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("The spoken answer is recorded")
    assert states(house, query_id) == ["awaiting_documentation"]


def test_a_new_question_is_asked_in_a_talk_with_the_words_of_its_template(visit: Visit, house: House) -> None:
    number = f"E-{uuid4().hex[:8]}"
    page = visit(SPECIALIST, "/gaps/new")
    stay(page, number)
    page.get_by_label("Paste a table").fill(results())
    page.get_by_label("Find a provider by name or service").fill("Exampleton")
    page.locator("#provider-options [role=option]").first.click()
    page.get_by_role("button", name="Add these rows").click()
    page.get_by_role("button", name="Raise it, and ask by word of mouth now").click()
    expect(page.get_by_role("heading", name="Answered by word of mouth")).to_be_visible()
    check_page(page)
    page.get_by_label("Unable to determine").check()
    page.get_by_label("I read out exactly this question and all its answers.").check()
    page.get_by_role("button", name="Write it down").click()
    expect(page.get_by_role("status")).to_contain_text("The spoken answer is recorded")


def test_the_history_tells_every_step_with_its_actor(visit: Visit, house: House) -> None:
    query_id = house.issued()["query_id"]
    page = visit(SPECIALIST, f"/queries/{query_id}/timeline", "phone")
    expect(page.get_by_text("The chart's log is whole")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="raised").first).to_be_visible()


def test_the_queue_works_without_scripts(visit: Visit, house: House) -> None:
    number = f"E-{uuid4().hex[:8]}"
    query_id = house.issued(number=number)["query_id"]
    page = visit(SPECIALIST, "/work?sort=newest", "phone", scripts=False)
    page.locator(f"[id='pick-{query_id}']").check()
    page.get_by_role("button", name="Withdraw").click()
    page.get_by_label("Reason").select_option("error")
    page.get_by_role("button", name="Withdraw: 1").click()
    expect(page.get_by_text("1 of 1 done.")).to_be_visible()
    assert states(house, query_id) == ["withdrawn"]
