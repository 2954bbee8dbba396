"""Times as documents write them. A time without a zone is local to the facility; odd input is None, never an error."""

from __future__ import annotations

from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta
from functools import lru_cache

_LONGEST = 64
_TO_THE_MINUTE = 16  # signs


def moment(text: str | None) -> datetime | None:
    """Return the ISO 8601 moment that `text` names, or None when it names none."""
    return _moment(text) if text and len(text) <= _LONGEST else None


def to_the_minute(text: str | None) -> str:
    """Return a time as it is written, without its seconds: two findings of one minute are of the same time."""
    return (text or "").strip()[:_TO_THE_MINUTE]


@lru_cache(maxsize=4096)
def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError:
        return None


def elapsed(earlier: datetime, later: datetime) -> timedelta | None:
    """Return the time from `earlier` to `later`, or None when it cannot be told.

    Two moments with zones are compared as instants. When only one carries a zone, the other is read in the
    same zone, because a time without one is local to the facility.
    """
    if earlier.tzinfo is None and later.tzinfo is None:
        return later - earlier
    if earlier.tzinfo and later.tzinfo and _certain(earlier) and _certain(later):
        return later - earlier
    try:
        return _aligned(later, earlier) - _aligned(earlier, later)
    except (OverflowError, ValueError):
        return None


def _certain(value: datetime) -> bool:
    """Tell whether a time is one in any zone."""
    return MINYEAR < value.year < MAXYEAR and value.utcoffset() is not None


def _aligned(value: datetime, other: datetime) -> datetime:
    zone = value.tzinfo or other.tzinfo or UTC
    zoned = value if value.tzinfo is not None else value.replace(tzinfo=zone)
    return zoned.astimezone(UTC) if zoned.utcoffset() is not None else zoned.replace(tzinfo=UTC)
