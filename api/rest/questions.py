"""The questions about projects: each takes a viewpoint, each figure names its entries."""

from typing import Annotated, Any, Literal, get_args

from fastapi import APIRouter, Path, Query, Response

from api.access.doors import Running, router
from api.access.reading import Reads
from api.asking import READS, READS_ENTRIES, Answer, At, answer, cursor_of, uncursor
from api.evidence import with_files
from api.rest.audits import audits_of
from domain.fact import Stage
from domain.project.classes import YearlyClass
from domain.project.responsibilities import ResponsibilityRole
from domain.questions.across import Across
from domain.questions.audits import Audit
from domain.questions.projects import ProjectRow
from domain.questions.responsibilities import Responsibilities
from domain.questions.status import Status
from domain.questions.timeline import Timeline
from projections.questions.projects import Wanted
from projections.questions.viewpoints import Resolved

made: APIRouter = router(tags=["questions"])
Code = Annotated[str, Path(max_length=64)]


class ProjectsAnswer(Answer):
    projects: list[ProjectRow]
    next: str | None


Hidden = Literal["evidence", "remarks", "across", "audits"]
HIDDEN: tuple[Hidden, ...] = get_args(Hidden)


class StatusAnswer(Answer):
    """`across`: what the project shares with others, such as a voucher counted in both; `audits`: what auditors found,
    asked for or checked there (GET /audits/{code} tells each whole).

    `hidden`: what is left out, because whose unit has no part in the project reads its figures and not the entries behind.
    """

    status: Status
    across: list[Across]
    audits: list[Audit]
    hidden: list[Hidden]


class TimelineAnswer(Answer):
    """`across`: what the project shares with others, such as a voucher counted in both; `audits`: what auditors found,
    asked for or checked there (GET /audits/{code} tells each whole)."""

    timeline: Timeline
    across: list[Across]
    audits: list[Audit]


class ResponsibilityAnswer(Answer):
    responsibility: Responsibilities


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
    yearly_class: YearlyClass | None = None,
    q: Annotated[str | None, Query(max_length=100)] = None,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
) -> Response:
    """The portfolio as a list, by code; `next` is the cursor of the following page."""
    wanted = Wanted(stage, unit, role, category, list, light, q, uncursor(cursor), limit + 1, yearly_class)
    rows = services.questions.projects(at, wanted)
    page = [row.model_dump(mode="json") for row in rows[:limit]]
    following = cursor_of(page[-1]["code"]) if len(rows) > limit else None
    return answer(services, at, {"projects": page, "next": following})


@made.get("/projects/{code}", response_model=StatusAnswer, operation_id="project_status", openapi_extra=READS)
def project_status(services: Running, reads: Reads, at: At, code: Code) -> Response:
    """Where the project stands, and which entries say so."""
    status = services.questions.project.status(code, at.viewpoint)
    told = status.model_dump(mode="json")
    if not reads.whole([code]):
        told["evidence"] = []
        if told["light"] is not None:
            told["light"] |= {"note": None, "remarks": []}
        return answer(services, at, {"status": told, "across": [], "audits": [], "hidden": HIDDEN})
    body: dict[str, Any] = {"status": told, "across": across(services, at, code), "hidden": []}
    body["audits"] = audits_of(services, reads, at, code)
    return answer(services, at, with_files(services, body))


@made.get(
    "/projects/{code}/timeline", response_model=TimelineAnswer, operation_id="project_timeline", openapi_extra=READS_ENTRIES
)
def project_timeline(services: Running, reads: Reads, at: At, code: Code) -> Response:
    """Every fact in order, with what was later said about it; to whoever may read the project's entries."""
    reads.require(code)
    timeline = services.questions.project.timeline(code, at.viewpoint)
    body: dict[str, Any] = {"timeline": timeline.model_dump(mode="json"), "across": across(services, at, code)}
    body["audits"] = audits_of(services, reads, at, code)
    return answer(services, at, with_files(services, body))


def across(services: Running, at: Resolved, code: str) -> list[dict[str, Any]]:
    return [each.model_dump(mode="json") for each in services.questions.concerning(at, [code])[code]]


@made.get(
    "/projects/{code}/responsibility",
    response_model=ResponsibilityAnswer,
    operation_id="project_responsibility",
    openapi_extra=READS,
)
def project_responsibility(
    services: Running, reads: Reads, at: At, code: Code, stage: Stage | None = None, role: ResponsibilityRole | None = None
) -> Response:
    """Who held each role in each stage, with gaps and overlaps, and who acted.

    What was handed over as an open matter is told to whoever may read the project's entries.
    """
    found = services.questions.project.responsibilities(code, at.viewpoint, stage, role).model_dump(mode="json")
    return answer(services, at, {"responsibility": found if reads.whole([code]) else without(found, "open_matters")})


def without(value: Any, key: str) -> Any:
    """The same, every list under this key empty."""
    if isinstance(value, dict):
        return {name: [] if name == key else without(inner, key) for name, inner in value.items()}
    return [without(inner, key) for inner in value] if isinstance(value, list) else value
