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
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self, get_args

import jinja2
import yaml
from jinja2 import meta
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from schemas.requests import TemplateRef
from schemas.vocabulary import Category, OptionKind, ResponseType, Setting
from services.query_builder.errors import LibraryError, first_fault
from services.query_builder.language import ExpressionError, Predicate, Vocabulary, parse
from services.query_builder.yaml_text import read_yaml

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
            raise ValueError("response_types: open_ended must be offered (rules 1.5: every category allows it)")
        forbidden = NEVER_YES_NO & set(self.categories)
        if "yes_no" in self.response_types and forbidden:
            raise ValueError(f"response_types: yes_no is never used for {', '.join(sorted(forbidden))} (R-14)")
        if "multiple_choice" in self.response_types and not (len(self.options) > 1 or self.author_options):
            raise ValueError("options: multiple_choice needs at least two options, or author_options")
        texts = [option.text for option in self.options]
        if self.order == "alphabetical" and texts != sorted(texts, key=str.casefold):
            raise ValueError("options: not in alphabetical order (R-11); sort them, or say `order: scale`")
        return self


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
        LibraryError: naming the file, the field and what is wrong with it.
    """
    raw = path.read_bytes()
    parts = _PARTS.match(raw.decode("utf-8", errors="replace"))
    if parts is None:
        raise LibraryError(path, "the file", "begins with front matter between two lines of ---")
    front = _front(path, parts["front"])
    blocks = _blocks(path, parts["body"])
    return _compile(path, front, blocks, vocabulary, hashlib.sha256(raw).hexdigest())


def _front(path: Path, text: str) -> FrontMatter:
    try:
        front = FrontMatter.model_validate(read_yaml(text))
    except yaml.YAMLError as error:
        raise LibraryError(path, "front matter", f"not YAML: {error}") from None
    except ValidationError as error:
        raise first_fault(path, error) from None
    if front.id != path.stem:
        raise LibraryError(path, "id", f"{front.id!r} is not the name of the file")
    return front


def _blocks(path: Path, body: str) -> dict[str, str]:
    headings = list(_HEADING.finditer(body))
    if body[: headings[0].start() if headings else None].strip():
        raise LibraryError(path, "body", "text stands before the first heading (`# context` or `# question ...`)")
    ends = [heading.start() for heading in headings[1:]] + [len(body)]
    found = {one["name"]: body[one.end() : end].strip() for one, end in zip(headings, ends, strict=True)}
    known = {"context", *(f"question {kind}" for kind in get_args(ResponseType))}
    if unknown := sorted(set(found) - known):
        raise LibraryError(path, unknown[0], f"no block has this name; there are {', '.join(sorted(known))}")
    return found


def _compile(
    path: Path, front: FrontMatter, blocks: Mapping[str, str], vocabulary: Vocabulary, content_hash: str
) -> Template:
    sources = {kind: _question(path, kind, blocks) for kind in front.response_types}
    context = blocks.get("context")
    return Template(
        front=front,
        ref=TemplateRef(id=front.id, version=front.version, hash=content_hash),
        path=path,
        questions={kind: _jinja(path, f"question {kind}", text, front) for kind, text in sources.items()},
        question_sources=sources,
        context=_jinja(path, "context", context, front) if context else None,
        options=tuple(
            (option, _predicate(path, f"options[{number}].when", option.when, vocabulary))
            for number, option in enumerate(front.options)
        ),
        needs=tuple(
            (need, _predicate(path, f"needs[{number}].when", need.when, vocabulary))
            for number, need in enumerate(front.needs)
        ),
        fits=_predicate(path, "match.when", front.match.when, vocabulary),
        concepts=tuple(re.compile(pattern, re.IGNORECASE) for pattern in front.match.concepts),
        subject=re.compile(front.subject, re.IGNORECASE) if front.subject else None,
    )


def _question(path: Path, kind: ResponseType, blocks: Mapping[str, str]) -> str:
    text = blocks.get(f"question {kind}")
    if not text:
        raise LibraryError(path, f"question {kind}", "the block is missing, but response_types offers it")
    return " ".join(text.split())


def _jinja(path: Path, field: str, text: str, front: FrontMatter) -> jinja2.Template:
    try:
        names = meta.find_undeclared_variables(_ENVIRONMENT.parse(text))
        compiled = _ENVIRONMENT.from_string(text)
    except jinja2.TemplateSyntaxError as error:
        raise LibraryError(path, field, f"line {error.lineno}: {error.message}") from None
    if unknown := sorted(names - _VARIABLES):
        raise LibraryError(path, field, f"{unknown[0]!r} is unknown; there are {', '.join(sorted(_VARIABLES))}")
    if "subject" in names and front.subject is None:
        raise LibraryError(path, field, "names `subject`, but the front matter says no `subject` to look for")
    return compiled


def _predicate(path: Path, field: str, text: str, vocabulary: Vocabulary) -> Predicate:
    try:
        return parse(text, vocabulary)
    except ExpressionError as error:
        raise LibraryError(path, field, str(error)) from None
