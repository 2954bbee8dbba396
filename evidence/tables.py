"""Known indicators and named definitions of the template folders, read together: one table for templates and check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from evidence.concepts import ConceptEntry, Concepts, load_concepts
from evidence.criteria import CriteriaFile, Criterion, load_criteria, read_criteria
from evidence.faults import LibraryError
from evidence.language import Predicate


def shipped_folder() -> Path:
    """Return the folder of the templates that come with the product."""
    return Path(__file__).resolve().parents[1] / "templates"


@dataclass(frozen=True, slots=True)
class Tables:
    """What is known of indicators, the named definitions, and their rules of evidence."""

    concepts: Concepts
    criteria: Mapping[str, Criterion]
    predicates: Mapping[str, Predicate]

    @staticmethod
    def load(*folders: Path, chosen: Mapping[str, str] | None = None) -> Tables:
        """Read folders, later ones over earlier ones by name. `chosen`: definitions by setting, where one chooses.

        Raises:
            LibraryError: when a folder does not exist, a file cannot be used, or a choice is unknown.
        """
        if folders == (shipped_folder(),) and not chosen:
            return _shipped()
        return _load(*folders, chosen=chosen or {})


@cache
def _shipped() -> Tables:
    return _load(shipped_folder(), chosen={})


def _load(*folders: Path, chosen: Mapping[str, str]) -> Tables:
    entries: dict[str, ConceptEntry] = {}
    files: dict[str, CriteriaFile] = {}
    for folder in folders:
        if not folder.is_dir():
            raise LibraryError(folder, "the folder", "does not exist")
        entries = load_concepts(folder / "indicators", entries)
        files = load_criteria(folder / "criteria", files)
    concepts = Concepts(entries)
    return Tables(
        concepts=concepts,
        criteria=MappingProxyType({name: held.criterion for name, held in files.items()}),
        predicates=MappingProxyType(read_criteria(files, concepts.units, chosen)),
    )
