"""Golden examples: what a template must answer to given gaps. They stand beside it as `<id>.examples.yaml`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from uuid import UUID, uuid5

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from compliance import Knowledge
from evidence.faults import LibraryError
from evidence.yaml_text import SAFE_LOADER, YamlText
from schemas.base import Instant
from schemas.gaps import Indicator, QuestionBasis
from schemas.queries import HeldReason, QueryHeld, QueryIssued
from schemas.requests import QueryRequested
from schemas.vocabulary import Phase, RecipientRole, ResponseType
from services.query_builder.composer import answer
from services.query_builder.library import Library
from services.query_builder.refusals import Refusal
from services.query_builder.template import Template

_NAMESPACE = UUID("5d9c1f4e-0a54-5b0e-9a4f-6a2b7c3d8e10")
_STRICT = ConfigDict(frozen=True, extra="forbid")


class Expectation(BaseModel):
    """What must come out. `options` are the texts of the clinical answers, in order; None does not look.

    `form` is the response type of the text that waits with a held query; some categories are always reviewed.
    """

    model_config = _STRICT
    issued: ResponseType | None = None
    held: HeldReason | None = None
    form: ResponseType | None = None
    options: tuple[str, ...] | None = None

    @property
    def shows(self) -> ResponseType | None:
        """The response type that this example shows as sound: issued, or complete and waiting for a second person."""
        return self.form if self.held == "needs_second_person" else self.issued


class Example(BaseModel):
    """One synthetic gap, who is asked, and what must come out."""

    model_config = _STRICT
    name: str
    phase: Phase = "concurrent"
    recipient: RecipientRole = "attending"
    started_at: Instant
    admission_order_at: Instant | None = None
    as_of: Instant
    zone: str = "UTC"
    basis: QuestionBasis
    expect: Expectation


class ExampleFile(BaseModel):
    """The examples of one template."""

    model_config = _STRICT
    examples: tuple[Example, ...] = Field(min_length=1)


_FILE = TypeAdapter(ExampleFile)
_FIELDS = tuple(name for model in (Example, QuestionBasis, Indicator, Expectation) for name in model.model_fields)


def verify(library: Library, knowledge: Knowledge, only: Collection[str] | None = None) -> list[Refusal]:
    """Run the examples of every template, or of those in `only`. Out: what failed; nothing when all is well."""
    chosen = [one for one in library.templates.values() if only is None or one.id in only]
    return [refusal for template in chosen for refusal in _refusals(template, library, knowledge)]


def verified(library: Library, knowledge: Knowledge) -> Library:
    """Return the library without the templates whose examples fail (R-34)."""
    return library.without(verify(library, knowledge))


def examples_of(template: Template) -> tuple[Example, ...]:
    """Read a template's examples. Raises `LibraryError` with file, line and field of the first fault."""
    written = read_examples(examples_file(template.path))
    if written.faults:
        raise written.faults[0]
    return written.examples


@dataclass(frozen=True, slots=True)
class Written:
    """A file of examples as read: its text, and the examples, or all faults that make it unreadable."""

    source: YamlText
    examples: tuple[Example, ...] = ()
    faults: tuple[LibraryError, ...] = ()


def read_examples(path: Path) -> Written:
    """Read a file of examples as far as it can be read."""
    if not path.exists():
        mend = "Write this file; `cdi-query templates new` shows its form."
        fault = LibraryError(path, "the file", "every template has golden examples beside it", mend=mend)
        return Written(YamlText(path, ""), faults=(fault,))
    source = YamlText.of(path)
    try:
        return Written(source, _FILE.validate_python(source.load(_loader()) or {}).examples)
    except LibraryError as fault:
        return Written(source, faults=(fault,))
    except ValidationError as error:
        return Written(source, faults=tuple(source.faults(error, _FIELDS)))


def examples_file(template: Path) -> Path:
    """Return the file beside a template's in which its examples stand."""
    return template.with_suffix(".examples.yaml")


def request_of(example: Example, template_id: str) -> QueryRequested:
    """Return the request that an example stands for; its ids follow from its name."""
    identity = uuid5(_NAMESPACE, f"{template_id}/{example.name}")
    return QueryRequested(
        request_id=identity,
        query_id=identity,
        gap_uid=identity,
        chart_id="example",
        as_of=example.as_of,
        phase=example.phase,
        encounter_started_at=example.started_at,
        admission_order_at=example.admission_order_at,
        zone=example.zone,
        recipient_role=example.recipient,
        release="automatic",
        basis=example.basis,
    )


@cache
def _loader() -> type:
    """A loader whose times keep what the file says; plain YAML turns a time into one without a zone."""
    loader = type("Loader", (SAFE_LOADER,), {})
    yaml.add_constructor("tag:yaml.org,2002:timestamp", _as_written, Loader=loader)
    return loader


def _as_written(loader: yaml.SafeLoader, node: yaml.Node) -> str:
    assert isinstance(node, yaml.ScalarNode)
    return str(loader.construct_scalar(node))


@dataclass(frozen=True, slots=True)
class Run:
    """An example that was run: what came out, and in words what of it was not expected."""

    example: Example
    result: QueryIssued | QueryHeld
    difference: str | None


def run(template: Template, written: Written, library: Library, knowledge: Knowledge) -> tuple[Run, ...]:
    """Run the examples of a template, each once."""
    results = [(one, answer(request_of(one, template.id), library, knowledge)) for one in written.examples]
    return tuple(Run(one, result, difference(result, one.expect, template)) for one, result in results)


def failures(template: Template, written: Written, runs: Sequence[Run]) -> Iterator[LibraryError]:
    """Yield why a template may not be used: examples that come out otherwise than expected, or do not show enough."""
    for number, one in enumerate(runs):
        if one.difference is not None:
            why = f"{one.example.name}: {one.difference}"
            yield written.source.fault(("examples", number), why, _remedy(one.result))
    shown = {one.example.expect.shows for one in runs}
    for missing in sorted(set(template.front.response_types) - shown):
        mend = "Add an example whose gap gives a question in this form."
        yield LibraryError(written.source.path, "examples", f"no example is issued as {missing}", 1, mend)


def _remedy(result: QueryIssued | QueryHeld) -> str:
    """Return what the check says to a text that came out, else where to look."""
    said = (f"{one.message} {one.suggestion}" for one in result.findings if one.severity != "warn")
    expect = "Mend the template, or what `expect` says"
    return next(said, f"{expect}; `cdi-query templates preview ID --example NAME` shows the text.")


def _refusals(template: Template, library: Library, knowledge: Knowledge) -> Iterator[Refusal]:
    written = read_examples(examples_file(template.path))
    if written.faults:
        yield Refusal.of(template.id, written.faults[0])
        return
    runs = run(template, written, library, knowledge)
    yield from (Refusal.of(template.id, fault, "failing_example") for fault in failures(template, written, runs))


def difference(result: QueryIssued | QueryHeld, expected: Expectation, template: Template) -> str | None:
    """Return in words what came out of an example and was not expected, or None."""
    got = f"held: {result.reason}" if isinstance(result, QueryHeld) else f"issued: {result.document.response_type}"
    wanted = f"held: {expected.held}" if expected.held else f"issued: {expected.issued}"
    if got != wanted:
        rules = ", ".join(f"{one.rule} {one.severity} {one.field}" for one in result.findings)
        detail = f" - {result.detail}" if isinstance(result, QueryHeld) else ""
        return f"expected {wanted}, came out {got}{detail}{f' [{rules}]' if rules else ''}"
    if result.template is not None and result.template.id != template.id:
        return f"another template answered: {result.template.id}"
    if expected.form is not None and (result.document is None or result.document.response_type != expected.form):
        return f"the text that waits is not {expected.form}"
    texts = tuple(one.text for one in result.document.options if one.kind == "clinical") if result.document else ()
    if expected.options is not None and texts != expected.options:
        return f"expected the options {list(expected.options)}, came out {list(texts)}"
    return None
