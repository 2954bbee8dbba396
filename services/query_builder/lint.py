"""What is wrong, or could be better, in a template and its examples: every fault, with file and line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from compliance import Knowledge
from evidence.faults import LibraryError
from evidence.language import criteria_named
from evidence.yaml_text import YamlText
from schemas.check import Finding
from schemas.queries import QueryHeld, QueryIssued
from services.query_builder import mending
from services.query_builder.composer import answer
from services.query_builder.earlier import wanted
from services.query_builder.examples import Example, difference, examples_file, read_examples, request_of, unshown
from services.query_builder.library import Library
from services.query_builder.satisfiable import impossible
from services.query_builder.template import Template
from services.query_builder.template_file import examine_template, front_fault, heading_line

TO_FILL_IN = "FILL_IN"
"""What stands in a new template where its author has to write."""
SOON = 60
"""So many days before a review is due, linting says so."""

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing to mend: where, how bad, what it is about, why, and how to mend it. With errors nothing is used."""

    path: Path
    line: int
    severity: Severity
    field: str
    why: str
    mend: str


def lint(path: Path, library: Library, knowledge: Knowledge, today: date) -> list[Fault]:
    """Look through one template file and its examples.

    In: the file; the library that it belongs to, loaded as if nothing were overdue; what the check knows.
    Out: every fault, in order of file and line.
    """
    blanks = [*_blanks(path), *_blanks(examples_file(path))]
    found = [*blanks, *_faults(path, library, knowledge, today)]
    filled = {(one.path, one.line) for one in blanks}
    kept = [one for one in found if one in blanks or not (blanks and _is_about_a_blank(one, filled))]
    return sorted(dict.fromkeys(kept), key=lambda one: (one.path != path, one.line, one.severity))


def lint_tables(folder: Path, library: Library) -> list[Fault]:
    """Look through a folder's criteria: those that nothing in the library names."""
    used = {
        word for template in library.templates.values() for text in _rules(template) for word in criteria_named(text)
    }
    used.update(word for one in library.criteria.values() for word in one.named())
    return [
        _fault(source.fault((name,), "no template and no other criterion uses it"), "warning")
        for source in map(YamlText.of, sorted((folder / "criteria").glob("*.yaml")))
        for name in source.load() or {}
        if name not in used
    ]


def _blanks(path: Path) -> Iterator[Fault]:
    if not path.exists():
        return
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
        if TO_FILL_IN in line:
            before, _, hint = line.partition("  # ")
            field = before.split(":")[0].strip(" -{") if ":" in before else "text"
            yield Fault(path, number, "error", field, "still to be filled in", hint or f"instead of {TO_FILL_IN}")


def _is_about_a_blank(fault: Fault, filled: set[tuple[Path, int]]) -> bool:
    """What follows from a blank is not told beside it: its own line, and examples that cannot come out right yet."""
    return (fault.path, fault.line) in filled or fault.path.name.endswith(".examples.yaml")


def _faults(path: Path, library: Library, knowledge: Knowledge, today: date) -> Iterator[Fault]:
    examined = examine_template(path, library.vocabulary)
    yield from (_fault(fault, library=library) for fault in examined.faults)
    examples, faults = read_examples(examples_file(path))
    yield from (_fault(fault) for fault in faults)
    template = library.templates.get(path.stem)
    if template is None or examined.template is None:
        return
    if template.path != path:
        yield _fault(front_fault(examined.template, ("id",), f"another file has this id: {template.path}"))
        return
    yield from _of_review(template, today)
    yield from _of_rules(template, library)
    yield from _of_earlier(template)
    yield from _of_examples(template, examples, library, knowledge)


def _of_review(template: Template, today: date) -> Iterator[Fault]:
    governance = template.front.governance
    left = (governance.review_by - today).days
    steps = ("governance", "review_by")
    if left < 0:
        yield _fault(front_fault(template, steps, f"the review was due on {governance.review_by}"))
    elif left <= SOON:
        yield _fault(front_fault(template, steps, f"the review is due in {left} days"), "warning")


def _of_rules(template: Template, library: Library) -> Iterator[Fault]:
    known = library.concepts.units
    for number, name in enumerate(template.front.indicators):
        if name not in known:
            fault = front_fault(template, ("indicators", number), f"no indicator is named {name!r} in indicators/")
            yield _fault(fault, library=library)
    needs = [predicate for _, predicate in template.needs]
    if impossible(needs):
        yield _fault(front_fault(template, ("needs",), "can never hold: its parts exclude each other"))
    elif impossible([*needs, template.fits]):
        yield _fault(front_fault(template, ("match", "when"), "can never hold: it excludes what `needs` asks for"))
    for number, (_, predicate) in enumerate(template.options):
        if not impossible(needs) and impossible([*needs, predicate]):
            why = "can never hold: its parts exclude each other, or what `needs` asks for"
            yield _fault(front_fault(template, ("options", number, "when"), why))
    texts = [option.text.casefold() for option, _ in template.options]
    for number, text in enumerate(texts):
        if text in texts[:number]:
            yield _fault(front_fault(template, ("options", number, "text"), "the same answer stands there twice"))


def _of_earlier(template: Template) -> Iterator[Fault]:
    rules = [predicate for _, predicate in template.options]
    if template.front.prior_encounters == "alone" and not any(wanted(one) == "with_current" for one in rules):
        why = "says `alone`, but no answer's rule looks at earlier encounters"
        yield _fault(front_fault(template, ("prior_encounters",), why), "warning")


def _of_examples(
    template: Template, examples: tuple[Example, ...], library: Library, knowledge: Knowledge
) -> Iterator[Fault]:
    path = examples_file(template.path)
    results = [(one, answer(request_of(one, template.id), library, knowledge)) for one in examples]
    if not results:
        return
    yield from _unexpected(template, results, YamlText.of(path))
    yield from (_fault(LibraryError(path, "examples", why, 1)) for why in unshown(template, examples))
    if not any(isinstance(result, QueryHeld) for _, result in results):
        yield _fault(LibraryError(path, "examples", "no example is held", 1))
    offered = [_offered(result) for _, result in results]
    if len({len(one) for one in offered}) < 2 and "multiple_choice" in template.front.response_types:
        yield _fault(LibraryError(path, "examples", "no example supports fewer answers than another", 1))
    yield from _never_offered(template, offered)
    yield from _of_texts(template, results)


def _unexpected(
    template: Template, results: Iterable[tuple[Example, QueryIssued | QueryHeld]], source: YamlText
) -> Iterator[Fault]:
    """Yield the examples that come out otherwise than expected, with what the check says to their text."""
    for number, (example, result) in enumerate(results):
        if why := difference(result, example.expect, template):
            fault = source.fault(("examples", number), f"{example.name}: {why}")
            said = [f"{one.message} {one.suggestion}" for one in result.findings if one.severity != "warn"]
            mend = said[0] if said else mending.advice(fault.field, why)
            yield Fault(fault.path, fault.line or 1, "error", fault.field, fault.why, mend)


def _offered(result: QueryIssued | QueryHeld) -> frozenset[str]:
    options = result.document.options if result.document else ()
    return frozenset(one.text for one in options if one.kind == "clinical")


def _never_offered(template: Template, offered: Iterable[frozenset[str]]) -> Iterator[Fault]:
    shown = frozenset[str]().union(*offered)
    for number, (option, _) in enumerate(template.options):
        if option.text not in shown:
            why = f"no example offers the answer {option.text!r}"
            yield _fault(front_fault(template, ("options", number, "text"), why), "warning")


def _of_texts(template: Template, results: Iterable[tuple[Example, QueryIssued | QueryHeld]]) -> Iterator[Fault]:
    """Yield what the check finds in the template's own words, in examples that should be issued."""
    for example, result in results:
        if example.expect.issued is None or result.document is None:
            continue
        for finding in result.findings:
            place = _place(template, finding, result)
            if finding.severity != "warn" and place is not None:
                why = f"{finding.rule}: {finding.message}"
                yield Fault(place.path, place.line or 1, "error", place.field, why, finding.suggestion)


def _place(template: Template, finding: Finding, result: QueryIssued | QueryHeld) -> LibraryError | None:
    """Return where in the template a finding's text stands, or None for what the gap brought."""
    field = finding.field
    assert result.document is not None
    if field.startswith("title"):
        return front_fault(template, ("title",), "")
    if field.startswith("question"):
        name = f"question {result.document.response_type}"
        return LibraryError(template.path, name, "", heading_line(template, name))
    if field.startswith("context"):
        return LibraryError(template.path, "context", "", heading_line(template, "context"))
    texts = [option.text for option, _ in template.options]
    for number, option in enumerate(result.document.options):
        if field.startswith(f"options[{number}]") and option.text in texts:
            return front_fault(template, ("options", texts.index(option.text), "text"), "")
    return None


def _rules(template: Template) -> Iterator[str]:
    front = template.front
    yield from (
        front.match.when,
        *(one.when for one in front.options if one.when is not None),
        *(one.when for one in front.needs),
    )


def _fault(fault: LibraryError, severity: Severity = "error", library: Library | None = None) -> Fault:
    names = library.vocabulary if library else None
    return Fault(
        fault.path, fault.line or 1, severity, fault.field, fault.why, mending.advice(fault.field, fault.why, names)
    )
