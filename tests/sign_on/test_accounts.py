"""Whom the claims of a confirmed answer let in, and as whom."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from services.tracker import identity
from services.tracker.sign_on.accounts import Admission, admit, claim
from services.tracker.sign_on.settings import OidcSettings
from services.tracker.web import create_app
from tests.tracker_pages.house import Browser, House, token_in

pytestmark = [pytest.mark.asyncio, pytest.mark.database]
ISSUER = "https://sign-on.example"


def settings(**changes: Any) -> OidcSettings:
    return OidcSettings(**{"issuer": ISSUER, "public_url": "https://cdi.example", **changes})


def claims(subject: str = "s-1", **more: Any) -> dict[str, Any]:
    return {"iss": ISSUER, "sub": subject, **more}


async def admitted(house: House, by: OidcSettings, said: dict[str, Any]) -> Admission:
    async with house.database.transaction({"app.system": "on"}) as conn:
        return await admit(conn, by, said)


async def change(house: House, statement: str) -> None:
    async with house.database.transaction({"app.system": "on"}) as conn:
        await conn.execute(statement.encode())


async def test_without_a_claim_that_names_users_only_linked_ones_come_in(house: House) -> None:
    assert (await admitted(house, settings(), claims(preferred_username="ada"))).refusal == "unknown"
    named = settings(user_claim="preferred_username")
    assert (await admitted(house, named, claims(preferred_username="ada"))).user_id == "ada"
    assert (await admitted(house, settings(), claims())).user_id == "ada"


async def test_an_account_that_somebody_is_linked_to_is_nobody_elses(house: House) -> None:
    named = settings(user_claim="preferred_username")
    await admitted(house, named, claims("s-1", preferred_username="ada"))
    assert (await admitted(house, named, claims("s-2", preferred_username="ada"))).refusal == "taken"
    foreign = {**claims("s-1", preferred_username="ada"), "iss": "https://other.example"}
    assert (await admitted(house, named, foreign)).refusal == "taken", "subjects belong to their issuer"


async def test_nobody_becomes_a_service_by_its_name(house: House) -> None:
    await change(house, "INSERT INTO users (id, name, roles) VALUES ('internal-services', 'Services', '{service}')")
    named = settings(user_claim="preferred_username")
    assert (await admitted(house, named, claims(preferred_username="internal-services"))).refusal == "unknown"
    with pytest.raises(ValidationError):
        settings(roles={"machines": "service"})


@pytest.mark.parametrize("verified", [None, False, "true", 1])
async def test_an_address_counts_only_when_the_provider_verified_it(house: House, verified: object) -> None:
    await change(house, "UPDATE users SET email = 'Ada@example.org' WHERE id = 'ada'")
    by_address = settings(user_claim="email")
    said = claims(email="ada@example.org", email_verified=verified)
    assert (await admitted(house, by_address, said)).refusal == "unverified"
    assert (await admitted(house, by_address, {**said, "email_verified": True})).user_id == "ada"


async def test_an_address_of_two_people_names_neither(house: House) -> None:
    await change(house, "UPDATE users SET email = 'team@example.org' WHERE id IN ('ada', 'bo')")
    said = claims(email="team@example.org", email_verified=True)
    assert (await admitted(house, settings(user_claim="email"), said)).refusal == "unknown"


async def test_an_account_that_is_switched_off_stays_so(house: House) -> None:
    named = settings(user_claim="preferred_username")
    await admitted(house, named, claims(preferred_username="ada"))
    await change(house, "UPDATE users SET active = false WHERE id IN ('ada', 'bo')")
    assert (await admitted(house, named, claims(preferred_username="ada"))).refusal == "inactive"
    assert (await admitted(house, named, claims("s-2", preferred_username="bo"))).refusal == "inactive"


async def test_roles_follow_the_groups_and_who_left_them_all_is_signed_out(house: House) -> None:
    mapped = settings(
        user_claim="preferred_username",
        role_claim="realm_access.roles",
        roles={"Coders": "coder", "CDI": "cdi_specialist"},
    )
    said = claims(preferred_username="ada", realm_access={"roles": ["CDI", "Coders", "Gardeners"]})
    assert (await admitted(house, mapped, said)).user_id == "ada"
    assert (await house.rows("SELECT roles FROM users WHERE id = 'ada'"))[0]["roles"] == ["cdi_specialist", "coder"]
    browser = await house.browser("ada")
    left = claims(preferred_username="ada", realm_access={"roles": ["Gardeners"]})
    assert (await admitted(house, mapped, left)).refusal == "no_role"
    assert (await browser.see("/work")).headers["location"].startswith("/sign-in")
    assert (await house.rows("SELECT roles FROM users WHERE id = 'ada'"))[0]["roles"] == []


async def test_without_a_map_roles_stay_as_an_administrator_gave_them(house: House) -> None:
    named = settings(user_claim="preferred_username")
    await admitted(house, named, claims(preferred_username="ada", roles=["admin"]))
    assert (await house.rows("SELECT roles FROM users WHERE id = 'ada'"))[0]["roles"] == ["coder"]


async def test_a_provider_is_one_of_the_directory(house: House) -> None:
    named = settings(user_claim="preferred_username", provider_claim="npi")
    said = claims(preferred_username="u-ferro", npi="lind")
    assert (await admitted(house, named, said)).user_id == "u-ferro"
    assert (await house.rows("SELECT provider_id FROM users WHERE id = 'u-ferro'"))[0]["provider_id"] == "lind"
    assert (await admitted(house, named, {**said, "npi": "nobody"})).refusal == "no_provider"


async def test_newcomers_are_made_with_their_roles_and_never_take_a_name_that_is_there(house: House) -> None:
    creating = settings(unknown_users="create", roles={"Coders": "coder"})
    said = claims(preferred_username="ada", name="Ada Otherwise", roles="Coders", email="x@example.org")
    made = (await admitted(house, creating, said)).user_id
    assert made is not None and made.startswith("oidc-")
    row = (await house.rows(f"SELECT * FROM users WHERE id = '{made}'"))[0]
    assert (row["name"], row["roles"], row["email"], row["password_hash"]) == ("Ada Otherwise", ["coder"], None, None)
    assert (await admitted(house, creating, said)).user_id == made, "the second time they are known"
    assert (await admitted(house, creating, claims("s-3", roles=["Gardeners"]))).refusal == "no_role"


async def test_claims_of_claims_are_named_with_dots_and_names_with_dots_are_found() -> None:
    said = {"a": {"b": [1]}, "https://example.org/roles": [2], "c": "text"}
    assert claim(said, "a.b") == [1]
    assert claim(said, "https://example.org/roles") == [2]
    assert claim(said, "c.d") is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": "http://sign-on.example"},
        {"public_url": "http://cdi.example"},
        {"public_url": ""},
        {"unknown_users": "create"},
    ],
)
async def test_settings_that_would_be_unsafe_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        settings(**wrong)


async def test_passwords_can_be_switched_off(house: House) -> None:
    browser = Browser(create_app(house.office, sign_on=settings(local_accounts=False, name="the hospital")))
    form = await browser.see("/sign-in?next=/work")
    assert "Sign in with the hospital" in form.text
    assert 'href="/sign-in/begin?next=/work"' in form.text
    assert "Password" not in form.text
    refused = await browser.client.post("/sign-in", data={"user": "ada", "password": "a long enough password"})
    assert refused.status_code == 403
    both = await Browser(create_app(house.office, sign_on=settings())).see("/sign-in")
    assert "Sign in with single sign-on" in both.text and "Password" in both.text


async def test_a_provider_that_cannot_be_reached_is_told_in_words(house: House) -> None:
    nowhere = settings(issuer="http://127.0.0.1:1", public_url="http://127.0.0.1:8080")
    browser = Browser(create_app(house.office, sign_on=nowhere))
    response = await browser.see("/sign-in/begin")
    assert response.status_code == 503
    assert "cannot be reached just now" in response.text


async def test_without_a_provider_there_is_nothing_to_begin(house: House) -> None:
    for path in ("/sign-in/begin", "/sign-in/callback?state=x&code=y"):
        assert (await Browser(house.app).see(path)).status_code == 404


async def test_a_session_that_a_browser_brought_along_is_never_taken_over(house: House) -> None:
    browser = await house.browser("ada")
    planted = browser.client.cookies["session"]
    await browser.sign_in("bo")
    assert browser.client.cookies["session"] != planted
    victim = await Browser(house.app).client.get("/work", headers={"Cookie": f"session={planted}"})
    assert victim.status_code == 303, "the one before has ended"


async def test_my_sessions_can_be_ended_from_another_browser_and_nobody_elses(house: House) -> None:
    first, second, other = [await house.browser(user) for user in ("ada", "ada", "bo")]
    bo = identity.session_key(other.client.cookies["session"])
    await second.send("/account", "/account/end", key=bo)
    assert (await other.see("/work")).status_code == 200
    page = await second.see("/account")
    assert page.text.count("End<span") == 1 and "this window" in page.text
    await second.send("/account", "/account/end-others")
    assert (await first.see("/work")).status_code == 303
    assert (await second.see("/work")).status_code == 200


async def test_an_administrator_ends_sessions_and_revokes_tokens(house: House) -> None:
    ada, root = await house.browser("ada"), await house.browser("root")
    async with house.database.transaction({"app.system": "on"}) as conn:
        secret = await identity.create_token(conn, "ada", "coder", None)
        await change(house, "INSERT INTO users (id, name, roles) VALUES ('internal-services', 'S', '{service}')")
        await identity.store_token(conn, "of the environment", "internal-services", "service")
    bearer = {"Authorization": f"Bearer {secret}"}
    stranger = Browser(house.app)
    assert (await stranger.see("/api/v1/queries", **bearer)).status_code == 200
    assert (await ada.see("/access")).status_code == 403
    page = await root.see("/access")
    key = identity.session_key(secret)
    assert key in page.text and identity.session_key("of the environment") not in page.text
    assert secret not in page.text
    listed = (await root.see("/api/v1/tokens")).json()
    assert [(one["key"], one["user_id"]) for one in listed] == [(key, "ada")]
    assert (await root.send("/access", "/access/revoke", key=key)).status_code == 303
    assert (await root.send("/access", "/access/revoke", key=key)).status_code == 404
    assert (await stranger.see("/api/v1/queries", **bearer)).status_code == 401
    own = identity.session_key("of the environment")
    assert (await root.send("/access", "/access/revoke", key=own)).status_code == 404
    await root.send("/access", "/access/end", key=identity.session_key(ada.client.cookies["session"]))
    assert (await ada.see("/work")).status_code == 303
    assert token_in(await root.see("/access"))
