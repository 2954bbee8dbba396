"""What holds a chart, and what happens next, as a person would say it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from services.tracker.pages.words import say
from services.tracker.reading import Row


@dataclass(frozen=True, slots=True)
class Listener:
    """For whom it is said: the time it is, the zone of the chart's facility, and the names of providers by id."""

    now: datetime
    zone: str
    names: Mapping[str, str]

    def when(self, moment: datetime) -> str:
        """Return a moment near now as people say it ("today 14:05", "Tuesday 14:05"), others with their date."""
        local, today = moment.astimezone(ZoneInfo(self.zone)), self.now.astimezone(ZoneInfo(self.zone)).date()
        days = (local.date() - today).days
        near = {-1: "yesterday", 0: "today", 1: "tomorrow"}
        day = near.get(days) or (f"{local:%A}" if -7 < days < 7 else f"{local:%Y-%m-%d}")
        return f"{day} {local:%H:%M}"

    def who(self, provider_id: str | None) -> str:
        """Return the name of a provider."""
        return self.names.get(provider_id or "", provider_id or "nobody yet")


def hold_sentence(hold: Row, to: Listener) -> str:
    """Say why one open gap holds its chart, since when, and until when it is due."""
    state, who = hold["state"], to.who(hold["recipient_id"])
    if hold["query_id"] is None or hold["gap_state"] in ("accepted", "requested"):
        return f"The question is being written since {to.when(hold['registered_at'])}."
    if state == "held":
        why = f" ({say(hold['held_reason'])})" if hold["held_reason"] else ""
        return f"The draft waits for a person since {to.when(hold['changed_at'])}{why}."
    answered = f"{who} answered {to.when(hold['answered_at'])}" if hold["answered_at"] else f"{who} answered"
    after: dict[str, str] = {
        "awaiting_cosign": f"{answered}; a cosigner is missing.",
        "awaiting_documentation": f"{answered}; the entry in the record is missing.",
        "answered": f"{answered}; the answer waits for your review.",
        "under_review": f"{answered}; the outcome is not set yet.",
    }
    return after.get(state) or _waiting(hold, who, to)


def _waiting(hold: Row, who: str, to: Listener) -> str:
    parts = [f"Waits for {who}'s answer since {to.when(hold['issued_at'] or hold['created_at'])}"]
    if hold["due_at"] is not None:
        late = hold["due_at"] < to.now
        parts.append(f"was due {to.when(hold['due_at'])}" if late else f"due {to.when(hold['due_at'])}")
    if hold["deferred_until"] is not None and hold["deferred_until"] > to.now:
        parts.append(f"asked to be reminded {to.when(hold['deferred_until'])}")
    return "; ".join(parts) + "."


def standing(chart: Row, to: Listener) -> str:
    """Say how a chart stands on which no gap that one may see is open."""
    status = chart["status"]
    if chart["holding"] > len(chart["holds"]):
        more = chart["holding"] - len(chart["holds"])
        other = " more" if chart["holds"] else ""
        return (
            f"{more}{other} open {'gap holds' if more == 1 else 'gaps hold'} it, on a merged stay or not yours to see."
        )
    if status == "finalized":
        return "Finalized."
    if status == "merged":
        return "This stay was merged into another one, which counts."
    if status == "ready":
        return "Nothing holds this chart; it can be finalized."
    if chart["ended_at"] is not None and chart["ended_at"] > to.now:
        return f"Nothing holds this chart; the visit ends {to.when(chart['ended_at'])}."
    return "Nothing holds this chart; it is ready when the discharge arrives."
