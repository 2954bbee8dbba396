"""Commands about what was done: verify a query's bundle without any server, and purge what has had its time."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.client import call, told
from services.tracker.audit import BrokenChain
from services.tracker.bundles import Proof, verify_bundle

audit_app = typer.Typer(help="What was done, proven: verify the bundle of a query.", no_args_is_help=True)
AT_ONCE = 100


@audit_app.callback()
def _group() -> None:
    """Keep `verify` a command of its own, however few commands there are."""


@audit_app.command("verify")
def verify(
    bundle: Annotated[
        Path, typer.Argument(help="The JSON file that a query's page exports.", exists=True, dir_okay=False)
    ],
    head: Annotated[
        str | None, typer.Option(help="The chart's last hash, as the hospital told it by another way.")
    ] = None,
) -> None:
    """Compute every hash of a bundle anew. Needs no server and no key; exit code 4 if anything was changed."""
    try:
        proof = verify_bundle(bundle.read_bytes())
        if head is not None and head.strip().lower() != proof.head:
            raise BrokenChain("the chain is whole, but it does not end at the hash that was given")
    except BrokenChain as error:
        typer.echo(f"audit verify: not proven: {error}", err=True)
        raise typer.Exit(4) from None
    typer.echo(_told(proof, head is not None))


def _told(proof: Proof, compared: bool) -> str:
    purged = f", {proof.purged} purged" if proof.purged else ""
    end = "as given" if compared else "compare it with what the hospital tells"
    return (
        f"verified: query {proof.query_id}\n"
        f"  {proof.links} links from the chart's beginning, {proof.own_links} of this query\n"
        f"  {proof.payloads} payloads are those that were logged{purged}\n"
        f"  the chain ends at {proof.head} ({end})"
    )


def purge(
    yes: Annotated[bool, typer.Option("--yes", help="Really purge; without it, only tell what is due.")] = False,
) -> None:
    """Purge what was written about patients on charts that are older than the policy keeps them."""
    with told("purge"):
        due = call("operator", "GET", "/api/v1/retention")
        typer.echo(
            f"{due['charts']} charts are due, last changed before {due['before']}; {due['held']} held by law stay"
        )
        if not yes:
            if due["charts"]:
                typer.echo("nothing was purged; --yes purges them, and cannot be undone")
            return
        charts = payloads = 0
        left = due["charts"]
        while left:
            done = call("operator", "POST", "/api/v1/retention/purge", {"limit": AT_ONCE})
            charts, payloads = charts + done["charts"], payloads + done["payloads"]
            left = done["left"] if done["charts"] else 0
        typer.echo(f"purged: {charts} charts, {payloads} payloads")
