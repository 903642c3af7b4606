"""统计: entry into statistics (入统, an attribute) and figures cited from the statistics bureau, only ever cited anew."""

from collections.abc import Iterator
from typing import ClassVar, Literal

from domain.command import StatesFact, stating
from domain.fact import INVESTED, OUTPUT, TAX, Fact, Kind, Line, Measure, Others, Particulars
from domain.project.periods import NotThePeriodsEnd, PeriodAlreadyReported
from domain.settings import Settings
from domain.values import Actual, Period
from domain.values import Line as Text

CITED: dict[str, Measure] = {"invested": INVESTED, "output": OUTPUT, "tax": TAX}


class EnteringStatistics(Particulars):
    register_code: Text | None = None


class EnteredStatistics(EnteringStatistics, Fact):
    """入统."""

    kind: ClassVar = Kind(150, "entered_statistics")


class Citing(Particulars):
    """Dated at the end of its period. `publication` is where the figure was read."""

    measure: Literal["invested", "output", "tax"]
    period: Period
    amount: Actual
    publication: Text


class StatisticCited(Citing, Fact):
    """统计数: for the same period the last citation stands; an overlapping other period is refused."""

    kind: ClassVar = Kind(151, "statistic_cited")
    corrected: ClassVar = False

    def lines(self) -> Iterator[Line]:
        yield Line(CITED[self.measure], "statistical", self.amount.minor, self.amount)

    def check(self, others: Others, settings: Settings) -> None:
        if self.occurred_on != self.period.until:
            raise NotThePeriodsEnd(str(self.period), pointer="/occurred_on")
        for other in others.of(StatisticCited):
            same = other.fact.measure == self.measure and other.fact.period.overlaps(self.period)
            if same and other.fact.period != self.period:
                raise PeriodAlreadyReported(f"#{other.number}: {other.fact.period}", pointer="/period")


class EnterStatistics(EnteringStatistics, StatesFact):
    """Record that the statistics bureau accepted the project."""

    act: Literal["enter"]


class CiteStatistic(Citing, StatesFact):
    """Cite a figure of the statistics bureau."""

    act: Literal["cite"]


stating("statistics", EnterStatistics, EnteredStatistics)
stating("statistics", CiteStatistic, StatisticCited)
