"""`cdi-query compose`: gaps in, one `cdi.queries.v1` event a line out. No broker, no database, nothing stored."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any, cast
from uuid import NAMESPACE_URL, UUID, uuid5

import typer
from pydantic import ValidationError

from cli.moments import BadInput, opened, read_moment, read_zone
from compliance import Knowledge, shipped_knowledge
from evidence.criteria import SETTING, choices
from evidence.faults import LibraryError
from schemas.events import TYPE_OF, describe, make, write
from schemas.gaps import GapRaised
from schemas.phases import phase
from schemas.queries import QueryHeld, QueryIssued
from schemas.requests import QueryRequested
from services.query_builder.composer import answer
from services.query_builder.examples import verified
from services.query_builder.library import Library, shipped_folder

SOURCE = "cdi-query/compose"
_GAP_TYPE = TYPE_OF[GapRaised]


@dataclass(frozen=True, slots=True)
class RaisedGap:
    """A gap and the source that raised it."""

    source: str
    data: GapRaised


def compose(
    file: Annotated[
        str, typer.Argument(help="NDJSON of gaps: events of type cdi.gap.raised.v1, or their data; - reads stdin.")
    ],
    as_of: Annotated[
        str | None, typer.Option(help="The moment the questions are asked for (ISO 8601). Default: now.")
    ] = None,
    templates: Annotated[
        list[Path] | None, typer.Option(help="A template folder of your own, over the shipped one.")
    ] = None,
    zone: Annotated[str, typer.Option(help="The facility's time zone, in which times are shown.")] = "UTC",
) -> None:
    """Compose and check the query of each gap, and print it as an event: issued, or held with its findings.

    The recipient is the role that the gap names, else the attending; the phase follows from the encounter's times.
    """
    try:
        moment, zone = read_moment(as_of), read_zone(zone).key
        library = load_library(templates or [], moment)
        with opened(file, "compose") as lines:
            for line in events(lines, library, library.knowledge(shipped_knowledge()), moment, zone):
                typer.echo(line)
    except (BadInput, LibraryError, OSError) as error:
        typer.echo(f"compose: {error}", err=True)
        raise typer.Exit(2) from None


def load_library(folders: Iterable[Path], as_of: datetime) -> Library:
    """Load the shipped templates and folders over them, and say on stderr which templates are not used."""
    chosen = choices(os.environ.get(SETTING, ""))
    library = Library.load(shipped_folder(), *folders, today=as_of.date(), criteria=chosen)
    library = verified(library, library.knowledge(shipped_knowledge()))
    for refusal in library.refused:
        typer.echo(f"compose: template not used: {refusal}", err=True)
    return library


def events(lines: Iterable[str], library: Library, knowledge: Knowledge, as_of: datetime, zone: str) -> Iterator[str]:
    """Turn gaps, one a line, into events, one a line. Raises `BadInput` at the first line that is no gap."""
    answered = partial(answer, library=library, knowledge=knowledge)
    for number, line in enumerate(lines, start=1):
        if line.strip():
            result = answered(request_for(read_gap(line, number), as_of, zone))
            yield event(result, as_of)


def read_gap(line: str, number: int) -> RaisedGap:
    """Read one line: an event of type cdi.gap.raised.v1, or bare gap data. Raises `BadInput`."""
    try:
        content = json.loads(line)
    except ValueError:
        raise BadInput(f"line {number}: not JSON") from None
    if not isinstance(content, dict):
        raise BadInput(f"line {number}: not a JSON object")
    source, data = _unwrapped(cast("dict[str, Any]", content), number)
    try:
        return RaisedGap(source, GapRaised.model_validate(data))
    except ValidationError as error:
        raise BadInput(f"line {number}: {describe(error)}") from None


def request_for(gap: RaisedGap, as_of: datetime, zone: str) -> QueryRequested:
    """Return the request that the tracker would make of a gap that it sees for the first time."""
    encounter = gap.data.encounter
    uid = _id(gap.source, gap.data.gap_id)
    return QueryRequested(
        request_id=uuid5(uid, as_of.isoformat()),
        query_id=uuid5(uid, "1"),
        gap_uid=uid,
        chart_id=str(_id(gap.data.facility, encounter.number)),
        as_of=as_of,
        phase=phase(encounter.started_at, encounter.ended_at, None, as_of),
        encounter_started_at=encounter.started_at,
        admission_order_at=encounter.admission_order_at,
        zone=zone,
        recipient_role=gap.data.addressee.role or "attending",
        release="automatic",
        basis=gap.data.basis(),
    )


def event(result: QueryIssued | QueryHeld, as_of: datetime) -> str:
    """Return a result as one line of structured JSON."""
    return write(make(result, id=str(result.result_id), source=SOURCE, time=as_of, subject=result.chart_id)).decode()


def _id(*parts: str) -> UUID:
    return uuid5(NAMESPACE_URL, json.dumps(parts))


def _unwrapped(content: dict[str, Any], number: int) -> tuple[str, Any]:
    if "specversion" not in content:
        return SOURCE, content
    if content.get("type") != _GAP_TYPE:
        raise BadInput(f"line {number}: type: expected {_GAP_TYPE}")
    return str(content.get("source", SOURCE)), content.get("data")
