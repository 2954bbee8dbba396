"""YAML as templates and their tables hold it: plain values alone, each name once; a fault is told with its line."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, TypeAdapter, ValidationError

from evidence.faults import FieldFault, LibraryError, Step, field_name, meant

SAFE_LOADER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The loader in C reads the same several times as fast; not every platform has it."""

Entry = TypeVar("Entry", bound=BaseModel)
Read = TypeVar("Read")


_NOT_YAML = "Look at this line and the one above: a bracket, a quotation mark or a colon is missing or too many."
_MISSING = "Add this field; docs/templates.md says what belongs in it."
_UNKNOWN = "There is no field like it; docs/templates.md lists the fields."


@dataclass(frozen=True)
class YamlText:
    """A text in YAML, with the file it stands in and the line of that file at which it begins."""

    path: Path
    text: str
    first_line: int = 1

    @staticmethod
    def of(path: Path) -> YamlText:
        """Read a whole file."""
        return YamlText(path, path.read_text(encoding="utf-8"))

    def load(self, loader: type = SAFE_LOADER) -> Any:
        """Return the value that the text holds. Raises `LibraryError` where it is not YAML."""
        try:
            return yaml.load(self.text, Loader=loader)  # noqa: S506 - a safe loader either way
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + self.first_line if error.problem_mark else None
            raise LibraryError(self.path, "the file", f"not YAML: {error.problem}", line, _NOT_YAML) from None
        except yaml.YAMLError as error:
            raise LibraryError(self.path, "the file", f"not YAML: {error}", mend=_NOT_YAML) from None

    def read(self, adapter: TypeAdapter[Read], loader: type = SAFE_LOADER) -> Read:
        """Return the value that the text holds as a checked type; nothing written is an empty mapping.

        Raises:
            LibraryError: the first fault, and how many there are beside it.
        """
        try:
            return adapter.validate_python(self.load(loader) or {})
        except ValidationError as error:
            first, *others = self.faults(error)
            more = f" (and {len(others)} more)" if others else ""
            raise LibraryError(first.path, first.field, first.why + more, first.line, first.mend) from None

    def faults(self, error: ValidationError, names: Collection[str] = ()) -> Iterator[LibraryError]:
        """Yield everything that pydantic complains of, each with its line and advice. `names`: the known fields."""
        for fault in error.errors(include_url=False):
            cause, steps = fault.get("ctx", {}).get("error"), fault["loc"]
            if isinstance(cause, FieldFault):
                yield self.fault((*steps, *cause.steps), str(cause), cause.mend)
            elif fault["type"] == "extra_forbidden":
                yield self.fault(steps, fault["msg"], meant(str(steps[-1]), names, _UNKNOWN))
            else:
                mend = _MISSING if fault["type"] == "missing" else ""
                yield self.fault(steps, str(cause) if isinstance(cause, ValueError) else fault["msg"], mend)

    def fault(self, steps: Sequence[Step], why: str, mend: str = "") -> LibraryError:
        """Return a fault in the field to which `steps` lead."""
        return LibraryError(self.path, field_name(steps), why, self.line(steps), mend)

    def line(self, steps: Sequence[Step]) -> int:
        """Return the line of the field to which `steps` lead; of one that is not there, where it would stand."""
        node, line = self._node, self.first_line
        for step in steps:
            found = _below(node, step)
            if found is None:
                break
            line, node = found[0] + self.first_line, found[1]
        return line

    @cached_property
    def _node(self) -> yaml.Node | None:
        return yaml.compose(self.text, Loader=SAFE_LOADER)


def read_entries(folder: Path, kind: type[Entry]) -> dict[str, tuple[YamlText, Entry]]:
    """Read every `*.yaml` of a folder: entries by name, each with its file. No folder, no entries.

    Raises:
        LibraryError: a file cannot be read, or a name stands in two files.
    """
    found: dict[str, tuple[YamlText, Entry]] = {}
    adapter = TypeAdapter(dict[str, kind])  # type: ignore[valid-type]
    for path in sorted(folder.glob("*.yaml")):
        source = YamlText.of(path)
        for name, entry in source.read(adapter).items():
            if name in found:
                raise source.fault((name,), f"stands in {found[name][0].path.name} too; one place for each")
            found[name] = source, entry
    return found


def _below(node: yaml.Node | None, step: Step) -> tuple[int, yaml.Node] | None:
    """The line, counted from zero, and the node of one entry of a mapping or a sequence."""
    if isinstance(node, yaml.MappingNode):
        return next(((key.start_mark.line, value) for key, value in node.value if key.value == step), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        inner = node.value[step]
        return inner.start_mark.line, inner
    return None
