"""`cdi-query check`: texts in, verdicts out. No broker, no database, nothing stored, nothing sent."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Annotated

import typer
from rich.console import Console

from cli.check_explain import Tally, explained, rules_in_words, summary
from cli.check_input import Fault, read_documents
from cli.screen import quiet_when_nobody_reads, screen
from cli.screen import show as show_on
from compliance import Knowledge, shipped_knowledge
from compliance import check as judge
from evidence.criteria import SETTING, choices
from evidence.faults import LibraryError
from schemas.check import CheckDocument, Verdict
from schemas.vocabulary import VerdictName
from services.query_builder.library import Library, shipped_folder

LONG = 1_000_000
"""Files with more bytes than this show on a terminal how far the check is."""

Show = Callable[[CheckDocument, Verdict], None]


def check(
    files: Annotated[
        list[str] | None, typer.Argument(metavar="FILE...", help="NDJSON, one document a line; - reads stdin.")
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="For people: each text underlined, and how to mend it.")
    ] = False,
    only: Annotated[
        VerdictName | None, typer.Option(help="Show this verdict only; exit code and summary count all.")
    ] = None,
    templates: Annotated[
        list[Path] | None, typer.Option(help="A template folder of your own, over the shipped one.")
    ] = None,
    rules: Annotated[bool, typer.Option("--rules", help="List the rules, and how each is looked for.")] = False,
) -> None:
    """Judge texts that a provider would see: pass, review or block; each finding names its rule and how to mend it.

    In: {"id": ..., "query": {...}} or {"id": ..., "message": {...}}, one a line. Out: one verdict a line, in order.

    Exit code 0: nothing is blocked. 1: something is blocked. 2: nothing is blocked, but something could not be read;
    stderr names line and field, and the other documents are checked.

    Example: cdi-query check drafts.ndjson --explain --only block

    Example: jq -c .draft notes.json | cdi-query check - > verdicts.ndjson
    """
    console = screen()
    with quiet_when_nobody_reads():
        if rules:
            show_on(console, *rules_in_words())
            return
        if not files:
            typer.echo("check: name a file of documents, or - for stdin; --help shows how", err=True)
            raise typer.Exit(2)
        tally = Tally()
        show = _explain_on(console) if explain else _show_line
        _check_files(files, load_knowledge(templates or []), _counting(tally, only, show), tally)
        if explain:
            show_on(console, *summary(tally))
    raise typer.Exit(_exit_code(tally))


def _exit_code(tally: Tally) -> int:
    """What is blocked matters more than what could not be read."""
    if tally.verdicts["block"]:
        return 1
    return 2 if tally.unreadable else 0


def load_knowledge(folders: list[Path]) -> Knowledge:
    """What the query builder and the tracker know: the shipped files, and the templates whose examples come out right.

    The shipped templates' examples are not run again at each start: the tests of each release do that.
    """
    base = shipped_knowledge()
    try:
        library = Library.load(shipped_folder(), *folders, today=datetime.now(UTC).date(), criteria=_chosen())
        if folders:
            # Imported here: composing is needed for the examples only, and most checks have no folder.
            from services.query_builder.examples import verified  # noqa: PLC0415

            library = verified(library, library.knowledge(base))
    except (LibraryError, OSError) as error:
        _say(str(error))
        raise typer.Exit(2) from None
    for refusal in library.refused:
        _say(f"template not used: {refusal}")
    return library.knowledge(base)


def _chosen() -> dict[str, str]:
    return choices(os.environ.get(SETTING, ""))


def _check_files(files: Iterable[str], knowledge: Knowledge, show: Show, tally: Tally) -> None:
    for file in files:
        with _opened(file, tally) as lines, _progress(file) as advance:
            for item in read_documents(_counted(lines, advance)):
                if isinstance(item, Fault):
                    tally.unreadable += 1
                    _say(f"{_name(file)}: {item}")
                else:
                    show(item, judge(item, knowledge))


def _counting(tally: Tally, wanted: VerdictName | None, show: Show) -> Show:
    """Return a `Show` that counts every verdict and shows the wanted ones (None: all)."""

    def counted(document: CheckDocument, verdict: Verdict) -> None:
        tally.add(verdict)
        if wanted in (None, verdict.verdict):
            show(document, verdict)

    return counted


def _show_line(_: CheckDocument, verdict: Verdict) -> None:
    # ASCII alone: no reader takes a sign in an id for the end of a line, and no terminal takes one for a command.
    typer.echo(json.dumps(verdict.model_dump(mode="json"), separators=(",", ":")))


def _explain_on(console: Console) -> Show:
    return lambda document, verdict: show_on(console, explained(document, verdict, console.width))


def _say(text: str) -> None:
    typer.echo(f"check: {text}", err=True)


def _name(file: str) -> str:
    return "stdin" if file == "-" else file


def _opened(file: str, tally: Tally) -> AbstractContextManager[IO[bytes]]:
    """Open a file, or stdin for `-`. One that is not there is told and counted, and reads as an empty one."""
    if file == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return Path(file).open("rb")
    except OSError as error:
        _say(f"{file}: {error.strerror}")
        tally.unreadable += 1
        return io.BytesIO()


def _counted(lines: Iterable[bytes], advance: Callable[[int], None]) -> Iterator[bytes]:
    for line in lines:
        yield line
        advance(len(line))


@contextmanager
def _progress(file: str) -> Iterator[Callable[[int], None]]:
    """Show on stderr how far a long file is read: only on a terminal, and only where no verdicts run over it."""
    size = Path(file).stat().st_size if Path(file).is_file() else 0
    if size <= LONG or not sys.stderr.isatty() or sys.stdout.isatty():
        yield lambda _: None
        return
    # Imported here: it takes longer to import than one document takes to be checked.
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(Path(file).name, total=size)
        yield lambda count: bar.advance(task, count)
