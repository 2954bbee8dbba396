"""Linting tells every fault of a template and its examples: which line, how bad, why, and how to mend it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from compliance import Knowledge, shipped_knowledge
from services.query_builder.library import Library, shipped_folder
from services.query_builder.lint import Fault, lint, lint_tables
from tests.query_builder.conftest import TODAY
from tests.templates_cli.support import HOSPITAL

ID = "potassium-hospital"
TEMPLATE, EXAMPLES = f"{ID}.md", f"{ID}.examples.yaml"
Lint = Callable[..., list[Fault]]


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped indicators and criteria without the templates, so that a library loads at once."""
    folder = tmp_path_factory.mktemp("tables")
    for name in ("indicators", "criteria"):
        shutil.copytree(shipped_folder() / name, folder / name)
    return folder


@pytest.fixture
def linted(tmp_path: Path, tables: Path) -> Lint:
    """Lint a copy of the hospital's template in which texts are replaced, each in the file where it stands."""
    shutil.copytree(HOSPITAL, tmp_path, dirs_exist_ok=True)
    folder = tmp_path / "queries" / "renal-metabolic"

    def run(*changes: tuple[str, str], today: date = TODAY) -> list[Fault]:
        for old, new in changes:
            path = next(one for one in (folder / TEMPLATE, folder / EXAMPLES) if old in one.read_text())
            path.write_text(path.read_text().replace(old, new, 1))
        library = Library.load(tables, tmp_path, today=date.min)
        return lint(folder / TEMPLATE, library, library.knowledge(shipped_knowledge()), today)

    return run


def line_of(fault: Fault) -> str:
    return fault.path.read_text().splitlines()[fault.line - 1].strip()


def test_a_sound_template_has_nothing_to_mend(linted: Lint) -> None:
    assert linted() == []


@pytest.mark.parametrize(
    ("old", "new", "line", "why", "mend"),
    [
        ("title:", "titel:", "titel:", "Extra inputs", "Did you mean title?"),
        ("has(potassium)", "has(potasium)", "when: has(potasium)", "no indicator", "Did you mean potassium?"),
        ("[potassium]\norder", "[potasium]\norder", "indicators:", "no indicator", "Did you mean potassium?"),
        ("has(potassium)", "has(potassium, prior)", "when: has(potassium, p", "earlier enc", "prior_encounters: with_"),
        ("\norder", "\nprior_encounters: alone\norder", "prior_encounters:", "new condition rests", "with_current"),
        ("Pseudohyper", "An pseudohyper", "options:", "alphabetical order", "order: scale"),
        (", open_ended]", "]", "response_types:", "open_ended must be", "a block `# question open_ended`"),
        ("question open_ended", "question open", "# question open", "no block has this name", "one of these names"),
        ("settings: [inpatient]", "settings: [inpatient", "response_types:", "not YAML", "a bracket"),
        ("status: starter", "status: adopted", "governance:", "adopted needs", "templates adopt"),
        ("text: Pseudohyperkalemia", "text: Hyperkalemia", "- text: Hyperkalemia", "the same answer", "one of them"),
        (
            'any(text~"hemoly[sz]ed")',
            "max(potassium) < 3 and min(potassium) > 4",
            "when: max(",
            "never hold",
            "numbers",
        ),
        (
            "Clarification: potassium results",
            "Hyperkalemia not yet documented",
            'title: "Hyperkalemia',
            "names a diagnosis",
            "describe the findings only",
        ),
        ("held: no_supported_option", "issued: open_ended", "- name: choices without", "came out held", "expect"),
        (
            "issued: open_ended, options: []",
            "issued: open_ended, bare: []",
            "expect:",
            "Extra inputs",
            "docs/templates.md",
        ),
    ],
)
def test_a_fault_is_told_with_its_line_and_how_to_mend_it(
    linted: Lint, old: str, new: str, line: str, why: str, mend: str
) -> None:
    faults = [one for one in linted((old, new)) if why in one.why]
    assert faults, (old, new)
    assert line_of(faults[0]).startswith(line), faults[0]
    assert faults[0].severity == "error"
    assert mend.casefold() in faults[0].mend.casefold(), faults[0].mend


def test_all_faults_are_told_not_only_the_first(linted: Lint) -> None:
    faults = linted(
        ("has(potassium)", "has(potasium)"),
        ('any(text~"hemoly[sz]ed")', "any(text~hemolyzed)"),
        ("any, of the potassium", "any, of the {{ potassium }}"),
        ("expect: {issued: open_ended", "expect: {isued: open_ended"),
    )
    assert [one.path.name for one in faults] == [TEMPLATE] * 3 + [EXAMPLES]
    assert [one.line for one in faults[:3]] == sorted(one.line for one in faults[:3])


def test_contradictions_are_told_even_where_required_fields_are_missing(linted: Lint) -> None:
    faults = linted(
        ('title: "Clarification: potassium results"\n', ""),
        ("Pseudohyper", "An pseudohyper"),
        ("has(potassium)", "max(potassium) < 3"),
        ("when: max(potassium) > 5.5", "when: min(potassium) > 4"),
    )
    told = {(one.field, one.why.partition(":")[0]) for one in faults}
    assert {("title", "Field required"), ("match.when", "can never hold")} <= told
    assert ("options", "not in alphabetical order (R-11); sort them, or say `order") in told


def test_what_a_missing_field_leaves_open_is_not_told(linted: Lint) -> None:
    faults = linted(("response_types: [multiple_choice, open_ended]\n", ""))
    assert [(one.field, one.why) for one in faults if one.path.name == TEMPLATE] == [
        ("response_types", "Field required")
    ]


def test_a_file_is_read_once_however_many_faults_it_has(
    linted: Lint, tmp_path: Path, tables: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    linted(
        ("[potassium]\norder", "[potasium, natrium]\norder"), ("open_ended, options: []", "open_ended, options: [A]")
    )
    library = Library.load(tables, tmp_path, today=date.min)
    knowledge = library.knowledge(shipped_knowledge())
    read: list[str] = []
    opened = Path.open

    def counted(path: Path, *more: Any, **named: Any) -> Any:
        read.append(path.name)
        return opened(path, *more, **named)

    monkeypatch.setattr(Path, "open", counted)
    path = tmp_path / "queries" / "renal-metabolic" / TEMPLATE
    assert len(lint(path, library, knowledge, date(2027, 9, 20))) == 4
    assert sorted(read) == [EXAMPLES, TEMPLATE]


def test_without_a_held_example_or_one_with_fewer_answers_there_is_an_error(linted: Lint, tmp_path: Path) -> None:
    path = tmp_path / "queries" / "renal-metabolic" / EXAMPLES
    first = path.read_text().split("  - name: the series alone")[0]
    path.write_text(first)
    assert {one.why for one in linted()} == {
        "no example is issued as open_ended",
        "no example is held",
        "no example supports fewer answers than another",
    }


def test_an_answer_that_no_example_offers_is_a_warning(linted: Lint) -> None:
    faults = linted(
        (", quoted: true", ""), ("value: Hemolyzed", "value: Clear"), ("issued: multiple_choice", "issued: open_ended")
    )
    warnings = [one.why for one in faults if one.severity == "warning"]
    assert "no example offers the answer 'Pseudohyperkalemia'" in warnings


def test_a_template_without_examples_is_told(linted: Lint, tmp_path: Path) -> None:
    (tmp_path / "queries" / "renal-metabolic" / EXAMPLES).unlink()
    assert [(one.field, one.severity) for one in linted()] == [("the file", "error")]


def test_an_id_that_stands_in_two_files_is_told(linted: Lint, tmp_path: Path) -> None:
    shutil.copytree(tmp_path / "queries" / "renal-metabolic", tmp_path / "queries" / "skin")
    (fault,) = linted()
    assert (fault.field, line_of(fault)) == ("id", f"id: {ID}")
    assert "skin" in fault.why


def test_a_review_is_announced_and_its_passing_is_an_error(linted: Lint) -> None:
    (soon,) = linted(today=date(2027, 9, 20))
    assert (soon.severity, soon.why) == ("warning", "the review is due in 10 days")
    (late,) = linted(today=date(2027, 10, 1))
    assert (late.severity, line_of(late)) == ("error", "review_by: 2027-09-30")


def test_beside_what_is_to_be_filled_in_nothing_is_told_that_follows_from_it(linted: Lint) -> None:
    faults = linted(("when: has(potassium)", "when: FILL_IN  # the same as a rule"))
    assert [(one.field, one.mend) for one in faults] == [("when", "the same as a rule")]


def test_a_criterion_that_nothing_uses_is_a_warning(tmp_path: Path) -> None:
    shutil.copytree(HOSPITAL, tmp_path, dirs_exist_ok=True)
    (tmp_path / "criteria").mkdir()
    (tmp_path / "criteria" / "own.yaml").write_text(
        "forgotten: {title: Forgotten, expression: max(potassium) > 9, source: Nobody, version: '1'}"
    )
    (fault,) = lint_tables(tmp_path, Library.load(tmp_path, today=TODAY))
    assert (fault.severity, fault.field, fault.line) == ("warning", "forgotten", 1)


def test_nothing_keeps_a_shipped_template_out(library: Library, knowledge: Knowledge) -> None:
    faults = [one for template in library.templates.values() for one in lint(template.path, library, knowledge, TODAY)]
    assert [one for one in faults if one.severity == "error"] == []
