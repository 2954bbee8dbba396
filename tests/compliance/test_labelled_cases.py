"""The labelled cases of the rulebook: nothing that breaks a rule passes, nothing that complies is blocked."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from compliance import check
from schemas.check import CheckDocument, Verdict
from tests.compliance.samples import KNOWLEDGE, rules

ROOT = Path(__file__).parents[2]
CASES = Path(os.environ.get("CDI_QUERY_COMPLIANCE_CASES", ROOT.parent / "shared" / "compliance" / "cases.jsonl"))
VERDICTS = ("pass", "review", "block")


def judged() -> list[tuple[dict[str, Any], Verdict]]:
    lines = CASES.read_text(encoding="utf-8").splitlines()
    cases = [json.loads(line) for line in lines if line.strip()]
    return [(case, check(CheckDocument.model_validate(case), KNOWLEDGE)) for case in cases]


def table(pairs: list[tuple[dict[str, Any], Verdict]]) -> str:
    counts: Counter[tuple[str, str]] = Counter(
        (case["expected"]["verdict"], verdict.verdict) for case, verdict in pairs
    )
    rows = [f"{'labelled':>10} | " + " ".join(f"{given:>7}" for given in VERDICTS)]
    rows += [f"{label:>10} | " + " ".join(f"{counts[label, given]:>7}" for given in VERDICTS) for label in VERDICTS]
    return "\n".join(rows)


@pytest.mark.skipif(not CASES.exists(), reason="the labelled cases are not here (CDI_QUERY_COMPLIANCE_CASES)")
def test_nothing_escapes_and_nothing_sound_is_blocked(capsys: pytest.CaptureFixture[str]) -> None:
    pairs = judged()
    sound = [(case, verdict) for case, verdict in pairs if case["expected"]["verdict"] == "pass"]
    faults = [(case, verdict) for case, verdict in pairs if case["expected"]["verdict"] != "pass"]
    escapes = [case["id"] for case, verdict in faults if verdict.verdict == "pass"]
    false_blocks = [case["id"] for case, verdict in sound if verdict.verdict == "block"]
    named = sum(bool(set(case["expected"]["rules"]) & rules(verdict)) for case, verdict in faults)
    with capsys.disabled():
        print(f"\n{table(pairs)}\na labelled rule is among the findings: {named} of {len(faults)}")  # noqa: T201
    assert escapes == []
    assert false_blocks == []
    assert all(verdict.ruleset == KNOWLEDGE.ruleset for _, verdict in pairs)
