"""The template library: every approved text, loaded once, and what is not used, with the reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, lru_cache
from itertools import product
from pathlib import Path
from types import MappingProxyType

from compliance import Knowledge
from evidence.concepts import Concepts
from evidence.criteria import Criterion
from evidence.faults import LibraryError
from evidence.language import Vocabulary
from evidence.tables import Tables, shipped_folder
from schemas.vocabulary import Category, Setting
from services.query_builder import teaching
from services.query_builder.conditions import Conditions
from services.query_builder.in_words import Speaker
from services.query_builder.refusals import Refusal
from services.query_builder.sources import load_document_words
from services.query_builder.template import Template
from services.query_builder.template_file import read_template

__all__ = ["Library", "shipped_folder"]


@dataclass(frozen=True)
class Library:
    """Templates by id, what they know of indicators and criteria, and the templates that are refused."""

    templates: Mapping[str, Template]
    tables: Tables
    conditions: Conditions
    refused: tuple[Refusal, ...] = ()
    document_words: frozenset[str] = frozenset()

    @staticmethod
    def load(
        *folders: Path, today: date, require_adopted: bool = False, criteria: Mapping[str, str] | None = None
    ) -> Library:
        """Load folders, later ones over earlier ones by id.

        A folder holds `queries/**/<id>.md`, `indicators/*.yaml`, `criteria/*.yaml` and `sources.yaml`; each may be
        absent. A template that is malformed, expired or (with `require_adopted`) still a starter is refused, and an
        earlier text of the same id does not take its place: a hospital that replaced a text does not want the old one
        back. `criteria` chooses among definitions where one offers a choice; the rest keeps its default.

        Raises:
            LibraryError: when a folder does not exist, a file of indicators, criteria or sources cannot be used, or a
            choice is unknown.
        """
        tables = Tables.load(*folders, chosen=criteria)
        conditions = Conditions(tables)
        vocabulary = _vocabulary(tables, conditions)
        read = [_read(path, vocabulary, today, require_adopted) for path in _paths(folders).values()]
        return Library(
            templates=MappingProxyType({one.id: one for one in read if isinstance(one, Template)}),
            tables=tables,
            conditions=conditions,
            refused=tuple(one for one in read if isinstance(one, Refusal)),
            document_words=load_document_words(folders),
        )

    @cached_property
    def by_kind(self) -> Mapping[tuple[Category, Setting], tuple[Template, ...]]:
        """The templates that may ask about a category in a setting, so that a gap is compared with few."""
        found: dict[tuple[Category, Setting], list[Template]] = {}
        for template in self.templates.values():
            for kind in product(template.front.categories, template.front.settings):
                found.setdefault(kind, []).append(template)
        return {kind: tuple(templates) for kind, templates in found.items()}

    @cached_property
    def about(self) -> Callable[[Category, Setting, str], tuple[Template, ...]]:
        """The templates that ask about a concept, by its term. Remembered: gaps name the same terms again and again."""

        def named(category: Category, setting: Setting, term: str) -> tuple[Template, ...]:
            words = term.replace("_", " ")
            return tuple(one for one in self.by_kind.get((category, setting), ()) if one.names_concept(words))

        return lru_cache(maxsize=1024)(named)

    @property
    def concepts(self) -> Concepts:
        """The indicators that are known."""
        return self.tables.concepts

    @property
    def criteria(self) -> Mapping[str, Criterion]:
        """The named definitions."""
        return self.tables.criteria

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """What the expressions of a template may name."""
        return _vocabulary(self.tables, self.conditions)

    @cached_property
    def speaker(self) -> Speaker:
        """Who says this library's rules of evidence in words."""
        titles = {id(rule): self.criteria[name].title for name, rule in self.vocabulary.criteria.items()}
        return Speaker(self.concepts.shown_units, titles)

    def knowledge(self, base: Knowledge) -> Knowledge:
        """Return what the check knows, with this library's questions, options, named definitions and documents."""
        templates = self.templates.values()
        return self.conditions.defined(base).extended(
            stems=[stem for template in templates for stem in teaching.stems(template)],
            criteria=[one for template in templates for one in teaching.criteria(template, self.concepts, base)],
            document_words=self.document_words,
        )

    def without(self, refusals: Iterable[Refusal]) -> Library:
        """Return the library without templates that failed, each kept with its reason."""
        failed = tuple(refusals)
        names = {refusal.template_id for refusal in failed}
        kept = {name: template for name, template in self.templates.items() if name not in names}
        return replace(self, templates=MappingProxyType(kept), refused=(*self.refused, *failed))

    def refusal(self, template_id: str) -> Refusal | None:
        """Return why a template is not used, if it exists and is not."""
        return next((one for one in self.refused if one.template_id == template_id), None)


def _vocabulary(tables: Tables, conditions: Conditions) -> Vocabulary:
    return Vocabulary(tables.concepts.units, tables.predicates, conditions.rule)


def _paths(folders: Iterable[Path]) -> dict[str, Path]:
    """The file of each id: the last folder's wins. Sorted, so that two machines load alike."""
    found = {path.stem: path for folder in folders for path in sorted((folder / "queries").rglob("*.md"))}
    return dict(sorted(found.items()))


def _read(path: Path, vocabulary: Vocabulary, today: date, require_adopted: bool) -> Template | Refusal:
    try:
        template = read_template(path, vocabulary)
    except LibraryError as error:
        return Refusal.of(path.stem, error)
    governance = template.front.governance
    if governance.review_by < today:
        why = f"the review was due on {governance.review_by}"
        return Refusal.of(template.id, template.source.fault(("governance", "review_by"), why), "overdue")
    if require_adopted and governance.status != "adopted":
        why = "a starter that nobody here has adopted yet"
        return Refusal.of(template.id, template.source.fault(("governance", "status"), why), "not_adopted")
    return template
