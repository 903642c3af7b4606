"""What every answer bears, whatever made it, and how many requests one process works on at once."""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI, Request, Response
from starlette.types import Message, Receive, Scope, Send

HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    (b"cache-control", b"no-store"),
)
"""Where an answer says its own (a file, a page), that stands."""
OVER_TLS = ((b"strict-transport-security", b"max-age=31536000; includeSubDomains"),)
"""Besides, whoever ends TLS: we, or the proxy that says so. In clear it would be ignored (RFC 6797 §8.1)."""
ALWAYS = frozenset(("/livez", "/readyz", "/metrics"))
"""What is answered also when too much is being done: whoever watches must not take a busy service for a dead one."""


LONGEST_ADDRESS = 8_000
"""Bytes of path and query (RFC 9110 §4.1 asks for no more): each of the routes would look at all of it."""


class Fronted(FastAPI):
    """`most`: requests worked on at once, above which one more hears `crowded`. Whoever waits for their client's bytes,
    in or out, or for a position that the answers have not reached, is not worked on: they take nobody's place."""

    most: int = 100
    working: int = 0
    crowded: Callable[[Request], Response]
    ambiguous: Callable[[Request], Response]
    too_long: Callable[[Request], Response]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return

        scope["app"] = self
        if {b"content-length", b"transfer-encoding"} <= {name for name, _ in scope["headers"]}:
            await self.ambiguous(Request(scope))(scope, receive, bearing_headers(send, scope))
            return
        if len(scope["raw_path"]) + len(scope["query_string"]) > LONGEST_ADDRESS:
            await self.too_long(Request(scope))(scope, receive, bearing_headers(send, scope))
            return
        if self.working >= self.most and scope["path"] not in ALWAYS:
            await self.crowded(Request(scope))(scope, receive, bearing_headers(send, scope))
            return
        scope["place"] = place = Place(self)
        try:
            await super().__call__(scope, place.aside(receive), bearing_headers(place.aside(send), scope))
        finally:
            place.leave()

    async def within(self, scope: Scope, receive: Receive, send: Send) -> None:
        """What a page asks while it holds its place (`scope["place"]`): another would make a full house wait for itself."""
        await super().__call__(scope, receive, send)


class Place:
    """One request among those worked on, except while it waits."""

    def __init__(self, app: Fronted) -> None:
        self._app = app
        self._waits = 0
        app.working += 1

    def leave(self) -> None:
        self._app.working -= self._waits == 0

    def aside(self, wait: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def waiting(*arguments: Any) -> Any:
            self._app.working -= self._waits == 0
            self._waits += 1
            try:
                return await wait(*arguments)
            finally:
                self._waits -= 1
                self._app.working += self._waits == 0

        return waiting


def bearing_headers(send: Send, scope: Scope) -> Send:
    """Adds what the answer does not say itself."""
    ours = (*HEADERS, *OVER_TLS) if scope["scheme"] == "https" else HEADERS

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            said = {name.lower() for name, _ in message["headers"]}
            message["headers"] = [*message["headers"], *((n, v) for n, v in ours if n not in said)]
        await send(message)

    return sending
