"""YAML as templates and their tables hold it: plain values alone, each name once."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, TypeAdapter, ValidationError

from services.query_builder.errors import LibraryError, first_fault

# The loader in C reads the same several times as fast; not every platform has it.
_LOADER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Entry = TypeVar("Entry", bound=BaseModel)


def read_yaml(text: str) -> Any:
    """Return the value that `text` holds. Raises `yaml.YAMLError`."""
    return yaml.load(text, Loader=_LOADER)  # noqa: S506 - a safe loader either way


def read_entries(folder: Path, kind: type[Entry]) -> dict[str, tuple[Path, Entry]]:
    """Read every `*.yaml` of a folder: entries by name, each with its file. No folder, no entries.

    Raises:
        LibraryError: a file cannot be read, or a name stands in two files.
    """
    found: dict[str, tuple[Path, Entry]] = {}
    for path in sorted(folder.glob("*.yaml")):
        for name, entry in _entries(path, kind).items():
            if name in found:
                raise LibraryError(path, name, f"stands in {found[name][0].name} too; one place for each")
            found[name] = path, entry
    return found


def _entries(path: Path, kind: type[Entry]) -> dict[str, Entry]:
    try:
        return TypeAdapter(dict[str, kind]).validate_python(read_yaml(path.read_text(encoding="utf-8")) or {})  # type: ignore[valid-type]
    except ValidationError as error:
        raise first_fault(path, error) from None
    except yaml.YAMLError as error:
        raise LibraryError(path, "the file", f"not YAML: {error}") from None
