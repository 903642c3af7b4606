"""待办: what the asker is to do, at the latest state; and the figures that wait to be recognised."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel

from api.access.doors import By, Running, router
from api.access.reading import Reading, Reads
from api.asking import READS_ENTRIES, Answer, At, BadCursor, Limit, answer, cursor_of, uncursor, viewpoint
from api.rest.periods import MOST
from api.services import Services
from domain.entry import Actor, Role
from domain.errors import Refused
from domain.fact import MEASURES
from domain.history import View
from domain.office.audit import PREFIX as AUDIT
from domain.office.period import PREFIX as PERIOD
from domain.office.period import opening
from domain.questions.attributes import word
from domain.questions.audits import audit
from domain.questions.evidence import evidence_of
from domain.questions.recognition import VerdictNow, judged_figures, the_line
from domain.questions.tasks import LEADING, SPEAKING, Task, in_order, of_audits, of_instructions, of_period, of_proposals
from domain.questions.tasks import wants_units as wants
from domain.settings import Settings
from domain.values import Exchange, Money
from projections.questions.awaiting import Unjudged
from projections.questions.projects import Wanted
from projections.questions.viewpoints import Resolved

made: APIRouter = router(tags=["questions"])
After = Annotated[int | None, Query(ge=0, le=2**62, description="等到此位置 / wait for this position")]
USUAL = ("received", "invested", "tax")
"""What is recognised where the district's settings name no authority for any measure."""
PROPOSALS_SHOWN = 200


class NoSuchMeasure(Refused):
    """There is no such measure, or none that is recognised here; GET /district/settings names those that are."""

    zh = "没有这个指标，或本区不认定该指标；见 GET /district/settings。"
    sort = "invalid"


class TasksAnswer(Answer):
    """What is overdue first, then by the last day."""

    tasks: list[Task]


class AwaitedFigure(BaseModel):
    """A figure that the authority has not judged, or must judge again (`standing` is what it said before).

    `reported` in the district's currency; `money` and `exchange` as the fact states them, `version` the entry wording it.
    """

    project: str
    name: str | None
    number: int
    entry: str
    version: int
    kind: str
    occurred_on: date
    measure: str
    authority: str | None
    reported: Decimal
    money: Money | None
    exchange: Exchange | None
    voucher: str | None
    person: str
    """Who recorded it."""
    evidence: int
    state: Literal["not_judged", "judge_again"]
    standing: VerdictNow | None


class RecognitionAnswer(Answer):
    """By project and number. A page looks at `limit` figures: it may show fewer, or none, while `next` tells of more.
    `counts`: how many wait, by measure; `authorities`: whose verdict on each of them is awaited."""

    measure: str | None
    figures: list[AwaitedFigure]
    counts: dict[str, int]
    authorities: dict[str, str | None]
    next: str | None


async def latest(request: Request, services: Running, after: After = None) -> Resolved:
    """Now: who has something to do has it to do today."""
    return await viewpoint(request, services, None, None, after)


@made.get("/tasks", response_model=TasksAnswer, operation_id="list_tasks", openapi_extra=READS_ENTRIES)
def list_tasks(services: Running, reads: Reads, by: By, at: Annotated[Resolved, Depends(latest)]) -> Response:
    """What waits for the asker's role and unit: to report, sign, receive, recognise, approve and answer."""
    settings = services.questions.project.settings(at.viewpoint)
    found = in_order(
        [
            *_of_periods(services, by, at, settings),
            *_of_audits(services, reads, by, at),
            *_of_proposals(services, by, at),
            *_of_instructions(services, by, at),
            *_to_recognise(services, by, at, settings),
        ]
    )
    return answer(services, at, {"tasks": [task.model_dump(mode="json") for task in found]})


@made.get("/recognition", response_model=RecognitionAnswer, operation_id="awaiting_recognition", openapi_extra=READS_ENTRIES)
def awaiting_recognition(
    services: Running,
    reads: Reads,
    by: By,
    at: At,
    measure: Annotated[str | None, Query(max_length=40)] = None,
    authority: Annotated[str | None, Query(max_length=32)] = None,
    project: Annotated[str | None, Query(max_length=64)] = None,
    unit: Annotated[str | None, Query(max_length=64)] = None,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Limit = 50,
) -> Response:
    """Figures that no verdict was given on: by the asker's own unit where it recognises the measure, else the headline's."""
    settings = services.questions.project.settings(at.viewpoint)
    wanted = _unjudged(services, by, at, settings)
    if measure is not None and measure not in wanted:
        raise NoSuchMeasure
    narrowed = {name: _narrow(services, at, of, authority, project, unit) for name, of in wanted.items()}
    counts = {name: services.questions.how_many_awaiting(at, of) for name, of in narrowed.items()}
    chosen = measure or next((name for name, count in counts.items() if count), None)
    figures: list[AwaitedFigure] = []
    following = None
    if chosen is not None:
        pairs = services.questions.awaiting(at, narrowed[chosen], _place(cursor), limit + 1)
        following = cursor_of("#".join(map(str, pairs[limit - 1]))) if len(pairs) > limit else None
        whole = reads.whole({code for code, _ in pairs})
        views, _, _ = services.questions.project.several([code for code, _ in pairs[:limit] if code in whole], at.viewpoint)
        for code, number in pairs[:limit]:
            if code in views:
                figures += _figures(views[code], number, narrowed[chosen], settings)
    body = {
        "measure": chosen,
        "figures": [figure.model_dump(mode="json") for figure in figures],
        "counts": counts,
        "authorities": {name: of.authority for name, of in narrowed.items()},
        "next": following,
    }
    units = {of.authority for of in narrowed.values() if of.authority}
    return answer(services, at, body, units=units)


def _figures(view: View, number: int, of: Unjudged, settings: Settings) -> Iterator[AwaitedFigure]:
    """One figure of a fact as its authority has it before them; none where the fold says that it was judged."""
    matter = view.matters[number]
    fact, original = matter.current.fact, matter.current.original
    line = the_line(fact, of.measure)
    for figure in judged_figures(matter, settings):
        said = [v for v in figure.verdicts if of.authority in (None, v.authority)]
        standing = said[-1] if said else None
        if figure.measure == of.measure.name and line is not None and (standing is None or standing.judge_again):
            yield AwaitedFigure(
                project=view.label,
                name=word(view, "name"),
                number=number,
                entry=original.citation,
                version=matter.current.wording.number,
                kind=fact.kind.topic,
                occurred_on=fact.occurred_on,
                measure=figure.measure,
                authority=of.authority,
                reported=figure.reported,
                money=line.money,
                exchange=getattr(fact, "exchange", None),
                voucher=getattr(fact, "voucher", None),
                person=original.envelope.actor.person,
                evidence=len(evidence_of(matter)),
                state="not_judged" if standing is None else "judge_again",
                standing=standing,
            )


def _of_periods(services: Services, by: Actor, at: Resolved, settings: Settings) -> Iterator[Task]:
    if by.role not in SPEAKING | LEADING | {Role.OFFICE}:
        return
    labels = services.reading.labels(PERIOD)
    histories = services.ledger.records.histories(labels)
    views = [view for label in labels if (view := histories[label].at(at.viewpoint)).matters]
    units = services.questions.units(at)
    for view in views:
        expected: set[str] = set()
        opened = opening(view)
        if not opened.units and wants(view, at.on):
            end = replace(at, on=min(at.on, opened.period.until))
            rows = services.questions.projects(end, Wanted(limit=MOST))
            expected = {row.lead_unit for row in rows if row.lead_unit and not row.ended}
        yield from of_period(view, by, expected, units, settings, at.on)


def _of_audits(services: Services, reads: Reading, by: Actor, at: Resolved) -> Iterator[Task]:
    if by.role not in SPEAKING | {Role.AUDITOR}:
        return
    labels = sorted(reads.whole(services.reading.labels(AUDIT)))
    histories = services.ledger.records.histories(labels)
    found = (audit(histories[label].at(at.viewpoint)) for label in labels)
    yield from of_audits((one for one in found if one is not None), by)


def _of_proposals(services: Services, by: Actor, at: Resolved) -> list[Task]:
    if by.role is not Role.OFFICE:
        return []
    labels = services.reading.proposing(at.position)
    histories = services.ledger.records.histories(labels)
    found = [task for label in labels for task in of_proposals(histories[label].at(at.viewpoint), by)]
    return found[:PROPOSALS_SHOWN]


def _of_instructions(services: Services, by: Actor, at: Resolved) -> Iterator[Task]:
    if by.role not in SPEAKING | LEADING | {Role.OFFICE, Role.LEADER}:
        return
    labels = services.reading.instructed()
    for history in services.ledger.records.histories(labels).values():
        yield from of_instructions(history.at(at.viewpoint), by, at.on)


def _to_recognise(services: Services, by: Actor, at: Resolved, settings: Settings) -> Iterator[Task]:
    for name, of in _unjudged(services, by, at, settings).items():
        count = services.questions.how_many_awaiting(at, of)
        if count:
            yield Task(sort="recognise", unit=of.authority, count=count, measure=name)


def _unjudged(services: Services, by: Actor, at: Resolved, settings: Settings) -> dict[str, Unjudged]:
    """What waits for the asker, by measure: their own unit's to recognise; to the office, everybody's headline figures."""
    named = settings.recognising or dict.fromkeys(USUAL, ())
    if by.role not in (Role.BUREAU, Role.UNIT):
        headlines = {name: Unjudged(MEASURES[name], owners[0] if owners else None) for name, owners in named.items()}
        return headlines if by.role in (Role.OFFICE, Role.AUDITOR, Role.LEADER, Role.READER) else {}
    own = {name: Unjudged(MEASURES[name], by.unit) for name, owners in named.items() if by.unit in owners}
    held = services.questions.holding(at, unit=by.unit)
    codes = [one.project for one in held if one.held.role == "recognising_bureau"]
    others = {name: Unjudged(MEASURES[name], by.unit, codes) for name in named if name not in own} if codes else {}
    return own | others


def _narrow(
    services: Services, at: Resolved, of: Unjudged, authority: str | None, project: str | None, unit: str | None
) -> Unjudged:
    if authority is not None:
        of = of._replace(authority=authority)
    for codes in (
        None if project is None else [project],
        None if unit is None else [row.code for row in services.questions.projects(at, Wanted(unit=unit, limit=MOST))],
    ):
        if codes is not None:
            of = of._replace(codes=codes if of.codes is None else [code for code in codes if code in of.codes])
    return of


def _place(cursor: str | None) -> tuple[str, int]:
    """Raises BadCursor."""
    said = uncursor(cursor)
    if said is None:
        return "", 0
    code, mark, number = said.rpartition("#")
    if not mark or not number.isdigit() or len(number) > 10:
        raise BadCursor
    return code, int(number)
