"""在谈: talks with an investor."""

from typing import ClassVar

from domain.command import StatesFact, stating
from domain.fact import Fact, Kind, Particulars, Stage
from domain.values import Line, Prose


class Negotiating(Particulars):
    with_whom: Line
    summary: Prose | None = None


class NegotiationHeld(Negotiating, Fact):
    """洽谈: a formal talk; the first one brings the project to 在谈."""

    kind: ClassVar = Kind(20, "negotiation_held")

    def stage(self) -> Stage:
        return Stage.NEGOTIATING


class HoldNegotiation(Negotiating, StatesFact):
    """Record a formal talk."""


stating("negotiations", HoldNegotiation, NegotiationHeld)
