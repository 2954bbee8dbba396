"""The command `cdi-query`. Only the command that was asked for is imported, so that `--help` answers at once."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module

import typer


@dataclass(frozen=True, slots=True)
class Entry:
    """A command, or a group of commands, and the one line that `cdi-query --help` shows for it."""

    module: str
    attribute: str
    line: str


ENTRIES: dict[str, Entry] = {
    "up": Entry("cli.up", "up", "Run everything on this machine: database, broker, services, pages, mail sink."),
    "gaps": Entry("cli.gaps_commands", "gaps_app", "Documentation gaps: make them from encounters, send them."),
    "compose": Entry("cli.compose", "compose", "Compose and check the query of each gap; nothing is stored."),
    "templates": Entry("cli.templates_commands", "templates_app", "The template library: list, write, check, adopt."),
    "check": Entry("cli.check_commands", "check", "Judge texts for providers: pass, review or block, and why."),
    "status": Entry("cli.house_commands", "status", "Show how things stand, and what is unaccounted for."),
    "dead-letters": Entry("cli.house_commands", "letters_app", "Records that could not be read: look, replay."),
    "providers": Entry("cli.house_commands", "providers_app", "The directory of providers who can be asked."),
    "sources": Entry("cli.house_commands", "sources_app", "What compliance decides about sources of events."),
    "tokens": Entry("cli.house_commands", "tokens_app", "Bearer tokens for the API."),
    "audit": Entry("cli.audit_commands", "audit_app", "Verify the bundle of a query, without any server."),
    "purge": Entry("cli.audit_commands", "purge", "Purge what was kept as long as the policy says; first only tell."),
    "doctor": Entry("cli.doctor", "doctor", "Check broker, database, migrations, templates and mail."),
    "run": Entry("cli.run", "run_app", "Run one service against a real Kafka and PostgreSQL."),
    "migrate": Entry("cli.run", "migrate", "Bring the database to this version's schema."),
    "topics": Entry("cli.run", "topics_app", "Create the topics on a real Kafka."),
}


def build(arguments: Sequence[str]) -> typer.Typer:
    """Return the application with the commands that stand in `arguments`; the others are known by their line alone."""
    app = typer.Typer(
        name="cdi-query",
        help="Compliant physician queries, from documentation gap to final chart. Begin with `cdi-query up`.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
        rich_markup_mode="rich" if sys.stdout.isatty() else None,
    )
    for name, entry in ENTRIES.items():
        if name in arguments:
            _add(app, name, entry)
        else:
            app.command(name, help=entry.line)(lambda: None)
    return app


def _add(app: typer.Typer, name: str, entry: Entry) -> None:
    found = getattr(import_module(entry.module), entry.attribute)
    if isinstance(found, typer.Typer):
        app.add_typer(found, name=name)
    else:
        app.command(name)(found)


def main() -> None:
    """Run the command; a reader that went away (`| head`) is no error."""
    try:
        build(sys.argv[1:])()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
