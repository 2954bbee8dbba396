"""`cdi-query gaps`: from encounters to gap events, and from a file to the tracker."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import IO, Annotated
from zoneinfo import ZoneInfo

import httpx
import typer
from rich.console import Console

from cli.client import Target, target, told
from cli.intake.command import IntakeCounts, gap_lines
from cli.intake.events_file import DEFAULT_SOURCE, read_events
from cli.intake.gaps import DEFAULT_FACILITY, IntakeSettings
from cli.intake.problems import BadInput, Problem, report
from cli.intake.recipients import read_recipients
from cli.intake.sending import SendFailed, Sent, progress_bar, send_to_api
from cli.moments import BadInput as BadMoment
from cli.moments import opened, read_moment, read_zone
from schemas.events import Envelope

gaps_app = typer.Typer(help="Documentation gaps: make them from encounters, send them.", no_args_is_help=True)


@gaps_app.command("from-encounters")
def from_encounters(
    file: Annotated[str, typer.Argument(help="NDJSON of encounters with observations; - reads stdin.")],
    as_of: Annotated[
        str | None,
        typer.Option(help="The moment of asking (ISO 8601); the same gives the same gaps. Default: now."),
    ] = None,
    recipients: Annotated[Path | None, typer.Option(help="CSV service,provider_id: whom to ask per service.")] = None,
    facility: Annotated[str, typer.Option(help="The facility's id.")] = DEFAULT_FACILITY,
    zone: Annotated[str, typer.Option(help="The facility's time zone (IANA).")] = "UTC",
    open_share: Annotated[
        float, typer.Option(min=0, max=1, help="Share of encounters that are still open at --as-of.")
    ] = 0.0,
) -> None:
    """Print one gap event a line for each finding that the coded diagnoses of an encounter do not explain.

    Dates are moved, each encounter as a whole, so that it lies before --as-of. Nothing is sent.
    """
    console = Console(stderr=True)
    settings = IntakeSettings(
        facility=facility, zone=_zone(zone), recipients=_recipients(recipients), open_share=open_share
    )
    problems: list[Problem] = []
    counts = IntakeCounts()
    try:
        moment = read_moment(as_of)
    except BadMoment as error:
        typer.echo(f"gaps from-encounters: {error}", err=True)
        raise typer.Exit(2) from None
    with opened(file, "gaps from-encounters") as lines:
        for line in gap_lines(lines, as_of=moment, settings=settings, on_problem=problems.append, counts=counts):
            typer.echo(line)
    _close(console, counts, problems)


def _close(console: Console, counts: IntakeCounts, problems: list[Problem]) -> None:
    console.print(f"{counts.gaps} gaps from {counts.encounters} encounters", highlight=False)
    for text in report(problems):
        typer.echo(f"gaps from-encounters: {text}", err=True)
    if problems:
        raise typer.Exit(2)


def _zone(name: str) -> ZoneInfo:
    try:
        return read_zone(name)
    except BadMoment as error:
        typer.echo(f"gaps from-encounters: {error}", err=True)
        raise typer.Exit(2) from None


def _recipients(file: Path | None) -> dict[str, str]:
    if file is None:
        return {}
    try:
        with opened(str(file), "gaps from-encounters") as lines:
            return dict(read_recipients(lines))
    except BadInput as error:
        for text in report(error.problems):
            typer.echo(f"{file}: {text}", err=True)
        raise typer.Exit(2) from None


@gaps_app.command("send")
def send(
    file: Annotated[str, typer.Argument(help="NDJSON of gap events, or of bare gap data; - reads stdin.")],
    source: Annotated[str, typer.Option(help="Source of lines that are bare gap data.")] = DEFAULT_SOURCE,
    bootstrap: Annotated[
        str | None, typer.Option(help="Send straight to this Kafka (CDI_QUERY_KAFKA_* for TLS and SASL) instead.")
    ] = None,
) -> None:
    """Validate every line first, then send all: to the running instance, or to a Kafka broker.

    Sent again, the same file changes nothing. A line that does not fit is named with its field, and nothing is sent.
    """
    with opened(file, "gaps send") as lines:
        events = _validated(lines, source)
    with told("gaps send"):
        try:
            sent = _send(events, bootstrap)
        except SendFailed as error:
            typer.echo(f"gaps send: {error}", err=True)
            raise typer.Exit(4) from None
    parts = ", ".join(f"{count} {status}" for status, count in sorted(sent.by_status.items()))
    typer.echo(f"{sent.total} gaps sent: {parts}" if parts else "nothing to send")
    for event, reason in sent.rejected:
        typer.echo(f"gaps send: event {event}: {reason}", err=True)
    if sent.rejected:
        raise typer.Exit(4)


def _validated(lines: IO[str], source: str) -> list[Envelope]:
    try:
        return read_events(lines, source=source)
    except BadInput as error:
        for text in report(error.problems):
            typer.echo(f"gaps send: {text}", err=True)
        raise typer.Exit(2) from None


def _send(events: list[Envelope], bootstrap: str | None) -> Sent:
    bar, advance = progress_bar(Console(stderr=True), "sending gaps", len(events))
    with bar:
        if bootstrap is not None:
            # Imported here: clients of Kafka take seconds to import, and most gaps go through the API.
            from cli.intake.to_broker import send_to_broker  # noqa: PLC0415
            from services.foundation.settings import KafkaSettings  # noqa: PLC0415

            kafka = KafkaSettings(bootstrap_servers=bootstrap)
            return asyncio.run(send_to_broker(events, kafka, advance))
        return asyncio.run(_post(events, target("coder"), advance))


async def _post(events: list[Envelope], place: Target, advance: object) -> Sent:
    headers = {"Authorization": f"Bearer {place.token}"}
    async with httpx.AsyncClient(base_url=place.url, headers=headers, timeout=60) as client:
        return await send_to_api(events, client, advance)  # type: ignore[arg-type]
