"""When a question is asked: one pure function that the tracker and `compose` share."""

from __future__ import annotations

from datetime import datetime

from schemas.vocabulary import Phase


def phase(started_at: datetime | None, ended_at: datetime | None, billed_at: datetime | None, as_of: datetime) -> Phase:
    """Return the phase of an encounter at `as_of`; all times carry a zone.

    Billed: post_bill. Ended: retrospective. Start still ahead: prospective. Otherwise, also without a known start:
    concurrent. A billing or an end that lies after `as_of` has not happened yet.
    """
    if billed_at is not None and billed_at <= as_of:
        return "post_bill"
    if ended_at is not None and ended_at <= as_of:
        return "retrospective"
    if started_at is not None and started_at > as_of:
        return "prospective"
    return "concurrent"
