"""重放: a project's record entry by entry, in the order it was recorded, and what each one did to it."""

from collections.abc import Callable, Iterator
from datetime import date

from domain.entry import Entry, Irregularity, Source
from domain.fact import Fact
from domain.history import History
from domain.questions.acts import Act, act
from domain.questions.changes import At, Side
from domain.questions.comparing import Difference, Path, differences
from domain.values import Frozen
from domain.viewpoint import Viewpoint


class Effect(Frozen):
    """One figure that reads otherwise; null where there was none."""

    figure: Path
    before: Side | None
    after: Side | None


class Step(Act):
    """One entry, and the project just before and just after it: the world up to the day it was recorded (or `on`, if that is
    earlier), as the ledger knew it then.

    `in_sight`: false for a fact dated later than that day; it shows in the `meanwhile` of the first entry after its day.
    """

    number: int
    stated: bool
    source: Source
    batch: str | None
    counterparts: tuple[str, ...]
    irregular: tuple[Irregularity, ...]
    """When it was recorded."""
    states: dict[str, object]
    """What the entry itself says."""
    day: date
    in_sight: bool
    moved: tuple[Effect, ...]
    meanwhile: tuple[Effect, ...]
    """What came or went since the entry before without anybody recording anything: what fell due, what began on its day."""


def replay(
    history: History, at: Callable[[Viewpoint], At], viewpoint: Viewpoint, after: int = 0, limit: int = 2**31
) -> list[Step]:
    """The entries that the ledger knew, after an entry number, at most `limit`; `at` tells the project at any viewpoint."""
    known = [e for e in history.entries if e.position <= viewpoint.known]
    before = known[after - 1] if 0 < after <= len(known) else None
    return list(_steps(before, known[after : after + limit], at, viewpoint))


def _steps(
    before: Entry | None, entries: list[Entry], at: Callable[[Viewpoint], At], viewpoint: Viewpoint
) -> Iterator[Step]:
    day = _day(before, viewpoint) if before else None
    now = at(Viewpoint(day, before.position)).figures() if before and day else {}
    for entry in entries:
        today, meanwhile = _day(entry, viewpoint), []
        if day is not None and before is not None and today != day:
            later = at(Viewpoint(today, before.position)).figures()
            meanwhile = [d for d in differences(now, later) if _came_or_went(d)]
            now = later
        standing = at(Viewpoint(today, entry.position))
        then = standing.figures()
        yield _step(entry, standing, today, differences(now, then), meanwhile)
        before, day, now = entry, today, then


def _came_or_went(of: Difference) -> bool:
    """A clock that runs on is no news."""
    return (of.before is None or of.after is None) and of.path[-1] != "clock"


def _day(entry: Entry, viewpoint: Viewpoint) -> date:
    return min(viewpoint.on, entry.recorded_on or viewpoint.on)


def _step(entry: Entry, at: At, day: date, moved: list[Difference], meanwhile: list[Difference]) -> Step:
    event, envelope = entry.event, entry.envelope
    return Step(
        **dict(act(entry, at.view)),
        number=entry.number,
        stated=entry.stated,
        source=envelope.source,
        batch=str(envelope.batch) if envelope.batch else None,
        counterparts=envelope.counterparts,
        irregular=envelope.irregular,
        states=event.model_dump(mode="json", exclude_none=True),
        day=day,
        in_sight=not isinstance(event, Fact) or event.occurred_on <= day,
        moved=tuple(_effect(d) for d in moved),
        meanwhile=tuple(_effect(d) for d in meanwhile),
    )


def _effect(of: Difference) -> Effect:
    before, after = (
        None if side is None else Side(value=side.value, sources=side.sources) for side in (of.before, of.after)
    )
    return Effect(figure=of.path, before=before, after=after)
