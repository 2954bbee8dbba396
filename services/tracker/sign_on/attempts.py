"""What is remembered between leaving for the provider and coming back: one row, for one browser, used once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.foundation.database import Connection
from services.tracker.sign_on.provider import Departure

LASTS = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Attempt:
    """A sign-in that was begun. `back`: the local path to go to afterwards."""

    departure: Departure
    back: str


async def remember(conn: Connection, attempt: Attempt, browser: str, now: datetime) -> None:
    """Keep an attempt for the browser that holds this secret."""
    departure = attempt.departure
    await conn.execute(
        "INSERT INTO sign_in_attempts (state, browser, nonce, verifier, back, expires_at)"
        " VALUES (%s, %s, %s, %s, %s, %s)",
        (_digest(departure.state), _digest(browser), departure.nonce, departure.verifier, attempt.back, now + LASTS),
    )


async def take(conn: Connection, state: str, browser: str, now: datetime) -> Attempt | None:
    """Return the attempt of a state and forget it, or None: it is over, unknown, or another browser's."""
    cursor = await conn.execute(
        "DELETE FROM sign_in_attempts WHERE state = %s AND browser = %s AND expires_at > %s"
        " RETURNING nonce, verifier, back",
        (_digest(state), _digest(browser), now),
    )
    row = await cursor.fetchone()
    if row is None:
        return None
    return Attempt(Departure("", state, row["nonce"], row["verifier"]), row["back"])


def _digest(secret: str) -> str:
    # State and browser secret are random and long: a fast hash is enough, and the table alone completes no sign-in.
    return hashlib.sha256(secret.encode()).hexdigest()
