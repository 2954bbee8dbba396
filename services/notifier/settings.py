"""Settings of the notifier, from the environment (prefix CDI_QUERY_NOTIFIER_ and CDI_QUERY_SMTP_)."""

from __future__ import annotations

from email.utils import parseaddr
from pathlib import Path
from typing import Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.foundation.settings import LOOPBACK


class SmtpSettings(BaseSettings):
    """The mail server (`CDI_QUERY_SMTP_HOST`, ...).

    `timeout_seconds` is the limit of one command, `limit_seconds` of a whole message. A password travels over TLS, or
    to this machine.
    """

    model_config = SettingsConfigDict(env_prefix="CDI_QUERY_SMTP_", frozen=True, extra="ignore")

    host: str = Field(default="127.0.0.1", min_length=1)
    port: int = Field(default=25, ge=1, le=65535)
    tls: Literal["none", "starttls", "tls"] = "none"
    ca_file: Path | None = None
    username: str | None = None
    password: SecretStr | None = None
    sender: str = "CDI queries <cdi-query@localhost.localdomain>"
    timeout_seconds: float = Field(default=10, gt=0, le=60)
    limit_seconds: float = Field(default=30, gt=0, le=120)

    @property
    def sender_address(self) -> str:
        """The bare address of the sender."""
        return parseaddr(self.sender)[1]

    @property
    def domain(self) -> str:
        """The domain of the sender, which Message-IDs carry."""
        return self.sender_address.rpartition("@")[2]

    @field_validator("sender")
    @classmethod
    def _has_an_address(cls, value: str) -> str:
        if "@" not in parseaddr(value)[1]:
            raise ValueError("sender must hold an address")
        return value

    @model_validator(mode="after")
    def _keeps_the_password(self) -> Self:
        if self.password is not None and self.tls == "none" and self.host not in LOOPBACK:
            raise ValueError("a password without TLS is refused: set tls to starttls or tls")
        if (self.username is None) != (self.password is None):
            raise ValueError("username and password belong together")
        return self


class NotifierSettings(BaseSettings):
    """The notifier itself (`CDI_QUERY_NOTIFIER_PUBLIC_URL`, ...).

    `public_url` is where people reach the pages; every message links to its inbox. `zone` is that of facilities for
    which the policy names none. `lease_seconds` must outlast a whole attempt.
    """

    model_config = SettingsConfigDict(env_prefix="CDI_QUERY_NOTIFIER_", frozen=True, extra="ignore")

    public_url: str = Field(default="http://127.0.0.1:8080", pattern=r"^https?://[^\s?#]+$")
    tracker_url: str = Field(default="http://127.0.0.1:8080", pattern=r"^https?://[^\s?#]+$")
    tracker_token: SecretStr | None = None
    policy_file: Path | None = None
    zone: str = "America/New_York"
    senders: int = Field(default=4, ge=1, le=64)
    poll_seconds: float = Field(default=0.25, gt=0, le=60)
    lease_seconds: float = Field(default=60, gt=0, le=3600)
    smtp: SmtpSettings = Field(default_factory=SmtpSettings)

    @property
    def inbox_url(self) -> str:
        """The one link of every message."""
        return self.public_url.rstrip("/") + "/inbox"

    @field_validator("zone")
    @classmethod
    def _is_known(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, OSError) as error:
            raise ValueError("zone is not known") from error
        return value

    @model_validator(mode="after")
    def _lease_outlasts_an_attempt(self) -> Self:
        if self.lease_seconds <= self.smtp.limit_seconds:
            raise ValueError("lease_seconds must be longer than the limit of a message (smtp limit_seconds)")
        return self
