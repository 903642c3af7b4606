"""Which lines a fact has in the read model: itself, what it states in words, and its figures."""

from collections.abc import Iterator
from datetime import date
from functools import singledispatch
from typing import NamedTuple

from domain.fact import Fact, Measure
from domain.project.classes import YearClassified
from domain.project.endings import ProjectEnded
from domain.project.forecasts import ForecastStated
from domain.project.funds import FundsReceived
from domain.project.intake import ProjectDescribed, ProjectEntered
from domain.project.land import LandSecured
from domain.project.listings import ListJoined, ListLeft
from domain.project.plans import PlanAct
from domain.project.ratings import SelfRated
from domain.project.registrations import EnterpriseRegistered
from domain.project.responsibilities import (
    ROLES,
    Holder,
    ProjectTransferred,
    ResponsibilityAssigned,
    ResponsibilityEnded,
    ResponsibilityHandedOver,
)
from domain.project.shares import EnterpriseShareStated, SharesAgreed, SharesEnded, in_units
from domain.project.statistics import StatisticCited
from domain.project.taxes import TaxPaid
from domain.questions.across import clues
from domain.values import Money

ROLE_NUMBERS: dict[str, int] = {role: number for number, role in enumerate(ROLES)}
STATED = {"name": 2, "name_en": 3, "category": 4, "industry": 5}
"""The attributes that lists and totals ask for, under the measure that keeps them."""
CLUE = 7
"""The measure of a word that may cross projects: `role` is its sort, `amount` its print. Of the many facts, funds and taxes,
it is kept in the line of the fact itself, which has no other use for either."""
CLOSING = 1
DUE = 8
"""A day that a plan act states: `role` is the field, `amount` the ordinal day, null where the act says there is none."""
DATED = {"start": 0, "completion": 1}
"""The fields of a plan whose day passing makes a mark."""
SHARE = 6
"""One unit's share by the terms that its fact states: `amount` in hundred-millionths."""
BY_BUREAU, GIVEN = 3, 4
"""The last digits of two more measures beside the authorities': what each bureau's verdict comes to, and what it gave."""


def by_bureau_code(measure: Measure) -> int:
    return measure.number * 10 + BY_BUREAU


def given_code(measure: Measure) -> int:
    return measure.number * 10 + GIVEN


class Line(NamedTuple):
    """Words are texts here and become numbers when they are written."""

    measure: int = 0
    amount: int | None = None
    role: int | None = None
    unit: str | None = None
    person: str | None = None
    word: str | None = None


NOTHING = Line()


@singledispatch
def lines(fact: Fact) -> Iterator[Line]:
    """The first is always the fact itself, unless it only closes. Of most kinds: the stage it enters, and its figures."""
    stage = fact.stage()
    yield NOTHING if stage is None else Line(amount=stage.rank)
    yield from _figures(fact)


@lines.register
def _(fact: FundsReceived | TaxPaid) -> Iterator[Line]:
    yield next(_clues(fact, 0), NOTHING)
    yield from _figures(fact)


@lines.register
def _(fact: EnterpriseRegistered | LandSecured | EnterpriseShareStated) -> Iterator[Line]:
    stage = fact.stage()
    yield NOTHING if stage is None else Line(amount=stage.rank)
    yield from _figures(fact)
    yield from _clues(fact, CLUE)


@lines.register
def _(fact: ProjectEntered | ProjectDescribed) -> Iterator[Line]:
    stage = fact.stage()
    yield Line(amount=stage.rank if stage else None)
    for name, measure in STATED.items():
        value = getattr(fact, name)
        if value is not None:
            yield Line(measure, word=value)
    yield from _clues(fact, CLUE)


@lines.register
def _(fact: ResponsibilityAssigned) -> Iterator[Line]:
    yield _holding(0, fact.role, fact.holder, fact.until.toordinal() if fact.until else None)


@lines.register
def _(fact: ResponsibilityHandedOver | ProjectTransferred) -> Iterator[Line]:
    yield _holding(0, fact.role, fact.incoming)
    yield _holding(CLOSING, fact.role, fact.outgoing)


@lines.register
def _(fact: ResponsibilityEnded) -> Iterator[Line]:
    yield _holding(CLOSING, fact.role, fact.holder)


@lines.register
def _(fact: SharesAgreed) -> Iterator[Line]:
    until = fact.until.toordinal() if fact.until else None
    yield Line(amount=until, role=ROLE_NUMBERS[fact.role], unit=fact.remainder)
    for share in fact.shares:
        yield Line(SHARE, in_units(share.ratio), ROLE_NUMBERS[fact.role], share.unit)


@lines.register
def _(fact: SharesEnded) -> Iterator[Line]:
    yield Line(role=ROLE_NUMBERS[fact.role])


@lines.register
def _(fact: SelfRated) -> Iterator[Line]:
    yield Line(word=fact.light if isinstance(fact.light, str | None) else fact.light.blank)


@lines.register
def _(fact: ListJoined | ListLeft) -> Iterator[Line]:
    yield Line(word=fact.list)


@lines.register
def _(fact: ProjectEnded) -> Iterator[Line]:
    yield Line(word=fact.how)


@lines.register
def _(fact: YearClassified) -> Iterator[Line]:
    yield Line(amount=fact.year, word=fact.yearly_class)


@lines.register
def _(fact: PlanAct) -> Iterator[Line]:
    yield NOTHING
    for field, number in DATED.items():
        due = getattr(fact, field)
        if due is not None:
            yield Line(DUE, due.toordinal() if isinstance(due, date) else None, number)


@lines.register
def _(fact: ForecastStated) -> Iterator[Line]:
    amount = fact.amount if isinstance(fact.amount, Money) else None
    key = f"{fact.indicator} {fact.period or '-'} {amount.currency if amount else '-'}"
    yield Line(amount=amount.minor if amount else None, word=key)


@lines.register
def _(fact: StatisticCited) -> Iterator[Line]:
    yield NOTHING
    for figure in fact.lines():
        yield Line(figure.measure.code(figure.authority), figure.amount, word=str(fact.period))


def _figures(fact: Fact) -> Iterator[Line]:
    for figure in fact.lines():
        yield Line(figure.measure.code(figure.authority), figure.amount)


def _clues(fact: Fact, measure: int) -> Iterator[Line]:
    for clue in clues(fact):
        yield Line(measure, clue.print, clue.sort.number)


def _holding(measure: int, role: str, holder: Holder, until: int | None = None) -> Line:
    return Line(measure, until, ROLE_NUMBERS[role], holder.unit, holder.person, holder.outside)
