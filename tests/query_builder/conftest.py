"""The shipped library and the check's knowledge, read once."""

from __future__ import annotations

from datetime import date

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
