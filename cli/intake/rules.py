"""The intake rules: what each derived finding asks about and which diagnoses explain it (data: `findings.yaml`)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from schemas.vocabulary import Category, IndicatorKind

MOST_INDICATORS = 40
"""At most so many indicators travel with one gap; the rules are checked against it when they are loaded."""

Patterns = tuple[str, ...]


class _Rule(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ConceptRule(_Rule):
    """How rows of one concept are shown: indicator kind, LOINC where the source gives none, one name for many."""

    kind: IndicatorKind
    loinc: str | None = None
    label: str | None = None


class OrderRule(_Rule):
    """Which medications are shown (groups of patterns), and at most how many."""

    groups: tuple[str, ...]
    at_most: int = Field(ge=1, le=MOST_INDICATORS)


class ProcedureRule(_Rule):
    """Which dated procedures are shown, and at most how many."""

    patterns: Patterns
    at_most: int = Field(ge=1, le=MOST_INDICATORS)


class UnspecificRule(_Rule):
    """What is asked where the explaining diagnosis leaves an attribute open and no other one names it."""

    patterns: Patterns
    specified_by: Patterns
    category: Category
    axis: str
    concept: str


class FindingRule(_Rule):
    """All that turns one finding code into a gap."""

    category: Category
    axis: str | None = None
    concept: str
    explained_by: Patterns
    unless: Patterns = ()
    related: Patterns = ()
    unspecific: UnspecificRule | None = None
    series: Mapping[str, int]
    medications: OrderRule | None = None
    procedures: ProcedureRule | None = None

    @property
    def most(self) -> int:
        """The largest number of indicators that this rule can yield."""
        orders = [part.at_most for part in (self.medications, self.procedures) if part is not None]
        return sum(self.series.values()) + sum(orders)


@dataclass(frozen=True, slots=True)
class IntakeRules:
    """The loaded rules; finding codes that stand in none of them become generic gaps of category `significance`."""

    concepts: Mapping[str, ConceptRule]
    medication_groups: Mapping[str, Patterns]
    findings: Mapping[str, FindingRule]

    def finding(self, code: str, concepts: Sequence[str]) -> FindingRule:
        """Return the rule for a finding; an unknown one shows the series of `concepts`, its own evidence."""
        known = self.findings.get(code)
        if known is not None:
            return known
        series = {concept: MOST_INDICATORS // max(1, len(concepts)) for concept in concepts}
        words = code.replace("_", " ").capitalize()
        return FindingRule(category="significance", concept=words, explained_by=(), series=series)

    def medication_patterns(self, rule: OrderRule) -> Patterns:
        """Return the name patterns of all groups of an order rule."""
        return tuple(pattern for group in rule.groups for pattern in self.medication_groups[group])


@cache
def _compiled(patterns: Patterns) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)


def matches(text: str, patterns: Patterns) -> bool:
    """Tell whether any of the word patterns stands in the text, in whatever case."""
    return bool(patterns) and _compiled(patterns).search(text) is not None


def matching(texts: Iterable[str], patterns: Patterns, unless: Patterns = ()) -> list[str]:
    """Return the texts that match a pattern and none of `unless`, in their order, each once."""
    return list(dict.fromkeys(text for text in texts if matches(text, patterns) and not matches(text, unless)))


@cache
def shipped_rules() -> IntakeRules:
    """Load the shipped `findings.yaml`.

    Raises:
        ValueError: a rule names an unknown concept or group, or could show more than `MOST_INDICATORS`.
    """
    return read_rules(files("cli.intake").joinpath("findings.yaml").read_text(encoding="utf-8"))


def read_rules(text: str) -> IntakeRules:
    """Read and validate rules from YAML text. Raises as `shipped_rules`."""
    raw: dict[str, Any] = yaml.safe_load(text)
    rules = IntakeRules(
        TypeAdapter(dict[str, ConceptRule]).validate_python(raw["concepts"]),
        TypeAdapter(dict[str, Patterns]).validate_python(raw["medication_groups"]),
        TypeAdapter(dict[str, FindingRule]).validate_python(raw["findings"]),
    )
    faults = [fault for code, rule in rules.findings.items() for fault in _faults(rules, code, rule)]
    if faults:
        raise ValueError("; ".join(faults))
    return rules


def _faults(rules: IntakeRules, code: str, rule: FindingRule) -> list[str]:
    groups = rule.medications.groups if rule.medications else ()
    return [
        *(f"{code}: unknown concept {name}" for name in rule.series if name not in rules.concepts),
        *(f"{code}: unknown medication group {name}" for name in groups if name not in rules.medication_groups),
        *([f"{code}: could show {rule.most} indicators"] if rule.most > MOST_INDICATORS else []),
    ]
