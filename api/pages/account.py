"""我的账号: who one is here, the post one acts in, one's sessions, password and authenticator."""

from io import BytesIO
from typing import Annotated, Any

import segno
from fastapi import APIRouter, Query, Response
from fastapi.responses import RedirectResponse
from markupsafe import Markup

from api.pages.asking import Told
from api.pages.entrance import Next
from api.pages.files import ours
from api.pages.visit import PAGE, SESSION, Here, Visit, pages

made: APIRouter = pages()
Done = Annotated[str | None, Query(max_length=20)]


@made.get("/pages/account", openapi_extra=PAGE)
async def account(visit: Here, done: Done = None) -> Response:
    own, open_ones = await visit.ask_all(visit.api.get("/session"), visit.api.get("/sessions"))
    visit.heard(await visit.api.get(f"/people/{own['person']}"))
    return await visit.page("account.html", own=own, sessions=open_ones["sessions"], done=done)


@made.post("/pages/account/post", openapi_extra=SESSION)
async def act_in(visit: Here) -> Response:
    visit.carry(await visit.api.send("POST", "/session/post", body={"post": visit.form.one("post")}))
    return visit.leave("/pages/account", done="post")


@made.post("/pages/account/sessions/end", openapi_extra=PAGE)
async def end_session(visit: Here) -> Response:
    await visit.api.send("DELETE", f"/sessions/{visit.form.one('session')}")
    return visit.leave("/pages/account", done="session")


@made.get("/pages/account/password", openapi_extra=SESSION)
async def password(visit: Here, next: Next = None) -> Response:
    return await visit.page("password.html", next=next, wrong=None)


@made.post("/pages/account/password", openapi_extra=SESSION)
async def change_password(visit: Here) -> Response:
    old, new, again = (visit.form.one(name) or "" for name in ("old", "new", "again"))
    next = visit.form.one("next")
    if new != again:
        return await visit.page("password.html", 422, next=next, wrong=visit.say("两次输入的新密码不一致。"))
    try:
        assert visit.session is not None
        heard = await visit.api.send("POST", f"/accounts/{visit.session.account}/password", body={"old": old, "new": new})
        visit.carry(heard)
    except Told as told:
        return await visit.page("password.html", told.status, next=next, wrong=told.detail)
    return _on(visit, next, "password")


@made.get("/pages/account/authenticator", openapi_extra=SESSION)
async def authenticator(visit: Here, next: Next = None) -> Response:
    return await visit.page("authenticator.html", next=next, uri=None, picture=None, codes=None, wrong=None)


@made.post("/pages/account/authenticator", openapi_extra=SESSION)
async def set_up(visit: Here) -> Response:
    """First the key is shown; with a code of that key it counts, and recovery codes are shown, this once."""
    assert visit.session is not None
    path, code, uri, next = f"/accounts/{visit.session.account}/totp", visit.form.one("code"), visit.form.one("uri"), None
    next = visit.form.one("next")
    shown: dict[str, Any] = {"next": next, "uri": uri, "picture": None, "codes": None, "wrong": None}
    try:
        answer = visit.carry(await visit.api.send("POST", path, body={} if code is None else {"code": code}))
    except Told as told:
        if told.status == 401 and code is None:
            raise
        return await visit.page("authenticator.html", told.status, **shown | {"wrong": told.detail, "picture": drawn(uri)})
    if answer["uri"] is not None:
        shown |= {"uri": answer["uri"], "picture": drawn(answer["uri"])}
    return await visit.page("authenticator.html", **shown | {"codes": answer["recovery_codes"] or None})


def drawn(uri: str | None) -> Markup | None:
    """The address as a QR code: what an authenticator takes by its camera."""
    if uri is None:
        return None
    made = BytesIO()
    segno.make(uri, micro=False).save(made, kind="svg", xmldecl=False, svgclass="qr", lineclass=None, scale=4, border=2)
    return Markup(made.getvalue().decode())  # noqa: S704  (drawn by segno from a text that we made; nothing in it is markup)


def _on(visit: Visit, next: str | None, done: str) -> Response:
    if next is not None and ours(next):
        return visit.sent(RedirectResponse(next, 303, headers={"Cache-Control": "no-store"}))
    return visit.leave("/pages/account", done=done)
