"""Who is who, and who may do what: users, bearer tokens, sessions, roles. Default deny; one table of permissions."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from pydantic import Field

from schemas.base import Contract
from schemas.vocabulary import UserRole
from services.foundation.database import Connection
from services.tracker.directory import covers_of

Action = Literal[
    "raise_gap",
    "check",
    "send_encounter",
    "answer",
    "open_query",
    "defer",
    "redirect",
    "remind",
    "watch",
    "capture",
    "cosign",
    "ask_author",
    "reply",
    "read_work",
    "read_inbox",
    "revise",
    "approve",
    "withdraw",
    "outcome",
    "document",
    "finalize",
    "finalize_unanswered",
    "administer",
    "govern_sources",
    "read_status",
    "read_metrics",
    "read_audit",
    "hold_by_law",
    "settle_alarm",
    "internal",
]

Confirmation = Literal["right", "wrong", "locked", "none"]

PERMISSIONS: dict[Action, frozenset[UserRole]] = {
    "raise_gap": frozenset({"coder", "cdi_specialist", "service"}),
    "check": frozenset({"coder", "cdi_specialist", "physician_advisor", "compliance", "service"}),
    "send_encounter": frozenset({"service", "admin"}),
    "answer": frozenset({"provider", "service"}),
    "open_query": frozenset({"provider"}),
    "defer": frozenset({"provider"}),
    "redirect": frozenset({"provider", "coder", "cdi_specialist"}),
    "remind": frozenset({"coder", "cdi_specialist"}),
    "watch": frozenset({"coder", "cdi_specialist", "physician_advisor"}),
    "capture": frozenset({"coder", "cdi_specialist"}),
    "cosign": frozenset({"provider"}),
    "ask_author": frozenset({"provider"}),
    "reply": frozenset({"coder", "cdi_specialist"}),
    "read_work": frozenset({"coder", "cdi_specialist", "physician_advisor", "compliance", "admin"}),
    "read_inbox": frozenset({"provider"}),
    "revise": frozenset({"coder", "cdi_specialist"}),
    "approve": frozenset({"cdi_specialist", "compliance", "physician_advisor"}),
    "withdraw": frozenset({"coder", "cdi_specialist"}),
    "outcome": frozenset({"coder", "cdi_specialist"}),
    "document": frozenset({"coder", "cdi_specialist", "service"}),
    "finalize": frozenset({"coder", "cdi_specialist"}),
    "finalize_unanswered": frozenset({"cdi_specialist", "compliance"}),
    "administer": frozenset({"admin"}),
    "govern_sources": frozenset({"compliance", "admin"}),
    "read_status": frozenset({"coder", "cdi_specialist", "physician_advisor", "compliance", "admin"}),
    "read_audit": frozenset({"compliance", "admin"}),
    "hold_by_law": frozenset({"compliance"}),
    "settle_alarm": frozenset({"cdi_specialist", "compliance", "admin"}),
    "read_metrics": frozenset({"coder", "cdi_specialist", "physician_advisor", "compliance", "admin"}),
    "internal": frozenset({"service"}),
}
STAFF: frozenset[UserRole] = PERMISSIONS["read_work"]

OWN_SERVICES = "internal-services"
"""The account of this installation's own services; its token comes from the environment."""
LOCK_AFTER = 5
LOCK_FOR = timedelta(minutes=15)
IDLE = timedelta(minutes=30)
SESSION = timedelta(hours=12)
KEY = 16
"""Signs of a digest that name a session or a token in lists."""
_HASHER = PasswordHasher()
# Verified when there is no such user, so that the time taken does not tell whether there is one.
_NOBODY = _HASHER.hash(secrets.token_hex(16))


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who is signed in. `covers` are the providers for whom this one answers now."""

    user_id: str
    name: str
    roles: frozenset[str]
    provider_id: str | None = None
    covers: frozenset[str] = frozenset()
    sensitive: bool = False
    csrf: str | None = None

    def may(self, action: Action) -> bool:
        """Whether one of the actor's roles allows the action."""
        return bool(self.roles & PERMISSIONS[action])

    @property
    def is_person(self) -> bool:
        """Whether a human being acts (not a service)."""
        return bool(self.roles - {"service"})

    def may_change(self, author_id: str | None) -> bool:
        """Whether the actor may revise, withdraw or redirect what this author raised."""
        return "cdi_specialist" in self.roles or author_id == self.user_id

    def scope(self) -> dict[str, str]:
        """Return what row-level security knows of the actor in a transaction."""
        return {
            "app.staff": "on" if self.roles & STAFF else "",
            "app.sensitive": "on" if self.sensitive else "",
            "app.provider": self.provider_id or "",
            "app.covers": ",".join(sorted(self.covers)),
        }


class UserRecord(Contract):
    """A user as administration writes it. Without a password, only tokens and single sign-on let the user in."""

    id: str = Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9._@-]+$")
    name: str = Field(min_length=1, max_length=200)
    email: str | None = Field(default=None, max_length=300)
    roles: tuple[UserRole, ...]
    provider_id: str | None = None
    password: str | None = Field(default=None, min_length=12, max_length=200)
    sensitive: bool = False
    active: bool = True


async def put_users(conn: Connection, users: Sequence[UserRecord]) -> None:
    """Insert or replace users; a password that is not given stays as it was."""
    # Hashing takes a quarter of a second each, on purpose: in a thread, so that nobody else waits.
    hashes = await asyncio.to_thread(lambda: [_HASHER.hash(u.password) if u.password else None for u in users])
    rows = [
        {**user.model_dump(exclude={"password", "roles"}), "roles": list(user.roles), "password_hash": hashed}
        for user, hashed in zip(users, hashes, strict=True)
    ]
    async with conn.cursor() as cursor:
        await cursor.executemany(
            "INSERT INTO users (id, name, email, roles, provider_id, sensitive, active, password_hash) VALUES"
            " (%(id)s, %(name)s, %(email)s, %(roles)s, %(provider_id)s, %(sensitive)s, %(active)s, %(password_hash)s)"
            " ON CONFLICT (id) DO UPDATE SET name = excluded.name, email = excluded.email, roles = excluded.roles,"
            " provider_id = excluded.provider_id, sensitive = excluded.sensitive, active = excluded.active,"
            " password_hash = coalesce(excluded.password_hash, users.password_hash)",
            rows,
        )
    # Whoever changes a password may do so because somebody else is signed in with the old one.
    changed = [user.id for user in users if user.password]
    await conn.execute("DELETE FROM sessions WHERE user_id = ANY (%s)", (changed,))


async def put_first_admin(conn: Connection, user_id: str, password: str) -> None:
    """Make the first administrator; once there is one, this changes nothing."""
    cursor = await conn.execute("SELECT 1 FROM users WHERE 'admin' = ANY (roles) LIMIT 1")
    if await cursor.fetchone() is None:
        admin = UserRecord(id=user_id, name="First administrator", roles=("admin",), password=password)
        await put_users(conn, [admin])


def session_key(secret: str) -> str:
    """Return what names a session in lists. It opens nothing."""
    return _digest(secret)[:KEY]


def _digest(secret: str) -> str:
    # Tokens carry 256 random bits: a fast hash is enough, and the table alone lets nobody in.
    return hashlib.sha256(secret.encode()).hexdigest()


class UnknownUser(Exception):
    """There is no such active user, or the user does not have the role."""


async def create_token(conn: Connection, user_id: str, role: UserRole, expires_at: datetime | None) -> str:
    """Return a new bearer token that acts as the user in one role. Raises `UnknownUser`. Shown once, never stored."""
    cursor = await conn.execute("SELECT roles FROM users WHERE id = %s AND active", (user_id,))
    row = await cursor.fetchone()
    if row is None or role not in row["roles"]:
        raise UnknownUser(f"there is no active user '{user_id}' with the role '{role}'")
    secret = "cdiq_" + secrets.token_urlsafe(32)
    await conn.execute(
        "INSERT INTO tokens (hash, user_id, role, expires_at) VALUES (%s, %s, %s, %s)",
        (_digest(secret), user_id, role, expires_at),
    )
    return secret


async def store_token(conn: Connection, secret: str, user_id: str, role: UserRole) -> None:
    """Make a token from the environment known (the service token that notifier and tracker share)."""
    await conn.execute(
        "INSERT INTO tokens (hash, user_id, role) VALUES (%s, %s, %s) ON CONFLICT (hash) DO NOTHING",
        (_digest(secret), user_id, role),
    )


async def actor_of_token(conn: Connection, secret: str, now: datetime) -> Actor | None:
    """Return who a bearer token stands for: the user, in the token's one role."""
    cursor = await conn.execute(
        "SELECT u.id, u.name, u.provider_id, u.sensitive, t.role FROM tokens t JOIN users u ON u.id = t.user_id"
        " WHERE t.hash = %s AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > %s) AND u.active"
        " AND t.role = ANY (u.roles)",
        (_digest(secret), now),
    )
    row = await cursor.fetchone()
    if row is None:
        return None
    return await _actor(conn, row, frozenset({row["role"]}), now, None)


async def _actor(
    conn: Connection, row: dict[str, object], roles: frozenset[str], now: datetime, csrf: str | None
) -> Actor:
    provider = str(row["provider_id"]) if row["provider_id"] else None
    return Actor(
        user_id=str(row["id"]),
        name=str(row["name"]),
        roles=roles,
        provider_id=provider if "provider" in roles else None,
        covers=await covers_of(conn, provider, now) if "provider" in roles else frozenset(),
        sensitive=bool(row["sensitive"]),
        csrf=csrf,
    )


async def sign_in(conn: Connection, user_id: str, password: str, now: datetime) -> str | None:
    """Return a new session's secret, or None for a wrong name or password, or a locked account."""
    return await open_session(conn, user_id, now) if await knows_password(conn, user_id, password, now) else None


async def confirm_signature(conn: Connection, user_id: str, password: str, now: datetime) -> Confirmation:
    """Return whether the password confirms a signature of somebody who is signed in.

    `none`: the account has no password here. `locked`: too many wrong tries. Whoever guesses at a signature until the
    account locks loses every session of it; a lock that others caused at the sign-in ends nobody's session.
    """
    before = await _lock_of(conn, user_id)
    if before is None:
        return "none"
    if before > now:
        return "locked"
    if await knows_password(conn, user_id, password, now):
        return "right"
    if (await _lock_of(conn, user_id) or now) > now:
        await conn.execute("DELETE FROM sessions WHERE user_id = %s", (user_id,))
        return "locked"
    return "wrong"


async def _lock_of(conn: Connection, user_id: str) -> datetime | None:
    """Return until when an account with a password is locked (long ago: it is not); None without a password."""
    cursor = await conn.execute(
        "SELECT coalesce(locked_until, 'epoch') AS until FROM users WHERE id = %s AND password_hash IS NOT NULL",
        (user_id,),
    )
    row = await cursor.fetchone()
    return row["until"] if row else None


async def knows_password(conn: Connection, user_id: str, password: str, now: datetime) -> bool:
    """Whether this is the user's password. Too many wrong ones lock the account for a while."""
    cursor = await conn.execute(
        "SELECT id, password_hash, failures, locked_until FROM users WHERE id = %s AND active FOR UPDATE", (user_id,)
    )
    row = await cursor.fetchone()
    stored = row["password_hash"] if row and row["password_hash"] else _NOBODY
    right = await asyncio.to_thread(_verify, stored, password)
    if row is None or (row["locked_until"] and row["locked_until"] > now):
        return False
    if not right or row["password_hash"] is None:
        failures = row["failures"] + 1
        locked = now + LOCK_FOR if failures >= LOCK_AFTER else None
        await conn.execute(
            "UPDATE users SET failures = %s, locked_until = %s WHERE id = %s",
            (0 if locked else failures, locked, user_id),
        )
        return False
    await conn.execute("UPDATE users SET failures = 0, locked_until = NULL WHERE id = %s", (user_id,))
    return True


def _verify(stored: str, password: str) -> bool:
    try:
        return _HASHER.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


async def open_session(
    conn: Connection,
    user_id: str,
    now: datetime,
    *,
    id_token: str | None = None,
    provider_session: str | None = None,
) -> str:
    """Return the secret of a new session. Always a new one: what a browser brought along is never taken over.

    `id_token` and `provider_session` are the OpenID provider's, to sign out there and to be signed out from there.
    """
    secret = secrets.token_urlsafe(32)
    await conn.execute(
        "INSERT INTO sessions (hash, user_id, csrf, created_at, seen_at, expires_at, id_token, provider_session)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
        (
            _digest(secret),
            user_id,
            secrets.token_urlsafe(24),
            now,
            now,
            now + SESSION,
            id_token,
            provider_session,
        ),
    )
    return secret


async def actor_of_session(conn: Connection, secret: str, now: datetime, *, seen: bool = True) -> Actor | None:
    """Return who a session belongs to, unless it ended or was idle too long. Being `seen` keeps it alive."""
    cursor = await conn.execute(
        "UPDATE sessions s SET seen_at = CASE WHEN %(seen)s THEN %(now)s ELSE s.seen_at END FROM users u"
        " WHERE s.hash = %(hash)s AND s.expires_at > %(now)s AND s.seen_at > %(idle)s"
        " AND u.id = s.user_id AND u.active RETURNING u.id, u.name, u.provider_id, u.sensitive, u.roles, s.csrf",
        {"seen": seen, "now": now, "hash": _digest(secret), "idle": now - IDLE},
    )
    row = await cursor.fetchone()
    return await _actor(conn, row, frozenset(row["roles"]), now, row["csrf"]) if row else None


async def session_left(conn: Connection, secret: str, now: datetime) -> int | None:
    """Return the seconds that a session lasts if nobody does anything, or None if it has ended. Keeps nothing alive."""
    cursor = await conn.execute(
        "SELECT least(s.expires_at, s.seen_at + %s) AS ends FROM sessions s JOIN users u ON u.id = s.user_id"
        " WHERE s.hash = %s AND u.active",
        (IDLE, _digest(secret)),
    )
    row = await cursor.fetchone()
    return int((row["ends"] - now).total_seconds()) if row and row["ends"] > now else None


async def sign_out(conn: Connection, secret: str) -> str | None:
    """End a session. Returns the ID token it began with, if it was opened by single sign-on."""
    cursor = await conn.execute("DELETE FROM sessions WHERE hash = %s RETURNING id_token", (_digest(secret),))
    row = await cursor.fetchone()
    return row["id_token"] if row else None


async def record_view(conn: Connection, actor: Actor, chart_id: str, what: str, query_id: object = None) -> None:
    """Record that somebody looked at a chart, in the log that exists for that alone."""
    await conn.execute(
        "INSERT INTO view_log (user_id, chart_id, query_id, what) VALUES (%s, %s, %s, %s)",
        (actor.user_id, chart_id, query_id, what),
    )
