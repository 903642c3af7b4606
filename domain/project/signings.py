"""签约: letter of intent, agreement, contract. An upgrade (升格) restates the whole sum and counts once."""

from collections.abc import Iterator
from typing import ClassVar, Literal

from domain.command import StatesFact, stating
from domain.errors import Refused
from domain.fact import AGREED, Fact, Kind, Line, Others, Particulars, Stage
from domain.settings import Settings
from domain.values import Actual, Day, Exchange, worth
from domain.values import Line as Text

Level = Literal["intent", "agreement", "contract"]
ORDER: dict[str, int] = {"intent": 0, "agreement": 1, "contract": 2}


class AlreadySigned(Refused):
    """A paper of this level is already signed; correct it, or record a capital increase: one project is signed once."""

    zh = "同一层级的文件已经签署：请更正原记录或另记增资，一个项目只计一次签约。"


class Signing(Particulars):
    level: Level
    counterparty: Text
    agreed: Actual | None = None
    """The whole agreed sum as this paper states it (协议资金)."""
    exchange: Exchange | None = None
    promised_start: Day | None = None
    promised_completion: Day | None = None
    promised_jobs: int | None = None
    paper: Text | None = None
    """The signed paper's number."""


class Signed(Signing, Fact):
    """签署: agreements and contracts bring the project to 签约; a letter of intent leaves it in 在谈."""

    kind: ClassVar = Kind(30, "signed")

    def stage(self) -> Stage:
        return Stage.NEGOTIATING if self.level == "intent" else Stage.SIGNED

    def lines(self) -> Iterator[Line]:
        if self.agreed is not None and self.level != "intent":
            yield Line(AGREED, "reported", worth(self.agreed, self.exchange), self.agreed)

    def check(self, others: Others, settings: Settings) -> None:
        for other in others.of(Signed):
            if other.fact.level == self.level:
                raise AlreadySigned(f"#{other.number}", pointer="/level")


class Sign(Signing, StatesFact):
    """Record a signed paper; a higher level later is an upgrade and restates the whole sum."""


stating("signings", Sign, Signed)
