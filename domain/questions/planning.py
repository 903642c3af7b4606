"""计划与实际: the original plan, the plan in force and what happened; what is due and not done; plans of periods."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from domain.exempting import citations, exemptions
from domain.fact import INVESTED, Fact
from domain.history import Standing, View
from domain.project.construction import ConstructionCompleted, ConstructionStarted
from domain.project.forecasts import ForecastStated
from domain.project.operation import OperationStarted
from domain.project.plans import PLANNED, PeriodPlanned, PlanAct
from domain.questions.answers import Figure, Planned, Said, figure, planned, ratio, sources
from domain.questions.exemptions import Clock, clock
from domain.questions.measures import stated, totals
from domain.settings import Settings
from domain.values import Frozen, Money, Period


class PlanField(Frozen):
    """The original plan, the plan in force, and what happened."""

    field: str
    original: Planned
    in_force: Planned
    actual: Said | Figure | None = None
    clock: Clock | None = None
    """Of a planned date that exemptions moved."""
    exempted: tuple[str, ...] = ()
    """Citations of the exemptions that concern it."""


class PeriodPlan(Frozen):
    """年度计划 and what was invested (调度数) of it by `on`; a ratio is null where its plan is blank or zero."""

    period: Period
    original: Planned
    in_force: Planned
    achieved: Figure | None = None
    ratio: Decimal | None = None
    """Against the plan in force."""
    ratio_of_original: Decimal | None = None
    exempted: tuple[str, ...] = ()
    """Citations of the exemptions that concern it in its period."""


class Forecast(Frozen):
    indicator: str
    period: Period | None
    amount: Planned


CONCERNS = {"start": "starts", "completion": "completions", "operation": "operations", "investment": "invested"}
"""What an exemption from a field of the plan is called."""


def clock_of(view: View, field: str, done: date | None = None) -> Clock | None:
    """Of the planned date in force, on the clock that its act set running; it runs until `on`, or until it was done."""
    due, act = plan_field(view, field)[1]
    if not isinstance(due, date) or act is None:
        return None
    return clock(exemptions(view), CONCERNS[field], due, act.fact.occurred_on, done or view.viewpoint.on)


def overdue(view: View) -> Iterator[tuple[str, str, date, Standing[Fact]]]:
    """What the plan in force had due before `on` and nobody did: the mark, the field, the day and the plan's act."""
    for mark, field, done in (
        ("not_started_when_due", "start", ConstructionStarted),
        ("completion_overdue", "completion", ConstructionCompleted),
    ):
        due, act = plan_field(view, field)[1]
        if isinstance(due, date) and due < view.viewpoint.on and not view.of(done) and act is not None:
            yield mark, field, due, act


PlanPair = tuple[object, Standing[Fact] | None]


def plan_field(view: View, field: str) -> tuple[PlanPair, PlanPair]:
    """(original, in force): the first and the last act that mention the field."""
    acts = [s for s in view.of(PlanAct) if getattr(s.fact, field) is not None]
    if not acts:
        return (None, None), (None, None)
    return (getattr(acts[0].fact, field), acts[0]), (getattr(acts[-1].fact, field), acts[-1])


def plan_fields(view: View, settings: Settings) -> list[PlanField]:
    if not view.of(PlanAct):
        return []
    happened: dict[str, type[Fact]] = {
        "start": ConstructionStarted,
        "completion": ConstructionCompleted,
        "operation": OperationStarted,
    }
    fields = []
    for name in PLANNED:
        original, in_force = plan_field(view, name)
        actual: Said | Figure | None = None
        done = view.of(happened[name]) if name in happened else []
        if done:
            day = done[0].fact.occurred_on
            actual = Said(value=str(day), since=day, sources=done[0].sources)
        runs = clock_of(view, name, done[0].fact.occurred_on if done else None)
        if name == "investment":
            invested = [t for t in totals(view, settings) if t.measure.name == "invested" and t.authority == "reported"]
            if invested:
                actual = figure(invested[0].measure, invested[0].amount, settings.currency, invested[0].sources)
        fields.append(
            PlanField(
                field=name,
                original=planned(original[0], original[1]),  # type: ignore[arg-type]  # fields of a plan act
                in_force=planned(in_force[0], in_force[1]),  # type: ignore[arg-type]
                actual=actual,
                clock=runs if runs is not None and runs.exempted else None,
                exempted=citations(e for e in exemptions(view) if e.concerns(CONCERNS[name])),
            )
        )
    return fields


def period_plans(view: View, settings: Settings) -> list[PeriodPlan]:
    acts: dict[str, list[Standing[PeriodPlanned]]] = {}
    for standing in view.of(PeriodPlanned):
        acts.setdefault(str(standing.fact.period), []).append(standing)
    return [_period_plan(view, settings, of[0], of[-1]) for _, of in sorted(acts.items())]


def _period_plan(
    view: View, settings: Settings, original: Standing[PeriodPlanned], in_force: Standing[PeriodPlanned]
) -> PeriodPlan:
    period = original.fact.period
    within = [
        c
        for c in stated(view)
        if c.measure is INVESTED
        and c.authority == "reported"
        and period.since <= c.standing.fact.occurred_on <= period.until
    ]
    achieved = (
        figure(INVESTED, sum(c.amount for c in within), settings.currency, sources(c.standing for c in within))
        if within
        else None
    )
    value = achieved.value if achieved else None
    return PeriodPlan(
        period=period,
        original=planned(original.fact.investment, original),
        in_force=planned(in_force.fact.investment, in_force),
        achieved=achieved,
        ratio=ratio(value, _in_currency(in_force.fact, settings)),
        ratio_of_original=ratio(value, _in_currency(original.fact, settings)),
        exempted=citations(e for e in exemptions(view) if e.concerns("invested") and e.meets(period.since, period.until)),
    )


def _in_currency(plan: PeriodPlanned, settings: Settings) -> Decimal | None:
    stated = plan.investment
    return stated.amount if isinstance(stated, Money) and stated.currency == settings.currency else None


def forecasts(view: View) -> list[Forecast]:
    last: dict[tuple[str, str], Standing[ForecastStated]] = {}
    for standing in view.of(ForecastStated):
        last[standing.fact.indicator, str(standing.fact.period)] = standing
    return [
        Forecast(indicator=s.fact.indicator, period=s.fact.period, amount=planned(s.fact.amount, s))
        for _, s in sorted(last.items())
    ]
