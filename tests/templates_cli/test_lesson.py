"""What docs/templates.md teaches works, command by command and file by file."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import project_root
from tests.templates_cli.support import Outcome, run

pytestmark = pytest.mark.slow

PAGE = (project_root() / "docs" / "templates.md").read_text(encoding="utf-8")
LESSON = PAGE[PAGE.index("## A template in ten minutes") : PAGE.index("## What happens to a gap")]
BLOCK = re.compile(r"```(?P<kind>\w+)\n(?P<text>.*?)```", re.DOTALL)
FILE = re.compile(r"`(our-templates/[\w./-]+)`")


def follow(folder: Path) -> Iterator[tuple[str, Outcome]]:
    """Do what the lesson says: write each file that it shows, run each command in turn."""
    environment: dict[str, str] = {}
    for block in BLOCK.finditer(LESSON):
        if block["kind"] != "sh":
            name = FILE.findall(LESSON[: block.start()])[-1]
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(block["text"], encoding="utf-8")
            continue
        for line in block["text"].splitlines():
            if line.startswith("export "):
                name, _, value = line.removeprefix("export ").partition("=")
                environment[name] = value
            else:
                yield line, run(*shlex.split(line)[2:], **environment)


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    folder = tmp_path_factory.mktemp("lesson")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return dict(follow(folder))


def test_every_command_of_the_lesson_succeeds(outcomes: dict[str, Outcome]) -> None:
    assert len(outcomes) >= 7
    assert {line: one.errors for line, one in outcomes.items() if one.code != 0} == {}


def test_the_filled_in_template_has_nothing_to_mend(outcomes: dict[str, Outcome]) -> None:
    assert outcomes["cdi-query templates lint our-templates"].out == "1 template: nothing to mend\n"


def test_what_is_new_is_all_to_be_filled_in(outcomes: dict[str, Outcome]) -> None:
    out = next(one.out for line, one in outcomes.items() if " new " in line)
    faults = [line for line in out.splitlines() if ": error: " in line]
    assert len(faults) > 10 and all(line.endswith("still to be filled in") for line in faults)


def test_the_adopted_template_names_its_approvers(outcomes: dict[str, Outcome]) -> None:
    shown = " ".join(outcomes["cdi-query templates show vitamin-d-low"].out.split())
    assert "by Ada Quill (coding), Bo Ledger (compliance), Cy Stetho (clinical)" in shown
    assert "status adopted" in shown


def test_the_previews_show_a_choice_and_why_an_answer_is_not_offered(outcomes: dict[str, Outcome]) -> None:
    first, second = (one.out for line, one in outcomes.items() if " preview " in line)
    assert "[ ] Osteomalacia" in first and "[ ] Vitamin D deficiency" in first
    assert "[ ] Osteomalacia" not in second and "a vitamin d below 12 ng/mL - seen: 16 ng/mL" in second
