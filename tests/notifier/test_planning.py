"""A status event plans, plans again or cancels; late, repeated and foreign events change nothing they should not."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.status import QueryChanged
from services.notifier import ladder, planning
from services.notifier.planning import Decision, Timeline
from services.notifier.policy import Policy

NEW_YORK = ZoneInfo("America/New_York")
POLICY = Policy.load(None, NEW_YORK)
CALENDAR = POLICY.calendar("harbor-general")
ISSUED = datetime(2026, 6, 9, 10, tzinfo=NEW_YORK)
HOUR = timedelta(hours=1)


def event(sequence: int = 1, transition: str = "issued", **changes: Any) -> QueryChanged:
    at = changes.pop("at", ISSUED)
    values: dict[str, Any] = {
        "chart_id": "chart-1", "gap_uid": UUID(int=1), "query_id": UUID(int=2), "transition": transition,
        "state_from": None, "state": "issued", "sequence": sequence, "at": at, "phase": "concurrent",
        "facility": "harbor-general", "recipient_id": "dr-ferro", "issued_at": ISSUED,
    }  # fmt: skip
    return QueryChanged(**{**values, **changes})


def decide(stored: Timeline | None, change: QueryChanged) -> Decision:
    return planning.decide(stored, change, POLICY.ladder, CALENDAR)


def planned(*changes: QueryChanged) -> Timeline:
    timeline: Timeline | None = None
    for change in changes or (event(),):
        timeline = decide(timeline, change).timeline or timeline
    assert timeline is not None
    return timeline


def fire(timeline: Timeline, at: datetime) -> Timeline:
    from dataclasses import replace

    return replace(timeline, steps=ladder.due(timeline.steps, at).steps)


def ahead(timeline: Timeline) -> dict[str, float]:
    return {step.step: (step.due_at - ISSUED) / HOUR for step in timeline.steps if step.pending}


def test_an_issued_query_gets_the_ladder_of_its_phase_from_the_time_of_issue() -> None:
    decision = decide(None, event(at=ISSUED + timedelta(minutes=5)))
    assert decision.action == "planned"
    assert decision.timeline is not None
    assert ahead(decision.timeline) == {"T0": 0, "R1": 24, "L1": 48, "L2": 72, "L3": 96, "L4": 168}


@pytest.mark.parametrize("sequence", [1, 2, 3])
def test_an_event_that_is_not_newer_changes_nothing(sequence: int) -> None:
    stored = planned(event(3))
    assert decide(stored, event(sequence, "answered", state="answered")) == Decision("ignored", None)


@pytest.mark.parametrize(
    "state",
    ["held", "answered", "awaiting_cosign", "awaiting_documentation", "under_review", "closed", "withdrawn",
     "superseded", "auto_resolved"],
)  # fmt: skip
def test_a_query_that_is_not_open_any_more_has_nothing_ahead(state: str) -> None:
    decision = decide(fire(planned(), ISSUED), event(2, state, state=state))
    assert decision.action == "cancelled"
    assert decision.timeline is not None
    assert ahead(decision.timeline) == {}
    assert [step.state for step in decision.timeline.steps][:2] == ["fired", "cancelled"]


def test_a_query_first_seen_after_its_issue_is_counted_from_its_issue() -> None:
    assert ahead(planned(event(4, "opened", state="opened", at=ISSUED + 30 * HOUR)))["R1"] == 24


def test_an_answer_that_overtakes_the_issue_leaves_nothing_to_plan() -> None:
    stored = planned(event(5, "answered", state="answered"))
    assert decide(stored, event(1)).action == "ignored"


@pytest.mark.parametrize("transition", ["delivered", "opened", "expired"])
def test_an_event_on_an_open_query_that_moves_no_clock_is_only_noted(transition: str) -> None:
    stored = planned()
    decision = decide(stored, event(2, transition, state="opened", at=ISSUED + HOUR))
    assert decision.action == "noted"
    assert decision.timeline is not None
    assert decision.timeline.steps == stored.steps
    assert decision.timeline.sequence == 2


@pytest.mark.parametrize("transition", ["redirected", "attending_changed"])
def test_a_new_recipient_gets_a_ladder_from_the_notification_on(transition: str) -> None:
    stored = fire(planned(), ISSUED + 50 * HOUR)
    later = ISSUED + 51 * HOUR
    decision = decide(stored, event(2, transition, recipient_id="dr-okafor", at=later))
    assert decision.timeline is not None
    assert ahead(decision.timeline) == {"T0": 51, "R1": 75, "L1": 99, "L2": 123, "L3": 147, "L4": 219}
    assert decision.timeline.epoch == 2


def test_a_redirect_that_names_no_recipient_still_starts_anew() -> None:
    decision = decide(fire(planned(), ISSUED), event(2, "redirected", recipient_id=None, at=ISSUED + HOUR))
    assert decision.timeline is not None
    assert "T0" in ahead(decision.timeline)


def test_a_query_that_was_held_again_starts_anew_when_it_is_released() -> None:
    held = planned(event(), event(2, "held", state="held", recipient_id="dr-okafor"))
    decision = decide(held, event(3, "issued", recipient_id="dr-okafor", at=ISSUED + 5 * HOUR))
    assert decision.action == "planned"
    assert decision.timeline is not None
    assert ahead(decision.timeline)["T0"] == 5


def test_a_discharge_goes_on_with_the_retrospective_ladder_from_its_time() -> None:
    stored = fire(planned(), ISSUED + 25 * HOUR)
    discharge = event(2, "phase_changed", state="opened", phase="retrospective", at=ISSUED + 30 * HOUR)
    decision = decide(stored, discharge)
    assert decision.timeline is not None
    steps = ahead(decision.timeline)
    assert list(steps) == ["L1", "L2", "L3", "L4", "limit"]
    assert steps["L1"] == 30 + 48  # two working days after Wednesday, 16:00
    assert decision.timeline.epoch == 1


def test_a_deferral_stops_the_clock_until_its_end() -> None:
    stored = fire(planned(), ISSUED)
    deferred = event(2, "deferred", at=ISSUED + 20 * HOUR, deferred_until=ISSUED + 44 * HOUR)
    decision = decide(stored, deferred)
    assert decision.timeline is not None
    # Four of the 24 hours were left; they run after the deferral.
    assert ahead(decision.timeline)["R1"] == 48
    assert all(step.due_at >= ISSUED + 44 * HOUR for step in decision.timeline.steps if step.pending)


def test_a_notification_not_yet_sent_waits_for_the_end_of_the_deferral() -> None:
    timeline = planned(event(), event(2, "deferred", at=ISSUED, deferred_until=ISSUED + 30 * HOUR))
    assert ahead(timeline)["T0"] == 30


def test_resuming_early_gives_back_the_time_that_was_not_waited() -> None:
    stored = fire(planned(), ISSUED)
    timeline = decide(stored, event(2, "deferred", at=ISSUED + 20 * HOUR, deferred_until=ISSUED + 44 * HOUR)).timeline
    decision = decide(timeline, event(3, "resumed", at=ISSUED + 24 * HOUR))
    assert decision.action == "planned"
    assert decision.timeline is not None
    assert ahead(decision.timeline)["R1"] == 28


def test_events_during_a_deferral_do_not_end_it() -> None:
    until = ISSUED + 44 * HOUR
    stored = planned(event(), event(2, "deferred", at=ISSUED + HOUR, deferred_until=until))
    decision = decide(stored, event(3, "opened", state="opened", at=ISSUED + 2 * HOUR, deferred_until=until))
    assert decision.action == "noted"
    assert decision.timeline is not None
    assert decision.timeline.steps == stored.steps


def test_deferring_again_moves_only_the_end() -> None:
    stored = fire(planned(), ISSUED)
    once = decide(stored, event(2, "deferred", at=ISSUED + 10 * HOUR, deferred_until=ISSUED + 20 * HOUR)).timeline
    again = decide(once, event(3, "deferred", at=ISSUED + 15 * HOUR, deferred_until=ISSUED + 30 * HOUR)).timeline
    assert again is not None
    assert ahead(again)["R1"] == 24 + 20


transitions = st.sampled_from(["opened", "deferred", "resumed", "redirected", "phase_changed", "answered", "held"])


@st.composite
def histories(draw: st.DrawFn) -> list[QueryChanged]:
    changes, at = [event()], ISSUED
    for sequence in range(2, draw(st.integers(2, 8))):
        at += draw(st.timedeltas(timedelta(0), timedelta(days=4)))
        transition = draw(transitions)
        until = at + draw(st.timedeltas(timedelta(0), timedelta(days=4))) if transition == "deferred" else None
        state = transition if transition in {"answered", "held"} else "opened"
        phase = draw(st.sampled_from(["concurrent", "retrospective"]))
        recipient = draw(st.sampled_from(["dr-ferro", "dr-okafor"])) if transition == "redirected" else "dr-ferro"
        changes.append(
            event(sequence, transition, state=state, at=at, phase=phase, deferred_until=until, recipient_id=recipient)
        )
    return changes


@given(histories(), st.randoms())
def test_repeated_events_leave_the_timeline_as_it_is(changes: list[QueryChanged], chance: Any) -> None:
    repeated = []
    for index, change in enumerate(changes):
        repeated += [change, *chance.sample(changes[: index + 1], k=min(index, 2))]
    assert planned(*repeated) == planned(*changes)


@given(histories())
def test_the_last_event_decides_whether_anything_lies_ahead_and_nothing_lies_before_it(
    changes: list[QueryChanged],
) -> None:
    timeline = planned(*changes)
    last = changes[-1]
    assert timeline.active == (last.state in planning.OPEN)
    if not timeline.active:
        assert not ahead(timeline)
    if last.transition == "deferred" and last.deferred_until and last.deferred_until > last.at:
        assert all(step.due_at >= last.deferred_until for step in timeline.steps if step.pending)
