"""Period amounts: one figure for one span of one measure; a second is refused, the first is corrected (DESIGN §3.6)."""

from collections.abc import Iterable

from domain.errors import Refused
from domain.values import Period


class PeriodAlreadyReported(Refused):
    """A figure for this or an overlapping period is already there; correct that entry instead."""

    zh = "相同或重叠期间已有数据，请更正原记录。"


class NotThePeriodsEnd(Refused):
    """A period's figure is dated at the last day of the period."""

    zh = "期间数据的日期应为期间的最后一天。"
    sort = "invalid"


def refuse_overlap(period: Period, stated: Iterable[tuple[int, Period]]) -> None:
    """`stated` pairs entry numbers with the periods they already cover. Raises PeriodAlreadyReported."""
    for number, other in stated:
        if period.overlaps(other):
            raise PeriodAlreadyReported(f"#{number}: {other}", pointer="/period")
