"""Labelled texts of answers, and how the check does on them.

Each stands among the answers of a question about what it is about; only what is found in its own text counts, so
evidence (R-04) and what only siblings tell (most of R-12) are left out.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from schemas.vocabulary import OptionKind, VerdictName
from tests.compliance.labelled import PartFigures, figures_of_parts, gravest
from tests.compliance.samples import OPEN, OTHER, UNDETERMINED, judge

TUNED_ON = "options"
HELD = "options_held"
_KINDS: dict[str, OptionKind] = {
    "option": "clinical",
    "other": "other",
    "undetermined": "undetermined",
    "yes": "yes",
    "no": "no",
}
_BESIDE: list[dict[str, Any]] = [
    {"text": "Acute tubular necrosis", "kind": "clinical", "evidence": [0, 1]},
    OTHER,
    UNDETERMINED,
]
_LEFT_OUT = frozenset({"R-04"})


@dataclass(frozen=True)
class LabelledOption:
    """An answer to a question about something, and whether it leads (breaks `rule`)."""

    text: str
    kind: OptionKind
    about: str
    leads: bool
    rule: str


def labelled_options(folder: str) -> tuple[LabelledOption, ...]:
    """Return the labelled answers of all files of a folder beside this module, an author each."""
    paths = sorted(Path(__file__).with_name(folder).glob("*.jsonl"))
    entries = (json.loads(line) for path in paths for line in path.read_text(encoding="utf-8").splitlines())
    return tuple(
        LabelledOption(one["text"], _KINDS[one["kind"]], one["about"], one["leads"], one["rule"]) for one in entries
    )


def verdict_on_option(option: LabelledOption) -> VerdictName:
    """Return what the check says of the text of a clinical answer."""
    documented = [
        {
            "term": option.about,
            "source": "Progress note",
            "author_role": "attending",
            "recorded_at": "2026-05-05T10:00:00",
        }
    ]
    answer = {"text": option.text, "kind": option.kind, "evidence": [0, 1]}
    found = judge(
        {**OPEN, "category": "specificity", "response_type": "multiple_choice"},
        title=f"Clarification: {option.about}",
        question=f"Please clarify: {option.about}.",
        documented=documented,
        options=[*_BESIDE, answer],
    ).findings
    own = f"options[{len(_BESIDE)}].text"
    return gravest(one for one in found if one.field == own and one.rule not in _LEFT_OUT)


def measure_options(folder: str) -> PartFigures:
    """Judge every clinical answer of a folder beside this module, and tell those that are judged wrongly."""
    options = (one for one in labelled_options(folder) if one.kind == "clinical")
    return figures_of_parts((one.text, one.leads, verdict_on_option(one)) for one in options)
