"""变化: what differs between two viewpoints, and which entries moved it."""

from collections.abc import Collection
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_json

from api.access.doors import Running, router
from api.access.noting import notes
from api.access.reading import Reads
from api.asking import READS_ENTRIES, Answer, At, Names, ViewpointAnswer, answer, names_in, repeated, viewpoint
from api.services import Services
from domain.errors import Refused
from domain.questions.changes import Changes
from domain.questions.replay import Step
from projections.questions.viewpoints import Resolved

made: APIRouter = router(tags=["questions"])
Code = Annotated[str, Path(max_length=64)]


class NoBeginning(Refused):
    """Say from where: from_on, from_known, or both."""

    zh = "请说明从何视角起比较：from_on、from_known，或两者。"
    sort = "invalid"


class Compared(BaseModel):
    """The two viewpoints; asked again with these, the answer is the same for ever."""

    model_config = ConfigDict(populate_by_name=True)
    from_: Annotated[ViewpointAnswer, Field(alias="from")]
    to: ViewpointAnswer
    names: Names


class ChangesAnswer(Compared):
    changes: Changes


OnDay = Annotated[str | None, Query(max_length=20, description="情况截至：日期 / the world up to this date")]
Known = Annotated[str | None, Query(max_length=40, description="按何时已报，写法同 known / written as `known` is")]


async def two(
    request: Request,
    services: Running,
    from_on: OnDay = None,
    from_known: Known = None,
    to_on: OnDay = None,
    to_known: Known = None,
    after: Annotated[int | None, Query(ge=0, le=2**62, description="等到此位置 / wait for this position")] = None,
) -> tuple[Resolved, Resolved]:
    """Without from_known, both are known as `to` is: only the days differ. Raises NoBeginning, BadViewpoint, NotThereYet."""
    if from_on is None and from_known is None:
        raise NoBeginning
    later = await viewpoint(request, services, to_on, to_known, after)
    known = f"@{later.position}" if from_known is None else from_known
    return await viewpoint(request, services, from_on, known, None), later


Two = Annotated[tuple[Resolved, Resolved], Depends(two)]


@made.get(
    "/projects/{code}/changes", response_model=ChangesAnswer, operation_id="project_changes", openapi_extra=READS_ENTRIES
)
def project_changes(services: Running, reads: Reads, of: Two, code: Code) -> Response:
    """Every figure of the status that differs, before and after with their own sources, and the entries that moved it."""
    reads.require(code)
    found = services.questions.changes(code, *of)
    return between(services, of, {"changes": found.model_dump(mode="json")})


class ReplayAnswer(Answer):
    """`next` is the cursor of the following page, null on the last."""

    replay: list[Step]
    next: int | None


@made.get(
    "/projects/{code}/replay",
    response_model=ReplayAnswer,
    operation_id="project_replay",
    openapi_extra=READS_ENTRIES | notes("export"),
)
def project_replay(
    services: Running,
    reads: Reads,
    at: At,
    code: Code,
    cursor: Annotated[int, Query(ge=0, le=2_000_000_000, description="从此编号之后 / after this entry number")] = 0,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> Response:
    """Entry by entry as recorded: by whom, when, for which day, in which return, and what each did to the project."""
    reads.require(code)
    steps = services.questions.replay(code, at, cursor, limit + 1)
    following = steps[limit - 1].number if len(steps) > limit else None
    return answer(services, at, {"replay": [s.model_dump(mode="json") for s in steps[:limit]], "next": following})


def between(
    services: Services, of: tuple[Resolved, Resolved], body: dict[str, Any], units: Collection[str] = ()
) -> Response:
    """The body with both viewpoints and the names of everybody it mentions, and of more units where told."""
    whole = (
        {"from": repeated(of[0]), "to": repeated(of[1])} | body | {"names": names_in(services, of[1].viewpoint, body, units)}
    )
    return Response(to_json(whole), media_type="application/json")
