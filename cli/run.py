"""`cdi-query run`, `migrate`, `topics`: the services alone, on a real Kafka and PostgreSQL, from the environment."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Annotated

import httpx
import typer
from aiokafka.errors import KafkaError
from psycopg import OperationalError
from pydantic import SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from cli.http_server import HttpServer, PortTaken
from cli.metrics import serve_metrics
from compliance import shipped_knowledge
from evidence.faults import LibraryError
from schemas.events import describe
from services.foundation.database import Database
from services.foundation.kafka import create_topics
from services.foundation.migrations import migrate as run_migrations
from services.foundation.settings import DatabaseSettings, KafkaSettings, MetricsSettings
from services.foundation.telemetry import configure_logging
from services.notifier.app import Notifier
from services.notifier.settings import NotifierSettings
from services.notifier.tracker_client import HttpTracker
from services.query_builder.app import Prepared, QueryBuilder, prepare_own
from services.query_builder.settings import BuilderSettings
from services.query_builder.web import create_app as preview_app
from services.tracker.app import Tracker
from services.tracker.builder import HttpBuilder
from services.tracker.settings import TrackerSettings
from services.tracker.shelf import Card, Refused, Shelf
from services.tracker.sign_on.settings import OidcSettings
from services.tracker.status import TemplateCount

run_app = typer.Typer(help="Run one service against a real Kafka and PostgreSQL, configured by environment.")
topics_app = typer.Typer(help="Create the topics on a real Kafka.")


class MigrationSettings(BaseSettings):
    """What the migration job needs: the owner's URL and the passwords of the two application roles."""

    model_config = SettingsConfigDict(env_prefix="CDI_QUERY_", frozen=True, extra="ignore")

    owner_url: SecretStr
    tracker_db_password: SecretStr
    notifier_db_password: SecretStr


def _now() -> datetime:
    return datetime.now(UTC)


def variables(error: ValidationError) -> str:
    """Return how the environment variables begin whose settings did not fit."""
    part = error.title.removesuffix("Settings").upper()
    return "CDI_QUERY_*" if part in ("MIGRATION", "BUILDER") else f"CDI_QUERY_{part}_*"


def _settings_or_exit(make: Callable[[], None]) -> None:
    """Run a service; settings that are missing or wrong end it with one line that names them."""
    try:
        make()
    except ValidationError as error:
        typer.echo(f"settings {variables(error)}: {describe(error)}; deploy/README.md explains each", err=True)
        raise typer.Exit(2) from None
    except (LibraryError, PortTaken) as error:
        typer.echo(f"run: {error}", err=True)
        raise typer.Exit(2) from None
    except PartEnded:
        typer.echo("run: a part of the service ended by itself, see the log; start it again", err=True)
        raise typer.Exit(1) from None


Parts = Sequence[asyncio.Task[None]]


async def _until_stopped(start: Callable[[AsyncExitStack], Awaitable[Parts]]) -> None:
    """Run a service until a signal, or until one of its parts has ended by itself: then whoever watches restarts it."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    async with AsyncExitStack() as stack:
        starting = asyncio.ensure_future(start(stack))
        waiting = asyncio.create_task(stopping.wait())
        await asyncio.wait({starting, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if not starting.done():
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
            return
        await asyncio.wait({waiting, *starting.result()}, return_when=asyncio.FIRST_COMPLETED)
        if not stopping.is_set():
            raise PartEnded


class PartEnded(Exception):
    """A loop of the service ended by itself; the log says which and why."""


@run_app.callback()
def _logging(plain: Annotated[bool, typer.Option("--plain", help="Log for people instead of JSON.")] = False) -> None:
    configure_logging(json=not plain, level=os.environ.get("CDI_QUERY_LOG_LEVEL", "INFO"))


def _templates() -> Prepared:
    """The builder composes from them; the tracker judges by the same knowledge before it shows a text."""
    return prepare_own(BuilderSettings(), _now, shipped_knowledge())


def template_count(prepared: Prepared) -> TemplateCount:
    """Return how many templates are in use and how many are refused, for the status."""
    return TemplateCount(
        in_use=len(prepared.library.templates), refused=len({one.template_id for one in prepared.library.refused})
    )


def shelf_of(prepared: Prepared) -> Shelf:
    """Return the library as its governors see it."""
    cards = [
        Card(
            template_id=one.id,
            version=one.front.version,
            title=one.front.title,
            status=one.front.governance.status,
            owner=one.front.governance.owner,
            approved_by=tuple(f"{by.name} ({by.area})" for by in one.front.governance.approved_by),
            approved_on=one.front.governance.approved_on,
            review_by=one.front.governance.review_by,
        )
        for one in prepared.library.templates.values()
    ]
    return Shelf(tuple(cards), tuple(Refused(one.template_id, str(one)) for one in prepared.library.refused))


def own_builder(prepared: Prepared) -> HttpBuilder:
    """Return a query builder for previews inside this process, which knows the templates anyway."""
    token = secrets.token_urlsafe(32)
    # A fault in composing is an answer like any other: the form goes on without its preview.
    transport = httpx.ASGITransport(preview_app(prepared, token), raise_app_exceptions=False)
    return HttpBuilder("http://builder.invalid", token, transport=transport)


def builder_for(settings: TrackerSettings, prepared: Prepared) -> HttpBuilder:
    """Return the query builder that the settings name, else one inside this process."""
    if settings.builder_url is None:
        return own_builder(prepared)
    return HttpBuilder(settings.builder_url, settings.service_token.get_secret_value())


@run_app.command("query-builder")
def query_builder() -> None:
    """Compose and check: cdi.query-requests.v1 in, cdi.queries.v1 out. Stateless, no database."""

    def make() -> None:
        settings, kafka, figures, prepared = BuilderSettings(), KafkaSettings(), MetricsSettings(), _templates()
        service = QueryBuilder(kafka, prepared.library, prepared.knowledge, _now)
        token = settings.builder_token

        async def start(stack: AsyncExitStack) -> Parts:
            if token is not None:
                server = HttpServer(settings.builder_host, settings.builder_port)
                server.bind()
                stack.push_async_callback(server.stop)
                await server.start(preview_app(prepared, token.get_secret_value()))
            await serve_metrics(stack, figures)
            stack.push_async_callback(service.stop)
            await service.start()
            return ()

        asyncio.run(_until_stopped(start))

    _settings_or_exit(make)


@run_app.command("tracker")
def tracker() -> None:
    """Decide: gaps, encounters and answers in; requests, status and chart events out; API and pages."""

    def make() -> None:
        settings, kafka, database = TrackerSettings(), KafkaSettings(), DatabaseSettings()
        sign_on, figures = OidcSettings(), MetricsSettings()
        prepared = _templates()
        pool = Database(
            database.url.get_secret_value(),
            search_path="tracker",
            min_size=database.pool_min_size,
            max_size=database.pool_max_size,
        )

        async def start(stack: AsyncExitStack) -> Parts:
            builder = await stack.enter_async_context(builder_for(settings, prepared))
            count = template_count(prepared)
            service = Tracker(
                settings,
                kafka,
                pool,
                prepared.knowledge,
                templates=count,
                shelf=shelf_of(prepared),
                builder=builder,
                sign_on=sign_on,
            )
            server = HttpServer(settings.host, settings.port)
            server.bind()
            stack.push_async_callback(service.stop)
            stack.push_async_callback(server.stop)
            stack.callback(service.end_signals)
            await server.start(service.web)
            await serve_metrics(stack, figures, [service.figures])
            await service.start()
            return service.parts

        asyncio.run(_until_stopped(start))

    _settings_or_exit(make)


@run_app.command("notifier")
def notifier() -> None:
    """Notify: status events in; mail out; ladder of reminders and escalations."""

    def make() -> None:
        settings, kafka, database = NotifierSettings(), KafkaSettings(), DatabaseSettings()
        figures = MetricsSettings()
        token = settings.tracker_token
        if token is None:
            typer.echo("run: set CDI_QUERY_NOTIFIER_TRACKER_TOKEN to the tracker's service token", err=True)
            raise typer.Exit(2)

        async def start(stack: AsyncExitStack) -> Parts:
            pool = Database(
                database.url.get_secret_value(),
                search_path="notifier",
                min_size=database.pool_min_size,
                max_size=database.pool_max_size,
            )
            await pool.open()
            stack.push_async_callback(pool.close)
            client = await stack.enter_async_context(HttpTracker(settings.tracker_url, token.get_secret_value()))
            service = Notifier(settings, kafka=kafka, database=pool, tracker=client, knowledge=shipped_knowledge())
            await serve_metrics(stack, figures, [service.figures])
            stack.push_async_callback(service.stop)
            await service.start()
            return service.parts

        asyncio.run(_until_stopped(start))

    _settings_or_exit(make)


def migrate() -> None:
    """Bring the database to this version's schema (run once per release, before the services).

    Environment: CDI_QUERY_OWNER_URL, CDI_QUERY_TRACKER_DB_PASSWORD, CDI_QUERY_NOTIFIER_DB_PASSWORD.
    """

    def make() -> None:
        settings = MigrationSettings()
        run_migrations(
            settings.owner_url.get_secret_value(),
            tracker_password=settings.tracker_db_password.get_secret_value(),
            notifier_password=settings.notifier_db_password.get_secret_value(),
        )

    try:
        _settings_or_exit(make)
    except OperationalError:
        typer.echo("migrate: PostgreSQL does not answer or refuses the owner; check CDI_QUERY_OWNER_URL", err=True)
        raise typer.Exit(3) from None
    typer.echo("migrate: the database is at this version's schema")


@topics_app.command("create")
def create(
    partitions: Annotated[int, typer.Option(min=1, help="Partitions of each topic.")] = 6,
    replication: Annotated[int, typer.Option(min=1, help="Replicas of each topic.")] = 1,
) -> None:
    """Create the topics that are missing, with their size limits. What exists is left alone."""

    def make() -> None:
        made = asyncio.run(create_topics(KafkaSettings(), partitions=partitions, replication=replication))
        typer.echo(f"topics: {len(made)} created" if made else "topics: all there already")

    try:
        _settings_or_exit(make)
    except (KafkaError, OSError) as error:
        typer.echo(f"topics: Kafka does not answer or refuses ({type(error).__name__})", err=True)
        raise typer.Exit(3) from None


@topics_app.callback()
def _topics() -> None:
    """Topics of cdi-query."""
