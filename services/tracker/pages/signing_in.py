"""Sign-in with local accounts, sign-out, and the start page of each role."""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.tracker import identity
from services.tracker.api.access import office_of, on_loopback, session_of
from services.tracker.api.problems import Problem
from services.tracker.identity import Actor
from services.tracker.pages.rendering import go, page
from services.tracker.pages.session import (
    SignedIn,
    clear_session,
    local_path,
    must_come_from_here,
    must_match,
    read_fields,
    set_session,
    signed_in,
)
from services.tracker.sign_on.provider import OpenIdProvider
from services.tracker.store import SYSTEM_SCOPE

router = APIRouter(include_in_schema=False)
STARTS: tuple[tuple[str, frozenset[str]], ...] = (
    ("/inbox", frozenset({"provider"})),
    ("/work", frozenset({"coder", "cdi_specialist"})),
    ("/held", frozenset({"physician_advisor", "compliance"})),
    ("/status", frozenset({"admin"})),
)
FORM_COOKIE = "form"
WRONG = "Name or password is wrong, or the account is locked for a while after too many tries."


def start_of(actor: Actor) -> str:
    """Return the page on which an actor's work begins."""
    return next((path for path, roles in STARTS if actor.roles & roles), "/nothing")


@router.get("/")
async def start(actor: SignedIn) -> Response:
    """Send everybody to their start page."""
    return go(start_of(actor))


@router.get("/nothing")
async def nothing(request: Request, _: Annotated[Actor, Depends(signed_in)]) -> Response:
    """Tell an account without a role for pages so."""
    return page(request, "error.html", "No pages", {"heading": "No pages", "detail": "Your role has no pages."})


@router.get("/sign-in")
async def show_sign_in(request: Request) -> Response:
    """Show the form, and the way to single sign-on where the house has it."""
    return form(request, local_path(request.query_params.get("next")))


def form(request: Request, back: str, error: str | None = None, user: str = "", status: int = 401) -> Response:
    """Return the page to sign in, with what went wrong, if anything did."""
    token = secrets.token_urlsafe(24)
    provider: OpenIdProvider | None = request.app.state.provider
    context = {
        "back": back,
        "error": error,
        "user": user,
        "csrf": token,
        "insecure": request.url.scheme == "http" and not on_loopback(request),
        "provider": provider.settings.name if provider else None,
        "local": _has_local_accounts(request),
    }
    response = page(request, "sign_in.html", "Sign in", context, status if error else 200)
    # Before the sign-in there is no session to bind the form to; this cookie and the form's field must agree.
    secure = not on_loopback(request)
    response.set_cookie(FORM_COOKIE, token, path="/sign-in", httponly=True, secure=secure, samesite="strict")
    return response


def _has_local_accounts(request: Request) -> bool:
    provider: OpenIdProvider | None = request.app.state.provider
    return provider is None or provider.settings.local_accounts


@router.post("/sign-in")
async def sign_in(request: Request) -> Response:
    """Open a session, or show the form again without telling what was wrong."""
    must_come_from_here(request)
    if not _has_local_accounts(request):
        raise Problem(403, "No passwords here", "Please sign in with the account of your house.")
    fields = await read_fields(request)
    must_match(fields.get("csrf", ""), request.cookies.get(FORM_COOKIE, ""))
    back, user = local_path(fields.get("next")), fields.get("user", "")[:100]
    password = str((await request.form()).get("password", ""))  # untrimmed: its blanks belong to it
    office = office_of(request)
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        secret = await identity.sign_in(conn, user, password[:200], office.clock())
        if secret is not None:
            await identity.sign_out(conn, session_of(request) or "")
    if secret is None:
        return form(request, back, WRONG, user)
    response = go(back)
    set_session(response, request, secret)
    return response


@router.post("/sign-out")
async def sign_out(request: Request, _: SignedIn) -> Response:
    """End the session here, in the browser, and at the provider that opened it."""
    async with office_of(request).database.transaction(SYSTEM_SCOPE) as conn:
        id_token = await identity.sign_out(conn, session_of(request) or "")
    response = await _farewell(request, id_token)
    clear_session(response, request)
    return response


async def _farewell(request: Request, id_token: str | None) -> Response:
    provider: OpenIdProvider | None = request.app.state.provider
    there = await provider.sign_out_url(id_token) if provider and id_token else None
    if provider is None or there is None:
        return go("/sign-in", "signed_out")
    request.state.actor = None
    # A page and no redirect: browsers hold redirects after a form to `form-action`, wherever the provider sends them.
    return page(request, "signed_out.html", "Signed out", {"there": there, "provider": provider.settings.name})
