"""Who is asked, and for what (R-23, R-28)."""

from __future__ import annotations

from collections.abc import Iterator

from compliance.findings import block, review
from compliance.reading import Reading
from compliance.text import bag
from schemas.check import CheckIndicator, Finding

# They report findings; a conflict is between those who treat.
_REPORTERS = frozenset({"radiologist", "pathologist", "cardiologist"})


def accountable(reading: Reading) -> Iterator[Finding]:
    """R-28: a diagnosis is asked of a provider accountable for it; others only for what they may document."""
    query = reading.query
    if query.recipient_role in reading.knowledge.accountable_roles:
        return
    limited = reading.knowledge.roles.get(query.recipient_role)
    if limited is None:
        yield block(
            "R-28",
            "recipient_role",
            f"The role {query.recipient_role} may not answer a query.",
            "Ask a provider who treated the patient.",
        )
    elif query.category not in limited.categories or not _about(reading, limited.topics):
        yield block(
            "R-28",
            "recipient_role",
            f"The role {query.recipient_role} may not answer this.",
            "Ask a provider who treated the patient; ask this role only for what it may document.",
        )


def _about(reading: Reading, topics: frozenset[str]) -> bool:
    return any(topics & term for term in reading.documented_bags) and bool(
        topics & bag(f"{reading.query.title} | {reading.query.question}")
    )


def conflict_to_attending(reading: Reading) -> Iterator[Finding]:
    """R-23: a conflict is put to the attending, with both statements quoted."""
    query = reading.query
    if query.category != "conflict":
        return
    if query.recipient_role != "attending":
        yield block(
            "R-23",
            "recipient_role",
            "A conflict between practitioners is not put to the attending.",
            "Address the attending; the authors may get a copy.",
        )
    if len(_statements(reading)) < 2:
        yield block(
            "R-23",
            "indicators",
            "Fewer than two statements of practitioners are quoted.",
            "Quote both statements with author and date.",
        )


def readings_of_a_conflict(reading: Reading) -> Iterator[Finding]:
    """R-23: "both" is offered only where both can be true; whether they can, a person judges."""
    if reading.query.category != "conflict":
        return
    for place, option in reading.clinical_options:
        if bag(option.text) & {"both", "bilateral"}:
            yield review(
                "R-23",
                f"options[{place}].text",
                "Whether both statements can be true cannot be told.",
                "Offer both only where both can be true.",
            )


def _statements(reading: Reading) -> set[tuple[str, str]]:
    """Return who said what: quoted statements of clinicians, and documented terms of accountable providers."""
    quoted = {
        (one.source or "", one.author_role or "")
        for one in reading.query.indicators
        if one.quoted and _is_statement(one)
    }
    roles: frozenset[str] = reading.knowledge.accountable_roles
    documented = {
        (entry.source or "", entry.author_role or "")
        for entry in reading.query.documented
        if entry.author_role in roles
    }
    in_context = {(str(place), "context") for place in (reading.context.quoted if reading.context else ())}
    return quoted | documented | in_context


def _is_statement(indicator: CheckIndicator) -> bool:
    if indicator.author_role is None:
        return bool(bag(indicator.source or "") & {"note", "h", "consult", "summary"})
    return indicator.author_role not in _REPORTERS
