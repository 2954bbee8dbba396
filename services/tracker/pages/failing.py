"""Errors as pages people can read, while the API keeps answering problem+json. The path decides."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from urllib.parse import quote, urlsplit

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from services.foundation.database import is_transient
from services.tracker.api.problems import Problem
from services.tracker.lifecycle import NotAllowed
from services.tracker.pages.rendering import go, page, wants_fragment
from services.tracker.pages.session import SignInFirst, is_live, local_path, page_of

Handler = Callable[[Request, Exception], Response | Awaitable[Response]]
MACHINE_PATHS = ("/api/", "/internal/", "/health/")
NOT_HERE = "There is no such page, or it is not yours to see."


def _show(request: Request, status: int, heading: str, detail: str) -> Response:
    back = page_of(request) if request.method == "POST" else "/"
    context = {"heading": heading, "detail": detail, "back": back}
    response = page(request, "error.html", HTTPStatus(status).phrase, context, status, fragment="fault")
    if wants_fragment(request):
        # The form stays as it is, with what was typed; the words stand above the page.
        response.headers["HX-Retarget"] = "#faults"
        response.headers["HX-Reswap"] = "innerHTML show:top"
    return response


def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return _show(request, error.status, error.title, error.detail)


def _not_allowed(request: Request, error: Exception) -> Response:
    return _show(request, 409, "Not possible now", str(error))


def _invalid(request: Request, _: Exception) -> Response:
    return _show(request, 404, "Not found", NOT_HERE)


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return _show(request, 404, "Not found", NOT_HERE)
    return _show(request, error.status_code, HTTPStatus(error.status_code).phrase, "Nothing was changed.")


def _unexpected(request: Request, error: Exception) -> Response:
    if is_transient(error):
        return _show(request, 503, "Not available just now", "Nothing was changed; try again in a moment.")
    return _show(request, 500, "Something went wrong", "Nothing was changed. Tell your administrator the time.")


def _sign_in_first(request: Request, error: Exception) -> Response:
    assert isinstance(error, SignInFirst)
    if wants_fragment(request):
        # A script would put the sign-in page into a corner of this one; the whole window has to go there.
        here = urlsplit(request.headers.get("hx-current-url", ""))
        back = f"{here.path}?{here.query}" if here.query else here.path
        return Response(status_code=401, headers={"HX-Redirect": _sign_in(local_path(back), idle=is_live(request))})
    return go(_sign_in(error.back))


def _sign_in(back: str, *, idle: bool = False) -> str:
    """Return the address of the sign-in. `idle`: nobody did anything, so the page says why it has gone."""
    return f"/sign-in?{'done=idle&' if idle else ''}next={quote(back, safe='/')}"


PAGES: dict[type[Exception], Handler] = {
    Problem: _problem,
    NotAllowed: _not_allowed,
    RequestValidationError: _invalid,
    HTTPException: _http,
    Exception: _unexpected,
}


def _by_path(for_machines: Handler, for_people: Handler) -> Handler:
    async def handle(request: Request, error: Exception) -> Response:
        machine = request.url.path.startswith(MACHINE_PATHS)
        answer = (for_machines if machine else for_people)(request, error)
        return await answer if inspect.isawaitable(answer) else answer

    return handle


def install(app: FastAPI) -> None:
    """Let errors on pages answer with pages. The API's own handlers must be there already."""
    for kind, for_people in PAGES.items():
        for_machines = app.exception_handlers[kind]
        app.add_exception_handler(kind, _by_path(for_machines, for_people))
    app.add_exception_handler(SignInFirst, _sign_in_first)
