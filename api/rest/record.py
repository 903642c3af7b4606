"""履历: everything a person or a unit held and did, over all projects."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from api.access.doors import By, Running, router
from api.access.noting import notes
from api.access.reading import Reads
from api.asking import READS_ENTRIES, Answer, At, Limit, answer
from domain.errors import NotFound
from domain.questions.record import Party, Record
from projections.questions.viewpoints import Resolved

made: APIRouter = router(tags=["questions"])
TAKES = READS_ENTRIES | notes("export")
Ref = Annotated[str, Path(max_length=64)]
After = Annotated[int, Query(ge=0, le=2**62, description="从此位置之后的记录 / entries after this position")]


class RecordAnswer(Answer):
    """`next` is the cursor of the following page of `record.recorded`, null on the last; all else is whole on every page."""

    record: Record
    next: int | None


@made.get("/people/{code}/record", response_model=RecordAnswer, operation_id="person_record", openapi_extra=TAKES)
def person_record(
    services: Running, reads: Reads, by: By, at: At, code: Ref, cursor: After = 0, limit: Limit = 200
) -> Response:
    """Posts, every role held in every project with gaps, overlaps and open matters at handovers, and all they did.

    To themselves, and to whoever reads everything.
    """
    if not reads.everything and by.person != code:
        raise NotFound(f"person:{code}")
    return _record(services, at, Party(person=code), cursor, limit)


@made.get("/units/{code}/record", response_model=RecordAnswer, operation_id="unit_record", openapi_extra=TAKES)
def unit_record(services: Running, reads: Reads, at: At, code: Ref, cursor: After = 0, limit: Limit = 200) -> Response:
    """The same of a unit: what it, or anybody in a post of it, held and did; to its own people, or who reads everything."""
    if not reads.of_unit(code):
        raise NotFound(f"unit:{code}")
    return _record(services, at, Party(unit=code), cursor, limit)


def _record(services: Running, at: Resolved, party: Party, cursor: int, limit: int) -> Response:
    """Raises NotFound for somebody of whom the ledger knew nothing."""
    found = services.questions.record(at, party, cursor, limit + 1)
    label = f"person:{party.person}" if party.person is not None else f"unit:{party.unit}"
    if not (found.done or found.held) and not services.ledger.records.history(label).at(at.viewpoint).matters:
        raise NotFound(label)
    page = found.recorded[:limit]
    following = page[-1].position if len(found.recorded) > limit else None
    body = {"record": found.model_copy(update={"recorded": page}).model_dump(mode="json"), "next": following}
    return answer(services, at, body)
