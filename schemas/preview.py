"""What the pages ask the query builder before a gap is raised (`POST /internal/v1/previews`). Nothing of it is stored.

The question is the same `QueryRequested` that the tracker would publish: what the preview shows is what would come.
"""

from __future__ import annotations

from schemas.base import Contract
from schemas.check import Finding, QueryDocument
from schemas.queries import HeldReason, RecipientRule
from schemas.requests import TemplateRef
from schemas.vocabulary import Category, Setting, VerdictName


class TemplateAdvice(Contract):
    """One template for this kind of gap.

    `fits`: it can ask if the gap names it. `about`: it is one of those that are chosen from. `why_not`: in words, why
    it is not chosen by itself, where there is a reason.
    """

    id: str
    title: str
    axis: str | None = None
    fits: bool
    chosen: bool = False
    about: bool = False
    why_not: str | None = None


class AnswerAdvice(Contract):
    """An answer of the chosen template that is not offered, and each reason with what was seen instead."""

    text: str
    reasons: tuple[str, ...] = ()


class Preview(Contract):
    """What would become of the gap: issued, or held with a reason; the text with its findings; and why so.

    `templates` holds the templates of the gap's category and setting, what fits first. `known` says of each indicator,
    in the gap's order, as which one of the library it is read; None for one that no criterion counts.
    """

    issued: bool
    reason: HeldReason | None = None
    detail: str | None = None
    document: QueryDocument | None = None
    template: TemplateRef | None = None
    recipients: RecipientRule | None = None
    verdict: VerdictName | None = None
    findings: tuple[Finding, ...] = ()
    templates: tuple[TemplateAdvice, ...] = ()
    not_offered: tuple[AnswerAdvice, ...] = ()
    known: tuple[str | None, ...] = ()


class CatalogueEntry(Contract):
    """One template in use, as a form names it. `concept` is a plain name of what it asks about, if it has one."""

    id: str
    title: str
    concept: str | None = None
    axis: str | None = None
    categories: tuple[Category, ...]
    settings: tuple[Setting, ...]


class Catalogue(Contract):
    """What helps to fill in the form: the templates in use, and the names of the indicators that are known."""

    templates: tuple[CatalogueEntry, ...] = ()
    indicators: tuple[str, ...] = ()
