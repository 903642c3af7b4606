"""工作: how far what takes long is, with a button to stop it; once it has ended, what came of it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response

from api.pages.asking import Told
from api.pages.importing import came_of
from api.pages.visit import PAGE, Here, pages
from domain.entry import SHANGHAI

made: APIRouter = pages()
Work = Annotated[UUID, Path()]
GOING = ("waiting", "running", "stopping")


@made.get("/pages/work/{work}", openapi_extra=PAGE)
async def work(visit: Here, work: Work, late: bool = False) -> Response:
    """Answers after a second, or when it ends: what is quick shows no progress at all.

    `late`: it was asked to stop when it no longer could.
    """
    found = await visit.api.get(f"/work/{work}", wait=1)
    if found["state"] == "ended":
        return await came_of(visit, found)
    seconds = int((datetime.now(SHANGHAI) - datetime.fromisoformat(found["asked_at"])).total_seconds())
    going = found["state"] in GOING
    return await visit.page("work.html", found=found, going=going, seconds=max(0, seconds), late=late)


@made.post("/pages/work/{work}/stop", openapi_extra=PAGE)
async def stop(visit: Here, work: Work) -> Response:
    late = None
    try:
        await visit.api.send("DELETE", f"/work/{work}")
    except Told as told:
        if told.status != 409:
            raise
        late = "true"
    return visit.leave(f"/pages/work/{work}", late=late)
