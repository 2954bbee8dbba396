"""A documentation gap as a coding system raises it (topic `cdi.gaps.v1`)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from schemas.base import Contract, Instant, LongText, ShortText
from schemas.vocabulary import Category, IndicatorKind, Priority, RecipientRole, ResponseType, Sensitivity, Setting


def _as_shown(value: object) -> object:
    return format(value, "f") if isinstance(value, Decimal) else str(value) if _is_number(value) else value


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


ValueAsShown = Annotated[str, BeforeValidator(_as_shown), Field(min_length=1, max_length=4_000)]


class Citation(Contract):
    """Where something stands in the record."""

    source: ShortText
    author_role: str | None = None
    author_id: str | None = None
    recorded_at: Instant | None = None


class DocumentedTerm(Contract):
    """A diagnosis or statement already in this encounter's record, as written there."""

    term: ShortText
    source: ShortText
    author_role: str | None = None
    author_id: str | None = None
    recorded_at: Instant | None = None


class Concept(Contract):
    """What the gap is about: a term, whether the record already names it, and where."""

    term: ShortText
    documented: bool = False
    citations: tuple[Citation, ...] = ()


class ReferenceRange(Contract):
    """The laboratory's own reference range, in the indicator's unit."""

    low: Decimal | None = None
    high: Decimal | None = None


class Indicator(Contract):
    """One clinical indicator from the record: what, how much, from where and when.

    `value` is the text as recorded; `comparator` stands before it where the source reads "<0.01".
    `prior_encounter_id` names the earlier encounter that it comes from; `quoted` marks verbatim text of the source.
    """

    name: ShortText
    loinc: str | None = Field(default=None, max_length=20)
    value: ValueAsShown
    comparator: Annotated[str, Field(pattern=r"^(<|<=|>|>=)$")] | None = None
    unit: str | None = Field(default=None, max_length=40)
    reference_range: ReferenceRange | None = None
    kind: IndicatorKind = "other"
    source: ShortText
    author_role: str | None = None
    observed_at: Instant
    prior_encounter_id: str | None = None
    quoted: bool = False


class CandidateOption(Contract):
    """An answer that the author thinks possible, with the positions of the indicators that support it."""

    text: ShortText
    evidence: tuple[Annotated[int, Field(ge=0)], ...] = ()


class Addressee(Contract):
    """Who should answer: one provider, or a role alone (resolved to the attending, else the service's default)."""

    provider_id: str | None = Field(default=None, max_length=100)
    role: RecipientRole | None = None
    service: str | None = Field(default=None, max_length=100)


class Patient(Contract):
    """The person. Stands in the tracker's tables and pages only; no other contract carries it."""

    reference: ShortText
    name: str | None = Field(default=None, max_length=200)
    mrn: str | None = Field(default=None, max_length=100)
    birth_date: date | None = None


class EncounterBlock(Contract):
    """What the author knows of the encounter. It fills only what no encounter event has set."""

    number: ShortText
    started_at: Instant | None = None
    admission_order_at: Instant | None = None
    ended_at: Instant | None = None


class CoderOnly(Contract):
    """Codes and impact that the author keeps with the gap. No query, notification or provider-facing type has it."""

    suspected_codes: tuple[str, ...] = ()
    impact: dict[str, str] = Field(default_factory=dict)
    note: str | None = Field(default=None, max_length=4_000)


class QuestionBasis(Contract):
    """All that composing a question needs. It knows nobody: no patient, no code, no impact."""

    setting: Setting
    category: Category
    response_type: ResponseType | None = None
    axis: str | None = Field(default=None, max_length=80)
    concepts: tuple[Concept, ...] = ()
    indicators: Annotated[tuple[Indicator, ...], Field(max_length=400)] = ()
    documented: Annotated[tuple[DocumentedTerm, ...], Field(max_length=200)] = ()
    options: Annotated[tuple[CandidateOption, ...], Field(max_length=40)] = ()
    template_id: str | None = Field(default=None, max_length=100)

    @model_validator(mode="after")
    def _evidence_points_at_indicators(self) -> Self:
        last = len(self.indicators) - 1
        for number, option in enumerate(self.options):
            if any(position > last for position in option.evidence):
                raise ValueError(f"options[{number}].evidence points past the last indicator ({last})")
        return self


class GapRaised(QuestionBasis):
    """Data of `cdi.gap.raised.v1`. Identity is (event source, `gap_id`); the latest `occurred_at` wins.

    `priority` orders the work of coders and CDI specialists; no provider sees it.
    """

    gap_id: ShortText
    occurred_at: Instant
    facility: ShortText
    encounter: EncounterBlock
    patient: Patient | None = None
    addressee: Addressee = Addressee()
    reason_code: ShortText
    sensitivity: Sensitivity = "normal"
    blocking: bool = False
    priority: Priority = "routine"
    due_at: Instant | None = None
    raised_by: str | None = Field(default=None, max_length=200)
    coder_only: CoderOnly | None = None

    def basis(self) -> QuestionBasis:
        """Return the part that may leave the tracker: the question's basis, without people, codes or impact."""
        return QuestionBasis.model_validate({name: getattr(self, name) for name in QuestionBasis.model_fields})


class GapWithdrawn(Contract):
    """Data of `cdi.gap.withdrawn.v1`: covers only raises that are not later than itself."""

    gap_id: ShortText
    occurred_at: Instant
    facility: ShortText
    encounter_number: ShortText
    reason: LongText | None = None
