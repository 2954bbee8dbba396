"""What makes a signature: being signed in, or the password once more where the house's policy asks for it."""

from __future__ import annotations

from fastapi import Request

from services.tracker import identity
from services.tracker.api.access import office_of
from services.tracker.identity import Actor
from services.tracker.store import SYSTEM_SCOPE

WRONG = "Nothing was signed: the password is wrong, or the account is locked for a while after too many tries."
NONE_HERE = (
    "Nothing was signed: this house asks for a password at each signature, and your account has none here. Tell your "
    "administrator."
)


class NotSigned(Exception):
    """The signature was not confirmed, nothing was recorded; the text says why."""


async def confirm(request: Request, actor: Actor) -> str:
    """Return by what the actor signs the form that was sent. Raises `NotSigned` for a wrong password."""
    office = office_of(request)
    if office.policy.signing == "session":
        return "signed in"
    password = str((await request.form()).get("password", ""))[:200]  # untrimmed: its blanks belong to it
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        if not await identity.has_password(conn, actor.user_id):
            raise NotSigned(NONE_HERE)
        right = await identity.knows_password(conn, actor.user_id, password, office.clock())
    if not right:  # raised out here: the try that failed is counted
        raise NotSigned(WRONG)
    return "password"
