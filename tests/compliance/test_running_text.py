"""Running clinical data raises no false alarm: the sample encounters rendered as indicators of a sound query."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.compliance.samples import OPEN, judge

SAMPLES = Path(
    os.environ.get("CDI_QUERY_SAMPLES", Path(__file__).parents[3] / "shared" / "samples" / "encounters.ndjson")
)
SHOWN = 12


def encounters() -> Iterator[dict[str, Any]]:
    with SAMPLES.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def indicators(encounter: dict[str, Any]) -> list[dict[str, Any]]:
    """Render everything dated and named in an encounter as an indicator."""
    entries = [entry for part in encounter.values() if isinstance(part, list) for entry in part]
    return [found for entry in entries if isinstance(entry, dict) and (found := _indicator(entry)) is not None]


def _indicator(entry: dict[str, Any]) -> dict[str, Any] | None:
    name, time = entry.get("name"), entry.get("observed_at") or entry.get("started_at")
    value = entry.get("value", entry.get("dose"))
    if not name or not time or value in (None, ""):
        return None
    source = entry.get("source") or "Medication administration record"
    return {"name": name, "value": str(value), "unit": entry.get("unit"), "source": source, "observed_at": time}


@pytest.mark.skipif(not SAMPLES.exists(), reason="the sample encounters are not here (CDI_QUERY_SAMPLES)")
def test_real_values_as_indicators_of_a_sound_query_are_not_stopped() -> None:
    shown, alarms = 0, Counter[tuple[str, str, str]]()
    for encounter in encounters():
        found = indicators(encounter)
        for start in range(0, len(found), SHOWN):
            chunk = found[start : start + SHOWN]
            shown += len(chunk)
            verdict = judge(
                OPEN, indicators=chunk, encounter_started_at=min(one["observed_at"] for one in found), documented=[]
            )
            alarms.update(
                (one.rule, one.severity, one.message)
                for one in verdict.findings
                if one.severity != "warn" and one.field.startswith("indicators[")
            )
    blocked = {alarm: count for alarm, count in alarms.items() if alarm[1] == "block"}
    assert shown > 10_000
    assert not blocked
    assert alarms.total() <= 0.001 * shown, alarms.most_common(10)
