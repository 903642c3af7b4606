"""导入快照: a dated table against the ledger; what it proposes is reviewed before it is recorded, whole or not at all."""

from base64 import b64encode
from typing import Any

from fastapi import APIRouter, Response

from api.pages.asking import Told
from api.pages.visit import PAGE, Here, Visit, pages

made: APIRouter = pages()
OPERATION = "import_snapshot"
MOST_BYTES = 760_000
"""Of a file: in base64 it still fits into a request; larger ones are for `lifecycle import`."""
MOST_SHOWN = 300
"""Lines of a proposal on the page; of more, how many there are."""


@made.get("/pages/imports", openapi_extra=PAGE)
async def importing(visit: Here) -> Response:
    return await shown(visit, 200)


async def shown(visit: Visit, status: int, **found: Any) -> Response:
    known, work = await visit.ask_all(visit.api.get("/imports/mappings"), visit.api.get("/work"))
    whole = {"wrong": None, "proposal": None, "checked": None, "recorded": False} | found
    asked = [one for one in work["work"] if one["operation"] == OPERATION]
    return await visit.page("importing.html", status, mappings=known["mappings"], asked=asked, most=MOST_SHOWN, **whole)


@made.post("/pages/imports", openapi_extra=PAGE)
async def proposed(visit: Here) -> Response:
    """What cannot be read is told at once; how the comparison goes, and what the file brings, on the work's own page."""
    mapped_by = visit.form.one("text") or visit.form.one("shipped")
    if visit.file is None or mapped_by is None:
        return await shown(visit, 422, wrong=visit.say("请选择文件，并选择或填写映射。"))
    raw = await visit.file.whole(MOST_BYTES)
    if raw is None:
        return await shown(visit, 413, wrong=visit.say("文件过大，请在服务器上用 lifecycle import 导入。"))
    sent = {"mapped_by": mapped_by, "file": visit.file.name, "content": b64encode(raw).decode()}
    return await begun(visit, sent, trial=True)


@made.post("/pages/imports/record", openapi_extra=PAGE)
async def recorded(visit: Here) -> Response:
    """Decided anew: where somebody recorded meanwhile, the answer tells what came of it."""
    return await begun(visit, {"checked": visit.form.one("checked")}, trial=False)


async def begun(visit: Visit, sent: dict[str, Any], *, trial: bool) -> Response:
    """To the page of the work: the same one, however often the form is sent."""
    asked = {"dry_run": True} if trial else None
    try:
        heard = await visit.api.send("POST", "/imports", asked, sent, key=visit.form.key, prefer="respond-async")
    except Told as told:
        gone = told.status == 404 and not trial
        wrong = visit.say("核对结果只保留一天，请重新核对。") if gone else told
        return await shown(visit, told.status, wrong=wrong)
    return visit.leave(f"/pages{heard.header('location')}")


async def came_of(visit: Visit, work: dict[str, Any]) -> Response:
    """What a comparison found, to be reviewed, or what was recorded, or why it was refused."""
    if work["status"] >= 400:
        return await shown(visit, 200, wrong=Told.again(work["status"], work["answer"]))
    answer = work["answer"]
    return await shown(visit, 200, proposal=answer, checked=work["id"], recorded=answer["position"] is not None)
