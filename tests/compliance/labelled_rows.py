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
from tests.compliance.samples import CREATININE, CREATININE_LATER, OPEN, judge

TUNED_ON = "rows.jsonl"
HELD = "rows_held.jsonl"
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
class RowFigures:
    """How the check does on some rows: those that it judges wrongly, as texts."""

    escapes: tuple[str, ...]
    false_blocks: tuple[str, ...]
    needless_reviews: tuple[str, ...]
    faulty: int
    sound: int


def asked(shown: list[dict[str, Any]]) -> Verdict:
    """Judge the question with these indicators."""
    return judge(_ASKED, indicators=shown)


def verdict_on(row: list[Any]) -> VerdictName:
    """Return what the check says of a row: name, value, unit, source, role of its author, and "quoted" or nothing."""
    fields = dict(zip(_FIELDS, row[:5], strict=True))
    added = {**fields, "quoted": row[5] == "quoted", "observed_at": "2026-05-05T09:00:00"}
    found = asked([*SHOWN, added]).findings
    graves = {one.severity for one in found if one.field.startswith(f"indicators[{len(SHOWN)}]")}
    return "block" if "block" in graves else "review" if "review" in graves else "pass"


def measure_rows(name: str) -> RowFigures:
    """Judge every row of a file beside this module, and tell those that are judged wrongly."""
    lines = Path(__file__).with_name(name).read_text(encoding="utf-8").splitlines()
    judged = [(entry, verdict_on(entry["row"])) for entry in map(json.loads, lines)]

    def told(verdict: str, *, sound: bool) -> tuple[str, ...]:
        chosen = (entry["row"] for entry, given in judged if entry["sound"] is sound and given == verdict)
        return tuple(f"{row[0]}: {row[1]}" for row in chosen)

    sound = sum(entry["sound"] for entry, _ in judged)
    return RowFigures(
        told("pass", sound=False), told("block", sound=True), told("review", sound=True), len(judged) - sound, sound
    )
