"""预计: a unit's own expectation for a period; never a denominator."""

from typing import ClassVar, Literal

from domain.command import StatesFact, stating
from domain.fact import Fact, Kind, Particulars
from domain.values import Blank, Money, Period


class Expecting(Particulars):
    indicator: Literal["invested", "received", "tax", "output", "sales", "benefits_whole_life"]
    period: Period | None = None
    amount: Money | Blank


class ForecastStated(Expecting, Fact):
    """预计."""

    kind: ClassVar = Kind(130, "forecast_stated")
    converts: ClassVar = False


class StateForecast(Expecting, StatesFact):
    """State what is expected."""


stating("forecasts", StateForecast, ForecastStated)
