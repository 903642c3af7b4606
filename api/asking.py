"""What all questions share: their viewpoint, read from the query and repeated in the answer; names for display."""

import base64
from collections.abc import Collection, Iterator
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel
from pydantic_core import to_json
from starlette.concurrency import run_in_threadpool

from api.access.doors import Running, asks
from domain.command import Action
from domain.errors import Refused
from domain.office.identities import PREFIX as PERSON
from domain.office.person import ERASED, erased, naming_numbers
from domain.office.unit import PREFIX as UNIT
from domain.office.unit import named
from domain.viewpoint import Viewpoint
from projections.questions.viewpoints import Arrivals, Asked, BadViewpoint, Resolved

YEARS = ("1949", "2199")
"""As of every date in the ledger (domain.values.sensible): beyond them calendars and clocks run out."""


READS = asks(Action.FIGURES)
"""Figures of everybody; whose route tells of the entries behind them says `READS_ENTRIES` (api.access.reading)."""
READS_ENTRIES = asks(Action.ENTRIES)
DIRECTORY = asks(Action.DIRECTORY)
Limit = Annotated[int, Query(ge=1, le=1_000)]


class BadCursor(Refused):
    """This is no cursor of ours; `next` of the page before gives it."""

    zh = "游标无效，请使用上一页答复中的 next。"
    sort = "invalid"


class Known(BaseModel):
    """The position known resolved to, and when it was recorded."""

    position: int
    recorded_at: datetime | None


class ViewpointAnswer(BaseModel):
    """情况截至 `on`, 按 `known` 已报; asked again with `on` and `known=@position` the figures are the same for ever."""

    asked: dict[str, str | int | None]
    on: date
    known: Known
    open: bool
    synthetic: bool
    """Whether everything in the ledger is made up: a demonstration district (演示区)."""


class Names(BaseModel):
    """For display only, as they were at the viewpoint. References never change; of a person in `erased` the names were
    erased by law, at every viewpoint, and what stands instead of them says so."""

    persons: dict[str, str] = {}
    units: dict[str, str] = {}
    erased: list[str] = []


class Answer(BaseModel):
    """What every answer carries beside its own."""

    viewpoint: ViewpointAnswer
    names: Names


async def viewpoint(
    request: Request,
    services: Running,
    on: Annotated[str | None, Query(max_length=20, description="情况截至：日期 / the world up to this date")] = None,
    known: Annotated[
        str | None,
        Query(
            max_length=40,
            description="按何时已报：日期、时间、@位置、period:月报期 / known at a date, time, @position, period:2026-06",
        ),
    ] = None,
    after: Annotated[int | None, Query(ge=0, le=2**62, description="等到此位置 / wait for this position")] = None,
) -> Resolved:
    """Raises BadViewpoint, NotThereYet."""
    for text in (on, known):
        if text is not None and text[:4].isdecimal() and not (YEARS[0] <= text[:4] <= YEARS[1]):
            raise BadViewpoint(text)
    if after is not None:
        arrivals: Arrivals = request.app.state.arrivals
        await request.scope["place"].aside(arrivals.reach)(after)
    return await run_in_threadpool(services.questions.resolve, Asked(on, known, after))


At = Annotated[Resolved, Depends(viewpoint)]


def repeated(at: Resolved) -> dict[str, Any]:
    asked = {"on": at.asked.on, "known": at.asked.known, "after": at.asked.after}
    known = Known(position=at.position, recorded_at=at.recorded_at)
    return ViewpointAnswer(asked=asked, on=at.on, known=known, open=at.open, synthetic=at.synthetic).model_dump(mode="json")


def answer(services: Running, at: Resolved, body: dict[str, Any], units: Collection[str] = ()) -> Response:
    """The body with its viewpoint and the names of everybody it mentions, and of more units where told."""
    whole = {"viewpoint": repeated(at)} | body | {"names": names_in(services, at.viewpoint, body, units)}
    return Response(to_json(whole), media_type="application/json")


def names_in(services: Running, viewpoint: Viewpoint, body: dict[str, Any], units: Collection[str] = ()) -> dict[str, Any]:
    """Of everybody that an answer mentions, and of more units where told."""
    persons, named = set(), set(units)
    for key, value in mentioned(body):
        if key in PERSONS:
            persons.add(value)
        elif key in UNITS:
            named.add(value)
    return names_at(services, viewpoint, persons, named)


PERSONS = frozenset({"person", "on_behalf_of", "approver", "other", "leader"})
UNITS = frozenset(
    {"unit", "lead_unit", "introducing_unit", "hosting_unit", "from_unit", "to_unit", "bureau", "authority", "merged_into"}
)


def mentioned(value: Any) -> Iterator[tuple[str, str]]:
    """Every text in an answer with the key it stands under."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if isinstance(inner, str):
                yield key, inner
            else:
                yield from mentioned(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from mentioned(inner)


def names_at(services: Running, viewpoint: Viewpoint, persons: set[str], units: set[str]) -> dict[str, Any]:
    """The names that people and units bore at the viewpoint; the first they ever had, where they came in later."""
    histories = services.ledger.records.histories(
        [*(UNIT + code for code in sorted(units)), *(PERSON + ref for ref in sorted(persons))]
    )
    kept = services.people.by_number(persons)
    found: dict[str, Any] = {"persons": {}, "units": {}, "erased": []}
    for label, history in histories.items():
        if not history.version:
            continue
        view = history.at(viewpoint)
        view = view if view.facts else history.now
        if label.startswith(UNIT):
            if borne := named(view):
                found["units"][label.removeprefix(UNIT)] = borne[-1].fact.name
            continue
        ref = label.removeprefix(PERSON)
        if erased(history):
            found["persons"][ref] = ERASED
            found["erased"].append(ref)
        elif said := [kept[ref, n] for n in naming_numbers(view) if (ref, n) in kept]:
            found["persons"][ref] = said[-1]
    return found


def cursor_of(code: str) -> str:
    """Where a page ended, as the following page is asked for."""
    return base64.urlsafe_b64encode(code.encode()).decode()


def uncursor(cursor: str | None) -> str | None:
    """Raises BadCursor unless `cursor_of` could have made it."""
    if cursor is None:
        return None
    try:
        code = base64.b64decode(cursor, altchars=b"-_", validate=True).decode()
    except ValueError:
        raise BadCursor from None
    if not (code.isascii() and code.isprintable()):
        raise BadCursor
    return code
