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
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from evidence.faults import FieldFault
from evidence.language import CLOSE_BRACKETS, Predicate
from evidence.yaml_text import YamlText
from schemas.requests import TemplateRef
from schemas.vocabulary import AskedRole, Category, OptionKind, ResponseType, Setting
from services.query_builder.response_types import offered, refusing
from services.query_builder.wording import Wording

_STRICT = ConfigDict(frozen=True, extra="forbid")


def _is_plain(text: str) -> str:
    if re.search(r"[{}<>*]|[\x00-\x1f]", text):
        mend = "Write plain words on one line, without brackets, asterisks or placeholders."
        raise FieldFault((), "plain words only: no markup, no placeholders, one line", mend)
    return text


def _is_pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise FieldFault((), f"no regular expression: {error.msg}", CLOSE_BRACKETS) from None
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
            why = f"adopted needs approved_on, and approvers for: {', '.join(sorted(missing)) or 'all three'}"
            raise FieldFault((), why, "Let `cdi-query templates adopt` write the approval.")
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


SUBJECT_MISSING = "Add `subject:` with the words to look for in this encounter's notes, or take it out here."
LESS_OF_EARLIER = "Write `prior_encounters: with_current`, or `baseline`."


def contradictions(front: FrontMatter, sound: Collection[str] = FrontMatter.model_fields) -> Iterator[FieldFault]:
    """Yield what several fields together get wrong; only fields that are `sound` by themselves are compared."""
    for fields, found in _CHECKS:
        if fields <= set(sound):
            yield from found(front)


def as_far_as_sound(written: object, error: ValidationError) -> tuple[FrontMatter, frozenset[str]]:
    """Return a faulty front matter with stand-ins for what is faulty or missing, and the names of its sound fields."""
    faulty = {str(fault["loc"][0]) for fault in error.errors() if fault["loc"]}
    sound = frozenset(FrontMatter.model_fields) - faulty if isinstance(written, dict) else frozenset[str]()
    kept = {name: value for name, value in written.items() if name in sound} if isinstance(written, dict) else {}
    return FrontMatter.model_validate({**_STAND_INS, **kept}), sound


_STAND_INS: Mapping[str, object] = {
    "id": "stand-in",
    "version": "0",
    "title": "Stand-in",
    "categories": ["significance"],
    "settings": ["inpatient"],
    "response_types": ["open_ended"],
    "match": {"when": ""},
    "governance": {"status": "starter", "owner": "", "review_by": date.max, "fiscal_year": 0, "sources": [""]},
}


def _refused_forms(front: FrontMatter) -> Iterator[FieldFault]:
    for form in front.response_types:
        if categories := refusing(form, front.categories):
            mend = f"Take {form} out of response_types, and its block out of the text."
            why = f"{form} is never used for {', '.join(categories)} (rules 1.5, R-14)"
            yield FieldFault(("response_types",), why, mend)


def _missing_forms(front: FrontMatter) -> Iterator[FieldFault]:
    has_choices = len(front.options) > 1 or front.author_options
    missing = offered(front.categories) - set(front.response_types) - (set() if has_choices else {"multiple_choice"})
    for form in sorted(missing):
        mend = f"Add {form} to response_types, and a block `# question {form}` with its question."
        why = f"{form} must be offered (rules 1.5 allow it for {_all_of(front)})"
        yield FieldFault(("response_types",), why, mend)
    if "multiple_choice" in front.response_types and not has_choices:
        mend = "Write a second answer with its evidence, or take multiple_choice out of response_types."
        yield FieldFault(("options",), "multiple_choice needs at least two options, or author_options", mend)


def _wrong_options(front: FrontMatter) -> Iterator[FieldFault]:
    texts = [option.text.casefold() for option in front.options]
    if front.order == "alphabetical" and texts != sorted(texts):
        mend = "Sort the answers by the alphabet, or write `order: scale` where they form a scale."
        yield FieldFault(("options",), "not in alphabetical order (R-11); sort them, or say `order: scale`", mend)
    for number, text in enumerate(texts):
        if text in texts[:number]:
            yield FieldFault(("options", number, "text"), "the same answer stands there twice", "Take one of them out.")


def _without_subject(front: FrontMatter) -> Iterator[FieldFault]:
    if front.subject_is_concept and front.subject is None:
        why = "narrows `subject`, which is missing; `subject: .` takes any term"
        yield FieldFault(("subject_is_concept",), why, SUBJECT_MISSING)
    if "author" in front.recipients and front.subject is None:
        mend = "Add `subject:`, or write whom to ask by role, such as `recipients: [attending]`."
        yield FieldFault(("recipients",), "`author` is who wrote what `subject` looks for, which is missing", mend)


def _wrong_recipients(front: FrontMatter) -> Iterator[FieldFault]:
    roles = front.recipients
    if "conflict" in front.categories and roles[0] != "attending":
        mend = "Write `recipients: [attending]`; the authors may get a copy."
        yield FieldFault(("recipients",), "a conflict in the record goes to the attending first (R-23)", mend)
    limited = sorted(_LIMITED.intersection(roles))
    if limited and (new := sorted(_NEW_CONDITION.intersection(front.categories))):
        mend = "Ask a provider who treated the patient: attending, surgeon, consultant."
        yield FieldFault(("recipients",), f"{', '.join(limited)} may not be asked about {', '.join(new)} (R-28)", mend)


def _wrong_earlier_use(front: FrontMatter) -> Iterator[FieldFault]:
    if front.prior_encounters == "alone" and (new := sorted(_NEW_CONDITION.intersection(front.categories))):
        why = f"`alone` is never used for {', '.join(new)}: no new condition rests on an earlier encounter (R-17)"
        yield FieldFault(("prior_encounters",), why, LESS_OF_EARLIER)


_CHECKS: Sequence[tuple[set[str], Callable[[FrontMatter], Iterator[FieldFault]]]] = (
    ({"response_types", "categories"}, _refused_forms),
    ({"response_types", "categories", "options", "author_options"}, _missing_forms),
    ({"subject", "subject_is_concept", "recipients"}, _without_subject),
    ({"recipients", "categories"}, _wrong_recipients),
    ({"prior_encounters", "categories"}, _wrong_earlier_use),
    ({"options", "order"}, _wrong_options),
)
"""What is compared, and the fields that it needs."""


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
    """A compiled template. `options` keeps the file's order; a position in it is an option's identity.

    `source` is the front matter as written, `lines` tells where each heading of the body stands: for faults.
    """

    front: FrontMatter
    ref: TemplateRef
    source: YamlText
    lines: Mapping[str, int]
    questions: Mapping[ResponseType, Wording]
    question_sources: Mapping[ResponseType, str]
    context: Wording | None
    options: tuple[tuple[OptionEntry, Predicate], ...]
    needs: tuple[tuple[Need, Predicate], ...]
    fits: Predicate
    concepts: tuple[re.Pattern[str], ...]
    subject: re.Pattern[str] | None

    @property
    def path(self) -> Path:
        """The file that it stands in."""
        return self.source.path

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
