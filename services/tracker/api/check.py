"""The compliance check over HTTP: texts in, verdicts out. Nothing is stored, and nothing of a text is logged."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any, Self

from fastapi import APIRouter, Body, Depends
from pydantic import Field, model_validator
from pydantic_core import PydanticSerializationError

from compliance import Knowledge, check
from schemas.base import Contract
from schemas.check import CheckDocument, MessageDocument, QueryDocument, Verdict
from services.tracker.api.access import OfficeOf, allowed
from services.tracker.api.problems import Problem
from services.tracker.identity import Actor

# Not an `IdempotentRoute`: that would keep the answer, and checking twice has no effect anyway.
router = APIRouter(prefix="/api/v1", tags=["check"])
MOST_DOCUMENTS = 500
MOST_BODY = 4 * 1024 * 1024
MOST_ITEMS = 200
"""So many indicators, options, documented terms and links of an option a query may hold here; people see a dozen."""
AT_ONCE = 20
"""So many documents are checked in a thread before others, who wait for a thread too, have their turn."""


class CheckBody(Contract):
    """One document, or a list of them."""

    id: str = Field(default="document", description="Comes back with the verdict of a single document.")
    query: QueryDocument | None = None
    message: MessageDocument | None = None
    documents: tuple[CheckDocument, ...] | None = Field(default=None, min_length=1, max_length=MOST_DOCUMENTS)

    @model_validator(mode="after")
    def _holds_exactly_one(self) -> Self:
        if sum(part is not None for part in (self.query, self.message, self.documents)) != 1:
            raise ValueError("a body holds one of `query`, `message` and `documents`")
        return self


class Verdicts(Contract):
    """One verdict per document, in the order sent."""

    verdicts: tuple[Verdict, ...]


_QUERY: dict[str, Any] = {
    "title": "Clarification: kidney function results",
    "setting": "inpatient",
    "phase": "concurrent",
    "category": "missing_diagnosis",
    "response_type": "open_ended",
    "recipient_role": "attending",
    "encounter_started_at": "2026-05-04T05:00:00",
    "indicators": [
        {
            "name": name,
            "value": value,
            "unit": unit,
            "source": source,
            "observed_at": observed_at,
        }
        for name, value, unit, source, observed_at in (
            ("Creatinine", "0.9", "mg/dL", "Laboratory", "2026-05-04T06:10:00"),
            ("Creatinine", "2.4", "mg/dL", "Laboratory", "2026-05-05T05:55:00"),
            ("Normal saline", "2 L", None, "MAR", "2026-05-05T08:00:00"),
        )
    ],
    "question": "Based on your clinical judgment, please document the condition, if any, that the findings below "
    "represent.",
}
_MESSAGE: dict[str, Any] = {
    "kind": "reminder",
    "channel": "email",
    "subject": "Documentation clarification",
    "body": "Your patient in room 12 has sepsis. Please document it today.",
}
_EXAMPLES: dict[str, Any] = {
    "query": {"summary": "A query that may be sent", "value": {"id": "draft-1", "query": _QUERY}},
    "message": {"summary": "A reminder that is blocked", "value": {"id": "mail-1", "message": _MESSAGE}},
    "documents": {
        "summary": "Both at once",
        "value": {"documents": [{"id": "draft-1", "query": _QUERY}, {"id": "mail-1", "message": _MESSAGE}]},
    },
}


@router.post("/check")
async def check_texts(
    body: Annotated[CheckBody, Body(openapi_examples=_EXAMPLES)],
    office: OfficeOf,
    _: Annotated[Actor, Depends(allowed("check"))],
) -> Verdict | Verdicts:
    """Judge texts as the tracker judges them before a provider sees them: `pass`, `review` or `block`, and why.

    A body with `query` or `message` is answered by its verdict, one with `documents` (at most 500) by
    `{"verdicts": [...]}` in the order sent. The body may hold 4 MiB, and a query 200 indicators, options and documented
    terms each. Fields: docs/compliance.md, "Checking a text".
    """
    _must_be_text(body)
    documents = body.documents or (CheckDocument(id=body.id, query=body.query, message=body.message),)
    _must_be_bounded(documents)
    verdicts = await _judged(documents, office.knowledge)
    return verdicts[0] if body.documents is None else Verdicts(verdicts=tuple(verdicts))


def _must_be_text(body: CheckBody) -> None:
    """Refuse escapes that stand for half a character: JSON lets them through, and no answer could hold them."""
    try:
        body.model_dump_json()
    except PydanticSerializationError:
        raise Problem(422, "Not text", "An escape \\ud800 to \\udfff stands alone; take it out.") from None


def _must_be_bounded(documents: Sequence[CheckDocument]) -> None:
    """Refuse queries that no person could read: each link is weighed against each indicator."""
    for query in (document.query for document in documents if document.query):
        links = max((len(option.evidence) for option in query.options), default=0)
        if max(len(query.indicators), len(query.options), len(query.documented), links) > MOST_ITEMS:
            detail = f"A query here holds at most {MOST_ITEMS} indicators, options, documented terms and links each."
            raise Problem(413, "Too many parts", detail)


async def _judged(documents: Sequence[CheckDocument], knowledge: Knowledge) -> list[Verdict]:
    """Check in a thread, some documents at a time: the loop answers others meanwhile."""
    verdicts: list[Verdict] = []
    for start in range(0, len(documents), AT_ONCE):
        verdicts += await asyncio.to_thread(_checked, documents[start : start + AT_ONCE], knowledge)
    return verdicts


def _checked(documents: Sequence[CheckDocument], knowledge: Knowledge) -> list[Verdict]:
    return [check(document, knowledge) for document in documents]
