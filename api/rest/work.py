"""工作: how far what takes long is, what came of it, and a way to stop it; to whoever asked for it alone."""

import asyncio
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from api.access.doors import By, Running, asks, router
from api.services import Services
from api.working import WorkAnswer, told
from domain.command import Action
from domain.entry import Actor
from domain.errors import Refused
from store.works import Shown

made: APIRouter = router(tags=["work"])
OWN = asks(Action.SETTLE)
"""Of those who may ask for such work; each sees their own."""
LOOK = 0.1
"""Seconds between two looks of somebody who waits; they hold no thread meanwhile."""
Id = Annotated[UUID, Path()]


class NoLongerStopped(Refused):
    """It has ended, or recording has begun: it can no longer be stopped."""

    zh = "已经结束，或已开始写入台账，不能再取消。"


class WorkList(BaseModel):
    """Newest first, without their answers; a day long."""

    work: list[WorkAnswer]


@made.get("/work", response_model=WorkList, operation_id="list_work", openapi_extra=OWN)
def list_work(services: Running, by: By) -> Response:
    """What one asked for that takes long."""
    found = WorkList(work=[told(work) for work in services.works.of(by)])
    return Response(found.model_dump_json(), media_type="application/json")


@made.get("/work/{work}", response_model=WorkAnswer, operation_id="work", openapi_extra=OWN)
async def show_work(
    request: Request,
    services: Running,
    by: By,
    work: Id,
    wait: Annotated[int, Query(ge=0, le=10, description="至多等几秒，结束即答 / seconds to wait for its end")] = 0,
) -> Response:
    """How far it is; once it has ended, what came of it."""
    found = await run_in_threadpool(services.works.find, work, by)
    if wait and found.going:
        found = await request.scope["place"].aside(ended)(services, work, by, wait)
    return Response(await run_in_threadpool(written, found), media_type="application/json")


def written(work: Shown) -> str:
    return told(work).model_dump_json()


async def ended(services: Services, work: UUID, by: Actor, wait: float) -> Shown:
    """As it stands once it has ended, or after so many seconds."""
    clock = asyncio.get_running_loop()
    until = clock.time() + wait
    while (await run_in_threadpool(services.works.find, work, by, whole=False)).going and clock.time() < until:
        await asyncio.sleep(LOOK)
    return await run_in_threadpool(services.works.find, work, by)


@made.delete("/work/{work}", response_model=WorkAnswer, operation_id="stop_work", openapi_extra=OWN)
def stop_work(services: Running, by: By, work: Id) -> Response:
    """Stop it before its next step; nothing is recorded. Stopped already, it stays so."""
    stopping = services.works.stop(work, by)
    found = services.works.find(work, by, whole=False)
    if not stopping and found.state not in ("stopped", "interrupted"):
        raise NoLongerStopped(found.about)
    return Response(written(found), media_type="application/json")
