"""Settings of the query builder. They come from the environment (prefix CDI_QUERY_)."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class BuilderSettings(BaseSettings):
    """Where the hospital's templates are, which definitions it chose, and whether starters are refused.

    With `builder_token` (the tracker's service token) the query builder also serves previews over HTTP.
    """

    model_config = SettingsConfigDict(env_prefix="CDI_QUERY_", frozen=True, extra="ignore")

    template_folders: str = ""
    require_adopted: bool = False
    criteria: str = ""
    builder_token: SecretStr | None = Field(default=None, min_length=32)
    builder_host: str = "127.0.0.1"
    builder_port: int = Field(default=8081, ge=0, le=65535)

    @property
    def folders(self) -> list[Path]:
        """The hospital's folders, separated like a PATH."""
        return [Path(name) for name in self.template_folders.split(os.pathsep) if name]
