"""Days and sums as a district's papers have them."""

import calendar
from datetime import date, datetime, time, timedelta
from typing import Any

from domain.entry import SHANGHAI

DAY = timedelta(days=1)


def at(day: date, hour: int = 9, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), SHANGHAI)


def working(day: date) -> date:
    """The day itself, or the Monday after it."""
    return day + DAY * (7 - day.weekday()) if day.weekday() > 4 else day


def month_of(day: date, ahead: int = 0) -> date:
    """The first of its month, or of one so many months later."""
    months = day.year * 12 + day.month - 1 + ahead
    return date(months // 12, months % 12 + 1, 1)


def last_of(month: date) -> date:
    return month.replace(day=calendar.monthrange(month.year, month.month)[1])


def months(since: date, until: date) -> list[date]:
    """The first of every month that has ended by `until`."""
    found = []
    month = month_of(since)
    while last_of(month) <= until:
        found.append(month)
        month = month_of(month, 1)
    return found


def quarter_of(month: date) -> date:
    """The first day of the month's quarter."""
    return month_of(month, -((month.month - 1) % 3))


def cny(wan: int) -> dict[str, Any]:
    """So many 万元."""
    return {"amount": f"{wan * 10_000}.00", "currency": "CNY"}


def span(since: date, until: date) -> dict[str, str]:
    return {"since": str(since), "until": str(until)}


def on(day: date, **more: Any) -> dict[str, Any]:
    return {"occurred_on": str(day), **more}
