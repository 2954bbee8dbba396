"""Answers, cosigning, documentation and the outcome. The first authenticated answer wins; later ones are kept."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from schemas.check import CheckOption
from schemas.responses import Answer
from schemas.vocabulary import AnswerCode, LateDecision, OptionKind, Outcome, RecipientRole
from services.tracker import record
from services.tracker.decisions.requesting import request
from services.tracker.holds import settle
from services.tracker.journal import Journal
from services.tracker.lifecycle import ANSWERED_QUERY, ENDED_QUERY, WAITING_QUERY, NotAllowed
from services.tracker.model import Query, Response
from services.tracker.record import Signature

Submitted = Literal["accepted", "amended", "late", "seen"]

CODE_OF_KIND: dict[OptionKind, AnswerCode] = {
    "clinical": "OPTION_SELECTED",
    "yes": "OPTION_SELECTED",
    "no": "OPTION_SELECTED",
    "other": "OTHER_TEXT",
    "undetermined": "UNABLE_TO_DETERMINE",
    "not_significant": "NOT_CLINICALLY_SIGNIFICANT",
    "integral": "INTEGRAL_TO",
    "ruled_out": "RULED_OUT",
}


def entitled(query: Query, provider_id: str, covers: frozenset[str]) -> bool:
    """Whether a provider may answer: addressed, copied, or covering for one who is (R-28)."""
    asked = {query.recipient.provider_id if query.recipient else "", *query.copied}
    return bool(asked & ({provider_id} | covers))


def submit(
    journal: Journal, chart_id: str, query_id: UUID, response: Response, covers: frozenset[str] = frozenset()
) -> Submitted:
    """Take an answer.

    Returns `accepted` for the first, `amended` for a change by the same provider before the outcome, `late` for what
    is kept without effect, `seen` for a repetition.

    Raises:
        NotAllowed: if the query was never issued, the provider is not asked, the answer does not fit the question, or
            its id was used for another answer: that one would be lost as a repetition.
    """
    query = journal.query(chart_id, query_id)
    if _was_given(query, response):
        return "seen"
    if query.issued_at is None:
        raise NotAllowed("not_issued: this query was not issued, so nobody can have answered it.")
    if not entitled(query, response.provider_id, covers):
        raise NotAllowed("not_entitled: this query is not addressed to the person who signed.")
    if response.amends is not None and all(r.response_id != response.amends for r in query.responses):
        raise NotAllowed("unknown_response: there is no such answer to amend.")
    _must_fit(query, response.answer)
    outcome = _place_response(journal, chart_id, query, response)
    settle(journal)
    return outcome


def take_spoken(
    journal: Journal, chart_id: str, query_id: UUID, response: Response, covers: frozenset[str] = frozenset()
) -> None:
    """Take an answer that a provider gave by word of mouth to this query's own words, as `noted_by` wrote it down.

    It waits for its entry in the record whatever the policy says: what was only said is not documented (R-25).

    Raises:
        NotAllowed: if the query waits for no answer, or the talk was before its issue, lies ahead, or is too long ago.
    """
    query = journal.query(chart_id, query_id)
    if query.state not in WAITING_QUERY or query.issued_at is None:
        raise NotAllowed("The query waits for no answer any more; reload to see where it stands.")
    # People name a talk to the minute.
    if not query.issued_at.replace(second=0, microsecond=0) <= response.signed_at <= journal.now:
        raise NotAllowed("The talk must have been after the query was issued, and not ahead.")
    if journal.now - response.signed_at > journal.policy.spoken_within:
        hours = round(journal.policy.spoken_within.total_seconds() / 3600)
        raise NotAllowed(f"A talk is written down within {hours} hours; ask again, or wait for the written answer.")
    submit(journal, chart_id, query_id, response, covers)


def _was_given(query: Query, response: Response) -> bool:
    same = [
        item for item in query.responses if (item.response_id, item.source) == (response.response_id, response.source)
    ]
    if any(_said(item) != _said(response) for item in same):
        raise NotAllowed("conflicting_response: this response id was used for another answer.")
    return bool(same)


def _said(response: Response) -> tuple[str, Answer, str | None]:
    return response.provider_id, response.answer, response.amends


def _place_response(journal: Journal, chart_id: str, query: Query, response: Response) -> Submitted:
    if response.noted_by is None:
        # What was only said is signed by nobody: the entry in the record is the provider's own.
        response = response.model_copy(update={"record_text": _record_text(journal, chart_id, query, response)})
    if query.state in WAITING_QUERY:
        actor = response.noted_by or response.provider_id
        journal.note_query("answered", chart_id, query, actor, response=response)
        _after_answer(journal, chart_id, query.query_id)
        return "accepted"
    current = query.response()
    amends = response.amends is not None and current is not None
    if amends and query.state in ANSWERED_QUERY and current and current.provider_id == response.provider_id:
        journal.note_query("amended", chart_id, query, response.provider_id, response=response)
        _after_answer(journal, chart_id, query.query_id)
        return "amended"
    late = response.model_copy(update={"late": True})
    journal.note_query("answered_late", chart_id, query, response.provider_id, response=late)
    root = journal.root(chart_id)
    if root.status == "finalized":
        journal.note(
            "chart", "late_response", root.chart_id, response.provider_id, query_id=query.query_id, response=late
        )
    return "late"


def _record_text(journal: Journal, chart_id: str, query: Query, response: Response) -> str:
    """Return what goes into the record: the lines that were shown before signing, with the signatures in place."""
    name = journal.situation.directory.name
    cosigner = Signature(name(response.cosigned_by), response.cosigned_at) if response.cosigned_by else None
    amended = next((item.signed_at for item in query.responses if item.response_id == response.amends), None)
    parts = record.lines(
        query.draft.document,
        response.answer,
        Signature(name(response.provider_id), response.signed_at),
        zone=journal.policy.zone_of(journal.charts[chart_id].facts.facility),
        cosigned=cosigner,
        replaces=amended,
    )
    return record.text(parts)


def _must_fit(query: Query, answer: Answer) -> None:
    """An answer must belong to the question that was asked: its options, or free text where there are none."""
    document = query.draft.document
    options = {option.id: option for option in document.options} if document else {}
    if answer.option_id is not None:
        option = options.get(answer.option_id)
        if option is None:
            raise NotAllowed("unknown_option: the query has no such option.")
        if CODE_OF_KIND[option.kind] != answer.code:
            raise NotAllowed(f"wrong_code: this option is answered with {CODE_OF_KIND[option.kind]}.")
        if needs_words(option) and not (answer.text or "").strip():
            raise NotAllowed("words_missing: this option asks to specify; send the words as `text`.")
    elif answer.code in ("NOT_CLINICALLY_SIGNIFICANT", "INTEGRAL_TO", "RULED_OUT") and options:
        raise NotAllowed("option_missing: name the option that was chosen.")
    elif answer.code == "FREE_TEXT" and options:
        raise NotAllowed("option_missing: this query is answered by one of its options; 'Other' takes text.")


def needs_words(option: CheckOption) -> bool:
    """Whether an option is an unfinished sentence without the provider's own words."""
    return "specify" in option.text.casefold()


def _after_answer(journal: Journal, chart_id: str, query_id: UUID) -> None:
    query = journal.query(chart_id, query_id)
    response = query.response()
    role = query.recipient.role if query.recipient else None
    if role in journal.policy.cosign_roles:
        attending = journal.charts[chart_id].facts.attending_id
        journal.note_query("cosign_requested", chart_id, query, "system", copied=(attending,) if attending else ())
    elif _needs_entry(journal, query):
        journal.note_query("documentation_requested", chart_id, query, "system", response=response)


def _needs_entry(journal: Journal, query: Query) -> bool:
    response = query.response()
    has_reference = query.documentation_ref or (response and response.answer.documentation_ref)
    spoken = response is not None and response.noted_by is not None
    return (journal.policy.documentation_required or spoken) and not has_reference


def awaiting_cosign(journal: Journal, query: Query, provider_id: str, role: RecipientRole) -> Response:
    """Return the answer that this provider may cosign.

    Raises:
        NotAllowed: where nothing waits, the answer is the provider's own, or policy does not let the role cosign.
    """
    response = query.response()
    if query.state != "awaiting_cosign" or response is None:
        raise NotAllowed("Nothing waits for a cosigner here.")
    if response.provider_id == provider_id:
        raise NotAllowed("Nobody cosigns an answer of their own.")
    if role not in journal.policy.cosigner_roles:
        raise NotAllowed("Policy does not let this role cosign.")
    return response


def cosign(
    journal: Journal,
    chart_id: str,
    query_id: UUID,
    provider_id: str,
    role: RecipientRole,
    read: str | None = None,
) -> None:
    """Cosign an answer; `read` is the id of the answer that was read. Raises `NotAllowed` as `awaiting_cosign` does."""
    query = journal.query(chart_id, query_id)
    response = awaiting_cosign(journal, query, provider_id, role)
    if read is not None and read != response.response_id:
        raise NotAllowed("The answer was changed since you read it; reload and read it again.")
    signed = response.model_copy(update={"cosigned_by": provider_id, "cosigned_at": journal.now})
    signed = signed.model_copy(update={"record_text": _record_text(journal, chart_id, query, signed)})
    step = "documentation_requested" if _needs_entry(journal, query) else "review_begun"
    journal.note_query(step, chart_id, query, provider_id, response=signed)
    settle(journal)


def documented(journal: Journal, chart_id: str, query_id: UUID, reference: str, actor: str) -> bool:
    """Note the entry of the record that documents an answer. Returns False where the query is not known here."""
    query = journal.charts[chart_id].queries.get(query_id)
    if query is None:
        return False
    if query.state in (*WAITING_QUERY, *ANSWERED_QUERY):
        journal.note_query("documented", chart_id, query, actor, documentation_ref=reference)
        if query.state == "awaiting_documentation":
            journal.note_query("review_begun", chart_id, query, actor)
    settle(journal)
    return True


def begin_review(journal: Journal, chart_id: str, query_id: UUID, actor: str) -> None:
    """Note that a reviewer looks at the answer."""
    query = journal.query(chart_id, query_id)
    if query.state != "answered":
        raise NotAllowed("Only an answer that waits for nothing else can be reviewed.")
    journal.note_query("review_begun", chart_id, query, actor)


def set_outcome(
    journal: Journal, chart_id: str, query_id: UUID, outcome: Outcome, actor: str, reason: str | None
) -> None:
    """Close a query with its outcome; an outcome that needs a follow-up leaves the gap open and asks again."""
    query = journal.query(chart_id, query_id)
    if query.state in ENDED_QUERY:
        raise NotAllowed(f"The query is {query.state} already.")
    if query.state not in ("answered", "under_review"):
        raise NotAllowed(f"The query is {query.state}: an outcome needs a complete answer.")
    if outcome == "NO_RESPONSE_CLOSED":
        raise NotAllowed("This query was answered; NO_RESPONSE_CLOSED is for queries that were not.")
    journal.note_query("closed", chart_id, query, actor, outcome=outcome, reason=reason)
    gap = journal.charts[chart_id].gaps[query.gap_uid]
    if gap.query_id == query_id and gap.state == "queried":
        if outcome in journal.policy.follow_up_outcomes:
            request(journal, chart_id, gap.uid, actor)
        else:
            journal.note("gap", "resolved", chart_id, actor, gap_uid=gap.uid, reason=outcome)
    settle(journal)


def settle_late(
    journal: Journal, chart_id: str, query_id: UUID, decision: LateDecision, actor: str, reason: str | None
) -> None:
    """Note what an answer changes that came after its query had ended. Raises `NotAllowed` where there is none."""
    query = journal.query(chart_id, query_id)
    if query.late_answer() is None:
        raise NotAllowed("No late answer waits for a decision here.")
    journal.note_query("late_settled", chart_id, query, actor, late_decision=decision, reason=reason)
