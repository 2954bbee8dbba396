"""Named criteria (`criteria/*.yaml`): each clinical definition once, with its source and version."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from services.query_builder.errors import LibraryError
from services.query_builder.language import ExpressionError, Predicate, Vocabulary, criteria_named, parse
from services.query_builder.yaml_text import read_entries


class Criterion(BaseModel):
    """One definition: what it is called, its expression, and where it comes from."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    title: str
    expression: str
    source: str
    version: str


class CriteriaFile(BaseModel):
    """A criterion with the file it was read from, for messages."""

    model_config = ConfigDict(frozen=True)
    path: Path
    criterion: Criterion


def load_criteria(folder: Path, base: Mapping[str, CriteriaFile]) -> dict[str, CriteriaFile]:
    """Read a folder of `*.yaml` files over what is known so far. Raises `LibraryError` with file and field."""
    found = read_entries(folder, Criterion)
    return {**base, **{name: CriteriaFile(path=path, criterion=one) for name, (path, one) in found.items()}}


def read_criteria(files: Mapping[str, CriteriaFile], units: Mapping[str, frozenset[str]]) -> dict[str, Predicate]:
    """Parse all criteria, each after those it names. Raises `LibraryError` for a fault or a circle."""
    read: dict[str, Predicate] = {}
    for name in files:
        _read(name, files, units, read, ())
    return read


def _read(
    name: str,
    files: Mapping[str, CriteriaFile],
    units: Mapping[str, frozenset[str]],
    read: dict[str, Predicate],
    above: tuple[str, ...],
) -> None:
    if name in read:
        return
    held = files[name]
    if name in above:
        raise LibraryError(held.path, f"{name}.expression", f"names itself by way of {' and '.join(above)}")
    for other in criteria_named(held.criterion.expression):
        if other in files:
            _read(other, files, units, read, (*above, name))
    try:
        read[name] = parse(held.criterion.expression, Vocabulary(units, read))
    except ExpressionError as error:
        raise LibraryError(held.path, f"{name}.expression", str(error)) from None
