"""RFC 9457 problem details, in Chinese or English as the client prefers, with stable codes."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from psycopg_pool import PoolTimeout
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

import domain.kinds  # noqa: F401  (fills the table of commands)
from api.access.doors import NotSignedIn, TooMany, TooSlow
from api.access.noting import note_refused
from api.access.sniffing import TypeDisagrees, TypeNotTaken
from api.access.strict import BadJson, NotJson, TooLarge
from api.listening import TooManyListeners
from api.locale import LANGUAGES, Language, preferred, texts
from domain.command import TABLE
from domain.errors import Broken, ReasonNeeded, Refused, Sort, in_one
from projections.questions.viewpoints import NotThereYet
from store.delays import TryLater
from store.evidence import EvidenceAway, FileTooLarge
from store.ledger import Changed, SomebodyWasFirst
from store.passwords import TooManySigningIn
from store.sign_ons import SignOnAway
from store.signing_in import SessionEnded, WrongCode, WrongPassword

log = logging.getLogger("lifecycle.api")

BY_SORT: Mapping[Sort, int] = {"invalid": 422, "conflict": 409, "forbidden": 403, "missing": 404}
BY_CLASS: Mapping[type[Refused], int] = {
    NotSignedIn: 401,
    BadJson: 400,
    NotJson: 415,
    TooLarge: 413,
    TooSlow: 408,
    FileTooLarge: 413,
    TypeNotTaken: 415,
    TypeDisagrees: 415,
    EvidenceAway: 503,
    Changed: 412,
    SomebodyWasFirst: 409,
    TooMany: 429,
    TooManyListeners: 503,
    TryLater: 429,
    SignOnAway: 503,
    TooManySigningIn: 503,
    WrongPassword: 401,
    WrongCode: 401,
    SessionEnded: 401,
}
HEADERS: Mapping[int, Mapping[str, str]] = {
    401: {"WWW-Authenticate": "Bearer"},
    408: {"Connection": "close"},
    503: {"Retry-After": "1"},
}
HTTP: Mapping[int, tuple[str, str, str]] = {
    404: ("no_such_address", "没有这个地址。", "There is nothing at this address."),
    405: ("method_not_allowed", "此地址不接受该方法。", "This address does not take that method."),
}
ACTS = {deed.act for deed in TABLE.values() if deed.act}


class Mistake(BaseModel):
    """What is wrong, and where: in the body (an RFC 6901 pointer), or in a parameter of the address or a header."""

    pointer: str | None = None
    parameter: str | None = None
    detail: str
    rule: str | None = None
    """The rule of irregularity that a reason is needed for; `zh` and `en` are its words in either language."""
    zh: str | None = None
    en: str | None = None
    about: str | None = None
    """What exactly breaks it, where there is more to say."""


class Problem(BaseModel):
    """`code` is stable for programs; title and detail are for people."""

    type: str
    code: str
    title: str
    status: int
    detail: str
    errors: list[Mistake] = []


def chinese(request: Request) -> bool:
    return preferred(request.headers.get("accept-language", "")) == "zh"


Said = tuple[str, str]
"""The same in Chinese and English."""


def problem(
    request: Request,
    status: int,
    code: str,
    title: Said,
    detail: Said | None = None,
    errors: Sequence[Mistake] = (),
    headers: Mapping[str, str] | None = None,
    error: Refused | None = None,
) -> JSONResponse:
    """`title` is the same for every problem of one code; `detail` tells of this one."""
    note_refused(request, status, code, error)
    language = 0 if chinese(request) else 1
    body = Problem(
        type=f"urn:lifecycle:problem:{code}",
        code=code,
        title=title[language].rstrip("。."),
        status=status,
        detail=(detail or title)[language],
        errors=list(errors),
    )
    return JSONResponse(
        body.model_dump(exclude_none=True),
        status,
        media_type="application/problem+json",
        headers={"Content-Language": LANGUAGES[language], **(headers or {})},
    )


async def refused(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refused)
    status = BY_CLASS.get(type(error), BY_SORT[error.sort])
    said = error.said(chinese(request))
    errors = [Mistake(pointer=error.pointer, detail=said)] if error.pointer is not None else []
    if isinstance(error, ReasonNeeded) and error.rules:
        errors = [reason_for(rule, error.pointer, chinese(request)) for rule in error.rules]
    title, detail = (error.zh, error.english), (error.said(True), error.said(False))
    wait = error.retry_after if isinstance(error, TryLater | NotThereYet) else None
    wait = error.wait if isinstance(error, TooMany) else wait
    headers = HEADERS.get(status) if wait is None else {"Retry-After": str(wait)}
    return problem(request, status, error.code, title, detail, errors, headers, error)


def reason_for(broken: Broken, pointer: str | None, chinese: bool) -> Mistake:
    """One rule that a reason is needed for, so that a form can say which."""
    words = broken.zh if chinese else broken.en
    detail = (
        f"{words}（{broken.about}）" if broken.about and chinese else f"{words} ({broken.about})" if broken.about else words
    )
    return Mistake(pointer=pointer, detail=detail, rule=broken.rule, zh=broken.zh, en=broken.en, about=broken.about or None)


async def invalid(request: Request, error: Exception) -> JSONResponse:
    """The first mistake at each place: a field that takes one of several forms is not told of once for each form."""
    assert isinstance(error, ValidationError | RequestValidationError)
    outside = isinstance(error, RequestValidationError)
    language: Language = "zh" if chinese(request) else "en"
    mistakes: dict[tuple[str | None, str | None], Mistake] = {}
    for found in list(error.errors())[:100]:
        mistake = mistaken(found, language, outside)
        mistakes.setdefault((mistake.pointer, mistake.parameter), mistake)
    title = ("填写内容不符合要求，详见 errors。", "Some values are not acceptable, see errors.")
    return problem(request, 422, "invalid", title, None, list(mistakes.values()))


def mistaken(found: Mapping[str, Any], language: Language, outside: bool) -> Mistake:
    """One of pydantic's errors; `outside` the body it is about a parameter or header where its location says so."""
    place, detail = found["loc"], detailed(found, language)
    if outside and len(place) > 1 and place[0] in ("query", "path", "header"):
        return Mistake(parameter=str(place[1]), detail=detail)
    if found["type"].startswith("union_tag"):
        place = (*place, "act")
    return Mistake(pointer=pointer(place), detail=detail)


def pointer(loc: Sequence[Any]) -> str:
    """pydantic's location as a JSON pointer; `act` tags and names of union members are no part of the body."""
    loc = [p for n, p in enumerate(loc) if not (p in ACTS and len(loc) > n + 1 and (n == 0 or loc[n - 1] == "command"))]
    parts = [str(p).replace("~", "~0").replace("/", "~1") for p in loc if not _internal(p)]
    return "".join(f"/{p}" for p in parts)


def _internal(part: Any) -> bool:
    return isinstance(part, str) and (part[:1].isupper() or "[" in part or part in ("body", "query", "path", "date"))


def detailed(found: Mapping[str, Any], language: Language) -> str:
    """In our own words; validators of our own say both languages, `English / 中文`."""
    message = str(found["msg"]).removeprefix("Value error, ").encode("utf-8", "replace").decode()
    if found["type"] == "value_error":
        return in_one(message, language == "zh")
    known = texts(language)["values"].get(found["type"])
    if known is None:
        return "填写有误" if language == "zh" else message
    return known.format_map({key: str(value) for key, value in found.get("ctx", {}).items()})


async def http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    code, *title = HTTP.get(error.status_code, ("http", "请求无法处理。", "The request cannot be handled."))
    headers = {**(error.headers or {}), **({"Allow": allowed(request)} if error.status_code == 405 else {})}
    return problem(request, error.status_code, code, (title[0], title[1]), headers=headers)


def allowed(request: Request) -> str:
    """Every method of the address: questions and commands share many, and the first route alone would name its own."""
    routes = [r for r in request.app.routes if isinstance(r, APIRoute) and r.path_regex.match(request.url.path)]
    return ", ".join(sorted({method for route in routes for method in route.methods or ()}))


async def away(request: Request, error: Exception) -> JSONResponse:
    log.warning("database away: %s", error)
    title = ("数据库暂时不可用，请稍后重试。", "The database is not available just now; try again shortly.")
    return problem(request, 503, "unavailable", title, headers=HEADERS[503])


def crowded(request: Request) -> JSONResponse:
    title = ("服务繁忙，请稍后重试。", "Too much is being done just now; try again shortly.")
    return problem(request, 503, "busy", title, headers=HEADERS[503])


def ambiguous(request: Request) -> JSONResponse:
    """RFC 9112 §6.1: a server may refuse it and must close the connection; a proxy before us may have counted otherwise."""
    title = (
        "请求同时声明了 Content-Length 与 Transfer-Encoding，无法确定其长度。",
        "A request says its length by Content-Length or by Transfer-Encoding, not by both.",
    )
    return problem(request, 400, "ambiguous_length", title, headers={"Connection": "close"})


def too_long(request: Request) -> JSONResponse:
    title = ("地址过长，请缩短后重试。", "The address is too long; shorten it and try again.")
    return problem(request, 414, "address_too_long", title)


async def preparing(request: Request, error: Exception) -> JSONResponse:
    """The read model's tables are made by the projections' first start; until then nothing can be asked of them."""
    title = ("查询数据正在准备，请稍后重试。", "The answers are being prepared; try again shortly.")
    return problem(request, 503, "preparing", title, headers=HEADERS[503])


async def hung_up(request: Request, error: Exception) -> Response:
    """Nobody is there to be answered, and nothing went wrong here: no line in the log."""
    return Response(status_code=400)


async def unexpected(request: Request, error: Exception) -> JSONResponse:
    log.exception("unexpected error", exc_info=error)
    title = ("服务内部错误，已记入日志。", "Something went wrong here; it has been logged.")
    return problem(request, 500, "internal", title)


def install(app: FastAPI) -> None:
    app.add_exception_handler(Refused, refused)
    app.add_exception_handler(ValidationError, invalid)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(psycopg.errors.UndefinedTable, preparing)
    app.add_exception_handler(psycopg.OperationalError, away)
    app.add_exception_handler(psycopg.InterfaceError, away)
    app.add_exception_handler(PoolTimeout, away)
    app.add_exception_handler(ClientDisconnect, hung_up)
    app.add_exception_handler(Exception, unexpected)
