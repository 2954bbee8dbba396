"""The command `cdi-query`."""

from __future__ import annotations

import os
import sys

import typer

from cli.compose import compose
from cli.doctor import doctor
from cli.gaps_commands import gaps_app
from cli.house_commands import letters_app, providers_app, sources_app, status, tokens_app
from cli.run import migrate, run_app, topics_app
from cli.up import up

app = typer.Typer(
    name="cdi-query",
    help="Compliant physician queries, from documentation gap to final chart. Begin with `cdi-query up`.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode="rich" if sys.stdout.isatty() else None,
)
app.command()(up)
app.add_typer(gaps_app, name="gaps")
app.command()(compose)
app.command()(status)
app.add_typer(letters_app, name="dead-letters")
app.add_typer(providers_app, name="providers")
app.add_typer(sources_app, name="sources")
app.add_typer(tokens_app, name="tokens")
app.command()(doctor)
app.add_typer(run_app, name="run")
app.command()(migrate)
app.add_typer(topics_app, name="topics")


def main() -> None:
    """Run the command; a reader that went away (`| head`) is no error."""
    try:
        app()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
