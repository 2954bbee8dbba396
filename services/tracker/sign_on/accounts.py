"""Who an answer of the provider lets in: the user that is linked, the one that a claim names, or a new one.

Roles and provider id follow the claims where the settings say so. An account of a service is never linked.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from schemas.vocabulary import UserRole
from services.foundation.database import Connection
from services.tracker.sign_on.provider import Claims
from services.tracker.sign_on.settings import OidcSettings

Refusal = Literal["unknown", "inactive", "no_role", "unverified", "no_provider", "taken"]
_ID = re.compile(r"[A-Za-z0-9._@-]{1,100}")


@dataclass(frozen=True, slots=True)
class Admission:
    """The user who is let in, or why nobody is."""

    user_id: str | None = None
    refusal: Refusal | None = None


class _Refused(Exception):
    def __init__(self, reason: Refusal) -> None:
        super().__init__(reason)
        self.reason: Refusal = reason


async def admit(conn: Connection, settings: OidcSettings, claims: Claims) -> Admission:
    """Return who comes in. Links, creates and updates the user as the settings say.

    A refusal is an answer and no exception, so that what it takes away (roles) stays taken away.
    """
    try:
        user = await _linked(conn, claims) or await _named(conn, settings, claims)
        if user is not None and not user["active"]:
            raise _Refused("inactive")
        if user is None and settings.unknown_users == "refuse":
            raise _Refused("unknown")
        provider_id = await _provider_id(conn, settings, claims)
        if user is None:
            return Admission(await _create(conn, settings, claims, provider_id))
        return await _update(conn, settings, claims, user["id"], provider_id)
    except _Refused as refused:
        return Admission(refusal=refused.reason)


def claim(claims: Claims, path: str) -> Any:
    """Return a claim by its name; dots lead into claims of claims. A name that holds dots itself is found too."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for step in path.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


def roles_of(settings: OidcSettings, claims: Claims) -> list[UserRole]:
    """Return our roles of somebody, by the settings' map."""
    held = claim(claims, settings.role_claim)
    names = [held] if isinstance(held, str) else held if isinstance(held, list) else []
    return sorted({settings.roles[name] for name in names if isinstance(name, str) and name in settings.roles})


async def _linked(conn: Connection, claims: Claims) -> dict[str, Any] | None:
    cursor = await conn.execute(
        "SELECT id, active FROM users WHERE oidc_issuer = %s AND oidc_subject = %s", (claims["iss"], claims["sub"])
    )
    return await cursor.fetchone()


async def _named(conn: Connection, settings: OidcSettings, claims: Claims) -> dict[str, Any] | None:
    """Return the user whom the configured claim names and nobody else is linked to; links them."""
    value = claim(claims, settings.user_claim) if settings.user_claim else None
    if not isinstance(value, str) or not value:
        return None
    by_address = settings.user_claim == "email"
    if by_address and claims.get("email_verified") is not True:
        # Whoever may write any address into their own profile could become anybody here.
        raise _Refused("unverified")
    where = b"lower(email) = lower(%s)" if by_address else b"id = %s"
    cursor = await conn.execute(
        b"SELECT id, active, oidc_subject FROM users WHERE " + where + b" AND NOT 'service' = ANY (roles) FOR UPDATE",
        (value,),
    )
    found = await cursor.fetchall()
    if len(found) != 1:
        return None
    user = found[0]
    if user["oidc_subject"] is not None:
        raise _Refused("taken")
    if user["active"]:
        await conn.execute(
            "UPDATE users SET oidc_issuer = %s, oidc_subject = %s WHERE id = %s",
            (claims["iss"], claims["sub"], user["id"]),
        )
    return user


async def _provider_id(conn: Connection, settings: OidcSettings, claims: Claims) -> str | None:
    """Return the provider whom the configured claim names. One that the directory does not know is refused."""
    value = claim(claims, settings.provider_claim) if settings.provider_claim else None
    if value is None:
        return None
    cursor = await conn.execute("SELECT 1 FROM providers WHERE id = %s AND active", (str(value),))
    if await cursor.fetchone() is None:
        raise _Refused("no_provider")
    return str(value)


async def _update(
    conn: Connection, settings: OidcSettings, claims: Claims, user_id: str, provider_id: str | None
) -> Admission:
    if settings.provider_claim:
        await conn.execute("UPDATE users SET provider_id = %s WHERE id = %s", (provider_id, user_id))
    if not settings.roles:
        return Admission(user_id)
    roles = roles_of(settings, claims)
    await conn.execute("UPDATE users SET roles = %s WHERE id = %s", (roles, user_id))
    if not roles:
        await conn.execute("DELETE FROM sessions WHERE user_id = %s", (user_id,))
        return Admission(refusal="no_role")
    return Admission(user_id)


async def _create(conn: Connection, settings: OidcSettings, claims: Claims, provider_id: str | None) -> str:
    roles = roles_of(settings, claims)
    if not roles:
        raise _Refused("no_role")
    verified = claims.get("email_verified") is True
    cursor = await conn.execute(
        "INSERT INTO users (id, name, email, roles, provider_id, oidc_issuer, oidc_subject)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s) RETURNING id",
        (
            await _free_id(conn, claims),
            str(claims.get("name") or claims.get("preferred_username") or "Name not given")[:200],
            claims.get("email") if verified else None,
            roles,
            provider_id,
            claims["iss"],
            claims["sub"],
        ),
    )
    row = await cursor.fetchone()
    assert row is not None
    return str(row["id"])


async def _free_id(conn: Connection, claims: Claims) -> str:
    """Return the name that somebody has at the provider if it fits and is free, else one made of who they are."""
    wished = str(claims.get("preferred_username") or "")
    if _ID.fullmatch(wished):
        cursor = await conn.execute("SELECT 1 FROM users WHERE id = %s", (wished,))
        if await cursor.fetchone() is None:
            return wished
    digest = hashlib.sha256(f"{claims['iss']}\n{claims['sub']}".encode()).hexdigest()
    return f"oidc-{digest[:20]}"
