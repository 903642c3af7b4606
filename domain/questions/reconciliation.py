"""对账单: what a unit reported in a period, what was recognised of it, what was not and why."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from domain.fact import MEASURES
from domain.history import View
from domain.office.period import PREFIX, opening
from domain.office.reconciliation import Objection, State, reconciliation
from domain.office.returned import returns
from domain.questions.answers import Sourced
from domain.questions.returns import ReturnedFact, returned_fact
from domain.settings import Settings
from domain.values import Frozen
from domain.working_days import Basis


class ReconciledTotal(Frozen):
    """One measure over the unit's facts of the period; what is not judged is neither recognised nor refused."""

    measure: str
    reported: Decimal
    recognised: Decimal
    not_recognised: Decimal
    """Reported and judged, and not recognised, wholly or in part."""
    not_judged: Decimal


class Answered(Sourced):
    """The unit's answer, or what its silence means."""

    state: State
    until: date | None
    counted_on: Basis | None
    """What the working days up to `until` were counted on; null where they are natural days."""
    objections: tuple[Objection, ...]


class Statement(Frozen):
    """A unit's reconciliation at the viewpoint: its facts of the period, in a return or in none, and the sums of flows."""

    period: str
    unit: str
    answer: Answered
    totals: tuple[ReconciledTotal, ...]
    facts: tuple[ReturnedFact, ...]


def statement(view: View, unit: str, projects: Mapping[str, View], on: date, settings: Settings) -> Statement:
    """`projects`: those the unit leads at the period's end and those its return speaks of. Raises NoPeriod."""
    span, made = opening(view).period, returns(view).get(unit)
    own = made.citations if made else frozenset()
    facts: list[ReturnedFact] = []
    for label in sorted(projects):
        for standing in projects[label].facts:
            came = standing.original.envelope.returned_in
            if came in own or (came is None and span.since <= standing.fact.occurred_on <= span.until):
                found = returned_fact(label, standing.number, projects[label].matters[standing.number], settings)
                facts.extend([found] if found.figures else [])
    standing_answer = reconciliation(view, unit, on)
    answer = standing_answer.answer
    return Statement(
        period=view.label.removeprefix(PREFIX),
        unit=unit,
        answer=Answered(
            state=standing_answer.state,
            until=standing_answer.until,
            counted_on=standing_answer.counted_on,
            objections=answer.fact.objections if answer else (),
            sources=answer.sources if answer else (),
        ),
        totals=tuple(_totals(facts)),
        facts=tuple(facts),
    )


def _totals(facts: list[ReturnedFact]) -> list[ReconciledTotal]:
    """Levels are not summed: they stand with their facts."""
    sums: dict[str, list[Decimal]] = {}
    for figure in (f for fact in facts for f in fact.figures):
        if MEASURES[figure.measure].sort == "flow":
            of = sums.setdefault(figure.measure, [Decimal(0)] * 4)
            of[0] += figure.reported
            if figure.recognised is None:
                of[3] += figure.reported
            else:
                of[1] += figure.recognised
                of[2] += figure.reported - figure.recognised
    return [
        ReconciledTotal(measure=m, reported=of[0], recognised=of[1], not_recognised=of[2], not_judged=of[3])
        for m, of in sums.items()
    ]
