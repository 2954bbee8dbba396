"""`compose` turns gaps into events, the same for the same moment, and names line and field of what it cannot read."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from cli.compose import compose, read_gap, request_for
from schemas.events import QUERIES, read
from schemas.phases import phase
from schemas.queries import QueryHeld, QueryIssued
from tests.query_builder.support import RISE_WITH_UREA, START, at

pytestmark = pytest.mark.slow

app = typer.Typer()
app.command()(compose)
AS_OF = "2026-03-05T18:00:00Z"


def gap(**more: Any) -> dict[str, Any]:
    return {
        "gap_id": "gap-1",
        "occurred_at": at(60).isoformat(),
        "facility": "Harbor",
        "encounter": {"number": "V-100", "started_at": START.isoformat()},
        "patient": {"reference": "p-1", "name": "Testa Fictiva", "mrn": "000111"},
        "setting": "inpatient",
        "category": "missing_diagnosis",
        "indicators": [one.model_dump(mode="json", exclude_unset=True) for one in RISE_WITH_UREA],
        "reason_code": "creatinine_rise",
        "coder_only": {"suspected_codes": ["N17.9"], "impact": {"drg": "682"}},
        **more,
    }


def event(data: dict[str, Any], **more: Any) -> dict[str, Any]:
    attributes = {"specversion": "1.0", "id": "e-1", "source": "coding", "type": "cdi.gap.raised.v1", **more}
    return {**attributes, "data": data}


def run(*lines: str, options: tuple[str, ...] = ("--as-of", AS_OF)) -> tuple[int, list[str], str]:
    result = CliRunner().invoke(app, ["-", *options], input="\n".join(lines) + "\n")
    return result.exit_code, result.stdout.splitlines(), result.stderr


def test_bare_data_and_events_become_issued_queries(tmp_path: Path) -> None:
    code, lines, _ = run(json.dumps(gap()), "", json.dumps(event(gap(gap_id="gap-2"))))
    results = [read(QUERIES, line.encode()).data for line in lines]
    assert code == 0 and len(results) == 2
    assert all(isinstance(one, QueryIssued) and one.document.recipient_role == "attending" for one in results)


def test_nothing_about_the_person_or_the_codes_comes_out() -> None:
    _, lines, errors = run(json.dumps(gap()))
    for secret in ("Fictiva", "000111", "N17.9", "682", "Harbor", "V-100"):
        assert secret not in lines[0] + errors


def test_the_same_input_gives_the_same_bytes() -> None:
    assert run(json.dumps(gap()))[1] == run(json.dumps(gap()))[1]


def test_a_held_query_comes_with_its_findings_and_the_named_recipient() -> None:
    _, lines, _ = run(json.dumps(gap(addressee={"role": "nurse"})))
    held = read(QUERIES, lines[0].encode()).data
    assert isinstance(held, QueryHeld) and held.reason == "blocked"
    assert held.document is not None and held.document.recipient_role == "nurse" and held.findings


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 2: not JSON"),
        ("[]", "line 2: not a JSON object"),
        (json.dumps(gap(setting="ward")), "line 2: setting: literal_error"),
        (json.dumps({**gap(), "indicators": [{"name": "Creatinine"}]}), "line 2: indicators.0.value: missing"),
        (json.dumps(event(gap(), type="cdi.gap.withdrawn.v1")), "line 2: type: expected cdi.gap.raised.v1"),
    ],
)
def test_a_line_that_is_no_gap_is_named_in_one_line(line: str, message: str) -> None:
    code, lines, errors = run(json.dumps(gap()), line)
    assert code == 2 and len(lines) == 1
    assert len(errors.splitlines()) == 1 and message in errors


def test_a_time_that_is_none_and_a_file_that_is_not_there_are_told(tmp_path: Path) -> None:
    code, _, errors = run(json.dumps(gap()), options=("--as-of", "yesterday"))
    assert code == 2 and "--as-of is no ISO 8601 time" in errors
    missing = CliRunner().invoke(app, [str(tmp_path / "none.ndjson")])
    assert missing.exit_code == 2 and "none.ndjson" in missing.stderr


def test_a_file_is_read_and_a_folder_of_ones_own_is_used(tmp_path: Path) -> None:
    (tmp_path / "gaps.ndjson").write_text(json.dumps(gap()))
    (tmp_path / "own" / "queries").mkdir(parents=True)
    (tmp_path / "own" / "queries" / "creatinine-rise.md").write_text("nothing")
    options = [str(tmp_path / "gaps.ndjson"), "--as-of", AS_OF, "--templates", str(tmp_path / "own")]
    result = CliRunner().invoke(app, options)
    held = read(QUERIES, result.stdout.splitlines()[0].encode()).data
    assert isinstance(held, QueryHeld) and held.reason == "no_template"
    assert "template not used" in result.stderr


def test_the_request_of_a_gap_follows_from_its_encounter() -> None:
    later = gap(encounter={"number": "V-1", "started_at": START.isoformat(), "ended_at": at(50).isoformat()})
    asked = request_for(read_gap(json.dumps(later), 1), at(72), "Europe/Berlin")
    assert (asked.phase, asked.recipient_role, asked.zone) == ("retrospective", "attending", "Europe/Berlin")


@pytest.mark.parametrize(
    ("started", "ended", "billed", "expected"),
    [
        (None, None, None, "concurrent"),
        (1, None, None, "concurrent"),
        (9, None, None, "prospective"),
        (1, 4, None, "retrospective"),
        (1, 5, None, "retrospective"),
        (1, 6, None, "concurrent"),
        (1, 3, 4, "post_bill"),
        (1, 3, 9, "retrospective"),
        (1, None, 4, "post_bill"),
    ],
)
def test_the_phase_is_what_has_happened_by_then(
    started: int | None, ended: int | None, billed: int | None, expected: str
) -> None:
    def day(number: int | None) -> datetime | None:
        return datetime(2026, 5, number, tzinfo=UTC) if number else None

    assert phase(day(started), day(ended), day(billed), datetime(2026, 5, 5, tzinfo=UTC)) == expected
