"""Business time of one facility: working days, working hours and quiet hours, safe across clock changes. Pure.

Moments go in and come out with a zone; what comes out is in UTC. Days and opening hours are those of the facility's
zone. Which days are public holidays is passed in (any container of dates, for example one of the `holidays` library).

A wall-clock time that a clock change skips stands for the end of the gap, and one that happens twice for its first
occurrence, so that a later wall-clock time never means an earlier moment.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

MIDNIGHT = time(0)
ONE_DAY = timedelta(days=1)
LONGEST_CLOSURE_DAYS = 400
"""A calendar without one working day in so many days is a mistake of configuration, not a long weekend."""


class NoWorkingDay(Exception):
    """The calendar holds no working day within `LONGEST_CLOSURE_DAYS`."""


@dataclass(frozen=True, slots=True)
class Offset:
    """A distance in time as a policy writes it. Its parts are applied in the order in which they stand here."""

    business_days: int = 0
    working_hours: float = 0
    days: int = 0
    hours: float = 0


@dataclass(frozen=True, slots=True)
class BusinessCalendar:
    """The working time of a facility. `quiet_from` equal to `quiet_until` means that no hours are quiet."""

    zone: ZoneInfo
    holidays: Container[date] = frozenset()
    weekend: frozenset[int] = frozenset({5, 6})
    opens: time = time(8)
    closes: time = time(17)
    quiet_from: time = MIDNIGHT
    quiet_until: time = MIDNIGHT

    def __post_init__(self) -> None:
        if self.opens >= self.closes:
            raise ValueError("a working day opens before it closes")

    def is_working_day(self, day: date) -> bool:
        """Tell whether `day` is neither part of the weekend nor a public holiday."""
        return day.weekday() not in self.weekend and day not in self.holidays

    def add(self, start: datetime, offset: Offset) -> datetime:
        """Return the moment that lies `offset` after `start`, in UTC."""
        moment = self.add_business_days(start, offset.business_days)
        moment = self.add_working_hours(moment, offset.working_hours)
        moment = self.add_days(moment, offset.days)
        return moment + timedelta(hours=offset.hours)

    def add_days(self, start: datetime, days: int) -> datetime:
        """Return the same wall-clock time `days` calendar days later."""
        if not days:
            return start.astimezone(UTC)
        local = start.astimezone(self.zone)
        return max(start.astimezone(UTC), self.moment(local.date() + timedelta(days=days), _wall(local)))

    def add_business_days(self, start: datetime, days: int) -> datetime:
        """Return the same wall-clock time `days` working days later.

        A start outside the working days counts as the first moment of the next one: what is issued on a Saturday has
        its first working day on Monday and is due, one working day later, as Tuesday begins.
        """
        if not days:
            return start.astimezone(UTC)
        local = start.astimezone(self.zone)
        wall = _wall(local) if self.is_working_day(local.date()) else MIDNIGHT
        working = self._working_days(local.date())
        return self.moment(next(islice(working, days, None)), wall)

    def add_working_hours(self, start: datetime, hours: float) -> datetime:
        """Return the moment at which `hours` of opening time have passed since `start`."""
        left = timedelta(hours=hours)
        moment = start.astimezone(UTC)
        if not left:
            return moment
        for day in self._working_days(moment.astimezone(self.zone).date()):
            begin, end = max(moment, self.moment(day, self.opens)), self.moment(day, self.closes)
            if end - begin >= left:
                return begin + left
            left -= max(end - begin, timedelta(0))
        raise NoWorkingDay

    def is_quiet(self, moment: datetime) -> bool:
        """Tell whether `moment` falls into the quiet hours."""
        wall = _wall(moment.astimezone(self.zone))
        if self.quiet_from <= self.quiet_until:
            return self.quiet_from <= wall < self.quiet_until
        return wall >= self.quiet_from or wall < self.quiet_until

    def after_quiet(self, moment: datetime) -> datetime:
        """Return `moment`, or the end of the quiet hours into which it falls."""
        start = moment.astimezone(UTC)
        if not self.is_quiet(moment):
            return start
        local = moment.astimezone(self.zone)
        ends_tomorrow = self.quiet_from > self.quiet_until and _wall(local) >= self.quiet_from
        return max(start, self.moment(local.date() + ONE_DAY * ends_tomorrow, self.quiet_until))

    def moment(self, day: date, wall: time) -> datetime:
        """Return the moment, in UTC, at which the facility's clocks show `wall` on `day`."""
        late = datetime.combine(day, wall, tzinfo=self.zone).astimezone(UTC)
        if _wall(late.astimezone(self.zone)) == wall:
            return late
        early = datetime.combine(day, wall.replace(fold=1), tzinfo=self.zone).astimezone(UTC)
        return self._clock_change(early, late)

    def _clock_change(self, before: datetime, after: datetime) -> datetime:
        """Return the moment of the clock change between two moments, to the second."""
        offset = before.astimezone(self.zone).utcoffset()
        while after - before > timedelta(seconds=1):
            middle = before + (after - before) // 2
            if middle.astimezone(self.zone).utcoffset() == offset:
                before = middle
            else:
                after = middle
        return after.replace(microsecond=0)

    def _working_days(self, first: date) -> Iterator[date]:
        """Yield the working days from `first` on. Raises `NoWorkingDay` when there is none for too long."""
        closed = 0
        while closed < LONGEST_CLOSURE_DAYS:
            if self.is_working_day(first):
                closed = 0
                yield first
            closed += 1
            first += ONE_DAY
        raise NoWorkingDay


def _wall(local: datetime) -> time:
    return local.time().replace(fold=0)
