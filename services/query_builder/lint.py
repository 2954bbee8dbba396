"""What is wrong, or could be better, in a template and its examples: every fault, with file and line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from compliance import Knowledge
from evidence.faults import LibraryError, Step
from evidence.language import criteria_named, unknown_indicator
from evidence.yaml_text import YamlText
from schemas.check import Finding, QueryDocument
from schemas.queries import QueryHeld, QueryIssued
from services.query_builder.earlier import wanted
from services.query_builder.examples import Run, Written, examples_file, failures, read_examples, run
from services.query_builder.library import Library
from services.query_builder.satisfiable import impossible
from services.query_builder.template import LESS_OF_EARLIER, Template
from services.query_builder.template_file import Examined, examine_template

TO_FILL_IN = "FILL_IN"
"""What stands in a new template where its author has to write."""
SOON = 60
"""So many days before a review is due, linting says so."""

_UNUSED = "Take it out, or name it in the rule that it is for."
_OTHERWISE = "docs/templates.md has a table of fields and one of rules of evidence."

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
    examined, written = examine_template(path, library.vocabulary), read_examples(examples_file(path))
    blanks = [*_blanks(path, examined.text), *_blanks(written.source.path, written.source.text)]
    found = [*blanks, *_faults(examined, written, library, knowledge, today)]
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
        _fault(source.fault((name,), "no template and no other criterion uses it", _UNUSED), "warning")
        for source in map(YamlText.of, sorted((folder / "criteria").glob("*.yaml")))
        for name in source.load() or {}
        if name not in used
    ]


def _blanks(path: Path, text: str) -> Iterator[Fault]:
    for number, line in enumerate(text.splitlines(), start=1):
        if TO_FILL_IN in line:
            before, _, hint = line.partition("  # ")
            field = before.split(":")[0].strip(" -{") if ":" in before else "text"
            yield Fault(path, number, "error", field, "still to be filled in", hint or f"instead of {TO_FILL_IN}")


def _is_about_a_blank(fault: Fault, filled: set[tuple[Path, int]]) -> bool:
    """What follows from a blank is not told beside it: its own line, and examples that cannot come out right yet."""
    return (fault.path, fault.line) in filled or fault.path.name.endswith(".examples.yaml")


def _faults(
    examined: Examined, written: Written, library: Library, knowledge: Knowledge, today: date
) -> Iterator[Fault]:
    yield from map(_fault, (*examined.faults, *written.faults))
    yield from _of_rules(examined, library)
    template = examined.template
    if template is None:
        return
    held = library.templates.get(template.id)
    if held is not None and held.path != template.path:
        mend = "Give one of the two another id, and its file that name."
        yield _fault(template.source.fault(("id",), f"another file has this id: {held.path}", mend))
        return
    yield from _of_review(template, today)
    yield from _of_names(template, library)
    yield from _of_earlier(template)
    if held is not None and written.examples:
        yield from _of_examples(held, written, library, knowledge)


def _of_review(template: Template, today: date) -> Iterator[Fault]:
    governance = template.front.governance
    left = (governance.review_by - today).days
    steps = ("governance", "review_by")
    if left < 0:
        mend = "Review the template, then `cdi-query templates adopt` it again with a new --review-by."
        yield _fault(template.source.fault(steps, f"the review was due on {governance.review_by}", mend))
    elif left <= SOON:
        mend = "Plan its review; after that day the template is not used."
        yield _fault(template.source.fault(steps, f"the review is due in {left} days", mend), "warning")


def _of_names(template: Template, library: Library) -> Iterator[Fault]:
    for number, name in enumerate(template.front.indicators):
        if name not in library.concepts.units:
            yield _fault(template.source.fault(("indicators", number), *unknown_indicator(name, library.vocabulary)))


def _of_rules(examined: Examined, library: Library) -> Iterator[Fault]:
    """Yield rules that can never hold, by themselves or beside what is needed; of a file with other faults too."""
    rules = examined.rules(library.vocabulary)
    needs = [rule for steps, rule in rules.items() if steps[0] == "needs"]
    excluded: dict[tuple[Step, ...], str] = {}
    if impossible(needs):
        excluded["needs",], needs = "its parts exclude each other", []
    for steps, rule in rules.items():
        if steps[0] != "needs" and impossible([*needs, rule]):
            excluded[steps] = "its parts exclude each other, or what `needs` asks for"
    mend = "Change the numbers or take a part out, so that a record can show it."
    for steps, why in excluded.items():
        yield _fault(examined.front.fault(steps, f"can never hold: {why}", mend))


def _of_earlier(template: Template) -> Iterator[Fault]:
    rules = [predicate for _, predicate in template.options]
    if template.front.prior_encounters == "alone" and not any(wanted(one) == "with_current" for one in rules):
        why = "says `alone`, but no answer's rule looks at earlier encounters"
        yield _fault(template.source.fault(("prior_encounters",), why, LESS_OF_EARLIER), "warning")


def _of_examples(template: Template, written: Written, library: Library, knowledge: Knowledge) -> Iterator[Fault]:
    path, runs = written.source.path, run(template, written, library, knowledge)
    yield from map(_fault, failures(template, written, runs))
    if not any(isinstance(one.result, QueryHeld) for one in runs):
        mend = "Add an example that must not be issued, such as one without the needed indicator."
        yield _fault(LibraryError(path, "examples", "no example is held", 1, mend))
    offered = [_offered(one.result) for one in runs]
    if len({len(one) for one in offered}) < 2 and "multiple_choice" in template.front.response_types:
        mend = "Add an example whose indicators support fewer answers."
        yield _fault(LibraryError(path, "examples", "no example supports fewer answers than another", 1, mend))
    yield from _never_offered(template, offered)
    yield from _of_texts(template, runs)


def _offered(result: QueryIssued | QueryHeld) -> frozenset[str]:
    options = result.document.options if result.document else ()
    return frozenset(one.text for one in options if one.kind == "clinical")


def _never_offered(template: Template, offered: Iterable[frozenset[str]]) -> Iterator[Fault]:
    shown = frozenset[str]().union(*offered)
    for number, (option, _) in enumerate(template.options):
        if option.text not in shown:
            why = f"no example offers the answer {option.text!r}"
            mend = "Add an example whose indicators support this answer."
            yield _fault(template.source.fault(("options", number, "text"), why, mend), "warning")


def _of_texts(template: Template, runs: Iterable[Run]) -> Iterator[Fault]:
    """Yield what the check finds in the template's own words, in examples that should be issued."""
    for one in runs:
        if one.example.expect.issued is None or one.result.document is None:
            continue
        for finding in one.result.findings:
            place = _place(template, finding, one.result.document)
            if finding.severity != "warn" and place is not None:
                why = f"{finding.rule}: {finding.message}"
                yield Fault(place.path, place.line or 1, "error", place.field, why, finding.suggestion)


def _place(template: Template, finding: Finding, document: QueryDocument) -> LibraryError | None:
    """Return where in the template a finding's text stands, or None for what the gap brought."""
    field = finding.field
    if field.startswith("title"):
        return template.source.fault(("title",), "")
    if field.startswith(("question", "context")):
        name = "context" if field.startswith("context") else f"question {document.response_type}"
        return LibraryError(template.path, name, "", template.lines.get(name, 1))
    texts = [option.text for option, _ in template.options]
    for number, option in enumerate(document.options):
        if field.startswith(f"options[{number}]") and option.text in texts:
            return template.source.fault(("options", texts.index(option.text), "text"), "")
    return None


def _rules(template: Template) -> Iterator[str]:
    front = template.front
    yield from (
        front.match.when,
        *(one.when for one in front.options if one.when is not None),
        *(one.when for one in front.needs),
    )


def _fault(fault: LibraryError, severity: Severity = "error") -> Fault:
    return Fault(fault.path, fault.line or 1, severity, fault.field, fault.why, fault.mend or _OTHERWISE)
