"""Settings of the query builder. They come from the environment (prefix CDI_QUERY_)."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict


class BuilderSettings(BaseSettings):
    """Where the hospital's templates are, which definitions it chose, and whether starters are refused."""

    model_config = SettingsConfigDict(env_prefix="CDI_QUERY_", frozen=True, extra="ignore")

    template_folders: str = ""
    require_adopted: bool = False
    criteria: str = ""

    @property
    def folders(self) -> list[Path]:
        """The hospital's folders, separated like a PATH."""
        return [Path(name) for name in self.template_folders.split(os.pathsep) if name]
