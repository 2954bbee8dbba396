"""Times as documents write them. A time without a zone is local to the facility; odd input is None, never an error."""

from __future__ import annotations

import re
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from compliance.dates import MONTH, MONTH_STEMS
from schemas.check import QueryDocument

_LONGEST = 64
_TO_THE_MINUTE = 16  # signs
_CENTURY = 2000
_FULL_YEAR = 1000
# Months are written with a capital letter: "21 may be" is no date. After "was" and "is" a number is a value.
_MONTH = rf"({MONTH.title()})\b\.?"
_OF_MONTH = r"(0?[1-9]|[12]\d|3[01])"
_WITH_YEAR = r"(?:,?[ -]((?:19|20)\d{2})\b)?"
# Each form with the sign that stands in it, or none where the name of a month does, and the groups of month, day, year.
_DAY_FORMS = tuple(
    (sign, re.compile(form), order)
    for sign, form, order in (
        ("/", r"(?<![\d/.])(0?[1-9]|1[0-2])/(0?[1-9]|[12]\d|3[01])(?:/(\d{4}|\d{2}))?(?![\d/])", (1, 2, 3)),
        ("-", r"(?<=\bon )(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])(?:-(\d{4}))?(?![\d-])", (1, 2, 3)),
        ("", rf"(?<!was )(?<!is )(?<![\d.,/-]){_OF_MONTH}(?:st|nd|rd|th)?(?: of)?[ -]{_MONTH}{_WITH_YEAR}", (2, 1, 3)),
        ("", rf"\b{_MONTH}[ -]{_OF_MONTH}(?:st|nd|rd|th)?\b(?![.:]?\d){_WITH_YEAR}", (1, 2, 3)),
        (".", r"(?<![\d.,/-])(0?[1-9]|[12]\d|3[01])\.(0?[1-9]|1[0-2])\.((?:19|20)\d{2})(?!\d)", (2, 1, 3)),
        # At the end of a sentence "5.4." is a value.
        (
            ".",
            r"(?:(?<=\bon )|(?<=\bof )|(?<=\bfrom )|(?<=\bsince ))(0[1-9]|[12]\d|3[01])\.(0[1-9]|1[0-2])\.()(?!\d)",
            (2, 1, 3),
        ),
        ("/", r"(?:(?<=\bon )|(?<=\bof ))(1[3-9]|2\d|3[01])/(0?[1-9]|1[0-2])(?:/(\d{4}))?(?![\d/])", (2, 1, 3)),
    )
)
_DIGIT = re.compile(r"\d")
_NAME_OF_MONTH = re.compile("|".join(MONTH_STEMS).title())
# "The 5th percentile" and "the 2nd toe" are no days: a day ends its phrase.
_DAY_OF_MONTH = re.compile(
    r"\b(?:on|of|since|from|by|before|after) the (0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)\b"
    r"(?= *(?:[,.;:?)]|$)| (?:and|at|by|as|in|is|was|with|without|of the month)\b)"
)


class DayNamed(NamedTuple):
    """A day that a text names: how it is written, where, and which; without a year it is the nearest one."""

    text: str
    start: int
    end: int
    month: int
    day: int
    year: int | None


@lru_cache(maxsize=4096)
def days_named(text: str) -> tuple[DayNamed, ...]:
    """Return the days that a text names: 05/21, 21 May 2026, May 21st, 21.05.2026."""
    if not _DIGIT.search(text):
        return ()
    found: list[DayNamed] = []
    taken = bytearray(len(text))
    named = bool(_NAME_OF_MONTH.search(text))
    for sign, form, (month, day, year) in _DAY_FORMS:
        for hit in form.finditer(text) if (sign in text if sign else named) else ():
            if not any(taken[slice(*hit.span())]):
                taken[slice(*hit.span())] = b"\1" * len(hit.group())
                found.append(DayNamed(hit[0], *hit.span(), _month(hit[month]), int(hit[day]), _year(hit[year])))
    return tuple(sorted(found, key=lambda one: one.start))


@lru_cache(maxsize=1024)
def days_of_month(text: str) -> tuple[re.Match[str], ...]:
    """Return the days that a text names by their number alone: "on the 21st". The first group is that number."""
    return tuple(_DAY_OF_MONTH.finditer(text))


def _month(written: str) -> int:
    return int(written) if written.isdigit() else MONTH_STEMS.index(written[:3].lower()) + 1


def _year(written: str | None) -> int | None:
    if not written:
        return None
    year = int(written)
    return year if year >= _FULL_YEAR else _CENTURY + year


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
    if earlier.tzinfo == later.tzinfo:  # both have none, or the same
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


def order_of_times(query: QueryDocument) -> tuple[int, ...]:
    """Return for each indicator the position of the first one of the same time."""
    first: dict[str, int] = {}
    times = enumerate([to_the_minute(one.observed_at) for one in query.indicators])
    return tuple([first.setdefault(time, place) for place, time in times])
