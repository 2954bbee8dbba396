"""Which template fits a gap. Deterministic: the same gap and library give the same template."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from evidence.evaluating import Facts, supports
from schemas.gaps import DocumentedTerm, QuestionBasis
from schemas.queries import HeldReason
from services.query_builder.axes import DECIDES, covered, missed
from services.query_builder.library import Library
from services.query_builder.template import Template

_TOLD = 3
"""At most so many templates that nearly fit are told of."""


@dataclass(frozen=True, slots=True)
class NotChosen:
    """Why no template is used: the reason to hold with, and what a person can do."""

    reason: HeldReason
    detail: str


def choose(basis: QuestionBasis, facts: Facts, library: Library, day: date) -> Template | NotChosen:
    """Return the template that the gap names, or else the best that fits.

    A template fits by category, setting, what it needs, and either the gap's concept or, for a gap that names no
    concept, its indicators. Where the gap says an axis, the template asks about it. Of several that fit, the one
    that asks more of the axis wins, then the higher priority, then the one whose predicate holds, then the id.
    """
    if basis.template_id is not None:
        return _named(basis.template_id, basis, facts, library, day)
    about = [(template, misfit(template, basis, facts, day)) for template in asking(basis, facts, library)]
    fitting = [template for template, why in about if why is None]
    if not fitting:
        return _nothing_fits([f"{template.id}: {why}" for template, why in about])
    return min(fitting, key=lambda one: _rank(one, basis, facts))


def _rank(template: Template, basis: QuestionBasis, facts: Facts) -> tuple[int, int, bool, str]:
    """The best template has the least rank."""
    front = template.front
    asks = covered(basis.axis, front.axis) if basis.category in DECIDES else 0
    return -asks, -front.match.priority, not supports(template.fits, facts).holds, template.id


def _nothing_fits(misfits: Sequence[str]) -> NotChosen:
    near = f" ({'; '.join(misfits[:_TOLD])})" if misfits else ""
    return NotChosen("no_template", f"no template of the library fits this gap{near}; ask with a text of your own")


def misfit(template: Template, basis: QuestionBasis, facts: Facts, day: date) -> str | None:
    """Return in words why a template cannot ask this question, or None when it can."""
    if template.front.governance.review_by < day:
        return "its review is overdue"
    if basis.category not in template.front.categories:
        return f"it does not ask about {basis.category}"
    if basis.setting not in template.front.settings:
        return f"it is not for the setting {basis.setting}"
    if (other := missed(basis.axis, basis.category, template.front.axis)) is not None:
        return other
    if template.subject is not None and subject_of(template, facts) is None:
        return "no dated note of this encounter documents the term that it asks about"
    lacking = next((need for need, predicate in template.needs if not supports(predicate, facts).holds), None)
    return f"it needs {lacking.that}" if lacking is not None else None


def subject_of(template: Template, facts: Facts) -> DocumentedTerm | None:
    """Return the documented term that the question names: of those that the template looks for, the earliest.

    A question names its term with the date of the note (R-06), so a term without a date does not count. A template
    about any condition (`subject_is_concept`) takes only the term that the gap's concept names: never another one.
    """
    if template.subject is None:
        return None
    found = [term for term in facts.documented if template.subject.search(term.term) and term.recorded_at is not None]
    if template.front.subject_is_concept:
        found = [term for term in found if _is_the_concept(term, found, facts.about)]
    return min(found, key=lambda term: (term.recorded_at, term.term), default=None)


_ABOUT_A_CONDITION = re.compile(
    r"\b(?:status|timing|type|acuity|stage|side|site|specificity|present|admission|relationship|clinical|validation|basis"
    r"|possible|probable|likely|suspected|documented|on|of|the|at|in|to|a|an|and)\b"
)
"""Words of a concept or a term that say what is asked about a condition, or how surely, not which condition it is."""


def _is_the_concept(term: DocumentedTerm, others: Sequence[DocumentedTerm], about: Sequence[str]) -> bool:
    """True when the gap's concept and the term name one condition: one has all the words of the other.

    A gap that names no concept can mean a term only if there is no other.
    """
    if not about:
        return len({_condition(other.term) for other in others}) == 1
    named = _condition(term.term)
    wanted = [words for words in map(_condition, about) if words]
    return bool(named) and any(words <= named or named <= words for words in wanted)


def _condition(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[^\W_]+", _ABOUT_A_CONDITION.sub(" ", text.casefold())))


def _named(name: str, basis: QuestionBasis, facts: Facts, library: Library, day: date) -> Template | NotChosen:
    template = library.templates.get(name)
    if template is None:
        refusal = library.refusal(name)
        why = f"is not in use ({refusal.field}: {refusal.why})" if refusal else "is not in the library"
        return NotChosen("unknown_template", f"the template that the gap names {why}")
    why_not = misfit(template, basis, facts, day)
    return NotChosen("no_template", f"the template {name} does not fit: {why_not}") if why_not else template


def asking(basis: QuestionBasis, facts: Facts, library: Library) -> list[Template]:
    """Return the templates that ask about the gap's concepts, or, for a gap that names none, about its indicators."""
    category, setting = basis.category, basis.setting
    if basis.concepts:
        found = {one.id: one for term in facts.about for one in library.about(category, setting, term)}
        return [found[name] for name in sorted(found)]
    return [
        one
        for one in library.by_kind.get((category, setting), ())
        if category in (one.front.match.without_concept or (category,)) and supports(one.fits, facts).holds
    ]
