"""What a project's figures come to at a viewpoint: flows are summed, of a level the last statement counts."""

from collections.abc import Iterator
from dataclasses import dataclass

from domain.fact import AUTHORITIES, MEASURES, Authority, Fact, Measure
from domain.history import Standing, View
from domain.project.statistics import StatisticCited


@dataclass(frozen=True)
class Total:
    """One measure in one 口径, with the facts that make it; `amount` in hundredths or whole numbers."""

    measure: Measure
    authority: Authority
    amount: int
    facts: tuple[Standing[Fact], ...]


def counted(view: View) -> Iterator[tuple[Standing[Fact], Measure, Authority, int]]:
    """Every figure in force, in order; of several citations of one statistical period only the last."""
    last: dict[object, int] = {}
    for cited in view.of(StatisticCited):
        last[cited.fact.measure, cited.fact.period] = cited.number
    standing_citations = set(last.values())
    for standing in view.facts:
        if isinstance(standing.fact, StatisticCited) and standing.number not in standing_citations:
            continue
        for line in standing.fact.lines():
            yield standing, line.measure, line.authority, line.amount


def totals(view: View) -> list[Total]:
    """In the order of the measures, then of the authorities; measures nothing is stated of are left out."""
    found: dict[tuple[str, Authority], tuple[int, list[Standing[Fact]]]] = {}
    for standing, measure, authority, amount in counted(view):
        key = (measure.name, authority)
        if measure.sort == "flow" and key in found:
            found[key] = (found[key][0] + amount, [*found[key][1], standing])
        else:
            found[key] = (amount, [standing])
    return [
        Total(MEASURES[name], authority, *(found[name, authority][0], tuple(found[name, authority][1])))
        for name in MEASURES
        for authority in AUTHORITIES
        if (name, authority) in found
    ]
