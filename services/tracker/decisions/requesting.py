"""Asking the query builder: which number, for whom, as of when, and how the text may be released."""

from __future__ import annotations

from uuid import UUID

from schemas.check import QueryDocument
from schemas.gaps import QuestionBasis
from schemas.phases import phase
from schemas.queries import RecipientRule
from schemas.requests import Approval, QueryRequested
from schemas.vocabulary import Phase, Release
from services.tracker import ids
from services.tracker.journal import Journal
from services.tracker.lifecycle import OPEN_GAP
from services.tracker.model import Chart, EncounterFacts, Gap, Query, Recipient, Request
from services.tracker.recipients import chosen, resolve

Question = tuple[str, str, tuple[str, ...]]


def question(basis: QuestionBasis) -> Question:
    """Return what makes two gaps ask the same (R-37): category, axis, and concepts (else indicators or template)."""
    concepts = tuple(sorted(item.term.casefold().strip() for item in basis.concepts))
    about = concepts or tuple(sorted({item.loinc or item.name.casefold() for item in basis.indicators}))
    return basis.category, (basis.axis or "").casefold(), about or (basis.template_id or "",)


def facts_of(journal: Journal, chart_id: str) -> EncounterFacts:
    """Return the facts that count for a chart: those of the visit that it was merged into, if it was."""
    return journal.root(chart_id).facts


def phase_now(journal: Journal, facts: EncounterFacts) -> Phase:
    """Return the phase of an encounter at the time of the decision."""
    return phase(facts.started_at, facts.ended_at, facts.billed_at, journal.now)


def open_twin(journal: Journal, root: Chart, gap: Gap) -> Gap | None:
    """Return the oldest other open gap of the visit that asks the same question."""
    asked = question(gap.content)
    twins = [
        other
        for chart in journal.family(root)
        for other in chart.gaps.values()
        if other.uid != gap.uid and other.state in OPEN_GAP and question(other.content) == asked
    ]
    return min(twins, key=lambda other: (other.registered_at, other.uid), default=None)


def asked_before(journal: Journal, root: Chart, gap: Gap) -> bool:
    """Whether the same question was answered on this visit already (R-37)."""
    asked = question(gap.content)
    return any(
        query.current is not None and question(chart.gaps[query.gap_uid].content) == asked
        for chart in journal.family(root)
        for query in chart.queries.values()
    )


def release_for(gap: Gap, *, repeated: bool, edited: bool) -> Release:
    """Return how a text for this gap may be released once it has passed."""
    if repeated or edited:
        return "second_person"
    return "automatic" if gap.author.person or gap.author.automatic else "any_person"


def _next_number(gap: Gap, current: Query | None) -> int:
    """A text that was never issued is replaced under its number; anything else gets the next one."""
    replaces = current is None or (current.state == "held" and current.issued_at is None)
    return max(gap.queries, 1) if replaces else gap.queries + 1


def request(
    journal: Journal,
    chart_id: str,
    gap_uid: UUID,
    actor: str,
    *,
    recipient: Recipient | None = None,
    rule: RecipientRule | None = None,
    draft: QueryDocument | None = None,
    approval: Approval | None = None,
    edited: bool = False,
) -> None:
    """Note that the builder is asked for the text of a gap.

    `recipient` overrides whom the gap addresses; `rule` is what the builder has just said of whom to ask; `draft` is
    a text that a person revised or approved.
    """
    chart = journal.charts[chart_id]
    gap, root = chart.gaps[gap_uid], journal.root(chart_id)
    current = chart.query_of(gap)
    number = _next_number(gap, current)
    repeated = asked_before(journal, root, gap)
    facts = root.facts
    rule = rule or rule_of(chart, gap)
    journal.note(
        "gap",
        "requested",
        chart_id,
        actor,
        gap_uid=gap_uid,
        request=Request(
            request_id=ids.request_id(gap_uid, chart.sequence),
            query_id=ids.query_id(gap_uid, number),
            n=number,
            as_of=journal.now,
            phase=phase_now(journal, facts),
            release=release_for(gap, repeated=repeated, edited=edited),
            asked_before=repeated,
            recipient=recipient or resolve(gap.content, facts, journal.situation.directory, rule),
            rule=rule,
            encounter_started_at=facts.started_at,
            admission_order_at=facts.admission_order_at,
            zone=journal.policy.zone_of(facts.facility),
            draft=draft,
            draft_template=current.draft.template if draft and current else None,
            approval=approval,
        ),
    )


def rule_of(chart: Chart, gap: Gap) -> RecipientRule | None:
    """Return what the builder last said of whom a gap's template asks."""
    if gap.request is not None:
        return gap.request.rule
    query = chart.query_of(gap)
    return query.draft.rule if query is not None else None


def request_again(journal: Journal, chart: Chart, gap: Gap, actor: str) -> None:
    """Ask again for a held gap because something it depends on changed; a text that people edited is kept."""
    query = chart.query_of(gap)
    edited = bool(query and query.edited and query.draft.document)
    recipient = chosen(query.recipient) if query else None
    draft = _refreshed(journal, chart, query) if edited and query else None
    request(journal, chart.chart_id, gap.uid, actor, recipient=recipient, draft=draft, edited=edited)


def _refreshed(journal: Journal, chart: Chart, query: Query) -> QueryDocument | None:
    document = query.draft.document
    if document is None:
        return None
    update: dict[str, object] = {"phase": phase_now(journal, facts_of(journal, chart.chart_id))}
    if query.recipient:
        update["recipient_role"] = query.recipient.role
    return document.model_copy(update=update)


def wire_request(gap: Gap, chart_id: str) -> QueryRequested:
    """Return the event data for the gap's current request. Nothing of patient, codes or impact can be in it."""
    assert gap.request is not None
    asked = gap.request
    return QueryRequested(
        request_id=asked.request_id,
        query_id=asked.query_id,
        gap_uid=gap.uid,
        chart_id=chart_id,
        as_of=asked.as_of,
        phase=asked.phase,
        encounter_started_at=asked.encounter_started_at,
        admission_order_at=asked.admission_order_at,
        zone=asked.zone,
        recipient_role=asked.recipient.role if asked.recipient else None,
        release=asked.release,
        asked_before=asked.asked_before,
        basis=gap.content.basis(),
        draft=asked.draft,
        draft_template=asked.draft_template,
        approval=asked.approval,
    )
