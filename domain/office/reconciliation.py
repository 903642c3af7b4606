"""对账: the office sends a period's figures round; each unit confirms them or objects within the days the district sets."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from domain.command import Action, Context, StatesFact, deed
from domain.entry import Event
from domain.errors import Broken, ReasonNeeded, Refused
from domain.fact import Fact, Kind, Mentions, Particulars
from domain.history import History, Standing, View
from domain.office.returns import own_unit
from domain.values import Day, Frozen, Line, Prose, UnitCode
from domain.working_days import Basis

Silence = Literal["confirms", "stays_open"]
Answer = Literal["confirmed", "objected"]
LATE = Broken("after_deadline", "对账已截止", "the days for answering are over")
State = Literal["not_opened", "awaited", "confirmed", "objected", "silent_confirmed", "silent_open"]


class AlreadyOpened(Refused):
    """The reconciliation of this period is open already."""

    zh = "本期对账已经开启。"


class NotReconciled(Refused):
    """The office has not opened the reconciliation of this period."""

    zh = "重大项目办尚未开启本期对账。"


class AlreadyAnswered(Refused):
    """The unit has confirmed these figures; what is wrong is corrected fact by fact."""

    zh = "本单位已确认对账；如有错误请逐条更正。"


class ReconciliationOpened(Fact):
    """对账开启: `until` is the last day for answers and `silence` what none means, as the district had set them.

    `counted_on` says what its working days were counted on; absent where they are natural days.
    """

    kind: ClassVar = Kind(240, "reconciliation_opened", "period")
    until: Day
    silence: Silence
    counted_on: Basis | None = None

    def last_days(self) -> Mapping[str, date]:
        return {"until": self.until}


class OpenReconciliation(StatesFact):
    """Send the period's figures round for reconciliation."""

    act: Literal["open"]


class Objection(Frozen):
    """What the unit says is wrong, and about which entry where it is about one."""

    entry: Line | None = None
    text: Prose


class ReconciliationAnswered(Fact):
    """对账答复: confirmed 确认, or objected 异议 with what is wrong."""

    kind: ClassVar = Kind(241, "reconciliation_answered", "period")
    unit: UnitCode
    answer: Answer
    objections: tuple[Objection, ...] = ()

    def mentions(self) -> Mentions:
        return Mentions(units=(self.unit,))


class Answering(Particulars):
    unit: UnitCode | None = None
    """The actor's own unit when absent."""


class ConfirmFigures(Answering, StatesFact):
    """Confirm the period's figures."""

    act: Literal["confirm"]


class ObjectToFigures(Answering, StatesFact):
    """Object to the period's figures, saying what is wrong."""

    act: Literal["object"]
    objections: Annotated[tuple[Objection, ...], Field(min_length=1, max_length=200)]


@dataclass(frozen=True)
class Reconciliation:
    """Where one unit's reconciliation stands at a period's view on a day."""

    state: State
    until: date | None
    counted_on: Basis | None
    """What the working days up to it were counted on; None where they are natural days."""
    answer: Standing[ReconciliationAnswered] | None


def reconciliation(view: View, unit: str, day: date) -> Reconciliation:
    """An objection may be followed by a confirmation; the last answer stands."""
    opened = view.last_of(ReconciliationOpened)
    if opened is None:
        return Reconciliation("not_opened", None, None, None)
    until, counted_on = opened.fact.until, opened.fact.counted_on
    answers = [s for s in view.of(ReconciliationAnswered) if s.fact.unit == unit]
    if answers:
        return Reconciliation(answers[-1].fact.answer, until, counted_on, answers[-1])
    if day <= until:
        return Reconciliation("awaited", until, counted_on, None)
    silent: State = "silent_confirmed" if opened.fact.silence == "confirms" else "silent_open"
    return Reconciliation(silent, until, counted_on, None)


@deed("reconciliations", stream="period", action=Action.ACCEPT)
def open_reconciliation(past: History, command: OpenReconciliation, context: Context) -> list[Event]:
    if past.now.of(ReconciliationOpened):
        raise AlreadyOpened(past.label)
    until, counted_on = _last_day(command.occurred_on, context)
    silence = context.settings.silence
    return [ReconciliationOpened(occurred_on=command.occurred_on, until=until, silence=silence, counted_on=counted_on)]


def _last_day(opened: date, context: Context) -> tuple[date, Basis | None]:
    """The last day for answers, and what it was counted on where the district's days are working days."""
    days = context.settings.reconciliation_days
    if context.settings.days_are == "natural":
        return opened + timedelta(days=days), None
    told = context.calendar.after(opened, days)
    return told.day, told.rests_on


@deed("reconciliations", stream="period", action=Action.REPORT)
def confirm_figures(past: History, command: ConfirmFigures, context: Context) -> list[Event]:
    return [_answer(past, command, context, "confirmed", ())]


@deed("reconciliations", stream="period", action=Action.REPORT)
def object_to_figures(past: History, command: ObjectToFigures, context: Context) -> list[Event]:
    return [_answer(past, command, context, "objected", command.objections)]


def _answer(
    past: History, command: ConfirmFigures | ObjectToFigures, context: Context, answer: Answer, said: tuple[Objection, ...]
) -> ReconciliationAnswered:
    """After the last day a reason is needed: the ledger keeps it. Raises NotReconciled, AlreadyAnswered, ReasonNeeded."""
    unit = own_unit(command.unit, context)
    standing = reconciliation(past.now, unit, context.today)
    if standing.until is None:
        raise NotReconciled(past.label)
    if standing.state == "confirmed":
        raise AlreadyAnswered(unit)
    if standing.until < context.today and command.reason is None:
        raise ReasonNeeded(rules=[LATE], pointer="/reason")
    return ReconciliationAnswered(occurred_on=command.occurred_on, unit=unit, answer=answer, objections=said)
