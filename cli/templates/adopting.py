"""Adopting a template: the same text in the hospital's own folder, with who approved it and until when it counts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from cli.templates.words import specialty
from evidence.faults import LibraryError
from evidence.language import Vocabulary
from services.query_builder.examples import examples_file
from services.query_builder.template import Template
from services.query_builder.template_file import examine_template

_FRONT = re.compile(r"\A---\r?\n(?P<front>.*?\r?\n)---\r?\n", re.DOTALL)
_GOVERNANCE = re.compile(r"^governance:.*?(?=^\S|\Z)", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Approval:
    """Who approved a template, for which side of the house, when, and the day by which it is reviewed again (R-34)."""

    names: Mapping[str, str]
    on: date
    review_by: date


def adopt(template: Template, folder: Path, approval: Approval, vocabulary: Vocabulary) -> Path:
    """Write a template and its examples into a hospital's folder as adopted. Out: its file there.

    A template that stands in the folder already is adopted where it stands.

    Raises:
        LibraryError: with the approval it could not be used.
    """
    text = adopted_text(template, approval)
    _examined(template, text, vocabulary)
    inside = template.path.absolute().is_relative_to(folder.absolute())
    path = template.path if inside else folder / "queries" / specialty(template) / template.path.name
    path.parent.mkdir(parents=True, exist_ok=True)
    if not inside:
        copyfile(examples_file(template.path), examples_file(path))
    unfinished = path.with_suffix(".adopting")  # a process that is ended leaves the old text or the new one
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)
    return path


def adopted_text(template: Template, approval: Approval) -> str:
    """Return a template's text with its governance as approved; all else stays as it is, to the letter."""
    text = template.path.read_text(encoding="utf-8")
    front = _FRONT.match(text)
    assert front is not None
    governance = yaml.safe_dump(
        {"governance": _governance(template, approval)}, sort_keys=False, allow_unicode=True, width=110
    )
    start, end = front.span("front")
    return text[:start] + _GOVERNANCE.sub(lambda _: governance, text[start:end], count=1) + text[end:]


def _governance(template: Template, approval: Approval) -> dict[str, Any]:
    governance = template.front.governance
    return {
        "status": "adopted",
        "owner": governance.owner,
        "approved_by": [{"area": area, "name": name} for area, name in approval.names.items()],
        "approved_on": approval.on,
        "review_by": approval.review_by,
        "fiscal_year": governance.fiscal_year,
        "sources": list(governance.sources),
    }


def _examined(template: Template, text: str, vocabulary: Vocabulary) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / template.path.name
        path.write_text(text, encoding="utf-8")
        for fault in examine_template(path, vocabulary).faults:
            raise LibraryError(template.path, fault.field, fault.why, fault.line)
