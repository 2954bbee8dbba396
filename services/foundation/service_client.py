"""One service asking another over HTTP: an address, a token, a time limit, and connections closed in the end."""

from __future__ import annotations

from types import TracebackType
from typing import Self

import httpx


class ServiceClient:
    """What every client of another service is.

    Args:
        base_url: of the other service.
        token: bearer token that it knows.
        timeout: seconds for a whole answer.
        transport: how requests travel; in one process it may be `httpx.ASGITransport`.
    """

    def __init__(
        self, base_url: str, token: str, *, timeout: float = 5.0, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._client = httpx.AsyncClient(
            base_url=base_url.rstrip("/"),
            headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
            timeout=timeout,
            transport=transport,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
