"""工作日: whether a day is worked, which is the n-th working day after it, and what that rests on."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Literal

from domain.values import Day, Frozen, Line

Basis = Literal["adopted", "shipped", "weekends"]
"""The arrangement that the district adopted, the one shipped with the program, or none (未载入): Saturdays and Sundays are
then off and nothing else is. From the surest to the least."""
SURENESS: tuple[Basis, ...] = ("adopted", "shipped", "weekends")
DAY = timedelta(days=1)
SATURDAY = 5


class ArrangedDay(Frozen):
    """One day of an arrangement: off 放假, or worked 上班 although it is a Saturday or Sunday; `name` of the holiday."""

    day: Day
    sort: Literal["off", "worked"]
    name: Line


@dataclass(frozen=True)
class Arrangement:
    """放假安排 of one year; `source` is the notice, or the data, that it was taken from, `entry` what adopted it here."""

    year: int
    basis: Literal["adopted", "shipped"]
    source: str
    days: tuple[ArrangedDay, ...]
    entry: str | None = None
    adopted_on: date | None = None

    @cached_property
    def by_day(self) -> Mapping[date, ArrangedDay]:
        return {one.day: one for one in self.days}


class DayTold(Frozen):
    """`arranged` and `name` where an arrangement speaks of the day itself."""

    day: date
    working: bool
    arranged: Literal["off", "worked"] | None
    name: str | None
    rests_on: Basis


@dataclass(frozen=True)
class WorkCalendar:
    """The arrangements known at a viewpoint, by year."""

    adopted: Mapping[int, Arrangement]
    shipped: Mapping[int, Arrangement]

    def of_year(self, year: int) -> Arrangement | None:
        return self.adopted.get(year) or self.shipped.get(year)

    def told(self, day: date) -> DayTold:
        """A year's arrangement may speak of the last days of the year before: they belong to its New Year."""
        own = self.of_year(day.year)
        for found in (self.of_year(day.year + 1), own):
            arranged = found.by_day.get(day) if found is not None else None
            if found is not None and arranged is not None:
                return DayTold(
                    day=day,
                    working=arranged.sort == "worked",
                    arranged=arranged.sort,
                    name=arranged.name,
                    rests_on=found.basis,
                )
        working = day.weekday() < SATURDAY
        return DayTold(day=day, working=working, arranged=None, name=None, rests_on=own.basis if own else "weekends")

    def working_days(self, since: date) -> Iterator[DayTold]:
        """Those after a day, each with the least sure of what the days up to it rest on."""
        least: Basis = "adopted"
        while True:
            since += DAY
            told = self.told(since)
            least = max(least, told.rests_on, key=SURENESS.index)
            if told.working:
                yield told.model_copy(update={"rests_on": least})

    def after(self, since: date, count: int) -> DayTold:
        """The `count`-th working day after a day, which itself does not count; `count` from 1."""
        return next(told for number, told in enumerate(self.working_days(since), start=1) if number == count)


NO_ARRANGEMENTS = WorkCalendar({}, {})
"""Where only weekends are known."""


@dataclass(frozen=True)
class LastDayOff:
    """Advice, never a refusal: a last day that nobody works on. `field` is the one that states it."""

    field: str
    told: DayTold
    next_working: DayTold

    @property
    def rests_on(self) -> Basis:
        return max(self.told.rests_on, self.next_working.rests_on, key=SURENESS.index)

    @property
    def zh(self) -> str:
        name = f"（{self.told.name}放假）" if self.told.name else ""
        guess = "未载入放假安排，按周末推算。" if self.rests_on == "weekends" else ""
        return f"{self.told.day} 是休息日{name}，其后首个工作日是 {self.next_working.day}。{guess}"

    @property
    def en(self) -> str:
        name = f" ({self.told.name})" if self.told.name else ""
        guess = " No holiday arrangement is loaded: reckoned by weekends." if self.rests_on == "weekends" else ""
        return f"{self.told.day} is a day off{name}; the next working day is {self.next_working.day}.{guess}"


def days_off(last_days: Mapping[str, date], calendar: WorkCalendar) -> Iterator[LastDayOff]:
    """Of the last days that an entry sets, those that are days off."""
    for field, day in last_days.items():
        told = calendar.told(day)
        if not told.working:
            yield LastDayOff(field, told, calendar.after(day, 1))
