"""Words between people about a query: a provider asks its author, the author replies, a cosigner sends back.

Whatever reaches a provider this way was judged like any message; the verdict is an argument. What a provider asks the
author reaches no provider's colleague but those who are asked the same query.
"""

from __future__ import annotations

from uuid import UUID

from schemas.check import Finding, Verdict
from schemas.vocabulary import RecipientRole
from services.tracker.decisions.answers import awaiting_cosign
from services.tracker.journal import Journal
from services.tracker.lifecycle import NotAllowed
from services.tracker.model import MOST_OF_A_REMARK, MOST_REMARKS, Query, Remark, RemarkKind


class NotFit(NotAllowed):
    """A text may not reach a provider as it is. `findings` say why and how to mend it."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__("The check does not let this text through; reword it as its findings say.")
        self.findings = findings


def ask(journal: Journal, chart_id: str, query_id: UUID, text: str, provider_id: str) -> None:
    """Put a provider's question to the author. Raises `NotAllowed` once the query has ended, or for a bad length."""
    query = journal.query(chart_id, query_id)
    _note(journal, chart_id, query, "questioned", "question", text, provider_id)


def reply(journal: Journal, chart_id: str, query_id: UUID, text: str, user_id: str, verdict: Verdict) -> None:
    """Answer what the provider asked.

    Raises:
        NotFit: if the check did not let the text pass.
        NotAllowed: if nobody asked anything, or the query has ended.
    """
    query = journal.query(chart_id, query_id)
    if query.open_question() is None:
        raise NotAllowed("No question waits for a reply here.")
    must_pass(verdict)
    _note(journal, chart_id, query, "replied", "reply", text, user_id)


def send_back(
    journal: Journal,
    chart_id: str,
    query_id: UUID,
    text: str,
    provider_id: str,
    role: RecipientRole,
    verdict: Verdict,
) -> None:
    """Ask whoever signed to look again; the answer goes on waiting for its cosigner, and can be amended.

    Raises:
        NotFit: if the check did not let the remark pass.
        NotAllowed: where this provider may not cosign.
    """
    query = journal.query(chart_id, query_id)
    awaiting_cosign(journal, query, provider_id, role)
    must_pass(verdict)
    _note(journal, chart_id, query, "sent_back", "sent_back", text, provider_id)


def must_pass(verdict: Verdict) -> None:
    """Refuse a text that the check did not let pass: nobody else reads it before the provider does."""
    if verdict.verdict != "pass":
        raise NotFit(verdict.findings)


def _note(journal: Journal, chart_id: str, query: Query, transition: str, kind: RemarkKind, text: str, by: str) -> None:
    text = text.strip()
    if not 0 < len(text) <= MOST_OF_A_REMARK:
        raise NotAllowed(f"A text here has 1 to {MOST_OF_A_REMARK:,} characters.")
    if len(query.remarks) >= MOST_REMARKS:
        raise NotAllowed("So much has been said about this query already; call the other person.")
    journal.note_query(transition, chart_id, query, by, remark=Remark(kind=kind, by=by, at=journal.now, text=text))
