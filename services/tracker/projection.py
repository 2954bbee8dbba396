"""The tables that the pages read, written from a chart's state. They can be made anew from the event log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, get_args
from uuid import UUID

from psycopg.types.json import Jsonb

from schemas.vocabulary import Priority
from services.foundation.database import Connection
from services.tracker.changes import Change
from services.tracker.journal import Journal
from services.tracker.lifecycle import ENDED_QUERY, OPEN_QUERY
from services.tracker.model import Chart, Gap, Query

Row = dict[str, Any]
PRIORITIES = get_args(Priority)
"""From the first to the last in line; the queue keeps the place, counted from 1."""
FACTS = ("facts_changed", "merged", "member_joined")
"""Steps of a chart after which its queries may belong to another service."""


def _upsert(table: str, key: tuple[str, ...], columns: Iterable[str]) -> str:
    names = list(columns)
    values = ", ".join(f"%({name})s" for name in names)
    updates = ", ".join(f"{name} = excluded.{name}" for name in names if name not in key)
    # Names come from the row builders below, never from outside.
    otherwise = f"UPDATE SET {updates}" if updates else "NOTHING"
    return (
        f"INSERT INTO {table} ({', '.join(names)}) VALUES ({values})"  # noqa: S608
        f" ON CONFLICT ({', '.join(key)}) DO {otherwise}"
    )


def chart_row(chart: Chart, head: str) -> Row:
    """Return the row of `charts`."""
    facts, patient = chart.facts, chart.patient
    return {
        "chart_id": chart.chart_id,
        "facility": facts.facility,
        "encounter_number": facts.number,
        "status": chart.status,
        "merged_into": chart.merged_into,
        "attending_id": facts.attending_id,
        "service": facts.service,
        "encounter_class": facts.encounter_class,
        "patient_reference": patient.reference if patient else None,
        "patient_name": patient.name if patient else None,
        "mrn": patient.mrn if patient else None,
        "birth_date": patient.birth_date if patient else None,
        "started_at": facts.started_at,
        "ended_at": facts.ended_at,
        "holding": len(chart.holding),
        "sequence": chart.sequence,
        "head": head,
    }


def gap_row(chart: Chart, gap: Gap) -> Row:
    """Return the row of `gaps`. The coder-only part stands in `content`, which no provider can select."""
    return {
        "gap_uid": gap.uid,
        "chart_id": chart.chart_id,
        "source": gap.source,
        "gap_id": gap.content.gap_id,
        "state": gap.state,
        "category": gap.content.category,
        "sensitivity": gap.content.sensitivity,
        "blocking": gap.blocking,
        "author_id": gap.author.user_id,
        "query_id": gap.query_id,
        "original": gap.original,
        "reason": gap.reason,
        "content": Jsonb(gap.content.model_dump(mode="json")),
        "occurred_at": gap.content.occurred_at,
        "due_at": gap.content.due_at,
        "registered_at": gap.registered_at,
        "changed_at": gap.changed_at,
        "note": gap.note.text if gap.note else None,
        "look_again_on": gap.note.look_again_on if gap.note else None,
        "noted_by": gap.note.by if gap.note else None,
        "noted_at": gap.note.at if gap.note else None,
    }


def query_row(chart: Chart, query: Query) -> Row:
    """Return the row of `queries`."""
    gap, draft, response = chart.gaps[query.gap_uid], query.draft, query.response()
    first = query.responses[0] if query.responses else None
    late = query.late_answer()
    question = query.open_question() if query.state not in ENDED_QUERY else None
    template = draft.template
    return {
        "query_id": query.query_id,
        "gap_uid": query.gap_uid,
        "chart_id": chart.chart_id,
        "n": query.n,
        "state": query.state,
        "phase": query.phase,
        "category": gap.content.category,
        "sensitivity": gap.content.sensitivity,
        "recipient_id": query.recipient.provider_id if query.recipient else None,
        "recipient_role": query.recipient.role if query.recipient else None,
        "copied": list(query.copied),
        "author_id": gap.author.user_id,
        "revised_by": query.revised_by,
        "approved_by": query.approved_by,
        "approval_reason": query.approval_reason,
        "release": draft.release,
        "held_reason": draft.held_reason,
        "held_detail": draft.detail,
        "verdict": draft.verdict,
        "ruleset": draft.ruleset,
        "findings": Jsonb([finding.model_dump(mode="json") for finding in draft.findings]),
        "template_id": template.id if template else None,
        "template_version": template.version if template else None,
        "template_hash": template.hash if template else None,
        "content_hash": draft.content_hash,
        "document": Jsonb(draft.document.model_dump(mode="json")) if draft.document else None,
        "response_id": response.response_id if response else None,
        "documentation_ref": query.documentation_ref,
        "outcome": query.outcome,
        "reason": query.reason,
        "expired": query.expired,
        "level": query.level,
        "due_at": gap.content.due_at,
        "created_at": query.created_at,
        "issued_at": query.issued_at,
        "delivered_at": query.delivered_at,
        "opened_at": query.opened_at,
        "answered_at": first.at if first and query.current else None,
        "closed_at": query.closed_at,
        "deferred_until": query.deferred_until,
        "question_at": question.at if question else None,
        "late_at": late.at if late else None,
        "late_decision": query.late_decision,
        "changed_at": query.changed_at,
    }


def queue_row(chart: Chart, service: str | None, query: Query) -> Row:
    """Return the row of `work_queue`: what the queue filters and sorts by. `service` is that of the visit now."""
    gap, document = chart.gaps[query.gap_uid], query.draft.document
    return {
        "query_id": query.query_id,
        "gap_uid": query.gap_uid,
        "chart_id": chart.chart_id,
        "sensitivity": gap.content.sensitivity,
        "state": query.state,
        "facility": chart.facts.facility,
        "service": service,
        "category": gap.content.category,
        "priority": PRIORITIES.index(gap.content.priority) + 1,
        "recipient_id": query.recipient.provider_id if query.recipient else None,
        "recipient_role": query.recipient.role if query.recipient else None,
        "author_id": gap.author.user_id,
        "title": document.title if document else None,
        "level": query.level,
        "expired": query.expired,
        "blocking": gap.blocking,
        "since": query.issued_at or query.created_at,
        "due_at": gap.content.due_at,
        "deferred_until": query.deferred_until,
        "reminded_at": query.reminded_at,
        "noted": gap.note is not None,
        "look_again_on": gap.note.look_again_on if gap.note else None,
    }


def response_rows(query: Query) -> list[Row]:
    """Return the rows of `responses`: every answer that was kept, the late ones too."""
    return [
        {
            "query_id": query.query_id,
            "source": item.source,
            "response_id": item.response_id,
            "provider_id": item.provider_id,
            "code": item.answer.code,
            "option_id": item.answer.option_id,
            "answer_text": item.answer.text,
            "documentation_ref": item.answer.documentation_ref,
            "method": item.method,
            "late": item.late,
            "amends": item.amends,
            "cosigned_by": item.cosigned_by,
            "cosigned_at": item.cosigned_at,
            "record_text": item.record_text,
            "at": item.at,
            "signed_at": item.signed_at,
        }
        for item in query.responses
    ]


def copy_rows(query: Query) -> list[Row]:
    """Return the rows of `copies`: who is asked beside the recipient. What is not so any more may stay there."""
    return [{"provider_id": one, "query_id": query.query_id} for one in query.copied]


def remark_rows(query: Query) -> list[Row]:
    """Return the rows of `remarks`: what people said to each other about the query, numbered in its order."""
    return [
        {"query_id": query.query_id, "n": n, **remark.model_dump()} for n, remark in enumerate(query.remarks, start=1)
    ]


def failed_check_row(change: Change) -> Row | None:
    """Return the row of `failed_checks` for a draft that the check did not pass, or None for every other change."""
    draft = change.draft
    if draft is None or change.transition not in ("held", "issued") or draft.verdict not in ("review", "block"):
        return None
    return {
        "query_id": change.query_id,
        "result_id": draft.result_id,
        "verdict": draft.verdict,
        "rules": sorted({finding.rule for finding in draft.findings if finding.severity != "warn"}),
    }


async def write_failed_checks(conn: Connection, changes: Iterable[Change]) -> None:
    """Keep what the check said of drafts that it did not pass; a later draft does not wipe it out."""
    rows = [row for change in changes if (row := failed_check_row(change))]
    await _put(conn, "failed_checks", ("query_id", "result_id"), rows)


async def write(conn: Connection, journal: Journal, heads: Mapping[str, str]) -> None:
    """Bring the tables up to date for everything that the journal touched."""
    touched = dict.fromkeys(change.chart_id for change in journal.changes)
    gaps = dict.fromkeys((c.chart_id, c.gap_uid) for c in journal.changes if c.gap_uid)
    queries = dict.fromkeys((c.chart_id, c.query_id) for c in journal.changes if c.query_id)
    # A new revision of a gap may be sensitive: what was asked for it before is then, too.
    queries |= dict.fromkeys(
        (chart_id, query.query_id)
        for chart_id, uid in gaps
        for query in journal.charts[chart_id].queries.values()
        if query.gap_uid == uid
    )
    await write_failed_checks(conn, journal.changes)
    await _write_rows(conn, journal, heads, list(touched), list(gaps), list(queries))
    await _write_queue(conn, journal, {query_id: chart_id for chart_id, query_id in queries} | _moved(journal))


async def rewrite(conn: Connection, journal: Journal, heads: Mapping[str, str]) -> None:
    """Bring the tables up to date for all that is on the journal's charts."""
    charts = list(journal.charts.values())
    gaps = [(chart.chart_id, uid) for chart in charts for uid in chart.gaps]
    queries = [(chart.chart_id, query_id) for chart in charts for query_id in chart.queries]
    await _write_rows(conn, journal, heads, list(journal.charts), gaps, queries)
    await _write_queue(conn, journal, {query_id: chart_id for chart_id, query_id in queries})


def _moved(journal: Journal) -> dict[UUID, str]:
    """Return the open queries, with their charts, of visits whose facts have changed: their service may be another."""
    changed = {c.chart_id for c in journal.changes if c.subject == "chart" and c.transition in FACTS}
    return {
        query_id: chart.chart_id
        for chart_id in changed
        for chart in journal.family(journal.charts[chart_id])
        for query_id, query in chart.queries.items()
        if query.state in OPEN_QUERY
    }


def _service(journal: Journal, chart: Chart) -> str | None:
    """Return the service of the visit that a chart belongs to now, as far as it is known here."""
    while chart.merged_into in journal.charts:
        chart = journal.charts[chart.merged_into]
    return chart.facts.service


async def _write_queue(conn: Connection, journal: Journal, homes: Mapping[UUID, str]) -> None:
    open_ones, ended = [], []
    for query_id, chart_id in homes.items():
        chart = journal.charts[chart_id]
        query = chart.queries.get(query_id)
        if query is not None and query.state in OPEN_QUERY:
            open_ones.append(queue_row(chart, _service(journal, chart), query))
        elif query is not None:
            ended.append(query_id)
    await _put(conn, "work_queue", ("query_id",), open_ones)
    if ended:
        await conn.execute("DELETE FROM work_queue WHERE query_id = ANY (%s)", (ended,))


async def _write_rows(
    conn: Connection,
    journal: Journal,
    heads: Mapping[str, str],
    chart_ids: list[str],
    gap_keys: list[tuple[str, UUID]],
    query_keys: list[tuple[str, UUID]],
) -> None:
    charts = [journal.charts[chart_id] for chart_id in chart_ids]
    gaps = [gap_row(c, c.gaps[uid]) for c, uid in _on(journal, gap_keys) if uid in c.gaps]
    queries = [c.queries[q] for c, q in _on(journal, query_keys) if q in c.queries]
    rows = [query_row(journal.charts[_home(journal, query)], query) for query in queries]
    await _put(conn, "charts", ("chart_id",), [chart_row(c, heads[c.chart_id]) for c in charts])
    states = [{"chart_id": c.chart_id, "state": c.model_dump_json(exclude_unset=True)} for c in charts]
    await _put(conn, "chart_states", ("chart_id",), states)
    await _put(conn, "gaps", ("gap_uid",), gaps)
    await _put(conn, "queries", ("query_id",), rows)
    answers = [row for query in queries for row in response_rows(query)]
    await _put(conn, "responses", ("query_id", "source", "response_id"), answers)
    await _put(conn, "copies", ("provider_id", "query_id"), [row for query in queries for row in copy_rows(query)])
    await _put(conn, "remarks", ("query_id", "n"), [row for query in queries for row in remark_rows(query)])


def _on(journal: Journal, keys: list[tuple[str, UUID]]) -> list[tuple[Chart, UUID]]:
    return [(journal.charts[chart_id], uid) for chart_id, uid in keys]


def _home(journal: Journal, query: Query) -> str:
    return next(c.chart_id for c in journal.charts.values() if query.query_id in c.queries)


async def _put(conn: Connection, table: str, key: tuple[str, ...], rows: list[Row]) -> None:
    if not rows:
        return
    statement = _upsert(table, key, rows[0])
    if table == "charts":
        statement += ", changed_at = now()"
    async with conn.cursor() as cursor:
        await cursor.executemany(statement, rows)
