"""Gaps come, change, and are withdrawn. Per gap the latest `occurred_at` wins, whatever the order of arrival."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from schemas.gaps import GapRaised
from services.tracker import ids
from services.tracker.decisions.following import catch_up
from services.tracker.decisions.requesting import open_twin, question, request
from services.tracker.holds import settle
from services.tracker.journal import Journal
from services.tracker.lifecycle import ANSWERED_QUERY, OPEN_GAP, WAITING_QUERY
from services.tracker.model import Author, Chart, Gap

Registered = Literal[
    "accepted", "duplicate_delivery", "older", "revised", "duplicate_question", "withdrawn", "resolved"
]


def ensure_chart(journal: Journal, chart_id: str, facility: str, number: str, actor: str) -> Chart:
    """Return the chart, opened if this is the first that is heard of its encounter."""
    known = journal.charts.get(chart_id)
    return known or journal.note("chart", "opened", chart_id, actor, facility=facility, number=number)


def raise_gap(journal: Journal, chart_id: str, content: GapRaised, digest: str, author: Author) -> Registered:
    """Register a gap or a new revision of it, and ask the builder for its text where one is needed."""
    ensure_chart(journal, chart_id, content.facility, content.encounter.number, author.source)
    uid = ids.gap_uid(author.source, content.gap_id)
    found = journal.find_gap(uid)
    home = found[0].chart_id if found else journal.root(chart_id).chart_id
    result = _revise(journal, home, found[1], content, digest, author) if found else None
    result = result or _register(journal, home, uid, content, digest, author)
    settle(journal)
    return result


def _register(
    journal: Journal, chart_id: str, uid: UUID, content: GapRaised, digest: str, author: Author
) -> Registered:
    _note_content(journal, "registered", chart_id, uid, content, digest, author)
    _fill_facts(journal, chart_id, content, author.source)
    return _place(journal, chart_id, uid, author)


def _note_content(
    journal: Journal, transition: str, chart_id: str, uid: UUID, content: GapRaised, digest: str, author: Author
) -> None:
    journal.note(
        "gap",
        transition,
        chart_id,
        author.user_id or author.source,
        gap_uid=uid,
        content=content,
        digest=digest,
        author=author,
        blocking=journal.policy.blocks(content.category, content.blocking),
    )


def _fill_facts(journal: Journal, chart_id: str, content: GapRaised, actor: str) -> None:
    """The author's encounter block fills only what no encounter event has set."""
    chart = journal.charts[chart_id]
    if content.encounter.number != chart.facts.number:
        # A number that was merged into this visit: its times are not those of this one.
        return
    block = content.encounter.model_dump(exclude={"number"}, exclude_none=True)
    fresh: dict[str, Any] = {
        name: value
        for name, value in block.items()
        if name not in chart.facts.set_at and getattr(chart.facts, name) != value
    }
    if content.addressee.service and chart.facts.service is None:
        fresh["service"] = content.addressee.service
    patient = content.patient if chart.patient is None else None
    if fresh or patient:
        journal.note("chart", "facts_changed", chart_id, actor, facts=fresh or None, patient=patient)
    if fresh:
        catch_up(journal, chart_id, actor, frozenset(fresh))


def _place(journal: Journal, chart_id: str, uid: UUID, author: Author) -> Registered:
    """Decide what becomes of a gap that is accepted: withdrawn already, answered already, a duplicate, or asked."""
    chart = journal.charts[chart_id]
    gap = chart.gaps[uid]
    actor = author.user_id or author.source
    parked = _parked_withdrawal(journal, uid)
    if parked and parked >= gap.content.occurred_at:
        journal.note("gap", "withdrawn", chart_id, actor, gap_uid=uid, reason="withdrawn before it arrived")
        return "withdrawn"
    documented = _documented_ahead(journal, uid)
    if documented and documented >= gap.content.occurred_at:
        journal.note("gap", "resolved", chart_id, actor, gap_uid=uid, reason="documentation appeared before it arrived")
        return "resolved"
    return _ask(journal, chart_id, uid, actor)


def _parked_withdrawal(journal: Journal, uid: UUID) -> datetime | None:
    times = [chart.withdrawals[uid] for chart in journal.charts.values() if uid in chart.withdrawals]
    return max(times, default=None)


def _documented_ahead(journal: Journal, uid: UUID) -> datetime | None:
    times = [chart.documented[uid] for chart in journal.charts.values() if uid in chart.documented]
    return max(times, default=None)


def _revise(journal: Journal, chart_id: str, gap: Gap, content: GapRaised, digest: str, author: Author) -> Registered:
    if digest == gap.digest:
        return _raised_again(journal, chart_id, gap, content, author)
    # Ties are broken by content, so that the order of arrival never decides.
    if (content.occurred_at, digest) < (gap.content.occurred_at, gap.digest):
        journal.note("gap", "older_kept", chart_id, author.source, gap_uid=gap.uid, content=content, digest=digest)
        return "older"
    withdrawn_at = _parked_withdrawal(journal, gap.uid)
    if withdrawn_at and withdrawn_at >= content.occurred_at:
        journal.note("gap", "older_kept", chart_id, author.source, gap_uid=gap.uid, content=content, digest=digest)
        return "older"
    _note_content(journal, "revised", chart_id, gap.uid, content, digest, author)
    _fill_facts(journal, chart_id, content, author.source)
    return _follow_revision(journal, chart_id, gap, author)


def _raised_again(journal: Journal, chart_id: str, gap: Gap, content: GapRaised, author: Author) -> Registered:
    """The same content again changes nothing, unless its source withdrew it and now raises it anew."""
    if content.occurred_at <= gap.content.occurred_at:
        return "duplicate_delivery"
    actor = author.user_id or author.source
    journal.note("gap", "raised_again", chart_id, actor, gap_uid=gap.uid, content=content)
    withdrawn_at = _parked_withdrawal(journal, gap.uid)
    was_covered = withdrawn_at is not None and gap.content.occurred_at <= withdrawn_at < content.occurred_at
    if gap.state != "withdrawn" or not was_covered:
        return "duplicate_delivery"
    journal.note("gap", "reopened", chart_id, actor, gap_uid=gap.uid)
    return _place(journal, chart_id, gap.uid, author)


def _follow_revision(journal: Journal, chart_id: str, before: Gap, author: Author) -> Registered:
    """Before issue the request is replaced, after issue the query superseded, after an answer it is a follow-up."""
    chart = journal.charts[chart_id]
    actor = author.user_id or author.source
    query = chart.query_of(before)
    if before.state == "duplicate":
        return _revised_duplicate(journal, chart_id, before, actor)
    if before.state not in OPEN_GAP:
        journal.note("gap", "reopened", chart_id, actor, gap_uid=before.uid)
        placed = _place(journal, chart_id, before.uid, author)
        return "revised" if placed == "accepted" else placed
    if query is not None and (query.state in WAITING_QUERY or (query.state == "held" and query.issued_at)):
        journal.note("query", "superseded", chart_id, actor, query_id=query.query_id, gap_uid=before.uid)
    if question(before.content) != question(journal.gap(before.uid).content):
        promote_oldest_duplicate(journal, before.uid, actor)
    return "revised" if _ask(journal, chart_id, before.uid, actor) == "accepted" else "duplicate_question"


def _ask(journal: Journal, chart_id: str, uid: UUID, actor: str) -> Registered:
    """Ask for the text of a gap, unless the same question is open on the visit already."""
    twin = open_twin(journal, journal.root(chart_id), journal.charts[chart_id].gaps[uid])
    if twin:
        make_duplicate(journal, chart_id, uid, twin.uid, actor)
        return "duplicate_question"
    request(journal, chart_id, uid, actor)
    return "accepted"


def make_duplicate(journal: Journal, chart_id: str, uid: UUID, original: UUID, actor: str) -> None:
    """Let another gap ask for this one, and for the duplicates of this one: its open query is taken back."""
    chart = journal.charts[chart_id]
    asked = chart.gaps[uid].query_id
    query = chart.queries.get(asked) if asked else None
    if query is not None and query.state in ("held", *WAITING_QUERY):
        journal.note("query", "withdrawn", chart_id, actor, query_id=query.query_id, gap_uid=uid, reason="duplicate")
    journal.note("gap", "duplicate", chart_id, actor, gap_uid=uid, original=original)
    for home, duplicate in _duplicates(journal, uid):
        journal.note("gap", "duplicate", home, actor, gap_uid=duplicate, original=original)


def _duplicates(journal: Journal, original: UUID) -> list[tuple[str, UUID]]:
    """Return chart and id of the gaps that another one asks for, oldest first."""
    waiting = sorted(
        (gap.registered_at, gap.uid, chart.chart_id)
        for chart in journal.charts.values()
        for gap in chart.gaps.values()
        if gap.state == "duplicate" and gap.original == original
    )
    return [(home, uid) for _, uid, home in waiting]


def _revised_duplicate(journal: Journal, chart_id: str, before: Gap, actor: str) -> Registered:
    gap = journal.charts[chart_id].gaps[before.uid]
    original = journal.find_gap(before.original) if before.original else None
    if original and question(original[1].content) == question(gap.content):
        return "duplicate_question"
    journal.note("gap", "promoted", chart_id, actor, gap_uid=before.uid)
    return "revised" if _ask(journal, chart_id, before.uid, actor) == "accepted" else "duplicate_question"


def promote_oldest_duplicate(journal: Journal, original: UUID, actor: str) -> None:
    """If a duplicate's original ended unanswered, the oldest duplicate takes its place; the others point to it."""
    waiting = _duplicates(journal, original)
    for chart_id, uid in waiting[:1]:
        journal.note("gap", "promoted", chart_id, actor, gap_uid=uid)
        request(journal, chart_id, uid, actor)
    for chart_id, uid in waiting[1:]:
        journal.note("gap", "duplicate", chart_id, actor, gap_uid=uid, original=waiting[0][1])


def withdraw_gap(journal: Journal, chart_id: str, uid: UUID, occurred_at: datetime, actor: str, reason: str) -> str:
    """Withdraw a gap by its source. It covers only raises that are not later than itself; before its gap, it waits."""
    chart = journal.charts[chart_id]
    found = journal.find_gap(uid)
    if (known := _parked_withdrawal(journal, uid)) is None or known < occurred_at:
        home = found[0].chart_id if found else chart.chart_id
        journal.note("chart", "withdrawal_parked", home, actor, gap_uid=uid, occurred_at=occurred_at)
    if found is None:
        settle(journal)
        return "parked"
    home_chart, gap = found
    if gap.content.occurred_at > occurred_at or gap.state in ("resolved", "withdrawn", "dismissed"):
        settle(journal)
        return "older"
    end_gap(journal, home_chart.chart_id, uid, "withdrawn", actor, reason)
    settle(journal)
    return "withdrawn"


def end_gap(journal: Journal, chart_id: str, uid: UUID, transition: str, actor: str, reason: str | None) -> None:
    """End a gap that was not answered: its open query is withdrawn, and its oldest duplicate takes its place."""
    gap = journal.charts[chart_id].gaps[uid]
    for query in tuple(journal.charts[chart_id].queries.values()):
        if query.gap_uid == uid and query.state in ("held", *WAITING_QUERY, *ANSWERED_QUERY):
            journal.note("query", "withdrawn", chart_id, actor, query_id=query.query_id, gap_uid=uid, reason=reason)
    journal.note("gap", transition, chart_id, actor, gap_uid=uid, reason=reason)
    if gap.state != "duplicate":
        promote_oldest_duplicate(journal, uid, actor)
