"""Which lines a fact has in the read model: itself, what it states in words, and its figures."""

from collections.abc import Iterator
from typing import NamedTuple

from domain.fact import Fact, Measure
from domain.project.classes import YearClassified
from domain.project.construction import ProgressReported
from domain.project.endings import ProjectEnded
from domain.project.forecasts import ForecastStated
from domain.project.funds import FundsReceived
from domain.project.intake import ProjectDescribed, ProjectEntered
from domain.project.jobs import JobsHeld
from domain.project.land import LandSecured
from domain.project.listings import ListJoined, ListLeft
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
from domain.project.shares import SharesAgreed, SharesEnded, in_units
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


def lines(fact: Fact) -> Iterator[Line]:
    """The first is always the fact itself, unless it only closes."""
    match fact:  # the many first: a class that does not match is asked by its metaclass, which takes longer than the line
        case FundsReceived() | TaxPaid():
            yield next(_clues(fact, 0), NOTHING)
            for figure in fact.lines():
                yield Line(figure.measure.code(figure.authority), figure.amount)
        case ProgressReported() | JobsHeld():
            yield NOTHING
            for figure in fact.lines():
                yield Line(figure.measure.code(figure.authority), figure.amount)
        case ResponsibilityAssigned():
            until = fact.until.toordinal() if fact.until else None
            yield _holding(0, fact.role, fact.holder, until)
        case ResponsibilityHandedOver() | ProjectTransferred():
            yield _holding(0, fact.role, fact.incoming)
            yield _holding(CLOSING, fact.role, fact.outgoing)
        case ResponsibilityEnded():
            yield _holding(CLOSING, fact.role, fact.holder)
        case SelfRated():
            yield Line(word=fact.light if isinstance(fact.light, str | None) else fact.light.blank)
        case ListJoined() | ListLeft():
            yield Line(word=fact.list)
        case ProjectEnded():
            yield Line(word=fact.how)
        case ProjectEntered() | ProjectDescribed():
            stage = fact.stage()
            yield Line(amount=stage.rank if stage else None)
            for name, measure in STATED.items():
                value = getattr(fact, name)
                if value is not None:
                    yield Line(measure, word=value)
            yield from _clues(fact, CLUE)
        case YearClassified():
            yield Line(amount=fact.year, word=fact.yearly_class)
        case ForecastStated():
            amount = fact.amount if isinstance(fact.amount, Money) else None
            key = f"{fact.indicator} {fact.period or '-'} {amount.currency if amount else '-'}"
            yield Line(amount=amount.minor if amount else None, word=key)
        case SharesAgreed():
            until = fact.until.toordinal() if fact.until else None
            yield Line(amount=until, role=ROLE_NUMBERS[fact.role], unit=fact.remainder)
            for share in fact.shares:
                yield Line(SHARE, in_units(share.ratio), ROLE_NUMBERS[fact.role], share.unit)
        case SharesEnded():
            yield Line(role=ROLE_NUMBERS[fact.role])
        case StatisticCited():
            yield NOTHING
            for figure in fact.lines():
                yield Line(figure.measure.code(figure.authority), figure.amount, word=str(fact.period))
        case _:
            stage = fact.stage()
            yield NOTHING if stage is None else Line(amount=stage.rank)
            for figure in fact.lines():
                yield Line(figure.measure.code(figure.authority), figure.amount)
            if isinstance(fact, EnterpriseRegistered | LandSecured):
                yield from _clues(fact, CLUE)


def _clues(fact: Fact, measure: int) -> Iterator[Line]:
    for clue in clues(fact):
        yield Line(measure, clue.print, clue.sort.number)


def _holding(measure: int, role: str, holder: Holder, until: int | None = None) -> Line:
    return Line(measure, until, ROLE_NUMBERS[role], holder.unit, holder.person, holder.outside)
