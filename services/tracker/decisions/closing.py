"""Finalizing a chart: at rest when it is ready; or with role and reason while queries are unanswered."""

from __future__ import annotations

from uuid import UUID

from services.tracker.holds import open_blockers, settle
from services.tracker.journal import Journal
from services.tracker.lifecycle import OPEN_GAP, WAITING_QUERY, NotAllowed
from services.tracker.model import Chart


def finalize(journal: Journal, chart_id: str, actor: str, by_role: str) -> None:
    """Finalize a ready chart. Raises `NotAllowed` while something holds it or the visit is open."""
    chart = journal.charts[chart_id]
    _must_be_finalizable(chart)
    if chart.status != "ready":
        held = len(open_blockers(list(journal.family(chart))))
        what = f"{held} open gap(s) hold it" if held else "the visit has not ended"
        raise NotAllowed(f"The chart cannot be finalized: {what}.")
    journal.note("chart", "finalized", chart_id, actor, by_role=by_role)


def finalize_unanswered(journal: Journal, chart_id: str, actor: str, by_role: str, reason: str) -> None:
    """Finalize although queries are unanswered: they close as NO_RESPONSE_CLOSED in the same transaction.

    Raises:
        NotAllowed: without a reason, before the visit has ended, or while an answer waits for its review.
    """
    chart = journal.charts[chart_id]
    _must_be_finalizable(chart)
    if not reason.strip():
        raise NotAllowed("Finalizing with unanswered queries needs a reason.")
    if not chart.visit_ended(journal.now):
        raise NotAllowed("The chart cannot be finalized: the visit has not ended.")
    closed = [uid for member in tuple(journal.family(chart)) for uid in _close_all(journal, member, actor, reason)]
    settle(journal)
    if journal.charts[chart_id].status != "ready":
        raise NotAllowed("An answer still waits for its outcome; set it first.")
    journal.note("chart", "finalized", chart_id, actor, by_role=by_role, reason=reason, unanswered=tuple(closed))


def _must_be_finalizable(chart: Chart) -> None:
    if chart.status == "merged":
        raise NotAllowed("This visit was merged into another one; finalize that chart.")
    if chart.status == "finalized":
        raise NotAllowed("The chart is finalized already.")


def _close_all(journal: Journal, chart: Chart, actor: str, reason: str) -> list[UUID]:
    closed = []
    for gap in chart.gaps.values():
        if gap.state not in (*OPEN_GAP, "duplicate"):
            continue
        query = chart.query_of(gap)
        if query is not None and query.state in WAITING_QUERY:
            journal.note(
                "query",
                "closed",
                chart.chart_id,
                actor,
                query_id=query.query_id,
                gap_uid=gap.uid,
                outcome="NO_RESPONSE_CLOSED",
                reason=reason,
            )
            journal.note("gap", "resolved", chart.chart_id, actor, gap_uid=gap.uid, reason="NO_RESPONSE_CLOSED")
            closed.append(query.query_id)
        elif query is None or query.state == "held" or gap.state == "duplicate":
            if query is not None and query.state == "held":
                journal.note(
                    "query", "withdrawn", chart.chart_id, actor, query_id=query.query_id, gap_uid=gap.uid, reason=reason
                )
            journal.note("gap", "dismissed", chart.chart_id, actor, gap_uid=gap.uid, reason=reason)
    return closed
