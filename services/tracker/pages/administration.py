"""For those who keep the house: status, dead letters, mails, providers, sources, users."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Protocol
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import ValidationError
from starlette.responses import Response

from schemas.events import describe
from services.tracker.api import admin
from services.tracker.api.access import office_of
from services.tracker.api.problems import Problem, not_found
from services.tracker.directory import Source
from services.tracker.identity import Actor
from services.tracker.pages.rendering import go, page
from services.tracker.pages.session import Admin, Fields, StatusReader, may

router = APIRouter(include_in_schema=False)
Governor = Annotated[Actor, Depends(may("govern_sources"))]


class Mail(Protocol):
    """A mail as the page shows it."""

    @property
    def name(self) -> str:
        """Tells it from the others."""

    @property
    def received_at(self) -> datetime:
        """When it came."""

    @property
    def sender(self) -> str:
        """Who sent it."""

    @property
    def recipient(self) -> str:
        """Whom it is for."""

    @property
    def subject(self) -> str:
        """Its subject."""

    @property
    def body(self) -> str:
        """Its plain text."""


class Mails(Protocol):
    """Mails that were kept on this machine. Both methods read files: call them in a thread."""

    def mails(self, limit: int = 50) -> Sequence[Mail]:
        """Return the newest mails, newest first."""

    def read(self, name: str) -> Mail | None:
        """Return one mail."""


def _sink(request: Request) -> Mails:
    sink: Mails | None = getattr(request.app.state, "mail_sink", None)
    if sink is None:
        raise not_found("page")
    return sink


@router.get("/status")
async def status(request: Request, actor: StatusReader) -> Response:
    """Show how things stand, in numbers."""
    picture = await admin.show_status(office_of(request), actor)
    return page(request, "status.html", "Status", {"status": picture})


@router.get("/dead-letters")
async def dead_letters(request: Request, actor: StatusReader) -> Response:
    """List what could not be read."""
    letters = await admin.list_dead_letters(office_of(request), actor)
    return page(
        request, "dead_letters.html", "Dead letters", {"letters": letters, "may_replay": actor.may("administer")}
    )


@router.post("/dead-letters/replay")
async def replay(request: Request, actor: Admin, fields: Fields) -> Response:
    """Send a record again on the topic it came from."""
    try:
        letter_id = UUID(fields.get("letter_id", ""))
    except ValueError:
        raise not_found("dead letter") from None
    await admin.replay_dead_letter(letter_id, office_of(request), actor)
    return go("/dead-letters", "replayed")


@router.get("/mails")
async def mails(request: Request, _: Admin) -> Response:
    """List the mails that the built-in sink kept."""
    kept = await asyncio.to_thread(_sink(request).mails, 100)
    return page(request, "mails.html", "Mails", {"mails": kept})


@router.get("/mails/{name}")
async def mail(request: Request, name: str, _: Admin) -> Response:
    """Show one mail as plain text."""
    found = await asyncio.to_thread(_sink(request).read, name)
    if found is None:
        raise not_found("mail")
    return page(request, "mail.html", "Mail", {"mail": found})


@router.get("/providers")
async def providers(request: Request, actor: StatusReader) -> Response:
    """List the directory."""
    rows = await admin.list_providers(office_of(request), actor)
    return page(request, "providers.html", "Providers", {"providers": rows, "may_import": actor.may("administer")})


@router.get("/sources")
async def sources(request: Request, actor: StatusReader) -> Response:
    """List what is decided about sources."""
    rows = await admin.list_sources(office_of(request), actor)
    return page(request, "sources.html", "Sources", {"sources": rows, "may_set": actor.may("govern_sources")})


@router.post("/sources/set")
async def set_source(request: Request, actor: Governor, fields: Fields) -> Response:
    """Decide about a source."""
    await admin.set_source(_source(fields), office_of(request), actor)
    return go("/sources", "source")


def _source(fields: Mapping[str, str]) -> Source:
    try:
        authors = json.loads(fields.get("authors") or "{}")
        return Source.model_validate(
            {
                "source": fields.get("source", ""),
                "kind": fields.get("kind", ""),
                "automatic": "automatic" in fields,
                "may_answer": "may_answer" in fields,
                "authors": authors,
            }
        )
    except ValidationError as error:
        raise Problem(422, "Please check the form", describe(error)) from None
    except ValueError:
        raise Problem(422, "Please check the form", 'Authors are JSON, such as {"their-id": "user-here"}.') from None
