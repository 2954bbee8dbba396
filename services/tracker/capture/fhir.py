"""Indicators and documented terms out of a FHIR R4 bundle. Only what a question needs is read; the rest is never kept.

The models below have no patient, no identifier and no code of a diagnosis: what they do not name is dropped at reading.
Each resource stands on its own: what cannot be used is told in words, and the others are taken.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter, ValidationError

from schemas.gaps import DocumentedTerm, Indicator, ReferenceRange
from schemas.vocabulary import IndicatorKind
from services.tracker.capture.moments import read_moment
from services.tracker.capture.tables import source_of

MOST_BYTES = 4 * 1024 * 1024
MOST_RESOURCES = 2_000
LOINC = "http://loinc.org"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Coding(_Part):
    """A code of a system, of which only LOINC is used."""

    system: str | None = None
    code: str | None = None
    display: str | None = None


class CodeableConcept(_Part):
    """What something is called."""

    text: str | None = None
    coding: tuple[Coding, ...] = ()

    @property
    def name(self) -> str | None:
        """The text, else the first coding's display."""
        names = (self.text, *(one.display for one in self.coding))
        return next((name.strip() for name in names if name and name.strip()), None)

    @property
    def loinc(self) -> str | None:
        """The LOINC code, if it has one."""
        return next((one.code for one in self.coding if one.system == LOINC and one.code), None)

    def has(self, *codes: str) -> bool:
        """Whether one of its codings has one of the codes."""
        return any((one.code or "").casefold() in codes for one in self.coding)


class Quantity(_Part):
    """A measured amount."""

    value: Decimal | None = None
    comparator: str | None = None
    unit: str | None = None
    code: str | None = None

    @property
    def shown(self) -> str | None:
        """Value and unit as text."""
        if self.value is None:
            return None
        return " ".join(part for part in (f"{self.value:f}", self.unit or self.code) if part)


class Period(_Part):
    """From when to when."""

    start: str | None = None
    end: str | None = None


class Range(_Part):
    """A range of reference."""

    low: Quantity | None = None
    high: Quantity | None = None


class Named(_Part):
    """A reference of which only the display is used."""

    display: str | None = None


class _Valued(_Part):
    code: CodeableConcept = CodeableConcept()
    value_quantity: Quantity | None = Field(default=None, alias="valueQuantity")
    value_text: str | None = Field(default=None, alias="valueString")
    value_concept: CodeableConcept | None = Field(default=None, alias="valueCodeableConcept")
    value_integer: int | None = Field(default=None, alias="valueInteger")
    value_boolean: bool | None = Field(default=None, alias="valueBoolean")
    reference_range: tuple[Range, ...] = Field(default=(), alias="referenceRange")


class Observation(_Valued):
    """A result, a vital sign, an assessment."""

    status: str = "final"
    category: tuple[CodeableConcept, ...] = ()
    effective: str | None = Field(default=None, alias="effectiveDateTime")
    effective_instant: str | None = Field(default=None, alias="effectiveInstant")
    effective_period: Period | None = Field(default=None, alias="effectivePeriod")
    component: tuple[_Valued, ...] = ()


class Condition(_Part):
    """A diagnosis or problem as the record names it."""

    code: CodeableConcept = CodeableConcept()
    category: tuple[CodeableConcept, ...] = ()
    verification: CodeableConcept | None = Field(default=None, alias="verificationStatus")
    recorded: str | None = Field(default=None, alias="recordedDate")
    onset: str | None = Field(default=None, alias="onsetDateTime")


class Dosage(_Part):
    """How much, and how."""

    text: str | None = None
    route: CodeableConcept | None = None
    dose: Quantity | None = None

    @property
    def shown(self) -> str | None:
        """The text, else dose and route."""
        route = self.route.name if self.route else None
        parts = (self.dose.shown if self.dose else None, route)
        return self.text or " ".join(part for part in parts if part) or None


class _Ordered(_Part):
    dose_quantity: Quantity | None = Field(default=None, alias="doseQuantity")


class Instruction(_Part):
    """The dosage instruction of an order."""

    text: str | None = None
    route: CodeableConcept | None = None
    dose_and_rate: tuple[_Ordered, ...] = Field(default=(), alias="doseAndRate")

    @property
    def shown(self) -> str | None:
        """The text, else dose and route."""
        dose = next((one.dose_quantity for one in self.dose_and_rate if one.dose_quantity), None)
        return Dosage(text=self.text, route=self.route, dose=dose).shown


class _Medication(_Part):
    status: str = "completed"
    concept: CodeableConcept | None = Field(default=None, alias="medicationCodeableConcept")
    reference: Named | None = Field(default=None, alias="medicationReference")

    @property
    def name(self) -> str | None:
        """What was given or ordered."""
        return (self.concept.name if self.concept else None) or (self.reference.display if self.reference else None)


class MedicationAdministration(_Medication):
    """A drug that was given."""

    effective: str | None = Field(default=None, alias="effectiveDateTime")
    effective_period: Period | None = Field(default=None, alias="effectivePeriod")
    dosage: Dosage | None = None


class MedicationRequest(_Medication):
    """A drug that was ordered."""

    authored: str | None = Field(default=None, alias="authoredOn")
    dosage: tuple[Instruction, ...] = Field(default=(), alias="dosageInstruction")


class DiagnosticReport(_Part):
    """A report with its conclusion in words."""

    status: str = "final"
    code: CodeableConcept = CodeableConcept()
    category: tuple[CodeableConcept, ...] = ()
    effective: str | None = Field(default=None, alias="effectiveDateTime")
    effective_period: Period | None = Field(default=None, alias="effectivePeriod")
    issued: str | None = None
    conclusion: str | None = None


class Procedure(_Part):
    """Something that was done."""

    status: str = "completed"
    code: CodeableConcept = CodeableConcept()
    performed: str | None = Field(default=None, alias="performedDateTime")
    performed_period: Period | None = Field(default=None, alias="performedPeriod")
    outcome: CodeableConcept | None = None


class _Entry(_Part):
    resource: dict[str, JsonValue] | None = None


class _Bundle(_Part):
    entry: tuple[_Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Skipped:
    """A resource that cannot be used: its place in the bundle (from 1), its type, and one sentence."""

    number: int
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Picked:
    """What a bundle offers. `ignored` counts, by type, the resources that hold no evidence."""

    indicators: tuple[Indicator, ...] = ()
    terms: tuple[DocumentedTerm, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    ignored: dict[str, int] = field(default_factory=dict)


class NotFhir(Exception):
    """The text is no FHIR at all. The message says so in words."""


class _Unusable(Exception):
    """Why one resource is not used."""


_JSON: TypeAdapter[JsonValue] = TypeAdapter(JsonValue)
_VOID = frozenset({"entered-in-error", "cancelled", "not-done", "refuted", "stopped", "draft", "unknown"})
_KIND_OF_CATEGORY: dict[str, IndicatorKind] = {
    "laboratory": "laboratory",
    "lab": "laboratory",
    "vital-signs": "vital_sign",
    "imaging": "imaging",
    "rad": "imaging",
    "procedure": "procedure",
    "survey": "assessment",
    "exam": "assessment",
    "therapy": "procedure",
    "activity": "assessment",
    "social-history": "assessment",
}


def read_bundle(raw: bytes, zone: tzinfo) -> Picked:
    """Return what a bundle (or a single resource, or a list of them) offers. `zone`: of times that bring none.

    Raises:
        NotFhir: if the text is no JSON, no FHIR resource, or too large.
    """
    resources = _resources(raw)
    found = _Found()
    for number, resource in enumerate(resources, start=1):
        kind = resource.get("resourceType")
        kind = kind if isinstance(kind, str) and kind.isalnum() and len(kind) <= 60 else "unknown"
        take = _TAKERS.get(kind)
        if take is None:
            found.ignored[kind] += 1
            continue
        try:
            take(found, resource, zone)
        except _Unusable as why:
            found.skipped.append(Skipped(number, kind, str(why)))
    return Picked(tuple(found.indicators), tuple(found.terms), tuple(found.skipped), dict(found.ignored))


@dataclass(slots=True)
class _Found:
    indicators: list[Indicator] = field(default_factory=list)
    terms: list[DocumentedTerm] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    ignored: Counter[str] = field(default_factory=Counter)


def _resources(raw: bytes) -> list[dict[str, JsonValue]]:
    if len(raw) > MOST_BYTES:
        raise NotFhir(f"The bundle is larger than {MOST_BYTES // (1024 * 1024)} MB; send a part of it.")
    try:
        read = _JSON.validate_json(raw)
        if isinstance(read, list):
            found = [one for one in read if isinstance(one, dict)]
        elif isinstance(read, dict) and read.get("resourceType") == "Bundle":
            found = [one.resource for one in _Bundle.model_validate(read).entry if one.resource is not None]
        else:
            found = [read] if isinstance(read, dict) else []
    except (ValidationError, RecursionError):
        raise NotFhir("This is not a FHIR bundle in JSON.") from None
    if not any("resourceType" in one for one in found):
        raise NotFhir("There is no FHIR resource in it (nothing has a resourceType).")
    if len(found) > MOST_RESOURCES:
        raise NotFhir(f"The bundle holds more than {MOST_RESOURCES} resources; send a part of it.")
    return found


Model = TypeVar("Model", bound=BaseModel)


def _as(model: type[Model], resource: dict[str, JsonValue]) -> Model:
    try:
        return model.model_validate(resource)
    except ValidationError as error:
        place = ".".join(str(step) for step in error.errors(include_input=False, include_url=False)[0]["loc"])
        raise _Unusable(f"its {place[:80] or 'content'} does not fit FHIR R4") from None


def _time(zone: tzinfo, *times: str | None) -> datetime:
    stated = next((one for one in times if one), None)
    if stated is None:
        raise _Unusable("it has no time")
    try:
        return read_moment(stated, zone)
    except ValueError as error:
        raise _Unusable(f"its time {error}") from None


def _not_void(status: str) -> None:
    if status.casefold() in _VOID:
        raise _Unusable(f"its status is {status.casefold()}")


def _kind(categories: Sequence[CodeableConcept], default: IndicatorKind = "other") -> IndicatorKind:
    codes = [(coding.code or "").casefold() for one in categories for coding in one.coding]
    return next((_KIND_OF_CATEGORY[code] for code in codes if code in _KIND_OF_CATEGORY), default)


def _named(name: str | None) -> str:
    if not name:
        raise _Unusable("it has no name in words")
    return name


def _indicator(**fields: Any) -> Indicator:
    try:
        return Indicator(**{name: value for name, value in fields.items() if value is not None})
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        what = ".".join(str(step) for step in first["loc"]) or "content"
        raise _Unusable(f"its {what.replace('_', ' ')} is too long or does not fit") from None


def _take_observation(found: _Found, resource: dict[str, JsonValue], zone: tzinfo) -> None:
    one = _as(Observation, resource)
    _not_void(one.status)
    period = one.effective_period.start if one.effective_period else None
    shared: dict[str, Any] = {"observed_at": _time(zone, one.effective, one.effective_instant, period)}
    shared["kind"] = _kind(one.category, "laboratory" if one.code.loinc else "other")
    shared["source"] = source_of(shared["kind"])
    name = _named(one.code.name)
    measured = list(_values(one, name))
    for part in one.component:
        measured += _values(part, f"{name}, {part.code.name}" if part.code.name else name)
    if not measured:
        raise _Unusable("it has no value")
    found.indicators += [_indicator(**shared, **fields) for fields in measured]


def _values(one: _Valued, name: str) -> Iterator[dict[str, Any]]:
    fields: dict[str, Any] = {"name": name, "loinc": one.code.loinc}
    quantity = one.value_quantity
    if quantity is not None and quantity.value is not None:
        yield {
            **fields,
            "value": f"{quantity.value:f}",
            "comparator": quantity.comparator or None,
            "unit": quantity.unit or quantity.code,
            "reference_range": _range(one.reference_range),
        }
        return
    concept = one.value_concept.name if one.value_concept else None
    number = None if one.value_integer is None else str(one.value_integer)
    truth = None if one.value_boolean is None else ("yes" if one.value_boolean else "no")
    value = next((text for text in (one.value_text, concept, number, truth) if text and text.strip()), None)
    if value is not None:
        yield {**fields, "value": value}


def _range(ranges: Sequence[Range]) -> ReferenceRange | None:
    for one in ranges[:1]:
        low, high = (part.value if part else None for part in (one.low, one.high))
        return ReferenceRange(low=low, high=high) if low is not None or high is not None else None
    return None


def _take_condition(found: _Found, resource: dict[str, JsonValue], zone: tzinfo) -> None:
    one = _as(Condition, resource)
    if one.verification and one.verification.has("refuted", "entered-in-error"):
        raise _Unusable("it was refuted or entered in error")
    listed = any(category.has("problem-list-item") for category in one.category)
    fields: dict[str, Any] = {
        "term": _named(one.code.name),
        "source": "Problem list" if listed else "Encounter diagnosis",
        "recorded_at": _time(zone, one.recorded, one.onset),
    }
    try:
        found.terms.append(DocumentedTerm(**fields))
    except ValidationError:
        raise _Unusable("its name is too long") from None


def _take_administration(found: _Found, resource: dict[str, JsonValue], zone: tzinfo) -> None:
    one = _as(MedicationAdministration, resource)
    _not_void(one.status)
    at = _time(zone, one.effective, one.effective_period.start if one.effective_period else None)
    found.indicators.append(
        _indicator(
            name=_named(one.name),
            value=(one.dosage.shown if one.dosage else None) or "given",
            kind="medication",
            source=source_of("medication"),
            observed_at=at,
        )
    )


def _take_request(found: _Found, resource: dict[str, JsonValue], zone: tzinfo) -> None:
    one = _as(MedicationRequest, resource)
    _not_void(one.status)
    found.indicators.append(
        _indicator(
            name=_named(one.name),
            value=next((dosage.shown for dosage in one.dosage if dosage.shown), None) or "ordered",
            kind="medication",
            source=source_of("order"),
            observed_at=_time(zone, one.authored),
        )
    )


def _take_report(found: _Found, resource: dict[str, JsonValue], zone: tzinfo) -> None:
    one = _as(DiagnosticReport, resource)
    _not_void(one.status)
    if not (one.conclusion or "").strip():
        raise _Unusable("it has no conclusion in words")
    kind = _kind(one.category, "note")
    start = one.effective_period.start if one.effective_period else None
    found.indicators.append(
        _indicator(
            name=_named(one.code.name),
            value=one.conclusion,
            kind=kind,
            source=source_of(kind) if kind == "imaging" else "Diagnostic report",
            observed_at=_time(zone, one.effective, start, one.issued),
            quoted=True,
        )
    )


def _take_procedure(found: _Found, resource: dict[str, JsonValue], zone: tzinfo) -> None:
    one = _as(Procedure, resource)
    _not_void(one.status)
    found.indicators.append(
        _indicator(
            name=_named(one.code.name),
            value=(one.outcome.name if one.outcome else None) or "done",
            kind="procedure",
            source=source_of("procedure"),
            observed_at=_time(zone, one.performed, one.performed_period.start if one.performed_period else None),
        )
    )


_TAKERS: dict[str, Callable[[_Found, dict[str, JsonValue], tzinfo], None]] = {
    "Observation": _take_observation,
    "Condition": _take_condition,
    "MedicationAdministration": _take_administration,
    "MedicationRequest": _take_request,
    "DiagnosticReport": _take_report,
    "Procedure": _take_procedure,
}
