"""A provider's answer (topic `cdi.responses.v1`, or HTTP)."""

from __future__ import annotations

from typing import Self
from uuid import UUID

from pydantic import Field, model_validator

from schemas.base import Contract, Instant
from schemas.vocabulary import AnswerCode


class Answer(Contract):
    """What was answered: a code, the chosen option where there is one, and text where the code needs it."""

    code: AnswerCode
    option_id: str | None = Field(default=None, max_length=100)
    text: str | None = Field(default=None, max_length=10_000)
    documentation_ref: str | None = Field(default=None, max_length=300)

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if self.code == "OPTION_SELECTED" and not self.option_id:
            raise ValueError("OPTION_SELECTED names its option_id")
        if self.code in ("OTHER_TEXT", "FREE_TEXT", "DECLINED") and not (self.text or "").strip():
            raise ValueError(f"{self.code} needs text")
        return self


class SignatureEvidence(Contract):
    """Who signed in the channel where the answer was given, when, and the channel's own proof of it."""

    external_user_id: str = Field(min_length=1, max_length=200)
    signed_at: Instant
    method: str = Field(min_length=1, max_length=100)
    reference: str | None = Field(default=None, max_length=300)


class ResponseSubmitted(Contract):
    """Data of `cdi.response.submitted.v1`; counts only from an allow-listed source with evidence of who signed."""

    response_id: str = Field(min_length=1, max_length=200)
    query_id: UUID
    occurred_at: Instant
    answer: Answer
    signature: SignatureEvidence
    amends: str | None = Field(default=None, max_length=200)
