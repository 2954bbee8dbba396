"""What all pages share: they can be read by everybody, on every screen; the menu; signals; the end of a session."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from services.tracker.identity import PERMISSIONS, Action
from services.tracker.pages.rendering import MENU
from tests.browser.checks import check_page, fits
from tests.browser.conftest import Visit
from tests.browser.house import PASSWORD, PEOPLE, House


def _opened_by(action: Action) -> str:
    """Return somebody whose role opens a page."""
    return next(person for role, person in PEOPLE.items() if role in PERMISSIONS[action])


PAGES = [(_opened_by(action), path) for _, links in MENU for path, _, action in links]
"""Every page of the menu, so that none is forgotten; others are checked where their users' days are."""


@pytest.mark.parametrize(("user", "path"), [*PAGES, (PEOPLE["provider"], "/account")])
def test_every_page_can_be_read_by_everybody_on_every_screen(visit: Visit, user: str, path: str) -> None:
    page = visit(user, path, "phone")
    check_page(page)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.emulate_media(color_scheme="dark")
    check_page(page)
    page.set_viewport_size({"width": 720, "height": 450})  # a desktop at 200 %
    fits(page)


def test_the_sign_in_can_be_used_by_keyboard_alone(visit: Visit, house: House) -> None:
    page = visit(None, "/inbox", "phone")
    check_page(page)
    page.get_by_label("Name").focus()
    page.keyboard.type(PEOPLE["provider"])
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{house.url}/inbox")


def test_a_long_menu_opens_by_a_button_on_a_phone_and_stands_beside_the_page_on_a_desktop(visit: Visit) -> None:
    phone = visit(PEOPLE["admin"], "/status", "phone")
    link = phone.get_by_role("link", name="Users")
    expect(link).to_be_hidden()
    phone.get_by_role("button", name="Menu").click()
    check_page(phone)
    link.click()
    expect(phone.get_by_role("heading", name="Users")).to_be_visible()
    desktop = visit(PEOPLE["admin"], "/status")
    expect(desktop.get_by_role("link", name="Users")).to_be_visible()
    expect(desktop.get_by_role("button", name="Menu")).to_be_hidden()


def test_the_menu_works_without_scripts(visit: Visit) -> None:
    page = visit(PEOPLE["cdi_specialist"], "/work", "phone", scripts=False)
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Held drafts").click()
    expect(page.get_by_role("heading", name="Held drafts")).to_be_visible()
