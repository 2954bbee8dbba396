"""What stands in the repository's files, and what must never stand there."""

from __future__ import annotations

import base64
import re
import stat
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import project_root

# Names in two parts, so that this file does not hold what it looks for.
REGISTRIES = re.compile(
    "|".join(
        re.escape("".join(parts))
        for parts in (
            ("pypi.", "org"), ("python", "hosted.org"), ("npmjs.", "org"), ("maven.", "org"),
            ("repo.maven.", "apache.org"),
            ("proxy.", "golang.org"), ("docker.", "io/"), ("ghcr.", "io"), ("quay.", "io"), ("crates.", "io"),
            ("deb.", "debian.org"), ("artifact", "ory"), ("--index-", "url "), ("--extra-", "index-url"),
            ("--find-", "links "), ("--trusted-", "host"),
        )
    ),
    re.IGNORECASE,
)  # fmt: skip
# Names under which a program would keep a secret, with a literal behind them.
SECRET = re.compile(
    r"""(?ix) \b [a-z_]* (?:password|passwd|secret|token|api_?key|payload_key) [a-z_]* ["']? \s* [:=] \s*
    ["']? (?P<value> [A-Za-z0-9+/_-]{20,}={0,2} ) (?= ["'\s,)] | $ )""",
    re.MULTILINE,
)
KEYS = re.compile("-----BEGIN [A-Z ]*PRIVATE" + " KEY-----|" + "AKIA" + "[0-9A-Z]{16}|gh[pousr]_" + "[A-Za-z0-9]{36}")


@cache
def files() -> dict[str, str]:
    """Return every text file under version control by its name."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=project_root(), capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    names = [name for name in listed.stdout.split("\0") if name]
    texts = {}
    for name in names:
        try:
            texts[name] = (project_root() / name).read_text()
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue
    return texts


def test_no_file_names_a_package_registry() -> None:
    found = [f"{name}: {match.group()}" for name, text in files().items() for match in REGISTRIES.finditer(text)]
    assert found == []


def test_no_test_judges_by_a_clock() -> None:
    """`time.monotonic` stays: it ends the waiting for what has not happened."""
    clocks = [f"{kind}_{what}" for kind, what in (("perf", "counter"), ("process", "time"), ("thread", "time"))]
    tests = {name: text for name, text in files().items() if name.startswith("tests/") and name.endswith(".py")}
    assert [name for name, text in tests.items() if any(clock in text for clock in clocks)] == []


def test_no_file_holds_a_secret() -> None:
    found = [f"{name}: a private key" for name, text in files().items() if KEYS.search(text)]
    for name, text in files().items():
        if not name.endswith(".lock"):
            found += [f"{name}: {match.group()[:40]}" for match in SECRET.finditer(text) if _looks_random(match)]
    assert found == []


def _looks_random(match: re.Match[str]) -> bool:
    """Tell a secret from a word: digits and letters mixed. A plain name of a variable or a function has no digit."""
    value = match.group("value")
    return sum(sign.isdigit() for sign in value) >= 3 and any(sign.isalpha() for sign in value)


def test_both_lock_files_pin_every_package_with_hashes_and_agree() -> None:
    pins = [_pins(name) for name in ("requirements.lock", "requirements-dev.lock")]
    assert pins[0].items() <= pins[1].items()
    assert len(pins[0]) > 40


def _pins(name: str) -> dict[str, str]:
    entries = re.split(r"\n(?=\S)", (project_root() / name).read_text())
    pins = {}
    for entry in entries:
        found = re.match(r"([a-z0-9._-]+(?:\[[a-z,]+\])?)==(\S+)", entry)
        if found:
            assert "--hash=sha256:" in entry, found.group()
            pins[found.group(1) + "".join(re.findall(r" ; (.*?) \\", entry))] = found.group(2)
    return pins


@cache
def compose() -> dict[str, Any]:
    """Return docker-compose.yml as it stands."""
    loaded: dict[str, Any] = yaml.safe_load((project_root() / "docker-compose.yml").read_text())
    return loaded


def test_compose_publishes_on_loopback_only_and_lets_nobody_create_topics() -> None:
    ports = [port for service in compose()["services"].values() for port in service.get("ports", [])]
    assert len(ports) == 4
    assert all(port.startswith("127.0.0.1:") for port in ports)
    kafka = compose()["services"]["kafka"]["environment"]
    assert kafka["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"


def test_compose_knows_no_secret_and_starts_with_none_missing() -> None:
    text = (project_root() / "docker-compose.yml").read_text()
    secret = re.compile(r"\$\{(\w*(?:PASSWORD|SECRET|KEY|TOKEN)\w*)(:?[-?]?)")
    used = secret.findall(text)
    assert {name for name, _ in used} == set(_secrets_of_the_example())
    assert {how for _, how in used} == {":?"}, "each fails with a message while it is not set"


def _secrets_of_the_example() -> list[str]:
    lines = (project_root() / "deploy/compose.env.example").read_text().splitlines()
    return [line.removesuffix("=") for line in lines if line.endswith("=") and not line.startswith("#")]


def test_the_generated_settings_are_complete_different_each_time_and_accepted() -> None:
    first, second = _generated(), _generated()
    for name in _secrets_of_the_example():
        assert len(first[name]) >= 32, name
        assert first[name] != second[name], name
    assert len({first[name] for name in _secrets_of_the_example()}) == len(_secrets_of_the_example())
    assert len(base64.b64decode(first["CDI_QUERY_TRACKER_PAYLOAD_KEY"], validate=True)) == 32
    assert all(first[name].isalnum() for name in first if name.endswith("_DB_PASSWORD")), "they stand in addresses"


def _generated() -> dict[str, str]:
    made = subprocess.run(["sh", "deploy/secrets.sh"], cwd=project_root(), capture_output=True, text=True, check=True)
    pairs = (line.partition("=") for line in made.stdout.splitlines() if line and not line.startswith("#"))
    return {name: value for name, _, value in pairs}


def test_every_setting_of_compose_is_explained() -> None:
    """deploy/README.md names each variable that docker-compose.yml or its example uses."""
    readme = (project_root() / "deploy/README.md").read_text()
    sources = [(project_root() / name).read_text() for name in ("docker-compose.yml", "deploy/compose.env.example")]
    used = {name for text in sources for name in re.findall(r"CDI_QUERY_[A-Z_]+", text)}
    assert {name for name in used if name not in readme} == set()


@pytest.mark.parametrize("name", [".ci/run", "deploy/postgres/10-owner.sh"])
def test_scripts_can_be_run_as_they_are(name: str) -> None:
    path: Path = project_root() / name
    assert path.stat().st_mode & stat.S_IXUSR
    assert subprocess.run(["bash", "-n", str(path)], check=False).returncode == 0


def test_make_without_a_goal_lists_every_goal() -> None:
    text = (project_root() / "Makefile").read_text()
    phony = next(line for line in text.splitlines() if line.startswith(".PHONY:")).split()[1:]
    told = subprocess.run(["make", "-s"], cwd=project_root(), capture_output=True, text=True, check=True).stdout
    assert [goal for goal in phony if f"make {goal} " not in told] == []
