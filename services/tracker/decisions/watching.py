"""Notes on gaps that are not ripe: why colleagues should wait, and when to look again. No provider ever sees one."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from services.tracker.journal import Journal
from services.tracker.lifecycle import OPEN_GAP, NotAllowed
from services.tracker.model import WatchNote


def watch(journal: Journal, chart_id: str, gap_uid: UUID, text: str, look_again_on: date | None, actor: str) -> None:
    """Leave a note on an open gap, in place of the one before; the log keeps both.

    Raises:
        NotAllowed: for a gap that has ended, an empty note, or a day that is past.
    """
    if journal.gap(gap_uid).state not in OPEN_GAP:
        raise NotAllowed("The gap has ended; there is nothing left to watch.")
    if not text.strip():
        raise NotAllowed("A note needs words.")
    if look_again_on is not None and look_again_on < journal.now.date():
        raise NotAllowed("The day to look again must lie ahead.")
    note = WatchNote(text=text.strip(), look_again_on=look_again_on, by=actor, at=journal.now)
    journal.note("gap", "watched", chart_id, actor, gap_uid=gap_uid, note=note)


def unwatch(journal: Journal, chart_id: str, gap_uid: UUID, actor: str) -> None:
    """Take the note off a gap. Raises `NotAllowed` where there is none."""
    if journal.gap(gap_uid).note is None:
        raise NotAllowed("There is no note on this gap.")
    journal.note("gap", "unwatched", chart_id, actor, gap_uid=gap_uid)
