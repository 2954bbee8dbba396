"""E-mail by SMTP. One connection a message, explicit limits, TLS as the settings say.

Refused for good is only what the server says about this message or this recipient (5xx). A server that is away, slow,
or that does not accept our sign-in is worth another try: that is mended by people, and the mail then goes out.
"""

from __future__ import annotations

import asyncio
import ssl
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY

import aiosmtplib

from services.notifier.channels.base import ACCEPTED, Message, Result
from services.notifier.settings import SmtpSettings

# Answers that mean "sign in first" or "use TLS": our configuration, not the message.
CONFIGURATION = frozenset({530, 534, 535, 538})


class SmtpChannel:
    """Sends through one mail server."""

    def __init__(self, settings: SmtpSettings) -> None:
        self._settings = settings
        self._tls = _tls(settings)

    async def send(self, message: Message) -> Result:
        """Send the message. Never raises for a fault of server, network or address."""
        try:
            mail = render(message, self._settings.sender)
        except ValueError:
            return Result("permanent", "bad_address")
        try:
            async with asyncio.timeout(self._settings.limit_seconds):
                await self._transmit(mail, message.address)
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            return judge(error)
        return ACCEPTED

    async def probe(self) -> None:
        """Connect and sign in as for a message, and leave. Raises `SMTPException` or `OSError`: what is in the way."""
        client = self._client()
        try:
            async with asyncio.timeout(self._settings.limit_seconds):
                await client.connect()
                await _leave(client)
        finally:
            client.close()

    def _client(self) -> aiosmtplib.SMTP:
        settings = self._settings
        password = settings.password.get_secret_value() if settings.password else None
        return aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            username=settings.username,
            password=password,
            timeout=settings.timeout_seconds,
            use_tls=settings.tls == "tls",
            start_tls=settings.tls == "starttls",
            tls_context=self._tls,
        )

    async def _transmit(self, mail: EmailMessage, address: str) -> None:
        client = self._client()
        try:
            await client.connect()
            await client.send_message(mail, sender=self._settings.sender_address, recipients=[address])
            await _leave(client)
        finally:
            client.close()


async def _leave(client: aiosmtplib.SMTP) -> None:
    """Say goodbye. The message was taken; what happens now changes nothing."""
    try:
        await client.quit()
    except (aiosmtplib.SMTPException, OSError):
        return


def render(message: Message, sender: str) -> EmailMessage:
    """Return the mail. Raises `ValueError` for an address that is none."""
    document = message.document
    mail = EmailMessage(policy=SMTP_POLICY)
    mail["From"] = sender
    mail["To"] = message.address
    mail["Subject"] = document.subject or ""
    mail["Date"] = message.written_at
    mail["Message-ID"] = message.message_id
    if message.references:
        mail["In-Reply-To"] = message.references[-1]
        mail["References"] = " ".join(message.references)
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content("\n\n".join(part for part in (document.body, document.link) if part) + "\n")
    if len(mail["To"].addresses) != 1 or not mail["To"].addresses[0].domain:
        raise ValueError("not one address")
    return mail


def judge(error: Exception) -> Result:
    """Tell from a fault whether another try may help."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused) and error.recipients:
        error = error.recipients[0]
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return Result("permanent" if _is_final(error) else "transient", f"smtp_{error.code}")
    if isinstance(error, aiosmtplib.SMTPNotSupported):
        return Result("transient", "not_supported")
    if isinstance(error, TimeoutError):
        return Result("transient", "timeout")
    if isinstance(error, aiosmtplib.SMTPServerDisconnected):
        return Result("transient", "disconnected")
    return Result("transient", "connection" if isinstance(error, OSError) else "protocol")


def _is_final(error: aiosmtplib.SMTPResponseException) -> bool:
    about_us = isinstance(
        error, aiosmtplib.SMTPConnectError | aiosmtplib.SMTPHeloError | aiosmtplib.SMTPAuthenticationError
    )
    return not about_us and 500 <= error.code < 600 and error.code not in CONFIGURATION


def _tls(settings: SmtpSettings) -> ssl.SSLContext | None:
    if settings.tls == "none":
        return None
    return ssl.create_default_context(cafile=str(settings.ca_file) if settings.ca_file else None)
