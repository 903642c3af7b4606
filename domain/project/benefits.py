"""效益: output, sales, profit and exports over a period."""

from collections.abc import Iterator
from typing import ClassVar, Literal

from domain.command import StatesFact, stating
from domain.fact import MEASURES, Fact, Kind, Line, Others, Particulars
from domain.project.periods import NotThePeriodsEnd, refuse_overlap
from domain.settings import Settings
from domain.values import Actual, Period


class Yielding(Particulars):
    """Dated at the end of its period; in the district's currency."""

    indicator: Literal["output", "sales", "profit", "exports"]
    period: Period
    amount: Actual


class BenefitReported(Yielding, Fact):
    """效益."""

    kind: ClassVar = Kind(110, "benefit_reported")

    def lines(self) -> Iterator[Line]:
        yield Line(MEASURES[self.indicator], "reported", self.amount.minor, self.amount)

    def check(self, others: Others, settings: Settings) -> None:
        if self.occurred_on != self.period.until:
            raise NotThePeriodsEnd(str(self.period), pointer="/occurred_on")
        same = [o for o in others.of(BenefitReported) if o.fact.indicator == self.indicator]
        refuse_overlap(self.period, [(o.number, o.fact.period) for o in same])


class ReportBenefit(Yielding, StatesFact):
    """Record output, sales, profit or exports over a period."""


stating("benefits", ReportBenefit, BenefitReported)
