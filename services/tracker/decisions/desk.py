"""People (and timers) stepping in: open, defer, redirect, withdraw, revise, approve, reject, escalate."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from schemas.check import CheckIndicator, QueryDocument
from schemas.gaps import Indicator
from schemas.requests import Approval
from schemas.vocabulary import WithdrawReason
from services.tracker.decisions.following import reroute
from services.tracker.decisions.gaps import end_gap
from services.tracker.decisions.requesting import facts_of, phase_now, request, request_again
from services.tracker.holds import settle
from services.tracker.journal import Journal
from services.tracker.lifecycle import WAITING_QUERY, NotAllowed
from services.tracker.model import Gap, Query, Recipient
from services.tracker.recipients import chosen


def mark_delivered(journal: Journal, chart_id: str, query_id: UUID, actor: str) -> None:
    """Note that a channel took the notification; anything later than issued stays as it is."""
    query = journal.query(chart_id, query_id)
    if query.state == "issued":
        journal.note_query("delivered", chart_id, query, actor)


def mark_opened(journal: Journal, chart_id: str, query_id: UUID, actor: str) -> None:
    """Note that the provider has opened the query; repetitions change nothing."""
    query = journal.query(chart_id, query_id)
    if query.state in ("issued", "delivered"):
        journal.note_query("opened", chart_id, query, actor)


def defer(journal: Journal, chart_id: str, query_id: UUID, until: datetime, actor: str) -> None:
    """Leave the provider in peace until a time. Raises `NotAllowed` for the past or a query that is not waiting."""
    query = journal.query(chart_id, query_id)
    if until <= journal.now:
        raise NotAllowed("A query can only be deferred to a time ahead.")
    longest = journal.policy.longest_deferral
    if until > journal.now + longest:
        raise NotAllowed(f"A query can be deferred by at most {longest.days} days; redirect it if it is not yours.")
    journal.note_query("deferred", chart_id, query, actor, until=until)


def remind(journal: Journal, chart_id: str, query_id: UUID, actor: str) -> None:
    """Have the notifier remind whoever is asked, out of turn.

    Raises:
        NotAllowed: for a query that waits for nobody, one whose provider asked to come later, or a reminder too soon.
    """
    query = journal.query(chart_id, query_id)
    if query.state not in WAITING_QUERY:
        raise NotAllowed("The query waits for no answer; there is nobody to remind.")
    if query.deferred_until is not None and query.deferred_until > journal.now:
        raise NotAllowed("The provider asked to come later; until then nobody is reminded.")
    if query.reminded_at is not None and query.reminded_at + journal.policy.remind_again_after > journal.now:
        raise NotAllowed("A colleague had a reminder sent a short while ago.")
    journal.note_query("reminded", chart_id, query, actor)


def resume(journal: Journal, chart_id: str, query_id: UUID, actor: str, due_at: datetime) -> None:
    """End a deferral whose time has come: now, or by the clock of the timer that was due at `due_at`."""
    query = journal.charts[chart_id].queries.get(query_id)
    reached = max(journal.now, due_at)
    due = query is not None and query.deferred_until is not None and query.deferred_until <= reached
    if query is not None and due and query.state in WAITING_QUERY:
        journal.note_query("resumed", chart_id, query, actor)


def escalate(journal: Journal, chart_id: str, query_id: UUID, level: int, copied: tuple[str, ...], actor: str) -> None:
    """Note an escalation step; at level 1 a covering colleague or the attending is asked as well."""
    query = journal.charts[chart_id].queries.get(query_id)
    if query is not None and query.state in WAITING_QUERY and level > query.level:
        journal.note_query("escalated", chart_id, query, actor, level=level, copied=copied)


def expire(journal: Journal, chart_id: str, query_id: UUID, actor: str) -> None:
    """Mark an open query expired. No timer ends anything."""
    query = journal.charts[chart_id].queries.get(query_id)
    if query is not None and query.state in WAITING_QUERY and not query.expired:
        journal.note_query("expired", chart_id, query, actor)


def redirect(
    journal: Journal, chart_id: str, query_id: UUID, recipient: Recipient, actor: str, reason: str | None
) -> None:
    """Ask somebody else. A held text is made and checked anew for the new recipient; an issued one never changes."""
    query = journal.query(chart_id, query_id)
    if query.state == "held":
        journal.note_query("redirected", chart_id, query, actor, recipient=recipient, reason=reason)
        _remake(journal, chart_id, query_id, actor)
    elif query.state in WAITING_QUERY:
        if query.recipient and query.recipient.provider_id == recipient.provider_id:
            raise NotAllowed("The query is addressed to this provider already.")
        reroute(journal, chart_id, query, "redirected", actor, recipient=recipient, reason=reason)
    else:
        raise NotAllowed(f"The query is {query.state}; only an open one can be redirected.")
    settle(journal)


def _remake(journal: Journal, chart_id: str, query_id: UUID, actor: str) -> None:
    """Have a held text made for its new recipient. One that was issued before stays as it was, and is superseded."""
    query = journal.query(chart_id, query_id)
    request_again(journal, journal.charts[chart_id], journal.charts[chart_id].gaps[query.gap_uid], actor)
    if query.issued_at is not None:
        journal.note_query("superseded", chart_id, query, actor)


def withdraw_query(journal: Journal, chart_id: str, query_id: UUID, reason: WithdrawReason, actor: str) -> None:
    """Take a query back, and its gap with it. Raises `NotAllowed` once it has ended."""
    query = journal.query(chart_id, query_id)
    gap = journal.charts[chart_id].gaps[query.gap_uid]
    if gap.query_id != query_id or gap.state not in ("queried", "held", "requested"):
        raise NotAllowed("The query has ended already.")
    end_gap(journal, chart_id, gap.uid, "withdrawn", actor, reason)
    settle(journal)


def _held(journal: Journal, chart_id: str, query_id: UUID) -> tuple[Query, Gap]:
    query = journal.query(chart_id, query_id)
    gap = journal.charts[chart_id].gaps[query.gap_uid]
    if query.state != "held" or gap.state != "held" or gap.query_id != query_id:
        raise NotAllowed("Only a held draft can be revised, approved or rejected; reload to see where it stands.")
    return query, gap


def revise_draft(journal: Journal, chart_id: str, query_id: UUID, text: QueryDocument, actor: str) -> None:
    """Send an edited text to be checked again. It needs a second person, whatever the check says."""
    query, gap = _held(journal, chart_id, query_id)
    if query.issued_at is not None:
        raise NotAllowed("What was issued never changes; withdraw it, or redirect it to somebody who may be asked.")
    _must_show_the_record(query, gap, text)
    journal.note_query("draft_revised", chart_id, query, actor)
    text = _with_facts(journal, chart_id, query, gap, text)
    request(journal, chart_id, gap.uid, actor, draft=text, edited=True, recipient=chosen(query.recipient))
    settle(journal)


def _must_show_the_record(query: Query, gap: Gap, text: QueryDocument) -> None:
    """People edit words, and may leave evidence out; what is shown comes from the gap (R-35), never from an edit."""
    held = query.draft.document
    known = {*(held.indicators if held else ()), *(item for item in text.indicators if _is_recorded(item, gap))}
    if not set(text.indicators) <= known:
        raise NotAllowed("An indicator stands neither in the held text nor in the gap; revise the gap instead.")
    terms = {item.term for item in gap.content.documented} | {item.term for item in (held.documented if held else ())}
    if not {item.term for item in text.documented} <= terms:
        raise NotAllowed("A documented term stands neither in the held text nor in the gap; revise the gap instead.")


def _is_recorded(shown: CheckIndicator, gap: Gap) -> bool:
    return any(
        (item.name, item.unit, item.source) == (shown.name, shown.unit, shown.source) and _shows(shown.value, item)
        for item in gap.content.indicators
    )


def _shows(value: str, item: Indicator) -> bool:
    recorded = f"{item.comparator or ''}{item.value}"
    return value == recorded or value.startswith(f"{recorded} (ref ")


def _with_facts(journal: Journal, chart_id: str, query: Query, gap: Gap, text: QueryDocument) -> QueryDocument:
    """People edit words. What the check's rules hang on stays as we know it: else an edit could evade a block."""
    facts: dict[str, object] = {
        "setting": gap.content.setting,
        "category": gap.content.category,
        "phase": phase_now(journal, facts_of(journal, chart_id)),
    }
    if query.recipient is not None:
        facts["recipient_role"] = query.recipient.role
    if query.draft.document is not None:
        shown = ("encounter_started_at", "admission_order_at")
        facts |= {name: getattr(query.draft.document, name) for name in shown}
    return text.model_copy(update=facts)


def approve_draft(
    journal: Journal, chart_id: str, query_id: UUID, draft_hash: str, actor: str, reason: str | None
) -> None:
    """Approve exactly this text with the findings it has now; the builder checks it once more and issues it.

    Raises:
        NotAllowed: for a blocked text, another text than the one that is held, no recipient, no text, an approver who
            raised the gap or revised the text last (where a second person is needed), or a missing reason.
    """
    query, gap = _held(journal, chart_id, query_id)
    _must_be_approvable(query, draft_hash)
    if needs_second_person(query):
        if actor in (gap.author.user_id, query.revised_by):
            raise NotAllowed("A second person must approve: neither the gap's author nor the last reviser.")
        if not (reason or "").strip():
            raise NotAllowed("Approving a text with findings, or an edited one, needs a reason.")
    journal.note_query("draft_approved", chart_id, query, actor, reason=reason)
    accepted = tuple(finding for finding in query.draft.findings if finding.severity == "review")
    approval = Approval(draft_hash=draft_hash, ruleset=query.draft.ruleset, accepted=accepted)
    request(
        journal,
        chart_id,
        gap.uid,
        actor,
        draft=query.draft.document,
        approval=approval,
        edited=query.edited,
        recipient=query.recipient,
    )
    settle(journal)


def needs_second_person(query: Query) -> bool:
    """Whether the held text needs a second person: found wanting, edited, or asked before."""
    return query.draft.verdict != "pass" or query.draft.release == "second_person" or query.edited


def _must_be_approvable(query: Query, draft_hash: str) -> None:
    if query.draft.document is None:
        raise NotAllowed("There is no text to approve; revise the gap, or reject the draft.")
    if query.draft.verdict == "block":
        raise NotAllowed("A blocked text is never released; revise it, or reject the draft.")
    if query.recipient is None:
        raise NotAllowed("Nobody is asked yet; redirect the draft to a provider first.")
    if query.draft.content_hash != draft_hash:
        raise NotAllowed("The text has changed since it was read; reload and read it again.")
    if query.issued_at is not None:
        raise NotAllowed("This text was issued before; redirect it to somebody who may be asked, or withdraw it.")


def reject_draft(journal: Journal, chart_id: str, query_id: UUID, actor: str, reason: str) -> None:
    """Reject a held draft: its gap is dismissed."""
    _, gap = _held(journal, chart_id, query_id)
    end_gap(journal, chart_id, gap.uid, "dismissed", actor, reason)
    settle(journal)


def repeat_request(journal: Journal, chart_id: str, gap_uid: UUID, request_id: UUID, actor: str) -> bool:
    """Note that the current request is emitted once more, same id. Returns False if it has its result."""
    gap = journal.charts[chart_id].gaps[gap_uid]
    if gap.request is None or gap.request.request_id != request_id:
        return False
    journal.note("gap", "repeated", chart_id, actor, gap_uid=gap_uid)
    return True
