"""Whether the service lives, is ready, and how far it is: for people, orchestrators and Prometheus."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import psycopg
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from psycopg_pool import PoolTimeout
from pydantic import BaseModel

from api.access.doors import Running, asks, router
from api.services import Services
from domain.entry import SHANGHAI

made: APIRouter = router(tags=["health"])
PUBLIC = asks("public")
UNREAD = 100
"""The first entries of a new ledger are read before anybody could ask; more than these were there before the read model."""


class Alive(BaseModel):
    alive: bool


class Ready(BaseModel):
    """`projection.failure` names the entry that stopped the read model; `clock_frozen` tells of a clock set back.

    A read model that lags is ready: what it answers is true of the position that the answer names, and recording needs
    none of it. One that has read nothing of a ledger that was filled is not: its answers would be of an empty district.
    """

    ready: bool
    open: bool
    synthetic: bool
    """Whether everything in the ledger is made up: a demonstration district (演示区)."""
    ledger: int
    projection: dict[str, int | str | None]
    staged: int
    clock_frozen: bool


@made.get("/livez", response_model=Alive, operation_id="livez", openapi_extra=PUBLIC)
async def livez() -> Alive:  # async: answers also while every thread is busy
    """The process answers."""
    return Alive(alive=True)


@made.get("/readyz", response_model=Ready, operation_id="readyz", openapi_extra=PUBLIC)
def readyz(services: Running) -> Response:
    """200 while questions can be answered; 503 without a database, with a stopped projection, or before it read anything."""
    try:
        found = _state(services)
    except (psycopg.OperationalError, PoolTimeout):
        return JSONResponse({"ready": False, "database": "away"}, 503, headers={"Retry-After": "1"})
    return JSONResponse(found.model_dump(), 200 if found.ready else 503)


def _state(services: Running) -> Ready:
    head = services.reading.head()
    position, failure = services.questions.position()
    ahead = head.recorded_at is not None and head.recorded_at > datetime.now(SHANGHAI) + timedelta(seconds=5)
    return Ready(
        ready=failure is None and (position > 0 or head.position <= UNREAD),
        open=head.opened,
        synthetic=services.reading.synthetic(head),
        ledger=head.position,
        projection={"position": position, "lag": head.position - position, "failure": failure},
        staged=services.reading.staged(),
        clock_frozen=ahead,
    )


@made.get("/metrics", response_class=PlainTextResponse, operation_id="metrics", openapi_extra=PUBLIC)
def metrics(request: Request, services: Running) -> PlainTextResponse:
    """Positions, pools, what was refused and what the security log was told, in Prometheus' text format."""
    state = _state(services)
    pool = services.database.writing.get_stats()
    figures = {
        "lifecycle_ledger_position": state.ledger,
        "lifecycle_projection_position": state.projection["position"],
        "lifecycle_projection_lag_entries": state.projection["lag"],
        "lifecycle_projection_failed": int(state.projection["failure"] is not None),
        "lifecycle_clock_frozen": int(state.clock_frozen),
        "lifecycle_pool_size": pool.get("pool_size", 0),
        "lifecycle_pool_waiting": pool.get("requests_waiting", 0),
    }
    said = "".join(f"# TYPE {name} gauge\n{name} {value}\n" for name, value in figures.items())
    return PlainTextResponse(said + "".join(counted(request, services)))


def counted(request: Request, services: Services) -> Iterator[str]:
    """Counters since this process began: of refusals by status and code, of the security log by event and outcome."""
    yield "# TYPE lifecycle_refused_total counter\n"
    for (status, code), times in sorted(request.app.state.refused.items()):
        yield f'lifecycle_refused_total{{status="{status}",code="{code}"}} {times}\n'
    yield "# TYPE lifecycle_security_events_total counter\n"
    for (event, outcome), times in sorted(services.security.counts.items()):
        yield f'lifecycle_security_events_total{{event="{event}",outcome="{outcome}"}} {times}\n'
    yield f"# TYPE lifecycle_security_log_lost_total counter\nlifecycle_security_log_lost_total {services.security.lost}\n"
