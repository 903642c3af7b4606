"""审计事项: findings, requests and site checks, each with its whole thread, and forms for what its reader may do next."""

from typing import Annotated, Any, Literal, get_args

from fastapi import APIRouter, Query, Response

from api.pages.advising import advised
from api.pages.asking import Told
from api.pages.forms import Form
from api.pages.visit import PAGE, Here, Viewed, Visit, pages, today
from domain.entry import Role

made: APIRouter = pages()
Act = Literal["find", "request", "check"]
ACTS: tuple[Act, ...] = get_args(Act)
SORTS = {"find": "finding", "request": "request", "check": "site_check"}
Text = Annotated[str | None, Query(max_length=64)]
ANSWERING = (Role.OFFICE, Role.CLERK, Role.UNIT)
"""Who may report a rectification; whether of this audit, the route decides."""
MISPLACED = {"act": "act", "because": "text", "note": "text"}
"""Fields of the forms by the first part of what a mistake points at."""


@made.get("/pages/audits", openapi_extra=PAGE)
async def audits(
    visit: Viewed,
    state: Text = None,
    sort: Text = None,
    unit: Text = None,
    project: Text = None,
    overdue: Literal["true", ""] | None = None,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    asked = {"state": state, "sort": sort, "unit": unit, "project": project, "overdue": overdue}
    asked = {name: value or None for name, value in asked.items()}
    answer, units = await visit.ask_all(visit.ask("/audits", cursor=cursor, **asked), visit.ask("/units"))
    return await visit.page(
        "audits.html",
        audits=answer["audits"],
        next=answer["next"],
        cursor=cursor,
        asked=asked,
        units=units["units"],
        auditor=_role(visit) is Role.AUDITOR,
    )


@made.get("/pages/audits/new", openapi_extra=PAGE)
async def begin(visit: Viewed, act: Act = "find", project: Text = None, entry: Text = None) -> Response:
    """`project` and `entry` are what a finding is about, where its page led here."""
    return await _beginning(visit, act, Form([("projects", project or ""), ("entries", entry or "")]))


@made.post("/pages/audits/new", openapi_extra=PAGE)
async def begun(visit: Here) -> Response:
    form = visit.form
    act: Act = next((known for known in ACTS if known == form.one("act")), "find")
    body: dict[str, Any] = {"act": act, "title": form.one("title"), "text": form.one("text")}
    body |= {name: listed(form.one(name)) for name in ("projects", "entries")}
    body |= {"units": [code for code in form.all("units") if code], "occurred_on": form.one("occurred_on")}
    if act != "check":
        body["deadline"] = form.one("deadline")
    said = _said(body, form)
    if advice := await advised(visit, "/audits", said, form.one("deadline")):
        return await _beginning(visit, act, form, advice=advice)
    try:
        recorded = await visit.api.post("/audits", said, key=form.key)
    except Told as told:
        return await _beginning(visit, act, form, told)
    code = recorded["entry"].partition("#")[0].partition(":")[2]
    return visit.leave(f"/pages/audits/{code}", after=recorded["position"], done="begun")


@made.get("/pages/audits/{code}", openapi_extra=PAGE)
async def audit(visit: Viewed, code: str, done: Annotated[str | None, Query(max_length=20)] = None) -> Response:
    return await _thread(visit, code, done=done)


@made.post("/pages/audits/{code}/rectifications", openapi_extra=PAGE)
async def rectify(visit: Here, code: str) -> Response:
    form = visit.form
    body = {"text": form.one("text"), "entries": listed(form.one("entries")), "occurred_on": form.one("occurred_on")}
    return await _acted(visit, code, "rectifications", body, "rectified")


@made.post("/pages/audits/{code}/closings", openapi_extra=PAGE)
async def close(visit: Here, code: str) -> Response:
    """Closed, or sent back for more."""
    form = visit.form
    body: dict[str, Any] = {"occurred_on": form.one("occurred_on")}
    if form.one("act") == "send_back":
        body |= {"act": "send_back", "because": form.one("text"), "deadline": form.one("deadline")}
    else:
        body |= {"act": "close", "note": form.one("text")}
    return await _acted(visit, code, "closings", body, "sent_back" if body["act"] == "send_back" else "closed")


async def _acted(visit: Visit, code: str, noun: str, body: dict[str, Any], done: str) -> Response:
    path, said = f"/audits/{code}/{noun}", _said(body, visit.form)
    if advice := await advised(visit, path, said, visit.form.one("deadline")):
        return await _thread(visit, code, noun=noun, advice=advice)
    try:
        recorded = await visit.api.post(path, said, key=visit.form.key)
    except Told as told:
        return await _thread(visit, code, told=told, noun=noun)
    return visit.leave(f"/pages/audits/{code}", after=recorded["position"], done=done)


async def _beginning(visit: Visit, act: Act, form: Form, told: Told | None = None, advice: str | None = None) -> Response:
    units = await visit.ask("/units")
    visit.viewpoint = None
    return await visit.page(
        "audits_new.html",
        told.status if told else 200,
        act=act,
        acts=SORTS,
        form=form,
        chosen=form.all("units"),
        units=[one for one in units["units"] if not one["closed"]],
        wrong=told,
        advice=advice,
        beside=beside(told),
        irregular=irregular(told),
        today=today(),
    )


async def _thread(
    visit: Visit,
    code: str,
    *,
    done: str | None = None,
    told: Told | None = None,
    noun: str | None = None,
    advice: str | None = None,
) -> Response:
    answer = await visit.ask(f"/audits/{code}")
    now, role = answer["audit"]["now"], _role(visit)
    latest = visit.asked.get("known") is None and visit.asked.get("on") is None
    return await visit.page(
        "audits_one.html",
        told.status if told else 200,
        whole=answer["audit"],
        now=now,
        done=done,
        noun=noun,
        form=visit.form,
        wrong=told,
        advice=advice,
        beside=beside(told),
        irregular=irregular(told),
        today=today(),
        may_rectify=latest and role in ANSWERING and now["state"] == "open",
        may_attach=latest and role in (Role.CLERK, Role.UNIT, Role.AUDITOR),
        may_close=latest and role is Role.AUDITOR and now["state"] == "rectified",
    )


def _role(visit: Visit) -> Role:
    assert visit.session is not None
    return Role(visit.session.role)


def _said(body: dict[str, Any], form: Form) -> dict[str, Any]:
    """What was filled in; the reason where one was asked for."""
    whole = body | {"document": form.one("document"), "reason": form.one("reason")}
    return {name: value for name, value in whole.items() if value not in (None, [])}


def listed(text: str | None) -> list[str]:
    """Codes or citations as people part them: by spaces, commas, line ends."""
    return (text or "").replace("，", " ").replace(",", " ").replace("、", " ").replace("；", " ").split()


def beside(told: Told | None) -> dict[str, str]:
    """The API's words by the field they stand beside."""
    found: dict[str, str] = {}
    for mistake in told.mistakes if told else ():
        field = str(mistake.get("pointer") or "").strip("/").partition("/")[0]
        found.setdefault(MISPLACED.get(field, field), str(mistake["detail"]))
    return found


def irregular(told: Told | None) -> list[dict[str, Any]]:
    """The rules that were broken: recorded once a reason is given."""
    return [mistake for mistake in (told.mistakes if told else ()) if mistake.get("rule")]
