"""The questions: each takes a viewpoint, each figure names its entries."""

import base64
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel
from pydantic_core import from_json

from api.access.doors import Running, asks, router
from api.asking import At, Names, ViewpointAnswer, answer, unit_names
from domain.command import Action
from domain.entry import cite
from domain.errors import NotFound
from domain.fact import MEASURES, Authority, Stage
from domain.office.person import PostLeft, PostTaken
from domain.office.unit import UnitClosed, UnitOpened
from domain.project.responsibilities import ResponsibilityRole
from domain.questions.portfolio import Attribute, By
from domain.questions.projects import ProjectRow
from domain.questions.responsibilities import Responsibilities
from domain.questions.status import Status
from domain.questions.timeline import Timeline
from domain.settings import Settings
from projections.questions.portfolio import Part, Total
from projections.questions.projects import Wanted
from store.recorder import Row

MeasureName = Enum("MeasureName", {name: name for name in MEASURES}, type=str)  # type: ignore[misc]  # the declared ones
made: APIRouter = router(tags=["questions"])
READS = asks(Action.READ)
Code = Annotated[str, Path(max_length=64)]


class Answer(BaseModel):
    """What every answer carries beside its own."""

    viewpoint: ViewpointAnswer
    names: Names


class ProjectsAnswer(Answer):
    projects: list[ProjectRow]
    next: str | None


class StatusAnswer(Answer):
    status: Status


class TimelineAnswer(Answer):
    timeline: Timeline


class ResponsibilityAnswer(Answer):
    responsibility: Responsibilities


class RawEntry(BaseModel):
    """An entry as stored: `state` is the JSON text of its exact bytes."""

    entry: str
    stream: str
    number: int
    topic: str
    position: int
    recorded_at: datetime
    stated: bool
    state: str
    content: dict[str, Any]


class EntriesAnswer(BaseModel):
    entries: list[RawEntry]
    next: int | None
    names: Names


class TotalSources(BaseModel):
    """How many facts make a total, a fingerprint of which ones, and where they are listed."""

    count: int
    fingerprint: str
    link: str


class TotalAnswer(BaseModel):
    measure: str
    authority: Literal["reported", "recognised", "statistical"]
    unit: Literal["money", "count", "percent"]
    sort: Literal["flow", "level"]
    value: str
    currency: str | None
    sources: TotalSources


class GroupAnswer(BaseModel):
    """`group` is null for what belongs to none."""

    group: str | None
    count: int
    totals: list[TotalAnswer]


class PortfolioAnswer(Answer):
    by: By
    role: str
    attribute: Attribute
    groups: list[GroupAnswer]
    total: GroupAnswer


class SourcesAnswer(Answer):
    """Citations of the original facts, and the cursor of the following page."""

    sources: list[str]
    next: str | None


class UnitAnswer(BaseModel):
    unit: str
    name: str
    sort: str
    closed: bool


class UnitsAnswer(BaseModel):
    units: list[UnitAnswer]


class PostAnswer(BaseModel):
    unit: str
    title: str


class PersonAnswer(BaseModel):
    person: str
    posts: list[PostAnswer]


class PeopleAnswer(BaseModel):
    people: list[PersonAnswer]
    names: Names


class SettingsAnswer(Answer):
    settings: Settings


@made.get("/projects", response_model=ProjectsAnswer, operation_id="list_projects", openapi_extra=READS)
def list_projects(
    services: Running,
    at: At,
    stage: Stage | None = None,
    unit: Annotated[str | None, Query(max_length=64)] = None,
    role: Literal["lead", "introducing", "hosting"] = "lead",
    category: Annotated[str | None, Query(max_length=300)] = None,
    list: Annotated[str | None, Query(max_length=300)] = None,
    light: Annotated[str | None, Query(max_length=40)] = None,
    q: Annotated[str | None, Query(max_length=100)] = None,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
) -> Response:
    """The portfolio as a list, by code; `next` is the cursor of the following page."""
    wanted = Wanted(stage, unit, role, category, list, light, q, _uncursor(cursor), limit + 1)
    rows = services.questions.projects(at, wanted)
    page = [row.model_dump(mode="json") for row in rows[:limit]]
    following = _cursor(page[-1]["code"]) if len(rows) > limit else None
    return answer(services, at, {"projects": page, "next": following})


def _cursor(code: str) -> str:
    return base64.urlsafe_b64encode(code.encode()).decode()


def _uncursor(cursor: str | None) -> str | None:
    if cursor is None:
        return None
    try:
        return base64.urlsafe_b64decode(cursor.encode()).decode()
    except ValueError:
        raise NotFound("cursor", pointer="/cursor") from None


@made.get("/projects/{code}", response_model=StatusAnswer, operation_id="project_status", openapi_extra=READS)
def project_status(services: Running, at: At, code: Code) -> Response:
    """Where the project stands, and which entries say so."""
    status = services.questions.project.status(code, at.viewpoint)
    return answer(services, at, {"status": status.model_dump(mode="json")})


@made.get("/projects/{code}/timeline", response_model=TimelineAnswer, operation_id="project_timeline", openapi_extra=READS)
def project_timeline(services: Running, at: At, code: Code) -> Response:
    """Every fact in order, with what was later said about it."""
    timeline = services.questions.project.timeline(code, at.viewpoint)
    return answer(services, at, {"timeline": timeline.model_dump(mode="json")})


@made.get(
    "/projects/{code}/responsibility",
    response_model=ResponsibilityAnswer,
    operation_id="project_responsibility",
    openapi_extra=READS,
)
def project_responsibility(
    services: Running, at: At, code: Code, stage: Stage | None = None, role: ResponsibilityRole | None = None
) -> Response:
    """Who held each role in each stage, with gaps and overlaps, and who acted."""
    found = services.questions.project.responsibilities(code, at.viewpoint, stage, role)
    return answer(services, at, {"responsibility": found.model_dump(mode="json")})


After = Annotated[int, Query(ge=0, le=2**62)]
Limit = Annotated[int, Query(ge=1, le=1_000)]


@made.get("/projects/{code}/entries", response_model=EntriesAnswer, operation_id="project_entries", openapi_extra=READS)
def project_entries(services: Running, code: Code, after: After = 0, limit: Limit = 200) -> Response:
    """The project's entries as stored, from the one after number `after`."""
    return _entries(services, code, after, limit)


@made.get("/streams/{label}/entries", response_model=EntriesAnswer, operation_id="stream_entries", openapi_extra=READS)
def stream_entries(services: Running, label: Code, after: After = 0, limit: Limit = 200) -> Response:
    """Any stream's entries as stored: a project's code, `unit:CODE`, `person:REF`, `district`."""
    return _entries(services, label, after, limit)


def _entries(services: Running, label: str, after: int, limit: int) -> Response:
    if after > 2_000_000_000:
        return answer(services, None, {"entries": [], "next": None})
    rows = services.reading.stream(label, after, limit + 1)
    if not rows and not services.reading.stream(label, 0, 1):
        raise NotFound(label)
    page = [_raw(row) for row in rows[:limit]]
    following = page[-1]["number"] if len(rows) > limit else None
    return answer(services, None, {"entries": page, "next": following})


def _raw(row: Row) -> dict[str, Any]:
    return {
        "entry": cite(row.label, row.originator_version),
        "stream": row.label,
        "number": row.originator_version,
        "topic": row.topic,
        "position": row.position,
        "recorded_at": row.recorded_at,
        "stated": row.stated,
        "state": row.state.decode(),
        "content": from_json(row.state),
    }


@made.get("/feed", response_model=EntriesAnswer, operation_id="feed", openapi_extra=READS)
def feed(services: Running, after: After = 0, limit: Limit = 200) -> Response:
    """Entries of all streams in position order, whole requests at a time; `next` is where to go on."""
    rows = services.reading.entries(after, limit)
    return answer(services, None, {"entries": [_raw(r) for r in rows], "next": rows[-1].position if rows else None})


@made.get("/portfolio", response_model=PortfolioAnswer, operation_id="portfolio", openapi_extra=READS)
def portfolio(
    services: Running,
    at: At,
    by: By = "unit",
    role: Literal["lead", "introducing", "hosting"] = "lead",
    attribute: Attribute | None = None,
) -> Response:
    """Totals per group: flows belong to the unit answering on their day (`then`) or at `on` (`now`)."""
    attribute = attribute or ("then" if by == "unit" else "now")
    settings = services.questions.project.settings(at.viewpoint)
    counts, totals = services.questions.portfolio(at, by, role, attribute)
    query = f"on={at.on}&known=@{at.position}&by={by}&role={role}&attribute={attribute}"
    groups: dict[str | None, list[dict[str, Any]]] = {group: [] for group in counts}
    whole: dict[tuple[str, str], Total] = {}
    for total in totals:
        groups.setdefault(total.group, []).append(_total(total, settings, query))
        key = (total.measure.name, total.authority)
        whole[key] = _plus(whole[key], total) if key in whole else total._replace(group=None)
    body = {
        "by": by,
        "role": role,
        "attribute": attribute,
        "groups": [{"group": g, "count": counts.get(g, 0), "totals": t} for g, t in groups.items()],
        "total": {
            "group": None,
            "count": sum(counts.values()),
            "totals": [_total(t, settings, query, every=True) for t in whole.values()],
        },
    }
    return answer(services, at, body, units={g for g in groups if g} if by == "unit" else set())


def _plus(one: Total, other: Total) -> Total:
    prints = int(one.fingerprint, 16) ^ int(other.fingerprint, 16)
    return one._replace(amount=one.amount + other.amount, facts=one.facts + other.facts, fingerprint=f"{prints:016x}")


def _total(total: Total, settings: Settings, query: str, *, every: bool = False) -> dict[str, Any]:
    measure = total.measure
    value = Decimal(total.amount) if measure.unit == "count" else Decimal(total.amount).scaleb(-2)
    group = "" if every else f"&group={total.group or ''}"
    return {
        "measure": measure.name,
        "authority": total.authority,
        "unit": measure.unit,
        "sort": measure.sort,
        "value": str(value),
        "currency": settings.currency if measure.unit == "money" else None,
        "sources": {
            "count": total.facts,
            "fingerprint": total.fingerprint,
            "link": f"/portfolio/sources?{query}&measure={measure.name}&authority={total.authority}{group}",
        },
    }


@made.get("/portfolio/sources", response_model=SourcesAnswer, operation_id="portfolio_sources", openapi_extra=READS)
def portfolio_sources(
    services: Running,
    at: At,
    measure: MeasureName,
    by: By = "unit",
    role: Literal["lead", "introducing", "hosting"] = "lead",
    attribute: Attribute = "then",
    authority: Authority = "reported",
    group: Annotated[str | None, Query(max_length=300)] = None,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Limit = 200,
) -> Response:
    """The facts that make one total; `group` absent: of all groups, empty: what belongs to none."""
    part = Part(MEASURES[measure.value], authority, group or None, every=group is None)
    after = (_uncursor(cursor) or "#0").rpartition("#")
    if not (after[2].isascii() and after[2].isdigit() and len(after[2]) < 10):
        raise NotFound("cursor", pointer="/cursor")
    found = services.questions.sources(at, by, role, attribute, part, (after[0], int(after[2])), limit + 1)
    page = [cite(code, number) for code, number in found[:limit]]
    return answer(services, at, {"sources": page, "next": _cursor(page[-1]) if len(found) > limit else None})


@made.get("/units", response_model=UnitsAnswer, operation_id="list_units", openapi_extra=READS)
def list_units(services: Running) -> Response:
    """Every unit in the ledger, with its newest name."""
    labels = services.reading.labels("unit:")
    histories = services.ledger.records.histories(labels)
    names = unit_names(services, {label.removeprefix("unit:") for label in labels})
    units = []
    for label in labels:
        facts = [s.fact for s in histories[label].now.facts]
        opened = next((f for f in facts if isinstance(f, UnitOpened)), None)
        if opened is not None:
            code = label.removeprefix("unit:")
            closed = any(isinstance(f, UnitClosed) for f in facts)
            units.append({"unit": code, "name": names[code], "sort": opened.sort, "closed": closed})
    return answer(services, None, {"units": units})


@made.get("/people", response_model=PeopleAnswer, operation_id="list_people", openapi_extra=READS)
def list_people(services: Running) -> Response:
    """Every person in the ledger by reference, with the posts they hold; names beside, where they are not erased."""
    people = []
    for label, history in services.ledger.records.histories(services.reading.labels("person:")).items():
        posts: list[dict[str, str]] = []
        for standing in history.now.facts:
            match standing.fact:
                case PostTaken() as fact:
                    posts.append({"unit": fact.unit, "title": fact.title})
                case PostLeft() as fact:
                    posts = [p for p in posts if p != {"unit": fact.unit, "title": fact.title}]
                case _:
                    pass
        people.append({"person": label.removeprefix("person:"), "posts": posts})
    return answer(services, None, {"people": people})


@made.get("/district/settings", response_model=SettingsAnswer, operation_id="district_settings", openapi_extra=READS)
def district_settings(services: Running, at: At) -> Response:
    """The district's settings as the ledger knew them."""
    settings = services.questions.project.settings(at.viewpoint)
    return answer(services, at, {"settings": settings.model_dump(mode="json")})
