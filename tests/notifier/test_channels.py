"""The mail server's word is read right, TLS is kept to, and the built-in sink shows what was sent."""

from __future__ import annotations

import ssl
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from aiosmtpd.smtp import AuthResult
from aiosmtplib import SMTPAuthenticationError
from pydantic import ValidationError

from schemas.check import MessageDocument
from services.notifier.channels.base import ACCEPTED, Message, Result
from services.notifier.channels.sink import MailSink
from services.notifier.channels.smtp import SmtpChannel
from services.notifier.settings import NotifierSettings, SmtpSettings
from tests.notifier.support import mail_server

DOCUMENT = MessageDocument(
    kind="notification", channel="email", subject="Documentation clarification", body="Größe <0.01 ✓",
    link="https://cdi.example.org/inbox",
)  # fmt: skip


def message(address: str = "ada.ferro@harbor.example", n: int = 1, **changes: Any) -> Message:
    values: dict[str, Any] = {
        "notification_id": UUID(int=n), "message_id": f"<{n}@harbor.example>", "references": (), "address": address,
        "document": DOCUMENT, "written_at": datetime(2026, 6, 9, 14, tzinfo=UTC),
    }  # fmt: skip
    return Message(**{**values, **changes})


def smtp(port: int, **changes: Any) -> SmtpSettings:
    return SmtpSettings(host="localhost", port=port, timeout_seconds=1, limit_seconds=2, **changes)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    key, crt = folder / "key.pem", folder / "crt.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(crt)],
        check=True, capture_output=True,
    )  # fmt: skip
    return key, crt


def server_context(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate[1], certificate[0])
    return context


@pytest.mark.asyncio
async def test_the_mail_arrives_word_for_word_with_its_link() -> None:
    async with mail_server() as (mails, port):
        assert await SmtpChannel(smtp(port)).send(message()) == ACCEPTED
    [mail] = mails.mails
    assert mail.get_content().split() == ["Größe", "<0.01", "✓", "https://cdi.example.org/inbox"]
    assert mail["Date"].datetime == datetime(2026, 6, 9, 14, tzinfo=UTC)


@pytest.mark.asyncio
async def test_mail_goes_over_starttls_with_sign_in(certificate: tuple[Path, Path]) -> None:
    def sign_in(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=(data.login, data.password) == (b"cdi", b"a-word"), handled=False)

    options = {
        "tls_context": server_context(certificate), "require_starttls": True, "auth_required": True,
        "authenticator": sign_in,
    }  # fmt: skip
    async with mail_server(**options) as (mails, port):
        right = smtp(port, tls="starttls", ca_file=certificate[1], username="cdi", password="a-word")
        assert await SmtpChannel(right).send(message()) == ACCEPTED
        wrong = smtp(port, tls="starttls", ca_file=certificate[1], username="cdi", password="other")
        assert await SmtpChannel(wrong).send(message()) == Result("transient", "smtp_535")
        await SmtpChannel(right).probe()
        with pytest.raises(SMTPAuthenticationError):
            await SmtpChannel(wrong).probe()
        open_text = smtp(port)
        assert await SmtpChannel(open_text).send(message()) == Result("transient", "smtp_530")
    assert len(mails.mails) == 1


@pytest.mark.asyncio
async def test_a_certificate_that_nobody_vouches_for_is_not_trusted(certificate: tuple[Path, Path]) -> None:
    async with mail_server(tls_context=server_context(certificate)) as (mails, port):
        result = await SmtpChannel(smtp(port, tls="starttls")).send(message())
    assert result.outcome == "transient"
    assert not mails.mails


@pytest.mark.asyncio
async def test_where_starttls_is_asked_for_nothing_is_sent_without_it() -> None:
    async with mail_server() as (mails, port):
        result = await SmtpChannel(smtp(port, tls="starttls")).send(message())
    assert result.outcome == "transient"
    assert not mails.mails


@pytest.mark.parametrize(
    "changes",
    [
        {"host": "mail.harbor.example", "username": "cdi", "password": "a-word"},
        {"username": "cdi"},
        {"sender": "nobody"},
        {"timeout_seconds": 0},
    ],
)
def test_settings_that_cannot_work_or_leak_a_password_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SmtpSettings(**changes)


def test_a_lease_must_outlast_a_message() -> None:
    with pytest.raises(ValidationError, match="lease_seconds"):
        NotifierSettings(lease_seconds=10, smtp=SmtpSettings(limit_seconds=30))


@pytest.mark.parametrize("url", ["https://cdi.example.org", "https://cdi.example.org/"])
def test_every_message_links_to_the_inbox_alone(url: str) -> None:
    assert NotifierSettings(public_url=url).inbox_url == "https://cdi.example.org/inbox"


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDI_QUERY_SMTP_HOST", "mail.harbor.example")
    monkeypatch.setenv("CDI_QUERY_SMTP_TLS", "tls")
    monkeypatch.setenv("CDI_QUERY_NOTIFIER_SENDERS", "9")
    settings = NotifierSettings()
    assert (settings.smtp.host, settings.smtp.tls, settings.senders) == ("mail.harbor.example", "tls", 9)


@pytest.mark.asyncio
async def test_the_sink_shows_the_newest_mails_first_and_keeps_no_more_than_it_should(tmp_path: Path) -> None:
    ticks = iter(range(100))
    sink = MailSink(tmp_path / "mails", keep=3, now=lambda: datetime(2026, 6, 9, tzinfo=UTC) + timedelta(next(ticks)))
    channel = SmtpChannel(smtp(await sink.start()))
    for n in range(5):
        assert await channel.send(message(n=n)) == ACCEPTED
    await sink.stop()
    assert [mail.message_id for mail in sink.mails()] == [
        "<4@harbor.example>",
        "<3@harbor.example>",
        "<2@harbor.example>",
    ]
    newest = sink.mails(1)[0]
    assert newest.recipient == "ada.ferro@harbor.example"
    assert "Größe <0.01 ✓" in newest.body
    assert newest.received_at == datetime(2026, 6, 13, tzinfo=UTC)


@pytest.mark.asyncio
async def test_the_sink_finds_its_mails_again_after_a_restart(tmp_path: Path) -> None:
    for n in range(2):
        sink = MailSink(tmp_path, keep=2)
        await SmtpChannel(smtp(await sink.start())).send(message(n=n))
        await sink.stop()
    sink = MailSink(tmp_path, keep=2)
    assert len(sink.mails()) == 2
    await SmtpChannel(smtp(await sink.start())).send(message(n=2))
    await sink.stop()
    assert len(sink.mails()) == 2


@pytest.mark.parametrize("name", ["../passwords.eml", "/etc/passwd", "none.eml", "mail.txt"])
def test_the_sink_reads_nothing_but_its_mails(tmp_path: Path, name: str) -> None:
    (tmp_path / "passwords.eml").write_text("secret")
    (tmp_path / "mails").mkdir()
    (tmp_path / "mails" / "mail.txt").write_text("secret")
    assert MailSink(tmp_path / "mails").read(name) is None


@pytest.mark.asyncio
async def test_the_sink_listens_on_loopback_alone(tmp_path: Path) -> None:
    sink = MailSink(tmp_path)
    await sink.start()
    assert sink._server is not None
    assert [each.getsockname()[0] for each in sink._server.sockets] == ["127.0.0.1"]
    await sink.stop()
