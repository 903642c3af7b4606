"""对账单: what a unit reported in a period, what was recognised of it and what not, and the unit's answer."""

from typing import Any

from fastapi import APIRouter, Response

from api.pages.asking import Told
from api.pages.returns import REPORTERS, Done, Period, Unit
from api.pages.visit import PAGE, Here, Viewed, Visit, pages, today
from domain.entry import Role

made: APIRouter = pages()
ANSWERS = {"confirm": "confirmed", "object": "objected"}
OBJECTIONS = 3
"""Lines that the form offers; whoever has more writes them into one, or sends a second answer."""


@made.get("/pages/month/{period}/{unit}/reconciliation", openapi_extra=PAGE)
async def reconciliation(visit: Viewed, period: Period, unit: Unit, done: Done = None) -> Response:
    return await shown(visit, period, unit, done=done)


async def shown(visit: Visit, period: str, unit: str, status: int = 200, /, **more: Any) -> Response:
    found, listed, settings = await visit.ask_all(
        visit.ask(f"/periods/{period}/reconciliation/{unit}"),
        visit.ask("/projects", unit=unit, limit=1_000),
        visit.api.get("/district/settings"),
    )
    found, session = found["reconciliation"], visit.session
    latest = not (visit.asked["on"] or visit.asked["known"])
    own = session is not None and ((session.role in REPORTERS and session.unit == unit) or session.role == Role.OFFICE.value)
    projects: dict[str, list[dict[str, Any]]] = {}
    for fact in found["facts"]:
        projects.setdefault(fact["project"], []).append(fact)
    return await visit.page(
        "reconciliation.html",
        status,
        found=found,
        projects=projects,
        currency=settings["settings"]["currency"],
        named={row["code"]: row["name"] for row in listed["projects"]},
        answers=latest and own and found["answer"]["state"] not in ("not_opened", "confirmed"),
        **{"done": None, "wrong": None, "filled": [("", "")] * OBJECTIONS, "reason": "", "period": period, **more},
    )


@made.post("/pages/month/{period}/{unit}/reconciliation", openapi_extra=PAGE)
async def answered(visit: Here, period: Period, unit: Unit) -> Response:
    """Confirmed, or objected to with what is wrong; after the last day the API asks for a reason."""
    visit.viewed_at(None, None, None)
    form = visit.form
    act = form.one("act") or "confirm"
    pairs = list(zip(form.all("entry"), form.all("text"), strict=False))
    objections = [{"text": text} | ({"entry": entry} if entry else {}) for entry, text in pairs if text]
    said: dict[str, Any] = {"act": act, "unit": unit, "occurred_on": str(today())}
    said |= {"objections": objections} if act == "object" else {}
    said |= {"reason": form.one("reason")} if form.one("reason") else {}
    try:
        done = await visit.api.post(f"/periods/{period}/reconciliations", said, key=form.key)
    except Told as told:
        filled = (pairs + [("", "")] * OBJECTIONS)[:OBJECTIONS]
        return await shown(visit, period, unit, told.status, wrong=told, filled=filled, reason=form.one("reason") or "")
    path = f"/pages/month/{period}/{unit}/reconciliation"
    return visit.leave(path, done=ANSWERS.get(act, act), after=done["position"])
