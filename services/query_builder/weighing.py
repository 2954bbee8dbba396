"""Which clinical answers a gap supports, and with which indicators: those alone are offered. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from evidence.evaluating import Facts, supports
from schemas.gaps import QuestionBasis
from services.query_builder import earlier
from services.query_builder.rendering import one_line
from services.query_builder.template import EarlierUse, Template


@dataclass(frozen=True, slots=True)
class Candidate:
    """A clinical answer that the evidence supports: its stable id, its text and the indicators that show it."""

    id: str
    text: str
    witnesses: frozenset[int]


def offered(template: Template, basis: QuestionBasis, facts: Facts) -> tuple[Candidate, ...]:
    """Return the supported clinical answers in their neutral order: the author's where the template takes them."""
    if template.front.author_options:
        authored = _authored(basis, facts, template.front.prior_encounters)
        if found := sorted(authored, key=lambda one: one.text.casefold()):
            return tuple(found)
    return tuple(_of_template(template, facts))


def _of_template(template: Template, facts: Facts) -> Iterator[Candidate]:
    use = template.front.prior_encounters
    for number, (option, predicate) in enumerate(template.options, start=1):
        support = supports(predicate, facts)
        if support.holds and support.witnesses and earlier.carries(use, facts, support.witnesses):
            yield Candidate(f"o{number}", option.text, support.witnesses)


def _authored(basis: QuestionBasis, facts: Facts, use: EarlierUse) -> Iterator[Candidate]:
    """Yield the author's options that are readings of the record: they stand, word for word, in what they link to."""
    visible = earlier.shown_under(use, facts)
    for number, option in enumerate(basis.options, start=1):
        linked = visible.intersection(option.evidence)
        shown = [facts.indicators[place] for place in linked]
        stands = any(_words(option.text) in _words(f"{one.name} : {one.value}") for one in shown)
        if stands and earlier.carries(use, facts, linked):
            yield Candidate(f"a{number}", one_line(option.text), linked)


def _words(text: str) -> str:
    """Return the words of a text between single spaces, so that one text can be looked for in another."""
    signs = "".join(sign if sign.isalnum() or sign == ":" else " " for sign in text.casefold())
    return f" {' '.join(signs.split())} "
