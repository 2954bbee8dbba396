"""The query builder over HTTP, for the pages' preview alone: a request in, what would become of it out.

Everything asks for the service token. Nothing is stored, and nothing of a text is logged.
"""

from __future__ import annotations

import asyncio
import hmac
from typing import Annotated

from fastapi import Depends, FastAPI, Header, HTTPException

from schemas.preview import Catalogue, Preview
from schemas.requests import QueryRequested
from services.foundation.metrics import TimedHttp
from services.query_builder.app import Prepared
from services.query_builder.previewing import catalogue, preview


def create_app(prepared: Prepared, token: str) -> FastAPI:
    """Return the ASGI application. `token` is what callers send as `Authorization: Bearer ...`."""
    app = FastAPI(title="cdi-query query builder", docs_url=None, redoc_url=None, openapi_url=None)
    names = catalogue(prepared.library)

    def ours(authorization: Annotated[str, Header()] = "") -> None:
        if not hmac.compare_digest(authorization.encode(), f"Bearer {token}".encode()):
            raise HTTPException(401, "Sign in first", {"WWW-Authenticate": "Bearer"})

    @app.post("/internal/v1/previews", dependencies=[Depends(ours)])
    async def show(request: QueryRequested) -> Preview:
        """Return what would become of a request. Composing and checking take milliseconds: in a thread."""
        return await asyncio.to_thread(preview, request, prepared.library, prepared.knowledge)

    @app.get("/internal/v1/catalogue", dependencies=[Depends(ours)])
    async def names_in_use() -> Catalogue:
        """Return the names that help to fill in a gap."""
        return names

    app.add_middleware(TimedHttp)
    return app
