"""What was asked as `on`, `known` and `after`, and the viewpoint it resolves to (DESIGN §3.1)."""

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as clock

from domain.entry import SHANGHAI
from domain.errors import Refused
from domain.history import View
from domain.office.period import PREFIX, PeriodClosed, PeriodOpened
from domain.viewpoint import Viewpoint

TRACKED = "SELECT position, failure FROM progress"
WAIT_LIMIT = 5.0
"""Seconds a question waits for `after`: many clients give up after ten, and would not hear why."""


class BadViewpoint(Refused):
    """`on` is a date (2026-06-30); `known` a date, a time with its zone, a position (@12345), a period (period:2026-06)."""

    zh = "on 须为日期（2026-06-30）；known 须为日期、带时区的时间、位置（@12345）或月报期（period:2026-06）。"
    sort = "invalid"


class NotThereYet(Refused):
    """The answers have not yet reached the position asked for (`after`); ask again in a moment."""

    zh = "答复尚未更新到所要求的位置（after），请稍后再问。"
    retry_after = 1
    """Seconds."""


@dataclass(frozen=True)
class Asked:
    """As the asker put it."""

    on: str | None = None
    known: str | None = None
    after: int | None = None


@dataclass(frozen=True)
class Resolved:
    """One position and one day: asked again for these, figures and sources are the same for ever."""

    asked: Asked
    on: date
    position: int
    recorded_at: datetime | None
    open: bool
    synthetic: bool = False
    """Whether the ledger is a demonstration's, at whatever viewpoint."""

    @property
    def viewpoint(self) -> Viewpoint:
        return Viewpoint(self.on, self.position)


def a_day(text: str) -> date:
    """Raises BadViewpoint."""
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise BadViewpoint(text)


@dataclass(frozen=True)
class Named:
    """A viewpoint that a stream of the ledger gives its name to."""

    label: str


Said = date | datetime | int | Named


def a_known(text: str) -> Said:
    """Raises BadViewpoint. A position beyond 18 digits is beyond every ledger."""
    if text.startswith(PREFIX):
        return Named(text)
    if re.fullmatch(r"@\d{1,18}", text, re.ASCII):
        return int(text[1:])
    if "T" not in text:
        return a_day(text)
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))  # a + in a query string arrives as a space
    except ValueError:
        raise BadViewpoint(text) from None
    if moment.tzinfo is None:
        raise BadViewpoint(text)
    return moment


def end_of(day: date) -> datetime:
    """The last moment of a civil day in Asia/Shanghai."""
    return datetime.combine(day + timedelta(days=1), clock(0), SHANGHAI) - timedelta(microseconds=1)


def of_period(period: View) -> tuple[int | date, date]:
    """Where a period's own viewpoint stands: at its closing, before that at the end of its deadline; and its last day.

    Raises BadViewpoint for a period nobody opened.
    """
    opened, closed = period.last_of(PeriodOpened), period.last_of(PeriodClosed)
    if opened is None:
        raise BadViewpoint(period.label)
    return (closed.original.position if closed else opened.fact.deadline), opened.fact.period.until


def default_on(known: date | datetime | int | None, recorded_at: datetime | None, today: date) -> date:
    """When only `known` is given: the earlier of today and its date."""
    match known:
        case datetime():
            return min(today, known.astimezone(SHANGHAI).date())
        case date():
            return min(today, known)
        case int():
            return min(today, recorded_at.astimezone(SHANGHAI).date()) if recorded_at else today
        case None:
            return today


class Arrivals:
    """Waits until the read model has come as far as asked; bounded, and the same on a primary and a replica.

    Waiting holds no thread, and all who wait share one look: however many ask for what may never come, others are served.
    """

    def __init__(self, position: Callable[[], int], patience: float = WAIT_LIMIT) -> None:
        """`position` says how far the read model is; `patience`: seconds that a question waits."""
        self._position = position
        self._patience = patience
        self._look: asyncio.Task[int] | None = None

    async def reach(self, after: int) -> None:
        """Raises NotThereYet."""
        deadline, pause = time.monotonic() + self._patience, 0.005
        while (reached := await self._shared()) < after:
            if time.monotonic() > deadline:
                raise NotThereYet(f"@{reached} < @{after}")
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, 0.1)

    async def _shared(self) -> int:
        if self._look is None or self._look.done():
            self._look = asyncio.create_task(asyncio.to_thread(self._position))
        return await asyncio.shield(self._look)
