"""The check: a pure function of a document and of what is known."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, partial
from itertools import chain, islice
from operator import attrgetter, itemgetter
from typing import NamedTuple

from pydantic import BaseModel

from compliance.entries import Limits
from compliance.findings import SURE, block, by_weight, in_row, verdict_of
from compliance.knowledge import Knowledge
from compliance.memory import digest, written
from compliance.message_reading import MessageReading
from compliance.naming import Named, named
from compliance.reading import Reading
from compliance.registry import (
    LINKED_RULES,
    MESSAGE_PLAIN,
    MESSAGE_RULES,
    MESSAGE_WORDING,
    RANKS_OF_WORDING,
    ROW_RULES,
    TIMED_RULES,
    VALUED_RULES,
    WORDED_RULES,
    Ranked,
)
from compliance.rows import Row, WrittenRow, written_rows
from compliance.times import order_of_times
from schemas.check import CheckDocument, CheckOption, CheckTerm, Finding, MessageDocument, QueryDocument, Verdict
from schemas.vocabulary import OptionKind

_SHORTLY = "Say it shortly; show findings as indicators."
_DATE = re.compile(
    r"(?<![\w./-])20\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?:([T ])(?:[01]\d|2[0-3]):[0-5]\d)?(?![\w:/-])"
)
_FORM = attrgetter("setting", "phase", "category", "response_type", "recipient_role", "title", "context", "footer")
_OPTION = attrgetter("text", "kind", "evidence", "id")
_TERM = attrgetter("term", "source", "author_role")
_OBSERVED, _RECORDED = attrgetter("observed_at"), attrgetter("recorded_at")
_MESSAGE = attrgetter(*MessageDocument.model_fields)
_LINKED = (0,)
# A sign takes six bytes at most in JSON, and the names of fields less than that beside what they stand for.
_WIDEST, _AROUND = 6, 400
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


class Asked(NamedTuple):
    """A query as plain values, without what it is made of: what it is remembered by."""

    form: tuple[object, ...]
    question: str
    options: tuple[tuple[str, str, tuple[int, ...], str | None], ...]
    terms: tuple[tuple[str, str | None, str | None], ...]
    rows: tuple[WrittenRow, ...]
    times: tuple[object, ...]


def _asked(query: QueryDocument) -> Asked:
    recorded = tuple(map(_RECORDED, query.documented))
    return Asked(
        _FORM(query),
        query.question,
        tuple(map(_OPTION, query.options)),
        tuple(map(_TERM, query.documented)),
        written_rows(query.indicators),
        (query.encounter_started_at, query.admission_order_at, recorded, tuple(map(_OBSERVED, query.indicators))),
    )


def _findings(document: CheckDocument, knowledge: Knowledge) -> tuple[Finding, ...]:
    if document.query is not None:
        query, asked = document.query, _asked(document.query)
        content = written(asked)
        work = partial(_judged, query, len(content), knowledge, partial(_of_query, query, asked, knowledge))
    elif document.message is not None:
        message = document.message
        content = written(_MESSAGE(message))
        work = partial(_judged, message, len(content), knowledge, partial(_of_message, message, knowledge))
    else:
        return ()
    return knowledge.memory.of(digest(content), work)


def _judged(
    part: QueryDocument | MessageDocument, size: int, knowledge: Knowledge, judge: Callable[[], Named]
) -> tuple[Finding, ...]:
    endless = list(islice(_endless(part, size, knowledge.limits), knowledge.limits.most_findings))
    # a text that is too long to be read closely is never sent, so nothing else needs to be said
    return by_weight(endless, {}) if endless else by_weight(*judge())


def _endless(part: QueryDocument | MessageDocument, size: int, limits: Limits) -> Iterator[Finding]:
    """R-30: neither one text nor all that is shown is without end. `size`: of all that it holds, in bytes."""
    if size > limits.text_characters:  # else no text in it can be longer
        yield from _endless_texts(part, "", limits.text_characters)
    lists = list(_endless_lists(part, limits)) if isinstance(part, QueryDocument) else []
    yield from lists
    if not lists and _is_longer(part, size, limits.document_bytes):
        message = f"All that is shown is longer than {limits.document_bytes} bytes."
        yield block("R-30", "indicators" if isinstance(part, QueryDocument) else "body", message, _SHORTLY)


def _is_longer(part: QueryDocument | MessageDocument, size: int, limit: int) -> bool:
    """Tell whether a part is longer as JSON than a limit. Most are so short that nobody needs to write them."""
    return _WIDEST * size + _AROUND > limit and len(part.__pydantic_serializer__.to_json(part)) > limit


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


def _of_query(query: QueryDocument, asked: Asked, knowledge: Knowledge) -> Named:
    """Judge a query, by rules that look at more and more of it (registry.py).

    What is said whatever its times, whatever its values, and whatever its rows is remembered for other ones. The rules
    that say it are shown no times, no values and no rows, so that it follows from nothing but what it is remembered by.
    """
    whole = Reading(query, knowledge, asked.rows, order_of_times(query))
    plain = asked._replace(question=_undated(query.question), times=whole.times)
    standing = knowledge.standing.of(digest(written(plain)), lambda: _standing(untimed(whole), plain))
    said = _in_order(standing, _ranked(whole, TIMED_RULES))
    found = _some(((rank in RANKS_OF_WORDING, finding) for rank, finding in said), "question", knowledge.limits)
    return named(found, {text.field: text.text for text in whole.prose if text.field != "title"}, knowledge.sounds)


def _standing(reading: Reading, asked: Asked) -> Said:
    """Judge a query without its times: `reading` holds none, and `asked` what it is remembered by."""
    knowledge = reading.knowledge
    names = tuple([(row[:1], row[2:]) for row in asked.rows])
    linked = (*asked[:4], names)
    worded = (*asked[:2], tuple([(text, kind, bool(links)) for text, kind, links, _ in asked.options]), asked.terms)
    return _in_order(
        knowledge.worded.of(
            digest(written((*worded, *reading.told.written()))), lambda: _ranked(rowless(reading), WORDED_RULES)
        ),
        knowledge.linked.of(digest(written(linked)), lambda: _ranked(unvalued(reading), LINKED_RULES)),
        _ranked(reading, VALUED_RULES),
        _of_rows(reading),
    )


def _of_rows(reading: Reading) -> Iterator[tuple[int, Finding]]:
    """Judge each indicator by itself. What is said of one is remembered for the same one in any query."""
    for place, row in enumerate(reading.rows):
        if row.said is None:
            row.said = _of_row(row)
        for rank, finding in row.said:
            yield rank, in_row(finding, place)


def _of_row(row: Row) -> Said:
    found = [(rank, finding) for rank, look in ROW_RULES for finding in look(row, row.knowledge)]
    return tuple(found[: row.knowledge.limits.most_findings + 1])


def untimed(reading: Reading) -> Reading:
    """Return what rules see that look at no time.

    There are none: of its encounter, of what its record holds, of its indicators but which of them are the same, and
    in its question. A date of the question becomes another one of the same form, so that all else stands as it stood.
    """
    query = reading.query
    without = query.model_copy(
        update={
            "question": _undated(query.question),
            "encounter_started_at": None,
            "admission_order_at": None,
            "documented": tuple([_without_time(*_TERM(term)) for term in query.documented]),
            "indicators": (),
        }
    )
    return Reading(without, reading.knowledge, reading.indicators, reading.times)


@lru_cache(maxsize=1024)
def _without_time(term: str, source: str | None, author_role: str | None) -> CheckTerm:
    return CheckTerm(term=term, source=source, author_role=author_role)


def unvalued(reading: Reading) -> Reading:
    """Return what rules see that look at neither time nor value."""
    rows = tuple([(row[0], "", *row[2:]) for row in reading.indicators])
    return Reading(reading.query, reading.knowledge, rows, ())


def rowless(reading: Reading) -> Reading:
    """Return what rules see that look at no row: they hear of them, and see that something is linked to an answer."""
    query = reading.query
    options = tuple([_without_links(option.text, option.kind, bool(option.evidence)) for option in query.options])
    return Reading(query.model_copy(update={"options": options}), reading.knowledge, (), (), reading.heard)


@lru_cache(maxsize=1024)
def _without_links(text: str, kind: OptionKind, linked: bool) -> CheckOption:
    return CheckOption(text=text, kind=kind, evidence=_LINKED if linked else ())


def _undated(text: str) -> str:
    return _DATE.sub(_any_date, text)


def _any_date(found: re.Match[str]) -> str:
    return "2000-01-01" + (f"{found[1]}00:00" if found[1] else "")


def _in_order(*parts: Iterable[tuple[int, Finding]]) -> Said:
    return tuple(sorted(chain.from_iterable(parts), key=itemgetter(0)))


def _ranked(reading: Reading, rules: Ranked) -> Said:
    """Return the findings of some rules with their ranks; not many more than anybody reads."""
    found: list[tuple[int, Finding]] = []
    for rank, look in rules:
        for finding in look(reading):
            found.append((rank, finding))
            if len(found) > reading.knowledge.limits.most_findings:
                return tuple(found)
    return tuple(found)


def _of_message(message: MessageDocument, knowledge: Knowledge) -> Named:
    reading = MessageReading(message, knowledge)
    looked = ((look, finding) for look in MESSAGE_RULES for finding in look(reading))
    found = list(islice(looked, knowledge.limits.most_findings + 1))
    said = ((look in MESSAGE_WORDING, finding) for look, finding in found)
    texts = {text.field: text.text for text in reading.texts}
    told = named(_some(said, "body", knowledge.limits), texts, knowledge.sounds)
    plain = {finding.rule for look, finding in found if look in MESSAGE_PLAIN}
    return told._replace(naming={**told.naming, **{finding: SURE for _, finding in found if finding.rule in plain}})


def _some(findings: Iterator[tuple[bool, Finding]], field: str, limits: Limits) -> list[tuple[bool, Finding]]:
    """Return the findings, each with whether wording was seen to be at fault.

    Where there are more than anybody reads, the rest is not looked for: R-30 blocks it all.
    """
    found = list(islice(findings, limits.most_findings + 1))
    if len(found) > limits.most_findings:
        message = f"More than {limits.most_findings} faults; the others were not looked for."
        found[-1] = (False, block("R-30", field, message, "Write it anew."))
    return found
