"""目标任务: what the office wants of a unit in a year, under a document; original and adjusted stay side by side.

Never a unit's own, never from a forecast, and only within the window that the district sets.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, ClassVar, Literal, Self, get_args

from pydantic import Field, StringConstraints, model_validator

from domain.command import Action, Context, StatesFact, deed
from domain.entry import Event
from domain.errors import AlreadyEntered, NoDocument, ReasonNeeded, Refused
from domain.fact import MEASURES, Authority, Fact, Kind, Mentions, Others, Particulars
from domain.history import History, Standing, View
from domain.indicators import COUNTS, Indicator
from domain.office.period import PeriodCode, span_of
from domain.settings import Settings
from domain.values import Blank, Frozen, Money, UnitCode

PREFIX = "targets:"
YearCode = Annotated[str, StringConstraints(pattern=r"^(19[5-9]\d|20\d\d|21\d\d)$")]
Count = Annotated[int, Field(ge=0, le=2_000_000_000)]


class NoTargets(Refused):
    """The office has not opened this year's targets; open them first (POST /targets)."""

    zh = "重大项目办尚未开启该年度目标任务，请先开启（POST /targets）。"
    sort = "missing"


class AlreadyIssued(Refused):
    """The unit has a target for this indicator already; adjust it."""

    zh = "该单位此项目标任务已经下达，请办理调整。"


class NotIssued(Refused):
    """The unit has no target for this indicator to adjust; issue one first."""

    zh = "该单位尚无此项目标任务，请先下达。"


class OwnTarget(Refused):
    """Nobody sets the target of their own unit."""

    zh = "任何人不得为本单位下达或调整目标任务。"
    sort = "forbidden"


class OutsideWindow(Refused):
    """Targets are issued and adjusted only within the window that the district sets (settings: target_window)."""

    zh = "目标任务只能在本区规定的期限内下达或调整（设置：target_window）。"
    sort = "invalid"


class SliceOfAnotherYear(Refused):
    """The slices of a year's target lie within the year."""

    zh = "目标任务的分月、分季数须在该年度之内。"
    sort = "invalid"


class AnotherCurrency(Refused):
    """A target is set in the district's own currency."""

    zh = "目标任务以本区本位币下达。"
    sort = "invalid"


class TargetsOpened(Fact):
    """年度目标任务开启."""

    kind: ClassVar = Kind(250, "targets_opened", "targets")
    year: int


class OpenTargets(StatesFact):
    """Open a year for targets."""

    code: YearCode

    def begins(self) -> str:
        return PREFIX + self.code


class Slice(Frozen):
    """What a month (2026-03) or a quarter (2026-Q1) is to bring of the whole."""

    period: PeriodCode
    amount: Money | None = None
    count: Count | None = None


class Targeting(Particulars):
    """`occurred_on` is the day of the document. Money for money, a count for counts; blank where it is not set or told."""

    unit: UnitCode
    indicator: Indicator
    basis: Authority | None = None
    """口径: as whose figure a measure is meant; counts have none."""
    amount: Money | Blank | None = None
    count: Count | Blank | None = None
    slices: Annotated[tuple[Slice, ...], Field(max_length=12)] = ()

    @model_validator(mode="after")
    def _fits_the_indicator(self) -> Self:
        if (self.basis is None) != (self.indicator in COUNTS):
            raise ValueError("`basis` goes with measures, not with counts / 指标须注明口径，个数类指标不填")
        wanted, other = (self.amount, self.count) if is_money(self.indicator) else (self.count, self.amount)
        if wanted is None or other is not None:
            raise ValueError(
                "state an amount of money, or a count, as the indicator is / 金额类指标填金额，个数类指标填个数"
            )
        if isinstance(self.amount, Money) and self.amount.amount < 0:
            raise ValueError("a target is not negative / 目标任务不能为负")
        return self

    @model_validator(mode="after")
    def _slices_make_the_whole(self) -> Self:
        if not self.slices:
            return self
        spans = sorted((span_of(s.period) for s in self.slices), key=lambda span: span.since)
        if any(a.overlaps(b) for a, b in pairwise(spans)) or any(len(s.period) == 4 for s in self.slices):
            raise ValueError("slices are months or quarters that do not overlap / 分解数须为互不重叠的月或季")
        whole = self.whole
        parts = [part(self.indicator, s.amount, s.count) for s in self.slices]
        known = [p for p in parts if p is not None]
        if whole is None or len(known) < len(parts) or sum(known) != whole or self._foreign():
            raise ValueError("the slices add up to the target, in its currency / 分解数之和须等于目标数，币种一致")
        return self

    def _foreign(self) -> bool:
        currencies = {m.currency for m in (self.amount, *(s.amount for s in self.slices)) if isinstance(m, Money)}
        return len(currencies) > 1

    @property
    def whole(self) -> Decimal | None:
        """None where it is blank."""
        return part(self.indicator, self.amount, self.count)


def is_money(indicator: str) -> bool:
    return indicator in MEASURES and MEASURES[indicator].unit == "money"


def part(indicator: str, amount: Money | Blank | None, count: int | Blank | None) -> Decimal | None:
    """The figure stated for an indicator; None where there is none, or where it is of the other sort."""
    if is_money(indicator):
        return amount.amount if isinstance(amount, Money) and count is None else None
    return Decimal(count) if isinstance(count, int) and amount is None else None


class TargetAct(Targeting, Fact):
    """Base of the two acts: each states the target whole."""

    converts: ClassVar = False

    def mentions(self) -> Mentions:
        return Mentions(units=(self.unit,))

    @property
    def subject(self) -> "Subject":
        return self.unit, self.indicator, self.basis

    def in_its_year(self, others: Others, settings: Settings) -> int:
        """The year of the stream. Raises NoTargets, SliceOfAnotherYear, AnotherCurrency."""
        opened = others.of(TargetsOpened)
        if not opened:
            raise NoTargets
        year = opened[0].fact.year
        for n, of in enumerate(self.slices):
            if span_of(of.period).since.year != year:
                raise SliceOfAnotherYear(of.period, pointer=f"/slices/{n}/period")
        if isinstance(self.amount, Money) and self.amount.currency != settings.currency:
            raise AnotherCurrency(self.amount.currency, pointer="/amount/currency")
        return year

    def within(self, window: tuple[date, date]) -> None:
        """Raises OutsideWindow."""
        if not window[0] <= self.occurred_on <= window[1]:
            raise OutsideWindow(f"{window[0]}..{window[1]}", pointer="/occurred_on")


Subject = tuple[str, str, Authority | None]
"""Unit, indicator and 口径: what there is one target of in a year."""


class TargetIssued(TargetAct):
    """目标任务下达: the original."""

    kind: ClassVar = Kind(251, "target_issued", "targets")

    def check(self, others: Others, settings: Settings) -> None:
        self.within(settings.target_window.issuing(self.in_its_year(others, settings)))
        for other in others.of(TargetIssued):
            if other.fact.subject == self.subject:
                raise AlreadyIssued(f"#{other.number}", pointer="/indicator")


class TargetAdjusted(TargetAct):
    """目标任务调整: what is in force from its day on; the original stays visible."""

    kind: ClassVar = Kind(252, "target_adjusted", "targets")

    def check(self, others: Others, settings: Settings) -> None:
        self.within(settings.target_window.adjusting(self.in_its_year(others, settings)))
        if not any(other.fact.subject == self.subject for other in others.of(TargetIssued)):
            raise NotIssued(self.indicator, pointer="/indicator")


class IssueTarget(Targeting, StatesFact):
    """Issue a unit's target for the year."""

    act: Literal["issue"]


class AdjustTarget(Targeting, StatesFact):
    """Adjust a target: state it whole, as it shall be from now on."""

    act: Literal["adjust"]


@deed("targets", stream="targets", action=Action.ISSUE, begins=True)
def open_targets(past: History, command: OpenTargets, context: Context) -> list[Event]:
    if past.version:
        raise AlreadyEntered(command.code, pointer="/code")
    return [TargetsOpened(occurred_on=command.occurred_on, year=int(command.code))]


@deed("tasks", stream="targets", action=Action.ISSUE)
def issue_target(past: History, command: IssueTarget, context: Context) -> list[Event]:
    _under_a_document(command, context)
    return [TargetIssued.of(command)]


@deed("tasks", stream="targets", action=Action.ISSUE)
def adjust_target(past: History, command: AdjustTarget, context: Context) -> list[Event]:
    _under_a_document(command, context)
    return [TargetAdjusted.of(command)]


def _under_a_document(command: IssueTarget | AdjustTarget, context: Context) -> None:
    """Raises NoDocument, OwnTarget; ReasonNeeded where the act is recorded long after its day (倒签)."""
    if command.document is None:
        raise NoDocument(pointer="/document")
    if command.unit == context.by.unit:
        raise OwnTarget(command.unit, pointer="/unit")
    late = context.today - command.occurred_on > timedelta(days=context.settings.plan_backdating_days)
    if late and command.reason is None and not context.imported:
        raise ReasonNeeded(str(command.occurred_on), pointer="/reason")


@dataclass(frozen=True)
class Target:
    """What stands of one subject at a viewpoint: the original, if it is there, and what is in force."""

    subject: Subject
    original: Standing[TargetAct] | None
    in_force: Standing[TargetAct]

    def due(self, on: date) -> Decimal | None:
        """What the slices of the target in force want by the end of `on`: of months and quarters that are over.

        None where they do not say: without slices only the whole is due, at the year's end.
        """
        fact = self.in_force.fact
        if not fact.slices:
            return None
        over = [s for s in fact.slices if span_of(s.period).until <= on]
        return sum((part(fact.indicator, s.amount, s.count) or Decimal(0) for s in over), Decimal(0))


def year_of(view: View) -> int:
    """Raises NoTargets for a year that was not open at the viewpoint."""
    opened = view.last_of(TargetsOpened)
    if opened is None:
        raise NoTargets(view.label.removeprefix(PREFIX))
    return opened.fact.year


def targets(view: View) -> list[Target]:
    """By unit, indicator and 口径."""
    acts: dict[Subject, list[Standing[TargetAct]]] = {}
    for act in view.of(TargetAct):
        acts.setdefault(act.fact.subject, []).append(act)
    order = list(get_args(Indicator))
    return [
        Target(subject, next((a for a in of if isinstance(a.fact, TargetIssued)), None), of[-1])
        for subject, of in sorted(acts.items(), key=lambda x: (x[0][0], order.index(x[0][1]), x[0][2] or ""))
    ]
