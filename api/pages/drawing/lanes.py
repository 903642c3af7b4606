"""泳道图: who held what when, a lane for each role, gaps and overlaps told by pattern as well as colour."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from markupsafe import Markup

from api.pages.drawing.svg import (
    WIDTH,
    Axis,
    around,
    element,
    fitted,
    hatched,
    legend,
    line,
    linked,
    now_lines,
    picture,
    text,
)

LEFT, TOP, BAR = 132, 28, 22


class Held(NamedTuple):
    """`[since, until)`; open where `until` is None. `sort`: held, gap, overlap."""

    since: date
    until: date | None
    name: str
    said: str
    href: str | None = None
    sort: str = "held"


class Role(NamedTuple):
    """`group`: what is written above the first lane of several, such as their project."""

    name: str
    held: list[Held]
    group: str = ""


class Words(NamedTuple):
    title: str
    description: str
    viewed: str
    today: str
    held: str
    gap: str
    overlap: str


def lanes(key: str, roles: list[Role], on: date, today: date, words: Words, others: Iterable[date] = ()) -> Markup:
    """`others`: days that another picture of the page shows, so that the two stand under each other alike."""
    days = [d for role in roles for h in role.held for d in (h.since, h.until) if d is not None]
    axis = around([*days, *others, on], LEFT, WIDTH - 12)
    drawn: list[Markup] = [element("defs", hatched(f"{key}-gap"), hatched(f"{key}-overlap"))]
    body: list[Markup] = []
    y: float = TOP + 4
    group = ""
    for role in roles:
        if role.group != group:
            group = role.group
            body.append(text(0, y + BAR / 2 + 4, fitted(group, WIDTH / 2), "group"))
            y += BAR
        body.append(text(0, y + BAR / 2 + 4, fitted(role.name, LEFT - 12), "lane"))
        tracks = stacked([h for h in role.held if h.sort != "overlap"])
        for track in tracks:
            body += [_held(key, axis, held, y, BAR - 2, on) for held in track]
            y += BAR
        high = BAR * len(tracks)
        body += [_held(key, axis, h, y - high, high - 2, on) for h in role.held if h.sort == "overlap"]
        y += 4
        body.append(line(0, y - 2, WIDTH - 12, y - 2, "rail"))
    drawn += axis.grid(TOP, y)
    drawn += body
    drawn += now_lines(axis, on, today, TOP, y, (words.viewed, words.today))
    named = zip(("held", "gap", "overlap"), (words.held, words.gap, words.overlap), strict=True)
    drawn += legend(y + 32, LEFT, [(_box(key, sort, -8, -6, 16, 12), name) for sort, name in named])
    return picture(key, y + 44, words.title, words.description, *drawn)


def _box(key: str, sort: str, x: float, y: float, width: float, height: float) -> Markup:
    fill = None if sort == "held" else f"url(#{key}-{sort})"
    return element("rect", x=x, y=y, width=width, height=height, class_=f"held {sort}", rx=2, fill=fill)


def stacked(held: list[Held]) -> list[list[Held]]:
    """As many tracks as are needed for none to lie upon another."""
    tracks: list[list[Held]] = []
    for one in sorted(held, key=lambda h: (h.since, h.until or date.max)):
        free = next((t for t in tracks if t[-1].until is not None and t[-1].until <= one.since), None)
        if free is None:
            tracks.append([one])
        else:
            free.append(one)
    return tracks or [[]]


def _held(key: str, axis: Axis, held: Held, y: float, height: float, on: date) -> Markup:
    x, until = axis.x(held.since), axis.x(held.until or max(on, held.since))
    width = max(until - x, 3)
    box = _box(key, held.sort, x, y, width, height)
    label = "" if held.sort == "overlap" else fitted(held.name, width - 8)
    inner = [box, text(x + 4, y + BAR / 2 + 3, label, "in-bar")] if label else [box]
    return linked(held.href, held.said, *inner)
