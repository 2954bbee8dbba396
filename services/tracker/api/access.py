"""Who asks: bearer token or session, checked on every route; idempotency keys on POST; cursors."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from psycopg.types.json import Jsonb

from services.foundation.settings import LOOPBACK
from services.tracker import identity
from services.tracker.api.problems import Problem
from services.tracker.identity import Action, Actor
from services.tracker.office import Office
from services.tracker.store import SYSTEM_SCOPE

CLAIM_SECONDS = 60
"""How long a key stays claimed by a request that never ended (a crash)."""
COOKIE = "__Host-session"
LOOPBACK_COOKIE = "session"
"""Plain http on loopback has no `Secure` cookies in every browser, and `__Host-` demands them."""


def office_of(request: Request) -> Office:
    """Return the tracker's office of this application."""
    office: Office = request.app.state.office
    return office


OfficeOf = Annotated[Office, Depends(office_of)]


def on_loopback(request: Request) -> bool:
    """Whether the browser speaks plain http to this very machine."""
    return request.url.scheme == "http" and request.url.hostname in LOOPBACK


def session_of(request: Request) -> str | None:
    """Return the secret of the browser's session. The cookie without `__Host-` counts on loopback only."""
    plain = request.cookies.get(LOOPBACK_COOKIE) if on_loopback(request) else None
    return request.cookies.get(COOKIE) or plain


async def who(request: Request) -> Actor:
    """Return who asks. Raises 401 without a valid token or session; a session also needs its CSRF token to change."""
    known = getattr(request.state, "actor", None)
    if isinstance(known, Actor):
        return known
    office = office_of(request)
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    cookie = session_of(request)
    actor = None
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        if scheme.lower() == "bearer" and secret:
            actor = await identity.actor_of_token(conn, secret.strip(), office.clock())
        elif cookie:
            actor = await identity.actor_of_session(conn, cookie, office.clock())
    if actor is None:
        raise Problem(401, "Sign in first", "Send `Authorization: Bearer TOKEN`; `cdi-query tokens create` makes one.")
    if actor.csrf and request.method not in ("GET", "HEAD"):
        _check_csrf(request, actor)
    request.state.actor = actor
    return actor


def _check_csrf(request: Request, actor: Actor) -> None:
    if request.headers.get("x-csrf-token") != actor.csrf:
        raise Problem(403, "Form expired", "Reload the page and try again.")


def allowed(action: Action) -> Callable[..., Coroutine[Any, Any, Actor]]:
    """Return a dependency that lets only actors through whose role allows `action`."""

    async def check(actor: Annotated[Actor, Depends(who)]) -> Actor:
        if not actor.may(action):
            raise Problem(
                403, "Not your role", f"This needs one of: {', '.join(sorted(identity.PERMISSIONS[action]))}."
            )
        return actor

    return check


class IdempotentRoute(APIRoute):
    """A route whose POST, repeated with the same `Idempotency-Key`, answers as the first time and does nothing more."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the handler."""
        handle = super().get_route_handler()

        async def once(request: Request) -> Response:
            key = request.headers.get("idempotency-key")
            if request.method != "POST" or not key:
                return await handle(request)
            return await _once(request, key[:200], handle)

        return once


async def _once(request: Request, key: str, handle: Callable[[Request], Coroutine[Any, Any, Response]]) -> Response:
    actor = await who(request)
    office = office_of(request)
    digest = hashlib.sha256(request.url.path.encode() + b"\n" + await request.body()).hexdigest()
    known = await _claim(office, actor, key, digest)
    if known is not None:
        return known
    try:
        response = await handle(request)
    except BaseException:
        await _settle(office, actor, key, None)
        raise
    await _settle(office, actor, key, response if response.status_code < 300 else None)
    return response


async def _claim(office: Office, actor: Actor, key: str, digest: str) -> Response | None:
    """Claim a key for this request, or return the answer that it got before. A claim left by a crash ends by itself."""
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        cursor = await conn.execute(
            "INSERT INTO idempotency (user_id, key, digest, status, body) VALUES (%s, %s, %s, 0, 'null')"
            " ON CONFLICT (user_id, key) DO UPDATE SET digest = excluded.digest, at = now()"
            " WHERE idempotency.status = 0 AND idempotency.at < now() - make_interval(secs => %s) RETURNING 1",
            (actor.user_id, key, digest, CLAIM_SECONDS),
        )
        if await cursor.fetchone():
            return None
        cursor = await conn.execute(
            "SELECT digest, status, body FROM idempotency WHERE user_id = %s AND key = %s", (actor.user_id, key)
        )
        known = await cursor.fetchone()
    if known is None or known["status"] == 0:
        raise Problem(409, "Under way", "A request with this Idempotency-Key is being handled; try again in a moment.")
    if known["digest"] != digest:
        raise Problem(422, "Key used before", "This Idempotency-Key was sent with another request; use a new one.")
    return JSONResponse(known["body"], status_code=known["status"])


async def _settle(office: Office, actor: Actor, key: str, response: Response | None) -> None:
    """Keep the answer for repetitions; without one, free the key."""
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        if response is None:
            await conn.execute(
                "DELETE FROM idempotency WHERE user_id = %s AND key = %s AND status = 0", (actor.user_id, key)
            )
            return
        body = Jsonb(json.loads(bytes(response.body)))
        await conn.execute(
            "UPDATE idempotency SET status = %s, body = %s WHERE user_id = %s AND key = %s",
            (response.status_code, body, actor.user_id, key),
        )


def encode_cursor(at: datetime, identity_: object) -> str:
    """Return an opaque cursor that continues after this row."""
    return base64.urlsafe_b64encode(json.dumps([at.isoformat(), str(identity_)]).encode()).decode()


def decode_cursor(cursor: str) -> tuple[datetime, str]:
    """Return what `encode_cursor` was given. Raises 400 for anything else."""
    try:
        at, identity_ = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None:
            raise ValueError("a moment has a zone")
        return moment, str(identity_)
    except (ValueError, TypeError, RecursionError):
        raise Problem(400, "Bad cursor", "Send the `next` of the page before, unchanged.") from None
