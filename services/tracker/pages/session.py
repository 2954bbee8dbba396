"""Who looks at a page, and whether a form really comes from one of ours. Default deny: every page asks `may`."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Coroutine, Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Depends, Request
from fastapi.routing import APIRoute
from starlette.responses import Response

from services.tracker import identity
from services.tracker.api.access import COOKIE, LOOPBACK_COOKIE, office_of, on_loopback, session_of
from services.tracker.api.problems import Problem
from services.tracker.identity import Action, Actor
from services.tracker.store import SYSTEM_SCOPE

PREFETCH_HEADERS = ("sec-purpose", "purpose", "x-purpose", "x-moz")


class SignInFirst(Exception):
    """Nobody is signed in. `back`: the local path to return to afterwards."""

    def __init__(self, back: str) -> None:
        super().__init__("sign in first")
        self.back = back


async def signed_in(request: Request) -> Actor:
    """Return who is signed in, and let a POST through only from a form of this session. Raises `SignInFirst`."""
    actor = await _actor(request)
    if actor is None:
        raise SignInFirst(_here(request))
    request.state.actor = actor
    if request.method == "POST":
        must_come_from_here(request)
        form = await request.form()
        must_match(str(form.get("csrf", "")), actor.csrf or "")
    return actor


async def _actor(request: Request) -> Actor | None:
    secret = session_of(request)
    if not secret:
        return None
    office = office_of(request)
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        return await identity.actor_of_session(conn, secret, office.clock(), seen=not is_live(request))


def is_live(request: Request) -> bool:
    """Whether a page brings itself up to date, and nobody may be sitting before it (static/live.js)."""
    return request.headers.get("x-live") == "1"


def _here(request: Request) -> str:
    path = page_of(request)
    return f"{path}?{request.url.query}" if request.method == "GET" and request.url.query else path


def page_of(request: Request) -> str:
    """Return the path of the page that is asked for, or on which the form stands that was sent.

    A POST that lost its session, or failed, cannot be repeated; its page can be shown again. Forms go to their own
    page, or to one step below it.
    """
    path = request.url.path
    route = request.scope.get("route")
    if request.method != "POST" or (isinstance(route, APIRoute) and route.path in request.app.state.pages):
        return path
    return path.rsplit("/", 1)[0] or "/"


def must_come_from_here(request: Request) -> None:
    """Refuse a form that another site sent. Raises 403. Browsers send one of these headers, or both."""
    fetch_site = request.headers.get("sec-fetch-site", "same-origin")
    origin = request.headers.get("origin")
    foreign = origin is not None and urlsplit(origin).netloc != request.headers.get("host")
    if foreign or fetch_site not in ("same-origin", "none"):
        raise Problem(403, "Not from this site", "The form was sent by another site; nothing was changed.")


def must_match(sent: str, expected: str) -> None:
    """Refuse a form whose token is not the expected one. Raises 403."""
    if not expected or not hmac.compare_digest(sent.encode(), expected.encode()):
        raise Problem(403, "Form expired", "Nothing was changed. Reload the page and try again.")


SignedIn = Annotated[Actor, Depends(signed_in)]


def may(*actions: Action) -> Callable[..., Coroutine[Any, Any, Actor]]:
    """Return a dependency that lets only actors through whose roles allow one of the actions. Others get 403."""

    async def check(actor: SignedIn) -> Actor:
        if not any(actor.may(action) for action in actions):
            raise Problem(403, "Not your role", "Your account's role does not open this page.")
        return actor

    return check


Admin = Annotated[Actor, Depends(may("administer"))]
Answering = Annotated[Actor, Depends(may("answer"))]
Auditor = Annotated[Actor, Depends(may("read_audit"))]
InboxReader = Annotated[Actor, Depends(may("read_inbox"))]
Staff = Annotated[Actor, Depends(may("read_work"))]
StatusReader = Annotated[Actor, Depends(may("read_status"))]
"""Who looks at a page, by what the role of the account allows."""


async def fields_of(request: Request, _: SignedIn) -> Mapping[str, str]:
    """Return the form's text fields, trimmed. Files are not taken."""
    return await read_fields(request)


async def read_fields(request: Request) -> Mapping[str, str]:
    """Return a form's text fields, trimmed, without the one sign that PostgreSQL cannot keep."""
    form = await request.form()
    return {name: value.replace("\0", "").strip() for name, value in form.items() if isinstance(value, str)}


Fields = Annotated[Mapping[str, str], Depends(fields_of)]


def needed(fields: Mapping[str, str], name: str, label: str, most: int = 2_000) -> str:
    """Return a field that must be filled in. Raises 422 with a sentence that names it."""
    value = fields.get(name, "")
    if not value or len(value) > most:
        what = "is needed" if not value else f"is longer than {most} characters"
        raise Problem(422, "Please check the form", f"{label} {what}. Go back; what you typed is still there.")
    return value


def local_path(target: str | None) -> str:
    """Return a path on this site to go to, or the start page for anything that could lead elsewhere."""
    target = target or "/"
    plain = target.startswith("/") and not target.startswith(("//", "/\\"))
    return target if plain and target.isprintable() and "\\" not in target else "/"


def is_prefetch(request: Request) -> bool:
    """Whether the browser fetches ahead and nobody looks at the page yet."""
    return any(
        word in request.headers.get(name, "").casefold()
        for name in PREFETCH_HEADERS
        for word in ("prefetch", "prerender", "preview")
    )


def set_session(response: Response, request: Request, secret: str) -> None:
    """Give the browser its session; it ends with the browser, and on the server after idling."""
    loopback = on_loopback(request)
    name = LOOPBACK_COOKIE if loopback else COOKIE
    response.set_cookie(name, secret, path="/", httponly=True, secure=not loopback, samesite="lax")


def clear_session(response: Response, request: Request) -> None:
    """Take the session from the browser."""
    for name, secure in ((COOKIE, True), (LOOPBACK_COOKIE, False)):
        if name in request.cookies:
            response.delete_cookie(name, path="/", httponly=True, secure=secure, samesite="lax")
