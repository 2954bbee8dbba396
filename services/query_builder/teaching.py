"""What a template teaches the check: its questions as approved stems, its options with the evidence they need."""

from __future__ import annotations

import re
from collections.abc import Iterator

from compliance import Criterion, Evidence, Knowledge, Stem
from compliance.knowledge import plain
from evidence.concepts import Concepts
from evidence.language import AtLeast, Comparison, Existence, Having, Not, Points, Predicate, Sustained
from services.query_builder.template import Template

_SLOTS = {
    "subject.term": "documented",
    "subject.date": "date",
    "subject.source": "source",
    "admission_order": "datetime",
}
_EXPRESSION = re.compile(r"\{\{\s*([\w.]+)\s*\}\}")


def stems(template: Template) -> Iterator[Stem]:
    """Yield a template's questions in the check's notation: `{documented}` where Jinja says `{{ subject.term }}`."""
    for kind, source in template.question_sources.items():
        yield Stem(
            id=f"template:{template.id}:{kind}",
            text=_EXPRESSION.sub(lambda found: f"{{{_SLOTS.get(found[1], found[1])}}}", source),
            categories=frozenset(template.front.categories),
            response_types=frozenset({kind}),
        )


def criteria(template: Template, concepts: Concepts, base: Knowledge) -> Iterator[Criterion]:
    """Yield a criterion for each option that the check does not know yet; what it knows stands in one place already."""
    for number, (option, predicate) in enumerate(template.options):
        if plain(option.text) not in base.criteria_by_name:
            wanted = tuple(dict.fromkeys(_evidence(predicate, concepts)))
            yield Criterion(id=f"template:{template.id}:{number}", names=(option.text,), any_of=wanted)


def _evidence(predicate: Predicate, concepts: Concepts) -> Iterator[Evidence]:
    """What an indicator must name to count. Patterns of `any(...)` have no like in the check: any indicator counts."""
    match predicate:
        case Comparison():
            for concept in predicate.concepts:
                yield Evidence("*", words=concepts.names(concept))
        case Having() | Sustained():
            yield Evidence("*", words=concepts.names(predicate.concept))
        case Existence():
            yield Evidence("*")
        case AtLeast():
            for inner in predicate.inner:
                yield from _evidence(inner, concepts)
        case Points():
            for _, inner in predicate.parts:
                yield from _evidence(inner, concepts)
        case Not():
            yield from _evidence(predicate.inner, concepts)
        case _:
            return
