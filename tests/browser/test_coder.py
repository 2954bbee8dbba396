"""A coder's day in a browser, at a desk and on a phone: raise with a live preview, review, follow up, finalize."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.browser.checks import check_page
from tests.browser.conftest import Visit
from tests.browser.house import PEOPLE, House
from tests.browser.test_provider import ask
from tests.e2e.house import FACILITY, encounter_number

CODER, SPECIALIST, PHYSICIAN = PEOPLE["coder"], PEOPLE["cdi_specialist"], PEOPLE["provider"]
SIZES = ["desktop", "phone"]


def moment(hours: float) -> str:
    """A time so many hours ago, as one copies it from a record."""
    return f"{datetime.now(UTC) - timedelta(hours=hours):%Y-%m-%d %H:%M}"


def results(*, worst: str = "1.9") -> str:
    rows = [
        ("Creatinine", "0.9", 60),
        ("Creatinine", worst, 36),
        ("Creatinine", "1.2", 12),
        ("Urea nitrogen", "52", 36),
    ]
    return "\n".join(f"{name}\t{value}\tmg/dL\t{moment(hours)}" for name, value, hours in rows)


def stay(page: Page, number: str) -> None:
    """Fill in the stay and what is missing."""
    page.get_by_label("Encounter number").fill(number)
    page.get_by_label("Facility").fill(FACILITY)
    page.get_by_label("Kind of stay").select_option("inpatient")
    page.get_by_label("What is missing").select_option("missing_diagnosis")
    page.get_by_label("What it is about").fill("creatinine")
    page.get_by_text("Patient and times").click()
    page.get_by_label("Start of the stay").fill(moment(72))


def offered(query: dict[str, Any]) -> dict[str, Any]:
    """The first answer that needs no words."""
    options: list[dict[str, Any]] = query["document"]["options"]
    return next(one for one in options if "specify" not in one["text"])


def answer_as_physician(house: House, query: dict[str, Any], **answer: Any) -> None:
    option = offered(query)
    said = answer or {"code": "OPTION_SELECTED", "option_id": option["id"]}
    house.call(PHYSICIAN, "POST", f"/api/v1/queries/{query['query_id']}/response", {"answer": said})


def discharge(house: House, number: str) -> None:
    event = {
        "occurred_at": datetime.now(UTC).isoformat(),
        "facility": FACILITY,
        "encounter_number": number,
        "ended_at": (datetime.now(UTC) - timedelta(minutes=5)).isoformat(),
    }
    house.call(PEOPLE["admin"], "POST", "/api/v1/encounters", event)


def query_on(house: House, number: str) -> dict[str, Any]:
    (row,) = house.sql(
        "SELECT gap_uid FROM gaps g JOIN charts c USING (chart_id) WHERE c.encounter_number = %s", number
    )
    return house.query_of(str(row["gap_uid"]))


@pytest.mark.parametrize("size", SIZES)
def test_a_coders_day_from_the_gap_to_the_final_chart(visit: Visit, house: House, size: str) -> None:
    number = encounter_number()
    page = visit(CODER, "/gaps/new", size)
    preview = page.locator("#preview")
    stay(page, number)
    expect(preview).to_contain_text("No question can be composed yet")
    # The provider is found by typing, with the keys alone.
    search = page.get_by_role("combobox", name="Find a provider by name or service")
    search.fill("exampl")
    expect(page.locator("#provider-options [role=option]")).to_have_count(1)
    check_page(page)
    search.press("ArrowDown")
    search.press("Enter")
    expect(search).to_have_value(re.compile("Dr. Imara Exampleton"))
    # One row is wrong: it says why, and stays.
    table = page.get_by_label("Paste a table")
    table.fill(results() + "\nLactate\t4\tmmol/L\tyesterday")
    expect(preview).to_contain_text("Would be sent at once.")
    expect(preview).to_contain_text("It asks Dr. Imara Exampleton, as attending.")
    expect(preview).to_contain_text("Unable to determine")
    page.get_by_role("button", name="Add these rows").click()
    expect(page.locator("#table-faults")).to_contain_text("Line 5: when is no time")
    expect(table).to_have_value("Lactate\t4\tmmol/L\tyesterday")
    expect(page.get_by_role("button", name="Take out Creatinine")).to_have_count(3)
    page.get_by_role("button", name="Raise the gap").click()
    expect(page.get_by_role("alert")).to_contain_text("Some rows cannot be read")
    check_page(page)
    page.get_by_label("Paste a table").fill("")
    expect(page.locator("#preview")).to_contain_text("Would be sent at once.")
    page.get_by_role("button", name="Raise the gap").click()
    expect(page.get_by_role("status").first).to_contain_text("The gap was raised.")
    check_page(page)
    query = query_on(house, number)
    page.reload()
    expect(page.locator("#holds + ul")).to_contain_text("Waits for Dr. Imara Exampleton's answer since today")
    # The answer comes back, and stands beside what was asked.
    page.goto("/review")
    answer_as_physician(house, query)
    link = page.locator(f"a[href='/review/{query['query_id']}']")
    expect(link).to_be_visible()
    check_page(page)
    link.click()
    expect(page.locator(".chosen")).to_contain_text(offered(query)["text"])
    page.get_by_role("button", name="Set the outcome").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose what the answer means.")
    check_page(page)
    page.get_by_role("radio", name=re.compile("documented as offered")).check()
    page.get_by_label("Entry in the record").fill("Addendum of today")
    page.get_by_role("button", name="Set the outcome").click()
    expect(page.locator("#holds + ul")).to_contain_text("it is ready when the discharge arrives")
    discharge(house, number)
    page.goto("/charts")
    check_page(page)
    page.get_by_label("Encounter number").fill(number)
    page.get_by_role("button", name="Open the chart").click()
    expect(page.locator("#holds + ul")).to_contain_text("it can be finalized")
    page.get_by_role("button", name="Finalize", exact=True).click()
    expect(page.locator("#holds + ul")).to_contain_text("Finalized.")
    expect(page.locator(".history")).to_contain_text("the chart was finalized")


@pytest.mark.parametrize("size", SIZES)
def test_a_finding_stands_beside_its_words_and_leads_to_them_and_back(visit: Visit, house: House, size: str) -> None:
    page = visit(CODER, "/gaps/new", size)
    stay(page, encounter_number())
    page.get_by_label("Paste a table").fill(results() + f"\nSevere sepsis per DRG query\t1\t\t{moment(30)}")
    mark = page.locator("#preview mark").first
    expect(mark).to_be_visible()
    check_page(page)
    mark.get_by_role("link").first.click()
    number = re.search(r"#finding-(\d+)$", page.url)
    assert number is not None
    finding = page.locator(f"#finding-{number[1]}")
    expect(finding).to_be_in_viewport()
    finding.get_by_role("link").click()
    expect(page).to_have_url(re.compile(rf"#words-{number[1]}$"))


def test_evidence_is_picked_from_a_bundle_that_is_not_kept(visit: Visit, house: House) -> None:
    observation = {
        "resourceType": "Observation",
        "status": "final",
        "subject": {"display": "Testa Demopatient"},
        "category": [{"coding": [{"code": "laboratory"}]}],
        "code": {"text": "Sodium", "coding": [{"system": "http://loinc.org", "code": "2951-2"}]},
        "effectiveDateTime": (datetime.now(UTC) - timedelta(hours=20)).isoformat(),
        "valueQuantity": {"value": 128, "unit": "mmol/L"},
    }
    bundle = {"resourceType": "Bundle", "entry": [{"resource": observation}, {"resource": {"resourceType": "Patient"}}]}
    page = visit(CODER, "/gaps/new")
    stay(page, encounter_number())
    page.get_by_label("What it is about").fill("sodium")
    page.get_by_text("Pick from a FHIR bundle").click()
    file: FilePayload = {"name": "b.json", "mimeType": "application/json", "buffer": json.dumps(bundle).encode()}
    page.get_by_label("Or a file").set_input_files(file)
    page.get_by_role("button", name="Read the bundle").click()
    expect(page.get_by_text("1 indicators and 0 documented terms can be used")).to_be_visible()
    assert "Demopatient" not in page.content()
    check_page(page)
    page.get_by_role("checkbox", name=re.compile("Sodium: 128")).check()
    page.get_by_role("button", name="Add what is chosen").click()
    expect(page.get_by_role("button", name="Take out Sodium")).to_be_visible()
    expect(page.get_by_label("Encounter number")).not_to_have_value("")
    expect(page.locator("#preview")).to_contain_text("sodium results")


def test_a_known_stay_fills_the_form(visit: Visit, house: House) -> None:
    query = ask(house, "Known")
    (chart,) = house.sql("SELECT encounter_number FROM charts WHERE chart_id = %s", query["chart_id"])
    page = visit(CODER, "/gaps/new")
    page.get_by_label("Encounter number").fill(chart["encounter_number"])
    page.get_by_role("button", name="Look up the stay").click()
    expect(page.get_by_text("Known Pretend")).to_be_visible()
    expect(page.get_by_label("Facility")).to_have_value(FACILITY)
    check_page(page)


def test_without_scripts_a_gap_is_previewed_and_raised(visit: Visit, house: House) -> None:
    number = encounter_number()
    page = visit(CODER, "/gaps/new", "phone", scripts=False)
    stay(page, number)
    page.get_by_label("Find a provider by name or service").fill("Exampleton")
    page.get_by_role("button", name="Find", exact=True).click()
    page.get_by_label("Provider", exact=True).select_option("exampleton")
    page.get_by_label("Paste a table").fill(results())
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#preview")).to_contain_text("Would be sent at once.")
    page.get_by_role("button", name="Raise the gap").click()
    expect(page.get_by_role("status").first).to_contain_text("The gap was raised.")


@pytest.mark.parametrize("size", SIZES)
def test_own_words_that_settle_nothing_become_a_follow_up(visit: Visit, house: House, size: str) -> None:
    query = ask(house, "Follow")
    other = next(one for one in query["document"]["options"] if one["kind"] == "other")
    answer_as_physician(house, query, code="OTHER_TEXT", option_id=other["id"], text="agree")
    page = visit(CODER, f"/review/{query['query_id']}", size)
    expect(page.locator(".words mark")).to_have_text("agree")
    expect(page.get_by_text("These words name no condition")).to_be_visible()
    check_page(page)
    page.get_by_role("radio", name=re.compile("ask again")).check()
    page.get_by_role("button", name="Set the outcome").click()
    expect(page.get_by_role("status").first).to_contain_text("a follow-up question is being written")


@pytest.mark.parametrize("size", SIZES)
def test_a_late_answer_is_a_task_after_finalizing_unanswered_with_role_and_reason(
    visit: Visit, house: House, size: str
) -> None:
    number = encounter_number()
    query = ask(house, "Late", number)
    discharge(house, number)
    page = visit(SPECIALIST, f"/charts/{query['chart_id']}", size)
    page.get_by_text("Finalize although questions are unanswered").click()
    expect(page.get_by_text("You do this as CDI specialist")).to_be_visible()
    page.get_by_role("button", name="Finalize unanswered").click()
    expect(page.get_by_text("Say why the chart is finalized without answers.")).to_be_visible()
    check_page(page)
    page.get_by_label("Reason").fill("The bill is due")
    page.get_by_role("button", name="Finalize unanswered").click()
    expect(page.locator("#holds + ul")).to_contain_text("Finalized.")
    answer_as_physician(house, query)
    coder = visit(CODER, "/review", size)
    coder.locator(f"#late ~ ul a[href='/review/{query['query_id']}']").click()
    expect(coder.get_by_role("button", name="Decide")).to_be_visible()
    check_page(coder)
    coder.get_by_role("radio", name="nothing changes").check()
    coder.get_by_role("button", name="Decide").click()
    expect(coder.get_by_role("status").first).to_contain_text("what the late answer changes")
    expect(coder.locator(f"a[href='/review/{query['query_id']}']")).to_have_count(0)
