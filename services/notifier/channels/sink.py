"""The mail sink of the embedded shape: a real SMTP server on loopback that keeps the last mails in a folder.

No mail leaves the machine. Each mail is one file; when there are more than `keep`, the oldest go.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from itertools import count
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

LOOPBACK = "127.0.0.1"
LARGEST_MAIL_BYTES = 1024 * 1024
STAMP = "%Y%m%dT%H%M%S.%fZ"


@dataclass(frozen=True, slots=True)
class SinkMail:
    """A mail as an administrator reads it. `name` tells it from the others."""

    name: str
    received_at: datetime
    sender: str
    recipient: str
    subject: str
    message_id: str
    body: str


class MailSink:
    """Takes every mail that is sent to its port, and keeps the newest `keep`.

    Args:
        folder: where the mails are kept, made if missing.
        port: 0 lets the system choose one.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int = 0,
        keep: int = 500,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._folder = folder
        self._port = port
        self._keep = keep
        self._now = now
        self._number = count()
        self._names: deque[str] = deque()
        self._server: asyncio.Server | None = None
        self._sessions: set[asyncio.BaseTransport] = set()

    async def start(self) -> int:
        """Listen on loopback, and return the port."""
        # aiosmtpd writes every command into its log, addresses among them.
        logging.getLogger("mail.log").setLevel(logging.WARNING)
        await asyncio.to_thread(self._prepare)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._session, LOOPBACK, self._port)
        self._port = int(self._server.sockets[0].getsockname()[1])
        return self._port

    async def stop(self) -> None:
        """Stop listening and end open sessions. The mails stay."""
        if self._server is None:
            return
        self._server.close()
        for transport in list(self._sessions):
            transport.close()
        await self._server.wait_closed()
        self._server = None

    def mails(self, limit: int = 50) -> list[SinkMail]:
        """Return the newest mails, newest first (reads files: call it in a thread)."""
        return [mail for name in self._newest()[:limit] if (mail := self.read(name))]

    def read(self, name: str) -> SinkMail | None:
        """Return one mail by its name, or None if there is none of that name."""
        path = self._folder / name
        if path.suffix != ".eml" or path.parent != self._folder or not path.is_file():
            return None
        return _parse(name, path.read_bytes())

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Keep a mail; called by aiosmtpd."""
        content = envelope.content or b""
        assert isinstance(content, bytes), "the server decodes nothing"
        await asyncio.to_thread(self._keep_mail, content)
        return "250 Kept"

    def _session(self) -> SMTP:
        return _Session(self, self._sessions)

    def _prepare(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for draft in self._folder.glob("*.draft"):
            draft.unlink()
        self._names = deque(sorted(self._newest()))

    def _newest(self) -> list[str]:
        return sorted((path.name for path in self._folder.glob("*.eml")), reverse=True)

    def _keep_mail(self, content: bytes) -> None:
        """Write the mail under another name first, so that a reader never sees half of one."""
        name = f"{self._now().astimezone(UTC).strftime(STAMP)}-{next(self._number):06d}.eml"
        draft = self._folder / f"{name}.draft"
        draft.write_bytes(content)
        draft.rename(self._folder / name)
        self._names.append(name)
        while len(self._names) > self._keep:
            (self._folder / self._names.popleft()).unlink(missing_ok=True)


class _Session(SMTP):
    """A session that the sink can end when it stops."""

    def __init__(self, sink: MailSink, sessions: set[asyncio.BaseTransport]) -> None:
        super().__init__(sink, data_size_limit=LARGEST_MAIL_BYTES, hostname="localhost", enable_SMTPUTF8=True)
        self._open = sessions

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._open.add(transport)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._open.discard(self.transport)
        super().connection_lost(error)


def _parse(name: str, content: bytes) -> SinkMail:
    mail = message_from_bytes(content, policy=default)
    assert isinstance(mail, EmailMessage), "the policy makes these"
    header = {key: str(mail.get(key, "")) for key in ("From", "To", "Subject", "Message-ID")}
    received = datetime.strptime(name.split("-", maxsplit=1)[0], STAMP).replace(tzinfo=UTC)
    return SinkMail(
        name, received, header["From"], header["To"], header["Subject"], header["Message-ID"], "".join(_texts(mail))
    )


def _texts(mail: EmailMessage) -> Iterator[str]:
    part = mail.get_body(("plain",))
    if part is not None:
        yield part.get_content()
