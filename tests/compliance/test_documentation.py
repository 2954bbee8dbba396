"""What docs/compliance.md and the registry say of rules, tests, modules and data files is so."""

from __future__ import annotations

import re
from pathlib import Path

import compliance
from compliance.registry import RULES
from tests.conftest import project_root

FOLDER = Path(compliance.__file__).parent
TESTS = Path(__file__).parent
PAGE = (project_root() / "docs/compliance.md").read_text(encoding="utf-8")
SPANS = re.compile(r"R-(\d\d)(?: to R-(\d\d))?")


def rules_in(cell: str) -> list[str]:
    spans = [(int(first), int(last or first)) for first, last in SPANS.findall(cell)]
    return [f"R-{number:02}" for first, last in spans for number in range(first, last + 1)]


def table_of_rules() -> list[tuple[list[str], list[str]]]:
    """Return the rules of each row with its tests."""
    rows = (line.strip("|").split("|") for line in PAGE.splitlines() if line.startswith("| R-"))
    return [(rules_in(cells[0]), re.findall(r"test_\w+", cells[-1])) for cells in rows]


def test_each_rule_stands_in_the_table_once() -> None:
    assert sorted(rule for rules, _ in table_of_rules() for rule in rules) == sorted(rule.id for rule in RULES)


def test_each_rule_is_named_in_one_of_its_tests_and_each_test_names_one_of_its_rules() -> None:
    for rules, tests in table_of_rules():
        texts = [(TESTS / f"{name}.py").read_text(encoding="utf-8") for name in tests]
        assert all(any(rule in text for text in texts) for rule in rules), rules
        assert all(any(rule in text for rule in rules) for text in texts), (rules, tests)


def test_each_module_has_its_place_on_the_page() -> None:
    named = set(re.findall(r"`(?:compliance/)?(\w+\.py)`", PAGE))
    assert {path.name for path in FOLDER.glob("*.py")} - {"__init__.py"} == named


def test_each_data_file_has_its_place_on_the_page() -> None:
    named = set(re.findall(r"`([\w.]+\.(?:yaml|gz))`", PAGE))
    assert {path.name for path in (FOLDER / "data").iterdir() if path.is_file()} == named


def test_each_test_on_the_page_exists() -> None:
    assert set(re.findall(r"test_\w+", PAGE)) <= {path.stem for path in TESTS.glob("test_*.py")}


def test_each_function_says_first_which_rules_it_looks_for() -> None:
    for rule in RULES:
        for look in (*rule.queries, *rule.rows, *rule.messages, *rule.unsure):
            assert rule.id in rules_in((look.__doc__ or "").partition(":")[0]), (rule.id, look)
