"""Connections that keep nobody waiting: whoever opens one asks soon, or is cut off."""

import asyncio
import socket
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEADERS_DEADLINE = 20.0
"""Seconds in all for a request's headers to arrive, from the connection's start or the end of the answer before."""
MOST_HEADERS = 16_384
"""Bytes of a request before its body: more is refused (400) before it is taken apart, which costs microseconds a header."""
MOST_UNHEARD = 2_097_152
"""Bytes of a request that may still come once it is answered: after a little more the next request is heard, after a lot the
line is cut."""
LEAST = 65_536
"""Bytes of an answer that a client takes in that time at least, while it is still on its way."""
GONE = 60.0
"""Seconds after which a peer that acknowledges nothing is given up (TCP_USER_TIMEOUT, where the system has it)."""


def cut_when_gone(transport: asyncio.Transport) -> None:
    """A half-open connection is none: the system's own patience is a quarter of an hour."""
    connection = transport.get_extra_info("socket")
    option = getattr(socket, "TCP_USER_TIMEOUT", None)
    if connection is not None and option is not None and connection.family in (socket.AF_INET, socket.AF_INET6):
        connection.setsockopt(socket.IPPROTO_TCP, option, int(GONE * 1_000))


class Hurried(H11Protocol):
    """uvicorn waits for headers for ever, and takes any number: a thousand connections that drip would take every file
    descriptor, and thousands of headers everybody's time."""

    _deadline: asyncio.TimerHandle | None = None
    _unheard = 0
    """Bytes of this request that came after its answer."""
    _left = 0
    """Bytes of the answer before that were still to be sent when the clock was set."""

    def __init__(self, *asked: Any, **named: Any) -> None:
        super().__init__(*asked, **named)
        self.conn = h11.Connection(h11.SERVER, MOST_HEADERS)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn declares it
        super().connection_made(transport)
        cut_when_gone(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        answered = self.cycle is not None and self.cycle.response_complete
        self._unheard = self._unheard + len(data) if answered and self.conn.their_state is h11.SEND_BODY else 0
        if self._unheard > MOST_UNHEARD:
            self.transport.abort()
            return
        while data and self.conn.their_state is h11.IDLE and not self.transport.is_closing():
            room = MOST_HEADERS + 1 - len(self.conn.trailing_data[0])  # h11 refuses more only where it is not whole
            super().data_received(data[:room])
            data = data[room:]
        if data and not self.transport.is_closing():
            super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._rest()

    def _watch(self) -> None:
        """The clock runs while no request is being answered; what drips in does not set it back."""
        if self.cycle is not None and not self.cycle.response_complete:
            self._rest()
        elif self._deadline is None and not self.transport.is_closing():
            self._left = self.transport.get_write_buffer_size()
            self._deadline = self.loop.call_later(HEADERS_DEADLINE, self._expire)

    def _expire(self) -> None:
        """An answer is complete for us before a slow line has carried it: whoever is still taking it is not late."""
        self._deadline = None
        taken = self._left - self.transport.get_write_buffer_size()
        if self._left and taken >= min(LEAST, self._left):
            self._watch()
        else:
            self.transport.abort()

    def _rest(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
