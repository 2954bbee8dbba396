"""Open pages hear that something changed, and notice that nobody sits before them any more."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

from services.tracker.pages import live
from tests.browser.checks import check_page
from tests.browser.conftest import Visit
from tests.browser.house import PEOPLE, House

CODER = PEOPLE["coder"]
WORK = re.compile(r"/work$")
SIGNED_OUT = re.compile(r"/sign-in\?done=idle&next=%2Fwork$")


def _with_part(page: Page, name: str) -> list[str | None]:
    """Put a part that lives into the page; returns what each of its reloads says it is (header X-Live)."""
    asked: list[str | None] = []

    def answer(route: Route) -> None:
        asked.append(route.request.headers.get("x-live"))
        part = f'<p id="part" data-live="{name}" hx-get="/part">reload {len(asked)}</p>'
        route.fulfill(content_type="text/html", body=part)

    page.route("**/part", answer)
    page.evaluate(
        """(name) => {
            const part = Object.assign(document.createElement("p"), {id: "part", textContent: "as it was"});
            part.dataset.live = name;
            part.setAttribute("hx-get", "/part");
            document.getElementById("main").append(part);
            htmx.process(part);
        }""",
        name,
    )
    with page.expect_response("**/signals"):
        page.evaluate("dispatchEvent(new Event('pageshow'))")
    return asked


def _look_again(page: Page) -> None:
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def _let_idle(house: House, user: str, minutes: int) -> None:
    house.sql("UPDATE sessions SET seen_at = now() - make_interval(mins => %s) WHERE user_id = %s", minutes, user)


def test_a_part_of_a_page_reloads_when_what_it_shows_has_changed(visit: Visit, house: House) -> None:
    page = visit(CODER, "/work")
    asked = _with_part(page, "queries gaps")
    while not asked:  # what happens before the first look at the database is no news
        house.issued()
        page.wait_for_timeout(500)
    expect(page.locator("#part")).to_have_text(re.compile("reload"))
    assert set(asked) == {"1"}, "the server is told that nobody need be there"


def test_a_page_warns_before_it_signs_out_and_somebody_who_is_there_can_stay(visit: Visit, house: House) -> None:
    user = "coder2"
    page = visit(user, "/work", "phone", fresh=True)
    _let_idle(house, user, 29)
    _look_again(page)
    warning = page.get_by_role("dialog", name="Are you still there?")
    expect(warning).to_be_visible()
    check_page(page)
    warning.get_by_role("button", name="Stay signed in").click()
    expect(warning).to_be_hidden()
    row = house.sql("SELECT max(seen_at) > now() - interval '1 minute' AS fresh FROM sessions WHERE user_id = %s", user)
    assert row[0]["fresh"]
    expect(page).to_have_url(WORK)


def test_a_session_that_idled_out_takes_the_page_from_the_screen(visit: Visit, house: House) -> None:
    user = "cdi2"
    page = visit(user, "/work", fresh=True)
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
    _with_part(page, "alarms")
    _let_idle(house, user, 31)
    expect(page).to_have_url(SIGNED_OUT)
