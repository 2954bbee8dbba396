"""Printing for people: plain text to files and pipes, colours on terminals alone."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console, RenderableType


def screen() -> Console:
    """Return a console that takes text as it is: nothing in it is markup, an emoji or a number to colour."""
    return Console(highlight=False, markup=False, emoji=False)


def show(console: Console, *parts: RenderableType) -> None:
    """Print through `typer.echo`, so that a reader who went away is noticed in one way."""
    with console.capture() as held:
        for part in parts:
            console.print(part)
    lines = "\n".join(line.rstrip() for line in held.get().split("\n"))
    typer.echo(lines.encode(console.encoding, errors="replace"), nl=False)


@contextmanager
def quiet_when_nobody_reads() -> Iterator[None]:
    """End in silence when the reader of stdout went away (`| head`)."""
    try:
        yield
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(0) from None
