"""The servers of docker-compose.yml by testcontainers, each alone, on ports of 127.0.0.1."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

# Both are read when testcontainers is imported: no container that cleans up after us (the fixtures do), and no guess
# at an address other than the one that ports are published on.
os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")
os.environ.setdefault("TESTCONTAINERS_HOST_OVERRIDE", "127.0.0.1")

import psycopg
import yaml
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from tests.containers.installation import free_port, wait_for

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
OWNER_PASSWORD = "invented-for-this-test"


class Kafka(DockerContainer):
    """Apache Kafka with the settings of docker-compose.yml.

    Clients get the advertised address, so the published port has to be known before the start.
    """

    def __init__(self) -> None:
        super().__init__(COMPOSE["kafka"]["image"])
        self.port = free_port()
        settings = {name: str(value) for name, value in COMPOSE["kafka"]["environment"].items()}
        advertised = {"KAFKA_ADVERTISED_LISTENERS": f"INTERNAL://localhost:9092,HOST://127.0.0.1:{self.port}"}
        self.with_envs(**settings | advertised)
        self.ports = {"9094/tcp": ("127.0.0.1", self.port)}  # type: ignore[dict-item]
        self.waiting_for(LogMessageWaitStrategy("Kafka Server started").with_startup_timeout(90))

    @property
    def servers(self) -> str:
        """The bootstrap servers for clients of this machine."""
        return f"127.0.0.1:{self.port}"


class Postgres(DockerContainer):
    """PostgreSQL, set up by the script that docker-compose.yml mounts."""

    def __init__(self) -> None:
        super().__init__(COMPOSE["postgres"]["image"])
        self.port = free_port()
        self.with_envs(POSTGRES_PASSWORD="invented-and-unused", CDI_QUERY_OWNER_PASSWORD=OWNER_PASSWORD)
        script = ROOT / "deploy/postgres/10-owner.sh"
        self.with_volume_mapping(str(script), "/docker-entrypoint-initdb.d/10-owner.sh", "ro")
        self.ports = {"5432/tcp": ("127.0.0.1", self.port)}  # type: ignore[dict-item]

    def dsn(self, role: str, password: str) -> str:
        """Return the address of the database for a role."""
        return f"postgresql://{role}:{password}@127.0.0.1:{self.port}/cdi_query"

    def wait_until_ready(self) -> None:
        """Wait until the owner can connect; before that the server only sets itself up."""
        wait_for("PostgreSQL", self._answers, 90)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.dsn("cdi_owner", OWNER_PASSWORD), connect_timeout=3).close()
        except psycopg.OperationalError:
            return False
        return True
