"""Open pages hear that something changed, and notice that nobody sits before them any more."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Page, Route, expect

from services.tracker import signals
from services.tracker.pages import live
from tests.browser.checks import check_page
from tests.browser.conftest import Visit
from tests.browser.house import PATIENCE, PEOPLE, House
from tests.e2e.house import encounter_number

SIGNED_OUT = re.compile(r"/sign-in\?done=idle&next=(%2F|/)(work|account)$")


def _look_again(page: Page) -> None:
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def _let_idle(house: House, user: str, minutes: int) -> None:
    house.sql("UPDATE sessions SET seen_at = now() - make_interval(mins => %s) WHERE user_id = %s", minutes, user)


def test_a_list_shows_what_has_come_without_anybody_there(visit: Visit, house: House) -> None:
    number = encounter_number()
    page = visit(PEOPLE["provider"], "/inbox", "phone")
    arrived = page.get_by_text(number)
    expect(arrived).to_have_count(0)
    house.issued(number=number)
    expect(arrived).to_be_visible()
    check_page(page)
    page.locator("section, li, article").filter(has_text=number).get_by_role("link").first.click()
    expect(page).to_have_url(re.compile("/queries/"))


def test_what_came_between_a_page_and_its_first_signal_is_shown_too(visit: Visit, house: House) -> None:
    query = house.issued()
    physician, address = PEOPLE["provider"], f"/api/v1/queries/{query['query_id']}"
    page = visit(physician, "/account")
    deadline = time.monotonic() + PATIENCE  # nothing else may be told of this query meanwhile
    while house.call(PEOPLE["cdi_specialist"], "GET", address)["state"] != "delivered":
        assert time.monotonic() < deadline
        time.sleep(0.1)

    def answered_first(route: Route) -> None:
        house.call(physician, "POST", f"{address}/response", {"answer": {"code": "UNABLE_TO_DETERMINE"}})
        time.sleep(2 * signals.PAUSE)
        route.continue_()

    page.route("**/signals", answered_first, times=1)
    page.goto("/inbox")
    expect(page.locator(f"details a[href='/queries/{query['query_id']}']")).to_have_count(1)


def test_who_walks_through_a_list_by_keys_stays_where_they_are_when_it_is_fetched_anew(
    visit: Visit, house: House
) -> None:
    query = house.issued()
    number = encounter_number()
    page = visit(PEOPLE["provider"], "/inbox")
    link = page.locator(f"a[href='/queries/{query['query_id']}']").first
    link.focus()
    house.issued(number=number)
    expect(page.get_by_text(number)).to_be_visible()
    expect(link).to_be_focused()


def test_what_somebody_has_unfolded_stays_unfolded_when_a_list_is_fetched_anew(visit: Visit, house: House) -> None:
    physician, query = PEOPLE["provider"], house.issued()
    answer = {"answer": {"code": "UNABLE_TO_DETERMINE"}}
    house.call(physician, "POST", f"/api/v1/queries/{query['query_id']}/response", answer)
    page = visit(physician, "/inbox")
    page.locator("main summary").click()
    number = encounter_number()
    house.issued(number=number)
    expect(page.get_by_text(number)).to_be_visible()
    expect(page.locator(f"details a[href='/queries/{query['query_id']}']")).to_be_visible()


def test_a_page_warns_before_it_signs_out_and_somebody_who_is_there_can_stay(visit: Visit, house: House) -> None:
    user = "coder2"
    page = visit(user, "/account", "phone", fresh=True)
    _let_idle(house, user, 29)
    _look_again(page)
    warning = page.get_by_role("dialog", name="Are you still there?")
    expect(warning).to_be_visible()
    check_page(page)
    warning.get_by_role("button", name="Stay signed in").click()
    expect(warning).to_be_hidden()
    row = house.sql("SELECT max(seen_at) > now() - interval '1 minute' AS fresh FROM sessions WHERE user_id = %s", user)
    assert row[0]["fresh"]
    expect(page).to_have_url(re.compile(r"/account$"))


def test_a_session_that_idled_out_takes_the_page_from_the_screen(visit: Visit, house: House) -> None:
    user = "cdi2"
    page = visit(user, "/account", fresh=True)
    _let_idle(house, user, 31)
    _look_again(page)
    expect(page).to_have_url(SIGNED_OUT)
    expect(page.get_by_role("status")).to_contain_text("nothing happened for a while")
    check_page(page)


def test_signals_end_with_the_session_and_so_does_the_page(
    visit: Visit, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "KEEP_ALIVE", 0.3)
    user = "advisor"
    page = visit(user, "/work", fresh=True)
    _let_idle(house, user, 31)
    expect(page).to_have_url(SIGNED_OUT)
