"""What a hospital calls the documents of its record (`sources.yaml`), so that the check knows its sources (R-06)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints, TypeAdapter

from evidence.yaml_text import YamlText

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
    return YamlText.of(path).read(TypeAdapter(SourcesFile))
