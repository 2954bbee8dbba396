"""The provider's inbox, bundled by patient: what waits, what came back, what is to be cosigned, what was answered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.tracker import inbox_reading
from services.tracker.api.access import office_of
from services.tracker.lifecycle import WAITING_QUERY
from services.tracker.pages import people
from services.tracker.pages.rendering import page
from services.tracker.pages.session import InboxReader
from services.tracker.reading import Row

router = APIRouter(include_in_schema=False)
MOST, MOST_PAST = 200, 20
FAR = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Inbox:
    """The lines of an inbox, each in one place only."""

    waiting: list[Row]
    sent_back: list[Row]
    to_cosign: list[Row]
    later: list[Row]


@router.get("/inbox")
async def inbox(request: Request, actor: InboxReader) -> Response:
    """Show what waits for the provider, and what was answered lately."""
    office = office_of(request)
    mine = [actor.provider_id or "", *sorted(actor.covers)]
    async with office.database.transaction(actor.scope()) as conn:
        rows = await inbox_reading.lines(conn, mine, inbox_reading.OPEN_HERE, limit=MOST)
        past = await inbox_reading.answered_lately(conn, mine, limit=MOST_PAST)
        names = await people.names_of(conn, [one for row in rows for one in (row["recipient_id"], row["answered_by"])])
    now = office.clock()
    sorted_ = sort(rows, actor.provider_id, now)
    context = {
        "inbox": sorted_,
        "patients": by_patient(sorted_.waiting),
        "count": len(sorted_.waiting),
        "more": len(rows) == MOST,
        "past": past,
        "names": names,
        "now": now,
        "zones": {row["facility"]: office.policy.zone_of(row["facility"]) for row in (*rows, *past)},
    }
    return page(request, "inbox.html", "Inbox", context, fragment="content")


def sort(rows: Iterable[Row], me: str | None, now: datetime) -> Inbox:
    """Return each open line in its place. Pure."""
    found = Inbox([], [], [], [])
    for row in rows:
        if row["state"] in WAITING_QUERY:
            deferred = row["deferred_until"] is not None and row["deferred_until"] > now
            (found.later if deferred else found.waiting).append(row)
        elif row["answered_by"] != me:
            if not _is_sent_back(row):
                found.to_cosign.append(row)
        elif _is_sent_back(row):
            found.sent_back.append(row)
    return found


def _is_sent_back(row: Row) -> bool:
    """Whether the last word is the cosigner's: whoever signed has to look again."""
    return bool(row["last_remark"] == "sent_back" and row["remark_at"] > row["answered_at"])


def by_patient(rows: Iterable[Row]) -> list[list[Row]]:
    """Bundle queries by patient, the one that is due first on top, in the bundle and of the bundles. Pure."""
    bundles: dict[tuple[str, ...], list[Row]] = {}
    for row in sorted(rows, key=lambda row: (row["due_at"] or FAR, row["issued_at"] or FAR, row["query_id"])):
        bundles.setdefault(inbox_reading.patient_of(row), []).append(row)
    return list(bundles.values())
