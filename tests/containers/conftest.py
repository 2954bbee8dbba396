"""A Docker engine, and the whole installation of docker-compose.yml, started once for all tests."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.containers.installation import Installation


@pytest.fixture(scope="session")
def engine() -> None:
    """Skip where no Docker engine with compose answers; in CI that is a failure (`CDI_QUERY_REQUIRE_CONTAINERS`)."""
    for command in (["docker", "info"], ["docker", "compose", "version"]):
        try:
            answer = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
            missing = "" if answer.returncode == 0 else f"`{' '.join(command)}` fails"
        except (OSError, subprocess.TimeoutExpired):
            missing = f"`{' '.join(command)}` does not run"
        if missing and os.environ.get("CDI_QUERY_REQUIRE_CONTAINERS"):
            pytest.fail(missing)
        if missing:
            pytest.skip(f"no Docker engine: {missing}")


@pytest.fixture(scope="session")
def installation(engine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """docker-compose.yml, up and healthy, with secrets and ports of its own; gone at the end with its volumes."""
    root = Path(__file__).parents[2]
    whole = Installation.prepare(root, tmp_path_factory.mktemp("compose") / ".env")
    try:
        whole.up()
        yield whole
    finally:
        whole.down()
