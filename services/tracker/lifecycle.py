"""The lifecycle of gaps, queries and charts: one table each, and the fold of changes into a chart.

Gap:   accepted -> requested -> queried | held -> resolved | withdrawn | dismissed | duplicate
Query: held -> issued -> delivered -> opened -> answered -> (awaiting_cosign | awaiting_documentation | under_review)
       -> closed | withdrawn | superseded | auto_resolved
Chart: clear | holding -> ready -> finalized; merged

Pure: no I/O, no clock. `evolve` refuses what the tables do not allow; `docs/lifecycle.md` is generated from them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from services.tracker.changes import Change
from services.tracker.model import Chart, EncounterFacts, Gap, Query

ANY_CHART = ("clear", "holding", "ready", "finalized", "merged")
BIRTH = "(new)"
SAME = "(same)"

OPEN_GAP = ("accepted", "requested", "queried", "held")
ENDED_GAP = ("resolved", "withdrawn", "dismissed", "duplicate")
WAITING_QUERY = ("issued", "delivered", "opened")
ANSWERED_QUERY = ("answered", "awaiting_cosign", "awaiting_documentation", "under_review")
OPEN_QUERY = ("held", *WAITING_QUERY, *ANSWERED_QUERY)
ENDED_QUERY = ("closed", "withdrawn", "superseded", "auto_resolved")


class NotAllowed(Exception):
    """The lifecycle does not allow this now. The text says what stands in the way; it never quotes the chart."""


@dataclass(frozen=True, slots=True)
class Edge:
    """One edge: from any of `sources` to `target`, and what triggers it."""

    transition: str
    sources: tuple[str, ...]
    target: str
    triggers: str


def _table(*edges: Edge) -> dict[str, Edge]:
    return {edge.transition: edge for edge in edges}


GAP_EDGES = _table(
    Edge("registered", (BIRTH,), "accepted", "gap.raised"),
    Edge("revised", (*OPEN_GAP, *ENDED_GAP), SAME, "gap.raised, later and with other content"),
    Edge("raised_again", (*OPEN_GAP, *ENDED_GAP), SAME, "gap.raised, later and with the same content"),
    Edge("older_kept", (*OPEN_GAP, *ENDED_GAP), SAME, "gap.raised, older than what is known or than a withdrawal"),
    Edge("reopened", ("resolved", "withdrawn", "dismissed"), "accepted", "revision of an ended gap"),
    Edge(
        "requested",
        OPEN_GAP,
        "requested",
        "register, revise, approve, redirect, follow-up, new recipient, template",
    ),
    Edge("repeated", ("requested",), SAME, "no result in time"),
    Edge("queried", ("requested",), "queried", "query.issued"),
    Edge("held", ("requested", "queried"), "held", "query.held; worse verdict for a new recipient"),
    Edge("resolved", OPEN_GAP, "resolved", "outcome; documentation appeared; finalized unanswered"),
    Edge("withdrawn", (*OPEN_GAP, "duplicate"), "withdrawn", "gap.withdrawn; query withdrawn by a person"),
    Edge("dismissed", (*OPEN_GAP, "duplicate"), "dismissed", "draft rejected; finalized unanswered before issue"),
    Edge(
        "duplicate",
        (*OPEN_GAP, "duplicate"),
        "duplicate",
        "the same question is already open on the visit; its original became a duplicate",
    ),
    Edge("promoted", ("duplicate",), "accepted", "the original ended unanswered or asks something else"),
    Edge("watched", OPEN_GAP, SAME, "a colleague leaves a note on it"),
    Edge("unwatched", (*OPEN_GAP, *ENDED_GAP), SAME, "the note is taken off"),
    Edge("anomaly", OPEN_GAP, SAME, "a first query.issued that may not be issued"),
)

QUERY_EDGES = _table(
    Edge("held", (BIRTH, "held"), "held", "query.held"),
    Edge("issued", (BIRTH, "held"), "issued", "query.issued"),
    Edge("draft_revised", ("held",), SAME, "a person edits the held text"),
    Edge("draft_approved", ("held",), SAME, "a second person approves exactly this text"),
    Edge("delivered", ("issued",), "delivered", "notification.sent"),
    Edge("opened", ("issued", "delivered"), "opened", "the provider opens it"),
    Edge("answered", WAITING_QUERY, "answered", "first authenticated answer"),
    Edge("cosign_requested", ("answered",), "awaiting_cosign", "policy: this role needs a cosigner"),
    Edge("documentation_requested", ("answered", "awaiting_cosign"), "awaiting_documentation", "policy: entry needed"),
    Edge(
        "review_begun",
        ("answered", "awaiting_cosign", "awaiting_documentation"),
        "under_review",
        "cosigned; entry made; reviewer",
    ),
    Edge("amended", ANSWERED_QUERY, "answered", "the same provider amends before the outcome"),
    Edge("documented", (*WAITING_QUERY, *ANSWERED_QUERY), SAME, "documentation.appeared for the query"),
    Edge(
        "closed",
        (*WAITING_QUERY, "answered", "under_review", "awaiting_cosign", "awaiting_documentation"),
        "closed",
        "outcome by a coder or CDI specialist; finalized unanswered",
    ),
    Edge("withdrawn", OPEN_QUERY, "withdrawn", "gap withdrawn, draft rejected, withdrawn by a person"),
    Edge("superseded", OPEN_QUERY, "superseded", "a later revision of the gap"),
    Edge("auto_resolved", ("held", *WAITING_QUERY), "auto_resolved", "documentation appeared"),
    Edge("redirected", ("held", *WAITING_QUERY), SAME, "another recipient"),
    Edge("attending_changed", WAITING_QUERY, SAME, "encounter.updated"),
    Edge("rehold", WAITING_QUERY, "held", "worse verdict for the new recipient's role"),
    Edge("deferred", WAITING_QUERY, SAME, "the provider asks to be reminded later"),
    Edge("resumed", WAITING_QUERY, SAME, "the deferral is over"),
    Edge("reminded", WAITING_QUERY, SAME, "a coder or CDI specialist asks for a reminder"),
    Edge("phase_changed", WAITING_QUERY, SAME, "discharge, cancelled discharge, billing"),
    Edge("escalated", WAITING_QUERY, SAME, "escalation step of the ladder"),
    Edge("expired", WAITING_QUERY, SAME, "end of the ladder; ends nothing"),
    Edge("answered_late", (*OPEN_QUERY, *ENDED_QUERY), SAME, "an answer after the first or after the end"),
    Edge("questioned", (*WAITING_QUERY, *ANSWERED_QUERY), SAME, "the provider asks the author something"),
    Edge("replied", (*WAITING_QUERY, *ANSWERED_QUERY), SAME, "the author replies; the check passed the reply"),
    Edge("sent_back", ("awaiting_cosign",), SAME, "the cosigner asks the signer to look again"),
    Edge("late_settled", ENDED_QUERY, SAME, "a coder decides what an answer after the end changes"),
    Edge("anomaly", (*OPEN_QUERY, *ENDED_QUERY), SAME, "a second result with another hash; one that may not be issued"),
)

CHART_EDGES = _table(
    Edge("opened", (BIRTH,), "clear", "first event that names the encounter"),
    Edge("facts_changed", ANY_CHART, SAME, "encounter.updated, gap.raised"),
    Edge("withdrawal_parked", ANY_CHART, SAME, "gap.withdrawn before its gap"),
    Edge("documentation_kept", ANY_CHART, SAME, "documentation.appeared"),
    Edge("hold_placed", ("clear", "holding", "ready"), "holding", "a blocking gap is open"),
    Edge("hold_released", ("holding",), "holding", "one of several blocking gaps ended"),
    Edge("cleared", ("holding",), "clear", "no blocking gap is open"),
    Edge("unready", ("ready",), "clear", "cancelled discharge"),
    Edge("ready", ("clear",), "ready", "visit ended and nothing open"),
    Edge("finalized", ("ready",), "finalized", "a coder or CDI specialist finalizes"),
    Edge("reopened", ("finalized",), "clear", "new gap, cancelled discharge"),
    Edge("late_response", ("finalized",), SAME, "an answer after finalizing"),
    Edge("merged", ("clear", "holding", "ready", "finalized"), "merged", "visit merge"),
    Edge("member_joined", ("clear", "holding", "ready", "finalized"), SAME, "another visit was merged into this one"),
)

TABLES = {"gap": GAP_EDGES, "query": QUERY_EDGES, "chart": CHART_EDGES}


def allowed(subject: str, transition: str, state: str) -> bool:
    """Whether the table of `subject` has an edge `transition` out of `state`."""
    return state in TABLES[subject][transition].sources


def _target(change: Change, state: str) -> str:
    edge = TABLES[change.subject][change.transition]
    if state not in edge.sources:
        raise NotAllowed(
            f"{change.subject} is {state}: '{change.transition}' is possible from {', '.join(edge.sources)}"
        )
    return state if edge.target == SAME else edge.target


def evolve(chart: Chart | None, change: Change) -> Chart:
    """Return the chart after `change`.

    Raises:
        NotAllowed: if the change's transition has no edge out of the current state.
    """
    if change.subject == "chart":
        after = _evolve_chart(chart, change)
    else:
        assert chart is not None, "a chart is opened before anything happens on it"
        after = _evolve_gap(chart, change) if change.subject == "gap" else _evolve_query(chart, change)
    return after.model_copy(update={"sequence": after.sequence + 1})


def fold(changes: Iterable[Change]) -> Chart:
    """Return the chart that a whole event log gives."""
    chart: Chart | None = None
    for change in changes:
        chart = evolve(chart, change)
    assert chart is not None, "an event log is never empty"
    return chart


def _evolve_gap(chart: Chart, change: Change) -> Chart:
    assert change.gap_uid is not None
    known = chart.gaps.get(change.gap_uid)
    state = _target(change, known.state if known else BIRTH)
    gap = _new_gap(change) if known is None else known.model_copy(update=_gap_update(known, change))
    gap = gap.model_copy(update={"state": state, "changed_at": change.at})
    return chart.model_copy(update={"gaps": {**chart.gaps, gap.uid: gap}})


def _new_gap(change: Change) -> Gap:
    assert change.gap_uid and change.content and change.digest and change.author
    return Gap(
        uid=change.gap_uid,
        source=change.author.source,
        state="accepted",
        content=change.content,
        digest=change.digest,
        author=change.author,
        blocking=bool(change.blocking),
        registered_at=change.at,
        changed_at=change.at,
    )


def _revised(_: Gap, change: Change) -> dict[str, Any]:
    return {
        "content": change.content,
        "digest": change.digest,
        "author": change.author,
        "blocking": change.blocking,
        "older": 0,
    }


def _requested(gap: Gap, change: Change) -> dict[str, Any]:
    assert change.request
    return {
        "request": change.request,
        "attempts": 1,
        "query_id": change.request.query_id,
        "queries": max(gap.queries, change.request.n),
    }


GAP_UPDATES: dict[str, Callable[[Gap, Change], dict[str, Any]]] = {
    "revised": _revised,
    "raised_again": lambda _, change: {"content": change.content},
    "older_kept": lambda gap, _: {"older": gap.older + 1},
    "anomaly": lambda _, __: {},
    "requested": _requested,
    "repeated": lambda gap, _: {"attempts": gap.attempts + 1},
    "queried": lambda _, __: {"request": None},
    "held": lambda _, __: {"request": None},
    "duplicate": lambda _, change: {"original": change.original, "request": None},
    "promoted": lambda _, __: {"original": None},
    "reopened": lambda _, __: {"original": None, "request": None, "reason": None},
    "watched": lambda _, change: {"note": change.note},
    "unwatched": lambda _, __: {"note": None},
}


def _gap_update(gap: Gap, change: Change) -> dict[str, Any]:
    update = GAP_UPDATES.get(change.transition, _ended)
    return update(gap, change)


def _ended(_: Gap, change: Change) -> dict[str, Any]:
    return {"reason": change.reason, "request": None}


def _evolve_query(chart: Chart, change: Change) -> Chart:
    assert change.query_id is not None
    known = chart.queries.get(change.query_id)
    state = _target(change, known.state if known else BIRTH)
    if change.transition == "anomaly":
        return chart
    query = _new_query(chart, change) if known is None else known.model_copy(update=_query_update(known, change))
    closed_at = query.closed_at or (change.at if state in ENDED_QUERY else None)
    made_anew = _made_anew(chart, change)
    query = query.model_copy(update={"state": state, "changed_at": change.at, "closed_at": closed_at, **made_anew})
    return chart.model_copy(update={"queries": {**chart.queries, query.query_id: query}})


def _made_anew(chart: Chart, change: Change) -> dict[str, Any]:
    """A text that the builder composed itself is nobody's edit, whatever stood there before."""
    asked = chart.gaps[change.gap_uid].request if change.gap_uid and change.draft else None
    composed = change.transition in ("issued", "held") and asked is not None and asked.draft is None
    return {"edited": False, "revised_by": None} if composed else {}


def _new_query(chart: Chart, change: Change) -> Query:
    assert change.query_id and change.gap_uid and change.draft and change.phase
    return Query(
        query_id=change.query_id,
        gap_uid=change.gap_uid,
        n=chart.gaps[change.gap_uid].queries,
        state="held",
        draft=change.draft,
        phase=change.phase,
        recipient=change.recipient,
        issued_at=change.at if change.transition == "issued" else None,
        created_at=change.at,
        changed_at=change.at,
    )


def _held(_: Query, change: Change) -> dict[str, Any]:
    unapproved = {"approved_by": None, "approval_reason": None}
    return {"draft": change.draft, "phase": change.phase, "recipient": change.recipient, **unapproved}


def _with_response(query: Query, change: Change) -> dict[str, Any]:
    assert change.response
    return {"responses": (*query.responses, change.response), "current": change.response.response_id}


def _redirected(_: Query, change: Change) -> dict[str, Any]:
    return {
        "recipient": change.recipient,
        "copied": change.copied,
        "delivered_at": None,
        "deferred_until": None,
        "level": 0,
    }


def _escalated(query: Query, change: Change) -> dict[str, Any]:
    copied = tuple(dict.fromkeys((*query.copied, *change.copied)))
    return {"level": max(query.level, change.level or 0), "copied": copied}


def _late(query: Query, change: Change) -> dict[str, Any]:
    return {"responses": (*query.responses, change.response)}


def _remarked(query: Query, change: Change) -> dict[str, Any]:
    assert change.remark
    return {"remarks": (*query.remarks, change.remark)}


def _cosigned(query: Query, change: Change) -> dict[str, Any]:
    if change.response is None:
        return {}
    return {
        "responses": tuple(change.response if r is query.response() else r for r in query.responses),
    }


QUERY_UPDATES: dict[str, Callable[[Query, Change], dict[str, Any]]] = {
    "held": _held,
    "issued": lambda _, c: {"draft": c.draft, "phase": c.phase, "recipient": c.recipient, "issued_at": c.at},
    "draft_revised": lambda _, c: {"revised_by": c.actor, "edited": True, "approved_by": None},
    "draft_approved": lambda _, c: {"approved_by": c.actor, "approval_reason": c.reason},
    "delivered": lambda _, c: {"delivered_at": c.at},
    "opened": lambda _, c: {"opened_at": c.at},
    "answered": _with_response,
    "amended": _with_response,
    "answered_late": _late,
    "late_settled": lambda _, c: {"late_settled_at": c.at, "late_decision": c.late_decision},
    "cosign_requested": lambda query, change: {"copied": tuple(dict.fromkeys((*query.copied, *change.copied)))},
    "documentation_requested": _cosigned,
    "review_begun": _cosigned,
    "documented": lambda _, c: {"documentation_ref": c.documentation_ref},
    "closed": lambda _, c: {"outcome": c.outcome, "reason": c.reason},
    "redirected": _redirected,
    "attending_changed": _redirected,
    "rehold": lambda q, c: {"draft": c.draft},
    "deferred": lambda _, c: {"deferred_until": c.until},
    "resumed": lambda _, __: {"deferred_until": None},
    "reminded": lambda _, c: {"reminded_at": c.at},
    "phase_changed": lambda _, c: {"phase": c.phase},
    "escalated": _escalated,
    "expired": lambda _, __: {"expired": True},
    "questioned": _remarked,
    "replied": _remarked,
    "sent_back": _remarked,
}


def _query_update(query: Query, change: Change) -> dict[str, Any]:
    update = QUERY_UPDATES.get(change.transition)
    return update(query, change) if update else {"reason": change.reason}


def _evolve_chart(chart: Chart | None, change: Change) -> Chart:
    status = _target(change, chart.status if chart else BIRTH)
    if chart is None:
        assert change.facility and change.number
        return Chart(chart_id=change.chart_id, facts=EncounterFacts(facility=change.facility, number=change.number))
    return chart.model_copy(update={**_chart_update(chart, change), "status": status})


def _facts_changed(chart: Chart, change: Change) -> dict[str, Any]:
    update: dict[str, Any] = {}
    if change.facts:
        # Changes come back from the log as JSON: validation restores the types.
        merged = {**chart.facts.model_dump(), **change.facts}
        if change.occurred_at:
            merged["set_at"] = {**chart.facts.set_at, **dict.fromkeys(change.facts, change.occurred_at)}
        update["facts"] = EncounterFacts.model_validate(merged)
    if change.patient is not None:
        update |= {"patient": change.patient, "patient_at": change.occurred_at}
    return update


def _withdrawal_parked(chart: Chart, change: Change) -> dict[str, Any]:
    assert change.gap_uid and change.occurred_at
    return {"withdrawals": {**chart.withdrawals, change.gap_uid: change.occurred_at}}


def _documentation_kept(chart: Chart, change: Change) -> dict[str, Any]:
    assert change.occurred_at
    return {"documented": {**chart.documented, **dict.fromkeys(change.gap_uids, change.occurred_at)}}


CHART_UPDATES: dict[str, Callable[[Chart, Change], dict[str, Any]]] = {
    "facts_changed": _facts_changed,
    "withdrawal_parked": _withdrawal_parked,
    "documentation_kept": _documentation_kept,
    "hold_placed": lambda _, change: {"holding": change.gap_uids},
    "hold_released": lambda _, change: {"holding": change.gap_uids},
    "cleared": lambda _, __: {"holding": ()},
    "reopened": lambda _, __: {"holding": ()},
    "merged": lambda _, change: {
        "merged_into": change.other_chart,
        "merged_at": change.occurred_at,
        "holding": (),
    },
    "member_joined": lambda chart, change: {"members": (*chart.members, change.other_chart)},
}


def _chart_update(chart: Chart, change: Change) -> dict[str, Any]:
    update = CHART_UPDATES.get(change.transition)
    return update(chart, change) if update else {}
