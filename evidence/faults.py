"""What is wrong with a file of the library, said so that the person who wrote it can mend it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

Step = str | int


class LibraryError(Exception):
    """A file of the library that cannot be used. Its text names file, line and field."""

    def __init__(self, path: Path, field: str, why: str, line: int | None = None) -> None:
        super().__init__(f"{place(path, line)}: {field}: {why}")
        self.path, self.field, self.why, self.line = path, field, why, line


class FieldFault(ValueError):
    """What a check of several fields together found, with the steps to the field that should change."""

    def __init__(self, steps: Sequence[Step], why: str) -> None:
        super().__init__(why)
        self.steps = tuple(steps)


def place(path: Path, line: int | None) -> str:
    """Return where a fault is, as compilers write it: `path:line`."""
    return f"{path}:{line}" if line is not None else str(path)


def field_name(steps: Sequence[Step]) -> str:
    """Return steps through a file as one reads them: `options[2].when`."""
    written = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return written.removeprefix(".") or "the file"
