"""docker-compose.yml as an installation of its own: generated secrets, free ports, and ways to talk to it."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx

PORTS = ("CDI_QUERY_HTTP_PORT", "CDI_QUERY_KAFKA_PORT", "CDI_QUERY_MAIL_PORT")
CSRF = re.compile(r'name="csrf" value="([^"]+)"')
Value = TypeVar("Value")


@dataclass(frozen=True)
class Installation:
    """One compose project. `env` holds what its .env file holds."""

    root: Path
    project: str
    env_file: Path
    env: dict[str, str]

    @classmethod
    def prepare(cls, root: Path, env_file: Path) -> Installation:
        """Write the settings as the documentation says (deploy/secrets.sh), on ports that are free now."""
        made = subprocess.run(["sh", "deploy/secrets.sh"], cwd=root, capture_output=True, text=True, check=True).stdout
        lines = [line.partition("=") for line in made.splitlines() if line and not line.startswith("#")]
        env = {name: value for name, _, value in lines} | {name: str(free_port()) for name in PORTS}
        env_file.write_text("".join(f"{name}={value}\n" for name, value in env.items()))
        return cls(root, f"cdi-query-test-{os.getpid()}", env_file, env)

    @property
    def url(self) -> str:
        """Where the tracker answers."""
        return f"http://127.0.0.1:{self.env['CDI_QUERY_HTTP_PORT']}"

    @property
    def kafka(self) -> str:
        """Where Kafka answers clients of this machine."""
        return f"127.0.0.1:{self.env['CDI_QUERY_KAFKA_PORT']}"

    def compose(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run `docker compose` on this project, with no setting but those of the file."""
        ours = {name: value for name, value in os.environ.items() if not name.startswith("CDI_QUERY_")}
        command = ["docker", "compose", "-p", self.project, "--env-file", str(self.env_file), *words]
        return subprocess.run(
            command, cwd=self.root, env=ours, capture_output=True, text=True, timeout=600, check=False
        )

    def up(self) -> None:
        """Build the image, start all and wait until all is healthy. Fails with the last lines of every container."""
        done = self.compose("up", "--build", "--wait", "--wait-timeout", "240")
        if done.returncode != 0:
            logs = self.compose("logs", "--no-color", "--tail", "25").stdout
            raise AssertionError(f"docker compose up failed:\n{done.stderr[-2000:]}\n{logs[-8000:]}")

    def down(self) -> None:
        """Stop all and remove it with its data."""
        self.compose("down", "--volumes", "--remove-orphans", "--timeout", "15")

    def api(self, token: str) -> httpx.Client:
        """Return a client of the API with a bearer token."""
        return httpx.Client(base_url=self.url, timeout=30, headers={"Authorization": f"Bearer {token}"})

    def mails(self) -> list[dict[str, Any]]:
        """Return the mails that were caught, newest first."""
        answer = httpx.get(f"http://127.0.0.1:{self.env['CDI_QUERY_MAIL_PORT']}/api/v1/messages", timeout=10)
        return list(answer.raise_for_status().json()["messages"])

    def mail(self, number: str) -> dict[str, Any]:
        """Return one mail with its text."""
        answer = httpx.get(f"http://127.0.0.1:{self.env['CDI_QUERY_MAIL_PORT']}/api/v1/message/{number}", timeout=10)
        return dict(answer.raise_for_status().json())

    @contextmanager
    def first_admin(self) -> Iterator[httpx.Client]:
        """Sign in through the form, as a browser would: a client that may call the API with that session."""
        with httpx.Client(base_url=self.url, timeout=30, follow_redirects=True) as browser:
            self._sign_in(browser)
            yield browser

    def _sign_in(self, browser: httpx.Client) -> None:
        fields = {
            "user": self.env["CDI_QUERY_TRACKER_FIRST_ADMIN"],
            "password": self.env["CDI_QUERY_TRACKER_FIRST_ADMIN_PASSWORD"],
            "csrf": _csrf(browser.get("/sign-in")),
        }
        page = browser.post("/sign-in", data=fields)
        browser.headers["x-csrf-token"] = _csrf(page)


def _csrf(page: httpx.Response) -> str:
    found = CSRF.search(page.raise_for_status().text)
    assert found, f"no form at {page.url.path}"
    return found.group(1)


def free_port() -> int:
    """Return a port on which nobody listens now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def said(answer: httpx.Response) -> Any:
    """Return the JSON of an answer; fails with the problem's own words."""
    assert answer.is_success, f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text}"
    return answer.json()


def wait_for(what: str, look: Callable[[], Value | None], seconds: float = 60.0) -> Value:
    """Return what `look` returns as soon as it is something; fails when it takes too long."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, f"{what} did not come within {seconds:g} s"
        time.sleep(0.3)
