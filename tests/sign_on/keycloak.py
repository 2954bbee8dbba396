"""A Keycloak on this machine, from Maven: a realm with two clients and a few people, all invented."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import httpx

from services.foundation.local_kafka import default_cache

VERSION = "26.4.0"
PATIENCE = 170.0
REALM = "house"
CLIENT, SECRET = "cdi-query", "an invented client secret"
OTHER_CLIENT = "other-app"
PASSWORD = "an invented password"
HERE = "http://127.0.0.1:8080"
FORM = re.compile(r'<form[^>]+action="([^"]+)"')


def user(
    name: str, *, roles: tuple[str, ...] = ("coders",), verified: bool = True, **attributes: str
) -> dict[str, Any]:
    """Return somebody whom the realm knows."""
    return {
        "username": name,
        "enabled": True,
        "firstName": name.title(),
        "lastName": "Keysample",
        "email": f"{name}@example.org",
        "emailVerified": verified,
        "credentials": [{"type": "password", "value": PASSWORD, "temporary": False}],
        "realmRoles": list(roles),
    }


def _mapper(kind: str, **config: str) -> dict[str, Any]:
    shown = {"id.token.claim": "true", "jsonType.label": "String", **config}
    return {"name": kind, "protocol": "openid-connect", "protocolMapper": kind, "config": shown}


REALM_SETTINGS: dict[str, Any] = {
    "realm": REALM,
    "enabled": True,
    "sslRequired": "none",
    "roles": {"realm": [{"name": "coders"}]},
    "users": [
        user("ada"),
        user("bo"),
        user("cleo", verified=False),
        user("newcomer"),
    ],
    "clients": [
        {
            "clientId": CLIENT,
            "secret": SECRET,
            "redirectUris": [f"{HERE}/sign-in/callback"],
            "attributes": {"pkce.code.challenge.method": "S256", "post.logout.redirect.uris": f"{HERE}/sign-in"},
            "protocolMappers": [
                _mapper("oidc-usermodel-realm-role-mapper", **{"claim.name": "roles", "multivalued": "true"})
            ],
        },
        {"clientId": OTHER_CLIENT, "secret": SECRET, "redirectUris": [f"{HERE}/sign-in/callback"]},
    ],
}


class Keycloak:
    """The server. `issuer` is its realm's; people sign in by `log_in`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.issuer = f"{self.url}/realms/{REALM}"

    def administer(self, method: str, path: str, body: Any = None) -> Any:
        """Call the administration of all realms."""
        token = httpx.post(
            f"{self.url}/realms/master/protocol/openid-connect/token",
            data={"grant_type": "password", "client_id": "admin-cli", "username": "admin", "password": "admin"},
        ).json()["access_token"]
        response = httpx.request(
            method,
            f"{self.url}/admin/realms{path}",
            json=body,
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
        )
        assert response.is_success, response.text
        return response.json() if response.content else None

    def log_in(self, browser: httpx.Client, address: str, name: str) -> str:
        """Do what somebody does who is sent to `address`; returns where the provider sends them back to."""
        page = browser.get(address)
        if page.status_code == 200:
            found = FORM.search(page.text)
            assert found, page.text
            page = browser.post(unescape(found.group(1)), data={"username": name, "password": PASSWORD})
        assert page.status_code == 302, page.text
        return page.headers["location"]


def missing() -> str:
    """Return what this machine lacks, or nothing."""
    return next((f"{program} is missing" for program in ("java", "mvn") if shutil.which(program) is None), "")


@contextlib.contextmanager
def running(log: Path) -> Iterator[Keycloak]:
    """Let a Keycloak run that forgets everything at its end."""
    folder = _distribution()
    port, management = _free_port(), _free_port()
    settings = {
        **_environment(),
        "KC_BOOTSTRAP_ADMIN_USERNAME": "admin",
        "KC_BOOTSTRAP_ADMIN_PASSWORD": "admin",
        "KC_HTTP_ENABLED": "true",
        "KC_HTTP_HOST": "127.0.0.1",
        "KC_HTTP_PORT": str(port),
        "KC_HTTP_MANAGEMENT_PORT": str(management),
        "KC_HOSTNAME_STRICT": "false",
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            [folder / "bin" / "kc.sh", "start", "--optimized"], env=settings, stdout=output, stderr=output,
            start_new_session=True,
        )  # fmt: skip
    try:
        made = Keycloak(f"http://127.0.0.1:{port}")
        _wait(made, process, log)
        made.administer("POST", "", REALM_SETTINGS)
        yield made
    finally:
        os.killpg(process.pid, 9)
        process.wait()


def _environment() -> dict[str, str]:
    # Short-lived: compiling little and starting soon beats running fast.
    return {**os.environ, "JAVA_OPTS_APPEND": "-XX:TieredStopAtLevel=1"}


def _wait(made: Keycloak, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{made.url}/realms/master").is_success:
                return
        assert process.poll() is None and time.monotonic() < deadline, log.read_text(errors="replace")[-3000:]
        time.sleep(0.2)


def _distribution() -> Path:
    """Return Keycloak's folder, fetched and prepared once for this machine."""
    cache = default_cache()
    cache.mkdir(parents=True, exist_ok=True)
    folder = cache / f"keycloak-{VERSION}"
    prepared = folder / "prepared"
    with (cache / "keycloak.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not prepared.exists():
            shutil.rmtree(folder, ignore_errors=True)
            artifact = f"org.keycloak:keycloak-quarkus-dist:{VERSION}:zip"
            goal = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:unpack"
            with tempfile.TemporaryDirectory(dir=cache) as work:
                run = ["mvn", "-q", "-B", goal, f"-Dartifact={artifact}", f"-DoutputDirectory={work}"]
                subprocess.run(run, check=True, cwd=work)
                (Path(work) / folder.name).rename(folder)
            (folder / "bin" / "kc.sh").chmod(0o755)
            build = [folder / "bin" / "kc.sh", "build", "--db=dev-mem"]
            subprocess.run(build, check=True, env=_environment(), stdout=subprocess.DEVNULL)
            prepared.touch()
    return folder


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
