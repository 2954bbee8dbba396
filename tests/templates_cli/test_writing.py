"""`templates lint`, `new`, `adopt`: what is wrong is told, what is there is kept, what is approved is written down."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

import pytest

from cli.templates.starts import STARTS
from schemas.vocabulary import Category
from services.query_builder.library import Library, shipped_folder
from tests.templates_cli.support import HOSPITAL, Outcome, golden, run

pytestmark = pytest.mark.slow

ID = "potassium-hospital"
FILE = Path("our/queries/renal-metabolic") / f"{ID}.md"
APPROVERS = ("--coding", "Ada Quill", "--compliance", "Bo Ledger", "--clinical", "Cy Stetho")
TODAY = datetime.now(UTC).date()
IN_A_YEAR = str(TODAY + timedelta(days=365))


@pytest.fixture(autouse=True)
def our_folder(tmp_path: Path) -> Iterator[None]:
    shutil.copytree(HOSPITAL, tmp_path / "our")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        yield


def at_home(*arguments: str, **environment: str) -> Outcome:
    return run(*arguments, **{"CDI_QUERY_TEMPLATE_FOLDERS": "our", **environment})


def adopt(*arguments: str, review_by: str = IN_A_YEAR) -> Outcome:
    return at_home("adopt", *arguments, *APPROVERS, "--review-by", review_by)


def test_a_sound_file_has_nothing_to_mend() -> None:
    outcome = at_home("lint", str(FILE))
    assert (outcome.code, outcome.out) == (0, "1 template: nothing to mend\n")


def test_faults_are_told_as_a_person_reviewed_it() -> None:
    text = FILE.read_text().replace("has(potassium)", "has(potasium)").replace("title:", "titel:")
    FILE.write_text(text)
    outcome = at_home("lint", str(FILE))
    assert (outcome.code, outcome.out) == (1, golden("lint"))


@pytest.mark.parametrize("path", ["our", str(FILE)])
def test_a_failing_example_is_told_of_a_folder_and_of_a_file(path: str) -> None:
    examples = FILE.with_suffix(".examples.yaml")
    examples.write_text(examples.read_text().replace("options: [Hyperkalemia,", "options: [Hypokalemia,"))
    outcome = at_home("lint", path)
    assert outcome.code == 1 and f"{examples}:2: error: examples[0]" in outcome.out


def test_a_folder_whose_criteria_cannot_be_read_is_told_with_its_line() -> None:
    Path("our/criteria").mkdir()
    Path("our/criteria/own.yaml").write_text("broken:\n  title: Broken\n")
    outcome = at_home("lint")
    assert outcome.code == 1 and "our/criteria/own.yaml:1: error: broken" in outcome.out


@pytest.mark.parametrize("path", ["nowhere", "stray.md"])
def test_a_path_without_templates_is_told(path: str) -> None:
    Path("stray.md").write_text("---\n---\n")
    outcome = at_home("lint", path)
    assert outcome.code == 2 and path in outcome.errors


def test_without_a_folder_the_setting_is_named() -> None:
    outcome = run("lint", CDI_QUERY_TEMPLATE_FOLDERS="")
    assert outcome.code == 2 and "CDI_QUERY_TEMPLATE_FOLDERS" in outcome.errors


@pytest.mark.parametrize("category", get_args(Category))
def test_what_is_new_is_sound_but_for_what_is_to_be_filled_in(category: Category) -> None:
    outcome = at_home("new", "brand-new", "--specialty", "skin", "--category", category)
    assert outcome.code == 0
    told = [line for line in outcome.out.splitlines() if ": error: " in line or ": warning: " in line]
    assert told and all(line.endswith("still to be filled in") for line in told), outcome.out


def test_every_category_has_a_start() -> None:
    assert set(STARTS) == set(get_args(Category))


def test_a_new_template_never_replaces_one_that_is_there() -> None:
    before = FILE.read_text()
    outcome = at_home("new", ID, "--specialty", "skin")
    assert outcome.code == 2 and "is there already" in outcome.errors
    assert FILE.read_text() == before


@pytest.mark.parametrize("name", ["../outside", "With Spaces", "a--b"])
def test_a_name_that_is_none_is_told(name: str) -> None:
    outcome = at_home("new", name, "--specialty", "skin")
    assert outcome.code == 2 and "lower-case" in outcome.errors


def test_an_adopted_starter_is_used_where_adoption_is_required() -> None:
    assert adopt("sodium-low").out == "adopted: our/queries/renal-metabolic/sodium-low.md\n"
    library = Library.load(shipped_folder(), Path("our"), today=TODAY, require_adopted=True)
    assert list(library.templates) == ["sodium-low"]
    governance = library.templates["sodium-low"].front.governance
    assert [one.name for one in governance.approved_by] == ["Ada Quill", "Bo Ledger", "Cy Stetho"]
    assert (str(governance.approved_on), str(governance.review_by)) == (str(TODAY), IN_A_YEAR)


def test_adopting_changes_the_governance_alone() -> None:
    before = FILE.read_text()
    assert adopt(ID).code == 0
    after = FILE.read_text()
    assert before.split("governance:")[0] == after.split("governance:")[0]
    assert before.split("---\n# question")[1:] == after.split("---\n# question")[1:]


def test_adopting_again_renews_an_overdue_review() -> None:
    FILE.write_text(FILE.read_text().replace("review_by: 2027-09-30", "review_by: 2026-04-01"))
    assert adopt(ID).code == 0
    assert f"review_by: {IN_A_YEAR}" in FILE.read_text()


def test_a_template_with_an_error_is_not_adopted_and_the_others_are() -> None:
    examples = FILE.with_suffix(".examples.yaml")
    examples.write_text(examples.read_text().replace("issued: open_ended", "issued: yes_no"))
    before = FILE.read_text()
    outcome = adopt(ID, "no-such-template", "sodium-low")
    assert outcome.code == 1
    assert "no template is called no-such-template" in outcome.errors
    assert f"not adopted: {ID}, no-such-template" in outcome.errors
    assert "adopted: our/queries/renal-metabolic/sodium-low.md" in outcome.out
    assert FILE.read_text() == before


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--on", "2999-01-01"), "--on: this day has not come yet"),
        (("--review-by", "2020-01-01"), "--review-by: name a day to come"),
        (("--coding", " "), "--coding: name the person"),
    ],
)
def test_an_approval_that_cannot_be_is_refused(arguments: tuple[str, ...], why: str) -> None:
    outcome = at_home("adopt", ID, *APPROVERS, "--review-by", IN_A_YEAR, *arguments)
    assert outcome.code == 2 and why in outcome.errors
    assert "adopted" not in FILE.read_text()


def test_nothing_named_adopts_nothing() -> None:
    outcome = adopt()
    assert outcome.code == 2 and "name the templates to adopt, or say --all" in outcome.errors


@pytest.mark.parametrize("command", ["list", "show", "preview", "lint", "new", "adopt"])
def test_help_teaches_with_an_example_and_the_exit_codes(command: str) -> None:
    outcome = run(command, "--help")
    assert outcome.code == 0 and f"cdi-query templates {command}" in outcome.out
    assert "Exit code" in outcome.out or command == "show"
