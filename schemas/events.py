"""CloudEvents 1.0 in structured JSON, and the one table of topics and types that all services read.

`read` turns the bytes of a record into an `Event`, or raises `Unreadable` with a reason that carries no input.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from schemas import charts, notifications, status
from schemas.base import Contract, Instant, content_digest
from schemas.dead_letters import DeadLetter, DeadReason
from schemas.encounters import DocumentationAppeared, EncounterUpdated
from schemas.gaps import GapRaised, GapWithdrawn
from schemas.queries import QueryHeld, QueryIssued
from schemas.requests import QueryRequested
from schemas.responses import ResponseSubmitted

CONTENT_TYPE = "application/cloudevents+json"
MAX_INPUT_BYTES = 256 * 1024

GAPS = "cdi.gaps.v1"
ENCOUNTERS = "cdi.encounters.v1"
RESPONSES = "cdi.responses.v1"
QUERY_REQUESTS = "cdi.query-requests.v1"
QUERIES = "cdi.queries.v1"
QUERY_STATUS = "cdi.query-status.v1"
CHARTS = "cdi.charts.v1"
NOTIFICATIONS = "cdi.notifications.v1"
DEAD_LETTERS = "cdi.dead-letters.v1"

INPUT_TOPICS = (GAPS, ENCOUNTERS, RESPONSES)

TYPES: Mapping[str, tuple[str, type[Contract]]] = MappingProxyType(
    {
        "cdi.gap.raised.v1": (GAPS, GapRaised),
        "cdi.gap.withdrawn.v1": (GAPS, GapWithdrawn),
        "cdi.encounter.updated.v1": (ENCOUNTERS, EncounterUpdated),
        "cdi.documentation.appeared.v1": (ENCOUNTERS, DocumentationAppeared),
        "cdi.response.submitted.v1": (RESPONSES, ResponseSubmitted),
        "cdi.query.requested.v1": (QUERY_REQUESTS, QueryRequested),
        "cdi.query.issued.v1": (QUERIES, QueryIssued),
        "cdi.query.held.v1": (QUERIES, QueryHeld),
        "cdi.gap.changed.v1": (QUERY_STATUS, status.GapChanged),
        "cdi.query.changed.v1": (QUERY_STATUS, status.QueryChanged),
        "cdi.response.accepted.v1": (QUERY_STATUS, status.ResponseAccepted),
        "cdi.response.rejected.v1": (QUERY_STATUS, status.ResponseRejected),
        "cdi.chart.hold_placed.v1": (CHARTS, charts.HoldPlaced),
        "cdi.chart.hold_released.v1": (CHARTS, charts.HoldReleased),
        "cdi.chart.ready.v1": (CHARTS, charts.ChartReady),
        "cdi.chart.finalized.v1": (CHARTS, charts.ChartFinalized),
        "cdi.chart.reopened.v1": (CHARTS, charts.ChartReopened),
        "cdi.chart.merged.v1": (CHARTS, charts.ChartMerged),
        "cdi.chart.late_response.v1": (CHARTS, charts.LateResponse),
        "cdi.notification.planned.v1": (NOTIFICATIONS, notifications.NotificationPlanned),
        "cdi.notification.sent.v1": (NOTIFICATIONS, notifications.NotificationSent),
        "cdi.notification.failed.v1": (NOTIFICATIONS, notifications.NotificationFailed),
        "cdi.notification.receipt.v1": (NOTIFICATIONS, notifications.NotificationReceipt),
        "cdi.notification.escalation_raised.v1": (NOTIFICATIONS, notifications.EscalationRaised),
        "cdi.notification.step_due.v1": (NOTIFICATIONS, notifications.StepDue),
        "cdi.dead_letter.recorded.v1": (DEAD_LETTERS, DeadLetter),
    }
)
TYPE_OF: Mapping[type[BaseModel], str] = MappingProxyType({model: name for name, (_, model) in TYPES.items()})
TOPICS: tuple[str, ...] = tuple(dict.fromkeys(topic for topic, _ in TYPES.values()))


class Envelope(Contract):
    """The CloudEvents 1.0 attributes. None of them ever carries PHI or a diagnosis."""

    id: str = Field(min_length=1, max_length=300)
    source: str = Field(min_length=1, max_length=300)
    specversion: Literal["1.0"] = "1.0"
    type: str = Field(min_length=1, max_length=200)
    subject: str | None = Field(default=None, max_length=300)
    time: Instant | None = None
    datacontenttype: str | None = "application/json"
    dataschema: str | None = None
    traceparent: str | None = Field(default=None, max_length=100)
    data: Any = None


@dataclass(frozen=True, slots=True)
class Event:
    """An event that was read and validated: its envelope and its typed data."""

    envelope: Envelope
    data: Contract

    @property
    def identity(self) -> tuple[str, str]:
        """(source, id): ids are unique only within their source."""
        return self.envelope.source, self.envelope.id

    @property
    def digest(self) -> str:
        """The digest of type and data: a seen identity with another digest is a conflict."""
        return content_digest(self.data) + ":" + self.envelope.type


class Unreadable(Exception):
    """A record that no version of the contract explains. `detail` names error types and field paths, never input."""

    def __init__(self, reason: DeadReason, detail: str, envelope: Envelope | None = None) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason: DeadReason = reason
        self.detail = detail
        self.envelope = envelope


_ENVELOPE = TypeAdapter(Envelope)
_ADAPTERS = {name: TypeAdapter(model) for name, (_, model) in TYPES.items()}


def describe(error: ValidationError) -> str:
    """Return what was wrong without what was sent: `patient.birth_date: date_parsing; ...` (at most eight)."""
    parts = [
        f"{'.'.join(str(step) for step in item['loc']) or 'body'}: {item['type']}"
        for item in error.errors(include_url=False, include_context=False, include_input=False)
    ]
    more = f"; and {len(parts) - 8} more" if len(parts) > 8 else ""
    return "; ".join(parts[:8]) + more


def read(topic: str, value: bytes | None) -> Event:
    """Validate the bytes of one record of `topic`.

    Raises:
        Unreadable: with the reason for the dead letter; the message never repeats the input.
    """
    if value is None:
        raise Unreadable("missing", "the record has no value")
    if topic in INPUT_TOPICS and len(value) > MAX_INPUT_BYTES:
        raise Unreadable("oversized", f"{len(value)} bytes; at most {MAX_INPUT_BYTES} are taken")
    envelope = _read_envelope(value)
    home = TYPES.get(envelope.type)
    if home is None:
        raise Unreadable("unknown_type", "this version does not know the event's type", envelope)
    if home[0] != topic:
        raise Unreadable("wrong_topic", f"{envelope.type} belongs on {home[0]}", envelope)
    return Event(envelope, read_data(envelope))


def read_data(envelope: Envelope) -> Contract:
    """Validate the data of an envelope of a known type. Raises `Unreadable("invalid")`."""
    try:
        data: Contract = _ADAPTERS[envelope.type].validate_python(envelope.data, strict=False)
    except ValidationError as error:
        raise Unreadable("invalid", describe(error), envelope) from None
    return data


def _read_envelope(value: bytes) -> Envelope:
    try:
        return _ENVELOPE.validate_json(value)
    except ValidationError as error:
        kinds = {item["type"] for item in error.errors(include_url=False, include_context=False)}
        if "json_invalid" in kinds:
            raise Unreadable("not_json", "the value is not JSON") from None
        raise Unreadable("not_a_cloudevent", describe(error)) from None


def make(
    data: Contract,
    *,
    id: str,
    source: str,
    time: Instant,
    subject: str | None = None,
    traceparent: str | None = None,
) -> Envelope:
    """Wrap typed data in an envelope. Fields that the data's author did not set are left out."""
    return Envelope(
        id=id,
        source=source,
        type=TYPE_OF[type(data)],
        subject=subject,
        time=time,
        traceparent=traceparent,
        data=data.model_dump(mode="json", exclude_unset=True),
    )


def write(envelope: Envelope) -> bytes:
    """Return the structured JSON of an envelope."""
    return envelope.model_dump_json(exclude_none=True).encode()


def topic_of(envelope: Envelope) -> str:
    """Return the one topic on which the envelope's type travels."""
    return TYPES[envelope.type][0]
