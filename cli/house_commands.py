"""Commands that look after an installation: status, dead letters, providers, sources, tokens."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from cli.client import call, told
from cli.intake.problems import BadInput, report
from cli.moments import opened
from cli.providers import read_providers

providers_app = typer.Typer(help="The directory of providers who can be asked.", no_args_is_help=True)
sources_app = typer.Typer(help="What compliance decides about sources of events.", no_args_is_help=True)
letters_app = typer.Typer(help="Records that could not be read: look, mend the cause, replay.", no_args_is_help=True)
tokens_app = typer.Typer(help="Bearer tokens for the API.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, indent=2))


def _table(*columns: str) -> Table:
    table = Table(box=None, padding=(0, 2), pad_edge=False)
    for column in columns:
        table.add_column(column)
    return table


def status(as_json: AsJson = False) -> None:
    """Show how things stand: gaps, queries, charts, lag, dead letters, alarms, and what is unaccounted for."""
    with told("status"):
        body = call("operator", "GET", "/api/v1/status")
    if as_json:
        _print_json(body)
        return
    table = _table("", "")
    table.add_row("gaps accepted", f"{body['gaps_accepted']}  ({_parts(body['gaps_by_state'])})")
    held = body["gaps_by_state"].get("held", 0)
    table.add_row("queries issued, held", f"{body['queries_issued']}, {held}  ({_parts(body['queries_by_state'])})")
    table.add_row("charts", _parts(body["charts"]))
    table.add_row("dead letters", str(body["dead_letters"]))
    table.add_row("answers parked", str(body["parked"]))
    table.add_row("outbox waiting", f"{body['outbox']['waiting']}  (oldest {body['outbox']['oldest_seconds']:.1f} s)")
    table.add_row("outbox set aside", str(body["outbox_set_aside"]))
    table.add_row("timers overdue", f"{body['timers']['waiting']}  (oldest {body['timers']['oldest_seconds']:.1f} s)")
    table.add_row("alarms", ", ".join(f"{item['count']} {item['kind']}" for item in body["alarms"]) or "none")
    table.add_row("templates in use", f"{body['templates']['in_use']}  ({body['templates']['refused']} refused)")
    table.add_row("unaccounted", str(body["unaccounted"]))
    Console(highlight=False).print(table)


def _parts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items())) or "none"


@providers_app.command("import")
def import_providers(
    file: Annotated[
        Path, typer.Argument(help="CSV with the columns id,name,role,service,email,default_for_service[,active].")
    ],
) -> None:
    """Insert or replace providers from a CSV file. Every line is validated before anything is written."""
    try:
        with opened(str(file), "providers import") as lines:
            rows = read_providers(lines)
    except BadInput as error:
        for text in report(error.problems):
            typer.echo(f"{file}: {text}", err=True)
        raise typer.Exit(2) from None
    with told("providers import"):
        body = call("operator", "POST", "/api/v1/providers", [row.model_dump(mode="json") for row in rows])
    typer.echo(f"{body['imported']} providers imported")


@providers_app.command("list")
def list_providers(as_json: AsJson = False) -> None:
    """List the directory."""
    with told("providers list"):
        body = call("operator", "GET", "/api/v1/providers")
    if as_json:
        _print_json(body)
        return
    table = _table("id", "name", "role", "service", "default", "active")
    for item in body:
        flags = ("yes" if item["default_for_service"] else "", "yes" if item["active"] else "no")
        table.add_row(item["id"], item["name"], item["role"], item["service"] or "", *flags)
    Console(highlight=False).print(table)


@sources_app.command("list")
def list_sources(as_json: AsJson = False) -> None:
    """List sources that compliance has decided about. Any other one is a machine that may do nothing by itself."""
    with told("sources list"):
        body = call("operator", "GET", "/api/v1/sources")
    if as_json:
        _print_json(body)
        return
    table = _table("source", "kind", "automatic", "may answer", "authors")
    for item in body:
        flags = ("yes" if item["automatic"] else "no", "yes" if item["may_answer"] else "no")
        table.add_row(item["source"], item["kind"], *flags, str(len(item["authors"])))
    Console(highlight=False).print(table)


@sources_app.command("set")
def set_source(
    source: Annotated[str, typer.Argument(help="The CloudEvents source; `user:ID` for a service's token.")],
    kind: Annotated[str, typer.Option(help="person or machine.")] = "machine",
    automatic: Annotated[bool, typer.Option(help="Whether what passed may be issued without a person.")] = False,
    may_answer: Annotated[bool, typer.Option(help="Whether answers from it count (cdi.responses.v1).")] = False,
    author: Annotated[
        list[str] | None, typer.Option(help="EXTERNAL=USER: whose the source's author ids are; may be repeated.")
    ] = None,
) -> None:
    """Decide about a source of events. The decision is kept with who made it and when."""
    pairs = [item.partition("=") for item in author or []]
    if any(not (left and mark and right) for left, mark, right in pairs):
        typer.echo("sources set: --author is EXTERNAL=USER", err=True)
        raise typer.Exit(2)
    body = {
        "source": source,
        "kind": kind,
        "automatic": automatic,
        "may_answer": may_answer,
        "authors": {left: right for left, _, right in pairs},
    }
    with told("sources set"):
        call("compliance", "POST", "/api/v1/sources", body)
    said = {True: "yes", False: "no"}
    typer.echo(f"source {source}: {kind}, automatic: {said[automatic]}, may answer: {said[may_answer]}")


@letters_app.command("list")
def list_letters(as_json: AsJson = False) -> None:
    """List dead letters, newest first, with where they came from and why they could not be read."""
    with told("dead-letters list"):
        body = call("operator", "GET", "/api/v1/dead-letters")
    if as_json:
        _print_json(body)
        return
    # Lines, no table: an id is there to be copied into the next command, so nothing may shorten it.
    for item in body:
        replayed = "  (replayed)" if item["replayed_at"] else ""
        what = f"{item['topic']}  {item['reason']}: {item['detail']}"
        typer.echo(f"{item['letter_id']}  {item['seen_at'][:19]}  {what}{replayed}")
    if not body:
        typer.echo("no dead letters")


@letters_app.command("show")
def show_letter(
    letter_id: Annotated[str, typer.Argument(help="As `dead-letters list` shows it.")],
    with_value: Annotated[
        bool, typer.Option("--with-value", help="Print the record itself too; it may hold patients' data.")
    ] = False,
) -> None:
    """Show one dead letter. The record as it came is shown only on request."""
    with told("dead-letters show"):
        body = call("operator", "GET", f"/api/v1/dead-letters/{letter_id}")
    value = body.pop("value", None)
    body.pop("key", None)
    _print_json(body)
    if with_value and value is not None:
        typer.echo(base64.b64decode(value).decode(errors="replace"))


@letters_app.command("replay")
def replay_letter(letter_id: Annotated[str, typer.Argument(help="As `dead-letters list` shows it.")]) -> None:
    """Publish the record again on its topic. Refused while this version still cannot read it."""
    with told("dead-letters replay"):
        call("operator", "POST", f"/api/v1/dead-letters/{letter_id}/replay")
    typer.echo("replayed")


@tokens_app.command("create")
def create_token(
    user: Annotated[str, typer.Option(help="The user the token stands for.")],
    role: Annotated[
        str,
        typer.Option(help="The one role it acts in; the user must have it."),
    ],
    expires_at: Annotated[str | None, typer.Option(help="ISO 8601 with zone; never, if left out.")] = None,
) -> None:
    """Create a bearer token. It is shown this once and stored only as a digest."""
    with told("tokens create"):
        body = call("operator", "POST", "/api/v1/tokens", {"user_id": user, "role": role, "expires_at": expires_at})
    typer.echo(body["token"])


@tokens_app.command("list")
def list_tokens(as_json: AsJson = False) -> None:
    """List the tokens that open something. Their secrets are stored nowhere; a key names each."""
    with told("tokens list"):
        body = call("operator", "GET", "/api/v1/tokens")
    if as_json:
        _print_json(body)
        return
    table = _table("key", "user", "role", "since", "ends")
    for item in body:
        ends = (item["expires_at"] or "never")[:19]
        table.add_row(item["key"], item["user_id"], item["role"], item["created_at"][:19], ends)
    Console(highlight=False).print(table)


@tokens_app.command("revoke")
def revoke_token(key: Annotated[str, typer.Argument(help="As `tokens list` shows it.")]) -> None:
    """Take a token back for good."""
    with told("tokens revoke"):
        call("operator", "POST", f"/api/v1/tokens/{key}/revoke")
    typer.echo("revoked")
