"""Asking the query builder while a person waits: what would become of a gap. A small protocol."""

from __future__ import annotations

import time
from typing import Protocol, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from schemas.preview import Catalogue, Preview
from schemas.requests import QueryRequested
from services.foundation.service_client import ServiceClient

Model = TypeVar("Model", bound=BaseModel)
_JSON = {"Content-Type": "application/json"}
KEEP_CATALOGUE = 60.0
"""Seconds for which the names are not asked for again; a builder that was started anew may have others."""


class BuilderUnavailable(Exception):
    """The query builder gave no usable answer. The message is a code."""


class BuilderClient(Protocol):
    """What the pages need of the query builder."""

    async def preview(self, request: QueryRequested) -> Preview:
        """Return what would become of a request. Raises `BuilderUnavailable`."""

    async def catalogue(self) -> Catalogue:
        """Return the names that help to fill in a gap. Raises `BuilderUnavailable`."""


class HttpBuilder(ServiceClient):
    """The query builder over HTTP. Its token is the service token that both know."""

    _names: tuple[float, Catalogue] | None = None

    async def preview(self, request: QueryRequested) -> Preview:
        """See `BuilderClient.preview`."""
        body = request.model_dump_json(exclude_unset=True)
        return await self._ask("POST", "/internal/v1/previews", Preview, body)

    async def catalogue(self) -> Catalogue:
        """See `BuilderClient.catalogue`. The answer is kept for a minute."""
        if self._names is None or time.monotonic() - self._names[0] > KEEP_CATALOGUE:
            names = await self._ask("GET", "/internal/v1/catalogue", Catalogue)
            self._names = (time.monotonic(), names)
        return self._names[1]

    async def _ask(self, method: str, path: str, model: type[Model], body: str | None = None) -> Model:
        try:
            response = await self._client.request(method, path, content=body, headers=_JSON)
        except httpx.HTTPError as error:
            raise BuilderUnavailable(type(error).__name__) from error
        if response.status_code != httpx.codes.OK:
            raise BuilderUnavailable(f"http_{response.status_code}")
        try:
            return model.model_validate_json(response.content)
        except ValidationError as error:
            raise BuilderUnavailable("unreadable") from error
