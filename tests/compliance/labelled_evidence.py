"""Labelled sets of findings, and whether the check lets an answer stand on them (R-04, R-08).

Each condition is asked for as a kind of what is documented, or as a new one; only what is found in its evidence counts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import yaml

from schemas.vocabulary import Category, VerdictName
from tests.compliance.labelled import PartFigures, figures_of_parts, gravest
from tests.compliance.samples import OTHER, UNDETERMINED, judge

TUNED_ON = "evidence"
HELD = "evidence_held"
Label = Literal["supports", "thin", "cannot"]
_NEW = frozenset({"missing_diagnosis", "treatment_without_diagnosis"})
_CATEGORIES: dict[str, Category] = {"cause": "cause_effect", "type": "specificity"}
_ABOUT = {"source": "Progress note", "author_role": "attending", "recorded_at": "2026-05-05T10:00:00"}
_OF_EVIDENCE = frozenset({"R-04", "R-08"})
_QUESTION_OF_A_NEW_ONE = (
    "Please indicate which of the following, if any, best describes the condition associated with the findings below."
)


@dataclass(frozen=True)
class LabelledEvidence:
    """An answer about what is documented, findings linked to it, and what a careful reader says of them."""

    documented: str
    option: str
    category: Category
    findings: tuple[tuple[str, str], ...]
    label: Label

    @property
    def text(self) -> str:
        """The set in one line."""
        return f"{self.documented}: {self.option}: " + "; ".join(f"{name} {value}" for name, value in self.findings)


def labelled_evidence(folder: str) -> tuple[LabelledEvidence, ...]:
    """Return the labelled sets of all files of a folder beside this module, an author each."""
    paths = sorted(Path(__file__).with_name(folder).glob("*.jsonl"))
    lines = (line for path in paths for line in path.read_text(encoding="utf-8").splitlines())
    return tuple(one for line in lines for one in _sets(json.loads(line)))


def _sets(entry: dict[str, Any]) -> Iterator[LabelledEvidence]:
    category = _CATEGORIES.get(entry["c"], entry["c"])
    for label in get_args(Label):
        for shown in entry.get(label, ()):
            findings = tuple((name, value) for name, value in shown)
            yield LabelledEvidence(entry["d"], entry["o"], category, findings, label)


def evidence_of_conditions() -> Iterator[LabelledEvidence]:
    """Yield the sets of conditions.yaml: of conditions of clinical specialties."""
    conditions = yaml.safe_load(Path(__file__).with_name("conditions.yaml").read_text(encoding="utf-8"))
    labels: dict[str, Label] = {"carrying": "supports", "faulty": "cannot"}
    for one in conditions:
        category: Category = "missing_diagnosis" if one.get("new") else "specificity"
        for name, label in labels.items():
            for shown in one[name]:
                findings = tuple((what, " ".join(value)) for what, *value in shown)
                yield LabelledEvidence(one["documented"], one["option"], category, findings, label)


def verdict_on_evidence(one: LabelledEvidence) -> VerdictName:
    """Return what the check says of the evidence of an answer to a sound question."""
    return gravest(
        found for found in _judged(one).findings if found.rule in _OF_EVIDENCE and found.field == "options[0].evidence"
    )


def _judged(one: LabelledEvidence) -> Any:
    new = one.category in _NEW
    of_a_kind = f"{one.documented} is documented on 05/05. Please clarify its cause or type, if known."
    return judge(
        title="Clarification of clinical findings",
        category=one.category,
        documented=[{"term": one.documented, **_ABOUT}],
        indicators=[
            {
                "name": name,
                "value": value,
                "unit": None,
                "source": "Laboratory",
                "observed_at": "2026-05-05T06:00:00",
            }
            for name, value in one.findings
        ],
        question=_QUESTION_OF_A_NEW_ONE if new else of_a_kind,
        options=[
            {"text": one.option, "kind": "clinical", "evidence": list(range(len(one.findings)))},
            OTHER,
            UNDETERMINED,
        ],
    )


def measure_evidence(folder: str) -> PartFigures:
    """Judge every set of a folder beside this module, and tell those that are judged wrongly.

    A set that is thin, or cannot carry its answer, is faulty.
    """
    return figures_of_parts(
        (one.text, one.label != "supports", verdict_on_evidence(one)) for one in labelled_evidence(folder)
    )
