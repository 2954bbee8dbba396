"""What governs the house: templates and their reviews, policies in force, alarms that somebody must look at."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.foundation.database import Connection
from services.tracker import metrics_store, store
from services.tracker.api.access import office_of
from services.tracker.api.problems import not_found
from services.tracker.identity import Actor
from services.tracker.metrics_store import Period
from services.tracker.pages import people
from services.tracker.pages.rendering import go, page
from services.tracker.pages.session import Fields, StatusReader, may, needed
from services.tracker.policy import Policy
from services.tracker.store import SYSTEM_SCOPE

router = APIRouter(include_in_schema=False)
Settler = Annotated[Actor, Depends(may("settle_alarm"))]
YEAR = timedelta(days=365)


@router.get("/templates")
async def templates(request: Request, actor: StatusReader) -> Response:
    """Show every template: who stands for it, when it is to be reviewed, how often it was used, what was refused."""
    office = office_of(request)
    today = office.clock().astimezone(ZoneInfo(office.policy.zone)).date()
    async with office.database.transaction(actor.scope()) as conn:
        used = await _usage(conn, today)
    cards = sorted(office.shelf.cards, key=lambda card: (card.review_by, card.template_id))
    context = {
        "cards": [(card, card.review(today), used.get(card.template_id, 0)) for card in cards],
        "overdue": sum(card.review(today) == "overdue" for card in cards),
        "soon": sum(card.review(today) == "due soon" for card in cards),
        "starters": sum(card.status == "starter" for card in cards),
        "refused": office.shelf.refused,
        "away": sorted((name, count) for name, count in used.items() if name not in {c.template_id for c in cards}),
    }
    return page(request, "templates.html", "Templates", context)


async def _usage(conn: Connection, today: date) -> Mapping[str, int]:
    """Return how many queries each template wrote that were sent within a year."""
    period = Period("month", (today - YEAR).replace(day=1), today)
    rows = await metrics_store.values(conn, "template", period)
    return {row.value: row.cell["issued"] for row in rows if row.value}


@router.get("/policies")
async def policies(request: Request, _: StatusReader) -> Response:
    """Show which rules of the house are in force, and which of them are not the defaults."""
    shown = [(name, *_values(office_of(request).policy, name)) for name in sorted(Policy.model_fields)]
    return page(request, "policies.html", "Policies", {"policies": shown})


def _values(policy: Policy, name: str) -> tuple[str, str, bool]:
    """Return a rule's value, its default, and whether the house has set it."""
    value, default = getattr(policy, name), getattr(Policy(), name)
    return _words(value), _words(default), value != default


def _words(value: Any) -> str:
    if isinstance(value, timedelta):
        return str(value)
    if isinstance(value, frozenset):
        return ", ".join(sorted(value)) or "none"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {one}" for key, one in sorted(value.items())) or "none"
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


@router.get("/alarms")
async def alarms(request: Request, actor: StatusReader) -> Response:
    """Show what somebody must look at, and what was looked at lately."""
    async with office_of(request).database.transaction(SYSTEM_SCOPE) as conn:
        settled = await store.settled_alarms(conn)
        context = {
            "alarms": await store.open_alarms(conn),
            "settled": settled,
            "names": await people.actor_names_of(conn, [one["settled_by"] for one in settled]),
            "may_settle": actor.may("settle_alarm"),
            "places": PLACES,
        }
    return page(request, "alarms.html", "Alarms", context)


PLACES: Mapping[str, str] = {
    "result_anomaly": "/queries/",
    "timeline_missing": "/queries/",
    "delivery_missing": "/queries/",
    "notification_failed": "/queries/",
}
"""Where the subject of an alarm can be looked at, by kind."""


@router.post("/alarms/settle")
async def settle(request: Request, actor: Settler, fields: Fields) -> Response:
    """Note that somebody looked, and what was found. The same cause raises the alarm again."""
    reason = needed(fields, "reason", "What was found")
    asked = fields.get("alarm", "")
    async with office_of(request).database.transaction(SYSTEM_SCOPE) as conn:
        if not asked.isdecimal() or not await store.settle_alarm(conn, int(asked[:18]), actor.user_id, reason):
            raise not_found("alarm")
    return go("/alarms", "settled")
