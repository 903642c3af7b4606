"""Where a project stands: the highest-ranked visible stage fact, entered on its own date (DESIGN §3.5)."""

from dataclasses import dataclass
from datetime import date

from domain.fact import Fact, Stage
from domain.history import Standing, View
from domain.project.construction import ConstructionCompleted, ConstructionPaused, ConstructionResumed
from domain.project.endings import ProjectEnded, ProjectRevived
from domain.project.operation import CapacityReached, OperationStarted


@dataclass(frozen=True)
class Reached:
    """A stage and the fact that first entered it."""

    stage: Stage
    since: date
    by: Standing[Fact]


def reached(view: View) -> list[Reached]:
    """Every stage that some fact enters, in rank order, each from the first such fact's date."""
    first: dict[Stage, Reached] = {}
    for standing, stage in view.stages:
        if stage not in first:
            first[stage] = Reached(stage, standing.fact.occurred_on, standing)
    return sorted(first.values(), key=lambda r: r.stage.rank)


def stage_of(view: View) -> Reached | None:
    """None only for a stream with no visible stage fact (asked before the project was entered)."""
    stages = reached(view)
    return stages[-1] if stages else None


@dataclass(frozen=True)
class Interval:
    """`[since, until)` of one stage; empty (skipped) when a higher stage was entered on or before its date."""

    stage: Stage
    since: date
    until: date | None
    by: Standing[Fact]


def intervals(view: View) -> list[Interval]:
    """The stages as lived: a lower stage entered after a higher one takes no time at all."""
    lived: list[Interval] = []
    stages = reached(view)
    for index, entered in enumerate(stages):
        higher = [r.since for r in stages[index + 1 :]]
        until = min(higher, default=None)
        if until is None or entered.since < until:
            lived.append(Interval(entered.stage, entered.since, until, entered.by))
    return lived


def ending_of(view: View) -> Standing[Fact] | None:
    """The ending in force, if no revival came after it."""
    return _last(view, ProjectEnded, ProjectRevived)


ENDING_A_PAUSE = (ConstructionResumed, ConstructionCompleted, OperationStarted, CapacityReached)
"""复工; and 竣工 or what comes after it: works that are done are not stopped, and nobody need state that they resumed."""


def pause_of(view: View) -> Standing[Fact] | None:
    """The pause (停工) in force, if works have neither resumed nor been completed since."""
    return _last(view, ConstructionPaused, *ENDING_A_PAUSE)


def _last(view: View, opens: type[Fact], *closes: type[Fact]) -> Standing[Fact] | None:
    last: Standing[Fact] | None = None
    for standing in view.of(opens, *closes):
        if isinstance(standing.fact, opens):
            last = standing
        else:
            last = None
    return last
