"""税收: what the project's enterprises paid over a period, in total and what the district retains (区级留成)."""

from collections.abc import Iterator
from typing import ClassVar

from domain.command import StatesFact, stating
from domain.errors import Refused
from domain.fact import TAX, TAX_RETAINED, Fact, Kind, Line, Others, Particulars
from domain.project.periods import NotThePeriodsEnd, refuse_overlap
from domain.settings import Settings
from domain.values import Actual, Period
from domain.values import Line as Text


class RetainsMoreThanPaid(Refused):
    """The district cannot retain more than was paid."""

    zh = "区级留成不能大于税收总额。"
    sort = "invalid"


class Paying(Particulars):
    """Dated at the end of its period; amounts in the district's currency."""

    period: Period
    total: Actual
    retained: Actual | None = None
    enterprise: Text | None = None
    """Which of the project's enterprises paid; the whole project when absent."""


class TaxPaid(Paying, Fact):
    """税收贡献."""

    kind: ClassVar = Kind(90, "tax_paid")
    flows: ClassVar = True

    def lines(self) -> Iterator[Line]:
        yield Line(TAX, "reported", self.total.minor, self.total)
        if self.retained is not None:
            yield Line(TAX_RETAINED, "reported", self.retained.minor, self.retained)

    def jointly(self) -> object:
        return self

    def check(self, others: Others, settings: Settings) -> None:
        if self.occurred_on != self.period.until:
            raise NotThePeriodsEnd(str(self.period), pointer="/occurred_on")
        if self.retained is not None and self.retained.minor > self.total.minor:
            raise RetainsMoreThanPaid(pointer="/retained")
        whole = (None, self.enterprise) if self.enterprise else {o.fact.enterprise for o in others.of(TaxPaid)}
        same = [o for o in others.of(TaxPaid) if o.fact.enterprise in whole]
        refuse_overlap(self.period, [(o.number, o.fact.period) for o in same])


class PayTax(Paying, StatesFact):
    """Record tax paid over a period."""


stating("taxes", PayTax, TaxPaid)
