"""What an ADT bridge tells about an encounter (topic `cdi.encounters.v1`)."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import Field

from schemas.base import Contract, Instant, ShortText
from schemas.gaps import DocumentedTerm, Patient
from schemas.vocabulary import Setting


class EncounterUpdated(Contract):
    """Data of `cdi.encounter.updated.v1`.

    Only the fields that the sender set count; `ended_at: null`, set, cancels a discharge (HL7 A13). Per field, the
    latest `occurred_at` wins whatever the order of arrival. `merged_into_number` is a visit merge (A42, A41); a
    changed patient reference alone is A40.
    """

    occurred_at: Instant
    facility: ShortText
    encounter_number: ShortText
    encounter_class: Setting | None = None
    started_at: Instant | None = None
    admission_order_at: Instant | None = None
    ended_at: Instant | None = None
    billed_at: Instant | None = None
    attending_id: str | None = Field(default=None, max_length=100)
    service: str | None = Field(default=None, max_length=100)
    patient: Patient | None = None
    merged_into_number: str | None = Field(default=None, min_length=1, max_length=200)


class DocumentationAppeared(Contract):
    """Data of `cdi.documentation.appeared.v1`: a new entry of the record that may answer an open gap.

    `answers_gap_ids` names gaps of the same event source that the entry resolves; `query_id` a query whose answer it
    documents (the addendum that policy asked for).
    """

    occurred_at: Instant
    facility: ShortText
    encounter_number: ShortText
    reference: ShortText
    kind: Literal["progress_note", "addendum", "discharge_summary", "operative_note", "consult", "other"] = "other"
    terms: tuple[DocumentedTerm, ...] = ()
    answers_gap_ids: tuple[ShortText, ...] = ()
    query_id: UUID | None = None
