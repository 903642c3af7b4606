"""The district asked: its settings and stage gates."""

from datetime import date, datetime

from fastapi import APIRouter, Response
from pydantic import BaseModel

from api.access.doors import Running, router
from api.asking import DIRECTORY, Answer, At, answer
from domain.office.gates import Gates
from domain.office.period import PREFIX
from domain.settings import Settings

made: APIRouter = router(tags=["questions"])


class SettingsAnswer(Answer):
    settings: Settings


class NamedViewpoints(BaseModel):
    """What `known` may say now: any position up to `ledger`, and a name: `period:` with each of `periods`.

    `open` and `synthetic` as in every viewpoint: whether the ledger is open, and whether it is a demonstration's.
    """

    ledger: int
    recorded_at: datetime | None
    periods: list[str]
    open: bool
    synthetic: bool


class AdoptedGates(BaseModel):
    """A table, the entry that adopted it and the day it begins."""

    name: str
    entry: str
    occurred_on: date


class GatesAnswer(Answer):
    """What is expected on the day asked for; `binding` is false for the table shipped with the program: lists use it, and
    nothing is irregular by it. `adopted`: every table the ledger knew of, by the day it begins."""

    gates: Gates
    binding: bool
    adopted: list[AdoptedGates]


@made.get("/district/settings", response_model=SettingsAnswer, operation_id="district_settings", openapi_extra=DIRECTORY)
def district_settings(services: Running, at: At) -> Response:
    """The district's settings as the ledger knew them."""
    settings = services.questions.project.settings(at.viewpoint)
    return answer(services, at, {"settings": settings.model_dump(mode="json")})


@made.get("/district/gates", response_model=GatesAnswer, operation_id="district_gates", openapi_extra=DIRECTORY)
def district_gates(services: Running, at: At) -> Response:
    """The stage gates: which facts and evidence are expected from which stage on."""
    gates = services.questions.project.gates(at.viewpoint)
    adopted = [
        {"name": s.fact.gates.name, "entry": s.original.citation, "occurred_on": s.fact.occurred_on} for s in gates.adopted
    ]
    table, binding = gates.expected(at.on), gates.adopted_on(at.on) is not None
    return answer(services, at, {"gates": table.model_dump(mode="json"), "binding": binding, "adopted": adopted})


@made.get("/viewpoints", response_model=NamedViewpoints, operation_id="viewpoints", openapi_extra=DIRECTORY)
def viewpoints(services: Running) -> NamedViewpoints:
    """The viewpoints one can choose from."""
    head = services.reading.head()
    periods = sorted(label.removeprefix(PREFIX) for label in services.reading.labels(PREFIX))
    return NamedViewpoints(
        ledger=head.position,
        recorded_at=head.recorded_at,
        periods=periods,
        open=head.opened,
        synthetic=services.reading.synthetic(head),
    )
