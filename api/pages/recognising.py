"""认定: the figures that wait for the bureau's verdict, one after another, with a form for each."""

from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from api.pages.asking import Told
from api.pages.cells import NUMBER, SCALES, plain, typed
from api.pages.returns import Done
from api.pages.visit import PAGE, Here, Viewed, Visit, pages
from domain.entry import Role
from domain.fact import MEASURES

made: APIRouter = pages()
Measure = Annotated[str | None, Query(max_length=40)]
Unit = Annotated[str | None, Query(max_length=64)]
Cursor = Annotated[str | None, Query(max_length=200)]
Paper = Annotated[str | None, Query(max_length=300)]
SHOWN = 25


@made.get("/pages/verdicts", openapi_extra=PAGE)
async def awaited(
    visit: Viewed, measure: Measure = None, unit: Unit = None, cursor: Cursor = None, paper: Paper = None, done: Done = None
) -> Response:
    """`paper`: the bureau's document, which the office cites in one form after another."""
    return await shown(visit, measure, unit, cursor, paper, done=done)


async def shown(
    visit: Visit,
    measure: str | None,
    unit: str | None,
    cursor: str | None,
    paper: str | None,
    status: int = 200,
    /,
    **more: Any,
) -> Response:
    told, units, settings = await visit.ask_all(
        visit.ask("/recognition", measure=measure, unit=unit, cursor=cursor, limit=SHOWN),
        visit.ask("/units"),
        visit.api.get("/district/settings"),
    )
    session, currency = visit.session, settings["settings"]["currency"]
    scale = "wan" if currency == "CNY" else "million"
    for figure in told["figures"]:
        money = figure["money"]
        figure["shown"] = (
            plain(Decimal(money["amount"]) / SCALES[scale_of(money, currency)]) if money else figure["reported"]
        )
        figure["scale"] = scale_of(money, currency) if money else "one"
    latest = not (visit.asked["on"] or visit.asked["known"])
    role = session.role if session else ""
    rest: dict[str, Any] = {"done": None, "wrong": None, "filled": {}, **more}
    return await visit.page(
        "verdicts.html",
        status,
        told=told,
        units=sorted(units["units"], key=lambda one: one["name"]),
        chosen_unit=unit,
        paper=paper,
        cites=role == Role.OFFICE.value,
        judges=latest and role in (Role.OFFICE.value, Role.BUREAU.value, Role.UNIT.value),
        person_here=session.person if session else "",
        currency=currency,
        scale=scale,
        **rest,
    )


def scale_of(money: dict[str, Any], currency: str) -> str:
    """Foreign money is judged in its own unit."""
    return ("wan" if currency == "CNY" else "million") if money["currency"] == currency else "one"


@made.post("/pages/verdicts", openapi_extra=PAGE)
async def judged(visit: Here) -> Response:
    """Recognised wholly or in part, or not recognised for a reason."""
    visit.viewed_at(None, None, None)
    form = visit.form
    fields = {
        name: form.one(name) or "" for name in ("project", "target", "version", "measure", "outcome", "amount", "scale")
    }
    fields |= {name: form.one(name) or "" for name in ("currency", "because", "authority", "paper", "shown", "unit")}
    said: dict[str, Any] = {"measure": fields["measure"], "outcome": fields["outcome"]}
    for name in ("target", "version"):
        said[name] = int(fields[name]) if fields[name].isdecimal() and len(fields[name]) < 11 else fields[name]
    if fields["outcome"] == "recognised" and typed(fields["amount"]) not in ("", fields["shown"]):
        said |= amount(fields)
    for field, name in (("because", "because"), ("authority", "authority"), ("paper", "document")):
        if fields[field]:
            said[name] = fields[field]
    place = (fields["measure"] or None, fields["unit"] or None, None, fields["paper"] or None)
    try:
        done = await visit.api.post(f"/projects/{fields['project'][:64]}/verdicts", said, key=form.key)
    except Told as told:
        return await shown(visit, *place, told.status, wrong=told, filled=fields)
    query = dict(zip(("measure", "unit", "cursor", "paper"), place, strict=True))
    return visit.leave("/pages/verdicts", **query, done=fields["outcome"], after=done["position"])


def amount(fields: dict[str, str]) -> dict[str, Any]:
    """Money in the fact's own currency, or a count or percentage."""
    number, measure = typed(fields["amount"]), MEASURES.get(fields["measure"])
    if measure is None or measure.unit != "money":
        return {"value": number}
    scaled = NUMBER.fullmatch(number) and len(number) < 40 and fields["scale"] in SCALES
    stated = plain(Decimal(number) * SCALES[fields["scale"]]) if scaled else fields["amount"]
    return {"amount": {"amount": stated, "currency": fields["currency"]}}
