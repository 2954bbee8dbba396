"""What open pages ask by themselves: signals that something changed, and how long the session still lasts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from services.tracker import identity
from services.tracker.api.access import office_of, session_of
from services.tracker.pages.session import SignedIn
from services.tracker.signals import Broadcaster, Listener
from services.tracker.store import SYSTEM_SCOPE

router = APIRouter(include_in_schema=False)
KEEP_ALIVE = 15.0
"""Seconds after which something is sent even if nothing happened, so that nobody between us hangs up."""
SLOW = 10.0
"""Seconds that a reader may take to accept a few bytes."""
RETRY = b"retry: 3000\n\n"
ENDED = b"event: ended\ndata: session\n\n"
BREATH = b": \n\n"


class SignalStream(Response):
    """Server-sent events that carry only names. Ends with the session, with the reader, and at a shutdown.

    Args:
        broadcaster: tells what changed.
        lives: whether the session goes on; asked every `KEEP_ALIVE` seconds, and never what keeps it alive.
    """

    def __init__(self, broadcaster: Broadcaster, lives: Callable[[], Awaitable[bool]]) -> None:
        super().__init__(
            media_type="text/event-stream", headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        )
        del self.headers["content-length"]
        self._broadcaster, self._lives = broadcaster, lives

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until somebody ends it."""
        with self._broadcaster.listening() as listener:
            leaving = asyncio.create_task(_until_gone(receive, listener))
            try:
                await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
                await self._tell(listener, send)
                await _write(send, b"", more=False)
            except TimeoutError:
                # A reader that takes nothing is dropped: the server closes a response that never ended.
                return
            finally:
                leaving.cancel()

    async def _tell(self, listener: Listener, send: Send) -> None:
        await _write(send, RETRY)
        asked = time.monotonic()
        while True:
            names = await listener.hear(KEEP_ALIVE)
            if listener.closed:
                return
            if time.monotonic() - asked >= KEEP_ALIVE:
                if not await self._lives():
                    await _write(send, ENDED)
                    return
                asked = time.monotonic()
            await _write(send, f"event: changed\ndata: {' '.join(sorted(names))}\n\n".encode() if names else BREATH)


async def _write(send: Send, body: bytes, *, more: bool = True) -> None:
    async with asyncio.timeout(SLOW):
        await send({"type": "http.response.body", "body": body, "more_body": more})


async def _until_gone(receive: Receive, listener: Listener) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    listener.close()


async def _left(request: Request) -> int | None:
    """Return the seconds that the session lasts if nobody does anything, or None if it has ended."""
    office = office_of(request)
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        return await identity.session_left(conn, session_of(request) or "", office.clock())


@router.get("/signals")
async def signals(request: Request) -> Response:
    """Tell names of what changed, until the session ends."""

    async def lives() -> bool:
        return await _left(request) is not None

    if not await lives():
        # A refusal would let the browser give up in silence; this lets the page go to the sign-in.
        return Response(RETRY + ENDED, media_type="text/event-stream")
    return SignalStream(request.app.state.signals, lives)


@router.get("/session")
async def session(request: Request) -> Response:
    """Tell how long the session still lasts. Asking does not make it longer."""
    left = await _left(request)
    return _told({"seconds_left": left or 0}, 401 if left is None else 200)


@router.post("/session/stay")
async def stay(request: Request, _: SignedIn) -> Response:
    """Somebody is there, although the page needs nothing from here: they write, or read."""
    return _told({"seconds_left": await _left(request) or 0}, 200)


def _told(body: Mapping[str, int], status: int) -> Response:
    return JSONResponse(body, status, headers={"Cache-Control": "no-store"})
