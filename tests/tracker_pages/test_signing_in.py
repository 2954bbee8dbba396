"""Nobody sees a page without signing in, and no form counts that another site sent."""

from __future__ import annotations

from uuid import uuid4

import pytest
from fastapi.routing import APIRoute

from services.tracker.pages import PAGES, ROUTERS
from tests.tracker_pages.house import BASE, PASSWORD, Browser, House, token_in

pytestmark = pytest.mark.database
OPEN = {"/sign-in", "/sign-in/begin", "/sign-in/callback", "/sign-in/ended", "/signals", "/session"}
"""Single sign-on has its own proofs (tests/sign_on); the last two only tell that nobody is there (test_live.py)."""


def _routes() -> list[tuple[str, str]]:
    return [
        (method, route.path)
        for module in ROUTERS
        for route in module.router.routes
        if isinstance(route, APIRoute) and route.path not in OPEN
        for method in sorted(route.methods)
    ]


def _filled(path: str) -> str:
    for name in ("query_id", "letter_id", "chart_id", "name"):
        path = path.replace(f"{{{name}}}", str(uuid4()))
    return path


@pytest.mark.asyncio
async def test_every_page_asks_who_is_there(house: House) -> None:
    assert len(_routes()) > 30
    for method, path in _routes():
        response = await Browser(house.app).client.request(method, _filled(path))
        assert response.status_code == 303, path
        assert response.headers["location"].startswith("/sign-in?next=/"), path


def test_every_form_goes_to_its_page_or_one_step_below_it() -> None:
    forms = {path for method, path in _routes() if method == "POST"}
    assert {path.rsplit("/", 1)[0] or "/" for path in forms - PAGES} <= PAGES


@pytest.mark.asyncio
async def test_a_form_sent_after_the_session_ended_leads_back_to_its_page(house: House) -> None:
    response = await Browser(house.app).client.post("/queries/some-id/answer")
    assert response.headers["location"] == "/sign-in?next=/queries/some-id"


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("user", "start"),
    [
        ("u-ferro", "/inbox"),
        ("ada", "/work"),
        ("bo", "/work"),
        ("pia", "/held"),
        ("cleo", "/held"),
        ("root", "/status"),
    ],
)
async def test_each_role_starts_at_its_work(house: House, user: str, start: str) -> None:
    browser = await house.browser(user)
    response = await browser.see("/")
    assert response.headers["location"] == start
    assert (await browser.see(start)).status_code == 200


@pytest.mark.asyncio
async def test_sign_in_goes_back_to_the_page_that_asked(house: House) -> None:
    browser = Browser(house.app)
    asked = await browser.see("/work?state=held")
    form = await browser.see(asked.headers["location"])
    assert 'name="next" value="/work?state=held"' in form.text
    response = await browser.sign_in("ada", back="/work?state=held")
    assert response.headers["location"] == "/work?state=held"


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", ""]
)
async def test_sign_in_never_leads_to_another_site(house: House, target: str) -> None:
    assert (await Browser(house.app).sign_in("ada", back=target)).headers["location"] == "/"


@pytest.mark.asyncio
async def test_the_session_cookie_is_kept_from_scripts_and_other_sites(house: House) -> None:
    cookie = (await Browser(house.app).sign_in("ada")).headers["set-cookie"]
    assert cookie.startswith("session=")
    assert "HttpOnly" in cookie
    assert "samesite=lax" in cookie.lower()


@pytest.mark.asyncio
async def test_over_https_the_cookie_is_bound_to_the_host(house: House) -> None:
    browser = Browser(house.app)
    browser.client.base_url = "https://cdi.example"  # type: ignore[assignment]
    cookie = (await browser.sign_in("ada")).headers["set-cookie"]
    assert cookie.startswith("__Host-session=")
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert (await browser.see("/work")).status_code == 200


@pytest.mark.asyncio
async def test_the_plain_cookie_counts_on_loopback_only(house: House) -> None:
    browser = await house.browser("ada")
    secret = browser.client.cookies["session"]
    elsewhere = Browser(house.app)
    response = await elsewhere.client.get("https://cdi.example/work", headers={"Cookie": f"session={secret}"})
    assert response.status_code == 303


@pytest.mark.asyncio
async def test_a_wrong_password_tells_nothing_and_five_lock_the_account(house: House) -> None:
    browser = Browser(house.app)
    for name in ("ada", "ada", "ada", "ada", "ada", "nobody"):
        response = await browser.sign_in(name, "not the password")
        assert response.status_code == 401
        assert "Name or password is wrong" in response.text
    assert (await browser.sign_in("ada", PASSWORD)).status_code == 401


@pytest.mark.asyncio
async def test_signing_out_ends_the_session_on_the_server(house: House) -> None:
    browser = await house.browser("ada")
    secret = browser.client.cookies["session"]
    assert (await browser.send("/work", "/sign-out")).status_code == 303
    response = await Browser(house.app).client.get("/work", headers={"Cookie": f"session={secret}"})
    assert response.headers["location"].startswith("/sign-in")


@pytest.mark.asyncio
async def test_a_form_without_its_token_changes_nothing(house: House) -> None:
    query_id = await house.issued()
    browser = await house.browser("u-ferro")
    response = await browser.client.post(f"/queries/{query_id}/answer", data={"choice": "o1"})
    assert response.status_code == 403
    assert "Form expired" in response.text
    assert (await house.row(query_id))["state"] == "issued"


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]
)
async def test_a_form_from_another_site_changes_nothing(house: House, headers: dict[str, str]) -> None:
    query_id = await house.issued()
    browser = await house.browser("u-ferro")
    token = token_in(await browser.see("/inbox"))
    response = await browser.client.post(
        f"/queries/{query_id}/answer", data={"choice": "o1", "csrf": token}, headers=headers
    )
    assert response.status_code == 403
    assert (await house.row(query_id))["state"] == "issued"


@pytest.mark.asyncio
async def test_a_sign_in_form_needs_its_own_cookie(house: House) -> None:
    browser = Browser(house.app)
    response = await browser.client.post("/sign-in", data={"csrf": "made up", "user": "ada", "password": PASSWORD})
    assert response.status_code == 403


@pytest.mark.asyncio
async def test_pages_are_not_kept_framed_or_scripted(house: House) -> None:
    browser = await house.browser("ada")
    headers = (await browser.see("/work")).headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-frame-options"] == "DENY"
    assert "default-src 'none'" in headers["content-security-policy"]
    # With `no-referrer` browsers would send `Origin: null` with our own forms.
    assert headers["referrer-policy"] == "same-origin"
    assert (await browser.see("/static/style.css")).headers["content-type"].startswith("text/css")


@pytest.mark.asyncio
async def test_nothing_runs_on_a_page_that_is_not_a_file_of_ours(house: House) -> None:
    browser = await house.browser("ada")
    for path in ("/work", "/no-such-page", "/static/live.js", "/api/v1/queries", "/sign-in"):
        said = (await browser.see(path)).headers["content-security-policy"]
        rules = {name: values for name, *values in (rule.split() for rule in said.split(";"))}
        assert rules["default-src"] == ["'none'"], path
        assert rules["script-src"] == rules["style-src"] == rules["connect-src"] == rules["form-action"] == ["'self'"]
        assert rules["frame-ancestors"] == rules["base-uri"] == ["'none'"]
        assert not any("unsafe" in value or "*" in value for values in rules.values() for value in values)


@pytest.mark.asyncio
async def test_errors_are_pages_for_people_and_problems_for_machines(house: House) -> None:
    browser = await house.browser("ada")
    page = await browser.see("/no-such-page")
    assert page.status_code == 404
    assert "<h1>Not found</h1>" in page.text
    problem = await browser.see("/api/v1/no-such-thing")
    assert problem.headers["content-type"] == "application/problem+json"
    unsigned = await Browser(house.app).see("/api/v1/queries")
    assert (unsigned.status_code, unsigned.headers["content-type"]) == (401, "application/problem+json")
    assert BASE not in page.text
