"""Those who run and audit the service, in a browser: every page readable, an account made, a file imported, a proof."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect
from typer.testing import CliRunner

from cli.main import build
from tests.browser.checks import check_page
from tests.browser.conftest import Visit
from tests.browser.house import PEOPLE, House

PAGES = [(PEOPLE[role], path) for role, path in (
    ("compliance", "/audit"), ("compliance", "/retention"), ("compliance", "/templates"), ("compliance", "/policies"),
    ("cdi_specialist", "/alarms"), ("admin", "/users"), ("admin", "/users/new"), ("admin", "/users/edit/coder1"),
    ("admin", "/providers/import"), ("admin", "/dead-letters"), ("compliance", "/sources"),
)]  # fmt: skip


@pytest.fixture
def troubled(house: House) -> House:
    """A house with an alarm."""
    house.sql(
        "INSERT INTO alarms (kind, subject) VALUES ('result_anomaly', gen_random_uuid()::text) ON CONFLICT DO NOTHING"
    )
    return house


@pytest.mark.parametrize(("user", "path"), PAGES)
@pytest.mark.parametrize(("size", "dark"), [("phone", False), ("desktop", True), ("zoomed", False)])
def test_every_page_can_be_read_by_everybody_on_every_screen(
    visit: Visit, troubled: House, user: str, path: str, size: str, dark: bool
) -> None:
    check_page(visit(user, path, size, dark=dark))


@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_an_auditor_finds_a_query_and_takes_a_proof_along_that_needs_no_server(
    visit: Visit, house: House, tmp_path: Path, size: str
) -> None:
    query = house.issued()
    page = visit(PEOPLE["compliance"], "/audit", size)
    page.get_by_label("Query id").fill(query["query_id"])
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_text("the query was sent")).to_be_visible()
    check_page(page)
    page.get_by_role("link", name=query["query_id"][:8]).first.click()
    page.get_by_text("Export for an audit").click()
    with page.expect_download() as loading:
        page.get_by_role("button", name="Bundle (JSON)").click()
    saved = tmp_path / "bundle.json"
    loading.value.save_as(saved)
    verify = ["audit", "verify", str(saved)]
    proven = CliRunner().invoke(build(verify), verify)
    assert proven.exit_code == 0, proven.output
    assert query["query_id"] in proven.output
    saved.write_text(saved.read_text().replace("clinical", "klinical", 1))
    assert CliRunner().invoke(build(verify), verify).exit_code == 4
    with page.expect_download() as loading:
        page.get_by_role("button", name="Document (PDF)").click()
    assert Path(loading.value.path()).read_bytes().startswith(b"%PDF-")


def test_an_administrator_makes_an_account_and_imports_a_file(visit: Visit, house: House, tmp_path: Path) -> None:
    page = visit(PEOPLE["admin"], "/users")
    page.get_by_role("link", name="New account").click()
    page.get_by_label("Id, for signing in").fill("browser.made")
    page.get_by_label("Name", exact=True).fill("Browser Made Invented")
    page.get_by_label("coder").check()
    page.get_by_role("button", name="Write the account").click()
    expect(page.get_by_text("The account is written.")).to_be_visible()
    expect(page.get_by_role("link", name="Browser Made Invented")).to_be_visible()
    file = tmp_path / "providers.csv"
    file.write_text("id,name,role,service\nbrowser-doc,Dr. Browser Invented,attending,medicine\n")
    page.goto("/providers/import")
    page.get_by_label("A file").set_input_files(file)
    page.get_by_role("button", name="Look at it").click()
    expect(page.get_by_text("1 new, 0 changed, 0 the same")).to_be_visible()
    check_page(page)
    page.get_by_role("button", name="Import them").click()
    expect(page.get_by_text("The providers are imported.")).to_be_visible()
    expect(page.get_by_text("Dr. Browser Invented")).to_be_visible()


def test_an_alarm_is_settled_by_whoever_looked(visit: Visit, troubled: House) -> None:
    page = visit(PEOPLE["cdi_specialist"], "/alarms", "phone")
    page.get_by_label("What you found").first.fill("looked at it, nothing to do")
    page.get_by_role("button", name="Settle").first.click()
    expect(page.get_by_text("The alarm is settled.")).to_be_visible()
    expect(page.get_by_text("looked at it, nothing to do")).to_be_visible()


def test_compliance_holds_a_chart_by_law(visit: Visit, house: House) -> None:
    query = house.issued()
    page = visit(PEOPLE["compliance"], "/retention", "phone")
    page.get_by_label("Encounter number").fill(query["encounter_number"])
    page.get_by_label("Reason").fill("an invented case")
    page.get_by_role("button", name="Hold").click()
    expect(page.get_by_text("The chart is held by law.")).to_be_visible()
    check_page(page)
