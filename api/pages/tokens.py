"""令牌: what programs sign in with; shown once, each with a person, a unit and a post behind it, and its scopes."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from api.pages.asking import Told
from api.pages.visit import PAGE, Here, Visit, pages
from domain.command import Action
from domain.entry import Role

made: APIRouter = pages()


@made.get("/pages/tokens", openapi_extra=PAGE)
async def tokens(visit: Here, done: Annotated[str | None, Query(max_length=20)] = None) -> Response:
    return await listed(visit, 200, done=done)


async def listed(visit: Visit, status: int, **shown: Any) -> Response:
    """Every token but its secret, with the form for one more."""
    found, (units, people) = await visit.ask_all(visit.api.get("/tokens"), visit.directory())
    whole = {"done": None, "wrong": None, "secret": None} | shown
    choices = {"units": units, "people": people, "roles": Role, "actions": Action}
    return await visit.page("tokens.html", status, tokens=found["tokens"], **choices, **whole)


@made.post("/pages/tokens", openapi_extra=PAGE)
async def make(visit: Here) -> Response:
    form = visit.form
    days = form.one("days") or "366"
    body: dict[str, Any] = {name: form.one(name) for name in ("person", "unit", "post", "role")}
    body |= {"days": int(days) if days.isascii() and days.isdigit() else days, "longer": "longer" in form}
    body |= {"scopes": form.all("scopes")} if form.all("scopes") else {}
    try:
        answer = await visit.api.post("/tokens", body)
    except Told as told:
        return await listed(visit, told.status, wrong=told)
    return await listed(visit, 201, secret=answer["token"])


@made.post("/pages/tokens/revoke", openapi_extra=PAGE)
async def revoke(visit: Here) -> Response:
    await visit.api.send("DELETE", f"/tokens/{visit.form.one('token')}")
    return visit.leave("/pages/tokens", done="revoked")
