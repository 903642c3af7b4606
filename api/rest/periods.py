"""月报: the periods, who has reported, one unit's return with the grid to fill it in, and its draft."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field, JsonValue
from pydantic_core import to_json

from api.access.doors import Body, By, Running, asks, body_of, router
from api.access.reading import Reads
from api.asking import READS, READS_ENTRIES, Answer, At, answer
from api.evidence import with_files
from api.keys import Key, asked
from api.rest.commands import DRY, Dry, RecordedAnswer, answered, proposed, source_of
from domain.command import Action
from domain.entry import Actor, Role
from domain.errors import NotFound, NotPermitted
from domain.history import View
from domain.office.period import PREFIX, PeriodCode, opening, span_of
from domain.office.returned import returns
from domain.office.returns import SubmitReturn
from domain.questions.reconciliation import Statement, statement
from domain.questions.returns import Board, GridRow, ReturnNow, board, grid, return_now
from domain.values import Line, Prose, UnitCode
from projections.questions.projects import Wanted
from projections.questions.viewpoints import Resolved
from store.drafts import Draft

made: APIRouter = router(tags=["questions"])
drafts: APIRouter = router(tags=["drafts"])
Code = Annotated[PeriodCode, Path(max_length=10)]
Unit = Annotated[UnitCode, Path(max_length=64)]
REPORTS = asks(Action.REPORT)


class PeriodsAnswer(Answer):
    periods: list[Board]


class PeriodAnswer(Answer):
    period: Board


class ReturnDraft(BaseModel):
    """A return being filled in; anything that a submission may hold, right or not yet."""

    model_config = ConfigDict(extra="forbid", strict=True)
    lines: Annotated[list[dict[str, JsonValue]], Field(max_length=2_000)] = []
    no_change: Annotated[list[str], Field(max_length=2_000)] = []
    nothing_to_report: bool = False
    note: Prose | None = None


class SavedDraft(ReturnDraft):
    saved_by: str
    saved_at: datetime


class Submission(BaseModel):
    """Submit what the draft says; `reason` where it is late, `document` where it rests on one."""

    model_config = ConfigDict(extra="forbid", strict=True)
    occurred_on: Annotated[date, Field(strict=False)]
    reason: Prose | None = None
    document: Line | None = None
    confidentiality: Line | None = None


class ReturnAnswer(Answer):
    """The return as it stands, the grid of the unit's projects with what the ledger knows, and the draft if there is one."""

    returned: ReturnNow
    grid: list[GridRow]
    draft: SavedDraft | None


class ReconciliationAnswer(Answer):
    reconciliation: Statement


class DraftAnswer(BaseModel):
    draft: SavedDraft


@made.get("/periods", response_model=PeriodsAnswer, operation_id="list_periods", openapi_extra=READS)
def list_periods(services: Running, at: At) -> Response:
    """Every period that was open at the viewpoint, with its board."""
    labels = services.reading.labels(PREFIX)
    histories = services.ledger.records.histories(labels)
    views = [histories[label].at(at.viewpoint) for label in labels]
    units = services.questions.units(at)
    boards = [_board(services, at, view, units) for view in views if view.matters]
    return answer(services, at, {"periods": [b.model_dump(mode="json") for b in boards]})


@made.get("/periods/{code}", response_model=PeriodAnswer, operation_id="period", openapi_extra=READS)
def period(services: Running, at: At, code: Code) -> Response:
    """Who has reported, who has nothing to report, who is late and who is missing."""
    found = _board(services, at, _period(services, at, code), services.questions.units(at))
    return answer(services, at, {"period": found.model_dump(mode="json")})


@made.get(
    "/periods/{code}/returns/{unit}", response_model=ReturnAnswer, operation_id="unit_return", openapi_extra=READS_ENTRIES
)
def unit_return(services: Running, reads: Reads, by: By, at: At, code: Code, unit: Unit) -> Response:
    """One unit's return, and the grid to fill it in: every project it leads at the period's end.

    The draft is told to the unit and the office alone.
    """
    _theirs(reads, code, unit)
    view, settings = _period(services, at, code), services.questions.project.settings(at.viewpoint)
    led = _led(services, at, code, unit)
    views = _views(services, at, unit, view, led)
    found = return_now(view, unit, views, at.on, settings, services.questions.units(at))
    rows = grid([views[label] for label in led], found, settings, span_of(code))
    draft = services.drafts.find(code, unit) if by.unit == unit or by.role is Role.OFFICE else None
    body = {
        "returned": with_files(services, found.model_dump(mode="json")),
        "grid": [row.model_dump(mode="json") for row in rows],
        "draft": _saved(draft) if draft else None,
    }
    return answer(services, at, body)


@made.get(
    "/periods/{code}/reconciliation/{unit}",
    response_model=ReconciliationAnswer,
    operation_id="unit_reconciliation",
    openapi_extra=READS_ENTRIES,
)
def unit_reconciliation(services: Running, reads: Reads, at: At, code: Code, unit: Unit) -> Response:
    """What the unit reported in the period, what was recognised of it, what was not and why, and its answer."""
    _theirs(reads, code, unit)
    view, settings = _period(services, at, code), services.questions.project.settings(at.viewpoint)
    views = _views(services, at, unit, view, _led(services, at, code, unit))
    found = statement(view, unit, views, at.on, settings)
    return answer(services, at, {"reconciliation": with_files(services, found.model_dump(mode="json"))})


@drafts.put(
    "/periods/{code}/returns/{unit}/draft",
    response_model=DraftAnswer,
    operation_id="save_draft",
    openapi_extra=REPORTS | body_of("ReturnDraft"),
)
def save_draft(services: Running, by: By, body: Body, code: Code, unit: Unit) -> Response:
    """Keep a draft; nothing of it is in the ledger."""
    _own(by, unit)
    if not services.ledger.records.history(PREFIX + code).version:
        raise NotFound(code)
    draft = ReturnDraft.model_validate_json(body)
    saved = services.drafts.save(code, unit, draft.model_dump(mode="json"), by.person)
    return Response(to_json({"draft": _saved(saved)}), media_type="application/json")


@drafts.delete(
    "/periods/{code}/returns/{unit}/draft", status_code=204, operation_id="drop_draft", openapi_extra=asks(Action.REPORT)
)
def drop_draft(services: Running, by: By, code: Code, unit: Unit) -> Response:
    """Throw a draft away."""
    _own(by, unit)
    if not services.drafts.drop(code, unit):
        raise NotFound(f"{code}/{unit}")
    return Response(status_code=204)


@drafts.post(
    "/periods/{code}/returns/{unit}/submission",
    status_code=201,
    response_model=RecordedAnswer,
    responses=DRY,
    operation_id="submit_draft",
    openapi_extra=REPORTS | body_of("Submission"),
)
def submit_draft(
    request: Request, services: Running, by: By, body: Body, code: Code, unit: Unit, key: Key = None, dry_run: Dry = False
) -> Response:
    """Submit what the draft says: all of it is recorded, or none; the draft is then gone, unless somebody saved another."""
    _own(by, unit)
    submission, draft = Submission.model_validate_json(body), services.drafts.find(code, unit)
    known = asked(request, by, key, body)
    if draft is None:
        repeated = services.ledger.repeated(known) if known else None
        if repeated is None:
            raise NotFound(f"{code}/{unit}")
        return answered(repeated)
    said = draft.content | submission.model_dump(mode="json", exclude_none=True) | {"act": "submit", "unit": unit}
    command = SubmitReturn.model_validate_json(to_json(said))
    if dry_run:
        return proposed(services.ledger.propose([(PREFIX + code, command)], by=by, source=source_of(request)))
    recorded = services.ledger.record(PREFIX + code, command, by=by, source=source_of(request), key=known)
    services.drafts.drop(code, unit, draft)
    return answered(recorded)


def _theirs(reads: Reads, code: str, unit: str) -> None:
    """Raises NotFound for another unit's."""
    if not reads.of_unit(unit):
        raise NotFound(f"{code}/{unit}")


def _own(by: Actor, unit: str) -> None:
    if by.unit != unit and by.role is not Role.OFFICE:
        raise NotPermitted(unit)


def _saved(draft: Draft) -> dict[str, Any]:
    return draft.content | {"saved_by": draft.person, "saved_at": draft.saved_at}


def _period(services: Running, at: Resolved, code: str) -> View:
    """Raises NotFound for a period that was not open at the viewpoint."""
    view = services.ledger.records.history(PREFIX + code).at(at.viewpoint)
    if not view.matters:
        raise NotFound(code)
    return view


def _board(services: Running, at: Resolved, view: View, units: dict[str, View]) -> Board:
    opened = opening(view)
    expected: Iterable[str] = ()
    if not opened.units:
        rows = services.questions.projects(_end(at, opened.period.until), Wanted(limit=MOST))
        expected = {row.lead_unit for row in rows if row.lead_unit and not row.ended}
    return board(view, expected, at.on, units)


def _led(services: Running, at: Resolved, code: str, unit: str) -> list[str]:
    """The projects a unit leads at the period's end, ended ones left out."""
    rows = services.questions.projects(_end(at, span_of(code).until), Wanted(unit=unit, limit=MOST))
    return [row.code for row in rows if not row.ended]


def _views(services: Running, at: Resolved, unit: str, period: View, led: list[str]) -> dict[str, View]:
    """The projects that the unit's return speaks of, and those it leads at the period's end."""
    made = returns(period).get(unit)
    labels = dict.fromkeys((*(made.projects if made else ()), *led))
    return {label: h.at(at.viewpoint) for label, h in services.ledger.records.histories(list(labels)).items()}


def _end(at: Resolved, until: date) -> Resolved:
    """The same knowledge, of the world at the period's end."""
    return replace(at, on=min(at.on, until))


MOST = 100_000
