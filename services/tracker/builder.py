"""Asking the query builder while a person waits: what would become of a gap. A small protocol."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Protocol, Self, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from schemas.preview import Catalogue, Preview
from schemas.requests import QueryRequested

Model = TypeVar("Model", bound=BaseModel)
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


class HttpBuilder:
    """The query builder over HTTP.

    Args:
        base_url: of the query builder.
        token: the service token that both know.
        timeout: seconds for a whole answer.
        transport: how requests travel; in one process it may be `httpx.ASGITransport`.
    """

    def __init__(
        self, base_url: str, token: str, *, timeout: float = 5.0, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._client = httpx.AsyncClient(
            base_url=base_url.rstrip("/"),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
            timeout=timeout,
            transport=transport,
        )
        self._names: tuple[float, Catalogue] | None = None

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
            response = await self._client.request(method, path, content=body)
        except httpx.HTTPError as error:
            raise BuilderUnavailable(type(error).__name__) from error
        if response.status_code != httpx.codes.OK:
            raise BuilderUnavailable(f"http_{response.status_code}")
        try:
            return model.model_validate_json(response.content)
        except ValidationError as error:
            raise BuilderUnavailable("unreadable") from error

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
