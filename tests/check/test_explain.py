"""`cdi-query check --explain`: the right signs are underlined, nothing in a text moves the cursor, all is said."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from cli.check_explain import QUOTED, Tally, excerpt, explained, summary, text_at, visible
from schemas.check import CheckDocument, Finding, Verdict
from tests.check.support import BLOCKED, PASSED, REVIEWED, lines, query, run


def underlined(text: str, part: str, room: int = 70) -> tuple[str, str]:
    """Return the line that is shown and what stands over its carets, by cells of the screen."""
    start = text.index(part)
    shown = excerpt(text, (start, start + len(part)), room)
    over, cells = "", 0
    for sign in shown.line:
        if shown.before <= cells < shown.before + shown.wide and (cell_len(sign) or over):
            over += sign
        cells += cell_len(sign)
    return shown.line, over


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("Please document sepsis now.", "sepsis"),
        ("sepsis", "sepsis"),
        ("患者の腎臓 has sepsis", "sepsis"),
        ("患者の腎臓 has sepsis", "腎臓"),
        ("Cafe\u0301 au lait: sepsis", "sepsis"),
        ("line one\nline two sepsis\tend", "sepsis"),
        ("\x1b[31m\u200bhidden sepsis", "sepsis"),
    ],
)
def test_the_carets_stand_under_the_span(text: str, part: str) -> None:
    assert underlined(text, part)[1] == part


@pytest.mark.parametrize("before", [0, 5, 60, 400])
@pytest.mark.parametrize("after", [0, 5, 400])
@pytest.mark.parametrize("fill", ["x", "腎", "e\u0301"])
def test_a_long_text_is_cut_around_the_span(before: int, after: int, fill: str) -> None:
    line, over = underlined(fill * before + " sepsis " + fill * after, "sepsis", 40)
    assert over == "sepsis" and cell_len(line) <= 40
    assert line.startswith("…") == (before > 30) or fill != "x"
    assert line.endswith("…") == (after == 400)


def test_a_span_that_is_longer_than_the_screen_is_underlined_to_its_end() -> None:
    shown = excerpt("see " + "y" * 500, (4, 504), 40)
    assert shown.before + shown.wide <= 40 and shown.line[shown.before] == "y"


@given(st.text(max_size=120), st.integers(0, 120), st.integers(0, 120), st.integers(12, 100))
def test_any_text_fits_on_one_line_of_the_screen(text: str, start: int, length: int, room: int) -> None:
    start = min(start, len(text))
    shown = excerpt(text, (start, min(start + length, len(text))), room)
    assert cell_len(shown.line) <= room
    assert len(shown.line.splitlines()) <= 1
    assert shown.wide >= 1


def test_hidden_signs_are_seen_and_move_nothing() -> None:
    text = "a\x1b[2J\u202eb\u200b\x00\x07\u2028"
    assert len(visible(text)) == len(text)
    assert visible(text) == "a\ufffd[2J\ufffdb\ufffd\ufffd\ufffd\ufffd"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("question", PASSED["query"]["question"]),
        ("options[1].text", "Prerenal azotemia"),
        ("indicators[0].source", "Laboratory"),
        ("options", None),
        ("options[99].text", None),
        ("footer", None),
        ("nothing", None),
        ("", None),
    ],
)
def test_the_text_of_a_field_is_found(path: str, text: str | None) -> None:
    assert text_at(CheckDocument.model_validate(PASSED), path) == text


def explain(*findings: dict[str, Any]) -> str:
    shared = {"severity": "block", "field": "question", "message": "Wrong.", "suggestion": "Other words."}
    document = CheckDocument.model_validate(query("q-1", question="first second third fourth"))
    verdict = Verdict(
        id="q-1",
        verdict="block",
        findings=tuple(Finding.model_validate({**shared, **one}) for one in findings),
        ruleset="ahima-acdis/2022",
    )
    out = Console(file=io.StringIO(), width=80)
    with out.capture() as held:
        out.print(explained(document, verdict, 80))
    return held.get()


def test_a_finding_is_told_with_its_field_text_rule_fault_and_remedy() -> None:
    text = [line.rstrip() for line in explain({"rule": "R-03", "span": [6, 12]}).splitlines()]
    assert text[0] == "block  q-1"
    assert text[1].startswith("  block R-03 the question does not lead") and text[1].endswith("question")
    assert text[2:6] == [
        "  | first second third fourth",
        "  |       ^^^^^^",
        "    Wrong.",
        "    mend: Other words.",
    ]


def test_what_is_said_alike_of_several_places_is_said_once() -> None:
    text = explain(*({"rule": "R-03", "span": [place, place + 2]} for place in range(QUOTED + 2)))
    assert text.count("Wrong.") == 1 and "and 2 more places" in text
    assert "  | first second third fourth\n  | ^^^^\n" in text
    apart = explain({"rule": "R-03", "span": [0, 5]}, {"rule": "R-03", "span": [13, 18]})
    assert "  | first second third fourth\n  | ^^^^^        ^^^^^\n" in apart


def test_a_finding_without_span_or_text_needs_no_underline() -> None:
    whole, none = explain({"rule": "R-30"}), explain({"rule": "R-09", "field": "options"})
    assert "first second third fourth" in whole and "^" not in whole
    assert "|" not in none and "Wrong." in none


def test_warnings_are_told_too() -> None:
    assert "  warn R-30" in explain({"rule": "R-30", "severity": "warn"})


def test_the_command_explains_each_document_and_closes_with_a_summary() -> None:
    outcome = run("-", "--explain", stdin=lines(PASSED, "{}", REVIEWED, BLOCKED))
    assert outcome.code == 1
    for heading in ("pass   passed", "review reviewed", "block  blocked"):
        assert heading in outcome.out.splitlines()
    assert "3 documents: 1 pass, 1 review, 1 block\n1 could not be read and was not checked\n" in outcome.out
    assert "R-09 Other and Unable to determine are there: in 1" in outcome.out


def test_only_what_is_asked_for_is_explained_and_all_is_counted() -> None:
    outcome = run("-", "--explain", "--only", "review", stdin=lines(PASSED, REVIEWED, BLOCKED))
    assert "review reviewed" in outcome.out and "pass   passed" not in outcome.out
    assert "3 documents: 1 pass, 1 review, 1 block" in outcome.out


def test_a_rule_is_counted_once_for_each_document() -> None:
    tally = Tally()
    finding = Finding(rule="R-03", severity="warn", field="question", message="a", suggestion="b")
    again = finding.model_copy(update={"field": "title"})
    for name in "ab":
        tally.add(Verdict(id=name, verdict="pass", findings=(finding, again), ruleset="x"))
    assert list(summary(tally))[-1] == "  R-03 the question does not lead: in 2"


def test_colour_is_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    assert "\x1b" not in run("-", "--explain", stdin=lines(PASSED, BLOCKED)).out
    monkeypatch.setenv("FORCE_COLOR", "1")
    coloured = run("-", "--explain", stdin=lines(PASSED, BLOCKED)).out
    assert "\x1b[1;31mblock" in coloured
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[1;31m" not in run("-", "--explain", stdin=lines(PASSED, BLOCKED)).out
