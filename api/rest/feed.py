"""The raw entries, as stored: of one stream, or of all in position order."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel
from pydantic_core import from_json, to_json

from api.access.doors import BadParameter, Running, enter, router
from api.access.noting import about, notes
from api.access.reading import Reading, Reads
from api.asking import READS_ENTRIES, Answer, At, Limit, answer
from api.listening import Event, Listening, Told
from api.services import Services
from domain.command import Action
from domain.entry import cite
from domain.errors import NotFound
from domain.questions.entries import EntryTold, entry_told
from projections.questions.viewpoints import Resolved
from store.recorder import Row

made: APIRouter = router(tags=["questions"])
Code = Annotated[str, Path(max_length=64)]
TAKES_ENTRIES = READS_ENTRIES | notes("export")
After = Annotated[int, Query(ge=0, le=2**62, description="从此位置之后 / from the one after this position")]
Number = Annotated[int, Query(ge=0, le=2_000_000_000, description="从此编号之后 / from the one after this entry number")]


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


class EntriesAnswer(Answer):
    """`next` is null on the last page."""

    entries: list[RawEntry]
    next: int | None


class EntryAnswer(Answer):
    """`hidden`: what is left out, because the entry is the own unit's and the stream it stands in is not."""

    entry: RawEntry
    told: EntryTold
    hidden: list[Literal["wordings", "later"]]


class FeedAnswer(BaseModel):
    """`next` is the `after` to go on with, also when nothing is new."""

    entries: list[RawEntry]
    next: int


@made.get(
    "/projects/{code}/entries", response_model=EntriesAnswer, operation_id="project_entries", openapi_extra=TAKES_ENTRIES
)
def project_entries(
    request: Request, services: Running, reads: Reads, at: At, code: Code, cursor: Number = 0, limit: Limit = 200
) -> Response:
    """The project's entries as stored; `next` is the cursor of the following page.

    Whose unit has no part in the project reads those that the unit itself recorded.
    """
    return _entries(request, services, reads, at, code, cursor, limit)


@made.get(
    "/streams/{label}/entries", response_model=EntriesAnswer, operation_id="stream_entries", openapi_extra=TAKES_ENTRIES
)
def stream_entries(
    request: Request, services: Running, reads: Reads, at: At, label: Code, cursor: Number = 0, limit: Limit = 200
) -> Response:
    """Any stream's entries as stored: a project's code, `unit:CODE`, `person:REF`, `district`."""
    return _entries(request, services, reads, at, label, cursor, limit)


@made.get(
    "/streams/{label}/entries/{number}", response_model=EntryAnswer, operation_id="one_entry", openapi_extra=READS_ENTRIES
)
def one_entry(
    services: Running, reads: Reads, at: At, label: Code, number: Annotated[int, Path(ge=1, le=2_000_000_000)]
) -> Response:
    """One entry as stored, how its fact has read in every version, and what was later said about it."""
    told = entry_told(services.ledger.records.history(label), number, at.viewpoint)
    rows = reads.rows(services.reading.stream(label, number - 1, 1)) if told is not None else []
    if told is None or not rows:
        raise NotFound(cite(label, number))
    whole = label in reads.whole([label])
    if not whole:
        told = told.model_copy(update={"wordings": (), "later": ()})
    body = {"entry": raw(rows[0]), "told": told.model_dump(mode="json"), "hidden": [] if whole else ["wordings", "later"]}
    return answer(services, at, body)


def _entries(
    request: Request, services: Running, reads: Reading, at: Resolved, label: str, cursor: int, limit: int
) -> Response:
    """What the ledger knew at the viewpoint; `on` leaves none out: an entry is recorded, whatever day it tells of."""
    rows = [r for r in services.reading.stream(label, cursor, limit + 1) if r.position <= at.position]
    if not rows and not [r for r in services.reading.stream(label, 0, 1) if r.position <= at.position]:
        raise NotFound(label)
    page = [raw(row) for row in reads.rows(rows[:limit])]
    if not page and rows and not _any_own(services, reads, at, label):
        raise NotFound(label)
    about(request, entries=len(page))
    following = rows[limit - 1].originator_version if len(rows) > limit else None
    return answer(services, at, {"entries": page, "next": following})


def last_seen(request: Request, after: int) -> int:
    """The position that the listener has heard of last. Raises BadParameter."""
    said = request.headers.get("last-event-id", "")
    if not said:
        return after
    if not (said.isascii() and said.isdigit() and len(said) < 19):
        raise BadParameter("Last-Event-ID")
    return int(said)


def told(request: Request, after: int) -> Told:
    """What a listener is told next, by whoever they are at this moment. Raises NotSignedIn, NotPermitted, NotFound."""
    services: Services = request.app.state.services
    by = enter(request, [Action.ENTRIES])
    rows = services.reading.entries(after, 200)
    events = [Event(row.position, to_json(raw(row))) for row in Reading(services, by).rows(rows)]
    return Told(events, rows[-1].position if rows else after)


def _any_own(services: Running, reads: Reading, at: Resolved, label: str) -> bool:
    """Whether a stream that the actor does not read whole holds anything the own unit recorded."""
    after = 0
    while rows := services.reading.stream(label, after):
        if reads.rows([row for row in rows if row.position <= at.position]):
            return True
        after = rows[-1].originator_version
    return False


def raw(row: Row) -> dict[str, Any]:
    """A RawEntry."""
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


STREAM: dict[int | str, dict[str, Any]] = {200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}}


@made.get("/feed", response_model=FeedAnswer, operation_id="feed", responses=STREAM, openapi_extra=TAKES_ENTRIES)
def feed(request: Request, services: Running, reads: Reads, after: After = 0, limit: Limit = 200) -> Response:
    """Entries of all streams in position order, whole requests at a time; `next` is the `after` to go on with.

    What the actor may not read is left out, and `next` goes past it. With `Accept: text/event-stream` it goes on: an event
    `entry` for each, whose id is its position; who comes back with `Last-Event-ID` goes on from there.
    """
    if "text/event-stream" in request.headers.get("accept", ""):
        listening: Listening = request.app.state.listening
        about(request, listening=True, after=after)
        return listening.stream(request, last_seen(request, after), lambda place: told(request, place))
    rows = services.reading.entries(after, limit)
    page = [raw(r) for r in reads.rows(rows)]
    about(request, entries=len(page), after=after)
    body = {"entries": page, "next": rows[-1].position if rows else after}
    return Response(to_json(body), media_type="application/json")
