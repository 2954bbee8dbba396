"""The shipped library and the check's knowledge, read once."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from compliance import Knowledge, shipped_knowledge
from services.query_builder.library import Library, shipped_folder

TODAY = date(2026, 11, 22)


@pytest.fixture(scope="session")
def library() -> Library:
    return Library.load(shipped_folder(), today=TODAY)


@pytest.fixture(scope="session")
def knowledge(library: Library) -> Knowledge:
    return library.knowledge(shipped_knowledge())


@pytest.fixture(scope="session")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped indicators and criteria with two of the templates only, so that a library loads at once."""
    folder = tmp_path_factory.mktemp("few")
    for name in ("indicators", "criteria"):
        shutil.copytree(shipped_folder() / name, folder / name)
    for name in ("creatinine-rise", "sodium-low"):
        (text,) = (shipped_folder() / "queries").rglob(f"{name}.md")
        (folder / "queries").mkdir(exist_ok=True)
        shutil.copy(text, folder / "queries")
    return folder
