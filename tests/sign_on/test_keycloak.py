"""Against a real Keycloak: people sign in and out, and nobody by what is not theirs, fresh and whole."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import OctKey
from pydantic import SecretStr

from cli.http_server import HttpServer
from services.tracker.sign_on.provider import NotConfirmed, OpenIdProvider, Unreachable
from services.tracker.sign_on.settings import OidcSettings
from services.tracker.web import create_app
from tests.sign_on.keycloak import CLIENT, HERE, OTHER_CLIENT, REALM, SECRET, Keycloak
from tests.tracker_pages.house import Browser, House, token_in

VISITORS: list[httpx.Client] = []
pytestmark = [pytest.mark.asyncio, pytest.mark.database, pytest.mark.keycloak, pytest.mark.timeout(400)]


@pytest.fixture(autouse=True)
def closed_browsers() -> Iterator[None]:
    """No test leaves a connection to the provider open."""
    yield
    while VISITORS:
        VISITORS.pop().close()


def settings(keycloak: Keycloak, **changes: Any) -> OidcSettings:
    return OidcSettings(
        **{
            "issuer": keycloak.issuer,
            "client_id": CLIENT,
            "client_secret": SecretStr(SECRET),
            "public_url": HERE,
            "name": "the house",
            "user_claim": "preferred_username",
            **changes,
        }
    )


def app_of(house: House, keycloak: Keycloak, **changes: Any) -> FastAPI:
    return create_app(house.office, sign_on=settings(keycloak, **changes))


def new_client() -> httpx.Client:
    """Return a browser at the provider. As real ones do, it trusts this machine with cookies that want encryption."""

    def trust(_: httpx.Response) -> None:
        for cookie in made.cookies.jar:
            cookie.secure = False

    made = httpx.Client(timeout=60, event_hooks={"response": [trust]})
    return made


class Visitor(Browser):
    """A browser that knows the house and its provider."""

    def __init__(self, app: FastAPI, keycloak: Keycloak) -> None:
        super().__init__(app)
        self.keycloak = keycloak
        self.there = new_client()
        VISITORS.append(self.there)

    async def leave(self, back: str = "/work") -> str:
        """Begin to sign in; returns where the house sends its visitor."""
        response = await self.see(f"/sign-in/begin?next={back}")
        assert response.status_code == 303, response.text
        return str(response.headers["location"])

    async def return_address(self, name: str) -> str:
        """Sign in at the provider; returns where it sends the visitor back to."""
        return self.keycloak.log_in(self.there, await self.leave(), name)

    async def come_back(self, name: str) -> httpx.Response:
        return await self.see(await self.return_address(name))


async def test_somebody_signs_in_with_the_account_of_the_house_and_goes_on_where_they_were(
    house: House, keycloak: Keycloak
) -> None:
    visitor = Visitor(app_of(house, keycloak), keycloak)
    asked = parse_qs(urlsplit(await visitor.leave()).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["nonce"] and asked["state"]
    response = await visitor.come_back("ada")
    assert (response.status_code, response.headers["location"]) == (303, "/work")
    assert "Ada Staffsample" in (await visitor.see("/work")).text
    linked = await house.rows("SELECT oidc_issuer, oidc_subject FROM users WHERE id = 'ada'")
    assert linked[0]["oidc_issuer"] == keycloak.issuer
    again = Visitor(app_of(house, keycloak, user_claim=None), keycloak)
    assert (await again.come_back("ada")).status_code == 303, "the link holds without the claim"


async def _refused(visitor: Visitor, address: str, words: str) -> None:
    response = await visitor.see(address)
    assert response.status_code in (401, 403), response.status_code
    assert words in response.text
    assert "session" not in response.cookies
    assert (await visitor.see("/work")).status_code == 303, "nobody is signed in"


async def test_a_state_that_nobody_was_given_lets_nobody_in(house: House, keycloak: Keycloak) -> None:
    visitor = Visitor(app_of(house, keycloak), keycloak)
    address = await visitor.return_address("ada")
    state = parse_qs(urlsplit(address).query)["state"][0]
    await _refused(visitor, address.replace(state, state[::-1]), "was begun in another browser")


async def test_an_answer_that_another_browser_asked_for_lets_nobody_in(house: House, keycloak: Keycloak) -> None:
    app = app_of(house, keycloak)
    visitor, victim = Visitor(app, keycloak), Visitor(app, keycloak)
    address = await visitor.return_address("bo")
    await _refused(victim, address, "was begun in another browser")
    await victim.leave()
    await _refused(victim, address, "was begun in another browser")
    assert (await visitor.see(address)).status_code == 303, "the one who asked still comes in"


async def test_an_answer_counts_once(house: House, keycloak: Keycloak) -> None:
    app = app_of(house, keycloak)
    visitor = Visitor(app, keycloak)
    address = await visitor.return_address("ada")
    cookies = dict(visitor.client.cookies)
    assert (await visitor.see(address)).status_code == 303
    replaying = Visitor(app, keycloak)
    replaying.client.cookies.update(cookies)
    await _refused(replaying, address, "was used before")


async def test_a_code_that_was_used_counts_in_no_other_sign_in(house: House, keycloak: Keycloak) -> None:
    app = app_of(house, keycloak)
    visitor = Visitor(app, keycloak)
    address = await visitor.return_address("ada")
    assert (await visitor.see(address)).status_code == 303
    thief = Visitor(app, keycloak)
    state = parse_qs(urlsplit(await thief.leave()).query)["state"][0]
    code = parse_qs(urlsplit(address).query)["code"][0]
    await _refused(thief, f"/sign-in/callback?state={state}&code={code}", "could not be confirmed")


@pytest.mark.parametrize("column", ["nonce", "verifier"])
async def test_an_answer_to_another_question_lets_nobody_in(house: House, keycloak: Keycloak, column: str) -> None:
    visitor = Visitor(app_of(house, keycloak), keycloak)
    address = await visitor.return_address("ada")
    async with house.database.transaction() as conn:
        await conn.execute(f"UPDATE sign_in_attempts SET {column} = repeat('x', 48)".encode())
    await _refused(visitor, address, "could not be confirmed")


async def test_an_answer_of_another_issuer_lets_nobody_in(house: House, keycloak: Keycloak) -> None:
    visitor = Visitor(app_of(house, keycloak), keycloak)
    address = httpx.URL(await visitor.return_address("ada")).copy_set_param("iss", "https://evil.example")
    await _refused(visitor, str(address), "could not be confirmed")


async def _token(keycloak: Keycloak, client: str) -> tuple[str, str]:
    """Return an ID token that the realm gave a client for Ada, and its nonce."""
    provider = OpenIdProvider(settings(keycloak, client_id=client))
    departure = await provider.depart()
    with new_client() as there:
        address = keycloak.log_in(there, departure.url, "ada")
    arrival = await provider.arrive(parse_qs(urlsplit(address).query)["code"][0], departure)
    return arrival.id_token, departure.nonce


async def test_a_token_of_another_client_confirms_nobody(keycloak: Keycloak) -> None:
    ours = OpenIdProvider(settings(keycloak))
    for client, counts in ((CLIENT, True), (OTHER_CLIENT, False)):
        token, nonce = await _token(keycloak, client)
        if counts:
            assert (await ours.confirm({"id_token": token}, nonce))["preferred_username"] == "ada"
        else:
            with pytest.raises(NotConfirmed):
                await ours.confirm({"id_token": token}, nonce)


async def test_a_token_that_the_provider_did_not_sign_confirms_nobody(keycloak: Keycloak) -> None:
    provider = OpenIdProvider(settings(keycloak))
    good, nonce = await _token(keycloak, CLIENT)
    assert await provider.confirm({"id_token": good}, nonce)
    head, body, signature = good.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    other_body = _plain({**claims, "preferred_username": "root"})
    by_secret = jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET))
    unsigned = f"{_plain({'alg': 'none'})}.{body}."
    for forged in (f"{head}.{other_body}.{signature}", unsigned, by_secret, "", "a.b.c"):
        with pytest.raises(NotConfirmed):
            await provider.confirm({"id_token": forged}, nonce)


def _plain(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


async def test_an_address_that_nobody_verified_makes_nobody_its_owner(house: House, keycloak: Keycloak) -> None:
    async with house.database.transaction({"app.system": "on"}) as conn:
        await conn.execute("UPDATE users SET email = id || '@example.org'")
    app = app_of(house, keycloak, user_claim="email")
    visitor = Visitor(app, keycloak)
    await _refused(visitor, await visitor.return_address("cleo"), "e-mail address is not verified")
    assert (await Visitor(app, keycloak).come_back("bo")).status_code == 303


async def test_a_newcomer_gets_an_account_with_the_roles_of_their_groups(house: House, keycloak: Keycloak) -> None:
    stranger = Visitor(app_of(house, keycloak), keycloak)
    await _refused(stranger, await stranger.return_address("newcomer"), "not known here")
    app = app_of(house, keycloak, unknown_users="create", roles={"coders": "coder", "admins": "admin"})
    visitor = Visitor(app, keycloak)
    assert (await visitor.come_back("newcomer")).status_code == 303
    made = (await house.rows("SELECT id, name, roles, email FROM users WHERE id = 'newcomer'"))[0]
    assert (made["name"], made["roles"], made["email"]) == ("Newcomer Keysample", ["coder"], "newcomer@example.org")


async def test_somebody_who_does_not_confirm_comes_back_to_the_sign_in(house: House, keycloak: Keycloak) -> None:
    visitor = Visitor(app_of(house, keycloak), keycloak)
    state = parse_qs(urlsplit(await visitor.leave()).query)["state"][0]
    await _refused(visitor, f"/sign-in/callback?state={state}&error=access_denied", "did not let you in")


async def test_who_signs_out_is_signed_out_at_the_provider_as_well(house: House, keycloak: Keycloak) -> None:
    visitor = Visitor(app_of(house, keycloak), keycloak)
    await visitor.come_back("ada")
    assert visitor.there.get(await visitor.leave()).status_code == 302, "the provider still knows them"
    page = await visitor.see("/work")
    farewell = await visitor.client.post("/sign-out", data={"csrf": token_in(page)})
    there = farewell.text.split("url=")[1].split('"')[0].replace("&amp;", "&")
    left = visitor.there.get(there)
    assert (left.status_code, left.headers["location"].split("?")[0]) == (302, f"{HERE}/sign-in")
    assert visitor.there.get(await visitor.leave()).status_code == 200, "the provider asks who they are"


async def test_who_is_signed_out_at_the_provider_is_signed_out_here(house: House, keycloak: Keycloak) -> None:
    app = app_of(house, keycloak)
    server = HttpServer("127.0.0.1", 0)
    port = server.bind()
    await server.start(app)
    try:
        await _sign_out_there(house, keycloak, app, port)
    finally:
        await server.stop()


async def _sign_out_there(house: House, keycloak: Keycloak, app: FastAPI, port: int) -> None:
    client = keycloak.administer("GET", f"/{REALM}/clients?clientId={CLIENT}")[0]
    client["attributes"]["backchannel.logout.url"] = f"http://127.0.0.1:{port}/sign-in/ended"
    keycloak.administer("PUT", f"/{REALM}/clients/{client['id']}", client)
    visitor, other = Visitor(app, keycloak), Visitor(app, keycloak)
    await visitor.come_back("bo")
    await other.come_back("ada")
    subject = (await house.rows("SELECT oidc_subject FROM users WHERE id = 'bo'"))[0]["oidc_subject"]
    await asyncio.to_thread(keycloak.administer, "POST", f"/{REALM}/users/{subject}/logout")
    assert (await visitor.see("/work")).status_code == 303
    assert (await other.see("/work")).status_code == 200, "nobody else is"


async def test_only_the_provider_signs_anybody_out(house: House, keycloak: Keycloak) -> None:
    app = app_of(house, keycloak)
    visitor = Visitor(app, keycloak)
    await visitor.come_back("ada")
    id_token = (await house.rows("SELECT id_token FROM sessions"))[0]["id_token"]
    for token in ("", "a.b.c", id_token):
        response = await Browser(app).client.post("/sign-in/ended", data={"logout_token": token})
        assert response.status_code == 400
    assert (await visitor.see("/work")).status_code == 200


async def test_a_provider_that_calls_itself_otherwise_is_not_used(keycloak: Keycloak) -> None:
    other = OpenIdProvider(settings(keycloak, issuer=keycloak.issuer + "/"))
    with pytest.raises(Unreachable):
        await other.depart()
