"""Times as people type and paste them. A time without a zone is the facility's; what could be two times is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from schemas.base import FIRST_YEAR, LAST_YEAR

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAME = r"(?P<name>[A-Za-z]{3,9})\.?"
_DATES = (
    r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})",
    r"(?P<m>\d{1,2})/(?P<d>\d{1,2})/(?P<y>\d{4}|\d{2})",
    r"(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?P<y>\d{4}|\d{2})",
    rf"(?P<d>\d{{1,2}})[ -]{_NAME}[ -](?P<y>\d{{4}}|\d{{2}})",
    rf"{_NAME} (?P<d>\d{{1,2}}),? (?P<y>\d{{4}})",
    r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})",
)
"""ISO; month first with slashes; day first with dots; names of months; digits alone, as HL7 has them."""
_CLOCK = r"(?:(?P<h>\d{1,2}):(?P<min>\d{2})(?::(?P<s>\d{2})(?:\.\d{1,9})?)?|(?P<h2>\d{2})(?P<min2>\d{2})(?P<s2>\d{2})?)"
_HALF = r"(?:\s*(?P<half>[AaPp])\.?[Mm]\.?)?"
_ZONE = r"(?:\s*(?:(?P<utc>Z|z|UTC|GMT)|(?P<sign>[+-])(?P<zh>\d{2}):?(?P<zm>\d{2})))?"
_BETWEEN = r"(?:[Tt]|,?\s+(?:at\s+)?)"


def _pattern(date: str) -> re.Pattern[str]:
    """A date may stand alone; digits alone need nothing between date and time."""
    between = f"{_BETWEEN}?" if date == _DATES[-1] else _BETWEEN
    return re.compile(f"{date}(?:{between}{_CLOCK}{_HALF}{_ZONE})?")


_MOMENTS = tuple(map(_pattern, _DATES))
LONGEST = 60

NO_TIME = "is no time; write it like 2026-11-20 06:05"
NO_CLOCK = "has no time of day; write it like 2026-11-20 06:05"
TWICE = "comes twice that night, when the clocks go back; add the offset, like -05:00"
NEVER = "is left out that night, when the clocks go forward"


def read_moment(text: str, zone: tzinfo) -> datetime:
    """Return a moment with its zone; `zone` is that of times which bring none.

    Raises:
        ValueError: in words that follow the text: it is no time, has no time of day, or could be two times.
    """
    cleaned = " ".join(text.split())[: LONGEST + 1]
    found = next(_found(cleaned), None) if len(cleaned) <= LONGEST else None
    if found is None:
        raise ValueError(NO_TIME)
    if found["h"] is None and found["h2"] is None:
        raise ValueError(NO_CLOCK)
    try:
        local = _local(found)
        stated = _offset(found)
    except (ValueError, OverflowError):
        raise ValueError(NO_TIME) from None
    if not FIRST_YEAR < local.year < LAST_YEAR:
        raise ValueError(f"lies outside the years {FIRST_YEAR + 1} to {LAST_YEAR - 1}")
    return local.replace(tzinfo=stated) if stated else _in_zone(local, zone)


def is_moment(text: str) -> bool:
    """Whether a text reads as a moment, whatever its zone."""
    try:
        read_moment(text, UTC)
    except ValueError:
        return False
    return True


def _found(text: str) -> Iterator[re.Match[str]]:
    return (found for pattern in _MOMENTS if (found := pattern.fullmatch(text)))


def _local(found: re.Match[str]) -> datetime:
    parts = found.groupdict()
    month = _month(parts["name"]) if parts.get("name") else int(parts["m"])
    year = int(parts["y"]) + (2000 if len(parts["y"]) == 2 else 0)
    hour = int(parts["h"] or parts["h2"])
    if parts["half"]:
        if not 1 <= hour <= 12:
            raise ValueError(NO_TIME)
        hour = hour % 12 + (12 if parts["half"] in "pP" else 0)
    return datetime(  # noqa: DTZ001 - the zone is decided afterwards
        year, month, int(parts["d"]), hour, int(parts["min"] or parts["min2"]), int(parts["s"] or parts["s2"] or 0)
    )


def _month(name: str) -> int:
    return _MONTHS.index(name[:3].casefold()) + 1


def _offset(found: re.Match[str]) -> tzinfo | None:
    if found["utc"]:
        return UTC
    if not found["sign"]:
        return None
    ahead = timedelta(hours=int(found["zh"]), minutes=int(found["zm"]))
    return timezone(-ahead if found["sign"] == "-" else ahead)


def _in_zone(local: datetime, zone: tzinfo) -> datetime:
    first = local.replace(tzinfo=zone)
    second = first.replace(fold=1)
    if first.utcoffset() == second.utcoffset():
        return first
    exists = first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == local
    raise ValueError(TWICE if exists else NEVER)
