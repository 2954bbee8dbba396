"""Pages from templates: autoescaped, strict about missing names, never cached, neutral titles."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.tracker.api.access import office_of
from services.tracker.identity import STAFF, Actor
from services.tracker.pages import words

FOLDER = Path(__file__).parent
# With `no-referrer`, browsers send `Origin: null` from our own forms, and the check of the origin would refuse them.
PAGE_HEADERS = {"Referrer-Policy": "same-origin", "Cache-Control": "no-store"}

MENU: tuple[tuple[str, str, str], ...] = (
    ("/inbox", "Inbox", "read_inbox"),
    ("/coverage", "Coverage", "read_inbox"),
    ("/work", "Work queue", "read_work"),
    ("/held", "Held drafts", "read_work"),
    ("/charts", "Charts", "read_work"),
    ("/gaps/new", "Raise a gap", "raise_gap"),
    ("/status", "Status", "read_status"),
    ("/dead-letters", "Dead letters", "read_status"),
    ("/providers", "Providers", "read_status"),
    ("/sources", "Sources", "read_status"),
    ("/users", "Users", "administer"),
    ("/mails", "Mails", "administer"),
)


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["say"] = words.say
    made.filters["say_reason"] = words.say_reason
    made.filters["when"] = when
    made.filters["as_recorded"] = as_recorded
    made.globals |= {"limits": words.LIMITS, "zip": zip}
    return made


def when(value: datetime | None, zone: str = "UTC") -> str:
    """Return a moment as people read it, in a zone that is named with it."""
    if value is None:
        return "–"
    local = value.astimezone(ZoneInfo(zone))
    return f"{local:%Y-%m-%d %H:%M} {local.tzname()}"


def as_recorded(value: str, zone: str) -> str:
    """Return a time that a text carries, as people read it; what is no full ISO time stays as it was written."""
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return value
    return when(moment, zone) if moment.tzinfo else value


_PAGES = _environment()


def page(
    request: Request, template: str, title: str, context: Mapping[str, Any] | None = None, status: int = 200
) -> HTMLResponse:
    """Return a page. `title` stands in the browser's history: it never names a patient or a diagnosis."""
    actor: Actor | None = getattr(request.state, "actor", None)
    notice = words.NOTICES.get(request.query_params.get("done", ""))
    shared = {
        "title": title,
        "actor": actor,
        "csrf": actor.csrf if actor else "",
        "is_staff": bool(actor and actor.roles & STAFF),
        "menu": menu(request, actor),
        "path": request.url.path,
        "zone": office_of(request).policy.zone,
        "notice": notice,
        "error": None,
    }
    body = _PAGES.get_template(template).render({**shared, **(context or {})})
    return HTMLResponse(body, status_code=status, headers=PAGE_HEADERS)


def menu(request: Request, actor: Actor | None) -> list[tuple[str, str]]:
    """Return the pages that an actor may open: path and name."""
    if actor is None:
        return []
    sink = getattr(request.app.state, "mail_sink", None) is not None
    return [
        (path, name)
        for path, name, action in MENU
        if actor.may(action) and (sink or path != "/mails")  # type: ignore[arg-type]
    ]


def go(path: str, done: str | None = None) -> RedirectResponse:
    """Return a redirect after a POST; `done` names the sentence that the next page shows."""
    return RedirectResponse(f"{path}?done={done}" if done else path, status_code=303, headers=PAGE_HEADERS)
