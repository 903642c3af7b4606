"""目标完成: of each target the original, what is in force, what is due, and what came of it in each 口径.

What came of a year is the portfolio's totals by lead unit at its end (or at `on`), less those before it began; of a level
the totals as they are. A forecast stands beside it and is divided by nothing, nor anything by it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal, NamedTuple

from domain.exempting import exemptions
from domain.fact import MEASURES, Authority
from domain.history import Standing, View
from domain.indicators import COUNTS
from domain.office.targets import Target, TargetAct, is_money, part, targets, year_of
from domain.project.forecasts import ForecastStated
from domain.questions.answers import Sourced, ratio
from domain.questions.exemptions import ExemptionNow, exemption_now
from domain.questions.portfolio import portfolio
from domain.questions.projects import unit_answering
from domain.questions.stages import reached
from domain.settings import Settings
from domain.values import Frozen, Money, NoneProvided, Withheld
from domain.viewpoint import Viewpoint


class SliceNow(Frozen):
    period: str
    value: Decimal


class Wanted(Sourced):
    """A target as one act states it; `value` in the currency's main unit, or whole; never zero for blank."""

    value: Decimal | None
    blank: Literal["withheld", "none_provided"] | None
    note: str | None
    slices: tuple[SliceNow, ...]
    adopted_on: date
    recorded_on: date | None
    document: str | None


class Achieved(Frozen):
    """`facts` counts what it is made of; a count names its entries itself, a sum links to them."""

    value: Decimal
    facts: int
    fingerprint: str = ""
    sources: tuple[str, ...] = ()
    link: str | None = None


class Expected(Sourced):
    """预计: what the unit's projects expect of the year together, in one currency."""

    amount: Decimal
    currency: str
    projects: int


class TargetNow(Frozen):
    """One target. The ratios are those of its own 口径; null where the target is blank or zero, or nothing is stated."""

    unit: str
    indicator: str
    basis: Authority | None
    currency: str | None
    original: Wanted | None
    in_force: Wanted
    due: Decimal | None
    """Of the target in force: the months and quarters that are over by `on`; null where it has no slices."""
    reported: Achieved | None
    recognised: Achieved | None
    statistical: Achieved | None
    ratio: Decimal | None
    """Against the target in force."""
    ratio_of_original: Decimal | None
    forecast: tuple[Expected, ...]
    """Apart from all the rest: never a denominator."""
    exempted: tuple[ExemptionNow, ...]
    """Exemptions of the unit, and of projects it leads, that concern this indicator within the year."""


class Targets(Frozen):
    year: int
    targets: tuple[TargetNow, ...]


class Sum(NamedTuple):
    amount: int
    facts: int
    fingerprint: str = ""


Sums = Mapping[tuple[str | None, str, Authority], Sum]
"""By unit, measure and authority."""


class Forecast(NamedTuple):
    """In hundredths of the currency."""

    amount: int
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Reckoned:
    """What a year's targets are measured against: the fold's answer and the read model's are the same."""

    end: Sums
    before: Sums
    reached: Mapping[tuple[str | None, str], tuple[str, ...]]
    """By unit and count: the facts by which projects first reached its stage within the year, by project."""
    forecasts: Mapping[tuple[str | None, str, str], Forecast]
    """By unit, indicator and currency: the last forecast of each project for the whole year."""


@dataclass(frozen=True)
class Year:
    """The days of a year as seen from `on`."""

    year: int
    on: date

    @property
    def first(self) -> date:
        return date(self.year, 1, 1)

    @property
    def last(self) -> date:
        return date(self.year, 12, 31)

    @property
    def before(self) -> date:
        return self.first - timedelta(days=1)

    @property
    def end(self) -> date:
        """The day up to which it is reckoned: before it has begun, the day before."""
        return max(min(self.on, self.last), self.before)

    @property
    def key(self) -> str:
        """How a forecast's period for the whole year is written."""
        return f"{self.first}..{self.last}"


def reckoned(histories: Mapping[Viewpoint, Iterable[View]], at: Viewpoint, year: int, settings: Settings) -> Reckoned:
    """The oracle. `histories`: all projects at the viewpoints of `viewpoints_of`."""
    days = Year(year, at.on)
    end, before = (Viewpoint(day, at.known) for day in (days.end, days.before))
    counted: dict[tuple[str | None, str], list[str]] = {}
    for view in sorted(histories[end], key=lambda v: v.label):
        for stage in reached(view):
            for name, wanted in COUNTS.items():
                if stage.stage is wanted and days.first <= stage.since <= days.end:
                    unit = unit_answering(view, "lead_unit", stage.since)
                    counted.setdefault((unit, name), []).append(stage.by.original.citation)
    return Reckoned(
        end=_sums(histories[end], settings),
        before=_sums(histories[before], settings),
        reached={key: tuple(of) for key, of in counted.items()},
        forecasts=_forecasts(histories[at], days),
    )


def viewpoints_of(at: Viewpoint, year: int) -> set[Viewpoint]:
    days = Year(year, at.on)
    return {at, Viewpoint(days.end, at.known), Viewpoint(days.before, at.known)}


def _sums(views: Iterable[View], settings: Settings) -> Sums:
    whole = portfolio(views, "unit", "lead_unit", "then", settings)
    return {(t.group, t.measure, t.authority): Sum(t.amount, t.sources) for t in whole.totals}


def _forecasts(views: Iterable[View], days: Year) -> dict[tuple[str | None, str, str], Forecast]:
    found: dict[tuple[str | None, str, str], Forecast] = {}
    for view in sorted(views, key=lambda v: v.label):
        unit = unit_answering(view, "lead_unit", view.viewpoint.on)
        of_year = [s for s in view.of(ForecastStated) if str(s.fact.period) == days.key]
        last = {s.fact.indicator: s for s in of_year}
        for indicator, standing in last.items():
            if isinstance(standing.fact.amount, Money):
                key = (unit, indicator, standing.fact.amount.currency)
                was = found.get(key, Forecast(0, ()))
                sources = (*was.sources, standing.original.citation)
                found[key] = Forecast(was.amount + standing.fact.amount.minor, sources)
    return found


def targets_now(
    view: View,
    of: Reckoned,
    units: Mapping[str, View],
    exempt: Iterable[View],
    settings: Settings,
    unit: str | None = None,
) -> Targets:
    """`units`: the units' own streams, `exempt`: the projects that were ever exempt. Raises NoTargets."""
    days = Year(year_of(view), view.viewpoint.on)
    led: dict[str | None, list[View]] = {}
    for project in exempt:
        led.setdefault(unit_answering(project, "lead_unit", view.viewpoint.on), []).append(project)
    return Targets(
        year=days.year,
        targets=tuple(
            _target_now(target, of, [*_own(units, target.subject[0]), *led.get(target.subject[0], ())], days, settings)
            for target in targets(view)
            if unit in (None, target.subject[0])
        ),
    )


def _own(units: Mapping[str, View], unit: str) -> list[View]:
    return [units[unit]] if unit in units else []


def _target_now(target: Target, of: Reckoned, exempting: list[View], days: Year, settings: Settings) -> TargetNow:
    unit, indicator, basis = target.subject
    came = _achieved(target, of, days)
    own = came.get(basis or "reported")
    value = own.value if own else None
    in_force = target.in_force.fact.whole
    original = target.original.fact.whole if target.original else None
    return TargetNow(
        unit=unit,
        indicator=indicator,
        basis=basis,
        currency=settings.currency if is_money(indicator) else None,
        original=wanted(target.original) if target.original else None,
        in_force=wanted(target.in_force),
        due=target.due(days.on),
        reported=came.get("reported"),
        recognised=came.get("recognised"),
        statistical=came.get("statistical"),
        ratio=ratio(value, in_force),
        ratio_of_original=ratio(value, original),
        forecast=tuple(
            Expected(amount=Decimal(f.amount).scaleb(-2), currency=currency, projects=len(f.sources), sources=f.sources)
            for (whose, what, currency), f in sorted(of.forecasts.items(), key=str)
            if (whose, what) == (unit, indicator)
        ),
        exempted=tuple(
            exemption_now(e)
            for view in exempting
            for e in exemptions(view)
            if e.concerns(indicator) and e.meets(days.first, days.last)
        ),
    )


def _achieved(target: Target, of: Reckoned, days: Year) -> dict[str, Achieved]:
    """Nothing before the year begins; of measures nothing where nobody stated any; of counts zero is a count."""
    unit, indicator, _ = target.subject
    if days.end < days.first:
        return {}
    if indicator in COUNTS:
        facts = of.reached.get((unit, indicator), ())
        return {"reported": Achieved(value=Decimal(len(facts)), facts=len(facts), sources=facts)}
    measure = MEASURES[indicator]
    found: dict[str, Achieved] = {}
    for (whose, what, authority), end in of.end.items():
        if (whose, what) == (unit, indicator):
            was = of.before.get((whose, what, authority)) if measure.sort == "flow" else None
            came = _less(end, was or Sum(0, 0))
            if came.facts:
                found[authority] = Achieved(value=measure.value(came.amount), facts=came.facts, fingerprint=came.fingerprint)
    return found


def _less(end: Sum, before: Sum) -> Sum:
    """Fingerprints are an XOR over facts, so those before cancel out."""
    prints = [int(s.fingerprint or "0", 16) for s in (end, before)]
    fingerprint = f"{prints[0] ^ prints[1]:016x}" if end.fingerprint else ""
    return Sum(end.amount - before.amount, end.facts - before.facts, fingerprint)


def wanted(act: Standing[TargetAct]) -> Wanted:
    fact, entry = act.fact, act.wording
    stated = fact.amount if is_money(fact.indicator) else fact.count
    blank = stated if isinstance(stated, Withheld | NoneProvided) else None
    slices = ((s.period, part(fact.indicator, s.amount, s.count)) for s in fact.slices)
    return Wanted(
        value=fact.whole,
        blank=blank.blank if blank else None,
        note=(getattr(blank, "reason", None) or getattr(blank, "note", None)) if blank else None,
        slices=tuple(SliceNow(period=period, value=value) for period, value in slices if value is not None),
        adopted_on=fact.occurred_on,
        recorded_on=act.original.recorded_on,
        document=entry.envelope.document or act.original.envelope.document,
        sources=act.sources,
    )
