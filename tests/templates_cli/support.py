"""A way to run `cdi-query templates` on an invented hospital's folder, as a person would see it 100 cells wide."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from typer.testing import CliRunner

from cli.templates_commands import templates_app

HOSPITAL = Path(__file__).parent / "hospital"
GOLDEN = Path(__file__).parent / "golden"
WIDTH = {"COLUMNS": "100", "CDI_QUERY_TEMPLATE_FOLDERS": str(HOSPITAL)}


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    errors: str


def run(*arguments: str, stdin: str = "", **environment: str) -> Outcome:
    result = CliRunner(env={**WIDTH, **environment}).invoke(templates_app, list(arguments), input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return Outcome(result.exit_code, result.stdout, result.stderr)


def golden(name: str) -> str:
    """What a command prints, as reviewed by a person."""
    return (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")
