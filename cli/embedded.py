"""The embedded shape put together: PostgreSQL from a wheel, a broker, the three services, HTTP, the mail sink."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import httpx
from pydantic import SecretStr

from cli.http_server import HttpServer
from cli.instance import Instance, Note, Secrets
from cli.metrics import serve_metrics
from cli.run import own_builder, shelf_of, template_count
from compliance import shipped_knowledge
from services.foundation.background import in_thread
from services.foundation.brokers import Broker, EmbeddedBroker, LocalKafka
from services.foundation.database import Database
from services.foundation.kafka import create_topics
from services.foundation.migrations import migrate
from services.foundation.postgres import EmbeddedPostgres
from services.foundation.settings import KafkaSettings, MetricsSettings
from services.notifier.app import Notifier
from services.notifier.channels.sink import MailSink
from services.notifier.settings import NotifierSettings, SmtpSettings
from services.notifier.tracker_client import HttpTracker
from services.query_builder.app import Prepared, QueryBuilder, prepare_own
from services.query_builder.settings import BuilderSettings
from services.tracker import identity
from services.tracker.app import Tracker
from services.tracker.builder import HttpBuilder
from services.tracker.identity import UserRecord
from services.tracker.settings import TrackerSettings
from services.tracker.store import SYSTEM_SCOPE

BrokerName = Literal["embedded", "kafka"]
HOST = "127.0.0.1"
OPERATOR = "operator"


class Embedded:
    """Everything on one machine and one data folder. `start` and `stop` are each called once.

    Args:
        folder: where all data is.
        port: of the HTTP server; 0 lets the system choose.
        broker: librdkafka's built-in one, or Apache Kafka by plain Java.
        say: told what is being done, for people to read.
        postgres_settings: server settings on top of ours (tests only).
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int = 0,
        broker: BrokerName = "embedded",
        say: Callable[[str], None] = lambda _: None,
        postgres_settings: dict[str, str] | None = None,
    ) -> None:
        self.instance = Instance(folder)
        self.note: Note | None = None
        self._port, self._broker_name, self._say = port, broker, say
        self._postgres = EmbeddedPostgres(self.instance.folder / "postgres", postgres_settings)
        self._stack = AsyncExitStack()
        self.tracker: Tracker | None = None
        self.mail_sink: MailSink | None = None

    @property
    def secrets(self) -> Secrets:
        """The folder's secrets."""
        return self.instance.secrets()

    async def start(self) -> Note:
        """Start all parts, in the order in which they need each other.

        Raises:
            FolderInUse, PortTaken, PostgresFailed, BrokerFailed: what stands in the way; nothing is left running.
        """
        try:
            return await self._start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Stop all parts that were started, in the reverse order."""
        await self._stack.aclose()

    async def _start(self) -> Note:
        self.instance.acquire()
        self._stack.callback(self.instance.release)
        secrets = self.secrets
        server = HttpServer(HOST, self._port)
        port = server.bind()
        self._stack.push_async_callback(server.stop)
        self._say("starting PostgreSQL")
        await in_thread(self._start_postgres)
        self._say(f"starting the broker ({self._broker_name})")
        kafka = await self._start_broker()
        sink = self.mail_sink = MailSink(self.instance.folder / "mails")
        smtp_port = await sink.start()
        self._stack.push_async_callback(sink.stop)
        self._say("starting the services")
        prepared = prepare_own(BuilderSettings(), _now, shipped_knowledge())
        builder = await self._stack.enter_async_context(own_builder(prepared))
        tracker = self._make_tracker(secrets, kafka, sink, prepared, builder)
        await asyncio.gather(
            self._start_part(tracker),
            self._start_part(QueryBuilder(kafka, prepared.library, prepared.knowledge, _now)),
            self._start_notifier(secrets, kafka, tracker, port, smtp_port),
        )
        await self._operators(tracker, secrets)
        await server.start(tracker.web)
        self._stack.push_async_callback(server.stop)
        self._stack.callback(tracker.end_signals)
        self.note = Note(
            pid=os.getpid(),
            url=f"http://{HOST}:{port}",
            kafka=kafka.bootstrap_servers,
            durable=kafka.durable,
            smtp_port=smtp_port,
            operator_token=secrets.operator_token,
            coder_token=secrets.coder_token,
            compliance_token=secrets.compliance_token,
        )
        self.instance.announce(self.note)
        return self.note

    def _start_postgres(self) -> None:
        self._postgres.start()
        self._stack.callback(self._postgres.stop)
        migrate(
            self._postgres.dsn("cdi_owner"),
            tracker_password=self._postgres.password("cdi_tracker"),
            notifier_password=self._postgres.password("cdi_notifier"),
        )

    async def _start_broker(self) -> KafkaSettings:
        broker: Broker
        durable = self._broker_name == "kafka"
        broker = LocalKafka(self.instance.folder / "kafka") if durable else EmbeddedBroker()
        servers = await broker.start()
        self._stack.push_async_callback(broker.stop)
        kafka = KafkaSettings(bootstrap_servers=servers, durable=durable)
        await create_topics(kafka)
        return kafka

    def _make_tracker(
        self, secrets: Secrets, kafka: KafkaSettings, sink: MailSink, prepared: Prepared, builder: HttpBuilder
    ) -> Tracker:
        settings = TrackerSettings(
            chart_secret=SecretStr(secrets.chart_secret),
            payload_key=SecretStr(secrets.payload_key),
            service_token=SecretStr(secrets.service_token),
            host=HOST,
            port=self._port,
        )
        database = Database(self._postgres.dsn("cdi_tracker"), search_path="tracker", min_size=2, max_size=16)
        count = template_count(prepared)
        shelf = shelf_of(prepared)
        tracker = Tracker(settings, kafka, database, prepared.knowledge, templates=count, shelf=shelf, builder=builder)
        tracker.web.state.mail_sink = sink
        self.tracker = tracker
        return tracker

    async def _start_notifier(
        self, secrets: Secrets, kafka: KafkaSettings, tracker: Tracker, port: int, smtp_port: int
    ) -> None:
        database = Database(self._postgres.dsn("cdi_notifier"), search_path="notifier")
        await database.open()
        self._stack.push_async_callback(database.close)
        transport = httpx.ASGITransport(tracker.web)
        client = HttpTracker(f"http://{HOST}:{port}", secrets.service_token, transport=transport)
        await self._stack.enter_async_context(client)
        settings = NotifierSettings(public_url=f"http://{HOST}:{port}", smtp=_sink_settings(smtp_port))
        notifier = Notifier(settings, kafka=kafka, database=database, tracker=client, knowledge=shipped_knowledge())
        await serve_metrics(self._stack, MetricsSettings(), [tracker.figures, notifier.figures])
        await self._start_part(notifier)

    async def _start_part(self, part: Tracker | QueryBuilder | Notifier) -> None:
        self._stack.push_async_callback(part.stop)
        await part.start()

    async def _operators(self, tracker: Tracker, secrets: Secrets) -> None:
        """The commands on this machine act as the operator, in the role that each needs."""
        operator = UserRecord(id=OPERATOR, name="Operator of this machine", roles=("admin", "coder", "compliance"))
        async with tracker.office.database.transaction(SYSTEM_SCOPE) as conn:
            await identity.put_users(conn, [operator])
            await identity.store_token(conn, secrets.operator_token, OPERATOR, "admin")
            await identity.store_token(conn, secrets.coder_token, OPERATOR, "coder")
            await identity.store_token(conn, secrets.compliance_token, OPERATOR, "compliance")


def _sink_settings(port: int) -> SmtpSettings:
    """The built-in mail sink, whatever mail server the environment names."""
    return SmtpSettings(host=HOST, port=port, tls="none", username=None, password=None)


def _now() -> datetime:
    return datetime.now(UTC)
