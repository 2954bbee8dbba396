"""The dashboard in a browser: readable by everybody, formulas one click away, periods without leaving the page."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.checks import check_page
from tests.browser.conftest import Visit
from tests.browser.house import PEOPLE, House

LEAD = PEOPLE["compliance"]


@pytest.fixture
def counted(house: House) -> House:
    """A house whose dashboard counts a sent and a held query."""
    house.issued()
    house.held()
    house.count_metrics()
    return house


@pytest.mark.parametrize(("size", "dark"), [("phone", False), ("desktop", True), ("zoomed", False)])
@pytest.mark.parametrize("by", ["provider", "rule"])
def test_the_dashboard_can_be_read_by_everybody_on_every_screen(
    visit: Visit, counted: House, size: str, dark: bool, by: str
) -> None:
    check_page(visit(LEAD, f"/dashboard?period=all&by={by}", size, dark=dark))


def test_each_figure_tells_its_formula_at_one_click(visit: Visit, counted: House) -> None:
    page = visit(LEAD, "/dashboard?period=all", "phone")
    tile = page.locator(".tile").filter(has_text="Response rate, ever")
    expect(tile.get_by_text("Answered queries /")).to_be_hidden()
    tile.get_by_text("How it is counted").click()
    expect(tile.get_by_text("Answered queries /")).to_be_visible()
    check_page(page)


def test_another_period_comes_without_a_new_page_and_has_an_address(visit: Visit, counted: House) -> None:
    page = visit(LEAD, "/dashboard")
    page.evaluate("document.body.dataset.same = 'yes'")
    page.get_by_label("Sent", exact=True).select_option("30d")
    page.get_by_label("By", exact=True).select_option("provider")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("Queries sent: last 30 days")).to_be_visible()
    expect(page).to_have_url(f"{counted.url}/dashboard?period=30d&by=provider")
    assert page.evaluate("document.body.dataset.same") == "yes"
    with page.expect_download() as loading:
        page.get_by_role("link", name="By provider, last 30 days: the whole table as CSV").click()
    assert loading.value.suggested_filename == "provider-30d.csv"


def test_the_dashboard_works_without_scripts(visit: Visit, counted: House) -> None:
    page = visit(LEAD, "/dashboard", scripts=False)
    page.get_by_label("Sent", exact=True).select_option("all")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("Queries sent: everything")).to_be_visible()
