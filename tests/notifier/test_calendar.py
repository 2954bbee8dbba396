"""The business calendar keeps a facility's time: working days, quiet hours, and every change of the clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.calendar import BusinessCalendar, NoWorkingDay, Offset

NEW_YORK = ZoneInfo("America/New_York")
ZONES = [NEW_YORK, *map(ZoneInfo, ("Europe/Berlin", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Kathmandu", "UTC"))]
US = holidays.country_holidays("US", subdiv="NY")
QUIET = {"quiet_from": time(22), "quiet_until": time(6)}

# Any minute of some years, and above all the hours around changes of the clocks in the zones below.
NEAR_A_CHANGE = [
    datetime(2026, *parts, tzinfo=UTC)
    for parts in [(3, 8, 7), (11, 1, 6), (3, 29, 1), (10, 25, 1), (4, 4, 15), (10, 3, 15), (4, 23, 22), (10, 29, 21)]
]
moments = st.builds(
    lambda base, minutes: base + timedelta(minutes=minutes), st.sampled_from(NEAR_A_CHANGE), st.integers(-180, 180)
) | st.integers(0, 8_000_000).map(lambda minutes: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes))
calendars = st.builds(
    BusinessCalendar,
    zone=st.sampled_from(ZONES),
    holidays=st.sampled_from([frozenset(), US]),
    quiet_from=st.times().map(lambda at: at.replace(microsecond=0)),
    quiet_until=st.times().map(lambda at: at.replace(microsecond=0)),
)


def new_york(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=NEW_YORK)  # type: ignore[arg-type,misc]


def test_two_working_days_after_a_friday_end_on_tuesday_at_the_same_wall_clock_time() -> None:
    calendar = BusinessCalendar(NEW_YORK, US)
    assert calendar.add_business_days(new_york(2026, 6, 12, 15, 30), 2) == new_york(2026, 6, 16, 15, 30)


def test_public_holidays_of_the_library_are_no_working_days() -> None:
    calendar = BusinessCalendar(NEW_YORK, US)
    # 2026-11-26 is Thanksgiving; without it one working day after Wednesday noon would be Thursday noon.
    assert calendar.add_business_days(new_york(2026, 11, 25, 12), 1) == new_york(2026, 11, 27, 12)


def test_a_start_at_the_weekend_counts_as_the_beginning_of_monday() -> None:
    calendar = BusinessCalendar(NEW_YORK)
    assert calendar.add_business_days(new_york(2026, 6, 13, 10), 1) == new_york(2026, 6, 16)


def test_a_working_day_across_the_spring_change_keeps_the_wall_clock_and_is_an_hour_short() -> None:
    calendar = BusinessCalendar(NEW_YORK)
    start = new_york(2026, 3, 6, 9)
    end = calendar.add_business_days(start, 1)
    assert end == new_york(2026, 3, 9, 9)
    assert end - start.astimezone(UTC) == timedelta(hours=71)


def test_hours_are_real_hours_across_both_changes() -> None:
    calendar = BusinessCalendar(NEW_YORK)
    for start in (new_york(2026, 3, 7, 12), new_york(2026, 10, 31, 12)):
        assert calendar.add(start, Offset(hours=24)) - start.astimezone(UTC) == timedelta(hours=24)


def test_a_wall_clock_time_that_is_skipped_stands_for_the_end_of_the_gap() -> None:
    calendar = BusinessCalendar(NEW_YORK)
    assert calendar.moment(date(2026, 3, 8), time(2, 30)) == new_york(2026, 3, 8, 3)


def test_a_midnight_that_does_not_exist_is_the_first_moment_of_that_day() -> None:
    cairo = BusinessCalendar(ZoneInfo("Africa/Cairo"))
    # Egypt's summer time starts at midnight on the last Friday of April.
    assert cairo.moment(date(2026, 4, 24), time(0)).astimezone(cairo.zone).time() == time(1)


def test_a_wall_clock_time_that_happens_twice_stands_for_the_first() -> None:
    calendar = BusinessCalendar(NEW_YORK)
    assert calendar.moment(date(2026, 11, 1), time(1, 30)) == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)


def test_working_hours_run_only_while_the_department_is_open() -> None:
    calendar = BusinessCalendar(NEW_YORK, US)
    assert calendar.add_working_hours(new_york(2026, 6, 12, 16), 2) == new_york(2026, 6, 15, 9)
    assert calendar.add_working_hours(new_york(2026, 6, 12, 20), 1) == new_york(2026, 6, 15, 9)
    assert calendar.add_working_hours(new_york(2026, 6, 12, 5), 9) == new_york(2026, 6, 12, 17)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (new_york(2026, 6, 12, 23, 10), new_york(2026, 6, 13, 6)),
        (new_york(2026, 6, 13, 2), new_york(2026, 6, 13, 6)),
        (new_york(2026, 6, 13, 6), new_york(2026, 6, 13, 6)),
        (new_york(2026, 6, 12, 21, 59), new_york(2026, 6, 12, 21, 59)),
    ],
)
def test_quiet_hours_across_midnight_end_in_the_morning(at: datetime, expected: datetime) -> None:
    assert BusinessCalendar(NEW_YORK, **QUIET).after_quiet(at) == expected


def test_equal_bounds_mean_no_quiet_hours() -> None:
    assert not BusinessCalendar(NEW_YORK).is_quiet(new_york(2026, 6, 12, 0))


def test_a_calendar_without_working_days_says_so_instead_of_searching_for_ever() -> None:
    calendar = BusinessCalendar(NEW_YORK, weekend=frozenset(range(7)))
    with pytest.raises(NoWorkingDay):
        calendar.add_business_days(new_york(2026, 6, 12), 1)


def test_a_day_that_closes_before_it_opens_is_refused() -> None:
    with pytest.raises(ValueError, match="opens before it closes"):
        BusinessCalendar(NEW_YORK, opens=time(17), closes=time(8))


@given(calendars, moments.map(datetime.date), st.times(), st.times())
def test_a_later_wall_clock_time_never_means_an_earlier_moment(
    calendar: BusinessCalendar, day: date, one: time, other: time
) -> None:
    early, late = sorted((one, other))
    assert calendar.moment(day, early) <= calendar.moment(day, late)


@given(calendars, moments, st.integers(0, 30))
def test_business_days_only_go_forward_and_end_on_a_working_day(
    calendar: BusinessCalendar, start: datetime, days: int
) -> None:
    end = calendar.add_business_days(start, days)
    following = calendar.add_business_days(start, days + 1)
    assert start <= end < following
    assert calendar.is_working_day(following.astimezone(calendar.zone).date())


@given(calendars, moments, st.timedeltas(timedelta(0), timedelta(days=20)), st.integers(1, 12))
def test_of_two_starts_the_later_is_never_due_earlier_except_in_the_hour_that_happens_twice(
    calendar: BusinessCalendar, start: datetime, after: timedelta, days: int
) -> None:
    first, second = calendar.add_business_days(start, days), calendar.add_business_days(start + after, days)
    assert first <= second + timedelta(hours=1)
    if not (start.astimezone(calendar.zone).fold or (start + after).astimezone(calendar.zone).fold):
        assert first <= second


@given(calendars, moments, st.floats(0, 80), st.floats(0, 80))
def test_working_hours_add_up(calendar: BusinessCalendar, start: datetime, one: float, other: float) -> None:
    together = calendar.add_working_hours(start, one + other)
    apart = calendar.add_working_hours(calendar.add_working_hours(start, one), other)
    # The end of one opening and the beginning of the next are the same working moment.
    gap = calendar.add_working_hours(min(together, apart), 0.001) - max(together, apart)
    assert gap >= timedelta(seconds=-1)


@given(calendars, moments)
def test_what_leaves_the_quiet_hours_is_not_quiet_and_not_earlier(calendar: BusinessCalendar, at: datetime) -> None:
    after = calendar.after_quiet(at)
    assert after >= at
    assert after == at or not calendar.is_quiet(after) or calendar.quiet_until == calendar.quiet_from


@given(calendars, moments, st.builds(Offset, st.integers(0, 9), st.floats(0, 40), st.integers(0, 9), st.floats(0, 99)))
def test_no_offset_leads_back_in_time(calendar: BusinessCalendar, start: datetime, offset: Offset) -> None:
    assert calendar.add(start, offset) >= start
