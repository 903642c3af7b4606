"""Every route says which action it is, or cannot be made; what the role table does not list is refused."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Annotated, Any, Literal, cast, get_args

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from api.access.noting import note_done
from api.access.sessions import address_of, came, finished
from api.access.strict import MOST_BYTES, NotJson, TooLarge, checked, printable
from api.services import Services
from domain.command import Action
from domain.entry import Actor
from domain.errors import NotFound, NotPermitted, Refused
from domain.permissions import EVERY, READING, allows
from store.security_log import Event
from store.sessions import Session

READ_DEADLINE = 30.0
"""Seconds in all for a request's body to arrive."""
QUICKLY_CHECKED = 16_384
"""Bytes up to which a body is checked on the spot; a larger one may take long enough to keep others waiting."""
Open = Literal["public", "session", "page"]
Declared = Action | Open
"""`session`: whoever has one may ask, about nothing but their own account and sessions; `page`: the questions and commands
behind a page are asked in its reader's own name, each by its own route (api.pages.asking)."""
OPEN: tuple[Open, ...] = get_args(Open)


class NotSignedIn(Refused):
    """Sign in first (POST /session), or send a valid token (Authorization: Bearer …)."""

    zh = "请先登录（POST /session），或出示有效令牌（Authorization: Bearer …）。"
    sort = "forbidden"


class UnknownParameter(Refused):
    """This question does not take such a parameter."""

    zh = "此查询没有这个参数。"
    sort = "invalid"


class BadParameter(Refused):
    """A parameter stands twice, or holds characters that no record can hold."""

    zh = "查询参数重复，或含有不能入账的字符。"
    sort = "invalid"


class TooMany(Refused):
    """Too many requests from this account or address; wait as long as Retry-After says."""

    zh = "该账号或该地址请求过多，请按 Retry-After 所示时间稍后再试。"
    sort = "conflict"

    def __init__(self, wait: int) -> None:
        super().__init__()
        self.wait = wait


class TooSlow(Refused):
    """The body did not arrive in time."""

    zh = "请求体未在限时内送达。"
    sort = "invalid"


def asks(*actions: Declared) -> dict[str, Any]:
    """What a route passes as `openapi_extra` to declare its action; of several, the role needs one to come in."""
    declared = ",".join(actions)
    ways = {"public": (), "session": ("session",), "page": ("session",)}.get(declared, ("token", "session"))
    return {"x-action": declared} | ({"security": [{way: []} for way in ways]} if ways else {})


def body_of(schema: str) -> dict[str, Any]:
    """What a route that reads its body itself passes besides: the document describes the body by the name of its schema."""
    ref = {"$ref": f"#/components/schemas/{schema}"}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": ref}}}}


class Guarded(APIRoute):
    """Lets nobody in before the role table has been asked; refuses to exist without an action."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **kwargs: Any) -> None:
        declared = str((kwargs.get("openapi_extra") or {}).get("x-action", ""))
        names = [] if declared in OPEN else declared.split(",")
        if not set(names) <= {a.value for a in Action}:
            raise TypeError(f"the route {path} does not say which action it is")
        self.action = declared
        self.actions = tuple(Action(name) for name in names)
        """Empty for what is public, and for one's own session: saying so is the only way to be open."""
        self.noted: Event | None = (kwargs.get("openapi_extra") or {}).get("x-noted")
        super().__init__(path, endpoint, **kwargs)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        ignoring = (self.openapi_extra or {}).get("x-unknown-parameters") == "ignored"
        known = None if ignoring else query_names(self.dependant)

        async def guarded(request: Request) -> Response:
            begun = time.monotonic()
            try:
                if self.actions:
                    request.state.actor = await run_in_threadpool(admitted, request, self.actions)
                elif self.action == "session":
                    request.state.session = await run_in_threadpool(session_of, request)
                strict_address(request, known)
                answer = await handle(request)
                if self.noted is not None:
                    note_done(request, self, self.noted)
                return answer
            except NotFound:
                if Action.ENTRIES in self.actions or Action.RECTIFY in self.actions:
                    await in_step(begun)
                raise

        return guarded


STEP = 0.1
"""Seconds: what is hidden and what is not there are both answered at the next whole step after the question came in."""


async def in_step(begun: float) -> None:
    """Wait so that the time an answer took does not tell how much was looked at (`begun`: time.monotonic)."""
    await asyncio.sleep(STEP - (time.monotonic() - begun) % STEP)


def query_names(dependant: Dependant) -> set[str]:
    """Every query parameter a route or what it depends on takes."""
    inner = (query_names(d) for d in dependant.dependencies)
    return {parameter.alias for parameter in dependant.query_params}.union(*inner)


def strict_address(request: Request, known: set[str] | None) -> None:
    """Raises NotFound for a path no record can have, UnknownParameter (where only some are known), BadParameter."""
    if not printable(request.scope["path"]):
        raise NotFound
    seen: set[str] = set()
    for name, value in request.query_params.multi_items():
        if known is not None and name not in known:
            raise UnknownParameter(name[:40] if name.isascii() and name.isprintable() else "?")
        if name in seen or not printable(value):
            raise BadParameter(name)
        seen.add(name)


def admitted(request: Request, actions: Sequence[Action]) -> Actor:
    """As `enter`, within what the address and then the account may ask for. Raises TooMany."""
    allowances = cast("Services", request.app.state.services).allowances
    if not allowances.of_address(address_of(request)):
        raise TooMany(allowances.address.wait)
    actor = enter(request, actions)
    if not allowances.of_account(actor.person):
        raise TooMany(allowances.account.wait)
    return actor


def enter(request: Request, actions: Sequence[Action]) -> Actor:
    """The actor behind the token, or else the session. Raises NotSignedIn, and what `came` and `finished` raise.

    Raises NotPermitted where no relation would allow any action, or a token's scopes leave out one that its role has here.
    """
    scheme, _, clear = request.headers.get("authorization", "").partition(" ")
    services: Services = request.app.state.services
    scopes: list[str] | None = None
    if "authorization" in request.headers:
        token = services.accounts.find(clear.strip()) if scheme.lower() == "bearer" and clear else None
        if token is None:
            raise NotSignedIn
        actor, scopes = token.actor(), token.scopes
        request.state.actor = actor
    else:
        actor = finished(session_of(request)).actor()
    allowed = [a for a in actions if any(allows(actor.role, a, relation) for relation in EVERY)]
    if not allowed or (scopes is not None and not set(allowed) <= set(scopes)):
        if request.path_params and READING.issuperset(actions):
            raise NotFound("/".join(request.path_params.values()))
        raise NotPermitted(f"{actor.role} · {', '.join(actions)}")
    return actor


def session_of(request: Request) -> Session:
    """The session behind the cookie, whatever it waits for. Raises NotSignedIn, and what `came` raises."""
    session = came(request, request.app.state.services)
    if session is None:
        raise NotSignedIn
    return session


def unguarded(app: FastAPI) -> list[str]:
    """Routes that did not come through a guarded router: there must be none."""
    return [str(getattr(route, "path", route)) for route in app.routes if not isinstance(route, Guarded)]


def router(**kwargs: Any) -> APIRouter:
    return APIRouter(route_class=Guarded, **kwargs)


async def strict_body(request: Request) -> bytes:
    """The body, read within size and time, checked to be strict JSON. Raises TooLarge, TooSlow, NotJson, BadJson."""
    if not is_json(request.headers.getlist("content-type")):
        raise NotJson
    body = await read_body(request)
    if len(body) <= QUICKLY_CHECKED:
        checked(body)
    else:
        await run_in_threadpool(checked, body)
    return body


async def read_body(request: Request) -> bytes:
    """The body, within size and time. Raises TooLarge, TooSlow."""
    announced = request.headers.get("content-length", "0")
    if announced.isascii() and announced.isdigit() and int(announced) > MOST_BYTES:
        raise TooLarge
    body = bytearray()
    try:
        async with asyncio.timeout(READ_DEADLINE):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MOST_BYTES:
                    raise TooLarge
    except TimeoutError:
        raise TooSlow from None
    return bytes(body)


def is_json(content_types: Sequence[str]) -> bool:
    """One media type, application/json, in no other encoding than UTF-8 (RFC 8259 §8.1)."""
    if len(content_types) != 1:
        return False
    kind, *parameters = (part.strip().lower() for part in content_types[0].split(";"))
    return kind == "application/json" and all(p in ("charset=utf-8", 'charset="utf-8"') for p in parameters)


async def services_of(request: Request) -> Services:  # async: a plain function would cost a change of thread
    return cast("Services", request.app.state.services)


async def actor_of(request: Request) -> Actor:
    return cast("Actor", request.state.actor)


Body = Annotated[bytes, Depends(strict_body)]
Running = Annotated[Services, Depends(services_of)]
By = Annotated[Actor, Depends(actor_of)]
