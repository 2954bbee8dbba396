"""The encounter records that `gaps from-encounters` reads: one JSON object a line, times local and without zone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from cli.intake.problems import Problem, from_validation
from schemas.base import ShortText


def _naive_only(value: Any) -> Any:
    """Refuse a zone: an encounter file holds wall-clock times, and mixing both would shift half of the rows."""
    if isinstance(value, str) and value and "T" in value and datetime.fromisoformat(value).tzinfo is not None:
        raise ValueError("times are local wall-clock times without a zone")
    return value


def _day_or_time(value: Any) -> Any:
    """Keep a bare date a date: read as a moment it would claim a midnight that nobody recorded."""
    return date.fromisoformat(value) if isinstance(value, str) and len(value) == len("2150-01-31") else value


LocalTime = Annotated[datetime, BeforeValidator(_naive_only)]
LocalTimeOrDay = Annotated[LocalTime | date, BeforeValidator(_day_or_time)]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Range(_Record):
    """The laboratory's reference range, in the observation's unit."""

    low: Decimal | None = None
    high: Decimal | None = None


class Observation(_Record):
    """One laboratory or flowsheet row. `concept` is the short key shared by all names of the same thing."""

    name: ShortText
    concept: ShortText
    loinc: str | None = Field(default=None, max_length=20)
    value: Decimal
    comparator: Literal["<", "<=", ">", ">="] | None = None
    unit: str | None = Field(default=None, max_length=40)
    reference_range: Range | None = None
    specimen: str | None = Field(default=None, max_length=60)
    observed_at: LocalTime
    source: ShortText


class MedicationOrder(_Record):
    """A medication order. A bare date means that the source knows the day only."""

    name: ShortText
    dose: str | None = None
    route: str | None = None
    started_at: LocalTimeOrDay | None = None


class Procedure(_Record):
    """A billed or bedside procedure; without a date it cannot be an indicator."""

    name: ShortText
    started_at: LocalTimeOrDay | None = None


class DerivedFinding(_Record):
    """Arithmetic on the numbers: `evidence` holds positions in the encounter's observations."""

    code: ShortText
    first_at: LocalTime
    evidence: tuple[Annotated[int, Field(ge=0)], ...] = ()


class EncounterRecord(_Record):
    """One hospital encounter. `diagnoses` are the texts that were billed after discharge."""

    encounter_id: ShortText
    patient_ref: ShortText
    admitted_at: LocalTime
    discharged_at: LocalTime | None = None
    service: str | None = Field(default=None, max_length=100)
    diagnoses: tuple[ShortText, ...] = ()
    observations: tuple[Observation, ...]
    medications: tuple[MedicationOrder, ...] = ()
    procedures: tuple[Procedure, ...] = ()
    findings: tuple[DerivedFinding, ...] = ()

    @model_validator(mode="after")
    def _evidence_exists(self) -> EncounterRecord:
        for number, finding in enumerate(self.findings):
            if any(position >= len(self.observations) for position in finding.evidence):
                raise ValueError(f"findings.{number}.evidence points past the last observation")
        return self

    @model_validator(mode="after")
    def _ends_after_its_start(self) -> EncounterRecord:
        if self.discharged_at is not None and self.discharged_at < self.admitted_at:
            raise ValueError("discharged_at lies before admitted_at")
        return self

    @property
    def started_at(self) -> datetime:
        """The earliest timed row: care begins in the emergency department, before the admission order."""
        dated = [order.started_at for order in self.medications] + [row.started_at for row in self.procedures]
        timed = [moment for moment in dated if isinstance(moment, datetime)]
        return min([self.admitted_at, *(row.observed_at for row in self.observations), *timed])

    @property
    def last_known_at(self) -> datetime:
        """The discharge, or the latest observation of a stay that has not ended."""
        return self.discharged_at or max([self.admitted_at, *(row.observed_at for row in self.observations)])


def start_of(moment: datetime | date) -> datetime:
    """Return a moment as it is, and a bare date as the start of its day."""
    return moment if isinstance(moment, datetime) else datetime.combine(moment, time())


def read_encounters(lines: Iterable[str]) -> Iterator[EncounterRecord | list[Problem]]:
    """Yield the encounter, or the list of its faults, for each line that is not blank; holds one line at a time."""
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield _read_line(number, line)


def _read_line(number: int, line: str) -> EncounterRecord | list[Problem]:
    try:
        raw = json.loads(line, parse_float=Decimal)
    except ValueError as error:
        return [Problem(number, "", f"not JSON ({error})")]
    if not isinstance(raw, dict):
        return [Problem(number, "", "a JSON object was expected")]
    try:
        return EncounterRecord.model_validate(raw)
    except ValidationError as error:
        return from_validation(error, number)
