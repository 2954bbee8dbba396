"""What makes a signature: the session, or the password once more where the house wants it."""

from __future__ import annotations

import pytest
import pytest_asyncio

from services.foundation.database import Database
from services.tracker.policy import Policy
from tests.tracker_pages.house import PASSWORD, Browser, House

database = pytest.mark.database


@pytest_asyncio.fixture
async def strict_house(tracker_database: Database) -> House:
    """A house that asks for the password at each signature."""
    made = House(tracker_database, Policy(signing="password"))
    await made.people()
    return made


@database
@pytest.mark.asyncio
async def test_where_the_house_wants_it_nothing_is_signed_without_the_password(strict_house: House) -> None:
    house = strict_house
    query = await house.issued()
    page = f"/queries/{query}"
    browser = await house.browser("u-ferro")
    assert "Your password, to sign" in (await browser.see(page)).text
    for fields in ({}, {"password": "a wrong password"}):
        refused = await browser.send(page, f"{page}/answer", choice="o2", text="my words", **fields)
        assert refused.status_code == 422
        assert "Nothing was signed: the password is wrong." in refused.text
        assert "my words</textarea>" in refused.text
        assert PASSWORD not in refused.text
    await browser.send(page, f"{page}/answer", choice="o2", password=PASSWORD)
    assert [row["method"] for row in await house.rows("SELECT method FROM responses")] == ["password"]


@database
@pytest.mark.asyncio
async def test_guessing_at_a_signature_locks_the_account_and_ends_its_session(strict_house: House) -> None:
    house = strict_house
    query = await house.issued()
    page = f"/queries/{query}"
    browser = await house.browser("u-ferro")
    for _ in range(5):
        await browser.send(page, f"{page}/answer", choice="o2", password="a guess at it")
    assert (await browser.see(page)).headers["location"].startswith("/sign-in")
    assert (await Browser(house.app).sign_in("u-ferro")).status_code == 401
    assert await house.rows("SELECT 1 FROM responses") == []


@database
@pytest.mark.asyncio
async def test_who_signs_in_elsewhere_is_told_that_there_is_no_password_to_sign_with(strict_house: House) -> None:
    house = strict_house
    query = await house.issued()
    browser = await house.browser("u-ferro")
    async with house.database.transaction({"app.system": "on"}) as conn:
        await conn.execute("UPDATE users SET password_hash = NULL WHERE id = 'u-ferro'")
    for _ in range(6):  # and it is no wrong try
        refused = await browser.send(f"/queries/{query}", f"/queries/{query}/answer", choice="o2", password="anything")
        assert "your account has none here" in refused.text


@database
@pytest.mark.asyncio
async def test_a_cosignature_asks_for_the_password_too(strict_house: House) -> None:
    house = strict_house
    query = await house.issued(to="lind")
    await house.encounter((await house.row(query))["chart_id"], attending_id="ferro")
    page = f"/queries/{query}"
    await (await house.browser("u-lind")).send(page, f"{page}/answer", choice="o1", password=PASSWORD)
    attending = await house.browser("u-ferro")
    assert (await attending.send(page, f"{page}/cosign")).status_code == 422
    assert (await house.row(query))["state"] == "awaiting_cosign"
    await attending.send(page, f"{page}/cosign", password=PASSWORD)
    assert (await house.row(query))["state"] == "under_review"


@database
@pytest.mark.asyncio
async def test_who_is_locked_out_by_others_signs_nothing_but_keeps_the_session(strict_house: House) -> None:
    house = strict_house
    query = await house.issued()
    page = f"/queries/{query}"
    browser = await house.browser("u-ferro")
    for _ in range(5):
        await Browser(house.app).sign_in("u-ferro", "a stranger's guess")
    refused = await browser.send(page, f"{page}/answer", choice="o2", text="my words", password=PASSWORD)
    assert "the account is locked for a while" in refused.text
    assert "my words</textarea>" in refused.text
    assert (await browser.see(page)).status_code == 200
