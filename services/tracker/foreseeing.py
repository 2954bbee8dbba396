"""What raising a gap would do, decided by the same functions on a copy: nothing is locked, written or published."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from schemas.base import content_digest
from schemas.gaps import GapRaised
from schemas.queries import RecipientRule
from schemas.requests import QueryRequested
from services.tracker import ids
from services.tracker.decisions import gaps
from services.tracker.decisions.requesting import facts_of, wire_request
from services.tracker.model import Author, Recipient
from services.tracker.office import Office
from services.tracker.recipients import resolve
from services.tracker.store import SYSTEM_SCOPE, look

LIKELY_ROLE = "attending"
"""Whose text is shown while nobody is found who could be asked."""


@dataclass(frozen=True, slots=True)
class Foresight:
    """What would happen: `status` as raising would answer, the request (None: nothing new is asked), and whom it asks.

    `original` is the query of the gap that asks the same question already; `who` is the recipient's name.
    """

    status: str
    request: QueryRequested | None
    recipient: Recipient | None
    blocking: bool
    original: UUID | None = None
    who: str = ""


async def foresee(office: Office, content: GapRaised, author: Author, rule: RecipientRule | None = None) -> Foresight:
    """Return what raising this gap would do now; `rule` is what the builder says of whom its template asks."""
    chart_id = office.chart_id(content.facility, content.encounter.number)
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        journal = await look(conn, await office.situation(conn), [chart_id])
    status = gaps.raise_gap(journal, chart_id, content, content_digest(content), author)
    found = journal.find_gap(ids.gap_uid(author.source, content.gap_id))
    assert found is not None, "a gap that was raised stands on a chart"
    home, gap = found
    original = journal.find_gap(gap.original) if gap.original else None
    if gap.request is None:
        query_id = original[1].query_id if original else None
        return Foresight(status, None, None, gap.blocking, query_id)
    facts = facts_of(journal, home.chart_id)
    recipient = resolve(content, facts, journal.situation.directory, rule) if rule else gap.request.recipient
    role = recipient.role if recipient else content.addressee.role or LIKELY_ROLE
    request = wire_request(gap, home.chart_id).model_copy(update={"recipient_role": role})
    who = journal.situation.directory.name(recipient.provider_id) if recipient else ""
    return Foresight(status, request, recipient, gap.blocking, who=who)
