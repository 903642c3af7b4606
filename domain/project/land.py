"""落地: land or premises secured. Which way of securing counts as landed is the district's 口径, stamped when recorded."""

from typing import ClassVar

from domain.command import Context, StatesFact, deed
from domain.entry import Event
from domain.fact import Fact, Kind, Particulars, Stage
from domain.history import History
from domain.settings import Lands
from domain.values import Actual, Exchange, Line, Number


class Securing(Particulars):
    how: Lands
    area_mu: Number | None = None
    """面积, in 亩 (1/15 hectare)."""
    price: Actual | None = None
    exchange: Exchange | None = None
    site: Line | None = None


class LandSecured(Securing, Fact):
    """土地/场地落实."""

    kind: ClassVar = Kind(50, "land_secured")
    lands: bool
    """Whether this counted as landed under the district's setting of the day it was recorded."""

    def stage(self) -> Stage | None:
        return Stage.LANDED if self.lands else None


class SecureLand(Securing, StatesFact):
    """Record that land was paid for, contracted, or premises leased."""


@deed("land")
def secure_land(past: History, command: SecureLand, context: Context) -> list[Event]:
    stated = {name: getattr(command, name) for name in Securing.model_fields}
    return [LandSecured.model_construct(**stated, lands=command.how in context.settings.lands_on)]
