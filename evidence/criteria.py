"""Named criteria (`criteria/*.yaml`): each clinical definition once, with its source and version.

Where several definitions of one condition are in use, a criterion names them and the hospital chooses by setting.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator

from evidence.faults import FieldFault, LibraryError
from evidence.language import (
    RESERVED,
    ExpressionError,
    Predicate,
    Vocabulary,
    criteria_named,
    parse,
)
from evidence.yaml_text import YamlText, read_entries

SETTING = "CDI_QUERY_CRITERIA"
"""The setting by which a hospital chooses among definitions, such as `sepsis=sepsis-3, malnutrition=glim`."""
_NAME = re.compile(r"[a-z][a-z0-9_]*")


class Criterion(BaseModel):
    """One definition: what it is called, its expression, and where it comes from.

    A criterion that chooses has `choose` instead, names of other criteria by the word that a hospital chooses with, and
    `default`; source and version are those of the chosen one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    title: str
    expression: str = ""
    source: str = ""
    version: str = ""
    choose: dict[str, str] = {}
    default: str | None = None

    @model_validator(mode="after")
    def _defines_or_chooses(self) -> Self:
        if not self.choose:
            lacking = [name for name in ("expression", "source", "version") if not getattr(self, name).strip()]
            if lacking or self.default is not None:
                raise ValueError(f"needs {', '.join(lacking)}" if lacking else "has a default, but nothing to choose")
            return self
        if self.expression or self.source or self.version:
            raise ValueError("chooses among others, so expression, source and version stand there")
        if self.default not in self.choose:
            raise FieldFault(("default",), f"default is one of {', '.join(self.choose)}")
        return self

    def named(self) -> Iterable[str]:
        """Return the words by which it may name other criteria."""
        return self.choose.values() if self.choose else criteria_named(self.expression)


@dataclass(frozen=True, slots=True)
class CriteriaFile:
    """A criterion with the file it was read from, for messages."""

    source: YamlText
    criterion: Criterion


def load_criteria(folder: Path, base: Mapping[str, CriteriaFile]) -> dict[str, CriteriaFile]:
    """Read a folder of `*.yaml` files over what is known so far. Raises `LibraryError` with file and field."""
    found = read_entries(folder, Criterion)
    for name, (source, _) in found.items():
        if not _NAME.fullmatch(name) or name in RESERVED:
            raise source.fault((name,), "a name is made of a-z, 0-9 and _, and is no word of the language")
    return {**base, **{name: CriteriaFile(source, one) for name, (source, one) in found.items()}}


def choices(setting: str) -> dict[str, str]:
    """Read the setting: `criterion=choice`, separated by commas. Raises `LibraryError` for anything else."""
    found: dict[str, str] = {}
    for part in filter(None, (one.strip() for one in setting.split(","))):
        name, _, choice = (piece.strip() for piece in part.partition("="))
        if not choice:
            raise LibraryError(Path(SETTING), part, "written as criterion=choice, such as sepsis=sepsis-3")
        found[name] = choice
    return found


def chosen(files: Mapping[str, CriteriaFile], wanted: Mapping[str, str]) -> dict[str, str]:
    """Return the name of the definition in use for each criterion that chooses.

    Raises:
        LibraryError: `wanted` names no criterion that chooses, or a choice that it does not offer.
    """
    choosing = {name: held.criterion for name, held in files.items() if held.criterion.choose}
    for name, choice in wanted.items():
        if name not in choosing:
            there = f"there are {', '.join(sorted(choosing))}" if choosing else "no criterion does"
            raise LibraryError(Path(SETTING), name, f"no criterion of this name offers a choice; {there}")
        if choice not in choosing[name].choose:
            raise LibraryError(Path(SETTING), name, f"{choice!r} is none of {', '.join(choosing[name].choose)}")
    return {name: one.choose[wanted.get(name, str(one.default))] for name, one in choosing.items()}


class Criteria(Mapping[str, Predicate]):
    """The rules of criteria. Each is read when somebody asks for it first, after those that it names.

    Asking raises `LibraryError` for a fault or a circle.
    """

    def __init__(
        self, files: Mapping[str, CriteriaFile], units: Mapping[str, frozenset[str]], wanted: Mapping[str, str]
    ) -> None:
        self._files = files
        self._reader = _Reader(files, units, chosen(files, wanted))

    def __getitem__(self, name: str) -> Predicate:
        self._reader.read(name, ())
        return self._reader.found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)

    def read_all(self) -> None:
        """Read what nobody has asked for: a fault should not wait for that day."""
        for name in self:
            self[name]


class _Reader:
    """Reads criteria in the order in which they name each other."""

    def __init__(
        self, files: Mapping[str, CriteriaFile], units: Mapping[str, frozenset[str]], used: Mapping[str, str]
    ) -> None:
        self.found: dict[str, Predicate] = {}
        self._files, self._units, self._used = files, units, used

    def read(self, name: str, above: tuple[str, ...]) -> None:
        """Read one criterion and all that it names. `above`: the criteria that led here."""
        if name in self.found:
            return
        held = self._files[name]
        if name in above:
            raise held.source.fault((name, "expression"), f"names itself by way of {' and '.join(above)}")
        for other in held.criterion.named():
            if other in self._files:
                self.read(other, (*above, name))
        field = "choose" if held.criterion.choose else "expression"
        try:
            self.found[name] = self._predicate(name, held.criterion)
        except ExpressionError as error:
            raise held.source.fault((name, field), str(error), error.mend) from None

    def _predicate(self, name: str, criterion: Criterion) -> Predicate:
        """Parse every choice, the ones not in use too: a fault in them should not wait for the day they are chosen."""
        vocabulary = Vocabulary(self._units, self.found)
        for other in criterion.choose.values():
            parse(other, vocabulary)
        if criterion.choose:
            return replace(
                parse(self._used[name], vocabulary)
            )  # a rule of its own, so that both names can be told apart
        return parse(criterion.expression, vocabulary)
