"""What a template teaches the check: its questions as approved stems, its options with the evidence they need."""

from __future__ import annotations

import re
from collections.abc import Iterator

from compliance import Criterion, Knowledge, Stem, evidence_of
from evidence.concepts import Concepts
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
        if base.criterion_of(option.text) is None:
            wanted = evidence_of(predicate, concepts, base.reader)
            yield Criterion(id=f"template:{template.id}:{number}", names=(option.text,), any_of=wanted)
