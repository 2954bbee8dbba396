"""Pages from templates: autoescaped, strict about missing names, never cached, neutral titles."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from services.tracker.api.access import office_of
from services.tracker.identity import IDLE, STAFF, Action, Actor
from services.tracker.pages import units, words
from services.tracker.pages.assets import static

FOLDER = Path(__file__).parent
# With `no-referrer`, browsers send `Origin: null` from our own forms, and the check of the origin would refuse them.
PAGE_HEADERS = {"Referrer-Policy": "same-origin", "Cache-Control": "no-store"}

MENU: tuple[tuple[str, tuple[tuple[str, str, Action], ...]], ...] = (
    ("My work", (("/inbox", "Inbox", "read_inbox"), ("/coverage", "Coverage", "read_inbox"))),
    (
        "Queries",
        (
            ("/work", "Work queue", "read_work"),
            ("/held", "Held drafts", "read_work"),
            ("/charts", "Charts", "read_work"),
            ("/review", "Answers to review", "outcome"),
            ("/questions", "Questions", "reply"),
            ("/gaps/new", "Raise a gap", "raise_gap"),
        ),
    ),
    ("Figures", (("/dashboard", "Dashboard", "read_metrics"),)),
    (
        "Compliance",
        (
            ("/templates", "Templates", "read_status"),
            ("/sources", "Sources", "read_status"),
            ("/audit", "Audit", "read_audit"),
            ("/retention", "Retention", "read_audit"),
            ("/policies", "Policies", "read_status"),
        ),
    ),
    (
        "Operation",
        (
            ("/status", "Status", "read_status"),
            ("/alarms", "Alarms", "read_status"),
            ("/dead-letters", "Dead letters", "read_status"),
            ("/providers", "Providers", "read_status"),
            ("/users", "Users", "administer"),
            ("/access", "Sessions and tokens", "administer"),
            ("/mails", "Mails", "administer"),
        ),
    ),
)
"""Groups of pages: path, name, and the action that opens it. A reader sees the pages that their roles open."""

HTMX_CONFIG = json.dumps(
    {
        "allowEval": False,
        "allowScriptTags": False,
        "includeIndicatorStyles": False,
        # Pages show patients: nothing of them is kept in the browser's storage.
        "historyCacheSize": 0,
        "refreshOnHistoryMiss": True,
        "selfRequestsOnly": True,
        # A refusal of ours comes as a fragment to read (failing.py); faults of the server are told by live.js.
        "responseHandling": [
            {"code": "204", "swap": False},
            {"code": "[234]..", "swap": True},
            {"code": "5..", "swap": False, "error": True},
        ],
    }
)


@dataclass(frozen=True, slots=True)
class MenuGroup:
    """Pages that stand together: their paths and names."""

    name: str
    links: list[tuple[str, str]]


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
    made.filters["tone"] = words.tone
    made.filters["say_step"] = words.say_step
    made.filters["when"] = when
    made.filters["as_recorded"] = as_recorded
    made.filters["unit"] = units.in_words
    made.globals |= {
        "limits": words.LIMITS,
        "zip": zip,
        "static": static,
        "htmx_config": HTMX_CONFIG,
        "idle_seconds": int(IDLE.total_seconds()),
    }
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
    request: Request,
    template: str,
    title: str,
    context: Mapping[str, Any] | None = None,
    status: int = 200,
    *,
    fragment: str | None = None,
) -> HTMLResponse:
    """Return a page, or only one block of it where a script asks to put it into the page that is there.

    Args:
        request: whose actor, path and notice the page shows.
        template: a file in `templates/`.
        title: stands in the browser's history: it never names a patient or a diagnosis.
        context: what the template shows.
        status: of the response.
        fragment: the block that a request of htmx gets alone; every other request gets the whole page.
    """
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
    made = _PAGES.get_template(template)
    values = {**shared, **(context or {})}
    body = _block(made, fragment, values) if fragment and wants_fragment(request) else made.render(values)
    return HTMLResponse(body, status_code=status, headers={**PAGE_HEADERS, "Vary": "HX-Request"})


def wants_fragment(request: Request) -> bool:
    """Whether htmx will put the answer into a page that is there already."""
    header = request.headers.get
    return header("hx-request") == "true" and not (header("hx-boosted") or header("hx-history-restore-request"))


def _block(template: Template, name: str, values: Mapping[str, Any]) -> str:
    """Render one block. Imports and macros of the template's top are there, since it runs up to its first output."""
    made = template.new_context(dict(values))
    next(iter(template.root_render_func(made)), None)
    return "".join(made.blocks[name][0](made))


def menu(request: Request, actor: Actor | None) -> list[MenuGroup]:
    """Return the pages that an actor may open, in their groups."""
    if actor is None:
        return []
    sink = getattr(request.app.state, "mail_sink", None) is not None
    groups = [
        MenuGroup(name, [(path, text) for path, text, action in links if _offers(actor, path, action, sink)])
        for name, links in MENU
    ]
    return [group for group in groups if group.links]


def _offers(actor: Actor, path: str, action: Action, sink: bool) -> bool:
    return actor.may(action) and (sink or path != "/mails")


def go(path: str, done: str | None = None) -> RedirectResponse:
    """Return a redirect after a POST; `done` names the sentence that the next page shows."""
    return RedirectResponse(f"{path}?done={done}" if done else path, status_code=303, headers=PAGE_HEADERS)
