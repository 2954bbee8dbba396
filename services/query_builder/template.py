"""One template file: YAML front matter and a body of Jinja2 blocks, read, validated and compiled once.

---
id: sodium-low
...
---
# context
# question multiple_choice
# question open_ended
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self, get_args

import jinja2
from jinja2 import meta
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from evidence.faults import FieldFault, LibraryError, Step
from evidence.language import ExpressionError, Predicate, Vocabulary, parse
from evidence.yaml_text import YamlText
from schemas.requests import TemplateRef
from schemas.vocabulary import Category, OptionKind, ResponseType, Setting

_STRICT = ConfigDict(frozen=True, extra="forbid")
_PARTS = re.compile(r"\A---\r?\n(?P<front>.*?)\r?\n---\r?\n(?P<body>.*)\Z", re.DOTALL)
_HEADING = re.compile(r"^# (?P<name>.+?)\s*$", re.MULTILINE)
_VARIABLES = frozenset({"subject", "admission_order"})
NEVER_YES_NO = frozenset({"missing_diagnosis", "treatment_without_diagnosis"})
"""Categories that are never asked with yes or no (rules 1.5, R-14)."""

_ENVIRONMENT = ImmutableSandboxedEnvironment(
    undefined=jinja2.StrictUndefined,
    autoescape=False,  # a query is plain text; the pages that show it escape it
    trim_blocks=True,
    lstrip_blocks=True,
)


def _is_plain(text: str) -> str:
    if re.search(r"[{}<>*]|[\x00-\x1f]", text):
        raise ValueError("plain words only: no markup, no placeholders, one line")
    return text


def _is_pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"no regular expression: {error.msg}") from None
    return text


Plain = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_is_plain)]
Pattern = Annotated[str, Field(min_length=1), AfterValidator(_is_pattern)]


class OptionEntry(BaseModel):
    """One clinical answer and the evidence that makes it supportable."""

    model_config = _STRICT
    text: Plain
    when: str


class Need(BaseModel):
    """What a gap must bring for this template to make sense: in words, and as a predicate."""

    model_config = _STRICT
    that: str
    when: str


class MatchRule(BaseModel):
    """Which gaps the template fits: patterns for the gap's concept, and a predicate for gaps that name none.

    `without_concept` limits the categories of gaps that are matched by the predicate alone; empty means all.
    """

    model_config = _STRICT
    concepts: tuple[Pattern, ...] = ()
    when: str
    without_concept: tuple[Category, ...] = ()
    priority: int = 0


class Approver(BaseModel):
    """Who approved the text, and for which side of the house (R-34)."""

    model_config = _STRICT
    area: Literal["coding", "compliance", "clinical"]
    name: str


class Governance(BaseModel):
    """Owner, approval and review of a template (R-34). A starter is not approved by anybody yet."""

    model_config = _STRICT
    status: Literal["starter", "adopted"]
    owner: str
    approved_by: tuple[Approver, ...] = ()
    approved_on: date | None = None
    review_by: date
    fiscal_year: int
    sources: tuple[str, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _adopted_means_approved(self) -> Self:
        missing = {"coding", "compliance", "clinical"} - {approver.area for approver in self.approved_by}
        if self.status == "adopted" and (missing or self.approved_on is None):
            raise ValueError(
                f"adopted needs approved_on, and approvers for: {', '.join(sorted(missing)) or 'all three'}"
            )
        return self


class FrontMatter(BaseModel):
    """What stands above the text of a template."""

    model_config = _STRICT
    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=100)]
    version: Annotated[str, Field(pattern=r"^\d+(\.\d+)*$")]
    title: Plain
    scenarios: tuple[str, ...] = ()
    categories: tuple[Category, ...] = Field(min_length=1)
    settings: tuple[Setting, ...] = Field(min_length=1)
    response_types: tuple[ResponseType, ...] = Field(min_length=1)
    match: MatchRule
    needs: tuple[Need, ...] = ()
    subject: Pattern | None = None
    subject_is_concept: bool = False
    indicators: tuple[str, ...] = ()
    axis: str | None = None
    order: Literal["alphabetical", "scale"] = "alphabetical"
    options: tuple[OptionEntry, ...] = ()
    author_options: bool = False
    neutral: tuple[Literal["not_significant", "integral", "ruled_out"], ...] = ()
    wording: dict[OptionKind, Plain] = {}
    governance: Governance

    @model_validator(mode="after")
    def _offers_what_the_rules_allow(self) -> Self:
        if "open_ended" not in self.response_types:
            raise FieldFault(("response_types",), "open_ended must be offered (rules 1.5: every category allows it)")
        forbidden = NEVER_YES_NO & set(self.categories)
        if "yes_no" in self.response_types and forbidden:
            raise FieldFault(("response_types",), f"yes_no is never used for {', '.join(sorted(forbidden))} (R-14)")
        if "multiple_choice" in self.response_types and not (len(self.options) > 1 or self.author_options):
            raise FieldFault(("options",), "multiple_choice needs at least two options, or author_options")
        if self.subject_is_concept and self.subject is None:
            why = "narrows `subject`, which is missing; `subject: .` takes any term"
            raise FieldFault(("subject_is_concept",), why)
        texts = [option.text for option in self.options]
        if self.order == "alphabetical" and texts != sorted(texts, key=str.casefold):
            raise FieldFault(("options",), "not in alphabetical order (R-11); sort them, or say `order: scale`")
        return self


_FRONT = TypeAdapter(FrontMatter)
_BLOCKS = frozenset({"context", *(f"question {kind}" for kind in get_args(ResponseType))})


@dataclass(frozen=True, slots=True)
class Subject:
    """The documented term that a question names, as text."""

    term: str
    source: str
    date: str
    author_role: str


@dataclass(frozen=True, slots=True)
class Template:
    """A compiled template. `options` keeps the file's order; a position in it is an option's identity."""

    front: FrontMatter
    ref: TemplateRef
    path: Path
    questions: Mapping[ResponseType, jinja2.Template]
    question_sources: Mapping[ResponseType, str]
    context: jinja2.Template | None
    options: tuple[tuple[OptionEntry, Predicate], ...]
    needs: tuple[tuple[Need, Predicate], ...]
    fits: Predicate
    concepts: tuple[re.Pattern[str], ...]
    subject: re.Pattern[str] | None

    @property
    def id(self) -> str:
        """The template's id, equal to its file's name."""
        return self.front.id

    def names_concept(self, term: str) -> bool:
        """True when the gap's concept is one that this template asks about."""
        return any(pattern.search(term) for pattern in self.concepts)

    def wording(self, kind: OptionKind) -> str:
        """Return the text of an answer that needs no evidence: the same for all, unless the template words it."""
        return self.front.wording.get(kind, NEUTRAL_WORDING[kind])


NEUTRAL_WORDING: Mapping[OptionKind, str] = {
    "yes": "Yes",
    "no": "No",
    "not_significant": "Not clinically significant",
    "integral": "Expected with, or integral to, another condition (please specify)",
    "ruled_out": "Ruled out",
    "other": "Other (please specify)",
    "undetermined": "Unable to determine",
}


def read_template(path: Path, vocabulary: Vocabulary) -> Template:
    """Read, validate and compile one template file.

    Raises:
        LibraryError: naming the file, the line, the field and what is wrong with it.
    """
    raw = path.read_bytes()
    parts = _PARTS.match(raw.decode("utf-8", errors="replace"))
    if parts is None:
        raise LibraryError(path, "the file", "begins with front matter between two lines of ---", 1)
    source = _front_text(path, parts)
    front = _front(source)
    blocks = _blocks(path, parts["body"], _line(parts.string, parts.start("body")))
    return _compile(source, front, blocks, vocabulary, hashlib.sha256(raw).hexdigest())


def front_fault(template: Template, steps: Sequence[Step], why: str) -> LibraryError:
    """Return a fault in the front matter of a template that was read, with the line of the field."""
    parts = _PARTS.match(template.path.read_text(encoding="utf-8"))
    assert parts is not None
    return _front_text(template.path, parts).fault(steps, why)


def _front_text(path: Path, parts: re.Match[str]) -> YamlText:
    return YamlText(path, parts["front"], _line(parts.string, parts.start("front")))


def _line(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1


def _front(source: YamlText) -> FrontMatter:
    front = source.read(_FRONT)
    if front.id != source.path.stem:
        raise source.fault(("id",), f"{front.id!r} is not the name of the file")
    return front


@dataclass(frozen=True, slots=True)
class _Block:
    """One part of the body: its text, and the line of the file at which the text begins."""

    path: Path
    name: str
    text: str
    first_line: int

    def fault(self, why: str, line: int = 1) -> LibraryError:
        """Return a fault in a line of this block, counted from 1."""
        return LibraryError(self.path, self.name, why, self.first_line + line - 1)


def _blocks(path: Path, body: str, first_line: int) -> dict[str, _Block]:
    headings = list(_HEADING.finditer(body))
    if body[: headings[0].start() if headings else None].strip():
        why = "text stands before the first heading (`# context` or `# question ...`)"
        raise LibraryError(path, "body", why, first_line)
    ends = [heading.start() for heading in headings[1:]] + [len(body)]
    found: dict[str, _Block] = {}
    for one, end in zip(headings, ends, strict=True):
        text = body[one.end() : end]
        begins = one.end() + len(text) - len(text.lstrip())
        block = _Block(path, one["name"], text.strip(), first_line + _line(body, begins) - 1)
        if block.name not in _BLOCKS:
            known = ", ".join(sorted(_BLOCKS))
            line = first_line + _line(body, one.start()) - 1
            raise LibraryError(path, block.name, f"no block has this name; there are {known}", line)
        found[block.name] = block
    return found


def _compile(
    source: YamlText, front: FrontMatter, blocks: Mapping[str, _Block], vocabulary: Vocabulary, content_hash: str
) -> Template:
    def predicate(text: str, *steps: Step) -> Predicate:
        try:
            return parse(text, vocabulary)
        except ExpressionError as error:
            raise source.fault(steps, str(error)) from None

    asked = {kind: _question(source, kind, blocks) for kind in front.response_types}
    context = blocks.get("context")
    return Template(
        front=front,
        ref=TemplateRef(id=front.id, version=front.version, hash=content_hash),
        path=source.path,
        questions={kind: _jinja(block, front, one_line=True) for kind, block in asked.items()},
        question_sources={kind: " ".join(block.text.split()) for kind, block in asked.items()},
        context=_jinja(context, front) if context and context.text else None,
        options=tuple(
            (option, predicate(option.when, "options", number, "when")) for number, option in enumerate(front.options)
        ),
        needs=tuple((need, predicate(need.when, "needs", number, "when")) for number, need in enumerate(front.needs)),
        fits=predicate(front.match.when, "match", "when"),
        concepts=tuple(re.compile(pattern, re.IGNORECASE) for pattern in front.match.concepts),
        subject=re.compile(front.subject, re.IGNORECASE) if front.subject else None,
    )


def _question(source: YamlText, kind: ResponseType, blocks: Mapping[str, _Block]) -> _Block:
    block = blocks.get(f"question {kind}")
    if block is None or not block.text:
        why = "the block is missing, but response_types offers it"
        raise LibraryError(source.path, f"question {kind}", why, source.line(("response_types",)))
    return block


def _jinja(block: _Block, front: FrontMatter, *, one_line: bool = False) -> jinja2.Template:
    """Compile a block. `one_line`: line breaks of the file are no line breaks of the text."""
    try:
        names = meta.find_undeclared_variables(_ENVIRONMENT.parse(block.text))
    except jinja2.TemplateSyntaxError as error:
        raise block.fault(str(error.message), error.lineno) from None
    unknown = sorted(names - _VARIABLES)
    if unknown:
        line = _line(block.text, block.text.index(unknown[0]))
        raise block.fault(f"{unknown[0]!r} is unknown; there are {', '.join(sorted(_VARIABLES))}", line)
    if "subject" in names and front.subject is None:
        line = _line(block.text, block.text.index("subject"))
        raise block.fault("names `subject`, but the front matter says no `subject` to look for", line)
    return _ENVIRONMENT.from_string(" ".join(block.text.split()) if one_line else block.text)
