"""A file in another encoding is named, with what to do about it; nobody sees a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import build


@pytest.mark.parametrize("command", ["compose", "gaps send", "gaps from-encounters", "providers import"])
def test_a_file_that_is_not_utf_8_is_wrong_input(command: str, tmp_path: Path) -> None:
    file = tmp_path / "from-a-spreadsheet"
    file.write_bytes("id,name\np-1,Dr. M\u00fcster-Test\n".encode("latin-1"))
    arguments = [*command.split(), str(file)]
    result = CliRunner().invoke(build(arguments), arguments)
    assert result.exit_code == 2
    assert result.stderr == f"{command}: {file}: not UTF-8; save the file in that encoding\n"


@pytest.mark.parametrize("command", ["compose", "gaps send", "gaps from-encounters", "providers import"])
def test_a_file_that_is_not_there_is_wrong_input(command: str, tmp_path: Path) -> None:
    arguments = [*command.split(), str(tmp_path / "nowhere")]
    result = CliRunner().invoke(build(arguments), arguments)
    assert result.exit_code == 2
    assert result.stderr == f"{command}: {tmp_path / 'nowhere'}: No such file or directory\n"
