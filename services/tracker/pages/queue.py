"""The work queue of all open queries: filters, orders, saved views, search, and the list as CSV."""

from __future__ import annotations

from typing import Any, get_args
from urllib.parse import parse_qsl
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from schemas.vocabulary import Category, Priority, RecipientRole
from services.foundation.database import Connection
from services.tracker import queue, reading, views
from services.tracker.api.access import decode_cursor, encode_cursor, office_of
from services.tracker.api.problems import Problem, not_found
from services.tracker.identity import Actor
from services.tracker.lifecycle import ENDED_QUERY, OPEN_QUERY
from services.tracker.pages import people
from services.tracker.pages.csv_files import csv_text
from services.tracker.pages.rendering import PAGE_HEADERS, go, page
from services.tracker.pages.session import Fields, Staff, needed
from services.tracker.queue import AGES, COUNTED, SORTS, BadCursor, Filters
from services.tracker.reading import Row

router = APIRouter(include_in_schema=False)
MOST_ROWS = 5_000
"""So many rows the list as CSV holds at most; whoever needs more narrows the filters."""
PRESETS: tuple[tuple[str, Filters], ...] = (
    ("All open", Filters()),
    ("Overdue", Filters(overdue="1", sort="due")),
    ("Escalated", Filters(escalated="1", sort="escalated")),
    ("Held drafts", Filters(state="held")),
    ("To review", Filters(state="answered")),
    ("Raised by me", Filters(mine="1")),
    ("Watched", Filters(watched="any")),
    ("Look again now", Filters(watched="now")),
)
CSV_COLUMNS = (
    *("query_id", "state", "priority", "category", "facility", "service"),
    *("recipient_id", "recipient_role", "level", "expired", "since", "due_at"),
)


@router.get("/work")
async def work(request: Request, actor: Staff) -> Response:
    """Show one page of the open queries that fit."""
    filters = Filters.read(request.query_params)
    office = office_of(request)
    now = office.clock()
    statement = _page_of(filters, actor, request)
    async with office.database.transaction(actor.scope()) as conn:
        rows = await _rows(conn, statement)
        found = await queue.count(conn, queue.count_of(filters, actor.user_id, now))
        context: dict[str, Any] = {
            "choices": await queue.choices(conn),
            "saved": await views.seen_by(conn, actor.user_id),
            "names": await people.names_of(conn, {filters.provider, *(row["recipient_id"] for row in rows)}),
        }
    more = len(rows) == queue.PAGE
    context |= {
        "rows": rows,
        "filters": filters,
        "counted": f"more than {COUNTED:,}" if found > COUNTED else f"{found:,}",
        "presets": PRESETS,
        "states": OPEN_QUERY,
        "roles": get_args(RecipientRole),
        "categories": get_args(Category),
        "priorities": get_args(Priority),
        "ages": AGES,
        "sort_choices": [(name, words) for name, (words, _) in SORTS.items()],
        "here": f"/work?{filters.url(cursor=request.query_params.get('cursor', ''))}",
        "first": "cursor" not in request.query_params,
        "next": f"/work?{filters.url(cursor=queue.next_cursor(filters, rows[-1]))}" if more else None,
        "now": now,
        "may_act": actor.may("withdraw"),
    }
    return page(request, "queue.html", "Work queue", context, fragment="list")


def _page_of(filters: Filters, actor: Actor, request: Request) -> queue.Statement:
    try:
        return queue.page_of(
            filters, actor.user_id, office_of(request).clock(), request.query_params.get("cursor") or None
        )
    except BadCursor:
        raise _bad_cursor() from None


async def _rows(conn: Connection, statement: queue.Statement) -> list[Row]:
    try:
        return await queue.page(conn, statement)
    except BadCursor:
        raise _bad_cursor() from None


def _bad_cursor() -> Problem:
    return Problem(400, "Bad cursor", "This page of the list cannot be found any more. Start again at the first.")


@router.get("/work.csv")
async def as_csv(request: Request, actor: Staff) -> Response:
    """Return the list that fits, with ids and codes and without names, as a table for other programs."""
    filters = Filters.read(request.query_params)
    office = office_of(request)
    statement = queue.page_of(filters, actor.user_id, office.clock(), limit=MOST_ROWS)
    async with office.database.transaction(actor.scope()) as conn:
        rows = await queue.page(conn, statement)
    written = csv_text(CSV_COLUMNS, ([_cell(row[name]) for name in CSV_COLUMNS] for row in rows))
    headers = {**PAGE_HEADERS, "Content-Disposition": 'attachment; filename="work-queue.csv"'}
    return Response(written, media_type="text/csv; charset=utf-8", headers=headers)


def _cell(value: object) -> str:
    """Return a value as text; times as programs read them."""
    return "" if value is None else value.isoformat() if hasattr(value, "isoformat") else str(value)


@router.get("/ended")
async def ended(request: Request, actor: Staff) -> Response:
    """List queries that have ended in one way, newest first."""
    office = office_of(request)
    state = request.query_params.get("state", "")
    state = state if state in ENDED_QUERY else ENDED_QUERY[0]
    cursor = request.query_params.get("cursor")
    async with office.database.transaction(actor.scope()) as conn:
        rows = await reading.queries(conn, states=[state], before=decode_cursor(cursor) if cursor else None)
        names = await people.names_of(conn, {row["recipient_id"] for row in rows})
    more = len(rows) == queue.PAGE
    last = encode_cursor(rows[-1]["created_at"], rows[-1]["query_id"]) if more else ""
    context = {
        "rows": rows,
        "names": names,
        "state": state,
        "states": ENDED_QUERY,
        "next": f"/ended?state={state}&cursor={last}" if more else None,
    }
    return page(request, "ended.html", "Ended queries", context)


@router.post("/work/search")
async def search(request: Request, actor: Staff, fields: Fields) -> Response:
    """Find queries by their id, a stay's number or an MRN; what was typed stays out of every address."""
    wanted = needed(fields, "wanted", "A number", most=200)
    office = office_of(request)
    async with office.database.transaction(actor.scope()) as conn:
        rows = await _found(conn, wanted)
        names = await people.names_of(conn, {row["recipient_id"] for row in rows})
    if len(rows) == 1:
        return go(f"/queries/{rows[0]['query_id']}")
    return page(request, "found.html", "Found", {"rows": rows, "names": names, "wanted": wanted})


async def _found(conn: Connection, wanted: str) -> list[Row]:
    try:
        row = await reading.query(conn, UUID(wanted))
        return [row] if row else []
    except ValueError:
        chart_ids = await reading.charts_named(conn, wanted)
        return [row for one in chart_ids for row in await reading.queries(conn, chart_id=one)]


@router.post("/work/keep")
async def save_view(request: Request, actor: Staff, fields: Fields) -> Response:
    """Keep the filters under a name, for oneself or for the house."""
    name = needed(fields, "name", "The name", most=80)
    filters = Filters.read(dict(parse_qsl(fields.get("filters", ""))))
    async with office_of(request).database.transaction(actor.scope()) as conn:
        kept = await views.save(conn, actor.user_id, name, filters.url(), shared="shared" in fields)
    if not kept:
        raise Problem(409, "Too many views", f"You keep {views.MOST} views already. Take one away first.")
    return go(f"/work?{filters.url()}")


@router.post("/work/drop")
async def remove_view(request: Request, actor: Staff, fields: Fields) -> Response:
    """Take away a view of one's own."""
    try:
        view_id = UUID(fields.get("view_id", ""))
    except ValueError:
        raise not_found("view") from None
    async with office_of(request).database.transaction(actor.scope()) as conn:
        if not await views.remove(conn, actor.user_id, view_id):
            raise not_found("view")
    return go("/work")
