"""批示: what district leaders said about projects and by when, what was done about it, and its closing.

Leaders give theirs here, the office those from a paper; the unit reports, and the leader or the office closes or sends back.
"""

import re
from typing import Annotated, Any, Literal, get_args
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Response

from api.pages.asking import Told
from api.pages.audits import beside, irregular
from api.pages.desk import Code
from api.pages.forms import Form
from api.pages.putting_right import the_place
from api.pages.visit import PAGE, Here, Viewed, Visit, pages
from domain.entry import Role
from domain.errors import NotFound
from domain.judging.instructions import State

made: APIRouter = pages()
ENTRY = re.compile(r"[1-9][0-9]{0,8}")
Text = Annotated[str | None, Query(max_length=64)]
Number = Annotated[int, Path(ge=1, le=999_999_999)]
States = Literal["open", "answered", "closed", ""]
ANSWERING = frozenset((Role.OFFICE, Role.HEAD, Role.CLERK, Role.UNIT))
"""Who may report what was done; whether about this one, the route decides."""
CLOSING = frozenset((Role.OFFICE, Role.LEADER))


@made.get("/pages/instructions", openapi_extra=PAGE)
async def instructions(
    visit: Viewed,
    stream: Text = None,
    state: States | None = None,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    done: Annotated[str | None, Query(max_length=20)] = None,
) -> Response:
    return await _page(visit, Form([("stream", stream or "")]), stream or None, cursor, done=done, state=state or None)


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


@made.get("/pages/instructions/{label}/{number}", openapi_extra=PAGE)
async def instruction(
    visit: Viewed, label: Code, number: Number, done: Annotated[str | None, Query(max_length=20)] = None
) -> Response:
    """One, with what followed and a form for what its reader may do next."""
    return await _one(visit, label, number, done=done)


@made.post("/pages/instructions/{label}/{number}/instruction-answers", openapi_extra=PAGE)
async def answered(visit: Here, label: Code, number: Number) -> Response:
    return await _acted(visit, label, number, "instruction-answers", {"text": visit.form.one("text")})


@made.post("/pages/instructions/{label}/{number}/instruction-closings", openapi_extra=PAGE)
async def closed(visit: Here, label: Code, number: Number) -> Response:
    """Closed, or sent back for more."""
    said = visit.form.one("text")
    if visit.form.one("act") == "send_back":
        body = {"act": "send_back", "because": said, "due": visit.form.one("due")}
    else:
        body = {"act": "close", "note": said}
    return await _acted(visit, label, number, "instruction-closings", body)


async def _acted(visit: Visit, label: str, number: int, noun: str, body: dict[str, Any]) -> Response:
    whole = body | {name: visit.form.one(name) for name in ("document", "reason")}
    whole = {name: value for name, value in whole.items() if value is not None}
    place = await the_place(visit, label)
    try:
        recorded = await visit.api.post(f"{place.path}/{noun}", whole | {"instruction": number}, key=visit.form.key)
    except Told as told:
        return await _one(visit, label, number, told=told)
    return visit.leave(f"/pages/instructions/{label}/{number}", after=recorded["position"], done="recorded")


async def _one(visit: Visit, label: str, number: int, *, done: str | None = None, told: Told | None = None) -> Response:
    assert visit.session is not None
    role, citation = Role(visit.session.role), f"{label}#{number}"
    given = (await visit.ask("/instructions", stream=label))["instructions"]
    one = next((found for found in given if found["entry"] == citation), None)
    if one is None:
        raise NotFound(citation)
    latest = visit.asked["known"] is None and visit.asked["on"] is None
    return await visit.page(
        "instructions_one.html",
        told.status if told else 200,
        one=one,
        on=visit.viewpoint and visit.viewpoint["on"],
        done=done,
        form=visit.form,
        wrong=told,
        beside=beside(told),
        irregular=irregular(told),
        may_answer=latest and role in ANSWERING and one["state"] == "open",
        may_close=latest
        and one["state"] == "answered"
        and (role is Role.OFFICE or (role is Role.LEADER and one["person"] == visit.session.person)),
    )


async def _page(
    visit: Visit,
    form: Form,
    stream: str | None,
    cursor: str | None,
    told: Told | None = None,
    done: str | None = None,
    state: str | None = None,
) -> Response:
    assert visit.session is not None
    role = Role(visit.session.role)
    answer = await visit.ask("/instructions", stream=stream, state=state, cursor=cursor)
    people = (await visit.ask("/people"))["people"] if role is Role.OFFICE else []
    return await visit.page(
        "instructions.html",
        told.status if told else 200,
        given=answer["instructions"],
        next=answer["next"],
        on=answer["viewpoint"]["on"],
        stream=stream,
        state=state,
        states=get_args(State),
        form=form,
        wrong=told,
        beside=beside(told),
        irregular=irregular(told),
        done=done,
        may=role in (Role.OFFICE, Role.LEADER),
        office=role is Role.OFFICE,
        people=people,
    )
