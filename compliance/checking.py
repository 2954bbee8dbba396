"""The check: a pure function of a document and of what is known."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain, islice
from operator import itemgetter
from typing import Any

from pydantic import BaseModel

from compliance.findings import block, by_weight, verdict_of
from compliance.knowledge import Knowledge, Limits
from compliance.messages import MessageReading
from compliance.reading import Reading
from compliance.registry import MESSAGE_RULES, ROW_RULES, TIMED_RULES, VALUED_RULES, WORDED_RULES, Ranked
from compliance.rows import Row, row_of
from compliance.times import to_the_minute
from schemas.check import CheckDocument, Finding, MessageDocument, QueryDocument, Verdict

_SHORTLY = "Say it shortly; show findings as indicators."
_TIMES: Any = {
    "question": True,
    "encounter_started_at": True,
    "admission_order_at": True,
    "documented": {"__all__": {"recorded_at"}},
    "indicators": {"__all__": {"observed_at"}},
}
_VALUES: Any = {"indicators": {"__all__": {"value"}}}
_DATE = re.compile(
    r"(?<![\w./-])20\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?:([T ])(?:[01]\d|2[0-3]):[0-5]\d)?(?![\w:/-])"
)
Said = tuple[tuple[int, Finding], ...]
"""Findings with the ranks of the rules that say them."""


def check(document: CheckDocument, knowledge: Knowledge) -> Verdict:
    """Judge one document: a query or a message, against the ruleset of `knowledge`.

    Returns the verdict with every finding, blocks first; within one severity the most specific rule first.
    Pure and deterministic: no I/O, no clock; what was judged before is remembered in bounds and comes out the same.
    Never raises on a valid document.
    """
    findings = _findings(document, knowledge)
    return Verdict(id=document.id, verdict=verdict_of(findings), findings=findings, ruleset=knowledge.ruleset)


def _findings(document: CheckDocument, knowledge: Knowledge) -> tuple[Finding, ...]:
    part = document.query or document.message
    if part is None:
        return ()
    written = part.__pydantic_serializer__.to_json(part)
    return knowledge.memory.of(written, lambda: _judged(part, written, knowledge))


def _judged(part: QueryDocument | MessageDocument, written: bytes, knowledge: Knowledge) -> tuple[Finding, ...]:
    endless = list(islice(_endless(part, len(written), knowledge.limits), knowledge.limits.most_findings))
    if endless:  # a text that is too long to be read closely is never sent, so nothing else needs to be said
        return by_weight(endless)
    return by_weight(_of_query(part, knowledge) if isinstance(part, QueryDocument) else _of_message(part, knowledge))


def _endless(part: QueryDocument | MessageDocument, size: int, limits: Limits) -> Iterator[Finding]:
    """R-30: neither one text nor all that is shown is without end. `size`: of the whole part, in bytes."""
    if size > limits.text_characters:  # else no text in it can be longer
        yield from _endless_texts(part, "", limits.text_characters)
    lists = list(_endless_lists(part, limits)) if isinstance(part, QueryDocument) else []
    yield from lists
    if size > limits.document_bytes and not lists:
        message = f"All that is shown is longer than {limits.document_bytes} bytes."
        yield block("R-30", "indicators" if isinstance(part, QueryDocument) else "body", message, _SHORTLY)


def _endless_texts(part: BaseModel, path: str, limit: int) -> Iterator[Finding]:
    for name in type(part).model_fields:
        value = getattr(part, name)
        if isinstance(value, str) and len(value) > limit:
            yield block("R-30", path + name, f"The text is longer than {limit} characters.", _SHORTLY)
        elif isinstance(value, tuple):
            for place, item in enumerate(value):
                if isinstance(item, BaseModel):
                    yield from _endless_texts(item, f"{path}{name}[{place}].", limit)


def _endless_lists(query: QueryDocument, limits: Limits) -> Iterator[Finding]:
    counts = (
        ("indicators", "indicators", len(query.indicators), limits.most_indicators),
        ("documented", "documented terms", len(query.documented), limits.most_documented),
        ("options", "options", len(query.options), limits.most_options),
        ("options", "links to evidence", sum(len(option.evidence) for option in query.options), limits.most_links),
    )
    for field, name, count, limit in counts:
        if count > limit:
            message = f"More than {limit} {name} are given."
            yield block("R-30", field, message, "Show those that explain why clarification is needed.")


def _of_query(query: QueryDocument, knowledge: Knowledge) -> list[Finding]:
    """Judge a query. What is said of it whatever its times is remembered for the same query at other times.

    The rules that say it are shown no times, so that what they say follows from nothing but what it is remembered by.
    """
    untold = f"{_undated(query.question)}{_order_of_times(query)}"
    written = query.__pydantic_serializer__.to_json(query, exclude=_TIMES) + untold.encode()
    standing = knowledge.standing.of(written, lambda: _standing(untimed(query), knowledge))
    said = _in_order(standing, _ranked(Reading(query, knowledge), TIMED_RULES))
    return _some((finding for _, finding in said), "question", knowledge.limits)


def _standing(query: QueryDocument, knowledge: Knowledge) -> Said:
    """Judge an untimed query. What is said of it whatever its values is remembered for the same query with others.

    The rules that say it are shown no values, but what these say to the texts of this query.
    """
    reading = Reading(query, knowledge)
    told = reading.told.to(reading.said_words)
    written = query.__pydantic_serializer__.to_json(query, exclude=_VALUES) + told.written()
    worded = knowledge.worded.of(written, lambda: _ranked(Reading(unvalued(query), knowledge, told), WORDED_RULES))
    return _in_order(worded, _ranked(reading, VALUED_RULES), _of_rows(query, knowledge))


def _of_rows(query: QueryDocument, knowledge: Knowledge) -> Iterator[tuple[int, Finding]]:
    """Judge each indicator by itself. What is said of one is remembered for the same one in any query."""
    for place, one in enumerate(query.indicators):
        row = row_of(one)
        for rank, finding in knowledge.rows.of(repr(row).encode(), partial(_of_row, row, knowledge)):
            yield rank, finding.model_copy(update={"field": f"indicators[{place}].{finding.field}"})


def _of_row(row: Row, knowledge: Knowledge) -> Said:
    found = ((rank, finding) for rank, look in ROW_RULES for finding in look(row, knowledge))
    return tuple(islice(found, knowledge.limits.most_findings + 1))


def untimed(query: QueryDocument) -> QueryDocument:
    """Return a query without its times: those of its encounter, those of what its record holds, dates of its question.

    What is left of the times of indicators is which of them are the same. A date of the question becomes another one
    of the same form, so that all else stands where it stood.
    """
    times = _order_of_times(query)
    return query.model_copy(
        update={
            "question": _undated(query.question),
            "encounter_started_at": None,
            "admission_order_at": None,
            "documented": tuple(term.model_copy(update={"recorded_at": None}) for term in query.documented),
            "indicators": tuple(
                one.model_copy(update={"observed_at": str(time)})
                for one, time in zip(query.indicators, times, strict=True)
            ),
        }
    )


def unvalued(query: QueryDocument) -> QueryDocument:
    """Return an untimed query without the values of its indicators."""
    return query.model_copy(
        update={"indicators": tuple(one.model_copy(update={"value": ""}) for one in query.indicators)}
    )


def _order_of_times(query: QueryDocument) -> list[int]:
    """Return for each indicator the position of the first one of the same time."""
    first: dict[str, int] = {}
    return [first.setdefault(to_the_minute(one.observed_at), place) for place, one in enumerate(query.indicators)]


def _undated(text: str) -> str:
    return _DATE.sub(_any_date, text)


def _any_date(found: re.Match[str]) -> str:
    return "2000-01-01" + (f"{found[1]}00:00" if found[1] else "")


def _in_order(*parts: Iterable[tuple[int, Finding]]) -> Said:
    return tuple(sorted(chain.from_iterable(parts), key=itemgetter(0)))


def _ranked(reading: Reading, rules: Ranked) -> Said:
    """Return the findings of some rules with their ranks; not many more than anybody reads."""
    found = ((rank, finding) for rank, look in rules for finding in look(reading))
    return tuple(islice(found, reading.knowledge.limits.most_findings + 1))


def _of_message(message: MessageDocument, knowledge: Knowledge) -> list[Finding]:
    reading = MessageReading(message, knowledge)
    return _some(chain.from_iterable(look(reading) for look in MESSAGE_RULES), "body", knowledge.limits)


def _some(findings: Iterator[Finding], field: str, limits: Limits) -> list[Finding]:
    """Return the findings. Where there are more than anybody reads, the rest is not looked for: R-30 blocks it all."""
    found = list(islice(findings, limits.most_findings + 1))
    if len(found) > limits.most_findings:
        message = f"More than {limits.most_findings} faults; the others were not looked for."
        found[-1] = block("R-30", field, message, "Write it anew.")
    return found
