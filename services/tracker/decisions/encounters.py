"""Facts of the encounter, entries of the record, and visit merges. Per field the latest `occurred_at` wins."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from schemas.encounters import DocumentationAppeared, EncounterUpdated
from schemas.gaps import Patient
from services.tracker import ids
from services.tracker.decisions.answers import documented
from services.tracker.decisions.following import catch_up
from services.tracker.decisions.gaps import ensure_chart, make_duplicate
from services.tracker.decisions.requesting import open_twin
from services.tracker.holds import settle
from services.tracker.journal import Journal
from services.tracker.lifecycle import OPEN_GAP, WAITING_QUERY, NotAllowed
from services.tracker.model import Chart, EncounterFacts

FACTS = ("encounter_class", "started_at", "admission_order_at", "ended_at", "billed_at", "attending_id", "service")
ENDS = ("ended_at", "billed_at")


def update_encounter(
    journal: Journal, chart_id: str, update: EncounterUpdated, actor: str, into: str | None = None
) -> None:
    """Take what an encounter event sets; `into` is the chart id of the visit it is merged into."""
    ensure_chart(journal, chart_id, update.facility, update.encounter_number, actor)
    home = _home(journal, chart_id, update)
    chart = journal.charts[home]
    facts = _newer_facts(chart, update)
    patient = update.patient if _is_newer_patient(chart, update) else None
    if facts or patient:
        note_facts(journal, home, actor, facts or None, update.occurred_at, patient)
    if into is not None and update.merged_into_number is not None:
        _merge(journal, chart_id, into, update, actor)
    if facts or into is not None:
        catch_up(journal, home, actor, frozenset(facts))
    settle(journal)


def visit_over(journal: Journal, chart_id: str, actor: str) -> None:
    """Let a visit follow its planned end, now that the time has come."""
    catch_up(journal, chart_id, actor)
    settle(journal, chart_id)


def _home(journal: Journal, chart_id: str, update: EncounterUpdated) -> str:
    """Return where an event belongs: what became true of a merged visit after its merge is true of the other one."""
    merged_at = journal.charts[chart_id].merged_at
    moved = merged_at is not None and merged_at < update.occurred_at and update.merged_into_number is None
    return journal.root(chart_id).chart_id if moved else chart_id


def note_facts(
    journal: Journal,
    chart_id: str,
    actor: str,
    facts: dict[str, Any] | None,
    occurred_at: datetime | None,
    patient: Patient | None = None,
) -> None:
    """Note facts; without `occurred_at` they only stand in until an encounter event sets them."""
    journal.note("chart", "facts_changed", chart_id, actor, facts=facts, patient=patient, occurred_at=occurred_at)


def _newer_facts(chart: Chart, update: EncounterUpdated) -> dict[str, Any]:
    sent = update.model_fields_set & set(FACTS)
    return {
        name: getattr(update, name)
        for name in sorted(sent)
        if _is_newer(chart.facts, name, update.occurred_at, getattr(update, name))
    }


def _is_newer(facts: EncounterFacts, name: str, occurred_at: datetime, value: object) -> bool:
    """Ties are broken by the value, so that the order of arrival never decides."""
    known_at = facts.set_at.get(name)
    return known_at is None or (known_at, _rank(getattr(facts, name))) < (occurred_at, _rank(value))


def _rank(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.model_dump_json() if isinstance(value, Patient) else str(value or "")


def _is_newer_patient(chart: Chart, update: EncounterUpdated) -> bool:
    if update.patient is None or chart.patient_at is None:
        return update.patient is not None
    return (chart.patient_at, _rank(chart.patient)) < (update.occurred_at, _rank(update.patient))


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
    query = chart.query_of(gap)
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
    journal.note(
        "chart",
        "merged",
        chart_id,
        actor,
        other_chart=root.chart_id,
        other_number=root.facts.number,
        occurred_at=update.occurred_at,
    )
    journal.note(
        "chart", "member_joined", root.chart_id, actor, other_chart=chart_id, other_number=update.encounter_number
    )
    _carry_over(journal, chart_id, root.chart_id, actor, update.occurred_at)
    _fold_twins(journal, root.chart_id, actor)


def _carry_over(journal: Journal, chart_id: str, root_id: str, actor: str, merged_at: datetime) -> None:
    """Facts of the merged visit that became true after the merge are the other one's; older ones fill its blanks."""
    facts = journal.charts[chart_id].facts
    blanks: dict[str, Any] = {}
    for name in FACTS:
        known, value, set_at = journal.charts[root_id].facts, getattr(facts, name), facts.set_at.get(name)
        if set_at is not None and set_at > merged_at:
            if _is_newer(known, name, set_at, value):
                note_facts(journal, root_id, actor, {name: value}, set_at)
        elif name not in ENDS and name not in known.set_at and getattr(known, name) is None and value is not None:
            blanks[name] = value
    if blanks:
        note_facts(journal, root_id, actor, blanks, None)


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
        query = journal.charts[home].query_of(gap)
        if twin is None or (query is not None and query.current):
            continue
        if (twin.registered_at, twin.uid) < (gap.registered_at, gap.uid):
            make_duplicate(journal, home, uid, twin.uid, actor)
