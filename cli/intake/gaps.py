"""From one encounter to its gap events: one for each finding that the coded diagnoses do not explain. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from cli.intake.indicators import indicators_of
from cli.intake.records import DerivedFinding, EncounterRecord
from cli.intake.rules import FindingRule, IntakeRules, UnspecificRule, matches, matching, shipped_rules
from cli.intake.timeline import Timeline, timeline_of
from schemas.base import content_digest
from schemas.events import Envelope, make
from schemas.gaps import Addressee, Citation, Concept, DocumentedTerm, EncounterBlock, GapRaised, Patient

BILLED = "Billed diagnosis"
"""The source of every documented term: assigned after discharge, so it is never shown as a quoted note."""

DEFAULT_SOURCE = "cdi-query/from-encounters"
DEFAULT_FACILITY = "sample-hospital"


@dataclass(frozen=True, slots=True)
class IntakeSettings:
    """What the encounter file does not say: the facility and its zone, who is asked, and how encounters are placed.

    `recipients` maps a service to a provider id; an unmapped service addresses the role attending.
    `open_share` (0 to 1) of the moved encounters are still open at the as-of moment.
    """

    facility: str = DEFAULT_FACILITY
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    source: str = DEFAULT_SOURCE
    recipients: Mapping[str, str] = field(default_factory=dict)
    open_share: float = 0.0
    rules: IntakeRules = field(default_factory=shipped_rules)


@dataclass(frozen=True, slots=True)
class _Question:
    """What one finding asks: category, axis and concept, and the documented terms that travel with it."""

    category: str
    axis: str | None
    concept: Concept
    documented: tuple[DocumentedTerm, ...]

    def fields(self) -> dict[str, Any]:
        """The gap's fields that this question sets."""
        return {
            "category": self.category,
            "axis": self.axis,
            "concepts": (self.concept,),
            "documented": self.documented or None,
        }


def gaps_of(encounter: EncounterRecord, *, as_of: datetime, settings: IntakeSettings) -> list[Envelope]:
    """Return the `cdi.gap.raised.v1` events of one encounter as they stand at `as_of` (a moment with a zone).

    Findings that arose after `as_of` and findings that a billed diagnosis explains yield nothing. The same
    encounter, moment and settings give the same bytes.
    """
    timeline = timeline_of(encounter, as_of=as_of, zone=settings.zone, open_share=settings.open_share)
    happened = [finding for finding in encounter.findings if timeline.has_happened(finding.first_at)]
    gaps = [_gap(encounter, finding, timeline, settings) for finding in happened]
    return [_wrap(gap, settings.source) for gap in gaps if gap is not None]


def _gap(
    encounter: EncounterRecord, finding: DerivedFinding, timeline: Timeline, settings: IntakeSettings
) -> GapRaised | None:
    concepts = list(dict.fromkeys(encounter.observations[position].concept for position in finding.evidence))
    rule = settings.rules.finding(finding.code, concepts)
    question = _question(encounter.diagnoses, rule, ended=_ended_at(encounter, timeline) is not None)
    indicators = indicators_of(encounter, finding, rule, settings.rules, timeline)
    if question is None or not indicators:
        return None
    return _assemble(encounter, timeline, settings, {**question.fields(), "indicators": indicators}, finding.code)


def _question(diagnoses: Sequence[str], rule: FindingRule, *, ended: bool) -> _Question | None:
    """Return what to ask, or None where a billed diagnosis explains the finding.

    Billed diagnoses exist only after discharge: an open encounter shows none of them.
    """
    explaining = matching(diagnoses, rule.explained_by, rule.unless)
    if not explaining:
        related = matching(diagnoses, rule.related, rule.unless)
        return _Question(rule.category, rule.axis, Concept(term=rule.concept), _terms(related if ended else ()))
    unspecific = _left_open(diagnoses, explaining, rule.unspecific)
    return _specify(unspecific, rule.unspecific) if ended and rule.unspecific and unspecific else None


def _left_open(diagnoses: Sequence[str], explaining: Sequence[str], rule: UnspecificRule | None) -> list[str]:
    if rule is None or any(matches(text, rule.specified_by) for text in diagnoses):
        return []
    return matching(explaining, rule.patterns)


def _specify(unspecific: Sequence[str], rule: UnspecificRule) -> _Question:
    concept = Concept(term=rule.concept, documented=True, citations=(Citation(source=BILLED, author_role="coder"),))
    return _Question(rule.category, rule.axis, concept, _terms(unspecific))


def _terms(texts: Sequence[str]) -> tuple[DocumentedTerm, ...]:
    return tuple(DocumentedTerm(term=text, source=BILLED, author_role="coder") for text in texts[:20])


def _assemble(
    encounter: EncounterRecord, timeline: Timeline, settings: IntakeSettings, asked: Mapping[str, Any], code: str
) -> GapRaised:
    fields: dict[str, Any] = {
        "gap_id": gap_id(encounter.encounter_id, code, timeline.as_of.astimezone(settings.zone)),
        "occurred_at": timeline.as_of,
        "facility": settings.facility,
        "encounter": _encounter(encounter, timeline),
        "patient": Patient(reference=encounter.patient_ref, name=f"Sample Patient {encounter.patient_ref}"),
        "setting": "inpatient",
        **asked,
        "addressee": _addressee(encounter.service, settings.recipients),
        "reason_code": code,
    }
    return GapRaised.model_validate({name: value for name, value in fields.items() if value is not None})


def gap_id(encounter_id: str, code: str, as_of: datetime) -> str:
    """Return the gap's id: opaque, the same for the whole as-of day, another one on another day."""
    opaque = hashlib.sha256(f"{encounter_id}|{code}".encode()).hexdigest()[:16]
    return f"enc-{opaque}-{as_of:%Y%m%d}"


def _encounter(encounter: EncounterRecord, timeline: Timeline) -> EncounterBlock:
    known: dict[str, Any] = {
        "number": encounter.encounter_id,
        "started_at": timeline.at(encounter.started_at),
        "admission_order_at": timeline.at(encounter.admitted_at),
        "ended_at": _ended_at(encounter, timeline),
    }
    happened = {name: value for name, value in known.items() if name == "number" or _is_past(value, timeline)}
    return EncounterBlock.model_validate(happened)


def _is_past(moment: datetime | None, timeline: Timeline) -> bool:
    return moment is not None and moment <= timeline.as_of


def _ended_at(encounter: EncounterRecord, timeline: Timeline) -> datetime | None:
    ended = encounter.discharged_at
    return timeline.at(ended) if ended is not None and timeline.has_happened(ended) else None


def _addressee(service: str | None, recipients: Mapping[str, str]) -> Addressee:
    known = {"provider_id": recipients.get(service or ""), "role": "attending", "service": service}
    return Addressee.model_validate({name: value for name, value in known.items() if value})


def _wrap(gap: GapRaised, source: str) -> Envelope:
    """The event's id follows the content: what changed within the as-of day is a revision, never a conflict."""
    content = content_digest(gap)[:16]
    return make(gap, id=f"{gap.gap_id}-{content}", source=source, time=gap.occurred_at, subject=gap.gap_id)
