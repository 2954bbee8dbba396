"""Invented documents for the command and the API, and a way to run the command."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import typer
from typer.testing import CliRunner

from cli.check_commands import check
from tests.compliance.samples import KIDNEY, MESSAGE

app = typer.Typer()
app.command()(check)


def query(id: str, **changes: Any) -> dict[str, Any]:
    return {"id": id, "query": {**KIDNEY, **changes}}


def message(id: str, **changes: Any) -> dict[str, Any]:
    return {"id": id, "message": {**MESSAGE, **changes}}


PASSED = query("passed")
REVIEWED = query("reviewed", phase="post_bill")
BLOCKED = query("blocked", options=KIDNEY["options"][:2])


def lines(*documents: Any) -> str:
    return "".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in documents)


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    errors: str

    @property
    def verdicts(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def short(self) -> list[tuple[str, str]]:
        return [(one["id"], one["verdict"]) for one in self.verdicts]


def run(*arguments: str, stdin: str | bytes = "") -> Outcome:
    result = CliRunner().invoke(app, list(arguments), input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return Outcome(result.exit_code, result.stdout, result.stderr)
