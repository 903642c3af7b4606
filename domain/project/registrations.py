"""注册: the enterprise that carries the project is registered, with its enrolled capital (注册资本)."""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from pydantic import StringConstraints

from domain.command import StatesFact, stating
from domain.errors import Refused
from domain.fact import ENROLLED, Fact, Kind, Line, Others, Particulars, Stage
from domain.settings import Settings
from domain.values import Actual, Exchange, worth
from domain.values import Line as Text

CreditCode = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{15,18}$")]
"""统一社会信用代码 (GB 32100-2015) or an older number; its check digit is a warning elsewhere, never a refusal."""


class AlreadyRegistered(Refused):
    """This enterprise is already registered in this project; an increase of capital is a fact of its own."""

    zh = "该企业在本项目中已登记；增资应另记一条。"


class Registering(Particulars):
    enterprise: Text
    credit_code: CreditCode | None = None
    capital: Actual | None = None
    exchange: Exchange | None = None


class EnterpriseRegistered(Registering, Fact):
    """企业注册."""

    kind: ClassVar = Kind(40, "enterprise_registered")

    def stage(self) -> Stage:
        return Stage.REGISTERED

    def lines(self) -> Iterator[Line]:
        if self.capital is not None:
            yield Line(ENROLLED, "reported", worth(self.capital, self.exchange), self.capital)

    def check(self, others: Others, settings: Settings) -> None:
        for other in others.of(EnterpriseRegistered):
            same_code = self.credit_code is not None and other.fact.credit_code == self.credit_code
            if same_code or other.fact.enterprise == self.enterprise:
                raise AlreadyRegistered(f"#{other.number}", pointer="/enterprise")


class RegisterEnterprise(Registering, StatesFact):
    """Record the registration of the project's enterprise."""


stating("registrations", RegisterEnterprise, EnterpriseRegistered)
