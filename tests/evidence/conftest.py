"""The shipped library, read once."""

from __future__ import annotations

import pytest

from services.query_builder.library import Library, shipped_folder
from tests.query_builder.conftest import TODAY


@pytest.fixture(scope="session")
def library() -> Library:
    return Library.load(shipped_folder(), today=TODAY)
