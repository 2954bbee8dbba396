"""The tracker's HTTP application: health without sign-in, the JSON API, what services ask, and the pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import Depends, FastAPI
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from schemas.events import MAX_INPUT_BYTES
from services.foundation.metrics import TimedHttp
from services.tracker import pages, signals
from services.tracker.api import admin, charts, check, gaps, internal, problems, queries
from services.tracker.api.access import who
from services.tracker.builder import BuilderClient
from services.tracker.identity import Actor
from services.tracker.office import Office
from services.tracker.sign_on.provider import OpenIdProvider
from services.tracker.sign_on.settings import OidcSettings
from services.tracker.store import SYSTEM_SCOPE

Readiness = Callable[[], Awaitable[dict[str, bool]]]

MOST_EVENTS_BODY = gaps.MOST_EVENTS * (MAX_INPUT_BYTES + 1024)
MOST_BODY = 8 * 1024 * 1024
LIMITS = {
    "/api/v1/gaps": MOST_EVENTS_BODY,
    "/api/v1/encounters": MOST_EVENTS_BODY,
    "/api/v1/check": check.MOST_BODY,
}
"""The paths with a limit of their own, in bytes."""

HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"no-referrer",
    b"cache-control": b"no-store",
    b"content-security-policy": b"default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    b"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
}


class SafeHeaders:
    """Adds the headers that keep pages and answers from being framed, sniffed, cached or referred to."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                known = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    *((name, value) for name, value in HEADERS.items() if name not in known),
                ]
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)


class BodyLimit:
    """Refuses bodies that are too large before anything reads them, whoever sends them.

    Lists of events may be as large as their events together; nothing else comes near `MOST_BODY`.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and stop reading it at the limit."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = LIMITS.get(scope["path"], MOST_BODY)
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > limit:
            await problems.too_large(limit)(scope, receive, send)
            return
        read = 0

        async def bounded() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > limit:
                raise HTTPException(413, "Too large")
            return message

        await self._app(scope, bounded, send)


def create_app(
    office: Office,
    readiness: Readiness | None = None,
    *,
    builder: BuilderClient | None = None,
    sign_on: OidcSettings | None = None,
) -> FastAPI:
    """Return the application.

    `readiness` tells, part by part, whether requests can be served; `builder` composes the pages' previews, which are
    not there without it; `sign_on` lets people sign in at the house's OpenID provider.
    """
    app = FastAPI(
        title="cdi-query",
        version="1",
        summary="Compliant physician queries, from gap to final chart.",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.state.office = office
    app.state.builder = builder
    app.state.provider = OpenIdProvider(sign_on) if sign_on and sign_on.issuer else None

    async def look() -> signals.Newest:
        async with office.database.transaction(SYSTEM_SCOPE) as conn:
            return await signals.newest(conn)

    app.state.signals = signals.Broadcaster(look)
    problems.install(app)

    @app.get("/health/live", tags=["health"])
    async def live() -> dict[str, str]:
        """Whether the process answers."""
        return {"status": "live"}

    @app.get("/health/ready", tags=["health"])
    async def ready() -> Any:
        """Whether requests can be served, part by part (503 if not)."""
        parts = await readiness() if readiness else {}
        ok = all(parts.values())
        return JSONResponse({"status": "ready" if ok else "not ready", **parts}, status_code=200 if ok else 503)

    @app.get("/api/v1/openapi.json", include_in_schema=False)
    async def openapi(_: Annotated[Actor, Depends(who)]) -> dict[str, Any]:
        """What this API offers."""
        return app.openapi()

    for module in (gaps, queries, charts, check, admin, internal):
        app.include_router(module.router)
    pages.install(app)
    app.add_middleware(BodyLimit)
    app.add_middleware(SafeHeaders)
    app.add_middleware(TimedHttp)
    return app
