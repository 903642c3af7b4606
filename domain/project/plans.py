"""计划: planned dates and investment, original and revised; each adopted on a date under a document (DESIGN §3.8)."""

from typing import ClassVar, Literal, Self

from pydantic import model_validator

from domain.command import StatesFact, stating
from domain.errors import Refused
from domain.fact import Fact, Kind, Others, Particulars
from domain.settings import Settings
from domain.values import Blank, Day, Money, Period

PLANNED = ("start", "completion", "operation", "investment")
"""The fields of a plan; an absent one is not mentioned: it stays as the last act that mentions it says."""


class NoPlanYet(Refused):
    """There is no plan to revise; adopt one first."""

    zh = "尚无计划可调整，请先下达计划。"


class PlanThere(Refused):
    """An original plan is there already; revise it."""

    zh = "已有原计划，请办理计划调整。"


class Planning(Particulars):
    start: Day | Blank | None = None
    completion: Day | Blank | None = None
    operation: Day | Blank | None = None
    investment: Money | Blank | None = None
    """Total investment, whole life; may be negative (a programme that saves)."""

    @model_validator(mode="after")
    def _mentions_something(self) -> Self:
        if all(getattr(self, name) is None for name in PLANNED):
            raise ValueError("mention at least one of start, completion, operation, investment / 至少填写一项计划内容")
        return self


class PlanAct(Planning, Fact):
    """Base of the two acts; `occurred_on` is the day the plan was adopted."""

    converts: ClassVar = False


class PlanAdopted(PlanAct):
    """计划下达: the original."""

    kind: ClassVar = Kind(120, "plan_adopted")

    def check(self, others: Others, settings: Settings) -> None:
        for other in others.of(PlanAdopted):
            raise PlanThere(f"#{other.number}")


class PlanRevised(PlanAct):
    """计划调整: what it mentions replaces what was planned before; both stay visible."""

    kind: ClassVar = Kind(121, "plan_revised")
    rests_on: ClassVar = (PlanAdopted,)

    def check(self, others: Others, settings: Settings) -> None:
        if not others.of(PlanAdopted):
            raise NoPlanYet


class PeriodPlanning(Particulars):
    """投资计划 of a year or another span: what is to be invested in it."""

    period: Period
    investment: Money | Blank


class PeriodPlanned(PeriodPlanning, Fact):
    """年度计划: the last one adopted for a period is in force; the first is its original."""

    kind: ClassVar = Kind(122, "period_planned")
    converts: ClassVar = False


class AdoptPlan(Planning, StatesFact):
    """Adopt the original plan."""

    act: Literal["adopt"]


class RevisePlan(Planning, StatesFact):
    """Revise the plan in force."""

    act: Literal["revise"]


class PlanPeriod(PeriodPlanning, StatesFact):
    """Adopt or revise the plan of one period."""

    act: Literal["period"]


stating("plans", AdoptPlan, PlanAdopted)
stating("plans", RevisePlan, PlanRevised)
stating("plans", PlanPeriod, PeriodPlanned)
