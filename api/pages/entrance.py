"""登录: signing in and out; what was filled in when a session had ended is there again after it."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import RedirectResponse

from api.pages.asking import Told
from api.pages.files import ours
from api.pages.forms import parsed
from api.pages.visit import PUBLIC, SESSION, WAITING, Here, Visit, pages
from store.sessions import Waits

made: APIRouter = pages()
Next = Annotated[str | None, Query(max_length=2_000)]


@made.get("/pages/sign-in", openapi_extra=PUBLIC)
async def sign_in(visit: Here, next: Next = None) -> Response:
    if visit.session is not None and visit.session.waits_for is None:
        return visit.leave("/pages/")
    return await visit.page("sign_in.html", next=next, kept=None, wrong=None)


@made.post("/pages/sign-in", openapi_extra=PUBLIC)
async def signed_in(visit: Here) -> Response:
    given = {"username": visit.form.one("username") or "", "password": visit.form.one("password") or ""}
    try:
        session = visit.carry(await visit.api.send("POST", "/session", body=given))
    except Told as told:
        return await visit.page(
            "sign_in.html", told.status, next=visit.form.one("next"), kept=visit.form.one("kept"), wrong=told
        )
    return await onwards(visit, session["waits_for"])


@made.get("/pages/sign-in/code", openapi_extra=SESSION)
async def code(visit: Here, next: Next = None) -> Response:
    return await visit.page("code.html", next=next, kept=None, wrong=None)


@made.post("/pages/sign-in/code", openapi_extra=SESSION)
async def code_given(visit: Here) -> Response:
    try:
        session = visit.carry(await visit.api.send("POST", "/session/code", body={"code": visit.form.one("code") or ""}))
    except Told as told:
        return await visit.page(
            "code.html", told.status, next=visit.form.one("next"), kept=visit.form.one("kept"), wrong=told
        )
    return await onwards(visit, session["waits_for"])


@made.post("/pages/sign-out", openapi_extra=SESSION)
async def sign_out(visit: Here) -> Response:
    visit.carry(await visit.api.send("DELETE", "/session"))
    return visit.leave("/pages/sign-in")


async def onwards(visit: Visit, waits_for: Waits | None) -> Response:
    """To what is wanted next, or where the reader was going; what had been filled in is shown once more, to be sent."""
    next, kept = visit.form.one("next"), visit.form.one("kept")
    next = next if next is not None and ours(next) else None
    if waits_for == "code":
        return await visit.page("code.html", next=next, kept=kept, wrong=None)
    if waits_for is not None:
        return visit.leave(WAITING[waits_for], next=next)
    if next is None:
        return visit.leave("/pages/")
    if kept is not None:
        return await visit.page("resume.html", next=next, fields=parsed(kept.encode("ascii", "replace")).everything())
    return visit.sent(RedirectResponse(next, 303, headers={"Cache-Control": "no-store"}))
