"""全程图: a project's stages as planned and as lived, and what happened, each mark told by its shape."""

from datetime import date
from itertools import groupby
from typing import NamedTuple

from markupsafe import Markup

from api.pages.drawing.svg import (
    SHAPES,
    WIDTH,
    Axis,
    around,
    element,
    fitted,
    hatched,
    legend,
    linked,
    now_lines,
    picture,
    shape,
    text,
)

LEFT, TOP, BAR, LANE = 132, 28, 24, 26


class Bar(NamedTuple):
    """`[since, until)`; open where `until` is None. `sort`: stage, planned, paused."""

    since: date
    until: date | None
    name: str
    said: str
    href: str | None = None
    sort: str = "stage"


class Mark(NamedTuple):
    """One fact; `shape` is one of SHAPES."""

    day: date
    shape: str
    said: str
    href: str


class Lane(NamedTuple):
    name: str
    marks: list[Mark]


class Cluster(NamedTuple):
    """Marks too near to each other to be told apart."""

    x: float
    marks: list[Mark]


class Words(NamedTuple):
    """What stands in the picture besides names; `more` is given a count, `shapes` in the order of SHAPES."""

    title: str
    description: str
    viewed: str
    today: str
    open: str
    more: str
    shapes: tuple[str, ...]


def life(rows: list[tuple[str, list[Bar]]], lanes: list[Lane], on: date, today: date, words: Words, anchor: str) -> Markup:
    """`rows`: named rows of bars, planned and lived; `anchor` leads to the list, for marks that stand too near together."""
    days = [d for _, bars in rows for b in bars for d in (b.since, b.until) if d is not None]
    days += [m.day for lane in lanes for m in lane.marks] + [on]
    axis = around(days, LEFT, WIDTH - 12)
    drawn: list[Markup] = [element("defs", hatched("hatch-paused"))]
    height = TOP + len(rows) * (BAR + 6) + len(lanes) * LANE + 8
    drawn += axis.grid(TOP, height)
    y: float = TOP + 4
    for name, bars in rows:
        drawn.append(text(0, y + BAR / 2 + 4, fitted(name, LEFT - 12), "lane"))
        drawn += [_bar(axis, bar, y, on, words) for bar in bars]
        y += BAR + 6
    for lane in lanes:
        drawn.append(text(0, y + LANE / 2 + 4, fitted(lane.name, LEFT - 12), "lane"))
        drawn.append(element("line", x1=LEFT, x2=WIDTH - 12, y1=y + LANE / 2, y2=y + LANE / 2, class_="rail"))
        drawn += [_cluster(c, y + LANE / 2, words, anchor) for c in clusters(axis, lane.marks)]
        y += LANE
    drawn += now_lines(axis, on, today, TOP, height, (words.viewed, words.today))
    drawn += legend(height + 32, LEFT, [(shape(s, 0, 0), name) for s, name in zip(SHAPES, words.shapes, strict=True)])
    return picture("life", height + 44, words.title, words.description, *drawn)


def _bar(axis: Axis, bar: Bar, y: float, on: date, words: Words) -> Markup:
    x, until = axis.x(bar.since), axis.x(bar.until or max(on, bar.since))
    width = max(until - x, 2)
    low = bar.sort == "paused"
    top, high, fill = (y + BAR - 7, 7, "url(#hatch-paused)") if low else (y, BAR, None)
    box = element("rect", x=x, y=top, width=width, height=high, class_=f"bar {bar.sort}", rx=2, fill=fill)
    label = "" if low else fitted(bar.name, width - 8)
    inner = [box, text(x + 4, y + BAR / 2 + 4, label, "in-bar")] if label else [box]
    return linked(bar.href, bar.said if bar.until is not None else f"{bar.said} {words.open}", *inner)


def clusters(axis: Axis, marks: list[Mark], near: float = 11) -> list[Cluster]:
    found: list[Cluster] = []
    for mark in sorted(marks, key=lambda m: m.day):
        x = axis.x(mark.day)
        if found and x - found[-1].x < near:
            found[-1].marks.append(mark)
        else:
            found.append(Cluster(x, [mark]))
    return found


def _cluster(cluster: Cluster, y: float, words: Words, anchor: str) -> Markup:
    """The gravest shape stands for all; how many there are stands above it."""
    gravest = max((m.shape for m in cluster.marks), key=SHAPES.index)
    said = "\n".join(m.said for m in cluster.marks[:8])
    if len(cluster.marks) == 1:
        return linked(cluster.marks[0].href, said, shape(gravest, cluster.x, y))
    if len(cluster.marks) > 8:
        said += "\n" + words.more.format(count=len(cluster.marks) - 8)
    one_day = len(list(groupby(cluster.marks, key=lambda m: m.href))) == 1
    count = text(cluster.x + 6, y - 4, str(len(cluster.marks)), "count")
    return linked(cluster.marks[0].href if one_day else anchor, said, shape(gravest, cluster.x, y), count)
