"""What a page asks of the service: questions and commands of the API, in its reader's name, answered by their own routes.

A page reads no ledger and no read model. What its reader may not ask for, it cannot show (docs/decisions/0021).
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any, cast
from urllib.parse import quote, urlencode

from fastapi import Request
from pydantic_core import from_json, to_json
from starlette.types import Message

from api.access.sessions import COOKIE, FORM_TOKEN, SAFE, brought, form_token, origin_of
from api.fronted import Fronted
from api.locale import Language

Params = Mapping[str, str | int | bool | None]
PARTS = ("type", "asgi", "http_version", "scheme", "client", "server", "place")
PASSED_ON = (b"host", b"user-agent", b"sec-fetch-site")


@dataclass
class Heard:
    """An answer as the route gave it."""

    status: int = 500
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""

    def json(self) -> Any:
        return from_json(self.body) if self.body else None

    def cookies(self) -> list[bytes]:
        return [value for name, value in self.headers if name == b"set-cookie"]

    def token(self) -> str | None:
        """The session's new token, where the answer brings one."""
        jar = SimpleCookie("; ".join(c.decode("latin-1").partition(";")[0] for c in self.cookies()))
        return jar[COOKIE].value if COOKIE in jar else None

    def header(self, wanted: str) -> str | None:
        return next((value.decode("latin-1") for name, value in self.headers if name == wanted.encode()), None)


class Told(Exception):
    """The service refused, in the words of its problem details: `problem` is an api.rest.problems.Problem, as JSON."""

    def __init__(self, heard: Heard) -> None:
        super().__init__(heard.status)
        self.status = heard.status
        self.retry_after = heard.header("retry-after")
        found = heard.json()
        self.problem: dict[str, Any] = found if isinstance(found, dict) else {}

    @classmethod
    def again(cls, status: int, answer: Any) -> "Told":
        """What the API refused some time ago."""
        return cls(Heard(status, body=to_json(answer)))

    @property
    def detail(self) -> str:
        return str(self.problem.get("detail", ""))

    @property
    def mistakes(self) -> list[dict[str, Any]]:
        return list(self.problem.get("errors", ()))


class Api:
    """The API as the page's reader hears it, in their language."""

    def __init__(self, request: Request, language: Language, declared: str | None) -> None:
        self._outer = request
        self._headers = [(name, value) for name, value in request.scope["headers"] if name in PASSED_ON]
        self._headers.append((b"accept-language", language.encode()))
        self._origin = (request.headers.get("origin") or origin_of(request, declared)).encode("latin-1")
        self.token = brought(request)
        """The session's, as this visit has it now: signing in renews it."""

    async def get(self, path: str, **params: str | int | bool | None) -> Any:
        """The answer's JSON. Raises Told."""
        return (await self.send("GET", path, params)).json()

    async def post(
        self, path: str, body: Any, *, key: str | None = None, match: str | None = None, **params: str | int | bool | None
    ) -> Any:
        """The answer's JSON; `key`: the Idempotency-Key, `match`: the last entry that was seen. Raises Told."""
        return (await self.send("POST", path, params, body, key=key, match=match)).json()

    async def send(
        self,
        method: str,
        path: str,
        params: Params | None = None,
        body: Any = None,
        *,
        key: str | None = None,
        match: str | None = None,
        prefer: str | None = None,
    ) -> Heard:
        """Raises Told. A parameter of None is left out."""
        headers = self._bearing(method, path)
        sent = b""
        if body is not None:
            sent = to_json(body)
            headers += [(b"content-type", b"application/json"), (b"content-length", str(len(sent)).encode())]
        if key is not None:
            headers.append((b"idempotency-key", key.encode("ascii", "replace")))
        if match is not None:
            headers.append((b"if-match", match.encode("ascii", "replace")))
        if prefer is not None:
            headers.append((b"prefer", prefer.encode("ascii", "replace")))
        return await self._heard(method, path, params or {}, headers, whole(sent))

    async def upload(self, path: str, media_type: str, pieces: AsyncIterator[bytes], **params: str) -> Any:
        """A file as the raw body, passed on as it comes; the answer's JSON. Raises Told."""
        headers = [*self._bearing("POST", path), (b"content-type", media_type.encode("latin-1", "replace"))]
        return (await self._heard("POST", path, params, headers, pieces)).json()

    def _bearing(self, method: str, path: str) -> list[tuple[bytes, bytes]]:
        """The reader's session, and for a change the proof that a page of ours asks for it."""
        headers = list(self._headers)
        if self.token is not None:
            headers.append((b"cookie", f"{COOKIE}={self.token}".encode("ascii", "replace")))
        if method not in SAFE:
            proof = form_token(self.token or "", method, path)
            headers += [(b"origin", self._origin), (FORM_TOKEN.lower().encode(), proof.encode())]
        return headers

    async def _heard(
        self, method: str, path: str, params: Params, headers: list[tuple[bytes, bytes]], body: AsyncIterator[bytes]
    ) -> Heard:
        heard = await self._call(method, path, params, headers, body)
        if heard.status >= 400:
            raise Told(heard)
        return heard

    async def _call(
        self, method: str, path: str, params: Params, headers: list[tuple[bytes, bytes]], body: AsyncIterator[bytes]
    ) -> Heard:
        outer, app = self._outer.scope, cast("Fronted", self._outer.app)
        query = urlencode({name: _written(value) for name, value in params.items() if value is not None})
        scope = {name: outer[name] for name in PARTS if name in outer}
        scope |= {"method": method, "path": path, "raw_path": quote(path).encode(), "query_string": query.encode()}
        scope |= {"root_path": "", "headers": headers, "state": {}, "page": True}
        heard, ended = Heard(), False

        async def receive() -> Message:
            nonlocal ended
            if ended:
                return {"type": "http.disconnect"}
            piece = await anext(body, None)
            ended = piece is None
            return {"type": "http.request", "body": piece or b"", "more_body": not ended}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                heard.status, heard.headers = message["status"], list(message["headers"])
            else:
                heard.body += message.get("body", b"")

        await app.within(scope, receive, send)
        return heard


async def whole(body: bytes) -> AsyncIterator[bytes]:
    yield body


def _written(value: str | int | bool | None) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
