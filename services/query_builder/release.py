"""Whether a checked text may go to the provider. The order of the questions is the order of the rules.

`block` is never released. A person's approval counts for exactly the text, the ruleset and the findings that it names.
"""

from __future__ import annotations

from typing import Any
from uuid import uuid5

from compliance import Knowledge, check
from schemas.check import CheckDocument, Finding, QueryDocument, Verdict
from schemas.queries import HeldReason, QueryHeld, QueryIssued, RecipientRule, document_hash
from schemas.requests import QueryRequested, TemplateRef

Problem = tuple[HeldReason, str]


def judge(
    request: QueryRequested,
    document: QueryDocument,
    template: TemplateRef | None,
    knowledge: Knowledge,
    problem: Problem | None = None,
    recipients: RecipientRule | None = None,
) -> QueryIssued | QueryHeld:
    """Check a text and issue or hold it. `problem` is a fault that composing found already."""
    verdict = check(CheckDocument(id=str(request.request_id), query=document), knowledge)
    content_hash = document_hash(document)
    found = _blocked(verdict) or problem or _obstacle(request, verdict, content_hash)
    shared: dict[str, Any] = {
        **_identity(request, content_hash),
        "template": template,
        "recipients": recipients,
        "ruleset": verdict.ruleset,
        "verdict": verdict.verdict,
        "findings": verdict.findings,
        "document": document,
    }
    if found is None:
        return QueryIssued(**shared)
    return QueryHeld(**shared, reason=found[0], detail=found[1])


def held(
    request: QueryRequested,
    ruleset: str,
    reason: HeldReason,
    detail: str,
    text: QueryDocument | None = None,
    recipients: RecipientRule | None = None,
) -> QueryHeld:
    """Hold a request for which no text could be composed, or whose `text` a person wrote before anybody was asked."""
    return QueryHeld(
        **_identity(request, document_hash(text)),
        template=request.draft_template if text else None,
        recipients=recipients,
        ruleset=ruleset,
        document=text,
        reason=reason,
        detail=detail,
    )


def _identity(request: QueryRequested, content_hash: str) -> dict[str, Any]:
    return {
        "result_id": uuid5(request.request_id, content_hash),
        "request_id": request.request_id,
        "query_id": request.query_id,
        "gap_uid": request.gap_uid,
        "chart_id": request.chart_id,
        "as_of": request.as_of,
        "release": request.release,
        "content_hash": content_hash,
    }


def _blocked(verdict: Verdict) -> Problem | None:
    if verdict.verdict != "block":
        return None
    return "blocked", f"the check blocks this text ({_rules(verdict.findings, 'block')}); revise it"


def _obstacle(request: QueryRequested, verdict: Verdict, content_hash: str) -> Problem | None:
    """Return what stands in the way of a text that is not blocked, or None."""
    if _is_approved(request, verdict, content_hash):
        return _unseen(request, verdict)
    if why := _why_second_person(request, verdict):
        return "needs_second_person", why
    if request.release == "any_person":
        return "needs_a_person", "the source of this gap is a machine; a person releases its questions"
    return None


def _why_second_person(request: QueryRequested, verdict: Verdict) -> str | None:
    """Return why only a second person may release this text. Text that came by hand is never released by itself."""
    if verdict.verdict == "review":
        return f"the check asks for a second person ({_rules(verdict.findings, 'review')})"
    if request.release == "second_person":
        return "a second person must approve this text"
    if request.draft is not None and request.release == "automatic":
        return "a text that was edited by hand needs a second person's approval"
    if request.asked_before:
        return "this question was asked before; a second person decides whether to ask it again (R-37)"
    return None


def _is_approved(request: QueryRequested, verdict: Verdict, content_hash: str) -> bool:
    approval = request.approval
    return approval is not None and (approval.draft_hash, approval.ruleset) == (content_hash, verdict.ruleset)


def _unseen(request: QueryRequested, verdict: Verdict) -> Problem | None:
    assert request.approval is not None
    accepted = {_key(finding) for finding in request.approval.accepted}
    new = [finding for finding in verdict.findings if finding.severity == "review" and _key(finding) not in accepted]
    return ("new_findings", f"the approver did not see: {_rules(tuple(new), 'review')}; look again") if new else None


def _key(finding: Finding) -> tuple[str, str, str]:
    return finding.rule, finding.field, finding.message


def _rules(findings: tuple[Finding, ...], severity: str) -> str:
    return ", ".join(dict.fromkeys(one.rule for one in findings if one.severity == severity))
