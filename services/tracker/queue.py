"""The work queue: which open queries a person looks for, in which order, page by page. All its SQL stands here.

It reads `work_queue`, one narrow row per open query: whatever is combined, no more than the open queries are looked
at, and never their texts.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from typing import Any, get_args
from urllib.parse import urlencode
from uuid import UUID

import psycopg

from schemas.vocabulary import Category, Priority, RecipientRole
from services.foundation.database import Connection
from services.tracker.lifecycle import OPEN_QUERY
from services.tracker.projection import PRIORITIES

Row = dict[str, Any]
PAGE = 50
COUNTED = 1_000
"""Counting stops here: "more than 1,000" tells as much, and costs the same whatever the size."""
AGES = {"1": "1 day", "3": "3 days", "7": "7 days", "14": "14 days"}

_NEVER = "'infinity'::timestamptz"
SORTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "oldest": ("oldest first", ("q.since",)),
    "newest": ("newest first", ("q.since",)),
    "due": ("due first", (f"coalesce(q.due_at, {_NEVER})",)),
    "priority": ("priority, then oldest", ("q.priority", "q.since")),
    "escalated": ("highest escalation first", ("q.level", "q.since")),
    "service": ("service", ("coalesce(q.service, '')", "q.since")),
    "facility": ("facility", ("q.facility", "q.since")),
    "provider": ("provider", ("coalesce(q.recipient_id, '')", "q.since")),
    "category": ("category", ("q.category", "q.since")),
    "state": ("state", ("q.state", "q.since")),
}
"""The orders: what people read, and the columns, the query's id always last. All go up but those in `DOWNWARD`."""
DOWNWARD = frozenset({"newest", "escalated"})
_TYPES = {"q.since": "timestamptz", "q.priority": "smallint", "q.level": "integer", SORTS["due"][1][0]: "timestamptz"}

# The page is cut out before the charts are joined, or every chart would be fetched to sort.
_WITH_CHARTS = """
SELECT q.*, c.encounter_number, c.patient_name, c.mrn FROM ({cut}) q JOIN charts c ON c.chart_id = q.chart_id {order}
"""


class BadCursor(Exception):
    """What was sent is no cursor of this order."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What a person looks for; empty text filters nothing. In a URL these are all there is: ids and codes, no names.

    `age`: waiting for longer than so many days. `watched`: `any` note, or one whose day has come (`now`).
    """

    state: str = ""
    service: str = ""
    facility: str = ""
    provider: str = ""
    role: str = ""
    category: str = ""
    priority: str = ""
    age: str = ""
    overdue: str = ""
    escalated: str = ""
    mine: str = ""
    watched: str = ""
    sort: str = "oldest"

    @classmethod
    def read(cls, given: Mapping[str, str]) -> Filters:
        """Return the filters of a URL or a saved view; what is not known filters nothing."""
        taken = {item.name: given.get(item.name, "")[:200] for item in fields(cls)}
        for name, allowed in _ALLOWED.items():
            if taken[name] not in allowed:
                taken[name] = ""
        return cls(**{**taken, "sort": taken["sort"] or "oldest"})

    def url(self, **more: str) -> str:
        """Return the filters as they stand in a URL, without those that filter nothing."""
        chosen = {item.name: getattr(self, item.name) for item in fields(self)}
        return urlencode({name: value for name, value in {**chosen, **more}.items() if value})

    def without(self, name: str) -> Filters:
        """Return the filters without one of them."""
        return replace(self, **{name: ""})

    @property
    def active(self) -> dict[str, str]:
        """The filters that filter something."""
        named = {item.name: getattr(self, item.name) for item in fields(self) if item.name != "sort"}
        return {name: value for name, value in named.items() if value}


_ALLOWED: dict[str, frozenset[str]] = {
    "state": frozenset(OPEN_QUERY),
    "role": frozenset(get_args(RecipientRole)),
    "category": frozenset(get_args(Category)),
    "priority": frozenset(get_args(Priority)),
    "age": frozenset(AGES),
    "overdue": frozenset({"1"}),
    "escalated": frozenset({"1"}),
    "mine": frozenset({"1"}),
    "watched": frozenset({"any", "now"}),
    "sort": frozenset(SORTS),
}


@dataclass(frozen=True, slots=True)
class Statement:
    """A text with its values, ready to run."""

    text: str
    values: Mapping[str, Any]


def _conditions(filters: Filters, me: str, now: datetime) -> tuple[list[str], dict[str, Any]]:
    every: tuple[tuple[str, str, Any], ...] = (
        (filters.state, "q.state = %(state)s", filters.state),
        (filters.service, "q.service = %(service)s", filters.service),
        (filters.facility, "q.facility = %(facility)s", filters.facility),
        (filters.provider, "q.recipient_id = %(provider)s", filters.provider),
        (filters.role, "q.recipient_role = %(role)s", filters.role),
        (filters.category, "q.category = %(category)s", filters.category),
        (filters.priority, "q.priority = %(priority)s", _place(filters.priority)),
        (filters.age, "q.since < %(age)s", now - timedelta(days=int(filters.age or 0))),
        (filters.overdue, "(q.expired OR q.due_at < %(overdue)s)", now),
        (filters.escalated, "(q.level > 0 OR q.expired)", None),
        (filters.mine, "q.author_id = %(mine)s", me),
        (filters.watched, "q.noted", None),
        (filters.watched if filters.watched == "now" else "", "q.look_again_on <= %(watched)s", now.date()),
    )
    named = [(condition, value) for asked, condition, value in every if asked]
    values = {condition.split("%(")[1].split(")")[0]: value for condition, value in named if "%(" in condition}
    return [condition for condition, _ in named], values


def _place(priority: str) -> int | None:
    return PRIORITIES.index(priority) + 1 if priority in PRIORITIES else None


def page_of(filters: Filters, me: str, now: datetime, cursor: str | None = None, limit: int = PAGE) -> Statement:
    """Return the statement of one page. Raises `BadCursor` for a cursor of another order."""
    where, values = _conditions(filters, me, now)
    columns = (*SORTS[filters.sort][1], "q.query_id")
    down = filters.sort in DOWNWARD
    if cursor:
        after = _decode(cursor, filters.sort, len(columns))
        places = [f"%(after{n})s::{_TYPES.get(name, 'text')}" for n, name in enumerate(columns[:-1])]
        where.append(f"({', '.join(columns)}) {'<' if down else '>'} ({', '.join([*places, '%(last)s::uuid'])})")
        values |= {f"after{n}": value for n, value in enumerate(after[:-1])} | {"last": after[-1]}
    order = ", ".join(f"{name} {'DESC' if down else 'ASC'}" for name in columns)
    values["limit"] = limit
    # Columns and conditions come from the tables above, never from outside; values are bound.
    fits = " AND ".join(["true", *where])
    cut = f"SELECT * FROM work_queue q WHERE {fits} ORDER BY {order} LIMIT %(limit)s"  # noqa: S608
    return Statement(_WITH_CHARTS.format(cut=cut, order=f"ORDER BY {order}"), values)


def count_of(filters: Filters, me: str, now: datetime) -> Statement:
    """Return the statement that counts, at most to one more than `COUNTED`."""
    where, values = _conditions(filters, me, now)
    found = f"SELECT 1 FROM work_queue q WHERE {' AND '.join(['true', *where])} LIMIT {COUNTED + 1}"  # noqa: S608
    return Statement(f"SELECT count(*) AS n FROM ({found}) found", values)  # noqa: S608


def next_cursor(filters: Filters, row: Row) -> str:
    """Return the cursor of the page that follows a row."""
    values = [_value(name, row) for name in (*SORTS[filters.sort][1], "q.query_id")]
    return base64.urlsafe_b64encode(json.dumps([filters.sort, *values]).encode()).decode()


def _value(column: str, row: Row) -> str | int:
    """Return a row's value of an order's column, as the cursor keeps it."""
    if column.startswith("coalesce("):
        name, empty = column.removeprefix("coalesce(q.").split(", ")
        return _plain(row[name]) if row[name] is not None else empty.rstrip(")").split("'")[1]
    return _plain(row[column.removeprefix("q.")])


def _plain(value: object) -> str | int:
    if isinstance(value, int):
        return value
    return value.isoformat() if isinstance(value, datetime | date) else str(value)


def _decode(cursor: str, sort: str, length: int) -> list[Any]:
    try:
        order, *values = json.loads(base64.urlsafe_b64decode(cursor.encode()))
    except (ValueError, TypeError, RecursionError):
        raise BadCursor from None
    if order != sort or len(values) != length or not all(isinstance(value, str | int) for value in values):
        raise BadCursor
    return list(values)


async def page(conn: Connection, statement: Statement) -> list[Row]:
    """Return the rows of a page. Raises `BadCursor` if the cursor's values are none of their columns'."""
    try:
        return await (await conn.execute(statement.text.encode(), statement.values)).fetchall()
    except psycopg.DataError:
        raise BadCursor from None


async def named(conn: Connection, query_ids: list[UUID]) -> list[Row]:
    """Return the rows of these queries, as far as they are open and the actor's to see."""
    cut = "SELECT * FROM work_queue WHERE query_id = ANY (%s)"
    cursor = await conn.execute(_WITH_CHARTS.format(cut=cut, order="").encode(), (query_ids,))
    return await cursor.fetchall()


async def count(conn: Connection, statement: Statement) -> int:
    """Return how many queries fit, at most `COUNTED` + 1."""
    row = await (await conn.execute(statement.text.encode(), statement.values)).fetchone()
    return row["n"] if row else 0


# One step of the index per value, instead of a look at every row for a dozen names.
_DISTINCT = """
WITH RECURSIVE walk AS (
    (SELECT {column} AS name FROM work_queue WHERE {column} IS NOT NULL ORDER BY {column} LIMIT 1)
    UNION ALL
    SELECT (SELECT {column} FROM work_queue WHERE {column} > walk.name ORDER BY {column} LIMIT 1)
    FROM walk WHERE walk.name IS NOT NULL
)
SELECT name FROM walk WHERE name IS NOT NULL LIMIT 200
"""
SERVICES = _DISTINCT.format(column="service")
FACILITIES = _DISTINCT.format(column="facility")


async def choices(conn: Connection) -> dict[str, list[str]]:
    """Return the services and facilities that have open queries."""
    found = {}
    for name, statement in (("service", SERVICES), ("facility", FACILITIES)):
        rows = await (await conn.execute(statement.encode())).fetchall()
        found[name] = [row["name"] for row in rows]
    return found
