"""`cdi-query check`: a verdict a line in order, exit codes, bad lines beside good ones, stdin, filters, templates."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cli.check_commands import load_knowledge
from compliance import check
from compliance.registry import RULES
from schemas.check import CheckDocument
from services.query_builder.library import Library, shipped_folder
from services.query_builder.teaching import stems
from tests.check.support import BLOCKED, PASSED, REVIEWED, lines, message, query, run

PROGRAM = [sys.executable, "-c", "from cli.main import main; main()", "check"]


def test_each_document_is_answered_on_a_line_of_its_own_in_order(tmp_path: Path) -> None:
    first, second = tmp_path / "first.ndjson", tmp_path / "second.ndjson"
    first.write_text(lines(REVIEWED, "", PASSED))
    second.write_text(lines(message("mail"), BLOCKED))
    outcome = run(str(first), str(second))
    assert [name for name, _ in outcome.short] == ["reviewed", "passed", "mail", "blocked"]
    assert dict(outcome.short) == {"reviewed": "review", "passed": "pass", "mail": "pass", "blocked": "block"}
    assert outcome.errors == ""


def test_a_line_is_the_verdict_that_the_check_gives() -> None:
    knowledge = load_knowledge([])
    outcome = run("-", stdin=lines(PASSED, REVIEWED, BLOCKED))
    for document, verdict in zip((PASSED, REVIEWED, BLOCKED), outcome.verdicts, strict=True):
        given_ = check(CheckDocument.model_validate(document), knowledge)
        assert verdict == given_.model_dump(mode="json")
    (finding, *_) = outcome.verdicts[2]["findings"]
    assert {"rule", "severity", "field", "span", "message", "suggestion"} == finding.keys()


@pytest.mark.parametrize(
    ("documents", "code"),
    [
        ((), 0),
        ((PASSED, REVIEWED), 0),
        ((PASSED, BLOCKED), 1),
        ((PASSED, "{"), 2),
        (("{", BLOCKED), 1),
        (("nonsense",), 2),
    ],
)
def test_the_exit_code_says_blocked_before_unreadable(documents: tuple[Any, ...], code: int) -> None:
    assert run("-", stdin=lines(*documents)).code == code


def test_bad_lines_are_told_in_a_line_each_and_the_others_are_checked() -> None:
    nameless = {key: value for key, value in PASSED.items() if key != "id"}
    untitled = query("no title")
    del untitled["query"]["title"]
    bad = [
        "{",
        nameless,
        query("secret", setting="Ward of Testa Fictiva"),
        untitled,
        query("kinds", options=[{"text": "Other", "kind": "maybe"}], documented=None, indicators=["Creatinine"]),
        PASSED["query"],
        {"id": "both", "query": PASSED["query"], "message": message("")["message"]},
        '"text"',
        query("\ud800"),
        '{"id": "x" "query": {}}',
        "[" * 100_000,
        '{"id": ' + "9" * 5_000 + "}",
    ]
    outcome = run("-", stdin=lines(PASSED, *bad, REVIEWED))
    assert outcome.short == [("passed", "pass"), ("reviewed", "review")]
    told = outcome.errors.splitlines()
    assert len(told) == len(bad)
    assert [line.split(": ")[:3] for line in told] == [
        ["check", "stdin", f"line {number}"] for number in range(2, len(bad) + 2)
    ]
    for words, line in zip(
        [
            "not JSON",
            "field id is missing; add a text",
            "field query.setting must be one of inpatient, outpatient, professional",
            "field query.title is missing; add a text",
            "field query.documented must be a list; field query.indicators[0] must be an object; "
            "field query.options[0].kind must be one of clinical, yes, no, other,",
            'write {"id": "...", "query": {...}}',
            "either `query` or `message`",
            "not a JSON object",
            "holds half a character",
            "column 12",
            "nested too deeply",
            "a number too long",
        ],
        told,
        strict=True,
    ):
        assert words in line
    assert "Fictiva" not in outcome.errors


def test_what_is_not_utf_8_is_a_bad_line_too() -> None:
    outcome = run("-", stdin=lines(PASSED).encode() + b'{"id": "\xff"}\n' + lines(REVIEWED).encode())
    assert outcome.short == [("passed", "pass"), ("reviewed", "review")]
    assert "line 2: not UTF-8" in outcome.errors


def test_many_faults_of_a_line_are_counted() -> None:
    assert run("-", stdin=lines({"id": "x", "query": {}})).errors.rstrip().endswith("; and 2 more")


def test_fields_that_are_not_known_are_ignored() -> None:
    extended = {**query("more", invented=1), "expected": {"verdict": "block"}}
    assert run("-", stdin=lines(extended)).short == [("more", "pass")]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([PASSED, REVIEWED], indent=2),
        json.dumps([PASSED, REVIEWED]),
        "\ufeff" + lines(PASSED, REVIEWED),
        lines(PASSED, REVIEWED).replace("\n", "\r\n"),
        json.dumps(PASSED, indent=2) + "\n" + json.dumps(REVIEWED, indent=2),
        "\n\n[\n" + json.dumps(PASSED) + ",\n" + json.dumps(REVIEWED) + "\n]\n",
    ],
)
def test_a_list_and_documents_over_many_lines_are_understood(text: str) -> None:
    assert run("-", stdin=text).short == [("passed", "pass"), ("reviewed", "review")]


def test_one_document_over_many_lines_and_an_empty_list() -> None:
    assert run("-", stdin=json.dumps(BLOCKED, indent=4)).short == [("blocked", "block")]
    assert run("-", stdin="[]").code == 0


def test_a_document_over_many_lines_with_one_mistake_is_told_once_with_its_line() -> None:
    text = json.dumps([PASSED, REVIEWED], indent=1).replace('"title"', "title", 1)
    place = text[: text.index("title")].count("\n") + 1
    outcome = run("-", stdin=text)
    assert outcome.code == 2 and outcome.out == ""
    assert len(outcome.errors.splitlines()) == 1 and f"line {place}: not JSON" in outcome.errors


def test_a_first_line_that_is_cut_short_does_not_take_the_others_with_it() -> None:
    outcome = run("-", stdin=lines('{"id": "cut",', PASSED, BLOCKED))
    assert outcome.short == [("passed", "pass"), ("blocked", "block")]
    assert outcome.errors.splitlines()[0].startswith("check: stdin: line 1: not JSON")


def test_files_that_cannot_be_read_are_told_and_the_others_are_checked(tmp_path: Path) -> None:
    (tmp_path / "good.ndjson").write_text(lines(PASSED))
    outcome = run(str(tmp_path / "none.ndjson"), str(tmp_path), str(tmp_path / "good.ndjson"))
    assert outcome.short == [("passed", "pass")] and outcome.code == 2
    assert "none.ndjson: No such file" in outcome.errors and "directory" in outcome.errors


def test_without_a_file_the_command_says_how(tmp_path: Path) -> None:
    outcome = run()
    assert outcome.code == 2 and "- for stdin" in outcome.errors


@pytest.mark.parametrize("only", ["pass", "review", "block"])
def test_only_one_verdict_is_shown_and_the_exit_code_counts_all(only: str) -> None:
    outcome = run("-", "--only", only, stdin=lines(PASSED, REVIEWED, BLOCKED))
    assert [verdict for _, verdict in outcome.short] == [only] and outcome.code == 1


def test_every_rule_is_listed_with_how_it_is_looked_for() -> None:
    text = run("--rules").out
    listed = [line.split("  ")[0] for line in text.splitlines() if line.startswith("R-")]
    assert listed == [f"R-{number:02d}" for number in range(1, 41)]
    assert all(rule.asks in text for rule in RULES)
    blocks = text.split("\nR-")
    assert all("\n      " in block for block in blocks)


def test_the_questions_of_the_library_are_known() -> None:
    library = Library.load(shipped_folder(), today=datetime.now(UTC).date())
    known = {stem.id for stem in load_knowledge([]).stems}
    asked = {stem.id for template in library.templates.values() for stem in stems(template)}
    assert asked and asked <= known


def test_a_template_folder_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    missing = run("-", "--templates", str(tmp_path / "none"), stdin=lines(PASSED))
    assert missing.code == 2 and "does not exist" in missing.errors and missing.out == ""
    (tmp_path / "queries").mkdir()
    (tmp_path / "queries" / "creatinine-rise.md").write_text("nothing")
    refused = run("-", "--templates", str(tmp_path), stdin=lines(PASSED))
    assert refused.short and "template not used: " in refused.errors and "creatinine-rise.md" in refused.errors


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=80), st.booleans()), max_size=8))
def test_whatever_the_texts_are_the_output_parses_and_has_the_same_ids(documents: list[tuple[str, str, bool]]) -> None:
    made = [query(id, question=text) if is_query else message(id, body=text) for id, text, is_query in documents]
    readable = [one["id"] for one in made]
    outcome = run("-", stdin="".join(json.dumps(one, ensure_ascii=False) + "\n" for one in made).encode())
    assert [name for name, _ in outcome.short] == readable
    assert outcome.out.isascii()
    assert run("-", "--explain", stdin=lines(*made)).code == outcome.code


@pytest.mark.processes
def test_the_program_answers_each_line_at_once_and_is_quiet_when_its_reader_goes() -> None:
    with subprocess.Popen(
        [*PROGRAM, "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin and process.stdout and process.stderr
        for document in (PASSED, REVIEWED):  # stdin stays open: an answer comes before the next document
            process.stdin.write(lines(document))
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["id"] == document["id"]
        process.stdout.close()
        process.stdin.write(lines(*[PASSED] * 3))
        process.stdin.close()
        assert process.stderr.read() == ""
        assert process.wait() == 0


@pytest.mark.processes
@pytest.mark.parametrize("locale", ["C.UTF-8", "POSIX"])
def test_the_program_can_write_whatever_the_terminal_speaks(locale: str) -> None:
    environment = {"LC_ALL": locale, "PYTHONIOENCODING": "ascii", "PATH": ""}
    document = message("größe", body="Größe: 患者")
    for options in ([], ["--explain"]):
        process = subprocess.run(
            [*PROGRAM, "-", *options], input=lines(document).encode(), capture_output=True, env=environment, check=False
        )
        assert process.stderr == b"" and process.returncode in (0, 1)
        assert options or json.loads(process.stdout)["id"] == "größe"


@pytest.mark.processes
@pytest.mark.parametrize(("copies", "shown"), [(3, False), (800, True)])
def test_a_long_file_shows_on_a_terminal_how_far_the_check_is(tmp_path: Path, copies: int, shown: bool) -> None:
    file = tmp_path / "drafts.ndjson"
    file.write_text(lines(*[PASSED] * copies))
    ours, theirs = pty.openpty()
    verdicts = tmp_path / "verdicts.ndjson"
    with verdicts.open("wb") as out:
        process = subprocess.Popen([*PROGRAM, str(file)], stdout=out, stderr=theirs)
    os.close(theirs)
    drawn = b""
    with suppress(OSError):  # a terminal whose last writer is gone ends with an error
        while piece := os.read(ours, 65_536):
            drawn += piece
    os.close(ours)
    assert process.wait() == 0
    assert len(verdicts.read_text().splitlines()) == copies
    assert (b"%" in drawn) == shown
