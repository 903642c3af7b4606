"""开工, 进度, 停工, 复工, 竣工. A progress return may state this period, this year and since start, and percent done."""

from collections.abc import Iterator
from typing import ClassVar, Literal, Self

from pydantic import model_validator

from domain.command import StatesFact, stating
from domain.fact import INVESTED, INVESTED_TOTAL, INVESTED_YEAR, PROGRESS, Fact, Kind, Line, Others, Particulars, Stage
from domain.project.periods import NotThePeriodsEnd, refuse_overlap
from domain.settings import Settings
from domain.values import Actual, Exchange, Percent, Period, Prose, worth


class Noting(Particulars):
    note: Prose | None = None


class Because(Particulars):
    because: Prose


class ConstructionStarted(Noting, Fact):
    """开工."""

    kind: ClassVar = Kind(70, "construction_started")

    def stage(self) -> Stage:
        return Stage.UNDER_CONSTRUCTION


class Progressing(Particulars):
    """Dated at the end of its period; `percent` and the running sums are as at that day."""

    period: Period
    invested: Actual | None = None
    """固定资产投资 of this period: a flow."""
    invested_this_year: Actual | None = None
    invested_since_start: Actual | None = None
    exchange: Exchange | None = None
    percent: Percent | None = None
    """形象进度, percent of the works done: a level."""
    note: Prose | None = None

    @model_validator(mode="after")
    def _states_something(self) -> Self:
        if all(getattr(self, n) is None for n in (*SUMS, "percent", "note")):
            raise ValueError("state at least one figure or a note / 至少填写一项数据或说明")
        return self


SUMS = ("invested", "invested_this_year", "invested_since_start")


class ProgressReported(Progressing, Fact):
    """进度."""

    kind: ClassVar = Kind(71, "progress_reported")

    def lines(self) -> Iterator[Line]:
        for measure in (INVESTED, INVESTED_YEAR, INVESTED_TOTAL):
            money = getattr(self, measure.name)
            if money is not None:
                yield Line(measure, "reported", worth(money, self.exchange), money)
        if self.percent is not None:
            yield Line(PROGRESS, "reported", int(self.percent * 100))

    def check(self, others: Others, settings: Settings) -> None:
        if self.occurred_on != self.period.until:
            raise NotThePeriodsEnd(str(self.period), pointer="/occurred_on")
        if self.invested is not None:
            stated = [(o.number, o.fact.period) for o in others.of(ProgressReported) if o.fact.invested is not None]
            refuse_overlap(self.period, stated)


class ConstructionPaused(Because, Fact):
    """停工."""

    kind: ClassVar = Kind(72, "construction_paused")


class ConstructionResumed(Noting, Fact):
    """复工."""

    kind: ClassVar = Kind(73, "construction_resumed")


class ConstructionCompleted(Noting, Fact):
    """竣工."""

    kind: ClassVar = Kind(74, "construction_completed")

    def stage(self) -> Stage:
        return Stage.COMPLETED


class StartConstruction(Noting, StatesFact):
    """Record the start of construction."""

    act: Literal["start"]


class ReportProgress(Progressing, StatesFact):
    """Record progress over a period."""

    act: Literal["progress"]


class PauseConstruction(Because, StatesFact):
    """Record that works stopped."""

    act: Literal["pause"]


class ResumeConstruction(Noting, StatesFact):
    """Record that works went on."""

    act: Literal["resume"]


class CompleteConstruction(Noting, StatesFact):
    """Record completion."""

    act: Literal["complete"]


stating("construction", StartConstruction, ConstructionStarted)
stating("construction", ReportProgress, ProgressReported)
stating("construction", PauseConstruction, ConstructionPaused)
stating("construction", ResumeConstruction, ConstructionResumed)
stating("construction", CompleteConstruction, ConstructionCompleted)
