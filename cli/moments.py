"""Times and files as commands take them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer
from pydantic import TypeAdapter, ValidationError

_TIME: TypeAdapter[datetime] = TypeAdapter(datetime)


class BadInput(Exception):
    """Something that a person gave and that does not fit. The text names where, and never repeats what stands there."""


def read_moment(text: str | None) -> datetime:
    """Return `--as-of` as a moment; without a zone it is UTC. Raises `BadInput`."""
    if text is None:
        return datetime.now(UTC)
    try:
        moment = _TIME.validate_python(text)
    except ValidationError:
        raise BadInput("--as-of is no ISO 8601 time, such as 2026-03-04T14:00:00Z") from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def read_zone(name: str) -> ZoneInfo:
    """Return `--zone` as a time zone. Raises `BadInput`."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, ZoneInfoNotFoundError):
        raise BadInput(f"--zone: {name} is no IANA time zone, such as Europe/Berlin") from None


@contextmanager
def opened(file: str, command: str) -> Iterator[IO[str]]:
    """Open a file, or stdin for `-`. One that cannot be read, or is not UTF-8, ends the command with exit code 2."""
    try:
        with _stream(file) as stream:
            yield stream
    except UnicodeDecodeError:
        typer.echo(f"{command}: {file}: not UTF-8; save the file in that encoding", err=True)
        raise typer.Exit(2) from None
    except OSError as error:
        # Only what names this file: a broken pipe or a lost connection is somebody else's to tell.
        if error.filename != file:
            raise
        typer.echo(f"{command}: {file}: {error.strerror}", err=True)
        raise typer.Exit(2) from None


def _stream(file: str) -> AbstractContextManager[IO[str]]:
    return nullcontext(cast("IO[str]", sys.stdin)) if file == "-" else Path(file).open(encoding="utf-8")
