"""`cdi-query gaps from-encounters FILE`: encounters in, one `cdi.gap.raised.v1` event a line out."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from cli import compose
from cli.intake.command import IntakeCounts, gap_lines
from cli.intake.gaps import DEFAULT_FACILITY, DEFAULT_SOURCE, IntakeSettings
from cli.intake.problems import SHOWN, BadInput, Problem, report
from cli.intake.recipients import read_recipients


def from_encounters(
    file: Annotated[str, typer.Argument(help="NDJSON of encounters with observations, one a line; - reads stdin.")],
    as_of: Annotated[
        str | None,
        typer.Option(help="The moment the gaps are raised at (ISO 8601); its day is part of their ids. Now."),
    ] = None,
    recipients: Annotated[
        Path | None, typer.Option(help="CSV with the columns service and provider_id: who is asked about a service.")
    ] = None,
    facility: Annotated[str, typer.Option(help="The facility's name in the events.")] = DEFAULT_FACILITY,
    zone: Annotated[str, typer.Option(help="The time zone of the file's wall-clock times.")] = "UTC",
    open_share: Annotated[
        float, typer.Option(min=0, max=1, help="Share of the encounters, moved from the future, that is still open.")
    ] = 0.0,
    source: Annotated[str, typer.Option(help="The source of the events.")] = DEFAULT_SOURCE,
) -> None:
    """Turn each finding that an encounter's coded diagnoses do not explain into a gap event.

    Encounters whose dates lie ahead are moved as a whole to end some days before the as-of moment. The same file,
    moment and options give the same lines. Lines that cannot be read are named on stderr, and the others go on.
    """
    try:
        moment = compose.read_moment(as_of)
        settings = IntakeSettings(facility, _zone(zone), source, _recipients(recipients), open_share)
        problems, counts = _print_gaps(file, moment, settings)
    except (BadInput, compose.BadInput, OSError) as error:
        typer.echo(f"from-encounters: {error}", err=True)
        raise typer.Exit(2) from None
    typer.echo(f"from-encounters: {counts.encounters} encounters, {counts.gaps} gaps", err=True)
    for text in report(problems, SHOWN):
        typer.echo(f"from-encounters: {text}", err=True)
    if problems:
        raise typer.Exit(2)


def _print_gaps(file: str, moment: datetime, settings: IntakeSettings) -> tuple[list[Problem], IntakeCounts]:
    problems: list[Problem] = []
    counts = IntakeCounts()
    with _lines(file) as lines:
        for line in gap_lines(lines, as_of=moment, settings=settings, on_problem=problems.append, counts=counts):
            typer.echo(line)
    return problems, counts


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise compose.BadInput("--zone is no time zone such as America/New_York") from None


def _recipients(path: Path | None) -> Mapping[str, str]:
    if path is None:
        return {}
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return read_recipients(lines)


@contextmanager
def _lines(file: str) -> Iterator[Iterator[str]]:
    if file == "-":
        yield iter(sys.stdin)
        return
    path = Path(file)
    with path.open(encoding="utf-8") as opened, _progress() as bar:
        yield _watched(opened, bar, path.stat().st_size)


def _progress() -> Progress:
    """A bar on stderr, where a person sees it; none in a script, and none between lines that are watched themselves."""
    console = Console(stderr=True)
    hidden = not console.is_terminal or sys.stdout.isatty()
    columns = (TextColumn("Reading encounters"), BarColumn(), DownloadColumn())
    return Progress(*columns, console=console, disable=hidden, transient=True)


def _watched(lines: IO[str], bar: Progress, size: int) -> Iterator[str]:
    task = bar.add_task("", total=size)
    for line in lines:
        bar.advance(task, len(line.encode()))
        yield line
