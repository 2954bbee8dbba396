"""The documents are true to the project: links lead somewhere, commands exist, dependencies are explained."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from cli.main import ENTRIES, build

ROOT = Path(__file__).parents[2]
WRITTEN = [
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "docs/architecture.md",
    "docs/dependencies.md",
    "docs/encounters.md",
]


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", WRITTEN)
def test_every_local_link_leads_to_a_file(name: str) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", text(name))
    missing = [link for link in links if not ((ROOT / name).parent / link).exists()]
    assert missing == []


def test_every_command_that_the_readme_names_exists() -> None:
    named = re.findall(r"(?m)(?:^|[`(])cdi-query((?: [a-z][a-z-]+)+)", text("README.md"))
    assert len(named) > 15 and not exists(["gaps", "no-such-command"])
    assert [words for words in named if not exists(words.split())] == []


def exists(words: list[str]) -> bool:
    """Follow words through the command groups; what comes after a command are its arguments."""
    command = get_command(build(list(ENTRIES)))
    for word in words:
        below = subcommands(command)
        if not below:
            return True
        if word not in below:
            return False
        command = below[word]
    return True


def subcommands(command: Any) -> dict[str, Any]:
    """Return the commands of a group; a command of its own has none."""
    return getattr(command, "commands", {})


def test_every_option_that_the_readme_names_exists() -> None:
    options = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text("README.md"))) - {"--help"}
    assert options - all_options(get_command(build(list(ENTRIES)))) == set()


def all_options(command: Any) -> set[str]:
    own = {option for parameter in command.params for option in parameter.opts}
    return own.union(*(all_options(one) for one in subcommands(command).values()))


def test_every_dependency_is_explained() -> None:
    project = tomllib.loads(text("pyproject.toml"))
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    names = {re.split(r"[<>=~!;\[]", line)[0].strip().lower() for line in wanted}
    explained = text("docs/dependencies.md").lower()
    assert sorted(name for name in names if not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", explained)) == []
