"""The district asked: its settings, stage gates and calendar."""

from calendar import isleap
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from api.access.doors import Running, router
from api.asking import DIRECTORY, Answer, At, answer
from domain.office.gates import Gates
from domain.office.period import PREFIX
from domain.settings import Settings
from domain.values import Day
from domain.working_days import ArrangedDay, Arrangement, Basis, DayTold

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


class ArrangedYear(BaseModel):
    """`source`: the notice adopted (by `entry`), or the data shipped with the program."""

    year: int
    rests_on: Basis
    source: str
    entry: str | None
    adopted_on: date | None
    days: list[ArrangedDay]


class YearKnown(BaseModel):
    """A year that an arrangement is known for, and whose it is."""

    year: int
    rests_on: Basis


class CalendarAnswer(Answer):
    """放假安排 of a year as it was known: null where none is loaded (未载入) and days are reckoned by weekends.

    `arranged`: every day of the calendar year that it, or the next year's, speaks of; `days_are` as the district set it.
    """

    year: int
    rests_on: Basis
    arrangement: ArrangedYear | None
    arranged: list[DayTold]
    known: list[YearKnown]
    days_are: Literal["natural", "working"]


class WorkingDaysAnswer(Answer):
    """The day asked about, and the working days after it; each `rests_on` the least sure of all that the count passed."""

    since: DayTold
    working_days: list[DayTold]


Year = Annotated[int | None, Query(ge=1950, le=2199, description="不填为情况截至日所在年 / absent: the year of `on`")]
Since = Annotated[Day | None, Query(description="不填为情况截至日 / absent: `on`")]
Count = Annotated[int, Query(ge=1, le=366)]


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


@made.get("/district/calendar", response_model=CalendarAnswer, operation_id="district_calendar", openapi_extra=DIRECTORY)
def district_calendar(services: Running, at: At, year: Year = None) -> Response:
    """The holiday arrangement of a year: adopted by the district, else as shipped with the program, else none."""
    calendar, asked = services.questions.project.calendar(at.viewpoint), year or at.on.year
    found = calendar.of_year(asked)
    first = date(asked, 1, 1)
    told = (calendar.told(first + timedelta(days=n)) for n in range(365 + isleap(asked)))
    body = {
        "year": asked,
        "rests_on": found.basis if found else "weekends",
        "arrangement": _arranged(found) if found else None,
        "arranged": [one for one in told if one.arranged],
        "known": [{"year": y, "rests_on": a.basis} for y, a in sorted({**calendar.shipped, **calendar.adopted}.items())],
        "days_are": services.questions.project.settings(at.viewpoint).days_are,
    }
    return answer(services, at, body)


@made.get("/district/working-days", response_model=WorkingDaysAnswer, operation_id="working_days", openapi_extra=DIRECTORY)
def working_days(services: Running, at: At, since: Since = None, count: Count = 5) -> Response:
    """Whether a day is worked, and the working days after it, with what that rests on."""
    calendar, day = services.questions.project.calendar(at.viewpoint), since or at.on
    after = list(islice(calendar.working_days(day), count))
    return answer(services, at, {"since": calendar.told(day), "working_days": after})


def _arranged(found: Arrangement) -> ArrangedYear:
    return ArrangedYear(
        year=found.year,
        rests_on=found.basis,
        source=found.source,
        entry=found.entry,
        adopted_on=found.adopted_on,
        days=list(found.days),
    )


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
