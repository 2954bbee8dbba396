"""Reading CSV files of people and services: each row validated on its own, faults named by line and field."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from cli.intake.problems import BadInput, Problem, from_validation

Row = TypeVar("Row", bound=BaseModel)


def read_rows(lines: Iterable[str], model: type[Row], columns: Sequence[str]) -> list[tuple[int, Row]]:
    """Return each row with its line number.

    Empty cells count as not given. Raises `BadInput` with every fault of the file.
    """
    reader = csv.DictReader(lines, strict=True, skipinitialspace=True)
    missing = [name for name in columns if name not in _names(reader)]
    if missing:
        raise BadInput([Problem(1, name, "the column is missing from the header") for name in missing])
    rows, problems = _validated(_cells(reader), model)
    if problems:
        raise BadInput(problems)
    return rows


def _names(reader: csv.DictReader[str]) -> Sequence[str]:
    names = [name.strip().lower().removeprefix("\ufeff") for name in reader.fieldnames or ()]
    reader.fieldnames = names
    return names


def _cells(reader: csv.DictReader[str]) -> Iterator[tuple[int, dict[str, str]] | Problem]:
    try:
        for row in reader:
            named = {name: value.strip() for name, value in row.items() if name and isinstance(value, str)}
            if None in row:
                yield Problem(reader.line_num, "", "more cells than the header has columns")
            else:
                yield reader.line_num, {name: value for name, value in named.items() if value}
    except csv.Error as error:
        yield Problem(reader.line_num, "", f"not CSV ({error})")


def _validated(
    cells: Iterable[tuple[int, dict[str, str]] | Problem], model: type[Row]
) -> tuple[list[tuple[int, Row]], list[Problem]]:
    rows: list[tuple[int, Row]] = []
    problems: list[Problem] = []
    for item in cells:
        if isinstance(item, Problem):
            problems.append(item)
        elif item[1]:
            _take(item[0], item[1], model, rows, problems)
    return rows, problems


def _take(
    line: int, cells: dict[str, str], model: type[Row], rows: list[tuple[int, Row]], problems: list[Problem]
) -> None:
    try:
        rows.append((line, model.model_validate(cells)))
    except ValidationError as error:
        problems.extend(from_validation(error, line))


def repeated(values: Iterable[tuple[int, str]], field: str) -> list[Problem]:
    """Return a problem for each value that an earlier line already had."""
    first: dict[str, int] = {}
    return [
        Problem(line, field, f"already on line {first[value]}")
        for line, value in values
        if first.setdefault(value, line) != line
    ]
