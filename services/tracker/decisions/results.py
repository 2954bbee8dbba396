"""What the query builder answered. A result counts only for the gap's current request, and the first one counts."""

from __future__ import annotations

from typing import Literal

from schemas.queries import QueryHeld, QueryIssued, RecipientRule, document_hash
from schemas.vocabulary import RecipientRole
from services.tracker.decisions.following import catch_up
from services.tracker.decisions.requesting import facts_of, request
from services.tracker.holds import settle
from services.tracker.journal import Journal
from services.tracker.model import Draft, Gap, Recipient, Request
from services.tracker.recipients import chosen, resolve

Applied = Literal["issued", "held", "asked_again", "seen", "stale", "anomaly"]
BUILDER = "query-builder"


def apply_result(journal: Journal, chart_id: str, result: QueryIssued | QueryHeld) -> Applied:
    """Take a result: the gap becomes queried or held. Only the first for the current request changes anything.

    Where the template's rule leads to somebody in another role, the text is asked for again for that role.
    """
    gap = journal.charts[chart_id].gaps.get(result.gap_uid)
    if gap is None:
        return "stale"
    asked = gap.request
    if asked is None or asked.request_id != result.request_id:
        return _not_current(journal, chart_id, result)
    rule = asked.rule if asked.draft is not None else result.recipients
    recipient = _by_rule(journal, chart_id, gap, asked, rule)
    if _role(recipient) != _role(asked.recipient):
        request(journal, chart_id, gap.uid, BUILDER, recipient=recipient, rule=rule)
        settle(journal)
        return "asked_again"
    asked = asked.model_copy(update={"recipient": recipient, "rule": rule})
    if isinstance(result, QueryIssued) and not _may_be_issued(journal, result, asked):
        return _anomaly(journal, chart_id, result)
    outcome = _take(journal, chart_id, gap, asked, result)
    settle(journal)
    return outcome


def _by_rule(journal: Journal, chart_id: str, gap: Gap, asked: Request, rule: RecipientRule | None) -> Recipient | None:
    """Return whom to ask now that the template's rule is known; whom somebody named stays."""
    if asked.draft is not None or rule is None or chosen(asked.recipient) is not None:
        return asked.recipient
    return resolve(gap.content, facts_of(journal, chart_id), journal.situation.directory, rule)


def _role(recipient: Recipient | None) -> RecipientRole | None:
    return recipient.role if recipient is not None else None


def _may_be_issued(journal: Journal, result: QueryIssued, asked: Request) -> bool:
    """The builder's word is not enough: a text is issued only if it passed and may be released, or was approved.

    Whoever can write to the topic can claim a verdict, so a text that the check blocks here is never shown.
    """
    if asked.recipient is None or result.verdict == "block" or result.query_id != asked.query_id:
        return False
    if (
        result.content_hash != document_hash(result.document)
        or journal.situation.judge(result.document).verdict == "block"
    ):
        return False
    if asked.approval is not None:
        return result.content_hash == asked.approval.draft_hash
    return result.verdict == "pass" and asked.release == "automatic"


def _take(
    journal: Journal, chart_id: str, gap: Gap, asked: Request, result: QueryIssued | QueryHeld
) -> Literal["issued", "held"]:
    issued = isinstance(result, QueryIssued)
    journal.note(
        "query",
        "issued" if issued else "held",
        chart_id,
        BUILDER,
        query_id=asked.query_id,
        gap_uid=gap.uid,
        draft=_draft(result, asked.rule),
        phase=asked.phase,
        recipient=asked.recipient,
    )
    journal.note("gap", "queried" if issued else "held", chart_id, BUILDER, gap_uid=gap.uid, query_id=asked.query_id)
    catch_up(journal, chart_id, BUILDER)
    return "issued" if issued else "held"


def _draft(result: QueryIssued | QueryHeld, rule: RecipientRule | None = None) -> Draft:
    held = result if isinstance(result, QueryHeld) else None
    return Draft(
        result_id=result.result_id,
        request_id=result.request_id,
        document=result.document,
        content_hash=result.content_hash,
        template=result.template,
        rule=rule,
        ruleset=result.ruleset,
        verdict=result.verdict,
        findings=result.findings,
        release=result.release,
        held_reason=held.reason if held else None,
        detail=held.detail if held else None,
    )


def _not_current(journal: Journal, chart_id: str, result: QueryIssued | QueryHeld) -> Applied:
    query = journal.charts[chart_id].queries.get(result.query_id)
    if query is None or query.draft.request_id != result.request_id:
        return "stale"
    if query.draft.content_hash == result.content_hash:
        return "seen"
    return _anomaly(journal, chart_id, result)


def _anomaly(journal: Journal, chart_id: str, result: QueryIssued | QueryHeld) -> Applied:
    known = result.query_id in journal.charts[chart_id].queries
    journal.note(
        "query" if known else "gap",
        "anomaly",
        chart_id,
        BUILDER,
        query_id=result.query_id,
        gap_uid=result.gap_uid,
        draft=_draft(result),
    )
    return "anomaly"
