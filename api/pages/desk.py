"""What every form of a command needs: where it records, the shapes of the commands, the words and names of this moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple, cast

from fastapi import Depends, Path, Query

from api.pages.fielding import Compared, Line, Tongue
from api.pages.filling import Names
from api.pages.shapes import PLURALS, Shapes
from api.pages.visit import Here, ViewDay, ViewKnown, Visit
from domain.entry import Role
from domain.fact import StreamKind

Act = Annotated[str | None, Query(max_length=40)]
Code = Annotated[str, Path(max_length=64)]
Noun = Annotated[str, Path(max_length=40)]
Done = Annotated[str | None, Query(max_length=80)]
After = Annotated[int | None, Query(ge=0, le=2**62)]
Words = Annotated[str | None, Query(max_length=100)]


async def _now(visit: Here, on: ViewDay = None, known: ViewKnown = None, after: After = None) -> Visit:
    visit.viewed_at(None, None, after)
    return visit


Now = Annotated[Visit, Depends(_now)]
"""A visit to a page that records: it shows what stands now, whatever viewpoint the link that led here bears."""

LABELS: dict[StreamKind, str] = {
    "project": "{}",
    "district": "district",
    "unit": "unit:{}",
    "person": "person:{}",
    "period": "period:{}",
    "targets": "targets:{}",
    "audit": "audit:{}",
}


class Place(NamedTuple):
    """Where something is recorded: `path` of the API and, after /pages, of the page; `title` as people call it."""

    stream: StreamKind
    path: str
    label: str | None
    title: str = ""


@dataclass
class About:
    """The fact that something is said about, as it reads (an answer's FactNow); `lines`: in words; `fixed`: what the form
    does not ask for; `counterparts`: entries that the same is said of in the same request."""

    fact: Mapping[str, Any]
    lines: Sequence[Line]
    fixed: Mapping[str, Any]
    counterparts: Sequence[str] = ()
    compared: Sequence[Compared] = ()


@dataclass
class Desk:
    """What every form needs: the shapes, and the words and names of this moment."""

    shapes: Shapes
    tongue: Tongue


async def shapes_of(visit: Visit) -> Shapes:
    """Made once per app from its OpenAPI document, which never changes while it runs."""
    state = visit.request.app.state
    if not hasattr(state, "shapes"):
        state.shapes = Shapes(await visit.api.get("/openapi.json"))
    return cast("Shapes", state.shapes)


async def desk(visit: Visit) -> Desk:
    shapes = await shapes_of(visit)
    settings, units, people = await visit.ask_all(
        visit.api.get("/district/settings"), visit.api.get("/units"), visit.api.get("/people")
    )
    names = Names(
        units={row["unit"]: row["name"] for row in units["units"]},
        persons={
            row["person"]: row["person"] if row["erased"] else row["name"] or row["person"] for row in people["people"]
        },
        projects={},
    )
    return Desk(shapes, Tongue(visit.language, names, settings["settings"]))


def role_of(visit: Visit) -> Role:
    assert visit.session is not None
    return Role(visit.session.role)


async def place_of(visit: Visit, plural: str, code: str) -> Place:
    """Raises Told where there is no such thing for this reader."""
    stream = PLURALS[plural]
    if stream == "district":
        return Place(stream, "/district", "district", visit.say("本区"))
    path = f"/{plural}/{code}"
    answer = await visit.ask(path)
    return Place(stream, path, LABELS[stream].format(code), titled(stream, code, answer))


def titled(stream: StreamKind, code: str, answer: Mapping[str, Any]) -> str:
    match stream:
        case "project":
            return str((answer["status"]["name"] or {"value": code})["value"])
        case "unit":
            return str(answer["unit"]["name"])
        case "person":
            return str(answer["person"]["name"] or code)
    return code
