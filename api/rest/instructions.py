"""批示, asked: what leaders said about projects and other streams, by when, and what was done about it, at any viewpoint."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.access.doors import Running, router
from api.access.reading import Reads
from api.asking import READS_ENTRIES, Answer, At, Limit, answer, cursor_of, uncursor
from domain.judging.instructions import State
from domain.questions.instructions import InstructionGiven, instructions_in

made: APIRouter = router(tags=["questions"])
Text = Annotated[str | None, Query(max_length=64)]


class InstructionsAnswer(Answer):
    """By stream. A page looks at `limit` streams: it may show fewer, or none, while `next` tells that there are more."""

    instructions: list[InstructionGiven]
    next: str | None


@made.get("/instructions", response_model=InstructionsAnswer, operation_id="list_instructions", openapi_extra=READS_ENTRIES)
def list_instructions(
    services: Running,
    reads: Reads,
    at: At,
    stream: Text = None,
    leader: Text = None,
    state: State | None = None,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Limit = 200,
) -> Response:
    """Leaders' instructions about what the actor may read; `stream`: a project's code or another stream's name."""
    after = uncursor(cursor) or ""
    given = [label for label in sorted(services.reading.instructed()) if stream in (None, label)]
    readable = reads.whole(given)
    labels = [label for label in given if label > after and label in readable]
    histories = services.ledger.records.histories(labels[:limit])
    told = [
        one.model_dump(mode="json")
        for label in labels[:limit]
        for one in instructions_in(histories[label].at(at.viewpoint))
        if leader in (None, one.person) and state in (None, one.state)
    ]
    following = cursor_of(labels[limit - 1]) if len(labels) > limit else None
    return answer(services, at, {"instructions": told, "next": following})
