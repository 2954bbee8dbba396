"""What a hospital calls the documents of its record (`sources.yaml`), so that the check knows its sources (R-06)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from services.query_builder.errors import LibraryError, first_fault
from services.query_builder.yaml_text import read_yaml

Word = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,40}$")]


class SourcesFile(BaseModel):
    """The words, in lower case and one by one, that a hospital's documents are called by beside the usual ones."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    document_words: tuple[Word, ...]


def load_document_words(folders: Iterable[Path]) -> frozenset[str]:
    """Return the words of each folder's `sources.yaml`, where there is one. Raises `LibraryError`."""
    paths = [path for folder in folders if (path := folder / "sources.yaml").is_file()]
    return frozenset(word for path in paths for word in _read(path).document_words)


def _read(path: Path) -> SourcesFile:
    try:
        return SourcesFile.model_validate(read_yaml(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        raise first_fault(path, error) from None
    except yaml.YAMLError as error:
        raise LibraryError(path, "the file", f"not YAML: {error}") from None
