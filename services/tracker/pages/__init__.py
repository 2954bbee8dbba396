"""The pages: server-rendered HTML that works on a phone and without scripts. Same decisions as the API, same rights."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.routing import APIRoute

from services.tracker.pages import (
    administration,
    answering,
    auditing,
    bulk,
    charts,
    conversing,
    cosigning,
    coverage,
    dashboard,
    drafts,
    failing,
    governing,
    importing,
    inbox,
    live,
    queue,
    raising,
    retention,
    reviewing,
    sessions,
    signing_in,
    single_sign_on,
    speaking,
    staff_query,
    stepping_aside,
    users,
    watching,
)
from services.tracker.pages.assets import FOLDER, Assets

ROUTERS = (
    signing_in,
    single_sign_on,
    sessions,
    live,
    inbox,
    answering,
    stepping_aside,
    cosigning,
    conversing,
    coverage,
    staff_query,
    queue,
    bulk,
    watching,
    speaking,
    charts,
    reviewing,
    drafts,
    raising,
    dashboard,
    auditing,
    retention,
    governing,
    importing,
    users,
    administration,
)


PAGES = frozenset(
    route.path
    for module in ROUTERS
    for route in module.router.routes
    if isinstance(route, APIRoute) and "GET" in (route.methods or ())
)
"""The paths that show something."""


def install(app: FastAPI) -> None:
    """Add the pages to an application whose API and error handlers are in place."""
    app.state.pages = PAGES
    app.mount("/static", Assets(directory=FOLDER), name="static")
    for module in ROUTERS:
        app.include_router(module.router)
    failing.install(app)
