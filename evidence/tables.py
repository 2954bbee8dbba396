"""Known indicators and named definitions of the template folders, read together: one table for templates and check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from evidence.concepts import ConceptEntry, Concepts, load_concepts
from evidence.criteria import Criteria, CriteriaFile, Criterion, load_criteria
from evidence.faults import LibraryError


def shipped_folder() -> Path:
    """Return the folder of the templates that come with the product."""
    return Path(__file__).resolve().parents[1] / "templates"


@dataclass(frozen=True, slots=True)
class Tables:
    """What is known of indicators, the named definitions, and their rules of evidence."""

    concepts: Concepts
    criteria: Mapping[str, Criterion]
    predicates: Criteria

    @staticmethod
    def load(*folders: Path, chosen: Mapping[str, str] | None = None) -> Tables:
        """Read folders, later ones over earlier ones by name. `chosen`: definitions by setting, where one chooses.

        Raises:
            LibraryError: when a folder does not exist, a file cannot be used, or a choice is unknown.
        """
        tables = Tables.shipped() if folders == (shipped_folder(),) and not chosen else _read(*folders, chosen=chosen)
        tables.predicates.read_all()
        return tables

    @staticmethod
    def shipped() -> Tables:
        """Return what comes with the product, its rules unread: for those who need a few of them."""
        return _shipped()


@cache
def _shipped() -> Tables:
    return _read(shipped_folder(), chosen=None)


def _read(*folders: Path, chosen: Mapping[str, str] | None) -> Tables:
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
        predicates=Criteria(files, concepts.units, chosen or {}),
    )
