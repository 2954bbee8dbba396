"""Faults as a compiler tells them: file and line, what, why, the line itself, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import cache
from pathlib import Path

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from cli.check_explain import visible
from cli.templates.catalogue import everything
from cli.templates.words import short
from evidence.faults import LibraryError
from services.query_builder.lint import TO_FILL_IN, Fault, lint, lint_tables
from services.query_builder.settings import BuilderSettings

_COLOURS = {"error": "red", "warning": "yellow"}


class NothingToLint(Exception):
    """A path with no template in it. The text names it."""


def faults_below(path: Path, settings: BuilderSettings, today: date) -> tuple[int, list[Fault]]:
    """Lint a template file, or every template of a folder. Out: how many templates, and their faults.

    Raises:
        NothingToLint: there is no template.
    """
    place = path.absolute()
    files = [place] if place.is_file() else sorted((place / "queries").rglob("*.md") if place.is_dir() else ())
    if not files:
        raise NothingToLint(f"{path}: no template here; name a template's .md file, or a folder that holds queries/")
    root = library_folder(place)
    others = [one for one in settings.folders if one.resolve() != root.resolve()]
    try:
        library, knowledge = everything([*others, root], settings)
    except LibraryError as fault:  # indicators or criteria that cannot be read: nothing beyond can be judged
        advice = "Mend this first; the templates are looked at after that."
        return len(files), [Fault(fault.path, fault.line or 1, "error", fault.field, fault.why, advice)]
    found = [fault for file in files for fault in lint(file, library, knowledge, today)]
    return len(files), [*found, *(lint_tables(root, library) if place.is_dir() else ())]


def library_folder(path: Path) -> Path:
    """Return the folder of the library that a file is part of: the one that holds `queries/`."""
    above = [parent for parent in path.parents if parent.name == "queries"]
    if path.is_dir():
        return path
    if not above:
        raise NothingToLint(f"{path}: a template stands below a folder named queries/")
    return above[-1].parent


def told(count: int, faults: Iterable[Fault]) -> Iterator[RenderableType]:
    """Yield every fault with its line, and a line that counts."""
    errors = warnings = 0
    lines_of = cache(_lines)  # a file is read once, however many faults it has
    for fault in faults:
        errors += fault.severity == "error"
        warnings += fault.severity == "warning"
        yield from _fault(fault, lines_of(fault.path))
    looked = f"{count} {'template' if count == 1 else 'templates'}"
    if not errors + warnings:
        yield Text(f"{looked}: nothing to mend", style="green")
        return
    yield Text(f"{looked}: {_many(errors, 'error')}, {_many(warnings, 'warning')}")


def _many(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _fault(fault: Fault, lines: Sequence[str]) -> Iterator[RenderableType]:
    yield Text.assemble(
        (f"{short(fault.path)}:{fault.line}: ", "bold"),
        (fault.severity, f"bold {_COLOURS[fault.severity]}"),
        f": {fault.field}: {visible(fault.why)}",
    )
    line = lines[fault.line - 1].strip() if 0 < fault.line <= len(lines) else ""
    if line and TO_FILL_IN not in line:
        yield Padding(Text.assemble(("| ", "dim"), visible(line), no_wrap=True, overflow="ellipsis"), (0, 0, 0, 2))
    if fault.mend:
        yield Padding(Text.assemble(("mend: ", "bold"), fault.mend), (0, 0, 0, 2))
    yield Text("")


def _lines(path: Path) -> Sequence[str]:
    return path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else ()
