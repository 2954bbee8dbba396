"""A template's parts in plain words, for pages and screens. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import groupby
from pathlib import Path
from types import MappingProxyType

from schemas.vocabulary import AskedRole, ResponseType
from services.query_builder.template import NEUTRAL_WORDING, Template

UNREAD = "cannot be read"
"""What templates are listed under whose files are malformed."""

GENERAL = "general"
"""What templates are listed under that stand in no folder of a specialty."""

FORMS: Mapping[ResponseType, str] = MappingProxyType(
    {"multiple_choice": "choice", "open_ended": "open question", "yes_no": "yes or no"}
)

ASKED: Mapping[AskedRole, str] = MappingProxyType(
    {
        "author": "the author of the documented statement",
        "attending": "the attending",
        "surgeon": "the surgeon of this encounter",
        "consultant": "the consultant of this encounter",
        "resident": "the resident of this encounter",
        "advanced_practice": "the advanced practice provider of this encounter",
        "dietitian": "the dietitian of this encounter",
        "wound_nurse": "the wound nurse of this encounter",
    }
)

_VARIABLE = re.compile(r"\{\{\s*(?P<name>[\w.]+)\s*\}\}")
_FILLED_WITH = {
    "subject.term": "documented term",
    "subject.date": "date of the note",
    "subject.source": "note",
    "subject.author_role": "role of the author",
    "admission_order": "time of the admission order",
}


def specialty(template: Template) -> str:
    """Return the folder below `queries/` in which a template stands."""
    folder = template.path.parent.name
    return GENERAL if folder == "queries" else folder


def by_specialty(templates: Iterable[Template]) -> list[tuple[str, list[Template]]]:
    """Group templates by specialty, and sort both by name."""
    ordered = sorted(templates, key=lambda one: (specialty(one), one.id))
    return [(name, list(group)) for name, group in groupby(ordered, key=specialty)]


def question(template: Template, form: ResponseType) -> str:
    """Return a question as written, with what the record fills in as words in square brackets."""
    source = template.question_sources[form]
    return _VARIABLE.sub(lambda found: f"[{_FILLED_WITH.get(found['name'], found['name'])}]", source)


def answers(template: Template) -> list[str]:
    """Return the answers that a choice may offer; each clinical one only where the record supports it."""
    own = ["the gap's own answers"] if template.front.author_options else []
    neutral = [template.front.wording.get(kind, NEUTRAL_WORDING[kind]) for kind in template.front.neutral]
    return [*own, *(option.text for option, _ in template.options), *neutral]


def plain(word: str) -> str:
    """Return a word of the vocabulary as people write it: `missing_diagnosis` is a missing diagnosis."""
    return word.replace("_", " ")


def listed(words: Iterable[str]) -> str:
    """Return words of the vocabulary as one line."""
    return ", ".join(plain(word) for word in words)


def short(path: Path) -> str:
    """Return a path as a person would type it: from the folder that they are in, if it is below."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_absolute() and path.is_relative_to(here) else str(path)
