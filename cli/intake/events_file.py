"""Reading a file of gap events: every line is validated before anything is sent."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError

from cli.intake.problems import BadInput, Problem, from_validation
from schemas.base import content_digest
from schemas.events import MAX_INPUT_BYTES, TYPE_OF, Envelope, make
from schemas.gaps import GapRaised, GapWithdrawn

DEFAULT_SOURCE = "cdi-query/gaps-send"
_DATA_OF = {TYPE_OF[model]: model for model in (GapRaised, GapWithdrawn)}


def read_events(lines: Iterable[str], *, source: str = DEFAULT_SOURCE) -> list[Envelope]:
    """Return the events of an NDJSON file.

    A line is a CloudEvent (gap raised or withdrawn) or the bare data of a raised gap; that one is wrapped with
    `source` and an id that follows from its content, so that sending the file twice sends duplicates.

    Raises:
        BadInput: with every fault of every line; nothing of the file should be sent then.
    """
    envelopes: list[tuple[int, Envelope]] = []
    problems: list[Problem] = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            found = _read_line(number, line, source)
            (envelopes.append((number, found)) if isinstance(found, Envelope) else problems.extend(found))
    problems.extend(_conflicts(envelopes))
    if problems:
        raise BadInput(sorted(problems, key=lambda problem: problem.line))
    return [envelope for _, envelope in envelopes]


def _read_line(number: int, line: str, source: str) -> Envelope | list[Problem]:
    size = len(line.strip().encode())
    if size > MAX_INPUT_BYTES:
        return [Problem(number, "", f"{size} bytes; an event has at most {MAX_INPUT_BYTES}")]
    try:
        raw = json.loads(line)
    except ValueError as error:
        return [Problem(number, "", f"not JSON ({error})")]
    if not isinstance(raw, dict):
        return [Problem(number, "", "a JSON object was expected")]
    return _event(number, raw) if "specversion" in raw else _bare(number, raw, source)


def _event(number: int, raw: dict[str, Any]) -> Envelope | list[Problem]:
    try:
        envelope = Envelope.model_validate(raw)
    except ValidationError as error:
        return from_validation(error, number)
    model = _DATA_OF.get(envelope.type)
    if model is None:
        return [Problem(number, "type", f"one of {', '.join(_DATA_OF)} was expected")]
    try:
        model.model_validate(envelope.data)
    except ValidationError as error:
        return from_validation(error, number, "data")
    return envelope


def _bare(number: int, raw: dict[str, Any], source: str) -> Envelope | list[Problem]:
    try:
        gap = GapRaised.model_validate(raw)
    except ValidationError as error:
        return from_validation(error, number)
    return make(gap, id=f"gap-{content_digest(gap)[:32]}", source=source, time=gap.occurred_at)


def _conflicts(envelopes: Iterable[tuple[int, Envelope]]) -> list[Problem]:
    """An id that stands twice in one file with different content would be refused on arrival: say so before."""
    seen: dict[tuple[str, str], tuple[int, Any]] = {}
    problems = []
    for number, envelope in envelopes:
        first, data = seen.setdefault((envelope.source, envelope.id), (number, envelope.data))
        if data != envelope.data:
            problems.append(Problem(number, "id", f"line {first} has the same source and id with other content"))
    return problems
