"""Real servers on loopback that the notifier's tests talk to: a mail server with moods, and a tracker's endpoint."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any
from uuid import UUID

from aiosmtpd.smtp import SMTP

from schemas.internal import DeliveryAnswer, DeliveryRecipient
from schemas.status import QueryChanged

ISSUED = datetime(2026, 6, 9, 14, tzinfo=UTC)
QUERY = UUID("11111111-1111-5111-8111-111111111111")
FERRO = DeliveryRecipient(recipient_id="dr-ferro", channel="email", address="ada.ferro@harbor.example")
OKAFOR = DeliveryRecipient(recipient_id="dr-okafor", channel="email", address="ben.okafor@harbor.example")

Mood = Callable[[SMTP], Awaitable[str]]


def changed(sequence: int = 1, transition: str = "issued", **changes: Any) -> QueryChanged:
    """Return a status event's data; an issued, concurrent query unless `changes` say otherwise."""
    values: dict[str, Any] = {
        "chart_id": "chart-1", "gap_uid": UUID(int=1), "query_id": QUERY, "transition": transition,
        "state_from": None, "state": "issued", "sequence": sequence, "at": datetime.now(UTC),
        "phase": "concurrent", "facility": "harbor-general", "recipient_id": "dr-ferro",
        "issued_at": datetime.now(UTC) - timedelta(seconds=1),
    }  # fmt: skip
    return QueryChanged(**{**values, **changes})


class MailServer:
    """A real SMTP server. What it answers to RCPT and DATA is decided by the moods; then it takes everything."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.seen: list[EmailMessage] = []
        self.moods: list[Mood] = []
        self.refused: dict[str, str] = {}
        self.connections = 0

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        mail = message_from_bytes(envelope.content, policy=default)
        assert isinstance(mail, EmailMessage)
        self.seen.append(mail)
        if not self.moods:
            self.mails.append(mail)
            return "250 taken"
        answer = await self.moods.pop(0)(server)
        if answer.startswith("250"):
            self.mails.append(mail)
        return answer

    def addresses(self) -> Counter[str]:
        """How many mails each address got. Not a property: aiosmtpd reads all attributes in every session."""
        return Counter(str(mail["To"]) for mail in self.mails)


def answers(line: str) -> Mood:
    """A server that answers DATA with this line."""

    async def mood(server: SMTP) -> str:
        return line

    return mood


def drops(mails: MailServer) -> Mood:
    """A server that takes the mail and then drops the connection instead of saying so."""

    async def mood(server: SMTP) -> str:
        server.transport.abort()
        return "250 never read"

    return mood


def stalls(seconds: float) -> Mood:
    """A server that does not answer for a while."""

    async def mood(server: SMTP) -> str:
        await asyncio.sleep(seconds)
        return "451 too late"

    return mood


@asynccontextmanager
async def mail_server(**options: Any) -> AsyncIterator[tuple[MailServer, int]]:
    """Run a mail server; yields it and its port."""
    handler = MailServer()
    sessions: list[SMTP] = []

    def session() -> SMTP:
        handler.connections += 1
        sessions.append(SMTP(handler, hostname="localhost", enable_SMTPUTF8=True, **options))
        return sessions[-1]

    server = await asyncio.get_running_loop().create_server(session, "127.0.0.1", 0)
    try:
        yield handler, server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for each in sessions:
            if each.transport is not None:
                each.transport.abort()
        await asyncio.sleep(0.05)


class TrackerEndpoint:
    """The tracker's internal endpoint as an ASGI application: answers by query, or the status code `broken`."""

    def __init__(self, token: str = "a-token") -> None:
        self.token = token
        self.recipients: dict[int, tuple[DeliveryRecipient, ...]] = {}
        self.due = True
        self.open_count = 1
        self.broken = 0
        self.known = True
        self.asked: list[tuple[str, str, str]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        status, body = self._answer(scope)
        await send(
            {"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]}
        )
        await send({"type": "http.response.body", "body": body})

    def _answer(self, scope: Any) -> tuple[int, bytes]:
        if dict(scope["headers"]).get(b"authorization") != f"Bearer {self.token}".encode():
            return 401, b"{}"
        if self.broken:
            return self.broken, b"{}"
        if not self.known:
            return 404, b"{}"
        query = scope["path"].removeprefix("/internal/v1/deliveries/")
        parameters = dict(part.split("=") for part in scope["query_string"].decode().split("&"))
        self.asked.append((query, parameters["step"], parameters["level"]))
        recipients = self.recipients.get(int(parameters["level"]), (FERRO,))
        answer = DeliveryAnswer(
            query_id=UUID(query), chart_id="chart-1", due=self.due, recipients=recipients, open_count=self.open_count
        )
        return 200, answer.model_dump_json().encode()
