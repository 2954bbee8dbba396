"""Serving an ASGI application by uvicorn inside our own event loop, with our own signal handling."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp


class PortTaken(Exception):
    """Something else listens on the port."""


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the command that runs everything."""
        yield


class HttpServer:
    """Serves an application on a host and port; port 0 lets the system choose. The port is taken before it starts."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._server: _Server | None = None
        self._task: asyncio.Task[None] | None = None
        self._socket: socket.socket | None = None

    def bind(self) -> int:
        """Take the port and return it. Raises `PortTaken`."""
        bound = socket.socket(socket.AF_INET6 if ":" in self._host else socket.AF_INET, socket.SOCK_STREAM)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((self._host, self._port))
        except OSError:
            bound.close()
            raise PortTaken(f"port {self._port} on {self._host} is taken; set PORT to another one") from None
        self._socket = bound
        return int(bound.getsockname()[1])

    async def start(self, app: ASGIApp) -> None:
        """Serve until `stop`; returns once requests are taken."""
        assert self._socket is not None, "bind first"
        self._server = _Server(_config(app, self._host, self._port))
        self._task = asyncio.create_task(self._server.serve(sockets=[self._socket]), name="http")
        while not self._server.started:
            if self._task.done():
                self._task.result()
                raise RuntimeError("the HTTP server ended before it served anything")
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        """Finish open requests, then stop."""
        if self._task is not None and self._server is not None:
            self._server.should_exit = True
            await self._task
            self._task = None
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _config(app: ASGIApp, host: str, port: int) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=5,
        timeout_keep_alive=30,
    )
