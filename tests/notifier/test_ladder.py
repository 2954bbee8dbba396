"""The ladder climbs: every step in its order, none twice, never a burst, and anew from a discharge."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.vocabulary import Phase
from services.notifier import ladder
from services.notifier.calendar import BusinessCalendar, Offset
from services.notifier.ladder import Rung, Step
from services.notifier.policy import Policy

NEW_YORK = ZoneInfo("America/New_York")
POLICY = Policy.load(None, NEW_YORK)
RUNGS = POLICY.ladder.rungs
CALENDAR = POLICY.calendar("any facility")
OPEN_ALWAYS = BusinessCalendar(NEW_YORK)
ISSUED = datetime(2026, 6, 9, 10, tzinfo=NEW_YORK)  # a Tuesday

moments = st.integers(0, 3_000_000).map(lambda minutes: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes))
phases: st.SearchStrategy[Phase] = st.sampled_from(["prospective", "concurrent", "retrospective", "post_bill"])


def hours_after_issue(steps: tuple[Step, ...]) -> dict[str, float]:
    return {step.step: (step.due_at - ISSUED) / timedelta(hours=1) for step in steps}


def test_the_shipped_concurrent_ladder_is_24_48_72_96_hours_and_seven_days() -> None:
    steps = ladder.plan(RUNGS["concurrent"], ISSUED, CALENDAR)
    assert hours_after_issue(steps) == {"T0": 0, "R1": 24, "L1": 48, "L2": 72, "L3": 96, "L4": 168}


def test_the_shipped_retrospective_ladder_counts_working_days_and_ends_at_the_limit() -> None:
    steps = ladder.plan(RUNGS["retrospective"], ISSUED, CALENDAR)
    dates = {step.step: step.due_at.astimezone(NEW_YORK).strftime("%m-%d") for step in steps}
    # Juneteenth (06-19, a Friday) and two weekends lie between.
    assert dates == {
        "T0": "06-09", "R1": "06-10", "L1": "06-11", "L2": "06-12", "L3": "06-16", "L4": "06-22", "limit": "06-24",
    }  # fmt: skip
    assert [step.step for step in steps if step.final] == ["limit"]


def test_the_notification_goes_out_at_night_and_the_reminder_waits_for_the_morning() -> None:
    night = datetime(2026, 6, 9, 23, 30, tzinfo=NEW_YORK)
    steps = ladder.plan(RUNGS["concurrent"], night, CALENDAR)
    assert steps[0].due_at == night
    assert steps[1].due_at == datetime(2026, 6, 11, 6, tzinfo=NEW_YORK)


def test_after_a_downtime_only_the_highest_overdue_step_fires() -> None:
    steps = ladder.plan(RUNGS["concurrent"], ISSUED, CALENDAR)
    decided = ladder.due(steps, ISSUED + timedelta(hours=80))
    assert decided.fire is not None
    assert decided.fire.step == "L2"
    assert [step.state for step in decided.steps] == ["skipped", "skipped", "skipped", "fired", "planned", "planned"]


def test_nothing_fires_before_its_time() -> None:
    steps = ladder.plan(RUNGS["concurrent"], ISSUED, CALENDAR)
    fired = ladder.due(steps, ISSUED).steps
    assert ladder.due(fired, ISSUED + timedelta(hours=23, minutes=59)).fire is None


def test_a_discharge_counts_anew_and_repeats_no_step() -> None:
    concurrent = ladder.due(ladder.plan(RUNGS["concurrent"], ISSUED, CALENDAR), ISSUED + timedelta(hours=50)).steps
    discharge = ISSUED + timedelta(hours=51)
    steps = ladder.rebase(concurrent, RUNGS["retrospective"], discharge, CALENDAR)
    assert [(step.step, step.state) for step in steps] == [
        ("T0", "skipped"), ("R1", "skipped"), ("L1", "fired"),
        ("L2", "planned"), ("L3", "planned"), ("L4", "planned"), ("limit", "planned"),
    ]  # fmt: skip
    assert all(step.due_at > discharge for step in steps if step.pending)


def test_a_deferral_holds_every_step_back_to_its_end() -> None:
    until = ISSUED + timedelta(days=3)
    steps = ladder.plan(RUNGS["concurrent"], ISSUED, OPEN_ALWAYS, not_before=until)
    assert all(step.due_at >= until for step in steps)


def test_a_phase_without_rungs_has_no_steps() -> None:
    assert ladder.plan((), ISSUED, CALENDAR) == ()


rungs_of_any_policy = st.lists(
    st.builds(
        Offset, st.integers(0, 9), st.floats(0, 40, allow_nan=False), st.integers(0, 9), st.floats(0, 99)
    ).flatmap(lambda after: st.tuples(st.just(after), st.booleans(), st.integers(0, 4))),
    min_size=1,
    max_size=8,
).map(
    lambda items: tuple(
        Rung(f"S{n}", "escalation" if level else "reminder", level, after, quiet)
        for n, (after, quiet, level) in enumerate(sorted(items, key=lambda item: item[2]))
    )
)


@given(rungs_of_any_policy, moments)
def test_steps_of_any_policy_are_due_in_the_order_of_the_ladder(rungs: tuple[Rung, ...], anchor: datetime) -> None:
    steps = ladder.plan(rungs, anchor, CALENDAR)
    assert [step.step for step in steps] == [rung.step for rung in rungs]
    assert all(anchor <= one.due_at <= other.due_at for one, other in zip(steps, steps[1:] or steps, strict=False))


@given(phases, moments, st.lists(st.timedeltas(timedelta(0), timedelta(days=6)), min_size=1, max_size=12))
def test_however_time_passes_each_wake_up_fires_at_most_one_step_each_once_and_upwards(
    phase: Phase, anchor: datetime, waits: list[timedelta]
) -> None:
    steps, now, fired = ladder.plan(RUNGS[phase], anchor, CALENDAR), anchor, []
    for wait in waits:
        now += wait
        decided = ladder.due(steps, now)
        steps = decided.steps
        assert not any(step.pending and step.due_at <= now for step in steps)
        fired += [decided.fire.step] if decided.fire else []
    order = [rung.step for rung in RUNGS[phase]]
    assert fired == sorted(set(fired), key=order.index)


@given(
    phases, phases, moments, st.timedeltas(timedelta(0), timedelta(days=20)), st.timedeltas(timedelta(0), timedelta(9))
)
def test_a_change_of_phase_never_repeats_and_never_fires_at_once_what_lies_ahead(
    first: Phase, then: Phase, anchor: datetime, woke: timedelta, later: timedelta
) -> None:
    before = ladder.due(ladder.plan(RUNGS[first], anchor, CALENDAR), anchor + woke).steps
    change = anchor + woke + later
    after = ladder.rebase(before, RUNGS[then], change, CALENDAR)
    happened = {step.step for step in before if not step.pending}
    assert happened.isdisjoint(step.step for step in after if step.pending)
    assert all(step.due_at >= change for step in after if step.pending)


@given(phases, moments)
def test_reminders_and_escalations_stay_out_of_the_quiet_hours(phase: Phase, anchor: datetime) -> None:
    steps = ladder.plan(RUNGS[phase], anchor, CALENDAR)
    assert not any(CALENDAR.is_quiet(step.due_at) for step in steps if step.step != "T0")


@pytest.mark.parametrize("steps", [(), (Step("T0", "notification", 0, ISSUED, state="fired"),)])
def test_nothing_lies_ahead_of_a_climbed_ladder(steps: tuple[Step, ...]) -> None:
    assert ladder.next_due(steps) is None


def test_quiet_hours_of_the_shipped_policy_are_those_of_the_night() -> None:
    assert (CALENDAR.quiet_from, CALENDAR.quiet_until) == (time(22), time(6))
