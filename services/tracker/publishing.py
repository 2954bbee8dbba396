"""Which events a change becomes for the world outside. Pure. Every edge of gap and query emits one status event."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from schemas import charts, status
from schemas.base import Contract
from schemas.events import Envelope, make
from services.tracker import ids
from services.tracker.decisions.requesting import wire_request
from services.tracker.journal import Step
from services.tracker.model import Chart

SOURCE = "cdi-query/tracker"


def events_of(step: Step) -> list[Envelope]:
    """Return the events of one step, in the order in which they are published."""
    return [_wrap(step, data) for data in _data_of(step)]


def _wrap(step: Step, data: Contract) -> Envelope:
    change = step.change
    kind = type(data).__name__
    identity = ids.event_id(change.chart_id, step.after.sequence, kind)
    return make(data, id=identity, source=SOURCE, time=change.at, subject=change.chart_id)


def _data_of(step: Step) -> list[Contract]:
    if step.change.subject == "gap":
        return _gap_events(step)
    if step.change.subject == "query":
        return _query_events(step)
    build = CHART_EVENTS.get(step.change.transition)
    return [build(step)] if build else []


def _gap_events(step: Step) -> list[Contract]:
    change = step.change
    assert change.gap_uid
    gap = step.after.gaps[change.gap_uid]
    before = step.before.gaps.get(change.gap_uid) if step.before else None
    moved = status.GapChanged(
        chart_id=change.chart_id,
        gap_uid=gap.uid,
        transition=change.transition,
        state_from=before.state if before else None,
        state=gap.state,
        sequence=step.after.sequence,
        at=change.at,
        query_id=gap.query_id,
    )
    asks = change.transition in ("requested", "repeated")
    return [moved, wire_request(gap, change.chart_id)] if asks else [moved]


def _query_events(step: Step) -> list[Contract]:
    change = step.change
    assert change.query_id
    query = step.after.queries[change.query_id]
    before = step.before.queries.get(change.query_id) if step.before else None
    gap = step.after.gaps[query.gap_uid]
    moved = status.QueryChanged(
        chart_id=change.chart_id,
        gap_uid=query.gap_uid,
        query_id=query.query_id,
        transition=change.transition,
        state_from=before.state if before else None,
        state=query.state,
        sequence=step.after.sequence,
        at=change.at,
        phase=query.phase,
        facility=step.after.facts.facility,
        recipient_id=query.recipient.provider_id if query.recipient else None,
        recipient_role=query.recipient.role if query.recipient else None,
        issued_at=query.issued_at,
        due_at=gap.content.due_at,
        deferred_until=query.deferred_until,
    )
    return [moved, *_response_events(step)]


def _response_events(step: Step) -> list[Contract]:
    change = step.change
    if change.transition not in ("answered", "amended", "answered_late") or not change.response or not change.query_id:
        return []
    return [
        status.ResponseAccepted(
            chart_id=change.chart_id,
            query_id=change.query_id,
            response_id=change.response.response_id,
            sequence=step.after.sequence,
            at=change.at,
            late=change.response.late,
            amends=change.response.amends,
        )
    ]


def _chart(step: Step) -> dict[str, Any]:
    after: Chart = step.after
    return {
        "chart_id": after.chart_id,
        "facility": after.facts.facility,
        "encounter_number": after.facts.number,
        "sequence": after.sequence,
        "at": step.change.at,
    }


def _hold_placed(step: Step) -> Contract:
    reason = step.change.hold_reason or "new_gap"
    return charts.HoldPlaced(**_chart(step), reason=reason, gap_uids=step.change.gap_uids)


def _finalized(step: Step) -> Contract:
    change = step.change
    return charts.ChartFinalized(
        **_chart(step), by_role=change.by_role or "", unanswered=change.unanswered, reason=change.reason
    )


def _merged(step: Step) -> Contract:
    change = step.change
    assert change.other_chart and change.other_number
    return charts.ChartMerged(
        **_chart(step), into_chart_id=change.other_chart, into_encounter_number=change.other_number
    )


def _late_response(step: Step) -> Contract:
    change = step.change
    assert change.query_id and change.response
    return charts.LateResponse(**_chart(step), query_id=change.query_id, response_id=change.response.response_id)


CHART_EVENTS: dict[str, Callable[[Step], Contract]] = {
    "hold_placed": _hold_placed,
    "unready": _hold_placed,
    "hold_released": lambda step: charts.HoldReleased(**_chart(step), remaining=step.change.gap_uids),
    "cleared": lambda step: charts.HoldReleased(**_chart(step)),
    "ready": lambda step: charts.ChartReady(**_chart(step)),
    "finalized": _finalized,
    "reopened": lambda step: charts.ChartReopened(**_chart(step), reason=step.change.hold_reason or "reopened"),
    "merged": _merged,
    "late_response": _late_response,
}
