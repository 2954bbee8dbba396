"""Asking the tracker just before sending: is the query still open, and who is to be written to, and how."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

import httpx
from pydantic import ValidationError

from schemas.internal import DeliveryAnswer
from services.foundation.service_client import ServiceClient


class TrackerUnavailable(Exception):
    """The tracker gave no usable answer; ask again later. The message is a code."""


class TrackerClient(Protocol):
    """What the notifier needs of the tracker."""

    async def delivery(self, query_id: UUID, step: str, level: int) -> DeliveryAnswer | None:
        """Return the tracker's answer for this step; None if it does not know the query.

        Raises:
            TrackerUnavailable: there was no usable answer.
        """


class HttpTracker(ServiceClient):
    """The tracker over HTTP: `GET {base}/internal/v1/deliveries/{query_id}?step=...&level=...`.

    Its token is that of a user with the role `service`.
    """

    async def delivery(self, query_id: UUID, step: str, level: int) -> DeliveryAnswer | None:
        """See `TrackerClient.delivery`. What comes back of anything but 200 and 404 is not looked at."""
        try:
            response = await self._client.get(
                f"/internal/v1/deliveries/{query_id}", params={"step": step, "level": level}
            )
        except httpx.HTTPError as error:
            raise TrackerUnavailable(type(error).__name__) from error
        if response.status_code == httpx.codes.NOT_FOUND:
            return None
        if response.status_code != httpx.codes.OK:
            raise TrackerUnavailable(f"http_{response.status_code}")
        return _read(response.content, query_id)


def _read(content: bytes, query_id: UUID) -> DeliveryAnswer:
    try:
        answer = DeliveryAnswer.model_validate_json(content)
    except ValidationError as error:
        raise TrackerUnavailable("unreadable") from error
    if answer.query_id != query_id:
        raise TrackerUnavailable("another_query")
    return answer
