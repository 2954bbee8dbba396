"""Errors as RFC 9457 problem+json. The texts say what to do, and never repeat what was sent."""

from __future__ import annotations

import psycopg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from services.foundation.database import is_transient
from services.tracker.lifecycle import NotAllowed

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):
    """An answer that is an error: HTTP status, a short title, and a detail that helps."""

    def __init__(self, status: int, title: str, detail: str, **extra: object) -> None:
        super().__init__(title)
        self.status, self.title, self.detail, self.extra = status, title, detail, extra


def not_found(what: str) -> Problem:
    """Return the one answer for what does not exist and for what the actor may not see."""
    return Problem(404, f"No such {what}", f"There is no {what} of that id, or it is not yours to see.")


def _answer(
    status: int, title: str, detail: str, headers: dict[str, str] | None = None, **extra: object
) -> JSONResponse:
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, **extra}
    return JSONResponse(body, status_code=status, media_type=MEDIA_TYPE, headers=headers)


async def _problem(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Problem)
    headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else None
    return _answer(error.status, error.title, error.detail, headers, **error.extra)


async def _not_allowed(_: Request, error: Exception) -> JSONResponse:
    return _answer(409, "Not possible now", str(error))


def too_large(limit: int) -> JSONResponse:
    """Return the answer for a body that is larger than `limit` bytes."""
    return _answer(413, "Too large", f"A body here is at most {limit} bytes.")


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    errors = [
        {
            "field": ".".join(str(step) for step in item["loc"] if step != "body") or "body",
            "error": item["type"],
            "message": item["msg"].split(", input")[0],
        }
        for item in error.errors()
    ]
    return _answer(422, "The request does not fit the contract", "Mend the fields named in `errors`.", errors=errors)


async def _http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    return _answer(
        error.status_code, str(error.detail), "See docs/openapi.json for what is offered.", dict(error.headers or {})
    )


async def _unstorable(_: Request, __: Exception) -> JSONResponse:
    return _answer(
        422,
        "Cannot be stored",
        "The request names something that is not there, contradicts itself, or holds a character that cannot be kept.",
    )


async def _unexpected(_: Request, error: Exception) -> JSONResponse:
    if is_transient(error):
        return _answer(
            503, "Not available just now", "Nothing was changed; try again in a moment.", {"Retry-After": "2"}
        )
    return _answer(
        500, "Internal error", "Nothing was changed. The error was logged; tell your administrator the time."
    )


def install(app: FastAPI) -> None:
    """Let every error of an application answer as problem+json."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(NotAllowed, _not_allowed)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    for unstorable in (psycopg.DataError, psycopg.IntegrityError):
        app.add_exception_handler(unstorable, _unstorable)
    app.add_exception_handler(Exception, _unexpected)
