"""The files that pages bring: stylesheets, scripts, and what is vendored. Browsers keep each until it changes."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOLDER = Path(__file__).parent / "static"
FOR_EVER = "public, max-age=31536000, immutable"
ASK_FIRST = "no-cache"


@cache
def _version(name: str) -> str:
    return hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()[:12]


def static(name: str) -> str:
    """Return the address of a file in `static/`; it changes with the content. Raises `FileNotFoundError`."""
    return f"/static/{name}?v={_version(name)}"


class Assets(StaticFiles):
    """Serves `static/`. What is asked for by its version may be kept; for anything else the browser asks again."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return the file."""
        response = await super().get_response(path, scope)
        asked = scope["query_string"].decode("latin-1").removeprefix("v=")
        known = response.status_code in (200, 304) and asked == _version(path)
        response.headers["Cache-Control"] = FOR_EVER if known else ASK_FIRST
        return response
