"""When a query is asked, relative to the encounter. Source: lifecycle of a query, phases."""

from __future__ import annotations

from datetime import datetime

from schemas.vocabulary import Phase


def phase_at(
    as_of: datetime, started_at: datetime | None, ended_at: datetime | None, billed_at: datetime | None
) -> Phase:
    """Return the phase at `as_of`.

    Billed by then: post_bill. Ended by then: retrospective. Start still ahead: prospective. Else concurrent.
    """
    if billed_at is not None and billed_at <= as_of:
        return "post_bill"
    if ended_at is not None and ended_at <= as_of:
        return "retrospective"
    if started_at is not None and started_at > as_of:
        return "prospective"
    return "concurrent"
