"""The examples that the README speaks of work as it says."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from cli.intake.events_file import read_events
from cli.intake.recipients import read_recipients
from cli.main import ENTRIES, build
from cli.providers import read_providers
from schemas.gaps import GapRaised

FOLDER = Path(__file__).parents[2] / "docs" / "examples"


def test_the_gap_is_one_gap_in_both_forms() -> None:
    (event,) = read_events((FOLDER / "gap.ndjson").read_text().splitlines())
    assert GapRaised.model_validate_json((FOLDER / "gap.json").read_text()) == GapRaised.model_validate(event.data)


def test_the_gap_composes_to_an_issued_query() -> None:
    arguments = ["compose", str(FOLDER / "gap.ndjson"), "--as-of", "2026-11-20T16:00:00Z"]
    result = CliRunner().invoke(build(list(ENTRIES)), arguments)
    assert json.loads(result.stdout)["type"] == "cdi.query.issued.v1"


def test_the_encounter_becomes_a_gap_for_the_mapped_provider() -> None:
    arguments = ["gaps", "from-encounters", str(FOLDER / "encounters.ndjson"), "--as-of", "2026-11-20T16:00:00Z"]
    result = CliRunner().invoke(build(list(ENTRIES)), [*arguments, "--recipients", str(FOLDER / "recipients.csv")])
    assert json.loads(result.stdout)["data"]["addressee"]["provider_id"] == "p-101"


def test_the_mapped_providers_stand_in_the_directory() -> None:
    known = {row.id for row in read_providers((FOLDER / "providers.csv").read_text().splitlines())}
    assert set(read_recipients((FOLDER / "recipients.csv").read_text().splitlines()).values()) <= known


def test_the_drafts_hold_one_document_for_each_verdict() -> None:
    result = CliRunner().invoke(build(list(ENTRIES)), ["check", str(FOLDER / "drafts.ndjson")])
    verdicts = {item["id"]: item["verdict"] for item in map(json.loads, result.stdout.splitlines())}
    assert verdicts == {"draft-1": "pass", "draft-2": "review", "draft-3": "block", "reminder-1": "block"}
    assert result.exit_code == 1
