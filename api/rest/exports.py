"""导出记录: what was taken in bulk and by whom, as the security log tells it."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from api.access.doors import Running, asks, router
from api.asking import Answer, At, answer
from domain.command import Action

made: APIRouter = router(tags=["questions"])


class Taken(BaseModel):
    """`what`: the operation, as this document names it; `object`: what its address named; `about`: how much was taken."""

    at: datetime
    what: str
    door: str
    object: str | None
    person: str | None
    unit: str | None
    role: str | None
    about: dict[str, Any]


class ExportsAnswer(Answer):
    """`kept` is false where the security log is collected elsewhere: then look there."""

    kept: bool
    exports: list[Taken]


@made.get("/exports", response_model=ExportsAnswer, operation_id="exports", openapi_extra=asks(Action.AUDIT, Action.TOKENS))
def exports(services: Running, at: At, limit: Annotated[int, Query(ge=1, le=1_000)] = 100) -> Response:
    """The last that were made, newest first: entries, files, records, replays, backups; to auditors and administrators.

    The security log is no ledger: it is kept for a time, and no viewpoint changes what it tells.
    """
    found = services.security.exports(limit)
    told = [Taken.model_validate(line).model_dump(mode="json") for line in found or ()]
    return answer(services, at, {"kept": found is not None, "exports": told})
