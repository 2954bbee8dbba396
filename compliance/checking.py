"""The check: a pure function of a document and of what is known."""

from __future__ import annotations

from compliance.findings import by_weight, verdict_of
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
    if document.query is not None:
        return _of_query(document.query, knowledge)
    return _of_message(document.message, knowledge) if document.message is not None else []


def _of_query(query: QueryDocument, knowledge: Knowledge) -> list[Finding]:
    reading = Reading(query, knowledge)
    return [finding for look in QUERY_RULES for finding in look(reading)]


def _of_message(message: MessageDocument, knowledge: Knowledge) -> list[Finding]:
    reading = MessageReading(message, knowledge)
    return [finding for look in MESSAGE_RULES for finding in look(reading)]
