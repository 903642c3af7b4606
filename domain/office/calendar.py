"""日历: the holiday arrangement of a year (放假安排), adopted by the district as the State Council's notice has it."""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from domain.command import Action, Context, StatesFact, deed
from domain.entry import Event
from domain.errors import AlreadyEntered, Refused
from domain.fact import Fact, Kind, Others, Particulars
from domain.history import History, View
from domain.settings import Settings
from domain.values import Line
from domain.working_days import SATURDAY, ArrangedDay, Arrangement, WorkCalendar


class OutsideTheYear(Refused):
    """The day belongs neither to the year arranged nor to the December before it."""

    zh = "该日不在所安排的年份，也不在上年十二月。"
    sort = "invalid"


class DayTwice(Refused):
    """This day is listed twice; state each day once."""

    zh = "同一天列了两次，每天只填一次。"
    sort = "invalid"


class WorkedAnyway(Refused):
    """Only Saturdays and Sundays are made working days (调休上班); other days are worked anyway."""

    zh = "调休上班只能是周六或周日，其他日子本来就上班。"
    sort = "invalid"


class ArrangingDays(Particulars):
    year: Annotated[int, Field(ge=1950, le=2199)]
    notice: Line
    """The State Council's notice, with its number (国务院办公厅关于…部分节假日安排的通知，国办发明电…号)."""
    days: Annotated[tuple[ArrangedDay, ...], Field(min_length=1, max_length=200)]
    """Every day off and every weekend day worked; of the year before, only days of December."""


class CalendarAdopted(ArrangingDays, Fact):
    """日历采用: the whole arrangement of one year; adopted again, the newer one stands."""

    kind: ClassVar = Kind(261, "calendar_adopted", "district")

    def check(self, others: Others, settings: Settings) -> None:
        seen = set()
        for number, one in enumerate(self.days):
            here = f"/days/{number}/day"
            if one.day.year != self.year and (one.day.year, one.day.month) != (self.year - 1, 12):
                raise OutsideTheYear(f"{self.year}: {one.day}", pointer=here)
            if one.day in seen:
                raise DayTwice(str(one.day), pointer=here)
            if one.sort == "worked" and one.day.weekday() < SATURDAY:
                raise WorkedAnyway(str(one.day), pointer=here)
            seen.add(one.day)


class AdoptCalendar(ArrangingDays, StatesFact):
    """Adopt the holiday arrangement of a year, the whole of it."""


@deed("calendar", stream="district", action=Action.SETTLE)
def adopt_calendar(past: History, command: AdoptCalendar, context: Context) -> list[Event]:
    standing = calendar_of(past.now).adopted.get(command.year)
    if standing is not None and (standing.source, standing.days) == (command.notice, command.days):
        raise AlreadyEntered(standing.entry or "")
    return [CalendarAdopted.of(command)]


def calendar_of(district: View, shipped: Mapping[int, Arrangement] | None = None) -> WorkCalendar:
    """As the district's view knows it: of each year the arrangement adopted last."""
    adopted = {
        s.fact.year: Arrangement(
            year=s.fact.year,
            basis="adopted",
            source=s.fact.notice,
            days=s.fact.days,
            entry=s.original.citation,
            adopted_on=s.fact.occurred_on,
        )
        for s in district.of(CalendarAdopted)
    }
    return WorkCalendar(adopted, shipped or {})
