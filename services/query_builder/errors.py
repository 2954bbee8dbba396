"""What is wrong with a template file, said so that the person who wrote it can mend it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError


@dataclass(frozen=True, slots=True)
class Refusal:
    """A template that is not used: which, in which file and field, and why."""

    template_id: str
    path: Path
    field: str
    why: str

    def __str__(self) -> str:
        return f"{self.path}: {self.field}: {self.why}"


class LibraryError(Exception):
    """A file of the library that cannot be used. Its text names file and field."""

    def __init__(self, path: Path, field: str, why: str) -> None:
        super().__init__(f"{path}: {field}: {why}")
        self.path, self.field, self.why = path, field, why


def first_fault(path: Path, error: ValidationError) -> LibraryError:
    """Turn pydantic's first complaint into one line with file and field."""
    fault = error.errors(include_url=False)[0]
    field = ".".join(str(step) for step in fault["loc"]) or "the file"
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return LibraryError(path, field, fault["msg"] + more)
