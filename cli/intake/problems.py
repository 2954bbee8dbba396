"""What is wrong with a file, said so that a person finds the place: line, field, and what was expected."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

SHOWN = 20
"""At most so many problems are printed; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of an input file: the line (from 1), the field's path ("" for the whole line), what was expected."""

    line: int
    field: str
    message: str

    def __str__(self) -> str:
        place = f", field {self.field}" if self.field else ""
        return f"line {self.line}{place}: {self.message}"


class BadInput(Exception):
    """A file that cannot be taken as it is. `problems` says where and why; exit code 2."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(report(problems)))
        self.problems = tuple(problems)


def from_validation(error: ValidationError, line: int, under: str = "") -> list[Problem]:
    """Return one problem for each fault that pydantic found in the record that stands on `line`."""
    return [
        Problem(line, ".".join([*([under] if under else []), *(str(step) for step in item["loc"])]), item["msg"])
        for item in error.errors(include_url=False, include_context=False, include_input=False)
    ]


def report(problems: Iterable[Problem], shown: int = SHOWN) -> list[str]:
    """Return a line of text for each of the first `shown` problems, and one that counts the rest."""
    found = list(problems)
    more = [f"... and {len(found) - shown} more"] if len(found) > shown else []
    return [str(problem) for problem in found[:shown]] + more
