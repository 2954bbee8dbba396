"""Serving the figures of a process, where the settings open a port for them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack

from cli.http_server import HttpServer
from services.foundation import background
from services.foundation.metrics import MetricsApp, Source, watch_loop
from services.foundation.settings import MetricsSettings


async def serve_metrics(stack: AsyncExitStack, settings: MetricsSettings, sources: Sequence[Source] = ()) -> None:
    """Serve figures until the stack is closed; without a port, do nothing. Raises `PortTaken`."""
    if settings.port is None:
        return
    server = HttpServer(settings.host, settings.port)
    server.bind()
    stack.push_async_callback(server.stop)
    await server.start(MetricsApp(sources, settings.token.get_secret_value() if settings.token else None))
    stack.push_async_callback(background.cancel, [background.start("loop-lag", watch_loop())])
