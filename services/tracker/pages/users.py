"""Accounts: who there is and with which roles; new ones, changes, locks, and signing somebody out everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.responses import Response

from schemas.events import describe
from schemas.vocabulary import UserRole
from services.tracker import accounts, identity
from services.tracker.api.access import office_of
from services.tracker.api.problems import Problem, not_found
from services.tracker.identity import UserRecord
from services.tracker.pages import people
from services.tracker.pages.rendering import go, page
from services.tracker.pages.session import Admin, Fields, needed
from services.tracker.store import SYSTEM_SCOPE

router = APIRouter(include_in_schema=False)
ROLES = get_args(UserRole)


@router.get("/users")
async def users(request: Request, _: Admin) -> Response:
    """List the accounts, without anything secret."""
    office = office_of(request)
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        rows = await accounts.listed(conn, office.clock())
    return page(request, "users.html", "Users", {"users": rows, "now": office.clock()})


@router.get("/users/new")
async def new(request: Request, _: Admin) -> Response:
    """Show the form for a new account."""
    return await _form(request, None)


@router.get("/users/edit/{user_id}")
async def edit(request: Request, user_id: str, _: Admin) -> Response:
    """Show an account to change it."""
    async with office_of(request).database.transaction(SYSTEM_SCOPE) as conn:
        row = await accounts.one(conn, user_id, office_of(request).clock())
    if row is None:
        raise not_found("user")
    return await _form(request, row)


async def _form(request: Request, row: Mapping[str, Any] | None) -> Response:
    office = office_of(request)
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        providers = await people.active_providers(conn)
    context = {"one": row, "roles": ROLES, "providers": providers, "now": office.clock()}
    return page(request, "user.html", "Account", context)


@router.post("/users/write")
async def write(request: Request, actor: Admin, fields: Fields) -> Response:
    """Write an account. Nobody takes the administrator's role or the account from themself."""
    form = await request.form()
    record = _record(fields, [str(role) for role in form.getlist("role")])
    if record.id == actor.user_id and ("admin" not in record.roles or not record.active):
        raise Problem(409, "Not possible now", "You would lock yourself out; let another administrator do it.")
    async with office_of(request).database.transaction(SYSTEM_SCOPE) as conn:
        there = await accounts.one(conn, record.id, office_of(request).clock())
        if fields.get("new") and there is not None:
            raise Problem(409, "Not possible now", "There is an account of this name already.")
        await identity.put_users(conn, [record])
        if not record.active:
            await accounts.sign_out_everywhere(conn, record.id)
    return go("/users", "user")


def _record(fields: Mapping[str, str], roles: list[str]) -> UserRecord:
    try:
        return UserRecord.model_validate(
            {
                "id": fields.get("id", ""),
                "name": fields.get("name", ""),
                "email": fields.get("email") or None,
                "roles": roles,
                "provider_id": fields.get("provider_id") or None,
                "password": fields.get("password") or None,
                "sensitive": "sensitive" in fields,
                "active": "active" in fields,
            }
        )
    except ValidationError as error:
        raise Problem(422, "Please check the form", describe(error)) from None


@router.post("/users/unlock")
async def unlock(request: Request, _: Admin, fields: Fields) -> Response:
    """Open an account that wrong passwords have locked."""
    async with office_of(request).database.transaction(SYSTEM_SCOPE) as conn:
        if not await accounts.unlock(conn, needed(fields, "id", "The account", most=100)):
            raise not_found("user")
    return go("/users", "unlocked")


@router.post("/users/sign-out")
async def sign_out(request: Request, _: Admin, fields: Fields) -> Response:
    """End every session of somebody, and take their tokens back."""
    async with office_of(request).database.transaction(SYSTEM_SCOPE) as conn:
        user_id = needed(fields, "id", "The account", most=100)
        if user_id == identity.OWN_SERVICES or await accounts.one(conn, user_id, office_of(request).clock()) is None:
            raise not_found("user")
        await accounts.sign_out_everywhere(conn, user_id)
    return go("/users", "signed_out_everywhere")
