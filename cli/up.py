"""`cdi-query up`: the embedded shape in one process, until Ctrl-C."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from cli.demo.player import play_demo, prepare_demo
from cli.embedded import BrokerName, Embedded
from cli.http_server import PortTaken
from cli.instance import Note, data_folder
from evidence.faults import LibraryError
from services.foundation.brokers import BrokerFailed
from services.foundation.folder_lock import FolderInUse
from services.foundation.postgres import PostgresFailed
from services.foundation.telemetry import configure_logging

DEFAULT_PORT = 8321
WITHOUT_DEMO = """No demo data and no accounts: "Accounts of your own" in README.md says how to make one.

Ctrl-C stops everything; the data stays.
"""


def up(
    broker: Annotated[
        str, typer.Option(help="embedded: built in, forgets at the end. kafka: Apache Kafka by Java and Maven.")
    ] = "embedded",
    empty: Annotated[bool, typer.Option("--empty", help="Load no demo data.")] = False,
    port: Annotated[int | None, typer.Option(envvar="PORT", help="Of the HTTP server; 0: any free one.")] = None,
) -> None:
    """Run everything on this machine: database, broker, the three services, pages, and a mail sink.

    All data is in the folder CDI_QUERY_DATA (default .cdi-query/); a second start finds it again. Ctrl-C stops all.
    CDI_QUERY_TEMPLATE_FOLDERS names folders with your own templates.
    """
    console = Console(stderr=True, highlight=False)
    if broker not in ("embedded", "kafka"):
        console.print("up: --broker is `embedded` or `kafka`")
        raise typer.Exit(2)
    configure_logging(json=False, level="WARNING")
    name: BrokerName = "kafka" if broker == "kafka" else "embedded"
    try:
        asyncio.run(_run(console, name, empty, DEFAULT_PORT if port is None else port))
    except FolderInUse as error:
        console.print(f"up: {error}; stop it first, or set CDI_QUERY_DATA to another folder")
        raise typer.Exit(3) from None
    except (PortTaken, PostgresFailed, BrokerFailed, LibraryError) as error:
        console.print(f"up: {error}")
        raise typer.Exit(3) from None


async def _run(console: Console, broker: BrokerName, empty: bool, port: int) -> None:
    began = time.monotonic()
    stopping = _stop_signal()
    embedded = Embedded(data_folder(), port=port, broker=broker, say=lambda text: console.print(f"  {text} ..."))
    starting = asyncio.create_task(embedded.start())
    try:
        await asyncio.wait({starting, asyncio.create_task(stopping.wait())}, return_when=asyncio.FIRST_COMPLETED)
        if not starting.done():
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
            return
        note = starting.result()
        console.print(f"\n[bold]cdi-query is ready[/bold] after {time.monotonic() - began:.1f} s:  {note.url}\n")
        if empty:
            console.print(WITHOUT_DEMO)
        demo = asyncio.create_task(_try_demo(console, embedded, note)) if not empty else None
        await stopping.wait()
        if demo is not None:
            demo.cancel()
            await asyncio.gather(demo, return_exceptions=True)
    finally:
        # A start that failed stops too, but says only what was in its way: nothing that ran was stopped.
        if stopping.is_set():
            console.print("stopping ...")
        await embedded.stop()
        if stopping.is_set():
            console.print("stopped")


def _stop_signal() -> asyncio.Event:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    return stopping


async def _try_demo(console: Console, embedded: Embedded, note: Note) -> None:
    try:
        await _demo(console, embedded, note)
    except Exception as error:  # whatever it is: a person who waits for the demo must hear of it
        console.print(f"demo: {type(error).__name__}: {error}; the rest works; an empty folder starts it anew")


async def _demo(console: Console, embedded: Embedded, note: Note) -> None:
    password = os.environ.get("CDI_QUERY_DEMO_PASSWORD") or embedded.secrets.demo_password
    demo = await prepare_demo(embedded, note, password)
    table = Table(title=f"Demo sign-ins (password: {password})", title_justify="left", box=None, padding=(0, 2))
    table.add_column("user")
    table.add_column("role")
    table.add_column("name")
    for user in demo.people:
        table.add_row(user.id, user.role, user.name)
    console.print(table)
    console.print("\nCtrl-C stops everything; the data stays.\n")
    if demo.player is not None:
        await play_demo(embedded, demo, console)
        console.print(f"{len(demo.scenario.charts)} demo charts are loaded")
