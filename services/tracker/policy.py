"""What a hospital decides, as data. The defaults are starting points; marks "(own knowledge)" apply to all of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field

from schemas.base import Contract
from schemas.vocabulary import Category, Outcome, RecipientRole, UserRole


def _escalation_roles() -> dict[int, UserRole]:
    return {2: "cdi_specialist", 3: "physician_advisor", 4: "compliance"}


class Policy(Contract):
    """Rules of the house that the tracker follows.

    `non_blocking_categories`: gaps of these do not hold a chart unless their author says so.
    `cosign_roles`: an answer by such a recipient waits for a cosigner. `documentation_required`: the response form is
    not part of the record, so the outcome waits for an entry's reference. `follow_up_outcomes`: leave the gap open.
    `signing`: whether being signed in signs, or the password is asked for at each signature (`password`).
    `remind_again_after`: how long after a person's reminder the next one may follow. `spoken_within`: how long after a
    talk its answer may be written down. `escalation_roles`: whom an escalation level writes to beside the providers.
    `zones`: time zone per facility, `zone` for all others. `keep_payloads_days`: how long after its last change a
    finalized chart keeps what was written about its patient (own knowledge: laws differ; ten years are long enough for
    most). `answer_window_hours`: an answer within them counts as in time (own knowledge: teams aim at two to three
    days).
    """

    non_blocking_categories: frozenset[Category] = frozenset()
    cosign_roles: frozenset[RecipientRole] = frozenset({"resident"})
    cosigner_roles: frozenset[RecipientRole] = frozenset({"attending", "surgeon", "consultant"})
    documentation_required: bool = False
    follow_up_outcomes: frozenset[Outcome] = frozenset({"INADEQUATE_RESPONSE"})
    escalation_roles: dict[int, UserRole] = Field(default_factory=_escalation_roles)
    signing: Literal["session", "password"] = "session"
    zone: str = "UTC"
    zones: dict[str, str] = Field(default_factory=dict)
    answer_window_hours: int = Field(default=72, ge=1, le=240)
    keep_payloads_days: int = Field(default=3653, ge=365)
    parked_for: timedelta = timedelta(days=7)
    longest_deferral: timedelta = timedelta(days=7)
    spoken_within: timedelta = timedelta(hours=24)
    remind_again_after: timedelta = timedelta(hours=4)
    request_patience: timedelta = timedelta(seconds=30)
    request_patience_most: timedelta = timedelta(minutes=10)
    plan_patience: timedelta = timedelta(minutes=5)
    receipt_patience: timedelta = timedelta(hours=1)

    def zone_of(self, facility: str) -> str:
        """Return the IANA time zone in which a facility's times are shown."""
        return self.zones.get(facility, self.zone)

    def blocks(self, category: Category, author_asks: bool) -> bool:
        """Whether a gap holds its chart: by category, and an author may only switch blocking on."""
        return author_asks or category not in self.non_blocking_categories
