"""One reader at one page: who they are, their language, the viewpoint of the address, what the page asks in their name."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from datetime import date, datetime
from typing import Annotated, Any, cast
from urllib.parse import quote, urlencode

import psycopg
from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute
from psycopg_pool import PoolTimeout
from starlette.concurrency import run_in_threadpool

from api.access.doors import Guarded, asks, query_names, strict_address
from api.access.noting import note_refused
from api.access.sessions import SAFE, brought, of_this_site
from api.locale import Language, preferred
from api.pages.asking import Api, Heard, Told
from api.pages.forms import TOKEN, Form, new_key, proof, proven, read_form
from api.pages.helping import about
from api.pages.navigation import sections
from api.pages.sending import Attached, read_sent, sent_with_file
from api.pages.showing import HEADERS, environment, packed
from api.pages.wording import said
from api.services import Services
from domain.entry import SHANGHAI
from domain.errors import NotFound, Refused
from store.sessions import Session, Waits

log = logging.getLogger("lifecycle.pages")
PAGE, SESSION, PUBLIC = asks("page"), asks("session"), asks("public")
"""Whom a page is for: whoever has signed in, whoever is on the way to it, everybody."""
PROBLEM = "problem.html"
"""It asks nothing more: what it tells of may be that nothing can be asked."""
LANGUAGE = "language"
"""The cookie of whoever chose one; it says nothing else."""
WAITING: dict[Waits, str] = {
    "code": "/pages/sign-in/code",
    "password": "/pages/account/password",
    "totp": "/pages/account/authenticator",
}
"""Where a session that waits for something is led."""


def today() -> date:
    """The civil date in Asia/Shanghai."""
    return datetime.now(SHANGHAI).date()


class Visit:
    """`names`: of everybody that an answer so far mentioned; `viewpoint`: as the last answer resolved it."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.services = cast("Services", request.app.state.services)
        self.language = spoken(request)
        self.api = Api(request, self.language, self.services.origin)
        self.session: Session | None = None
        self.form = Form([])
        self.file: Attached | None = None
        self.viewpoint: dict[str, Any] | None = None
        self.asked: dict[str, str | int | None] = {"on": None, "known": None}
        self._after: int | None = None
        self._viewpoints: dict[str, Any] | None = None
        self._persons: dict[str, str] = {}
        self._units: dict[str, str] = {}
        self._cookies: list[bytes] = []

    async def begin(self, action: str) -> Response | None:
        """Whom the page is for; an answer where something must be done first. Raises CrossSite, WrongFormToken."""
        request, path = self.request, self.request.scope["path"]
        token = brought(request)
        if token is not None:
            self.session = await run_in_threadpool(self.services.signing_in.sessions.find, token)
        if self.session is not None:
            request.state.session = self.session  # named in the security log
        if request.method not in SAFE:
            of_this_site(request, self.services.origin)
            if sent_with_file(request):
                self.form, self.file = await read_sent(request)
            else:
                self.form = await read_form(request)
            if self.session is not None and action != "public":
                proven(self.form, token or "", path)
        if action == "public":
            return None
        if self.session is None:
            return await self.sign_in_first()
        if action == "page" and self.session.waits_for is not None:
            return self.leave(WAITING[self.session.waits_for], next=self.here() if request.method in SAFE else None)
        return None

    async def sign_in_first(self) -> Response:
        """To the sign-in page and back; what was filled in comes along."""
        if self.request.method in SAFE:
            return self.leave("/pages/sign-in", next=self.here())
        kept = urlencode([(n, v) for n, v in self.form.everything() if n != TOKEN])
        return await self.page("sign_in.html", 401, next=self.request.scope["path"], kept=kept, wrong=None)

    def here(self) -> str:
        """This page's address, with its query."""
        query = self.request.scope["query_string"].decode("ascii", "replace")
        return quote(self.request.scope["path"]) + (f"?{query}" if query else "")

    # asking

    async def ask(self, path: str, **params: str | int | bool | None) -> Any:
        """A question at the viewpoint of the address; its names and viewpoint are kept. Raises Told."""
        return self.heard(await self.api.get(path, **({**self.asked, "after": self._after} | params)))

    async def directory(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """The units and the people of the ledger, as /units and /people tell of them; their names are kept."""
        units, people = await self.ask_all(self.ask("/units"), self.ask("/people"))
        self._units |= {unit["unit"]: unit["name"] for unit in units["units"]}
        self._persons |= {person["person"]: person["name"] for person in people["people"]}
        return units["units"], people["people"]

    async def viewpoints(self) -> dict[str, Any]:
        """The viewpoints to choose from (GET /viewpoints), asked once."""
        if self._viewpoints is None:
            self._viewpoints = await self.api.get("/viewpoints")
        return self._viewpoints

    async def ask_all(self, *questions: Coroutine[Any, Any, Any]) -> list[Any]:
        """Several at once."""
        return list(await asyncio.gather(*questions))

    def heard(self, answer: Any) -> Any:
        names = answer.get("names", {})
        self._persons |= names.get("persons", {})
        self._units |= names.get("units", {})
        self.viewpoint = answer.get("viewpoint", self.viewpoint)
        return answer

    def viewed_at(self, on: str | None, known: str | None, after: int | None) -> None:
        self.asked, self._after = {"on": on, "known": known}, after

    # showing

    def say(self, chinese: str, **values: object) -> str:
        return said(self.language, chinese, **values)

    def unit(self, code: str | None) -> str:
        return "—" if code is None else self._units.get(code, code)

    def person(self, ref: str | None) -> str:
        return "—" if ref is None else self._persons.get(ref, ref)

    def link(self, path: str, **query: str | int | None) -> str:
        """An address of ours at this page's viewpoint."""
        whole = {n: v for n, v in {**self.asked, **query}.items() if v not in (None, "")}
        return quote(path, safe="/:#@") + (f"?{urlencode(whole)}" if whole else "")

    def again(self, **query: str | int | None) -> str:
        """This page's address with some of its query changed; None leaves a parameter out."""
        whole = {**dict(self.request.query_params), **query}
        whole["after"] = None
        kept = {n: v for n, v in whole.items() if v not in (None, "")}
        return quote(self.request.scope["path"]) + (f"?{urlencode(kept)}" if kept else "")

    def proof(self, path: str) -> str:
        """The token of a form that is sent to this address."""
        return proof(self.api.token or "", path)

    def carry(self, heard: Heard) -> Any:
        """An answer whose cookies go on to the browser: signing in and out."""
        self._cookies += heard.cookies()
        self.api.token = heard.token() or self.api.token
        return heard.json()

    async def page(self, template: str, status: int = 200, /, **context: Any) -> Response:
        """The template with what all templates know: see templates/base.html."""
        environs = environment(self.language)
        inside = self.session is not None and self.session.waits_for is None and template != PROBLEM
        shown = environs.get_template(template).render(
            visit=self,
            unit=self.unit,
            person=self.person,
            link=self.link,
            again=self.again,
            proof=self.proof,
            new_key=new_key,
            sections=sections(self.session),
            viewpoints=await self.viewpoints() if inside else None,
            helped_by=about(template) if self.session is not None else None,
            **context,
        )
        return self.sent(packed(self.request, HTMLResponse(shown, status, headers=HEADERS)))

    def leave(self, path: str, **query: str | int | None) -> Response:
        """To another page, by GET."""
        kept = {n: v for n, v in query.items() if v is not None}
        address = quote(path, safe="/:@") + (f"?{urlencode(kept)}" if kept else "")
        return self.sent(RedirectResponse(address, 303, headers={"Cache-Control": "no-store"}))

    def sent(self, response: Response) -> Response:
        for cookie in self._cookies:
            response.raw_headers.append((b"set-cookie", cookie))
        return response

    async def problem(self, status: int, title: str, mistakes: list[dict[str, Any]] | None = None) -> Response:
        self.viewpoint = None
        return await self.page(PROBLEM, status, title=title, status=status, mistakes=mistakes or [])


class Paged(Guarded):
    """A page's route: its reader has signed in, or is led there and back; whatever goes wrong is told on a page."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = APIRoute.get_route_handler(self)
        known = query_names(self.dependant)

        async def paged(request: Request) -> Response:
            visit = request.state.visit = Visit(request)
            try:
                strict_address(request, known)
                return await visit.begin(self.action) or await handle(request)
            except Exception as error:
                return await _told(visit, error)

        return paged


async def _told(visit: Visit, error: Exception) -> Response:
    match error:
        case Told(status=401):
            visit.session = None
            return await visit.sign_in_first()
        case Told():
            return await visit.problem(error.status, error.detail, error.mistakes)
        case Refused():
            status = {"missing": 404, "forbidden": 403, "conflict": 409, "invalid": 422}[error.sort]
            note_refused(visit.request, status, error.code, error)
            return await visit.problem(status, error.said(visit.language == "zh"))
        case RequestValidationError():
            return await visit.problem(422, visit.say("地址中的参数有误。"))
        case HTTPException():
            return await visit.problem(error.status_code, visit.say("没有这个页面。"))
        case psycopg.OperationalError() | psycopg.InterfaceError() | PoolTimeout():
            return await visit.problem(503, visit.say("数据库暂时不可用，请稍后重试。"))
    log.exception("unexpected error on a page", exc_info=error)
    return await visit.problem(500, visit.say("服务内部错误，已记入日志。"))


def spoken(request: Request) -> Language:
    """The language that was chosen, or else the browser's."""
    match request.cookies.get(LANGUAGE):
        case "zh" | "en" as chosen:
            return chosen
    return preferred(request.headers.get("accept-language", ""))


def pages() -> APIRouter:
    """For the routes of one page's file; no page is part of the OpenAPI document."""
    return APIRouter(route_class=Paged, include_in_schema=False)


async def _here(request: Request) -> Visit:
    return cast("Visit", request.state.visit)


Here = Annotated[Visit, Depends(_here)]
ViewDay = Annotated[str | None, Query(max_length=20)]
ViewKnown = Annotated[str | None, Query(max_length=40)]


async def _viewed(
    visit: Here,
    on: ViewDay = None,
    known: ViewKnown = None,
    entry: Annotated[int | None, Query(ge=0, le=2**62)] = None,
    after: Annotated[int | None, Query(ge=0, le=2**62)] = None,
) -> Visit:
    """`entry` is the slider's word for a position; an empty field of the viewpoint bar asks for nothing."""
    visit.viewed_at(on or None, (known or None) if entry is None else f"@{entry}", after)
    return visit


Viewed = Annotated[Visit, Depends(_viewed)]
"""A visit to a page that takes a viewpoint."""


async def missing(request: Request) -> Response:
    raise NotFound(request.scope["path"])
