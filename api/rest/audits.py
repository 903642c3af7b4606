"""审计事项, asked: findings, requests and site checks with their state, by unit and project, at any viewpoint."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from api.access.doors import Running, router
from api.access.reading import Reading, Reads
from api.asking import READS_ENTRIES, Answer, At, Limit, answer, cursor_of, uncursor
from api.evidence import with_files
from domain.errors import NotFound, NotKnownThen
from domain.office.audit import PREFIX, State
from domain.questions.audits import Audit, AuditSort, AuditWhole, audit, audit_whole
from projections.questions.viewpoints import Resolved

made: APIRouter = router(tags=["questions"])


class AuditsAnswer(Answer):
    """By code. A page looks at `limit` of them: it may show fewer, or none, while `next` tells that there are more."""

    audits: list[Audit]
    next: str | None


class AuditAnswer(Answer):
    audit: AuditWhole


@made.get("/audits", response_model=AuditsAnswer, operation_id="list_audits", openapi_extra=READS_ENTRIES)
def list_audits(
    services: Running,
    reads: Reads,
    at: At,
    state: State | None = None,
    sort: AuditSort | None = None,
    overdue: bool | None = None,
    unit: Annotated[str | None, Query(max_length=64)] = None,
    project: Annotated[str | None, Query(max_length=64)] = None,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Limit = 200,
) -> Response:
    """What auditors found, asked for and checked: open, rectified, closed, overdue; a unit reads what concerns it."""
    after = uncursor(cursor) or ""
    every = services.reading.labels(PREFIX)
    concerning = reads.whole(every)
    labels = [label for label in every if label > after and label in concerning]
    histories = services.ledger.records.histories(labels[:limit])
    found = (audit(histories[label].at(at.viewpoint)) for label in labels[:limit])
    told = [
        one.model_dump(mode="json")
        for one in found
        if one is not None
        and state in (None, one.state)
        and sort in (None, one.sort)
        and overdue in (None, one.overdue)
        and (unit is None or unit in one.units)
        and (project is None or project in one.projects)
    ]
    following = cursor_of(labels[limit - 1]) if len(labels) > limit else None
    return answer(services, at, {"audits": told, "next": following}, units={u for one in told for u in one["units"]})


@made.get("/audits/{code}", response_model=AuditAnswer, operation_id="audit_now", openapi_extra=READS_ENTRIES)
def audit_now(services: Running, reads: Reads, at: At, code: Annotated[str, Path(max_length=64)]) -> Response:
    """One of them with every step."""
    reads.require(PREFIX + code, code)
    history = services.ledger.records.history(PREFIX + code)
    if not history.version:
        raise NotFound(code)
    found = audit_whole(history.at(at.viewpoint))
    if found is None:
        raise NotKnownThen(code)
    return answer(services, at, with_files(services, {"audit": found.model_dump(mode="json")}), units=found.now.units)


def audits_of(services: Running, reads: Reading, at: Resolved, project: str) -> list[dict[str, Any]]:
    """Those about one project that may be read, by code: links that its status and timeline carry."""
    naming = services.reading.audits_naming(project)
    concerning = reads.whole(naming)
    labels = [label for label in naming if label in concerning]
    histories = services.ledger.records.histories(labels) if labels else {}
    found = (audit(histories[label].at(at.viewpoint)) for label in labels)
    return [one.model_dump(mode="json") for one in found if one is not None and project in one.projects]
