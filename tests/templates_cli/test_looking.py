"""`templates list`, `show` and `preview` say in plain words what a template is, asks, and offers to whom."""

from __future__ import annotations

import json

import pytest

from tests.templates_cli.support import golden, run

pytestmark = pytest.mark.slow

LOOKS = {
    "list": (("list", "--scenario", "h1"), 0),
    "show": (("show", "potassium-hospital"), 0),
    "preview-issued": (("preview", "potassium-hospital"), 0),
    "preview-open": (("preview", "potassium-hospital", "--example", "series alone"), 0),
    "preview-held": (("preview", "potassium-hospital", "--example", "without evidence"), 1),
}


@pytest.mark.parametrize("name", LOOKS)
def test_what_is_printed_is_what_a_person_reviewed(name: str) -> None:
    arguments, code = LOOKS[name]
    outcome = run(*arguments)
    assert (outcome.out, outcome.code) == (golden(name), code)


def test_a_starter_is_not_in_use_where_adoption_is_required() -> None:
    outcome = run("list", "--scenario", "H1", "--problems", CDI_QUERY_REQUIRE_ADOPTED="true")
    assert outcome.code == 1
    assert "a starter that nobody here has adopted yet" in " ".join(outcome.out.split())


def test_without_problems_the_list_of_problems_is_empty() -> None:
    outcome = run("list", "--scenario", "H1", "--problems")
    assert (outcome.code, outcome.out) == (0, "0 templates\n")


def test_programs_get_one_object_a_line() -> None:
    lines = [json.loads(line) for line in run("list", "--json", "--category", "significance").out.splitlines()]
    mine = next(one for one in lines if one["id"] == "potassium-hospital")
    assert mine["in_use"] and mine["status"] == "starter" and mine["specialty"] == "renal-metabolic"
    assert all("significance" in one["categories"] for one in lines)


def test_an_unknown_template_is_told_with_its_like() -> None:
    outcome = run("show", "potassium-hosiptal")
    assert outcome.code == 2
    assert "no template is called potassium-hosiptal; there is potassium-hospital" in outcome.errors


def test_an_unknown_example_is_told_with_those_that_there_are() -> None:
    outcome = run("preview", "potassium-hospital", "--example", "nowhere")
    assert outcome.code == 2 and "high value on a hemolyzed specimen" in outcome.errors


def test_a_gap_is_previewed_with_the_named_template_even_where_another_would_answer() -> None:
    outcome = run("preview", "potassium-hospital", "--gap", "docs/examples/gap.json")
    assert outcome.code == 1
    assert "needed: at least one potassium of this encounter" in outcome.out
    assert "no potassium among the indicators" in outcome.out


def test_a_preview_names_the_values_that_each_answer_rests_on_with_their_times() -> None:
    out = run("preview", "potassium-hospital").out
    supported, dropped = out.partition("Supported by this gap\n")[2], out.partition("Not supported by this gap\n")[2]
    assert supported.split("\n")[:2] == ["  Hyperkalemia", "    Potassium  6.1 mmol/L  Laboratory  2026-03-02 19:00"]
    assert "Hyperkalemia" not in dropped


def test_a_file_that_is_no_gap_is_told_in_one_line() -> None:
    outcome = run("preview", "potassium-hospital", "--gap", "-", stdin="{}")
    assert outcome.code == 2 and outcome.errors.startswith("templates: line 1:")


def test_a_folder_that_is_not_there_is_told_in_one_line() -> None:
    outcome = run("list", "--templates", "no-such-folder")
    assert outcome.code == 2 and outcome.errors == "templates: no-such-folder: the folder: does not exist\n"


def test_a_definition_that_a_hospital_chooses_is_shown_with_the_choice() -> None:
    shown = {
        choice: " ".join(run("show", "lactate-leukocytosis", CDI_QUERY_CRITERIA=f"sepsis={choice}").out.split())
        for choice in ("sepsis-2", "sepsis-3")
    }
    assert all("chosen among" in text and "by CDI_QUERY_CRITERIA" in text for text in shown.values())
    assert shown["sepsis-2"] != shown["sepsis-3"]
