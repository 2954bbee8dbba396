"""Where the intake tests find the real sample encounters."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def sample_lines() -> list[str]:
    """The real, de-identified sample encounters; skipped with one line where they are absent."""
    folder = Path(os.environ.get("CDI_QUERY_SAMPLES", "../shared/samples"))
    path = folder / "encounters.ndjson"
    if not path.exists():
        pytest.skip(f"no sample encounters in {folder} (CDI_QUERY_SAMPLES)")
    return path.read_text(encoding="utf-8").splitlines()
