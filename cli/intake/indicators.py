"""Which rows of an encounter a gap shows: dated, sourced, balanced, and never later than the as-of moment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TypeVar

from cli.intake.records import DerivedFinding, EncounterRecord, MedicationOrder, Observation, Procedure, start_of
from cli.intake.rules import FindingRule, IntakeRules, matches
from cli.intake.timeline import Timeline
from schemas.gaps import Indicator, ReferenceRange

Item = TypeVar("Item")


def indicators_of(
    encounter: EncounterRecord, finding: DerivedFinding, rule: FindingRule, rules: IntakeRules, timeline: Timeline
) -> tuple[Indicator, ...]:
    """Return the indicators of a gap in the order of time; at most as many as the rule allows."""
    shown = [
        *_measurements(encounter, finding, rule, rules, timeline),
        *_medications(encounter, rule, rules, timeline),
        *_procedures(encounter, rule, timeline),
    ]
    return tuple(sorted(shown, key=lambda indicator: (indicator.observed_at, indicator.name)))


def _measurements(
    encounter: EncounterRecord, finding: DerivedFinding, rule: FindingRule, rules: IntakeRules, timeline: Timeline
) -> Iterator[Indicator]:
    evidence = set(finding.evidence)
    for concept, at_most in rule.series.items():
        rows = [
            (position in evidence, row)
            for position, row in enumerate(encounter.observations)
            if row.concept == concept and timeline.has_happened(row.observed_at)
        ]
        for row in balanced(rows, at_most):
            yield _measurement(row, rules, timeline)


def balanced(rows: Sequence[tuple[bool, Observation]], at_most: int) -> list[Observation]:
    """Thin a series to `at_most` rows without choosing a side.

    Kept first are the rows the finding rests on (marked True), then the first, last, lowest and highest value, then
    rows spread evenly over the series: values that point the other way stay in proportion.
    """
    if len(rows) <= at_most:
        return [row for _, row in rows]
    values = [row.value for _, row in rows]
    extremes = [0, len(rows) - 1, values.index(min(values)), values.index(max(values))]
    wished = [*(number for number, (kept, _) in enumerate(rows) if kept), *extremes, *_spread(len(rows), at_most)]
    chosen = sorted(list(dict.fromkeys(wished))[:at_most])
    return [rows[number][1] for number in chosen]


def _spread(count: int, at_most: int) -> list[int]:
    """Positions over the whole series, coarse ones first, so that cutting the list keeps it even."""
    steps = [max(1, round(count / wanted)) for wanted in range(2, at_most + 1)]
    return list(dict.fromkeys(position for step in steps for position in range(0, count, step)))


def _measurement(row: Observation, rules: IntakeRules, timeline: Timeline) -> Indicator:
    concept = rules.concepts.get(row.concept)
    label = concept.label if concept else None
    return _indicator(
        name=label or row.name,
        loinc=row.loinc or (concept.loinc if concept else None),
        value=row.value,
        comparator=row.comparator,
        unit=row.unit,
        reference_range=_range(row),
        kind=concept.kind if concept else "other",
        source=_source(row, label),
        observed_at=timeline.at(row.observed_at),
    )


def _source(row: Observation, label: str | None) -> str:
    """Where the row stands: the system, the specimen of a blood gas, and its own name if it is shown by another."""
    own_name = row.name if label and row.name.casefold() != label.casefold() else None
    return ", ".join(part for part in (row.source, _SPECIMENS.get(row.specimen or ""), own_name) if part)


_SPECIMENS = {"ART": "arterial", "VEN": "venous", "CENTRAL VENOUS": "central venous", "MIX": "mixed venous"}


def _range(row: Observation) -> ReferenceRange | None:
    found = row.reference_range
    return ReferenceRange(low=found.low, high=found.high) if found else None


def _medications(
    encounter: EncounterRecord, rule: FindingRule, rules: IntakeRules, timeline: Timeline
) -> Iterator[Indicator]:
    if rule.medications is None:
        return
    patterns = rules.medication_patterns(rule.medications)
    orders = _dated([order for order in encounter.medications if matches(order.name, patterns)], encounter, timeline)
    for at, order in _evenly(orders, rule.medications.at_most):
        yield _indicator(
            name=order.name,
            value=_order_text(order),
            kind="medication",
            source=_dated_source("Medication order", order.started_at),
            observed_at=at,
        )


def _procedures(encounter: EncounterRecord, rule: FindingRule, timeline: Timeline) -> Iterator[Indicator]:
    if rule.procedures is None:
        return
    patterns = rule.procedures.patterns
    found = [row for row in encounter.procedures if matches(row.name, patterns)]
    for at, row in _evenly(_dated(found, encounter, timeline), rule.procedures.at_most):
        source = _dated_source("Procedure record", row.started_at)
        yield _indicator(name=row.name, value="recorded", kind="procedure", source=source, observed_at=at)


Dated = TypeVar("Dated", MedicationOrder, Procedure)


def _dated(rows: Sequence[Dated], encounter: EncounterRecord, timeline: Timeline) -> list[tuple[datetime, Dated]]:
    """Place rows in time. A bare date counts from the start of its day, but not before the encounter's start."""
    placed = [(max(start_of(row.started_at), encounter.started_at), row) for row in rows if row.started_at is not None]
    past = [(local, row) for local, row in placed if timeline.has_happened(local)]
    return [(timeline.at(local), row) for local, row in sorted(past, key=lambda pair: (pair[0], pair[1].name))]


def _evenly(rows: Sequence[Item], at_most: int) -> list[Item]:
    if len(rows) <= at_most:
        return list(rows)
    return [rows[number * (len(rows) - 1) // max(1, at_most - 1)] for number in range(at_most)]


def _order_text(order: MedicationOrder) -> str:
    parts = [part for part in (order.dose, order.route) if part]
    return " ".join(parts) or "ordered"


def _dated_source(source: str, moment: object) -> str:
    """Say with the source where it knows the day only, so that nobody reads its midnight as a time."""
    return source if isinstance(moment, datetime) else f"{source}, time not recorded"


def _indicator(**fields: object) -> Indicator:
    """Leave out what the source does not know: only fields that were set count in an event."""
    return Indicator.model_validate({name: value for name, value in fields.items() if value is not None})
