"""What must follow, as rows with deadlines: a result for a request, a timeline for an issued query, a delivery.

A request without a result is emitted again with back-off; the others raise an alarm that `status` shows. The end of
a visit that is only planned is waited for, so that the chart is released when it has come.
"""

from __future__ import annotations

from datetime import UTC, timedelta
from uuid import UUID, uuid5

from services.foundation import timers
from services.foundation.database import Connection
from services.foundation.timers import Timer
from services.tracker.ids import NAMESPACE
from services.tracker.journal import Journal, Step
from services.tracker.lifecycle import WAITING_QUERY
from services.tracker.model import Gap
from services.tracker.policy import Policy

REQUEST = "request_unanswered"
PLAN = "timeline_missing"
RECEIPT = "delivery_missing"
UNDELIVERED = "notification_failed"
RESUME = "deferral_over"
PARKED = "parked_too_long"
DIRECTORY = "directory_changed"
VISIT_END = "visit_end_planned"


def patience(policy: Policy, attempts: int) -> timedelta:
    """Return how long to wait for a result before the request is emitted again (doubling, up to a limit)."""
    return min(policy.request_patience * 2.0 ** min(attempts - 1, 20), policy.request_patience_most)


def request_timer(gap: Gap, chart_id: str, policy: Policy) -> Timer:
    """Return the timer that watches over the gap's current request."""
    assert gap.request is not None
    return Timer(
        id=uuid5(gap.request.request_id, REQUEST),
        kind=REQUEST,
        subject=str(gap.uid),
        due_at=gap.changed_at + patience(policy, gap.attempts),
        payload={"chart_id": chart_id, "gap_uid": str(gap.uid), "request_id": str(gap.request.request_id)},
    )


def timers_of(step: Step, policy: Policy) -> list[Timer]:
    """Return the timers that one step starts. Pure."""
    change = step.change
    if change.subject == "gap" and change.transition in ("requested", "repeated") and change.gap_uid:
        return [request_timer(step.after.gaps[change.gap_uid], change.chart_id, policy)]
    if change.subject == "chart":
        return _planned_ends(step)
    if change.query_id is None:
        return []
    if change.transition == "issued":
        plan = _watch(PLAN, change.query_id, step, policy.plan_patience)
        receipt = _watch(RECEIPT, change.query_id, step, policy.receipt_patience)
        return [plan, receipt]
    if change.transition == "deferred" and change.until:
        return [_watch(RESUME, change.query_id, step, change.until - change.at)]
    return []


def _planned_ends(step: Step) -> list[Timer]:
    """An end of the visit that lies ahead: nothing else may tell when it has come."""
    change, facts = step.change, step.after.facts
    ends = {at for at in (facts.ended_at, facts.billed_at) if at is not None and at > change.at}
    if change.transition != "facts_changed":
        return []
    return [
        Timer(
            id=uuid5(NAMESPACE, f"{VISIT_END}\n{change.chart_id}\n{at.astimezone(UTC).isoformat()}"),
            kind=VISIT_END,
            subject=change.chart_id,
            due_at=at,
            payload={"chart_id": change.chart_id},
        )
        for at in sorted(ends)
    ]


def _watch(kind: str, query_id: UUID, step: Step, wait: timedelta) -> Timer:
    return Timer(
        id=uuid5(query_id, kind),
        kind=kind,
        subject=str(query_id),
        due_at=step.change.at + wait,
        payload={"query_id": str(query_id), "chart_id": step.change.chart_id},
    )


async def follow(conn: Connection, journal: Journal) -> None:
    """Store the timers that the journal's steps start. What was met is found out when a timer fires.

    A query that waits for nobody any more has no delivery to miss: its alarms end.
    """
    await timers.schedule(conn, [timer for step in journal.steps for timer in timers_of(step, journal.policy)])
    touched = {(change.chart_id, change.query_id) for change in journal.changes if change.query_id}
    over = [str(query_id) for chart_id, query_id in touched if query_id and not _waits(journal, chart_id, query_id)]
    if over:
        await conn.execute(
            "UPDATE alarms SET cleared_at = now() WHERE subject = ANY (%s) AND kind = ANY (%s) AND cleared_at IS NULL",
            (over, [PLAN, RECEIPT, UNDELIVERED]),
        )


def _waits(journal: Journal, chart_id: str, query_id: UUID) -> bool:
    query = journal.charts[chart_id].queries.get(query_id)
    return query is not None and query.state in WAITING_QUERY
