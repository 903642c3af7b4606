"""账号: who may come in and in which posts; made, reset and closed by the administrator. Secrets are shown once."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.pages.asking import Told
from api.pages.visit import PAGE, Here, Visit, pages
from domain.entry import Role

made: APIRouter = pages()
Done = Annotated[str | None, Query(max_length=20)]


@made.get("/pages/accounts", openapi_extra=PAGE)
async def accounts(visit: Here, done: Done = None) -> Response:
    return await listed(visit, 200, done=done)


async def listed(visit: Visit, status: int, **shown: Any) -> Response:
    """Every account, with the form for one more."""
    found, (units, people) = await visit.ask_all(visit.api.get("/accounts"), visit.directory())
    whole = {"done": None, "wrong": None, "secret": None} | shown
    choices = {"units": units, "people": people, "roles": Role}
    return await visit.page("accounts.html", status, accounts=found["accounts"], **choices, **whole)


@made.post("/pages/accounts", openapi_extra=PAGE)
async def make(visit: Here) -> Response:
    form = visit.form
    posts = [{name: form.one(name) for name in ("unit", "post", "role")}]
    body = {"username": form.one("username"), "person": form.one("person"), "posts": posts, "subject": form.one("subject")}
    try:
        answer = await visit.api.post("/accounts", body | {"password": "only_single_sign_on" not in form})
    except Told as told:
        return await listed(visit, told.status, wrong=told)
    return await listed(visit, 201, secret=(answer["username"], answer["one_time_password"]), done="made")


@made.get("/pages/accounts/{account}", openapi_extra=PAGE)
async def one(visit: Here, account: UUID, done: Done = None) -> Response:
    return await shown(visit, account, 200, done=done)


async def shown(visit: Visit, account: UUID, status: int, **told: Any) -> Response:
    """One account: its posts and its sessions, with what can be done about them."""
    found, sessions, (units, _) = await visit.ask_all(
        visit.api.get("/accounts"), visit.api.get(f"/accounts/{account}/sessions"), visit.directory()
    )
    kept = next((a for a in found["accounts"] if a["account"] == str(account)), None)
    if kept is None:
        return await visit.problem(404, visit.say("没有这个账号。"))
    whole = {"done": None, "wrong": None, "secret": None} | told
    return await visit.page(
        "account_kept.html", status, kept=kept, sessions=sessions["sessions"], units=units, roles=Role, **whole
    )


@made.post("/pages/accounts/{account}/reset", openapi_extra=PAGE)
async def reset(visit: Here, account: UUID) -> Response:
    answer = await visit.api.post(f"/accounts/{account}/resets", {"totp": "totp" in visit.form})
    return await shown(visit, account, 200, secret=(answer["username"], answer["one_time_password"]), done="reset")


@made.post("/pages/accounts/{account}/close", openapi_extra=PAGE)
async def close(visit: Here, account: UUID) -> Response:
    await visit.api.post(f"/accounts/{account}/closing", {})
    return visit.leave(f"/pages/accounts/{account}", done="closed")


@made.post("/pages/accounts/{account}/posts", openapi_extra=PAGE)
async def add_post(visit: Here, account: UUID) -> Response:
    try:
        await visit.api.post(f"/accounts/{account}/posts", {name: visit.form.one(name) for name in ("unit", "post", "role")})
    except Told as told:
        return await shown(visit, account, told.status, wrong=told)
    return visit.leave(f"/pages/accounts/{account}", done="post")


@made.post("/pages/accounts/{account}/posts/end", openapi_extra=PAGE)
async def end_post(visit: Here, account: UUID) -> Response:
    await visit.api.send("DELETE", f"/accounts/{account}/posts/{visit.form.one('post')}")
    return visit.leave(f"/pages/accounts/{account}", done="ended")


@made.post("/pages/accounts/{account}/sessions/end", openapi_extra=PAGE)
async def end_session(visit: Here, account: UUID) -> Response:
    await visit.api.send("DELETE", f"/accounts/{account}/sessions/{visit.form.one('session')}")
    return visit.leave(f"/pages/accounts/{account}", done="session")
