"""What each kind of fact declares, so that fold, totals, tables and routes follow from it: an open set."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar, Literal, NamedTuple, Protocol, Self, TypeVar

from domain.settings import Settings
from domain.values import Day, EntryNumber, Frozen, Money

StreamKind = Literal["project", "district", "unit", "person", "period", "targets", "audit"]
Authority = Literal["reported", "recognised", "statistical"]
AUTHORITIES: tuple[Authority, ...] = ("reported", "recognised", "statistical")


class Stage(StrEnum):
    """阶段, in rank order: the highest visible one is where a project stands (DESIGN §3.5)."""

    LEAD = "lead"
    NEGOTIATING = "negotiating"
    SIGNED = "signed"
    REGISTERED = "registered"
    LANDED = "landed"
    UNDER_CONSTRUCTION = "under_construction"
    COMPLETED = "completed"
    OPERATING = "operating"
    AT_CAPACITY = "at_capacity"

    @property
    def rank(self) -> int:
        return RANK[self]


RANK = {stage: rank for rank, stage in enumerate(Stage)}


@dataclass(frozen=True)
class Measure:
    """A flow is summed over time; a level is as at a day and only its last statement counts (DESIGN §3.6)."""

    number: int
    name: str
    sort: Literal["flow", "level"]
    unit: Literal["money", "count", "percent"]

    def code(self, authority: Authority) -> int:
        """The small number under which read models keep this measure in this 口径."""
        return self.number * 10 + AUTHORITIES.index(authority)

    def units(self, value: Decimal) -> int:
        """As figures are kept: hundredths for money and percent, whole numbers for counts."""
        return int(value) if self.unit == "count" else int(value * 100)

    def value(self, units: int) -> Decimal:
        """As people write it."""
        return Decimal(units) if self.unit == "count" else Decimal(units).scaleb(-2)


AGREED = Measure(1, "agreed", "level", "money")
ENROLLED = Measure(2, "enrolled_capital", "flow", "money")
RECEIVED = Measure(3, "received", "flow", "money")
INVESTED = Measure(4, "invested", "flow", "money")
INVESTED_YEAR = Measure(5, "invested_this_year", "level", "money")
INVESTED_TOTAL = Measure(6, "invested_since_start", "level", "money")
PROGRESS = Measure(7, "progress", "level", "percent")
TAX = Measure(8, "tax", "flow", "money")
TAX_RETAINED = Measure(9, "tax_retained", "flow", "money")
JOBS = Measure(10, "jobs", "level", "count")
OUTPUT = Measure(11, "output", "flow", "money")
SALES = Measure(12, "sales", "flow", "money")
PROFIT = Measure(13, "profit", "flow", "money")
EXPORTS = Measure(14, "exports", "flow", "money")

MEASURES: dict[str, Measure] = {
    m.name: m
    for m in (
        AGREED,
        ENROLLED,
        RECEIVED,
        INVESTED,
        INVESTED_YEAR,
        INVESTED_TOTAL,
        PROGRESS,
        TAX,
        TAX_RETAINED,
        JOBS,
        OUTPUT,
        SALES,
        PROFIT,
        EXPORTS,
    )
}


class Line(NamedTuple):
    """One figure a fact states, in hundredths (money and percent) or whole numbers (counts).

    `money` is the sum as stated where the figure is one of money: in its own currency and without a sign.
    """

    measure: Measure
    authority: Authority
    amount: int
    money: Money | None = None


class Kind(NamedTuple):
    """A kind's names for ever: its small number in read models, its topic in the ledger, the stream it lives in."""

    number: int
    topic: str
    stream: StreamKind = "project"


class Mentions(NamedTuple):
    """Codes a fact names; each must be in the ledger."""

    units: tuple[str, ...] = ()
    persons: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()


class Particulars(Frozen):
    """What a fact and the command asking for it have in common."""

    occurred_on: Day
    after: EntryNumber | None = None
    """Entry number of a fact of the same day that this one comes after, where order within a day matters."""


class Fact(Particulars):
    """An entry that states something about the world."""

    kind: ClassVar[Kind]
    may_begin_later: ClassVar[bool] = False
    """Whether `occurred_on` may lie after today: responsibilities and plan periods may."""
    converts: ClassVar[bool] = True
    """Whether its amounts count in the district's currency; plans and forecasts keep their own."""
    corrected: ClassVar[bool] = True
    """Whether it may be corrected; what is cited from elsewhere is only ever cited anew."""
    joint: ClassVar[bool] = False
    """Whether it begins an act over several streams, whose other entries follow from it (DESIGN §3.13)."""

    annulled: ClassVar[bool] = True
    """Whether it may be annulled; what cannot be undone in the world is not undone here either."""
    flows: ClassVar[bool] = False
    """Whether all the figures it states are flows: what looks for levels need not look at it."""
    begins: ClassVar[bool] = False
    """Whether it is the first of its stream, without which nothing else is said there."""
    rests_on: ClassVar[tuple[type["Fact"], ...]] = ()
    """Kinds whose facts it cannot be without: once one of them changes, its own `check` is asked again."""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        kind = cls.__dict__.get("kind")
        if isinstance(kind, Kind):
            if kind.topic in KINDS or any(k.kind.number == kind.number for k in KINDS.values()):
                raise TypeError(f"two kinds of fact share a topic or number: {kind}")
            KINDS[kind.topic] = cls

    @classmethod
    def of(cls, particulars: Particulars) -> Self:
        """The fact that a command of the same particulars asks for."""
        stated = particulars.__dict__
        return cls.checked({name: stated[name] for name in cls.__pydantic_fields__})

    def stage(self) -> Stage | None:
        """The stage this fact enters, if any."""
        return None

    def lines(self) -> Iterator[Line]:
        """The figures it states."""
        return iter(())

    def mentions(self) -> Mentions:
        """The units, persons and projects it names."""
        return Mentions()

    def approved_by(self) -> str | None:
        """The person it names as having approved it: never who records it."""
        return None

    def last_days(self) -> Mapping[str, date]:
        """The last days for somebody to act that it sets, by field: where one is a day off, whoever records it is told."""
        return {}

    def jointly(self) -> object:
        """What its counterparts rest on where one act over several streams states it: no correction changes that."""
        return None

    def check(self, others: "Others", settings: Settings) -> None:
        """Refuse what is impossible beside the other facts in force; asked when recording, approving and reinstating."""

    def turn(self, number: int) -> int:
        """Its place within a day: by the original fact's number, `after` coming next to its elder, whichever is older."""
        return 2 * number if self.after is None else 2 * self.after + 1

    def order(self, number: int) -> tuple[date, int, int]:
        """`(occurred_on, turn, number)`."""
        return self.occurred_on, self.turn(number), number


F = TypeVar("F", bound=Fact)
F_co = TypeVar("F_co", bound=Fact, covariant=True)


class Stood(Protocol[F_co]):
    """A fact as it reads at some viewpoint, with the number of its original entry."""

    @property
    def number(self) -> int: ...
    @property
    def fact(self) -> F_co: ...


class Others(Protocol):
    """The facts in force beside the one being checked."""

    def of(self, *kinds: type[F]) -> Sequence[Stood[F]]:
        """Those of some kinds, in order."""
        ...


KINDS: dict[str, type[Fact]] = {}
"""Every kind by its topic. Kinds register themselves; `domain.kinds` imports them all."""
