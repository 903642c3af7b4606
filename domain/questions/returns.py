"""月报情况: who has reported in a period, what a unit's return says, and what was recognised of it (对账)."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from domain.entry import Entry
from domain.exempting import citations, exemptions
from domain.fact import Stage
from domain.history import Matter, View
from domain.judgement import Accepted, Endorsed, SentBack
from domain.office.exemptions import need_not_report
from domain.office.period import PREFIX, DeadlineExtended, PeriodClosed, deadline, opening
from domain.office.returned import Return, returns
from domain.questions.answers import Planned, Sourced, planned
from domain.questions.attributes import word
from domain.questions.evidence import EvidenceNow, evidence_of
from domain.questions.measures import totals
from domain.questions.planning import plan_field
from domain.questions.recognition import JudgedFigure, judged_figures
from domain.questions.stages import stage_of
from domain.questions.status import light
from domain.settings import Settings
from domain.values import Frozen, Period

BoardState = Literal["not_reported", "nothing_to_report", "submitted", "signed", "sent_back", "accepted", "exempt"]
NO_UNITS: Mapping[str, View] = {}

What = Literal["submitted", "signed", "accepted", "sent_back"]


class BoardRow(Sourced):
    """One unit in a period. Not reported, nothing to report and late are three things.

    `overdue`: not reported, and the deadline has passed at the viewpoint. `late`: reported after it (逾期报送).
    """

    unit: str
    state: BoardState
    deadline: date
    extended: bool
    late: bool
    overdue: bool
    empty: bool
    """Nothing to report: the return says that no project changed."""
    submitted_at: datetime | None
    submissions: int
    facts: int
    expected: bool
    """Whether the unit has to report; others may."""
    exempted: tuple[str, ...] = ()
    """免报: citations of the exemptions that cover the whole period; a late return stays late, and is excused by them."""


class Board(Frozen):
    """A period and every unit's return in it, by unit."""

    period: str
    span: Period
    deadline: date
    closed: bool
    rows: tuple[BoardRow, ...]


class Event(Sourced):
    """What was done to a return, by whom and when."""

    what: What
    person: str
    unit: str
    at: datetime | None
    note: str | None


class ReturnedFact(Sourced):
    """One fact that came in the return, as it reads now."""

    project: str
    number: int
    entry: str
    kind: str
    occurred_on: date
    states: dict[str, object]
    annulled: bool
    figures: tuple[JudgedFigure, ...]
    evidence: tuple[EvidenceNow, ...]


class ReturnNow(Frozen):
    """A unit's return at the viewpoint; `row` is its line on the board."""

    period: str
    row: BoardRow
    note: str | None
    no_change: tuple[str, ...]
    events: tuple[Event, ...]
    facts: tuple[ReturnedFact, ...]


def board(view: View, expected: Iterable[str], known_on: date, units: Mapping[str, View] = NO_UNITS) -> Board:
    """`expected`: who leads a project at the period's end, asked where the opening names nobody; `known_on`: the day on
    which the ledger is looked at; `units`: their own streams, for exemptions. Raises NoPeriod."""
    opened = opening(view)
    must = set(opened.units or expected)
    found = returns(view)
    rows = [_row(view, unit, found.get(unit), unit in must, known_on, units) for unit in sorted(must | set(found))]
    return Board(
        period=view.label.removeprefix(PREFIX),
        span=opened.period,
        deadline=opened.deadline,
        closed=bool(view.of(PeriodClosed)),
        rows=tuple(rows),
    )


def _row(view: View, unit: str, made: Return | None, expected: bool, known_on: date, units: Mapping[str, View]) -> BoardRow:
    last_day = deadline(view, unit)
    extensions = [s for s in view.of(DeadlineExtended) if s.fact.unit == unit]
    span = opening(view).period
    excused = exempted_from_returns(units.get(unit), span)
    exempt = bool(excused)
    state: BoardState = ("exempt" if exempt else "not_reported") if made is None else made.state
    if made is not None and made.is_empty and state == "submitted":
        state = "nothing_to_report"
    return BoardRow(
        unit=unit,
        state=state,
        deadline=last_day,
        extended=bool(extensions),
        late=made is not None and (made.first.recorded_on or last_day) > last_day,
        overdue=made is None and expected and not exempt and known_on > last_day,
        empty=made is not None and made.is_empty,
        submitted_at=made.newest.current.original.recorded_at if made else None,
        submissions=len(made.submissions) if made else 0,
        facts=made.said(made.newest).facts if made else 0,
        expected=expected,
        exempted=excused,
        sources=(
            *(made.newest.current.sources if made else ()),
            *(c for s in extensions for c in s.sources),
            *excused,
        ),
    )


def exempted_from_returns(unit: View | None, period: Period) -> tuple[str, ...]:
    """The exemptions of the unit that together cover every day of the period; none where a day is left."""
    if unit is None or not need_not_report(unit, period):
        return ()
    return citations(e for e in exemptions(unit) if e.concerns("returns") and e.meets(period.since, period.until))


def return_now(
    view: View,
    unit: str,
    projects: Mapping[str, View],
    known_on: date,
    settings: Settings,
    units: Mapping[str, View] = NO_UNITS,
) -> ReturnNow:
    """`projects`: the views of every project that the return states facts of. Raises NoPeriod."""
    made = returns(view).get(unit)
    row = _row(view, unit, made, expected=unit in opening(view).units, known_on=known_on, units=units)
    if made is None:
        return ReturnNow(period=view.label.removeprefix(PREFIX), row=row, note=None, no_change=(), events=(), facts=())
    said = made.said(made.newest)
    return ReturnNow(
        period=view.label.removeprefix(PREFIX),
        row=row,
        note=said.note,
        no_change=said.no_change,
        events=tuple(e for m in made.submissions for e in _events(m)),
        facts=tuple(returned_facts(made.citations, projects, settings)),
    )


def returned_facts(citations: frozenset[str], projects: Mapping[str, View], settings: Settings) -> Iterable[ReturnedFact]:
    """Every fact that came in these submissions, annulled ones included, by project and number."""
    for label in sorted(projects):
        for number, matter in sorted(projects[label].matters.items()):
            if matter.current.original.envelope.returned_in in citations:
                yield returned_fact(label, number, matter, settings)


def returned_fact(label: str, number: int, matter: Matter, settings: Settings) -> ReturnedFact:
    fact = matter.current.fact
    return ReturnedFact(
        project=label,
        number=number,
        entry=matter.current.original.citation,
        kind=fact.kind.topic,
        occurred_on=fact.occurred_on,
        states=fact.model_dump(mode="json", exclude_none=True),
        annulled=matter.annulled_by is not None,
        figures=tuple(judged_figures(matter, settings)),
        evidence=evidence_of(matter),
        sources=matter.current.sources,
    )


def _events(matter: Matter) -> list[Event]:
    original = matter.current.original
    done = [_event("submitted", original, original.envelope.reason)]
    for entry, said in matter.beside:
        match said:
            case Endorsed():
                done.append(_event("signed", entry, said.note))
            case Accepted():
                done.append(_event("accepted", entry, said.note))
            case SentBack():
                done.append(_event("sent_back", entry, said.reason))
            case _:
                pass
    return done


def _event(what: What, entry: Entry, note: str | None) -> Event:
    by = entry.envelope.actor
    return Event(what=what, person=by.person, unit=by.unit, at=entry.recorded_at, note=note, sources=(entry.citation,))


class GridFigure(Sourced):
    """What the ledger knows of one measure: the sum so far of a flow, the last statement of a level."""

    measure: str
    value: Decimal
    last_on: date
    """The day of the newest fact in it."""


class GridRow(Frozen):
    """One project of the unit as the clerk sees it: what is known, what came in this return, whether anything changed."""

    project: str
    name: str | None
    stage: Stage | None
    light: str | None
    planned_completion: Planned
    known: tuple[GridFigure, ...]
    in_period: tuple[str, ...]
    """Facts of the period already recorded, in this return or otherwise."""
    returned: tuple[str, ...]
    """Facts of this return."""
    no_change: bool


def grid(projects: Iterable[View], returned: ReturnNow, settings: Settings, span: Period) -> list[GridRow]:
    """In the order given."""
    return [_grid_row(view, returned, settings, span) for view in projects]


def _grid_row(view: View, returned: ReturnNow, settings: Settings, span: Period) -> GridRow:
    stage, own = stage_of(view), light(view)
    in_period = [s.original.citation for s in view.facts if span.since <= s.fact.occurred_on <= span.until]
    return GridRow(
        project=view.label,
        name=word(view, "name"),
        stage=stage.stage if stage else None,
        light=(own.light or own.blank) if own else None,
        planned_completion=planned(*plan_field(view, "completion")[1]),  # type: ignore[arg-type]  # a field of a plan act
        known=tuple(
            GridFigure(
                measure=t.measure.name,
                value=t.measure.value(t.amount),
                last_on=max(s.fact.occurred_on for s in t.facts),
                sources=t.sources,
            )
            for t in totals(view, settings)
            if t.authority == "reported"
        ),
        in_period=tuple(in_period),
        returned=tuple(f.entry for f in returned.facts if f.project == view.label and not f.annulled),
        no_change=view.label in returned.no_change,
    )
