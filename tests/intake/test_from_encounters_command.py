"""`gaps from-encounters` streams events to stdout, says what it did on stderr, and ends with 2 on a fault."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.gaps_commands import gaps_app
from tests.intake.support import line

AS_OF = ["--as-of", "2026-11-20T12:00:00Z"]


def run(*arguments: str, stdin: str | None = None) -> tuple[int, list[dict[str, object]], str]:
    result = CliRunner().invoke(gaps_app, ["from-encounters", *arguments], input=stdin)
    return result.exit_code, [json.loads(text) for text in result.stdout.splitlines()], result.stderr


def test_a_file_becomes_events_and_a_closing_line(tmp_path: Path) -> None:
    path = tmp_path / "encounters.ndjson"
    path.write_text(line() + "\n" + line(encounter_id="enc-2") + "\n")
    people = tmp_path / "recipients.csv"
    people.write_text("service,provider_id\nMED,prov-1\n")
    code, events, said = run(str(path), *AS_OF, "--recipients", str(people), "--facility", "F")
    assert (code, len(events), said) == (0, 2, "2 gaps from 2 encounters\n")
    assert events[0]["data"]["facility"] == "F" and events[0]["data"]["addressee"]["provider_id"] == "prov-1"
    assert run("-", *AS_OF, stdin=line())[1] == run("-", *AS_OF, stdin=line())[1]


def test_a_bad_line_is_named_and_the_others_go_on() -> None:
    code, events, said = run("-", *AS_OF, stdin=line() + "\n{}\n" + line(encounter_id="enc-2") + "\n")
    assert (code, len(events)) == (2, 2)
    assert "line 2, field encounter_id: Field required" in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-", "--zone", "Nowhere/At-All"], "is no IANA time zone"),
        (["-", "--as-of", "yesterday"], "--as-of is no ISO 8601 time"),
        (["missing.ndjson"], "No such file"),
        (["-", "--recipients", "missing.csv"], "No such file"),
    ],
)
def test_what_cannot_work_is_said_in_one_line(arguments: list[str], words: str) -> None:
    code, events, said = run(*arguments, stdin="")
    assert (code, events) == (2, []) and words in said and len(said.splitlines()) == 1
