"""The dashboard: figures with formulas, tables as CSV, and what it does not tell to whom."""

from __future__ import annotations

import csv
import io

import pytest

from services.tracker import directory, metrics_store
from tests.tracker_pages.house import House

pytestmark = pytest.mark.database


async def count(house: House) -> None:
    async with house.database.transaction({"app.system": "on"}) as conn:
        while await metrics_store.refresh(conn, house.policy.zone, house.now):
            pass


async def pretend_reviews(house: House, outcome: str, number: int) -> None:
    """Make sent queries answered and reviewed, more of them than a page test would like to click through."""
    async with house.database.transaction({"app.system": "on"}) as conn:
        await conn.execute(
            "UPDATE queries SET state = 'closed', outcome = %s, answered_at = issued_at + interval '5 hours',"
            " closed_at = now() WHERE query_id IN (SELECT query_id FROM queries WHERE state = 'issued' LIMIT %s)",
            (outcome, number),
        )


def lines_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


@pytest.mark.asyncio
async def test_figures_stand_with_their_formulas_and_the_time_of_which_they_tell(house: House) -> None:
    await house.issued("g1")
    await house.held("g2")
    browser = await house.browser("bo")
    assert "being counted for the first time" in (await browser.see("/dashboard")).text
    await count(house)
    page = (await browser.see("/dashboard?period=all&by=provider")).text
    assert "Counted 2026-03-04 18:00 UTC" in page
    assert "Queries answered within 72 hours after they were sent" in page
    assert "Dr. Ferro Invented" in page
    assert "Philippa" not in page
    assert "style=" not in page


@pytest.mark.asyncio
async def test_agreement_person_by_person_is_not_told_to_those_who_write_queries(house: House) -> None:
    for n in range(6):
        await house.issued(f"g{n}")
    await pretend_reviews(house, "AGREED_DOCUMENTED", 6)
    await count(house)
    for by in ("provider", "author"):
        for user in ("ada", "bo"):
            browser = await house.browser(user)
            page = (await browser.see(f"/dashboard?period=all&by={by}")).text
            assert "is not told person by person" in page
            table = lines_of((await browser.see(f"/dashboard/by.csv?period=all&by={by}")).text)
            assert not [name for name in table[0] if "Agreement" in name or "Validation" in name or "Undet" in name]
        other = await house.browser("pia")
        assert "is not told person by person" not in (await other.see(f"/dashboard?period=all&by={by}")).text
        table = lines_of((await other.see(f"/dashboard/by.csv?period=all&by={by}")).text)
        assert table[0]["Agreement rate [share]"] == "1.0"
    coder = lines_of((await (await house.browser("ada")).see("/dashboard/by.csv?period=all&by=service")).text)
    assert coder[0]["Agreement rate [share]"] == "1.0"


@pytest.mark.asyncio
async def test_agreement_of_few_answers_is_hidden_everywhere(house: House) -> None:
    for n in range(4):
        await house.issued(f"g{n}")
    await pretend_reviews(house, "AGREED_DOCUMENTED", 4)
    await count(house)
    browser = await house.browser("pia")
    for name in ("by", "months"):
        table = lines_of((await browser.see(f"/dashboard/{name}.csv?period=all&by=provider")).text)
        assert table[0]["Agreement rate [share]"] == "fewer than 5"
        assert table[0]["Answered [count]"] == "4"
    assert "fewer than 5" in (await browser.see("/dashboard?period=all")).text


@pytest.mark.asyncio
async def test_nothing_of_it_is_for_providers(house: House) -> None:
    browser = await house.browser("u-ferro")
    assert "/dashboard" not in (await browser.see("/inbox")).text
    for path in ("/dashboard", "/dashboard/by.csv", "/dashboard/months.csv"):
        assert (await browser.see(path)).status_code == 403


@pytest.mark.asyncio
async def test_every_period_dimension_and_table_answers_and_nonsense_falls_back(house: House) -> None:
    await house.held("g1")
    await house.issued("g2")
    await count(house)
    browser = await house.browser("cleo")
    for period in ("30d", "3m", "6m", "12m", "all", "2026-03", "1999-01", "x"):
        for by in ("service", "provider", "template", "author", "rule", "patient"):
            assert (await browser.see(f"/dashboard?period={period}&by={by}&page=x")).status_code == 200
    rules = lines_of((await browser.see("/dashboard/by.csv?period=all&by=rule")).text)
    assert rules[0]["rule"].startswith("R-09")
    assert rules[0]["Check failures [count]"] == "1"
    waiting = lines_of((await browser.see("/dashboard/open.csv?by=provider")).text)
    assert waiting[0]["Open"] == "1"
    assert (await browser.see("/dashboard/open.csv?by=rule")).status_code == 404
    assert (await browser.see("/dashboard/patients.csv")).status_code == 404
    assert "open" in (await browser.see("/dashboard?view=print")).text.split('class="formula"')[1][:8]


@pytest.mark.asyncio
async def test_a_name_that_looks_like_a_formula_is_no_formula_in_the_file(house: House) -> None:
    trick = directory.ProviderRecord(id="trick", name="=HYPERLINK(1)", role="attending")
    async with house.database.transaction({"app.system": "on"}) as conn:
        await directory.import_providers(conn, [trick])
    house.office.directory.forget()
    await house.issued("g1", to="trick")
    await count(house)
    browser = await house.browser("cleo")
    response = await browser.see("/dashboard/by.csv?period=all&by=provider")
    assert response.headers["content-disposition"] == 'attachment; filename="provider-all.csv"'
    assert lines_of(response.text)[0]["provider"] == "'=HYPERLINK(1)"
