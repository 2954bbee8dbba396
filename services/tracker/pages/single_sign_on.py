"""Sign-in at the house's OpenID provider: leaving for it, coming back, and being signed out from there."""

from __future__ import annotations

import logging
import secrets

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.tracker import identity
from services.tracker.api.access import office_of, on_loopback, session_of
from services.tracker.api.problems import Problem
from services.tracker.pages import signing_in
from services.tracker.pages.rendering import PAGE_HEADERS, go
from services.tracker.pages.session import local_path, read_fields, set_session
from services.tracker.sessions import end_from_provider
from services.tracker.sign_on import attempts
from services.tracker.sign_on.accounts import Admission, admit
from services.tracker.sign_on.attempts import Attempt
from services.tracker.sign_on.provider import Arrival, NotConfirmed, OpenIdProvider, Unreachable
from services.tracker.store import SYSTEM_SCOPE

log = logging.getLogger(__name__)
router = APIRouter(include_in_schema=False)
BROWSER_COOKIE = "__Host-sign-in"
LOOPBACK_COOKIE = "sign-in"

REFUSALS = {
    "over": "This sign-in took too long, was used before, or was begun in another browser. Please start again.",
    "cancelled": "Your sign-on service did not let you in. Please start again.",
    "not_confirmed": "The answer of your sign-on service could not be confirmed. Please start again. If that does not "
    "help, tell your administrator.",
    "unreachable": "Your sign-on service cannot be reached just now. Please try again in a moment.",
    "unknown": "You are not known here yet. Please ask your administrator for an account.",
    "inactive": "Your account here is switched off. Please ask your administrator.",
    "no_role": "Your account has no role here. Please ask your administrator which group you should be in.",
    "unverified": "Your e-mail address is not verified at your sign-on service. Please have it verified there first.",
    "no_provider": "Your sign-on service names you as a provider whom the directory here does not have. Please ask "
    "your administrator.",
    "taken": "The account here with your name belongs to somebody else's sign-on. Please ask your administrator.",
}
"""What somebody reads who is not let in, by the reason in the log."""


def _provider_of(request: Request) -> OpenIdProvider:
    provider: OpenIdProvider | None = request.app.state.provider
    if provider is None:
        raise Problem(404, "Not found", "There is no single sign-on here.")
    return provider


def _browser_of(request: Request) -> str | None:
    return request.cookies.get(LOOPBACK_COOKIE if on_loopback(request) else BROWSER_COOKIE)


@router.get("/sign-in/begin")
async def begin(request: Request) -> Response:
    """Send somebody to the provider. Several windows of one browser may do so at once."""
    provider = _provider_of(request)
    back = local_path(request.query_params.get("next"))
    try:
        departure = await provider.depart()
    except Unreachable as error:
        return _refuse(request, "unreachable", back, cause=error)
    browser = _browser_of(request) or secrets.token_urlsafe(32)
    office = office_of(request)
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        await attempts.remember(conn, Attempt(departure, back), browser, office.clock())
    response = Response(status_code=303, headers={**PAGE_HEADERS, "Location": departure.url})
    loopback = on_loopback(request)
    response.set_cookie(
        LOOPBACK_COOKIE if loopback else BROWSER_COOKIE,
        browser,
        max_age=int(attempts.LASTS.total_seconds()),
        path="/",
        httponly=True,
        secure=not loopback,
        samesite="lax",
    )
    return response


@router.get("/sign-in/callback")
async def come_back(request: Request) -> Response:
    """Let somebody in whom the provider has sent back to the browser that left for it, once."""
    provider = _provider_of(request)
    attempt = await _attempt(request)
    if attempt is None:
        return _refuse(request, "over", "/")
    asked = request.query_params
    if asked.get("iss", provider.settings.issuer) != provider.settings.issuer:
        return _refuse(request, "not_confirmed", attempt.back)
    if "error" in asked or not asked.get("code"):
        return _refuse(request, "cancelled", attempt.back)
    try:
        arrival = await provider.arrive(asked["code"], attempt.departure)
    except NotConfirmed as error:
        return _refuse(request, "not_confirmed", attempt.back, cause=error)
    except Unreachable as error:
        return _refuse(request, "unreachable", attempt.back, cause=error)
    return await _let_in(request, provider, arrival, attempt.back)


async def _attempt(request: Request) -> Attempt | None:
    office, browser = office_of(request), _browser_of(request)
    state = request.query_params.get("state")
    if not browser or not state:
        return None
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        return await attempts.take(conn, state, browser, office.clock())


async def _let_in(request: Request, provider: OpenIdProvider, arrival: Arrival, back: str) -> Response:
    office = office_of(request)
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        admission: Admission = await admit(conn, provider.settings, arrival.claims)
        if admission.user_id is not None:
            await identity.sign_out(conn, session_of(request) or "")
            secret = await identity.open_session(
                conn,
                admission.user_id,
                office.clock(),
                id_token=arrival.id_token,
                provider_session=arrival.claims.get("sid"),
            )
    if admission.user_id is None:
        return _refuse(request, admission.refusal or "unknown", back, status=403)
    response = go(back)
    set_session(response, request, secret)
    return response


def _refuse(request: Request, reason: str, back: str, *, status: int = 401, cause: Exception | None = None) -> Response:
    log.warning("somebody was not let in by single sign-on", extra={"fault": reason, "error": str(cause or "")})
    return signing_in.form(request, back, REFUSALS[reason], status=503 if reason == "unreachable" else status)


@router.post("/sign-in/ended")
async def ended(request: Request) -> Response:
    """End the sessions of somebody whom the provider has signed out (OpenID Connect Back-Channel Logout)."""
    provider = _provider_of(request)
    try:
        claims = await provider.signed_out((await read_fields(request)).get("logout_token", ""))
    except (NotConfirmed, Unreachable):
        return Response(status_code=400)
    async with office_of(request).database.transaction(SYSTEM_SCOPE) as conn:
        await end_from_provider(conn, claims["iss"], subject=claims.get("sub"), session=claims.get("sid"))
    return Response(status_code=200)
