"""What a channel is: it takes a message and tells what became of it, as a code and never as text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

from schemas.check import MessageDocument

Outcome = Literal["accepted", "transient", "permanent"]


@dataclass(frozen=True, slots=True)
class Message:
    """A message that passed the check, for one address. `references` are the earlier ones of the same thread.

    `written_at` and `message_id` stay the same over all attempts, so that a message sent twice can be seen to be one.
    """

    notification_id: UUID
    message_id: str
    references: tuple[str, ...]
    address: str
    document: MessageDocument
    written_at: datetime


@dataclass(frozen=True, slots=True)
class Result:
    """What became of an attempt: taken, worth another try, or refused for good. `code` is fit for logs and events."""

    outcome: Outcome
    code: str = ""


ACCEPTED = Result("accepted")


class Channel(Protocol):
    """One way to a person."""

    async def send(self, message: Message) -> Result:
        """Hand the message over, within a bounded time. Faults are told by the result and not raised."""


class InboxChannel:
    """The authenticated inbox. The tracker shows every open query there, so there is nothing to hand over."""

    async def send(self, message: Message) -> Result:
        """Return that the message has arrived."""
        return ACCEPTED
