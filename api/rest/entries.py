"""The entries of all streams, searched: as stored, newest first, by who recorded them, of what kind, where and when."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.access.doors import Running, router
from api.access.noting import about
from api.access.reading import Reads
from api.asking import Answer, At, answer
from api.rest.feed import TAKES_ENTRIES, RawEntry, raw
from domain.values import Day
from projections.questions.entries import Mark, Sought
from projections.questions.viewpoints import end_of

made: APIRouter = router(tags=["questions"])
Text = Annotated[str | None, Query(max_length=64)]
Position = Annotated[
    int | None, Query(ge=0, le=2**62, description="从此位置往前（含） / from this position backwards, itself included")
]


class FoundEntriesAnswer(Answer):
    """`next` is the `before` of the following page, null on the last; a page may show fewer than `limit`, or none, while
    `next` tells that there is more to look at."""

    entries: list[RawEntry]
    next: int | None


@made.get("/entries", response_model=FoundEntriesAnswer, operation_id="search_entries", openapi_extra=TAKES_ENTRIES)
def search_entries(
    request: Request,
    services: Running,
    reads: Reads,
    at: At,
    person: Text = None,
    unit: Text = None,
    kind: Text = None,
    stream: Text = None,
    mark: Mark | None = None,
    since: Day | None = None,
    until: Day | None = None,
    before: Position = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """What the ledger knew at the viewpoint, newest first; `person` acted or was acted for, `since` and `until` are days of
    recording. What the actor may not read is left out, and `next` goes past it."""
    positions = [at.position]
    if before is not None:
        positions.append(before)
    if until is not None:
        positions.append(services.reading.resolve(end_of(until)))
    above = 0 if since is None else services.reading.resolve(end_of(since - timedelta(days=1)))
    sought = Sought(min(positions), above, person, unit, kind, stream, mark, limit)
    rows, following = services.questions.searched(sought)
    page = [raw(row) for row in reads.rows(rows)]
    about(request, entries=len(page))
    return answer(services, at, {"entries": page, "next": following})
