"""What is wrong with a file of the library, said so that the person who wrote it can mend it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path

Step = str | int


class LibraryError(Exception):
    """A file of the library that cannot be used. Its text names file, line and field; `mend` is advice, if there is."""

    def __init__(self, path: Path, field: str, why: str, line: int | None = None, mend: str = "") -> None:
        super().__init__(f"{place(path, line)}: {field}: {why}")
        self.path, self.field, self.why, self.line, self.mend = path, field, why, line, mend


class FieldFault(ValueError):
    """What a check of one or several fields found, with the steps to the field that should change, and advice."""

    def __init__(self, steps: Sequence[Step], why: str, mend: str = "") -> None:
        super().__init__(why)
        self.steps, self.mend = tuple(steps), mend


def meant(name: str, known: Iterable[str], otherwise: str) -> str:
    """Return advice on a name that nobody knows: the known ones that are like it, or `otherwise`."""
    near = get_close_matches(name, list(known))
    return f"Did you mean {' or '.join(near)}?" if near else otherwise


def place(path: Path, line: int | None) -> str:
    """Return where a fault is, as compilers write it: `path:line`."""
    return f"{path}:{line}" if line is not None else str(path)


def field_name(steps: Sequence[Step]) -> str:
    """Return steps through a file as one reads them: `options[2].when`."""
    written = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return written.removeprefix(".") or "the file"
