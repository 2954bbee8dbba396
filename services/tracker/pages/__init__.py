"""The pages: server-rendered HTML that works on a phone and without scripts. Same decisions as the API, same rights."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from services.tracker.pages import (
    administration,
    answering,
    drafts,
    failing,
    inbox,
    raising,
    signing_in,
    staff_query,
    work,
)

ROUTERS = (signing_in, inbox, answering, staff_query, work, drafts, raising, administration)


def install(app: FastAPI) -> None:
    """Add the pages to an application whose API and error handlers are in place."""
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"), name="static")
    for module in ROUTERS:
        app.include_router(module.router)
    failing.install(app)
