"""What is open on a visit follows its facts: phase, attending, and every text that is not issued yet."""

from __future__ import annotations

from typing import Any

from services.tracker.decisions.requesting import facts_of, phase_now, request, request_again, rule_of
from services.tracker.journal import Journal
from services.tracker.lifecycle import WAITING_QUERY
from services.tracker.model import Chart, Gap, Query, Recipient, Request
from services.tracker.recipients import chosen, resolve

SHOWN = frozenset({"started_at", "admission_order_at"})
"""Facts that a text shows or counts from."""


def catch_up(journal: Journal, chart_id: str, actor: str, changed: frozenset[str] = frozenset()) -> None:
    """Let what is open on the visit follow its facts, of which `changed` have just changed."""
    for chart in tuple(journal.family(journal.root(chart_id))):
        _follow_phase(journal, chart.chart_id, actor)
        _follow_attending(journal, chart.chart_id, actor)
        _ask_again(journal, chart.chart_id, actor, changed)


def _follow_phase(journal: Journal, chart_id: str, actor: str) -> None:
    phase = phase_now(journal, facts_of(journal, chart_id))
    for query in journal.charts[chart_id].queries.values():
        if query.state in WAITING_QUERY and query.phase != phase:
            journal.note(
                "query", "phase_changed", chart_id, actor, query_id=query.query_id, gap_uid=query.gap_uid, phase=phase
            )


def _follow_attending(journal: Journal, chart_id: str, actor: str) -> None:
    """Queries whose recipient was found by role go to whoever has that role now."""
    chart = journal.charts[chart_id]
    for query in chart.queries.values():
        if query.state not in WAITING_QUERY or query.recipient is None or not query.recipient.by_role:
            continue
        content = chart.gaps[query.gap_uid].content
        now = resolve(content, facts_of(journal, chart_id), journal.situation.directory, query.draft.rule)
        if now is not None and now.provider_id != query.recipient.provider_id:
            reroute(journal, chart_id, query, "attending_changed", actor, recipient=now)


def reroute(journal: Journal, chart_id: str, query: Query, transition: str, actor: str, **fields: Any) -> None:
    """Give an issued query another recipient; if the text is judged worse for that role, it is held again."""
    recipient = fields["recipient"]
    journal.note(
        "query",
        transition,
        chart_id,
        actor,
        query_id=query.query_id,
        gap_uid=query.gap_uid,
        copied=query.copied,
        **fields,
    )
    document = query.draft.document
    if document is None or query.recipient is None or recipient.role == query.recipient.role:
        return
    grades = ("pass", "review", "block")
    before = journal.situation.judge(document.model_copy(update={"recipient_role": query.recipient.role}))
    after = journal.situation.judge(document.model_copy(update={"recipient_role": recipient.role}))
    if grades.index(after.verdict) > grades.index(before.verdict):
        why = {"held_reason": "needs_second_person", "detail": "The text is judged worse for the new recipient's role."}
        held = query.draft.model_copy(update={"verdict": after.verdict, "findings": after.findings, **why})
        journal.note("query", "rehold", chart_id, actor, query_id=query.query_id, gap_uid=query.gap_uid, draft=held)
        journal.note("gap", "held", chart_id, actor, gap_uid=query.gap_uid, query_id=query.query_id)


def _ask_again(journal: Journal, chart_id: str, actor: str, changed: frozenset[str]) -> None:
    """A text depends on phase, admission order and recipient: when one changes, what is not issued is made anew."""
    for gap in tuple(journal.charts[chart_id].gaps.values()):
        chart = journal.charts[chart_id]
        query = chart.query_of(gap)
        held = query is not None and gap.state == "held" and query.issued_at is None
        if gap.request is not None and _request_outdated(journal, chart, gap, gap.request):
            request(journal, chart_id, gap.uid, actor, recipient=chosen(gap.request.recipient))
        elif held and query is not None and _draft_outdated(journal, chart, query, changed):
            request_again(journal, chart, gap, actor)


def _request_outdated(journal: Journal, chart: Chart, gap: Gap, asked: Request) -> bool:
    """A text that a person revised or approved goes through first; if it is held, it is looked at then."""
    facts = facts_of(journal, chart.chart_id)
    known = (asked.phase, asked.encounter_started_at, asked.admission_order_at)
    now = (phase_now(journal, facts), facts.started_at, facts.admission_order_at)
    outdated = known != now or _recipient_outdated(journal, chart, gap, asked.recipient)
    return asked.draft is None and outdated


def _draft_outdated(journal: Journal, chart: Chart, query: Query, changed: frozenset[str]) -> bool:
    gap = chart.gaps[query.gap_uid]
    moved = query.phase != phase_now(journal, facts_of(journal, chart.chart_id)) or changed & SHOWN
    if moved and (query.draft.document is not None or query.recipient is None):
        return True
    return _recipient_outdated(journal, chart, gap, query.recipient)


def _recipient_outdated(journal: Journal, chart: Chart, gap: Gap, recipient: Recipient | None) -> bool:
    if chosen(recipient) is not None:
        return False
    facts = facts_of(journal, chart.chart_id)
    return resolve(gap.content, facts, journal.situation.directory, rule_of(chart, gap)) != recipient
