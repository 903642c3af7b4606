"""增资, 投资方变更: only the increase counts, and neither makes a new project."""

from collections.abc import Iterator
from typing import ClassVar, Literal, Self

from pydantic import model_validator

from domain.command import StatesFact, stating
from domain.errors import Refused
from domain.fact import ENROLLED, Fact, Kind, Line, Others, Particulars
from domain.project.registrations import EnterpriseRegistered
from domain.settings import Settings
from domain.values import Actual, Exchange, worth
from domain.values import Line as Text


class NotRegistered(Refused):
    """This enterprise is not registered in this project; register it first (POST …/registrations)."""

    zh = "该企业在本项目中尚未登记，请先登记企业（POST …/registrations）。"


class AlreadyIncreased(Refused):
    """This increase has already been counted in this project."""

    zh = "该笔增资在本项目中已经计入。"


class Increasing(Particulars):
    enterprise: Text
    amount: Actual
    """The increase alone, never the capital it comes to."""
    exchange: Exchange | None = None
    paper: Text | None = None
    """The capital verification or change of registration (验资报告, 变更登记): one counts once."""


class CapitalIncreased(Increasing, Fact):
    """增资."""

    kind: ClassVar = Kind(45, "capital_increased")
    rests_on: ClassVar = (EnterpriseRegistered,)

    def lines(self) -> Iterator[Line]:
        yield Line(ENROLLED, "reported", worth(self.amount, self.exchange), self.amount)

    def check(self, others: Others, settings: Settings) -> None:
        if not any(o.fact.enterprise == self.enterprise for o in others.of(EnterpriseRegistered)):
            raise NotRegistered(self.enterprise, pointer="/enterprise")
        for other in others.of(CapitalIncreased):
            same = other.fact.enterprise == self.enterprise and other.fact.occurred_on == self.occurred_on
            if (same and other.fact.paper == self.paper) or (self.paper and other.fact.paper == self.paper):
                raise AlreadyIncreased(f"#{other.number}", pointer="/paper" if self.paper else "/occurred_on")


class Changing(Particulars):
    """`investor`: from this day on; the project stays the same one."""

    investor: Text
    former: Text | None = None

    @model_validator(mode="after")
    def _changes(self) -> Self:
        if self.former == self.investor:
            raise ValueError("the investor stays the same / 投资方并未变更")
        return self


class InvestorChanged(Changing, Fact):
    """投资方变更."""

    kind: ClassVar = Kind(46, "investor_changed")


class IncreaseCapital(Increasing, StatesFact):
    """Record an increase of an enterprise's enrolled capital."""

    act: Literal["increase"]


class ChangeInvestor(Changing, StatesFact):
    """Record that the project has another investor."""

    act: Literal["change_investor"]


stating("capital", IncreaseCapital, CapitalIncreased)
stating("capital", ChangeInvestor, InvestorChanged)
