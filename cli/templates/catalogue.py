"""How each template of an installation stands today: in use, or not and why."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from compliance import Knowledge, shipped_knowledge
from evidence.criteria import choices
from services.query_builder.examples import verify
from services.query_builder.library import Library, shipped_folder
from services.query_builder.lint import SOON
from services.query_builder.refusals import Refusal
from services.query_builder.settings import BuilderSettings
from services.query_builder.template import Template


@dataclass(frozen=True, slots=True)
class Standing:
    """One template. `template` is None where its file cannot be read; `why` says why it is not in use."""

    id: str
    path: Path
    template: Template | None
    why: str | None
    days_left: int | None

    @property
    def is_problem(self) -> bool:
        """True where somebody has something to do: it is not in use, or its review is due soon."""
        return self.why is not None or (self.days_left is not None and self.days_left <= SOON)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every template that can be read, overdue and failing ones too, and how each stands."""

    library: Library
    knowledge: Knowledge
    standings: tuple[Standing, ...]

    def standing(self, template_id: str) -> Standing | None:
        """Return how a template stands, or None where there is none of this id."""
        return next((one for one in self.standings if one.id == template_id), None)


def catalogue(
    folders: Iterable[Path], settings: BuilderSettings, today: date, only: Collection[str] | None = None
) -> Catalogue:
    """Load the shipped library and folders over it, and run the golden examples (of the templates in `only`).

    Raises:
        LibraryError: a folder, a file of indicators or criteria, or a choice among criteria cannot be used.
    """
    library, knowledge = everything(folders, settings)
    failed: dict[str, Refusal] = {}
    for refusal in verify(library, knowledge, only):
        failed.setdefault(refusal.template_id, refusal)
    read = [_standing(one, failed.get(one.id), settings, today) for one in library.templates.values()]
    unread = [Standing(one.template_id, one.path, None, _said(one), None) for one in library.refused]
    return Catalogue(library, knowledge, tuple(sorted([*read, *unread], key=lambda one: one.id)))


def everything(folders: Iterable[Path], settings: BuilderSettings) -> tuple[Library, Knowledge]:
    """Load the shipped library and folders over it as if nothing were overdue or in need of adoption. Raises as above.

    So there is something to show of every template that can be read.
    """
    library = Library.load(shipped_folder(), *folders, today=date.min, criteria=choices(settings.criteria))
    return library, library.knowledge(shipped_knowledge())


def _standing(template: Template, failed: Refusal | None, settings: BuilderSettings, today: date) -> Standing:
    days_left = (template.front.governance.review_by - today).days
    why = next(_obstacles(template, failed, settings, days_left), None)
    return Standing(template.id, template.path, template, why, days_left)


def _obstacles(template: Template, failed: Refusal | None, settings: BuilderSettings, days_left: int) -> Iterator[str]:
    governance = template.front.governance
    if failed is not None:
        yield _said(failed)
    if days_left < 0:
        yield f"the review was due on {governance.review_by}"
    if settings.require_adopted and governance.status != "adopted":
        yield "a starter that nobody here has adopted yet"


def _said(refusal: Refusal) -> str:
    return f"{refusal.field}: {refusal.why}"
