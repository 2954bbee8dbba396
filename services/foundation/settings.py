"""Settings of the plumbing. They come from the environment (prefix CDI_QUERY_), secrets from nowhere else."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
"""The names of this very machine, which nothing leaves in clear text."""


class KafkaSettings(BaseSettings):
    """How to reach Kafka (`CDI_QUERY_KAFKA_BOOTSTRAP_SERVERS`, ...).

    `durable=False` says that the broker forgets (the embedded one): the outbox then keeps what was not taken.
    A password is sent in clear text (SASL_PLAINTEXT) to this machine only.
    """

    model_config = SettingsConfigDict(env_prefix="CDI_QUERY_KAFKA_", frozen=True, extra="ignore")

    bootstrap_servers: str = Field(default="127.0.0.1:9092", min_length=1)
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    sasl_username: str | None = None
    sasl_password: SecretStr | None = None
    ssl_cafile: Path | None = None
    ssl_certfile: Path | None = None
    ssl_keyfile: Path | None = None
    durable: bool = True

    @property
    def servers(self) -> list[str]:
        """The servers one by one; FastStream does not split a comma-joined string."""
        return [server.strip() for server in self.bootstrap_servers.split(",") if server.strip()]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not self.servers:
            raise ValueError("bootstrap_servers names no server")
        if self.security_protocol.startswith("SASL") and not (self.sasl_username and self.sasl_password):
            raise ValueError("SASL needs sasl_username and sasl_password")
        if self.security_protocol == "SASL_PLAINTEXT" and not all(is_loopback(server) for server in self.servers):
            raise ValueError("SASL without TLS is refused: use SASL_SSL")
        return self


class MetricsSettings(BaseSettings):
    """Where figures for Prometheus are served (`CDI_QUERY_METRICS_PORT`, ...): nowhere, unless a port is set.

    Anywhere but on this machine they ask for a token.
    """

    model_config = SettingsConfigDict(env_prefix="CDI_QUERY_METRICS_", frozen=True, extra="ignore")

    host: str = "127.0.0.1"
    port: int | None = Field(default=None, ge=0, le=65535)
    token: SecretStr | None = Field(default=None, min_length=32)

    @model_validator(mode="after")
    def _not_for_everybody(self) -> Self:
        if self.port is not None and self.token is None and self.host not in LOOPBACK:
            raise ValueError("on another address than this machine's, figures need a token")
        return self


def is_loopback(server: str) -> bool:
    """Tell whether `host:port` is on this machine; an IPv6 address stands in brackets."""
    return server.rpartition(":")[0].removeprefix("[").removesuffix("]") in LOOPBACK


class DatabaseSettings(BaseSettings):
    """How to reach PostgreSQL (`CDI_QUERY_DATABASE_URL`): the role of one service, never the owner."""

    model_config = SettingsConfigDict(env_prefix="CDI_QUERY_DATABASE_", frozen=True, extra="ignore")

    url: SecretStr
    pool_min_size: int = Field(default=1, ge=0)
    pool_max_size: int = Field(default=8, ge=1)
