"""The other streams, asked: units, people and their posts, the district's settings."""

from collections.abc import Iterator
from datetime import date

from fastapi import APIRouter, Response
from pydantic import BaseModel

from api.access.doors import Running, router
from api.asking import READS, Answer, At, answer
from domain.history import View
from domain.office.gates import Gates
from domain.office.person import PersonEntered, PostLeft, PostTaken
from domain.office.unit import UnitClosed, UnitOpened, UnitRenamed
from domain.settings import Settings
from projections.questions.viewpoints import Resolved

made: APIRouter = router(tags=["questions"])


class UnitAnswer(BaseModel):
    unit: str
    name: str
    sort: str
    closed: bool


class UnitsAnswer(Answer):
    units: list[UnitAnswer]


class PostAnswer(BaseModel):
    unit: str
    title: str


class PersonAnswer(BaseModel):
    person: str
    posts: list[PostAnswer]


class PeopleAnswer(Answer):
    people: list[PersonAnswer]


class SettingsAnswer(Answer):
    settings: Settings


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


@made.get("/units", response_model=UnitsAnswer, operation_id="list_units", openapi_extra=READS)
def list_units(services: Running, at: At) -> Response:
    """Every unit that was there at the viewpoint, with the name it bore."""
    units = []
    for label, view in _views(services, at, "unit:"):
        opened = view.of(UnitOpened)
        if opened:
            named = [s.fact.name for s in view.facts if isinstance(s.fact, UnitOpened | UnitRenamed)]
            code, closed = label.removeprefix("unit:"), bool(view.of(UnitClosed))
            units.append({"unit": code, "name": named[-1], "sort": opened[0].fact.sort, "closed": closed})
    return answer(services, at, {"units": units})


@made.get("/people", response_model=PeopleAnswer, operation_id="list_people", openapi_extra=READS)
def list_people(services: Running, at: At) -> Response:
    """Everybody who was there at the viewpoint, by reference, with the posts held; names beside, unless erased."""
    people = []
    for label, view in _views(services, at, "person:"):
        posts: list[dict[str, str]] = []
        for standing in view.facts:
            match standing.fact:
                case PostTaken() as fact:
                    posts.append({"unit": fact.unit, "title": fact.title})
                case PostLeft() as fact:
                    posts = [p for p in posts if p != {"unit": fact.unit, "title": fact.title}]
                case _:
                    pass
        if view.of(PersonEntered):
            people.append({"person": label.removeprefix("person:"), "posts": posts})
    return answer(services, at, {"people": people})


def _views(services: Running, at: Resolved, prefix: str) -> Iterator[tuple[str, View]]:
    histories = services.ledger.records.histories(services.reading.labels(prefix))
    for label in sorted(histories):
        yield label, histories[label].at(at.viewpoint)


@made.get("/district/settings", response_model=SettingsAnswer, operation_id="district_settings", openapi_extra=READS)
def district_settings(services: Running, at: At) -> Response:
    """The district's settings as the ledger knew them."""
    settings = services.questions.project.settings(at.viewpoint)
    return answer(services, at, {"settings": settings.model_dump(mode="json")})


@made.get("/district/gates", response_model=GatesAnswer, operation_id="district_gates", openapi_extra=READS)
def district_gates(services: Running, at: At) -> Response:
    """The stage gates: which facts and evidence are expected from which stage on."""
    gates = services.questions.project.gates(at.viewpoint)
    adopted = [
        {"name": s.fact.gates.name, "entry": s.original.citation, "occurred_on": s.fact.occurred_on} for s in gates.adopted
    ]
    table, binding = gates.expected(at.on), gates.adopted_on(at.on) is not None
    return answer(services, at, {"gates": table.model_dump(mode="json"), "binding": binding, "adopted": adopted})
