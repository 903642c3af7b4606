"""Server-sent events (WHATWG HTML §9.2): listeners who are told what is new until they go, may no longer, or we end."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NamedTuple

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send

from domain.errors import Refused

log = logging.getLogger("lifecycle.api")
PAUSE = 0.5
"""Seconds between two looks; a listener holds no thread and no connection to the database while it waits."""
HEARTBEAT = 15.0
SENDING = 20.0
"""Seconds in which a listener must take what it is sent, or is cut off."""
TRY_AGAIN = b"retry: 1000\n\n"


class TooManyListeners(Refused):
    """As many listen to the feed as this process serves; ask for pages of it, or come again later."""

    zh = "同时监听的人数已满，请改用分页查询或稍后再来。"
    sort = "conflict"


class Event(NamedTuple):
    """`data` is one line: JSON has no other line breaks."""

    id: int
    data: bytes


class Told(NamedTuple):
    """The next events, and the position up to which everything was looked at: what is left out counts as seen."""

    events: Sequence[Event]
    seen: int


Tell = Callable[[int], Told]


class Listening:
    """`ending`: every listener is let go at its next look; each comes back with the last id it saw."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.now = 0
        self.ending = False

    def stream(self, request: Request, after: int, tell: Tell) -> Response:
        """Raises TooManyListeners."""
        if self.now >= self.most:
            raise TooManyListeners
        return Stream(self, after, tell)


class Stream(Response):
    """One listener's events."""

    def __init__(self, listening: Listening, after: int, tell: Tell) -> None:
        super().__init__(media_type="text/event-stream")
        del self.headers["content-length"]
        self.headers["x-accel-buffering"] = "no"
        self._listening = listening
        self._after = after
        self._tell = tell

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        gone = asyncio.ensure_future(self._gone(receive))
        self._listening.now += 1
        try:
            async with asyncio.timeout(SENDING):
                await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            await self._send(send, TRY_AGAIN)
            with suppress(Refused):  # signed out, or the role may no longer: the next request will be told so
                await self._go_on(send, gone)
            async with asyncio.timeout(SENDING):
                await send({"type": "http.response.body", "body": b": end\n\n"})
        except TimeoutError:
            log.warning("a listener took nothing for %.0f s and was cut off", SENDING)
        finally:
            self._listening.now -= 1
            gone.cancel()

    async def _go_on(self, send: Send, gone: "asyncio.Future[None]") -> None:
        """Whole requests at a time: what one look found is sent in one piece."""
        beaten = time.monotonic()
        while not gone.done() and not self._listening.ending:
            told = await run_in_threadpool(self._tell, self._after)
            if told.seen > self._after:
                await self._send(send, b"".join(written(told)))
                self._after, beaten = told.seen, time.monotonic()
                continue
            if time.monotonic() - beaten > HEARTBEAT:
                await self._send(send, b": still here\n\n")
                beaten = time.monotonic()
            await asyncio.wait((gone,), timeout=PAUSE)

    @staticmethod
    async def _send(send: Send, body: bytes) -> None:
        async with asyncio.timeout(SENDING):
            await send({"type": "http.response.body", "body": body, "more_body": True})

    @staticmethod
    async def _gone(receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass


def written(told: Told) -> list[bytes]:
    """An id alone moves a listener on past what was left out, and is no event to it."""
    lines = [b"id: %d\nevent: entry\ndata: %b\n\n" % (event.id, event.data) for event in told.events]
    if not told.events or told.events[-1].id < told.seen:
        lines.append(b"id: %d\n\n" % told.seen)
    return lines
