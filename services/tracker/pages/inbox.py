"""The provider's inbox, bundled by patient, and who covers for whom."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.tracker import reading
from services.tracker.api import admin
from services.tracker.api.access import office_of
from services.tracker.api.problems import Problem
from services.tracker.directory import Coverage
from services.tracker.identity import Actor
from services.tracker.lifecycle import WAITING_QUERY
from services.tracker.pages import people
from services.tracker.pages.answering import current_response
from services.tracker.pages.rendering import go, page
from services.tracker.pages.session import Fields, may, needed
from services.tracker.reading import Row

router = APIRouter(include_in_schema=False)
Provider = Annotated[Actor, Depends(may("read_inbox"))]
MOST = 200
FAR = datetime.max.replace(tzinfo=UTC)


@router.get("/inbox")
async def inbox(request: Request, actor: Provider) -> Response:
    """Show what waits for the provider: open, deferred, to cosign; and what was answered lately."""
    office = office_of(request)
    mine = [actor.provider_id or "", *sorted(actor.covers)]
    states = [*WAITING_QUERY, "awaiting_cosign"]
    async with office.database.transaction(actor.scope()) as conn:
        rows = await reading.queries(conn, states=states, recipient_ids=mine, limit=MOST)
        answered = ["answered", "awaiting_cosign", "awaiting_documentation", "under_review", "closed"]
        past = await reading.queries(conn, states=answered, recipient_ids=mine, limit=20)
        names = await people.provider_names(conn)
    now = office.clock()
    later = [row for row in rows if row["deferred_until"] and row["deferred_until"] > now]
    waiting = [row for row in rows if row["state"] in WAITING_QUERY and row not in later]
    context = {
        "patients": by_patient(waiting),
        "count": len(waiting),
        "more": len(rows) == MOST,
        "later": later,
        "to_cosign": [row for row in rows if row["state"] == "awaiting_cosign" and not _is_own(row, actor)],
        "past": [row for row in past if row["responses"]],
        "names": names,
        "now": now,
    }
    return page(request, "inbox.html", "Inbox", context)


def by_patient(rows: Iterable[Row]) -> list[list[Row]]:
    """Bundle queries by the patient's stay, the one that is due first on top."""
    bundles: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda row: (row["due_at"] or FAR, row["issued_at"] or FAR)):
        bundles.setdefault(row["chart_id"], []).append(row)
    return list(bundles.values())


def _is_own(row: Row, actor: Actor) -> bool:
    current = current_response(row)
    return current is not None and current["provider_id"] == actor.provider_id


@router.get("/coverage")
async def show_coverage(request: Request, actor: Provider) -> Response:
    """Show who covers for me, for whom I cover, and the form."""
    office = office_of(request)
    async with office.database.transaction(actor.scope()) as conn:
        cursor = await conn.execute(
            "SELECT * FROM coverage WHERE (provider_id = %(me)s OR covered_by = %(me)s) AND ends_at > %(now)s"
            " ORDER BY starts_at",
            {"me": actor.provider_id, "now": office.clock()},
        )
        context = {
            "rows": await cursor.fetchall(),
            "providers": await people.active_providers(conn),
            "names": await people.provider_names(conn),
        }
    return page(request, "coverage.html", "Coverage", context)


@router.post("/coverage/set")
async def set_coverage(request: Request, actor: Provider, fields: Fields) -> Response:
    """Set who answers for me, and until when."""
    office = office_of(request)
    zone = ZoneInfo(office.policy.zone)
    starts = _moment(needed(fields, "starts_at", "Start"), zone)
    ends = _moment(needed(fields, "ends_at", "End"), zone)
    covered_by = needed(fields, "covered_by", "The colleague")
    if ends <= starts or ends <= office.clock():
        raise Problem(422, "Please check the form", "The end must come after the start, and lie ahead.")
    async with office.database.transaction(actor.scope()) as conn:
        known = {row["id"] for row in await people.active_providers(conn)}
    if covered_by not in known - {actor.provider_id}:
        raise Problem(422, "Please check the form", "Choose a colleague from the list.")
    coverage = Coverage(provider_id=actor.provider_id or "", covered_by=covered_by, starts_at=starts, ends_at=ends)
    await admin.set_coverage(coverage, office, actor)
    return go("/coverage", "coverage")


def _moment(text: str, zone: ZoneInfo) -> datetime:
    """Read what a browser's date-and-time field sends: local time of the house."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone)
    except ValueError:
        raise Problem(422, "Please check the form", "A time looks like 2030-12-31T08:00.") from None
