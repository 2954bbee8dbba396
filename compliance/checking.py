"""The check: a pure function of a document and of what is known."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel

from compliance.findings import block, by_weight, verdict_of
from compliance.knowledge import Knowledge
from compliance.messages import MessageReading
from compliance.reading import Reading
from compliance.registry import MESSAGE_RULES, QUERY_RULES
from schemas.check import CheckDocument, Finding, MessageDocument, QueryDocument, Verdict


def check(document: CheckDocument, knowledge: Knowledge) -> Verdict:
    """Judge one document: a query or a message, against the ruleset of `knowledge`.

    Returns the verdict with every finding, blocks first; within one severity the most specific rule first.
    Pure and deterministic: no I/O, no clock, no state. Never raises on a valid document.
    """
    findings = by_weight(list(_findings(document, knowledge)))
    return Verdict(id=document.id, verdict=verdict_of(findings), findings=findings, ruleset=knowledge.ruleset)


def _findings(document: CheckDocument, knowledge: Knowledge) -> list[Finding]:
    part = document.query or document.message
    endless = list(_endless(part, "", knowledge.limits.text_characters)) if part is not None else []
    if endless:  # a text that is too long to be read closely is never sent, so nothing else needs to be said
        return endless
    if document.query is not None:
        return _of_query(document.query, knowledge)
    return _of_message(document.message, knowledge) if document.message is not None else []


def _endless(part: BaseModel, path: str, limit: int) -> Iterator[Finding]:
    for name in type(part).model_fields:
        value = getattr(part, name)
        if isinstance(value, str) and len(value) > limit:
            message = f"The text is longer than {limit} characters."
            yield block("R-30", path + name, message, "Say it shortly; show findings as indicators.")
        elif isinstance(value, tuple):
            for place, item in enumerate(value):
                if isinstance(item, BaseModel):
                    yield from _endless(item, f"{path}{name}[{place}].", limit)


def _of_query(query: QueryDocument, knowledge: Knowledge) -> list[Finding]:
    reading = Reading(query, knowledge)
    return [finding for look in QUERY_RULES for finding in look(reading)]


def _of_message(message: MessageDocument, knowledge: Knowledge) -> list[Finding]:
    reading = MessageReading(message, knowledge)
    return [finding for look in MESSAGE_RULES for finding in look(reading)]
