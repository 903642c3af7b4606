"""月报期: a reporting period, its deadline, extensions for a ground, and its closing."""

import calendar
from collections.abc import Mapping
from datetime import date
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from domain.command import Action, Context, StatesFact, deed
from domain.entry import Event
from domain.errors import AlreadyEntered, Refused
from domain.fact import Fact, Kind, Mentions, Particulars
from domain.history import History, View
from domain.values import Day, Period, Prose, UnitCode

PREFIX = "period:"
PeriodCode = Annotated[str, StringConstraints(pattern=r"^(19[5-9]\d|20\d\d|21\d\d)(-(0[1-9]|1[0-2])|-Q[1-4])?$")]
"""A month 2026-06, a quarter 2026-Q2 or a year 2026."""


class NoPeriod(Refused):
    """The office has not opened this period; open it first (POST /periods)."""

    zh = "重大项目办尚未开启该月报期，请先开启（POST /periods）。"
    sort = "missing"


class DeadlineBeforePeriodEnds(Refused):
    """The deadline lies before the period ends."""

    zh = "报送截止日早于期间终了日。"
    sort = "invalid"


class NotLater(Refused):
    """An extension ends after the deadline the unit has already."""

    zh = "延期须晚于该单位现有的截止日。"
    sort = "invalid"


class AlreadyClosed(Refused):
    """The period is closed."""

    zh = "该月报期已经关闭。"


def span_of(code: str) -> Period:
    """First and last day of the period a code names."""
    year, _, part = code.partition("-")
    first, last = (
        (1, 12) if not part else (int(part), int(part)) if part[0] != "Q" else (3 * int(part[1]) - 2, 3 * int(part[1]))
    )
    until = date(int(year), last, calendar.monthrange(int(year), last)[1])
    return Period(since=date(int(year), first, 1), until=until)


class Opening(Particulars):
    deadline: Day
    """The last day on which a return is in time."""
    units: Annotated[tuple[UnitCode, ...], Field(max_length=500)] = ()
    """Who must report; when empty, every unit that leads a project at the period's end."""


class PeriodOpened(Opening, Fact):
    """月报期开启."""

    kind: ClassVar = Kind(230, "period_opened", "period")
    begins: ClassVar = True
    period: Period

    def mentions(self) -> Mentions:
        return Mentions(units=self.units)

    def last_days(self) -> Mapping[str, date]:
        return {"deadline": self.deadline}


class OpenPeriod(Opening, StatesFact):
    """Open a period for returns."""

    code: PeriodCode

    def begins(self) -> str:
        return PREFIX + self.code


class Extending(Particulars):
    unit: UnitCode
    until: Day
    """The unit's last day from now on."""
    ground: Prose


class DeadlineExtended(Extending, Fact):
    """延期: one unit may report later, for a ground."""

    kind: ClassVar = Kind(231, "deadline_extended", "period")

    def mentions(self) -> Mentions:
        return Mentions(units=(self.unit,))

    def last_days(self) -> Mapping[str, date]:
        return {"until": self.until}


class ExtendDeadline(Extending, StatesFact):
    """Extend the deadline of one unit."""


class PeriodClosed(Fact):
    """月报期关闭: where the period's own viewpoint (`known=period:…`) stands from now on."""

    kind: ClassVar = Kind(232, "period_closed", "period")


class ClosePeriod(StatesFact):
    """Close a period: no further return is taken in."""


@deed("periods", stream="period", action=Action.ACCEPT, begins=True)
def open_period(past: History, command: OpenPeriod, context: Context) -> list[Event]:
    if past.version:
        raise AlreadyEntered(command.code, pointer="/code")
    span = span_of(command.code)
    if command.deadline < span.until:
        raise DeadlineBeforePeriodEnds(str(command.deadline), pointer="/deadline")
    stated = {name: getattr(command, name) for name in Opening.model_fields}
    return [PeriodOpened.model_construct(**stated, period=span)]


@deed("extensions", stream="period", action=Action.ACCEPT)
def extend_deadline(past: History, command: ExtendDeadline, context: Context) -> list[Event]:
    if command.until <= deadline(past.now, command.unit):
        raise NotLater(str(deadline(past.now, command.unit)), pointer="/until")
    return [DeadlineExtended.of(command)]


@deed("closings", stream="period", action=Action.ACCEPT)
def close_period(past: History, command: ClosePeriod, context: Context) -> list[Event]:
    if past.now.of(PeriodClosed):
        raise AlreadyClosed(past.label)
    return [PeriodClosed.of(command)]


def opening(view: View) -> PeriodOpened:
    """Raises NoPeriod for a period that was not open at the viewpoint."""
    standing = view.last_of(PeriodOpened)
    if standing is None:
        raise NoPeriod(view.label.removeprefix(PREFIX))
    return standing.fact


def deadline(view: View, unit: str) -> date:
    """The unit's last day for reporting, its extensions included. Raises NoPeriod."""
    extended = [s.fact.until for s in view.of(DeadlineExtended) if s.fact.unit == unit]
    return max([opening(view).deadline, *extended])
