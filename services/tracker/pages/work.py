"""The work queue: queries that are open, filtered, page by page."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, get_args
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from schemas.vocabulary import QueryState, RecipientRole
from services.tracker import reading
from services.tracker.api.access import decode_cursor, encode_cursor, office_of
from services.tracker.identity import Actor
from services.tracker.lifecycle import OPEN_QUERY
from services.tracker.pages import people
from services.tracker.pages.rendering import page
from services.tracker.pages.session import may
from services.tracker.reading import Row

router = APIRouter(include_in_schema=False)
Staff = Annotated[Actor, Depends(may("read_work"))]
LIMIT = 50
AGES = {"1": "1 day", "3": "3 days", "7": "7 days", "14": "14 days"}


@router.get("/work")
async def work(request: Request, actor: Staff) -> Response:
    """List open queries (or those of one state), newest first."""
    asked = request.query_params
    state, role, age = (_one_of(asked.get("state"), get_args(QueryState)), asked.get("role"), asked.get("age", ""))
    role = _one_of(role, get_args(RecipientRole))
    office = office_of(request)
    cursor = asked.get("cursor")
    async with office.database.transaction(actor.scope()) as conn:
        rows = await reading.queries(
            conn,
            states=[state] if state else list(OPEN_QUERY),
            recipient_role=role,
            created_before=office.clock() - timedelta(days=int(age)) if age in AGES else None,
            before=decode_cursor(cursor) if cursor else None,
            limit=LIMIT,
        )
        names = await people.provider_names(conn)
    chosen = {"state": state or "", "role": role or "", "age": age if age in AGES else ""}
    context = {
        "rows": rows,
        "names": names,
        "states": get_args(QueryState),
        "roles": get_args(RecipientRole),
        "ages": AGES,
        "chosen": chosen,
        "next": _next("/work", chosen, rows, "created_at", "query_id"),
        "now": office.clock(),
    }
    return page(request, "work.html", "Work queue", context)


def _one_of(value: str | None, allowed: tuple[str, ...]) -> str | None:
    return value if value in allowed else None


def _next(path: str, chosen: dict[str, str], rows: list[Row], at: str, key: str) -> str | None:
    if len(rows) < LIMIT:
        return None
    return f"{path}?{urlencode({**chosen, 'cursor': encode_cursor(rows[-1][at], rows[-1][key])})}"
