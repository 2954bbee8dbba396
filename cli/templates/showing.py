"""One template in words: when it asks, what it asks, which answers it offers and on what evidence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cli.templates.catalogue import Catalogue
from cli.templates.words import ASKED, FORMS, listed, question, short, specialty
from evidence.concepts import Concepts
from evidence.criteria import SETTING, Criterion
from evidence.language import AtLeast, Not, Points, Predicate
from evidence.ranges import RangeEntry
from schemas.vocabulary import OptionKind
from services.query_builder import earlier
from services.query_builder.in_words import Speaker, pattern
from services.query_builder.library import Library
from services.query_builder.template import Template


def shown(template: Template, catalogue: Catalogue) -> Iterator[RenderableType]:
    """Yield the parts of a template's description."""
    words = catalogue.library.speaker
    yield Text(template.front.title, style="bold")
    yield _rows(_head(template, catalogue))
    yield from _part("When it asks", _rows(_when(template, words)))
    yield from _part(
        "What it asks", _rows((FORMS[one], question(template, one)) for one in template.front.response_types)
    )
    if "multiple_choice" in template.front.response_types:
        yield from _part("Answers, and when they are offered", _rows(_answers(template, words)))
    if values := list(_values(template, catalogue.library.concepts)):
        yield from _part("Values it knows", _rows(values))
    if definitions := list(_definitions(template, catalogue.library, words)):
        yield from _part("Definitions", _rows(definitions))
    yield from _part("Governance", _rows(_governance(template)))


def _part(title: str, body: RenderableType) -> Iterator[RenderableType]:
    yield Text("")
    yield Text(title, style="bold")
    yield body


def _rows(rows: Iterable[tuple[str, str]]) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(max_width=36)
    table.add_column(overflow="fold")
    for name, value in rows:
        table.add_row(Text(name, style="dim"), Text(value))
    return Padding(table, (0, 0, 0, 2), expand=False)


def _head(template: Template, catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    standing = catalogue.standing(template.id)
    yield "id", f"{template.id}, version {template.front.version}"
    yield "in use", f"no: {standing.why}" if standing and standing.why else "yes"
    yield "file", short(template.path)
    yield "hash", template.ref.hash
    yield "specialty", specialty(template)
    if template.front.scenarios:
        yield "scenarios", ", ".join(template.front.scenarios)


def _when(template: Template, words: Speaker) -> Iterator[tuple[str, str]]:
    front = template.front
    yield "gaps of", f"{listed(front.categories)}; {listed(front.settings)}"
    if template.concepts:
        yield "that are about", ", ".join(pattern(one) for one in template.concepts)
    alone = front.match.without_concept
    limit = f" ({listed(alone)} only)" if alone else ""
    yield f"or name nothing{limit}, with", words.says(template.fits)
    for need, predicate in template.needs:
        yield "always needed", f"{need.that}: {words.says(predicate)}"
    if template.subject is not None:
        yield "about the documented", pattern(template.subject)
    yield "asked", ", else ".join(ASKED[role] for role in front.recipients)
    yield "earlier encounters", earlier.IN_WORDS[front.prior_encounters]


def _answers(template: Template, words: Speaker) -> Iterator[tuple[str, str]]:
    if template.front.author_options:
        yield "the gap's own answers", "word for word in the indicators that they link to"
    for option, predicate in template.options:
        yield option.text, words.says(predicate)
    always: tuple[OptionKind, ...] = (*template.front.neutral, "other", "undetermined")
    for kind in always:
        yield template.wording(kind), "always"


def _values(template: Template, concepts: Concepts) -> Iterator[tuple[str, str]]:
    for name in template.front.indicators:
        codes = ", ".join(concepts.loinc(name))
        parts = [concepts.unit(name) or "no unit", *([f"LOINC {codes}"] if codes else [])]
        yield name.replace("_", " "), "; ".join([*parts, *map(_range, concepts.ranges(name))])


def _range(one: RangeEntry) -> str:
    both = one.low is not None and one.high is not None
    ends = f"{one.low}-{one.high}" if both else f"from {one.low}" if one.low is not None else f"to {one.high}"
    sex = f"{one.sex}s" if one.sex else ""
    ages = [f"from {one.from_age}" if one.from_age else "", f"below {one.below_age}" if one.below_age else ""]
    years = f"{' '.join(filter(None, ages))} years" if any(ages) else ""
    known = f"confirmed by {one.laboratory}" if one.laboratory else "not confirmed"
    return f"reference {', '.join(filter(None, (ends, sex, years, known)))}"


def _definitions(template: Template, library: Library, words: Speaker) -> Iterator[tuple[str, str]]:
    """Yield the named criteria that a template's rules use, each before those that it uses itself."""
    names = {id(rule): name for name, rule in library.tables.predicates.items()}
    rules = [template.fits, *(one for _, one in template.needs), *(one for _, one in template.options)]
    for rule in dict.fromkeys(inner for one in rules for inner in _all(one) if id(inner) in names):
        one = library.criteria[names[id(rule)]]
        if one.choose:
            chosen = next(name for name in one.choose.values() if library.tables.predicates[name] == rule)
            yield one.title, f"“{library.criteria[chosen].title}”, chosen among {len(one.choose)} by {SETTING}"
            yield library.criteria[chosen].title, _definition(library.criteria[chosen], rule, words)
        else:
            yield one.title, _definition(one, rule, words)


def _definition(criterion: Criterion, rule: Predicate, words: Speaker) -> str:
    return f"{words.meaning(rule)} [{criterion.source}, {criterion.version}]"


def _all(predicate: Predicate) -> Iterator[Predicate]:
    yield predicate
    inner: tuple[Predicate, ...] = ()
    if isinstance(predicate, AtLeast):
        inner = predicate.inner
    elif isinstance(predicate, Points):
        inner = tuple(one for _, one in predicate.parts)
    elif isinstance(predicate, Not):
        inner = (predicate.inner,)
    for one in inner:
        yield from _all(one)


def _governance(template: Template) -> Iterator[tuple[str, str]]:
    governance = template.front.governance
    yield "status", governance.status
    yield "owner", governance.owner
    if governance.approved_by:
        names = ", ".join(f"{one.name} ({one.area})" for one in governance.approved_by)
        yield "approved", f"by {names}{f' on {governance.approved_on}' if governance.approved_on else ''}"
    yield "review by", str(governance.review_by)
    yield "fiscal year", str(governance.fiscal_year)
    yield from (("source", one) for one in governance.sources)
