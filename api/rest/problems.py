"""RFC 9457 problem details, in Chinese or English as the client prefers, with stable codes."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from psycopg_pool import PoolTimeout
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException

import domain.kinds  # noqa: F401  (fills the table of commands)
from api.access.doors import NotSignedIn, TooSlow
from api.access.strict import BadJson, NotJson, TooLarge
from domain.command import TABLE
from domain.errors import Refused, Sort
from projections.questions.viewpoints import NotThereYet
from store.ledger import Changed, SomebodyWasFirst

log = logging.getLogger("lifecycle.api")

BY_SORT: Mapping[Sort, int] = {"invalid": 422, "conflict": 409, "forbidden": 403, "missing": 404}
BY_CLASS: Mapping[type[Refused], int] = {
    NotSignedIn: 401,
    BadJson: 400,
    NotJson: 415,
    TooLarge: 413,
    TooSlow: 408,
    Changed: 412,
    SomebodyWasFirst: 409,
    NotThereYet: 503,
}
VALUES = {
    "missing": "缺少必填项",
    "extra_forbidden": "没有这个字段",
    "string_pattern_mismatch": "格式不符",
    "literal_error": "须为所列词语之一",
    "date_from_datetime_parsing": "须为日期，如 2026-06-30",
    "date_parsing": "须为日期，如 2026-06-30",
    "date_type": "须为日期，如 2026-06-30",
    "string_type": "须为文本",
    "int_type": "须为整数",
    "string_too_long": "文本过长",
    "string_too_short": "不能为空",
    "union_tag_invalid": "act 须为所列动作之一",
    "union_tag_not_found": "缺少 act",
    "greater_than_equal": "数值过小",
    "less_than_equal": "数值过大",
    "decimal_max_places": "小数位过多",
    "decimal_max_digits": "数字位数过多",
    "enum": "须为所列词语之一",
}


ACTS = {deed.act for deed in TABLE.values() if deed.act}


class Pointed(BaseModel):
    """Where in the body, as an RFC 6901 pointer, and what is wrong there."""

    pointer: str
    detail: str


class Problem(BaseModel):
    """`code` is stable for programs; title and detail are for people."""

    type: str
    code: str
    title: str
    status: int
    detail: str
    errors: list[Pointed] = []


def chinese(request: Request) -> bool:
    """English only where the client says it prefers it."""
    wanted = request.headers.get("accept-language", "")
    ranked = []
    for part in wanted.split(",")[:20]:
        tag, _, quality = part.strip().partition(";q=")
        try:
            ranked.append((-float(quality or 1), tag.lower()))
        except ValueError:
            continue
    best = min(ranked, default=(0.0, "zh"))[1]
    return not best.startswith("en")


def problem(
    request: Request,
    status: int,
    code: str,
    zh: str,
    en: str,
    errors: Sequence[Pointed] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    said = zh if chinese(request) else en
    title = said.split("（", 1)[0].split(" (", 1)[0]
    body = Problem(
        type=f"urn:lifecycle:problem:{code}", code=code, title=title, status=status, detail=said, errors=list(errors)
    )
    language = {"Content-Language": "zh" if chinese(request) else "en"}
    return JSONResponse(
        body.model_dump(), status, media_type="application/problem+json", headers={**language, **(headers or {})}
    )


async def refused(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refused)
    status = BY_CLASS.get(type(error), BY_SORT[error.sort])
    said = error.said(chinese(request))
    errors = [Pointed(pointer=error.pointer, detail=said)] if error.pointer is not None else []
    headers = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": "1"}}.get(status)
    return problem(request, status, error.code, error.said(True), error.said(False), errors, headers)


async def invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ValidationError | RequestValidationError)
    zh = chinese(request)
    errors = [Pointed(pointer=pointer(found["loc"]), detail=_detail(found, zh)) for found in list(error.errors())[:50]]
    return problem(
        request,
        422,
        "invalid",
        "填写内容不符合要求，详见 errors。",
        "Some values are not acceptable, see errors.",
        errors,
    )


def pointer(loc: Sequence[Any]) -> str:
    """pydantic's location as a JSON pointer; `act` tags and names of union members are no part of the body."""
    loc = [p for n, p in enumerate(loc) if not (p in ACTS and len(loc) > n + 1 and (n == 0 or loc[n - 1] == "command"))]
    parts = [str(p).replace("~", "~0").replace("/", "~1") for p in loc if not _internal(p)]
    return "".join(f"/{p}" for p in parts)


def _internal(part: Any) -> bool:
    return isinstance(part, str) and (part[:1].isupper() or "[" in part or part in ("body", "query", "path", "date"))


def _detail(found: Mapping[str, Any], zh: bool) -> str:
    message = str(found["msg"]).removeprefix("Value error, ").encode("utf-8", "replace").decode()
    if found["type"] == "value_error" and " / " in message:
        english, _, chinese_text = message.partition(" / ")
        return chinese_text if zh else english
    return f"{VALUES.get(found['type'], '填写有误')}（{message}）" if zh else message


async def http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    words = {404: ("not_found", "没有这个地址。", "There is nothing at this address."),
             405: ("method_not_allowed", "此地址不接受该方法。", "This address does not take that method.")}  # fmt: skip
    code, zh, en = words.get(error.status_code, ("http", "请求无法处理。", "The request cannot be handled."))
    return problem(request, error.status_code, code, zh, en, headers=error.headers)


async def away(request: Request, error: Exception) -> JSONResponse:
    log.warning("database away: %s", error)
    zh, en = "数据库暂时不可用，请稍后重试。", "The database is not available just now; try again shortly."
    return problem(request, 503, "unavailable", zh, en, headers={"Retry-After": "1"})


async def unexpected(request: Request, error: Exception) -> JSONResponse:
    log.exception("unexpected error", exc_info=error)
    zh, en = "服务内部错误，已记入日志。", "Something went wrong here; it has been logged."
    return problem(request, 500, "internal", zh, en)


def install(app: FastAPI) -> None:
    app.add_exception_handler(Refused, refused)
    app.add_exception_handler(ValidationError, invalid)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(psycopg.OperationalError, away)
    app.add_exception_handler(PoolTimeout, away)
    app.add_exception_handler(Exception, unexpected)
