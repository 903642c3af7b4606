"""导入快照: a dated table against the ledger; what it proposes is reviewed before it is recorded, whole or not at all."""

from base64 import b64encode
from typing import Any

from fastapi import APIRouter, Response

from api.pages.asking import Told
from api.pages.visit import PAGE, Here, Visit, pages

made: APIRouter = pages()
MOST_BYTES = 760_000
"""Of a file: in base64 it still fits into a request; larger ones are for `lifecycle import`."""
MOST_SHOWN = 300
"""Lines of a proposal on the page; of more, how many there are."""


@made.get("/pages/imports", openapi_extra=PAGE)
async def importing(visit: Here) -> Response:
    return await shown(visit, 200)


async def shown(visit: Visit, status: int, **found: Any) -> Response:
    known = await visit.api.get("/imports/mappings")
    whole = {"wrong": None, "proposal": None, "sent": None, "recorded": False} | found
    return await visit.page("importing.html", status, mappings=known["mappings"], most=MOST_SHOWN, **whole)


@made.post("/pages/imports", openapi_extra=PAGE)
async def proposed(visit: Here) -> Response:
    """Nothing is recorded: what the file brings, and each cell that could not be read."""
    mapped_by = visit.form.one("text") or visit.form.one("shipped")
    if visit.file is None or mapped_by is None:
        return await shown(visit, 422, wrong=visit.say("请选择文件，并选择或填写映射。"))
    raw = await visit.file.whole(MOST_BYTES)
    if raw is None:
        await visit.file.drain(16 * MOST_BYTES)
        return await shown(visit, 413, wrong=visit.say("文件过大，请在服务器上用 lifecycle import 导入。"))
    sent = {"mapped_by": mapped_by, "file": visit.file.name, "content": b64encode(raw).decode()}
    try:
        found = await visit.api.post("/imports", sent, dry_run=True)
    except Told as told:
        return await shown(visit, told.status, wrong=told)
    return await shown(visit, 200, proposal=found, sent=sent)


@made.post("/pages/imports/record", openapi_extra=PAGE)
async def recorded(visit: Here) -> Response:
    """Decided anew: where somebody recorded meanwhile, the answer tells what came of it."""
    sent = {name: visit.form.one(name) or "" for name in ("mapped_by", "file", "content")}
    try:
        found = await visit.api.post("/imports", sent)
    except Told as told:
        return await shown(visit, told.status, wrong=told)
    return await shown(visit, 200, proposal=found, recorded=found["position"] is not None)
