"""One step on several queries: chosen in the queue, confirmed on a page of its own, told query by query."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, cast, get_args
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from schemas.vocabulary import WithdrawReason
from services.foundation.database import Connection
from services.tracker import queue
from services.tracker.api import queries
from services.tracker.api.access import office_of
from services.tracker.api.problems import Problem
from services.tracker.identity import Action, Actor
from services.tracker.lifecycle import NotAllowed
from services.tracker.office import Office
from services.tracker.pages import people
from services.tracker.pages.rendering import page
from services.tracker.pages.session import Fields, may, needed
from services.tracker.pages.staff_query import withdrawal
from services.tracker.reading import Row

router = APIRouter(include_in_schema=False)
Worker = Annotated[Actor, Depends(may("withdraw"))]
MOST = 100
Act = Callable[[UUID, Office, Actor], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Step:
    """A step that can be taken on several queries: what it is called, what is said when it is done, who may."""

    name: str
    done: str
    action: Action
    prepare: Callable[[Mapping[str, str]], Act]


def _remind(_: Mapping[str, str]) -> Act:
    return queries.remind


def _redirect(fields: Mapping[str, str]) -> Act:
    provider = needed(fields, "provider_id", "The provider")
    body = queries.Redirect(provider_id=provider, reason=needed(fields, "reason", "A reason", most=1_000))
    return lambda query_id, office, actor: queries.redirect(query_id, body, office, actor)


def _withdraw(fields: Mapping[str, str]) -> Act:
    body = withdrawal(fields)
    return lambda query_id, office, actor: queries.withdraw(query_id, body, office, actor)


STEPS: dict[str, Step] = {
    "remind": Step("Remind", "a reminder goes out", "remind", _remind),
    "redirect": Step("Ask somebody else", "passed on", "redirect", _redirect),
    "withdraw": Step("Withdraw", "withdrawn with its gap", "withdraw", _withdraw),
}


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one query, in words."""

    row: Row
    done: bool
    words: str


@router.post("/work/confirm")
async def confirm(request: Request, actor: Worker, fields: Fields) -> Response:
    """Show what would be done to which queries; nothing has happened yet."""
    step = _step(fields, actor)
    async with office_of(request).database.transaction(actor.scope()) as conn:
        rows = await _chosen(conn, request)
        context: dict[str, Any] = {
            "names": await people.names_of(conn, {row["recipient_id"] for row in rows}),
            "providers": await people.active_providers(conn) if fields["step"] == "redirect" else [],
        }
    context |= {"rows": rows, "chosen": fields["step"], "step": step, "withdraw_reasons": get_args(WithdrawReason)}
    return page(request, "bulk.html", step.name, context)


@router.post("/work/do")
async def do(request: Request, actor: Worker, fields: Fields) -> Response:
    """Take the step on each query by itself: one that is refused stops none of the others."""
    step, office = _step(fields, actor), office_of(request)
    act = step.prepare(fields)
    async with office.database.transaction(actor.scope()) as conn:
        rows = await _chosen(conn, request)
        names = await people.names_of(conn, {row["recipient_id"] for row in rows})
    told = [await _tell(act, row, step, office, actor) for row in rows]
    return page(request, "bulk_done.html", step.name, {"told": told, "step": step, "names": names})


async def _tell(act: Act, row: Row, step: Step, office: Office, actor: Actor) -> Told:
    try:
        await act(row["query_id"], office, actor)
    except NotAllowed as refused:
        return Told(row, False, str(refused))
    except Problem as problem:
        return Told(row, False, problem.detail)
    return Told(row, True, step.done)


def _step(fields: Mapping[str, str], actor: Actor) -> Step:
    step = STEPS.get(fields.get("step", ""))
    if step is None:
        raise Problem(422, "Please check the form", "Choose what to do with the selected queries.")
    if not actor.may(step.action):
        raise Problem(403, "Not your role", "Your account's role does not take this step.")
    return step


async def _chosen(conn: Connection, request: Request) -> Sequence[Row]:
    """Return the open queries that the form names, in its order. Raises 422 for none or too many."""
    form = await request.form()
    named = [value for value in cast("list[str]", form.getlist("query")) if isinstance(value, str)]
    try:
        ids = list(dict.fromkeys(UUID(value) for value in named))
    except ValueError:
        ids = []
    if not ids or len(ids) > MOST:
        raise Problem(422, "Nothing was done", f"Select one to {MOST} queries first.")
    found = {row["query_id"]: row for row in await queue.named(conn, ids)}
    return [found[one] for one in ids if one in found]
