"""What makes a signature: being signed in, or the password once more where the house's policy asks for it."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import Request

from services.tracker import identity
from services.tracker.api.access import office_of
from services.tracker.identity import Actor, Confirmation
from services.tracker.store import SYSTEM_SCOPE

NOTHING: Mapping[Confirmation, str] = {
    "wrong": "Nothing was signed: the password is wrong.",
    "locked": "Nothing was signed: after too many wrong tries, the account is locked for a while.",
    "none": "Nothing was signed: this house asks for a password at each signature, and your account has none here. "
    "Tell your administrator.",
}


class NotSigned(Exception):
    """The signature was not confirmed, nothing was recorded; the text says why."""


async def confirm(request: Request, actor: Actor) -> str:
    """Return by what the actor signs the form that was sent. Raises `NotSigned` where that is not confirmed."""
    office = office_of(request)
    if office.policy.signing == "session":
        return "signed in"
    password = str((await request.form()).get("password", ""))[:200]  # untrimmed: its blanks belong to it
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        said = await identity.confirm_signature(conn, actor.user_id, password, office.clock())
    if said != "right":  # raised out here: the try that failed is counted
        raise NotSigned(NOTHING[said])
    return "password"
