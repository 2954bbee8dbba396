"""Where an encounter stands in today's calendar.

De-identified records carry dates far in the future. Such an encounter is moved as a whole, so that every interval
stays true: it ended a few days before the as-of moment, or, for a chosen share of the encounters, it is still open
then. An encounter that already began before the as-of moment is left where it is.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from cli.intake.records import EncounterRecord

SETTLED_WITHIN_DAYS = 14
"""A moved encounter that has ended did so one to this many days before the as-of day."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """Maps the record's wall-clock times onto moments. `anchor` is the moment of the record's `local` time."""

    local: datetime
    anchor: datetime
    as_of: datetime

    def at(self, moment: datetime) -> datetime:
        """Return the moment that stands for a wall-clock time of the record; intervals are kept exactly."""
        shifted = self.anchor.astimezone(ZoneInfo("UTC")) + (moment - self.local)
        return shifted.astimezone(self.anchor.tzinfo)

    def has_happened(self, moment: datetime) -> bool:
        """Tell whether a time of the record is not later than the as-of moment."""
        return self.at(moment) <= self.as_of


def share_of(key: str, purpose: str) -> float:
    """Return a number in [0, 1) that depends on nothing but the key and the purpose."""
    return int.from_bytes(hashlib.sha256(f"{purpose}:{key}".encode()).digest()[:6]) / 2**48


def timeline_of(encounter: EncounterRecord, *, as_of: datetime, zone: ZoneInfo, open_share: float) -> Timeline:
    """Place an encounter before `as_of` (a moment with a zone).

    `open_share` (0 to 1) is the share of the encounters that are still open at the as-of moment; which ones
    depends on the encounter's key alone, so the same call gives the same times.
    """
    began = encounter.started_at.replace(tzinfo=zone)
    days = 0 if began <= as_of else _days_back(encounter, as_of.astimezone(zone), open_share)
    local = encounter.last_known_at
    return Timeline(local, (local - timedelta(days=days)).replace(tzinfo=zone), as_of)


def _days_back(encounter: EncounterRecord, as_of: datetime, open_share: float) -> int:
    """Whole days, so that nights stay nights."""
    if share_of(encounter.encounter_id, "open") < open_share:
        days = _days_to_stay_open(encounter, as_of)
        if days is not None:
            return days
    settled = 1 + int(share_of(encounter.encounter_id, "settled") * SETTLED_WITHIN_DAYS)
    return (encounter.last_known_at.date() - as_of.date()).days + settled


def _days_to_stay_open(encounter: EncounterRecord, as_of: datetime) -> int | None:
    """Return the shift that puts the as-of moment nearest to three quarters of the stay; None for a stay too short."""
    now = as_of.replace(tzinfo=None)
    start, end = encounter.started_at, encounter.last_known_at
    wished = start + (end - start) * 0.75
    nearest = round((wished - now) / timedelta(days=1))
    fitting = [days for days in (nearest, nearest + 1, nearest - 1) if start < now + timedelta(days=days) < end]
    return fitting[0] if fitting else None
