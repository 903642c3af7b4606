"""批示: what district leaders said about projects and by when; leaders give theirs here, the office those from a paper."""

import re
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Response

from api.pages.asking import Told
from api.pages.audits import beside, irregular
from api.pages.forms import Form
from api.pages.visit import PAGE, Here, Viewed, Visit, pages
from domain.entry import Role

made: APIRouter = pages()
ENTRY = re.compile(r"[1-9][0-9]{0,8}")
Text = Annotated[str | None, Query(max_length=64)]


@made.get("/pages/instructions", openapi_extra=PAGE)
async def instructions(
    visit: Viewed,
    stream: Text = None,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    done: Annotated[str | None, Query(max_length=20)] = None,
) -> Response:
    return await _page(visit, Form([("stream", stream or "")]), stream or None, cursor, done=done)


@made.post("/pages/instructions", openapi_extra=PAGE)
async def instruct(visit: Here) -> Response:
    """About an entry where one is cited, or else about the project as a whole."""
    form = visit.form
    code, _, number = (form.one("stream") or "-").partition("#")
    body: dict[str, Any] = {"target": int(number) if ENTRY.fullmatch(number) else 1, "text": form.one("text")}
    body |= {name: form.one(name) for name in ("due", "leader", "document", "reason")}
    body = {name: value for name, value in body.items() if value is not None}
    try:
        recorded = await visit.api.post(f"/projects/{quote(code, safe='')}/instructions", body, key=form.key)
    except Told as told:
        return await _page(visit, form, None, None, told)
    return visit.leave("/pages/instructions", after=recorded["position"], stream=code, done="given")


async def _page(
    visit: Visit, form: Form, stream: str | None, cursor: str | None, told: Told | None = None, done: str | None = None
) -> Response:
    assert visit.session is not None
    role = Role(visit.session.role)
    answer = await visit.ask("/instructions", stream=stream, cursor=cursor)
    people = (await visit.ask("/people"))["people"] if role is Role.OFFICE else []
    return await visit.page(
        "instructions.html",
        told.status if told else 200,
        given=answer["instructions"],
        next=answer["next"],
        on=answer["viewpoint"]["on"],
        stream=stream,
        form=form,
        wrong=told,
        beside=beside(told),
        irregular=irregular(told),
        done=done,
        may=role in (Role.OFFICE, Role.LEADER),
        office=role is Role.OFFICE,
        people=people,
    )
