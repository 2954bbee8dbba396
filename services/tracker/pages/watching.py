"""Notes on gaps that are not ripe, and a query's whole history: each step with its actor, each message, the chain."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.foundation.database import Connection
from services.tracker import audit, identity, reading, store
from services.tracker.api import queries
from services.tracker.api.access import office_of
from services.tracker.api.problems import Problem
from services.tracker.decisions import watching
from services.tracker.identity import Actor
from services.tracker.office import Office
from services.tracker.pages import people
from services.tracker.pages.rendering import go, page
from services.tracker.pages.session import Fields, Staff, may, needed
from services.tracker.reading import Row
from services.tracker.store import SYSTEM_SCOPE

router = APIRouter(include_in_schema=False)
Watcher = Annotated[Actor, Depends(may("watch"))]
MOST_WORDS = 1_000


@router.post("/queries/{query_id}/watch")
async def watch(request: Request, query_id: UUID, actor: Watcher, fields: Fields) -> Response:
    """Leave a note on the query's gap, for colleagues."""
    text = needed(fields, "note", "The note", most=MOST_WORDS)
    day = _day(fields.get("look_again_on", ""))
    office = office_of(request)
    row = await queries.read_one(office, actor, query_id)
    async with office.deciding([row["chart_id"]]) as (books, _):
        watching.watch(books.journal, row["chart_id"], row["gap_uid"], text, day, actor.user_id)
    return _back(row, "watched")


@router.post("/queries/{query_id}/unwatch")
async def unwatch(request: Request, query_id: UUID, actor: Watcher, _: Fields) -> Response:
    """Take the note off; the history keeps that it was there."""
    office = office_of(request)
    row = await queries.read_one(office, actor, query_id)
    async with office.deciding([row["chart_id"]]) as (books, _conn):
        watching.unwatch(books.journal, row["chart_id"], row["gap_uid"], actor.user_id)
    return _back(row, "unwatched")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Problem(422, "Please check the form", "A day looks like 2030-12-31.") from None


def _back(row: Row, done: str) -> Response:
    home = "held" if row["state"] == "held" else "queries"
    return go(f"/{home}/{row['query_id']}", done)


async def note_on(conn: Connection, row: Row) -> Row | None:
    """Return the note on a query's gap, for staff, or None."""
    found = await reading.gap(conn, row["gap_uid"])
    return found if found is not None and found["note"] is not None else None


@router.get("/queries/{query_id}/timeline")
async def timeline(request: Request, query_id: UUID, actor: Staff) -> Response:
    """Show every event of a query and its gap with its actor, what was sent, and whether the log is whole."""
    office = office_of(request)
    row = await queries.read_one(office, actor, query_id)
    async with office.database.transaction(actor.scope()) as conn:
        await identity.record_view(conn, actor, row["chart_id"], "timeline", query_id)
        history = await reading.whole_timeline(conn, row)
        names = await people.actor_names_of(conn, {one["actor"] for one in history})
        note = await note_on(conn, row)
    context = {
        "query": row,
        "history": history,
        "names": {**people.MACHINES, **names},
        "note": note,
        "zone": office.policy.zone_of(row["facility"]),
        "chain": await _chain(office, row["chart_id"]),
    }
    return page(request, "timeline.html", "History of a query", context)


async def _chain(office: Office, chart_id: str) -> tuple[bool, str]:
    """Return whether a chart's log verifies to its last link, and a sentence about it."""
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        try:
            length = await store.verify_chart(conn, office.vault, chart_id)
        except audit.BrokenChain as broken:
            return False, f"The log was altered or is not whole: {broken}. Tell compliance."
    return True, f"The chart's log is whole: {length} entries, each sealed to the one before it."
