"""Times that people choose: quick choices for somebody on a shift, and what a browser's date-and-time field sends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.tracker.api.problems import Problem

SOON = timedelta(hours=2)
MORNING, START_OF_DAY, EVENING = time(7), time(8), time(18)
LEAST_AHEAD = timedelta(minutes=45)


@dataclass(frozen=True, slots=True)
class Choice:
    """A time that one tap chooses, in words that say when."""

    words: str
    at: datetime


def quick_choices(now: datetime, zone: str, longest: timedelta) -> list[Choice]:
    """Return the times offered at `now` in a facility's zone, soonest first, none further ahead than `longest`."""
    here = now.astimezone(ZoneInfo(zone))

    def at(days: int, clock: time) -> datetime:
        return datetime.combine(here.date() + timedelta(days=days), clock, tzinfo=here.tzinfo)

    offered = [
        Choice("In 2 hours", here + SOON),
        Choice("This morning", at(0, MORNING)),
        Choice("This evening", at(0, EVENING)),
        Choice("Tomorrow morning", at(1, START_OF_DAY)),
        Choice("The day after tomorrow", at(2, START_OF_DAY)),
    ]
    ahead = [one for one in offered if LEAST_AHEAD <= one.at - here <= longest]
    return sorted(ahead, key=lambda one: one.at)


def moment(text: str, zone: str) -> datetime:
    """Return the moment that a date-and-time field names in a zone. Raises 422 for anything else."""
    try:
        named = datetime.fromisoformat(text)
    except ValueError:
        raise Problem(422, "Please check the form", "A time looks like 2030-12-31T08:00.") from None
    return named if named.tzinfo else named.replace(tzinfo=ZoneInfo(zone))


def for_field(at: datetime, zone: str) -> str:
    """Return a moment as a date-and-time field takes it."""
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%dT%H:%M}"
