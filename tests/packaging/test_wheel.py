"""The wheel alone, in an empty environment in another folder, is the whole product."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from tests.conftest import project_root

pytestmark = [pytest.mark.processes, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an environment that holds the wheel and what the lock file names, and nothing else."""
    folder = tmp_path_factory.mktemp("elsewhere")
    _run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(folder), str(_sources(folder)))
    (wheel,) = folder.glob("*.whl")
    _run(sys.executable, "-m", "venv", str(folder / "env"))
    pip = [str(folder / "env/bin/python"), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    _run(*pip, "--require-hashes", "-r", str(project_root() / "requirements.lock"))
    _run(*pip, "--no-deps", str(wheel))
    return folder


def _sources(folder: Path) -> Path:
    """Copy what a wheel is made of, so that nothing is built into the checkout."""
    target = folder / "sources"
    target.mkdir()
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(project_root() / name, target / name)
    for name in ("schemas", "evidence", "compliance", "services", "cli", "templates", "migrations"):
        shutil.copytree(project_root() / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
    return target


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=400, check=False, env=_environment())
    assert done.returncode == 0, f"{command[:4]}: {done.stdout[-1000:]}{done.stderr[-2000:]}"
    return done.stdout


def _environment(**more: str) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("CDI_QUERY_", "PYTHON"))}
    return ours | more


@contextmanager
def _up(home: Path) -> Iterator[subprocess.Popen[str]]:
    command = [str(home / "env/bin/cdi-query"), "up", "--empty"]
    with (home / "up.log").open("w") as log:
        process = subprocess.Popen(command, cwd=home, stderr=log, stdout=log, text=True, env=_environment(PORT="0"))
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
                process.wait(10)


def _url(home: Path, process: subprocess.Popen[str]) -> str:
    """Wait for the line that says where it is ready."""
    deadline = time.monotonic() + 60
    while True:
        words = (home / "up.log").read_text().split()
        found = next((word for word in words if word.startswith("http://127.0.0.1:")), None)
        if found:
            return found
        assert process.poll() is None, (home / "up.log").read_text()
        assert time.monotonic() < deadline, "it was not ready within 60 s"
        time.sleep(0.2)


def _left(home: Path) -> list[str]:
    """Return the processes that belong to this folder: run from it, in it, or on its data."""
    found = []
    for process in psutil.process_iter():
        try:
            words = [*process.cmdline(), process.cwd()]
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
        if any(str(home) in word for word in words):
            found.append(f"{process.pid} {' '.join(words)[:120]}")
    return found


def test_the_wheel_runs_alone_answers_and_leaves_no_process(home: Path) -> None:
    shutil.rmtree(home / "sources")
    with _up(home) as process:
        url = _url(home, process)
        assert httpx.get(f"{url}/health/live", timeout=10).status_code == 200
        assert httpx.get(f"{url}/health/ready", timeout=10).status_code == 200
        assert "<form" in httpx.get(f"{url}/sign-in", timeout=10).text
        assert httpx.get(f"{url}/static/style.css", timeout=10).status_code == 200
        told = subprocess.run(
            [str(home / "env/bin/cdi-query"), "status", "--json"],
            cwd=home,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env=_environment(),
        )
        assert '"unaccounted": 0' in told.stdout, told.stderr
        assert len(_left(home)) > 1, "the service, and PostgreSQL under it"
        process.send_signal(signal.SIGINT)
        assert process.wait(40) == 0, (home / "up.log").read_text()
    deadline = time.monotonic() + 10
    while (left := _left(home)) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert left == []


def test_the_wheel_holds_no_tests_and_every_data_file(home: Path) -> None:
    installed = next((home / "env/lib").glob("python3*")) / "site-packages"
    assert not (installed / "tests").exists()
    for package in ("schemas", "evidence", "compliance", "services", "cli", "templates", "migrations"):
        theirs = {path.relative_to(installed) for path in (installed / package).rglob("*") if path.is_file()}
        ours = {
            path.relative_to(project_root())
            for path in (project_root() / package).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        missing = {str(path) for path in ours - theirs}
        assert not missing, package
