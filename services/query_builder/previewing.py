"""What would become of a request, and why: for people who still write the gap. Pure; nothing is kept."""

from __future__ import annotations

from collections.abc import Iterator

from compliance import Knowledge
from evidence.evaluating import Facts
from schemas.gaps import QuestionBasis
from schemas.preview import AnswerAdvice, Catalogue, CatalogueEntry, Preview, TemplateAdvice
from schemas.queries import QueryHeld
from schemas.requests import QueryRequested
from services.query_builder.choosing import asking, misfit
from services.query_builder.composer import answer, facts_of
from services.query_builder.library import Library
from services.query_builder.template import Template
from services.query_builder.why_not import Reason, not_offered


def preview(request: QueryRequested, library: Library, knowledge: Knowledge) -> Preview:
    """Return what `answer` would give for a request, with advice on templates, answers and indicators."""
    result = answer(request, library, knowledge)
    facts = facts_of(request, library)
    chosen = library.templates.get(result.template.id) if result.template else None
    held = result if isinstance(result, QueryHeld) else None
    return Preview(
        issued=held is None,
        reason=held.reason if held else None,
        detail=held.detail if held else None,
        document=result.document,
        template=result.template,
        recipients=result.recipients,
        verdict=result.verdict,
        findings=result.findings,
        templates=tuple(sorted(_advice(request, facts, library, chosen), key=_order)),
        not_offered=tuple(_not_offered(chosen, request.basis, facts, library)) if chosen else (),
        known=tuple(name.replace("_", " ") if name else None for name in facts.concept_of),
    )


def _order(one: TemplateAdvice) -> tuple[bool, bool, bool, str]:
    return not one.chosen, not (one.about and one.fits), not one.about, one.title


def _advice(
    request: QueryRequested, facts: Facts, library: Library, chosen: Template | None
) -> Iterator[TemplateAdvice]:
    basis, day = request.basis, request.as_of.date()
    about = {one.id for one in asking(basis, facts, library)}
    for template in library.by_kind.get((basis.category, basis.setting), ()):
        obstacle = misfit(template, basis, facts, day)
        yield _advice_on(template, basis, obstacle, about=template.id in about, chosen=template is chosen)


def _advice_on(
    template: Template, basis: QuestionBasis, obstacle: str | None, *, about: bool, chosen: bool
) -> TemplateAdvice:
    why = obstacle or (None if about else _not_about(basis))
    return TemplateAdvice(
        id=template.id,
        title=template.front.title,
        axis=template.front.axis,
        fits=obstacle is None,
        chosen=chosen,
        about=about,
        why_not=None if chosen else why,
    )


def _not_about(basis: QuestionBasis) -> str:
    named = "what the gap is about" if basis.concepts else "the indicators"
    return f"it asks about something else than {named}"


def _not_offered(template: Template, basis: QuestionBasis, facts: Facts, library: Library) -> Iterator[AnswerAdvice]:
    """Yield each answer that the record does not support."""
    for text, reason in not_offered(template, basis, facts, library.speaker):
        yield AnswerAdvice(text=text, reasons=tuple(_lines(reason)))


def _lines(reason: Reason) -> Iterator[str]:
    """Yield a reason and its parts, each with what was seen; a whole that only names its parts is left out."""
    if not reason.parts:
        yield f"{reason.rule}: {reason.seen}" if reason.seen else reason.rule
    for part in reason.parts:
        yield from _lines(part)


def catalogue(library: Library) -> Catalogue:
    """Return the names that help to fill in a gap."""
    entries = sorted(map(_entry, library.templates.values()), key=lambda one: (one.concept or one.title, one.id))
    return Catalogue(templates=tuple(entries), indicators=library.concepts.titles)


def _entry(template: Template) -> CatalogueEntry:
    front = template.front
    return CatalogueEntry(
        id=template.id,
        title=front.title,
        concept=_concept(template),
        axis=front.axis,
        categories=front.categories,
        settings=front.settings,
    )


def _concept(template: Template) -> str | None:
    """Return a plain name that the template itself recognises as its concept."""
    names = (template.front.title.rpartition(": ")[2], template.id.replace("-", " "))
    return next((name for name in names if template.names_concept(name)), None)
