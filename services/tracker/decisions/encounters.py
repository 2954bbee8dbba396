"""Facts of the encounter, entries of the record, and visit merges. Per field the latest `occurred_at` wins."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from schemas.encounters import DocumentationAppeared, EncounterUpdated
from services.tracker import ids
from services.tracker.decisions.answers import documented
from services.tracker.decisions.gaps import ensure_chart
from services.tracker.decisions.requesting import open_twin, phase_now, request_again
from services.tracker.holds import settle
from services.tracker.journal import Journal
from services.tracker.lifecycle import OPEN_GAP, WAITING_QUERY, NotAllowed
from services.tracker.model import Chart, Query
from services.tracker.recipients import resolve, resolve_role

FACTS = ("encounter_class", "started_at", "admission_order_at", "ended_at", "billed_at", "attending_id", "service")


def update_encounter(
    journal: Journal, chart_id: str, update: EncounterUpdated, actor: str, into: str | None = None
) -> None:
    """Take what an encounter event sets; `into` is the chart id of the visit it is merged into."""
    chart = ensure_chart(journal, chart_id, update.facility, update.encounter_number, actor)
    facts = _newer_facts(chart, update)
    patient = update.patient if _is_newer_patient(chart, update) else None
    if facts or patient:
        journal.note(
            "chart",
            "facts_changed",
            chart_id,
            actor,
            facts=facts or None,
            patient=patient,
            occurred_at=update.occurred_at,
        )
    if into is not None and update.merged_into_number is not None:
        _merge(journal, chart_id, into, update, actor)
    if facts:
        _follow_facts(journal, chart_id, actor)
    settle(journal)


def _newer_facts(chart: Chart, update: EncounterUpdated) -> dict[str, Any]:
    sent = update.model_fields_set & set(FACTS)
    return {
        name: getattr(update, name)
        for name in sorted(sent)
        if name not in chart.facts.set_at or chart.facts.set_at[name] < update.occurred_at
    }


def _is_newer_patient(chart: Chart, update: EncounterUpdated) -> bool:
    return update.patient is not None and (chart.patient_at is None or chart.patient_at < update.occurred_at)


def _follow_facts(journal: Journal, chart_id: str, actor: str) -> None:
    chart = journal.charts[chart_id]
    phase = phase_now(journal, chart.facts)
    for query in chart.queries.values():
        if query.state in WAITING_QUERY and query.phase != phase:
            journal.note(
                "query", "phase_changed", chart_id, actor, query_id=query.query_id, gap_uid=query.gap_uid, phase=phase
            )
    follow_attending(journal, chart_id, actor)
    _ask_again_what_is_held(journal, chart_id, actor)


def follow_attending(journal: Journal, chart_id: str, actor: str) -> None:
    """Queries that ask the attending go to whoever is the attending now."""
    chart = journal.charts[chart_id]
    for query in chart.queries.values():
        if query.state not in WAITING_QUERY or query.recipient is None or not query.recipient.by_role:
            continue
        addressee = chart.gaps[query.gap_uid].content.addressee
        now = resolve_role(addressee, chart.facts, journal.situation.directory)
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
    if grades.index(after) > grades.index(before):
        why = {"held_reason": "needs_second_person", "detail": "The text is judged worse for the new recipient's role."}
        held = query.draft.model_copy(update={"verdict": after, **why})
        journal.note("query", "rehold", chart_id, actor, query_id=query.query_id, gap_uid=query.gap_uid, draft=held)
        journal.note("gap", "held", chart_id, actor, gap_uid=query.gap_uid, query_id=query.query_id)


def _ask_again_what_is_held(journal: Journal, chart_id: str, actor: str) -> None:
    """A held text depends on phase, admission order and recipient: when one changes, it is made and checked anew."""
    for gap in tuple(journal.charts[chart_id].gaps.values()):
        chart = journal.charts[chart_id]
        query = chart.queries.get(gap.query_id) if gap.query_id else None
        if gap.state == "held" and query is not None and query.issued_at is None and _outdated(journal, chart, query):
            request_again(journal, chart, gap, actor)


def _outdated(journal: Journal, chart: Chart, query: Query) -> bool:
    gap = chart.gaps[query.gap_uid]
    document = query.draft.document
    recipient = query.recipient
    if query.phase != phase_now(journal, chart.facts) or _changed(journal, "admission_order_at"):
        return document is not None or recipient is None
    if recipient is not None and not recipient.by_role:
        return False
    return resolve(gap.content.addressee, chart.facts, journal.situation.directory) != recipient


def _changed(journal: Journal, field: str) -> bool:
    return any(field in (change.facts or {}) for change in journal.changes)


def documentation_appeared(
    journal: Journal, chart_id: str, entry: DocumentationAppeared, source: str, actor: str
) -> str:
    """Take a new entry of the record: it may document an answer, or resolve gaps that are then asked no more."""
    ensure_chart(journal, chart_id, entry.facility, entry.encounter_number, actor)
    named = [ids.gap_uid(source, gap_id) for gap_id in entry.answers_gap_ids]
    ahead = tuple(uid for uid in named if journal.find_gap(uid) is None)
    journal.note(
        "chart",
        "documentation_kept",
        chart_id,
        actor,
        documentation=entry,
        gap_uids=ahead,
        occurred_at=entry.occurred_at,
    )
    done = [_resolve_by_entry(journal, uid, entry, actor) for uid in named]
    if entry.query_id:
        done.append(documented(journal, chart_id, entry.query_id, entry.reference, actor))
    settle(journal)
    return "applied" if all(done) else "parked"


def _resolve_by_entry(journal: Journal, uid: UUID, entry: DocumentationAppeared, actor: str) -> bool:
    found = journal.find_gap(uid)
    if found is None:
        return False
    chart, gap = found
    query = chart.queries.get(gap.query_id) if gap.query_id else None
    if gap.state not in OPEN_GAP or (query and query.responses and query.current):
        return True
    if gap.content.occurred_at > entry.occurred_at:
        return True
    if query is not None and query.state in ("held", *WAITING_QUERY):
        journal.note(
            "query",
            "auto_resolved",
            chart.chart_id,
            actor,
            query_id=query.query_id,
            gap_uid=uid,
            reason="documentation appeared",
        )
    journal.note("gap", "resolved", chart.chart_id, actor, gap_uid=uid, reason="documentation appeared")
    return True


def _merge(journal: Journal, chart_id: str, into: str, update: EncounterUpdated, actor: str) -> None:
    """Merge this visit into another one: nothing moves, its open gaps hold the other chart from now on."""
    target_number = update.merged_into_number
    assert target_number is not None
    ensure_chart(journal, into, update.facility, target_number, actor)
    root = journal.root(into)
    if root.chart_id == journal.root(chart_id).chart_id:
        if journal.charts[chart_id].merged_into is None:
            raise NotAllowed("A visit cannot be merged into itself or into a visit that was merged into it.")
        return
    if journal.charts[chart_id].merged_into is not None:
        raise NotAllowed("The visit was merged into another one already.")
    journal.note("chart", "merged", chart_id, actor, other_chart=root.chart_id, other_number=root.facts.number)
    journal.note(
        "chart", "member_joined", root.chart_id, actor, other_chart=chart_id, other_number=update.encounter_number
    )
    _fold_twins(journal, root.chart_id, actor)


def _fold_twins(journal: Journal, root_id: str, actor: str) -> None:
    """Of two open identical questions the later one becomes a duplicate."""
    gaps = [
        (gap.registered_at, gap.uid, chart.chart_id)
        for chart in journal.family(journal.charts[root_id])
        for gap in chart.gaps.values()
        if gap.state in OPEN_GAP
    ]
    for _, uid, home in sorted(gaps, reverse=True):
        gap = journal.charts[home].gaps[uid]
        twin = open_twin(journal, journal.root(root_id), gap)
        query = journal.charts[home].queries.get(gap.query_id) if gap.query_id else None
        if twin is None or (query is not None and query.current):
            continue
        if (twin.registered_at, twin.uid) > (gap.registered_at, gap.uid):
            continue
        if query is not None and query.state in ("held", *WAITING_QUERY):
            journal.note("query", "withdrawn", home, actor, query_id=query.query_id, gap_uid=uid, reason="duplicate")
        journal.note("gap", "duplicate", home, actor, gap_uid=uid, original=twin.uid)
