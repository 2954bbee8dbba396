"""Labelled rows of indicators, and how the check does on them.

Each row is added to a sound question about a documented condition; only what is found in its own fields counts (R-06,
R-07, R-18, R-19, R-35).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from schemas.check import Verdict
from schemas.vocabulary import VerdictName
from tests.compliance.labelled import PartFigures, figures_of_parts, gravest
from tests.compliance.samples import CREATININE, CREATININE_LATER, OPEN, judge

TUNED_ON = "rows"
HELD = "rows_held"
SHOWN: list[dict[str, Any]] = [CREATININE, CREATININE_LATER]
_FIELDS = ("name", "value", "unit", "source", "author_role")
_ASKED: dict[str, Any] = {
    **OPEN,
    "category": "specificity",
    "title": "Clarification: acute kidney injury",
    "documented": [
        {
            "term": "Acute kidney injury",
            "source": "Progress note",
            "author_role": "attending",
            "recorded_at": "2026-05-05T10:00:00",
        }
    ],
    "question": (
        "Acute kidney injury is documented on 05/05. Please provide further specificity for the cause, if known."
    ),
}


@dataclass(frozen=True)
class LabelledRow:
    """An indicator, and whether it is sound or breaks `rule`."""

    name: str
    value: str
    unit: str | None
    source: str | None
    author_role: str | None
    quoted: bool
    sound: bool
    rule: str


def asked(shown: list[dict[str, Any]]) -> Verdict:
    """Judge the question with these indicators."""
    return judge(_ASKED, indicators=shown)


def labelled_rows(folder: str) -> tuple[LabelledRow, ...]:
    """Return the labelled rows of all files of a folder beside this module, an author each."""
    paths = sorted(Path(__file__).with_name(folder).glob("*.jsonl"))
    return tuple(_row(json.loads(line)) for path in paths for line in path.read_text(encoding="utf-8").splitlines())


def _row(entry: dict[str, Any]) -> LabelledRow:
    name, value, unit, source, author_role, quoted = entry["row"]
    return LabelledRow(name, value, unit, source, author_role, quoted == "quoted", entry["sound"], entry["rule"])


def verdict_on(row: list[Any]) -> VerdictName:
    """Return what the check says of a row: name, value, unit, source, role of its author, and "quoted" or nothing."""
    return _verdict({**dict(zip(_FIELDS, row[:5], strict=True)), "quoted": row[5] == "quoted"})


def _verdict(shown: dict[str, Any]) -> VerdictName:
    found = asked([*SHOWN, {**shown, "observed_at": "2026-05-05T09:00:00"}]).findings
    return gravest(one for one in found if one.field.startswith(f"indicators[{len(SHOWN)}]"))


def measure_rows(folder: str) -> PartFigures:
    """Judge every row of a folder beside this module, and tell those that are judged wrongly."""
    return figures_of_parts(
        (f"{row.name}: {row.value}", not row.sound, _verdict({**_fields(row), "quoted": row.quoted}))
        for row in labelled_rows(folder)
    )


def _fields(row: LabelledRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _FIELDS}
