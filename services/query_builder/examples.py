"""Golden examples: what a template must answer to given gaps. They stand beside it as `<id>.examples.yaml`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from functools import cache
from pathlib import Path
from uuid import UUID, uuid5

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from compliance import Knowledge
from evidence.faults import LibraryError
from evidence.yaml_text import SAFE_LOADER, YamlText
from schemas.base import Instant
from schemas.gaps import QuestionBasis
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


def verify(library: Library, knowledge: Knowledge, only: Collection[str] | None = None) -> list[Refusal]:
    """Run the examples of every template, or of those in `only`. Out: what failed; nothing when all is well."""
    chosen = [one for one in library.templates.values() if only is None or one.id in only]
    return [refusal for template in chosen for refusal in _failures(template, library, knowledge)]


def verified(library: Library, knowledge: Knowledge) -> Library:
    """Return the library without the templates whose examples fail (R-34)."""
    return library.without(verify(library, knowledge))


def examples_of(template: Template) -> tuple[Example, ...]:
    """Read a template's examples. Raises `LibraryError` with file, line and field of the first fault."""
    examples, faults = read_examples(examples_file(template.path))
    if faults:
        raise faults[0]
    return examples


def read_examples(path: Path) -> tuple[tuple[Example, ...], tuple[LibraryError, ...]]:
    """Read a file of examples. Out: the examples, or all faults that make it unreadable."""
    if not path.exists():
        return (), (LibraryError(path, "the file", "every template has golden examples beside it"),)
    source = YamlText.of(path)
    try:
        return _FILE.validate_python(source.load(_loader()) or {}).examples, ()
    except LibraryError as fault:
        return (), (fault,)
    except ValidationError as error:
        return (), tuple(source.faults(error))


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


def _failures(template: Template, library: Library, knowledge: Knowledge) -> Iterator[Refusal]:
    try:
        examples = examples_of(template)
    except LibraryError as error:
        yield Refusal.of(template.id, error)
        return
    for why in unshown(template, examples):
        yield Refusal(template.id, examples_file(template.path), "examples", why)
    for number, example in enumerate(examples):
        result = answer(request_of(example, template.id), library, knowledge)
        if failed := difference(result, example.expect, template):
            fault = YamlText.of(examples_file(template.path)).fault(("examples", number), failed)
            field = f"{fault.field} ({example.name})"
            yield Refusal(template.id, fault.path, field, failed, fault.line, "failing_example")


def unshown(template: Template, examples: Iterable[Example]) -> list[str]:
    """Return what the examples of a template do not show: each response type that it offers must come out of one."""
    shown = {example.expect.shows for example in examples}
    return [f"no example is issued as {missing}" for missing in sorted(set(template.front.response_types) - shown)]


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
