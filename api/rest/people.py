"""人员与单位, asked: names and their history, posts, what they hold now; who was joined, merged or erased."""

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel

from api.access.doors import Running, router
from api.asking import DIRECTORY, Answer, At, answer
from domain.entry import cite
from domain.errors import NotFound, NotKnownThen
from domain.history import History, View
from domain.office.identities import PREFIX as PERSON
from domain.office.person import ERASED
from domain.office.unit import PREFIX as UNIT
from domain.questions.around import Dissolved
from domain.questions.people import Absorbed, Erasure, Joined, Person, Post, StandIn, UnitName, person, posts, unit
from domain.questions.self_approval import self_approved
from projections.questions.people import Held
from projections.questions.viewpoints import Resolved

made: APIRouter = router(tags=["questions"])
Code = Annotated[str, Path(max_length=64)]


class UnitRow(BaseModel):
    """`merged_into`: the unit it was merged into; `closed` is true of that too."""

    unit: str
    name: str
    sort: str
    closed: bool
    merged_into: str | None


class UnitsAnswer(Answer):
    units: list[UnitRow]


class UnitNow(BaseModel):
    """`posts`: everybody who has a post there on the day; `holds`: the roles on projects that it holds on the day."""

    unit: str
    name: str
    sort: str
    names: list[UnitName]
    dissolved: Dissolved | None
    absorbed: list[Absorbed]
    posts: list[Post]
    holds: list[Held]


class UnitAnswer(Answer):
    unit: UnitNow


class NameNow(BaseModel):
    """`name` is null where it was never kept; of a person whose names were erased it says so."""

    name: str | None
    since: date
    until: date | None
    sources: tuple[str, ...]


class PostNow(BaseModel):
    unit: str
    title: str


class PersonRow(BaseModel):
    person: str
    name: str | None
    erased: bool
    posts: list[PostNow]


class PeopleAnswer(Answer):
    people: list[PersonRow]


class FoundLater(BaseModel):
    """自批（事后发现）: `decision` is by one reference of a human, on what another of theirs asked or recorded (`about`)."""

    decision: str
    about: str
    people: list[str]


class PersonNow(BaseModel):
    """`posts`: all up to the day, those that were left too; `joined`: other references of the same human; `stand_ins`:
    who may act for them on the day; `self_approved`:
    what they decided as this one on what they recorded as another, in any stream; it stays in force until it is annulled."""

    person: str
    name: str | None
    names: list[NameNow]
    posts: list[Post]
    holds: list[Held]
    joined: list[Joined]
    stand_ins: list[StandIn]
    self_approved: list[FoundLater]
    erased: Erasure | None


class PersonAnswer(Answer):
    person: PersonNow


@made.get("/units", response_model=UnitsAnswer, operation_id="list_units", openapi_extra=DIRECTORY)
def list_units(services: Running, at: At) -> Response:
    """Every unit that was there at the viewpoint, with the name it bore."""
    units = []
    for _, view in _views(services, at, UNIT):
        found = unit(view)
        if found is not None:
            ended = found.dissolved
            told = {"unit": found.unit, "name": found.name, "sort": found.sort, "closed": ended is not None}
            units.append(told | {"merged_into": ended.into if ended else None})
    return answer(services, at, {"units": units})


@made.get("/units/{code}", response_model=UnitAnswer, operation_id="unit_now", openapi_extra=DIRECTORY)
def unit_now(services: Running, at: At, code: Code) -> Response:
    """One unit at the viewpoint: its names, what became of it, who has a post there, what it holds."""
    view = _one(services, at, UNIT + code)[1]
    found = unit(view)
    if found is None:
        raise NotKnownThen(code)
    serving = [p for _, v in _views(services, at, PERSON) for p in posts(v) if p.unit == code and _serves(p, at.on)]
    body = found.model_dump(mode="json") | {
        "posts": [p.model_dump(mode="json") for p in serving],
        "holds": [h.model_dump(mode="json") for h in services.questions.holding(at, unit=code)],
    }
    return answer(services, at, {"unit": body})


@made.get("/people", response_model=PeopleAnswer, operation_id="list_people", openapi_extra=DIRECTORY)
def list_people(services: Running, at: At) -> Response:
    """Everybody who was there at the viewpoint, by reference, with the name and the posts they had."""
    found = [p for h, v in _views(services, at, PERSON) if (p := person(h, v)) is not None]
    kept = services.people.by_number(p.person for p in found)
    people = [
        {
            "person": p.person,
            "name": name_of(p, p.names[-1].number, kept) if p.names else None,
            "erased": p.erased is not None,
            "posts": [{"unit": post.unit, "title": post.title} for post in p.posts if _serves(post, at.on)],
        }
        for p in found
    ]
    return answer(services, at, {"people": people})


@made.get("/people/{ref}", response_model=PersonAnswer, operation_id="person_now", openapi_extra=DIRECTORY)
def person_now(services: Running, at: At, ref: Code) -> Response:
    """One person at the viewpoint: names, posts, what they hold; whom they were joined with, whether they were erased."""
    history, view = _one(services, at, PERSON + ref)
    found = person(history, view)
    if found is None:
        raise NotKnownThen(ref)
    kept = services.people.by_number([ref])
    names: list[dict[str, Any]] = [
        said.model_dump(mode="json", exclude={"number"}) | {"name": name_of(found, said.number, kept)}
        for said in found.names
    ]
    body = found.model_dump(mode="json") | {
        "name": names[-1]["name"] if names else None,
        "names": names,
        "holds": [h.model_dump(mode="json") for h in services.questions.holding(at, person=ref)],
        "self_approved": found_later(services, at, ref),
    }
    return answer(services, at, {"person": body})


def found_later(services: Running, at: Resolved, ref: str) -> list[dict[str, Any]]:
    """Over all streams, in the order of their labels and entries; looked for only where the person has another reference."""
    same = services.questions.project.around(at.viewpoint).same
    if same([ref]) == {ref}:
        return []
    histories = services.ledger.records.histories(services.reading.decided_by(ref))
    return [
        {"decision": found.decision, "about": cite(label, found.number), "people": found.people}
        for label in sorted(histories)
        for found in sorted(self_approved(histories[label].at(at.viewpoint), same))
        if found.people[0] == ref
    ]


def name_of(found: Person, number: int, kept: dict[tuple[str, int], str]) -> str | None:
    return ERASED if found.erased is not None else kept.get((found.person, number))


def _serves(post: Post, day: date) -> bool:
    return post.since <= day and (post.until is None or day < post.until)


def _one(services: Running, at: Resolved, label: str) -> tuple[History, View]:
    """Raises NotFound."""
    history = services.ledger.records.history(label)
    if not history.version:
        raise NotFound(label.partition(":")[2])
    return history, history.at(at.viewpoint)


def _views(services: Running, at: Resolved, prefix: str) -> Iterator[tuple[History, View]]:
    histories = services.ledger.records.histories(services.reading.labels(prefix))
    for label in sorted(histories):
        yield histories[label], histories[label].at(at.viewpoint)
