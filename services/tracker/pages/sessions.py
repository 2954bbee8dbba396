"""Where I am signed in; and for administrators, who is signed in and which tokens there are."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.tracker import identity, sessions
from services.tracker.api.access import office_of, session_of
from services.tracker.api.problems import not_found
from services.tracker.pages.rendering import go, page
from services.tracker.pages.session import Admin, Fields, SignedIn, needed
from services.tracker.store import SYSTEM_SCOPE

router = APIRouter(include_in_schema=False)


def _own_key(request: Request) -> str:
    return identity.session_key(session_of(request) or "")


@router.get("/account")
async def account(request: Request, actor: SignedIn) -> Response:
    """Show who I am here, and where I am signed in."""
    office = office_of(request)
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        rows = await sessions.sessions_of(conn, office.clock(), actor.user_id)
    return page(request, "account.html", "My account", {"rows": rows, "own": _own_key(request)})


@router.post("/account/end")
async def end_own(request: Request, actor: SignedIn, fields: Fields) -> Response:
    """End one of my sessions."""
    async with office_of(request).database.transaction(SYSTEM_SCOPE) as conn:
        await sessions.end_session(conn, needed(fields, "key", "The session"), actor.user_id)
    return go("/account", "session_ended")


@router.post("/account/end-others")
async def end_others(request: Request, actor: SignedIn, _: Fields) -> Response:
    """End all my sessions but this one."""
    async with office_of(request).database.transaction(SYSTEM_SCOPE) as conn:
        await sessions.end_other_sessions(conn, actor.user_id, _own_key(request))
    return go("/account", "session_ended")


@router.get("/access")
async def access(request: Request, _: Admin) -> Response:
    """Show who is signed in, and which tokens open the API."""
    office = office_of(request)
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        now = office.clock()
        context = {
            "rows": await sessions.sessions_of(conn, now),
            "tokens": await sessions.tokens_of(conn, now),
            "own": _own_key(request),
        }
    return page(request, "access.html", "Sessions and tokens", context)


@router.post("/access/end")
async def end_any(request: Request, _: Admin, fields: Fields) -> Response:
    """End somebody's session."""
    async with office_of(request).database.transaction(SYSTEM_SCOPE) as conn:
        if not await sessions.end_session(conn, needed(fields, "key", "The session")):
            raise not_found("session")
    return go("/access", "session_ended")


@router.post("/access/revoke")
async def revoke(request: Request, _: Admin, fields: Fields) -> Response:
    """Take a token back."""
    async with office_of(request).database.transaction(SYSTEM_SCOPE) as conn:
        if not await sessions.revoke_token(conn, needed(fields, "key", "The token")):
            raise not_found("token")
    return go("/access", "token_revoked")
