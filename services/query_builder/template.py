"""One template: the front matter that stands above its text, and the whole, compiled (`template_file` reads it).

---
id: sodium-low
...
---
# context
# question multiple_choice
# question open_ended
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self

import jinja2
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from evidence.faults import FieldFault
from evidence.language import Predicate
from schemas.requests import TemplateRef
from schemas.vocabulary import AskedRole, Category, OptionKind, ResponseType, Setting
from services.query_builder.response_types import offered, refusing

_STRICT = ConfigDict(frozen=True, extra="forbid")


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
EarlierUse = Literal["never", "baseline", "with_current", "alone"]
"""What findings of earlier encounters may do in a question (R-17); `earlier` says what each means."""
_NEW_CONDITION: frozenset[Category] = frozenset({"missing_diagnosis", "treatment_without_diagnosis", "significance"})
_LIMITED: frozenset[AskedRole] = frozenset({"dietitian", "wound_nurse"})
"""They document how far something goes that a provider has diagnosed, never a diagnosis."""


class OptionEntry(BaseModel):
    """One clinical answer and the evidence that makes it supportable.

    Without `when` the check's own criterion decides, for a condition that the check knows by this text.
    """

    model_config = _STRICT
    text: Plain
    when: str | None = None


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
    recipients: tuple[AskedRole, ...] = Field(default=("attending",), min_length=1)
    prior_encounters: EarlierUse = "baseline"
    indicators: tuple[str, ...] = ()
    axis: str | None = None
    order: Literal["alphabetical", "scale"] = "alphabetical"
    options: tuple[OptionEntry, ...] = ()
    author_options: bool = False
    neutral: tuple[Literal["not_significant", "integral", "ruled_out"], ...] = ()
    wording: dict[OptionKind, Plain] = {}
    governance: Governance


def contradictions(front: FrontMatter) -> Iterator[FieldFault]:
    """Yield what several fields together get wrong."""
    for form in front.response_types:
        if categories := refusing(form, front.categories):
            yield FieldFault(("response_types",), f"{form} is never used for {', '.join(categories)} (rules 1.5, R-14)")
    has_choices = len(front.options) > 1 or front.author_options
    missing = offered(front.categories) - set(front.response_types) - (set() if has_choices else {"multiple_choice"})
    for form in sorted(missing):
        yield FieldFault(("response_types",), f"{form} must be offered (rules 1.5 allow it for {_all_of(front)})")
    if "multiple_choice" in front.response_types and not has_choices:
        yield FieldFault(("options",), "multiple_choice needs at least two options, or author_options")
    if front.subject_is_concept and front.subject is None:
        why = "narrows `subject`, which is missing; `subject: .` takes any term"
        yield FieldFault(("subject_is_concept",), why)
    yield from _wrong_recipients(front)
    if front.prior_encounters == "alone" and (new := sorted(_NEW_CONDITION.intersection(front.categories))):
        why = f"`alone` is never used for {', '.join(new)}: no new condition rests on an earlier encounter (R-17)"
        yield FieldFault(("prior_encounters",), why)
    texts = [option.text for option in front.options]
    if front.order == "alphabetical" and texts != sorted(texts, key=str.casefold):
        yield FieldFault(("options",), "not in alphabetical order (R-11); sort them, or say `order: scale`")


def _wrong_recipients(front: FrontMatter) -> Iterator[FieldFault]:
    roles = front.recipients
    if "conflict" in front.categories and roles[0] != "attending":
        yield FieldFault(("recipients",), "a conflict in the record goes to the attending first (R-23)")
    if "author" in roles and front.subject is None:
        yield FieldFault(("recipients",), "`author` is who wrote what `subject` looks for, which is missing")
    limited = sorted(_LIMITED.intersection(roles))
    if limited and (new := sorted(_NEW_CONDITION.intersection(front.categories))):
        yield FieldFault(("recipients",), f"{', '.join(limited)} may not be asked about {', '.join(new)} (R-28)")


def _all_of(front: FrontMatter) -> str:
    return " and ".join(category.replace("_", " ") for category in front.categories)


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
