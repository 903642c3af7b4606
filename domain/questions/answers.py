"""Shapes that all answers share: every figure names its entries."""

from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from domain.fact import Fact, Measure
from domain.history import Standing
from domain.values import Frozen, Money, NoneProvided, Withheld


class Sourced(Frozen):
    """`sources` are citations such as `XH-2026-031#7`: the original, then the correction and approval in force."""

    sources: tuple[str, ...]


class Figure(Sourced):
    """`value` in the currency's main unit for money, in percent for percent, whole for counts."""

    value: Decimal
    currency: str | None = None


class Said(Sourced):
    """Words, as stated on a day."""

    value: str
    since: date


class Planned(Sourced):
    """One field of a plan: stated, or blank in one of three ways; never zero for blank (DESIGN §3.7)."""

    value: date | Money | None = None
    blank: Literal["withheld", "none_provided", "not_mentioned"] | None = None
    note: str | None = None
    """The reason given for withholding, or the words used for none provided."""
    adopted_on: date | None = None


def planned(value: date | Money | Withheld | NoneProvided | None, act: Standing[Fact] | None) -> Planned:
    """A plan's field with the act that says so."""
    sources, day = (act.sources, act.fact.occurred_on) if act else ((), None)
    match value:
        case Withheld():
            return Planned(blank="withheld", note=value.reason, sources=sources, adopted_on=day)
        case NoneProvided():
            return Planned(blank="none_provided", note=value.note, sources=sources, adopted_on=day)
        case None:
            return Planned(blank="not_mentioned", sources=sources, adopted_on=day)
        case _:
            return Planned(value=value, sources=sources, adopted_on=day)


def figure(measure: Measure, amount: int, currency: str, sources: Iterable[str]) -> Figure:
    """`amount` as facts keep it: hundredths for money and percent, whole numbers for counts."""
    return Figure(
        value=measure.value(amount), currency=currency if measure.unit == "money" else None, sources=tuple(sources)
    )


def ratio(achieved: Decimal | None, wanted: Decimal | None) -> Decimal | None:
    """To four decimals, half up. Of a plan or target only, never of a forecast; None, never 0, where there is nothing to
    divide, or to divide by: blank, zero, and negative plans are no denominator."""
    if achieved is None or wanted is None or wanted <= 0:
        return None
    return (achieved / wanted).quantize(Decimal("0.0001"), ROUND_HALF_UP)


def sources(standings: Iterable[Standing[Fact]]) -> tuple[str, ...]:
    """The citations of several facts, each once, in order."""
    return tuple(dict.fromkeys(c for s in standings for c in s.sources))
