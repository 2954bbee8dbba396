"""The knowledge without a folder of one's own is loaded once for all these tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cli import check_commands
from compliance import Knowledge


@pytest.fixture(scope="session", autouse=True)
def loaded_once() -> Iterator[None]:
    load = check_commands.load_knowledge
    shipped = load([])

    def remembered(folders: list[Path]) -> Knowledge:
        return load(folders) if folders else shipped

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(check_commands, "load_knowledge", remembered)
        yield
