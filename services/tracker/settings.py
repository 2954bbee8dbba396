"""Settings of the tracker, from the environment (prefix CDI_QUERY_TRACKER_). Secrets come from nowhere else."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.tracker.policy import Policy


class TrackerSettings(BaseSettings):
    """The tracker itself.

    `chart_secret` keys the opaque chart ids and must never change. `payload_key` (32 bytes, base64) encrypts the
    payloads of the audit log. `service_token` lets the notifier ask. `first_admin` and `first_admin_password` make
    the first account when there is none; `first_admin_token` is a bearer token for it, for scripts. `policy_file` is
    JSON; what it leaves out keeps its default. `builder_url`: a query builder that composes the pages' previews (it is
    asked with the service token); without it, this process composes them itself.
    """

    model_config = SettingsConfigDict(env_prefix="CDI_QUERY_TRACKER_", frozen=True, extra="ignore")

    chart_secret: SecretStr = Field(min_length=32)
    payload_key: SecretStr
    service_token: SecretStr = Field(min_length=32)
    first_admin: str | None = None
    first_admin_password: SecretStr | None = Field(default=None, min_length=12)
    first_admin_token: SecretStr | None = Field(default=None, min_length=32)
    policy_file: Path | None = None
    zone: str | None = None
    builder_url: str | None = None
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)

    @field_validator("payload_key")
    @classmethod
    def _is_a_key(cls, value: SecretStr) -> SecretStr:
        try:
            length = len(base64.b64decode(value.get_secret_value(), validate=True))
        except binascii.Error:
            length = 0
        if length != 32:
            raise ValueError("payload_key must be 32 bytes in base64")
        return value

    @field_validator("zone")
    @classmethod
    def _is_known(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                ZoneInfo(value)
            except (KeyError, OSError, ValueError) as error:
                raise ValueError("zone is not known") from error
        return value

    @property
    def key(self) -> bytes:
        """The payload key's bytes."""
        return base64.b64decode(self.payload_key.get_secret_value())

    def policy(self) -> Policy:
        """Return the house's policy. Raises `ValidationError` naming the field of the file that is wrong."""
        policy = Policy.model_validate_json(self.policy_file.read_text()) if self.policy_file else Policy()
        return policy.model_copy(update={"zone": self.zone}) if self.zone else policy
