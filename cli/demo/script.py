"""The demo's files as they are written (`cast.yaml`, `indicators.yaml`, `charts/*.yaml`), validated."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from importlib.resources import files
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from schemas.vocabulary import (
    AnswerCode,
    Category,
    IndicatorKind,
    OptionKind,
    Outcome,
    RecipientRole,
    ResponseType,
    Sensitivity,
    UserRole,
    WithdrawReason,
)

Moment = str
"""Days before the as-of day and a time of day: "-2 06:10"."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class UserPart(_Part):
    """One line of `users`."""

    id: str
    name: str
    role: UserRole
    sensitive: bool = False


class ProviderPart(_Part):
    """One line of `providers`."""

    id: str
    name: str
    role: RecipientRole
    service: str
    default: bool = False
    active: bool = True
    sensitive: bool = False


class SourcePart(_Part):
    """One line of `sources`."""

    name: str
    kind: Literal["person", "machine"]
    automatic: bool
    by: str | None = None


class QuestionPart(_Part):
    """What a gap of the demo asks."""

    category: Category
    concept: str
    axis: str | None = None
    documented: bool = False
    reason: str


class Cast(_Part):
    """`cast.yaml`."""

    facility: str
    users: tuple[UserPart, ...]
    providers: tuple[ProviderPart, ...]
    sources: tuple[SourcePart, ...]
    questions: Mapping[str, QuestionPart]


class IndicatorPart(_Part):
    """How one indicator is recorded; what is left out comes from its group."""

    loinc: str | None = None
    unit: str | None = None
    range: tuple[Decimal | None, Decimal | None] | None = None
    source: str | None = None
    author_role: str | None = None
    quoted: bool | None = None


class IndicatorGroup(_Part):
    """Indicators of one kind."""

    source: str
    author_role: str
    quoted: bool = False
    names: Mapping[str, IndicatorPart]


class TermPart(_Part):
    """A documented term: what a note says, who wrote it, and when."""

    term: str
    at: Moment
    source: str = "Progress note"
    role: str = "attending"
    by: str | None = None


class PriorPart(_Part):
    """An indicator of an earlier encounter."""

    name: str
    value: str
    at: Moment
    encounter: str


class GapPart(_Part):
    """One gap of a chart."""

    ask: str
    at: Moment
    author: str = "coder1"
    to: str | None = None
    to_role: RecipientRole | None = None
    source: str = "demo/workbench"
    first: Literal["issued", "held"] = "issued"
    response_type: ResponseType | None = None
    template: str | None = None
    sensitivity: Sensitivity | None = None
    shown: Mapping[str, Mapping[Moment, str | int | float]]
    prior: tuple[PriorPart, ...] = ()
    documented: tuple[TermPart, ...] = ()


class StepPart(_Part):
    """One step; `by` left out means the person whose step it naturally is."""

    do: Literal[
        "raise", "raise_again", "open", "answer", "amend", "defer", "redirect", "cosign", "review", "outcome",
        "withdraw", "approve", "revise", "reject", "finalize", "discharge", "cancel_discharge", "attending", "merge",
        "documented",
    ]  # fmt: skip
    gap: str = "a"
    by: str | None = None
    to: str | None = None
    code: AnswerCode | None = None
    kind: OptionKind | None = None
    option: str | None = None
    text: str | None = None
    outcome: Outcome | None = None
    withdraw: WithdrawReason | None = None
    hours: int = 24
    at: Moment | None = None
    shown: Mapping[str, Mapping[Moment, str | int | float]] = Field(default_factory=dict)


class ChartPart(_Part):
    """One encounter of the demo."""

    number: str
    patient: str
    born: date
    story: str
    service: str
    attending: str
    started: Moment
    admitted: Moment
    gaps: Mapping[str, GapPart] = Field(default_factory=dict)
    steps: tuple[StepPart, ...] = ()
    reference: str | None = None


def _load(name: str) -> Any:
    return yaml.safe_load(files("cli.demo").joinpath(name).read_text(encoding="utf-8"))


def read_cast() -> Cast:
    """Return people, sources and questions."""
    return Cast.model_validate(_load("cast.yaml"))


def read_indicators() -> dict[str, dict[str, Any]]:
    """Return for each indicator name the fields that do not depend on the chart."""
    groups = TypeAdapter(dict[IndicatorKind, IndicatorGroup]).validate_python(_load("indicators.yaml"))
    return {name: _indicator(kind, group, part) for kind, group in groups.items() for name, part in group.names.items()}


def _indicator(kind: str, group: IndicatorGroup, part: IndicatorPart) -> dict[str, Any]:
    shared = {"kind": kind, "source": group.source, "author_role": group.author_role, "quoted": group.quoted or None}
    own = part.model_dump(exclude_none=True, exclude={"range"})
    if part.range is not None:
        own["reference_range"] = {"low": part.range[0], "high": part.range[1]}
    return {name: value for name, value in {**shared, **own}.items() if value is not None}


def read_charts() -> list[ChartPart]:
    """Return all charts, in the order of their files."""
    adapter = TypeAdapter(list[ChartPart])
    names = ("medicine.yaml", "medicine_more.yaml", "surgery.yaml", "cardiology.yaml")
    return [chart for name in names for chart in adapter.validate_python(_load(f"charts/{name}"))]
