"""What all pictures are made of: escaped elements, texts that fit, a time axis, and marks told by their shape."""

import math
from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from markupsafe import Markup, escape

from api.telling import columns

WIDTH = 1120
SIZE = 12
"""Of letters; a Chinese character is as wide as it is high, a Latin one half of that."""


def element(name: str, *inner: str | Markup, **attributes: str | float | None) -> Markup:
    """`class_` is written class, an underscore a hyphen; what is None is left out, everything is escaped."""
    written = [
        f' {key.rstrip("_").replace("_", "-")}="{_written(value)}"' for key, value in attributes.items() if value is not None
    ]
    whole = f"<{name}{''.join(written)}>{''.join(map(escape, inner))}</{name}>"
    return Markup(whole)  # noqa: S704  (all that came in is escaped; Markup.format would take five times as long)


def _written(value: str | float) -> str:
    return str(escape(value)) if isinstance(value, str) else _number(value)


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def picture(key: str, height: float, title: str, description: str, *inner: Markup) -> Markup:
    """`key` sets apart the pictures of one page. What it tells in sight is told in words too, on the page beside it."""
    return element(
        "svg",
        element("title", title, id=f"{key}-title"),
        element("desc", description, id=f"{key}-desc"),
        *inner,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {WIDTH} {_number(height)}",
        class_=f"picture {key}",
        role="group",
        aria_labelledby=f"{key}-title {key}-desc",
    )


def text(x: float, y: float, said: str, class_: str | None = None, anchor: str | None = None) -> Markup:
    return element("text", said, x=x, y=y, class_=class_, text_anchor=anchor)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def fitted(said: str, room: float) -> str:
    """As much of a text as there is room for; nothing where that is too little to tell anything."""
    said, most = "".join(c if c.isprintable() else " " for c in said), int(room / (SIZE / 2))
    if columns(said) <= most:
        return said
    kept = ""
    for character in said:
        if columns(kept + character) > most - 2:
            break
        kept += character
    return f"{kept}…" if columns(kept) >= 4 else ""


def linked(href: str | None, said: str, *inner: Markup) -> Markup:
    """Opens what is behind it; the keyboard finds the same links in the list beside the picture."""
    inner = (element("title", said), *inner)
    return element("g", *inner) if href is None else element("a", *inner, href=href, tabindex="-1")


class Tick(NamedTuple):
    day: date
    label: str
    strong: bool


class Axis(NamedTuple):
    """Days from left to right, both ends included."""

    since: date
    until: date
    left: float
    right: float

    def x(self, day: date) -> float:
        """Of a day outside of it, the nearer end."""
        whole = (self.until - self.since).days or 1
        return self.left + (self.right - self.left) * min(max((day - self.since).days / whole, 0), 1)

    def ticks(self) -> Iterator[Tick]:
        """Not more than a dozen: years, else quarters, else months."""
        months = (self.until.year - self.since.year) * 12 + self.until.month - self.since.month + 1
        step = 1 if months <= 12 else 3 if months <= 36 else 12 * math.ceil(months / 144)
        for n in range(self.since.year * 12, (self.until.year + 1) * 12, step):
            day = date(n // 12, n % 12 + 1, 1)
            if self.since <= day <= self.until:
                yield Tick(day, str(day.year) if day.month == 1 else f"{day.year}-{day.month:02d}", day.month == 1)

    def grid(self, top: float, bottom: float) -> Iterator[Markup]:
        """Lines at the ticks with their names above."""
        for tick in self.ticks():
            x = self.x(tick.day)
            yield line(x, top, x, bottom, "grid strong" if tick.strong else "grid")
            if x < self.right - 40:
                yield text(x + 3, top - 4, tick.label, "tick")


def around(days: list[date], left: float, right: float) -> Axis:
    """An axis that shows all these days with a little room on either side."""
    since, until = min(days), max(days)
    room = timedelta(max((until - since).days // 40, 10))
    return Axis(since - room if since - date.min > room else since, until + room, left, right)


def now_lines(axis: Axis, on: date, today: date, top: float, bottom: float, said: tuple[str, str]) -> Iterator[Markup]:
    """The viewpoint's day, drawn through, and today, in dots; `said`: what the two are called."""
    for day, class_, name in ((on, "viewed", said[0]), (today, "today", said[1])):
        if axis.since <= day <= axis.until and (day != on or class_ == "viewed"):
            x = axis.x(day)
            anchor = "end" if x > axis.right - 90 else "start"
            yield line(x, top, x, bottom, class_)
            yield text(x - 4 if anchor == "end" else x + 4, bottom + 12, name, f"{class_} name", anchor)


SHAPES = ("plain", "late", "corrected", "irregular", "annulled")
"""What a mark tells by its shape: a disc, a triangle, a diamond, a square with a bar, a cross."""


def shape(sort: str, x: float, y: float, r: float = 5) -> Markup:
    match sort:
        case "late":
            return element("path", d=_path((x, y - r), (x + r, y + r), (x - r, y + r)), class_="mark late")
        case "corrected":
            return element(
                "path", d=_path((x, y - r - 1), (x + r + 1, y), (x, y + r + 1), (x - r - 1, y)), class_="mark corrected"
            )
        case "irregular":
            box = element("rect", x=x - r, y=y - r, width=2 * r, height=2 * r, class_="mark irregular")
            return box + line(x, y - r + 2, x, y + 1, "bang") + line(x, y + 2.5, x, y + 3.5, "bang")
        case "annulled":
            return line(x - r, y - r, x + r, y + r, "mark annulled") + line(x - r, y + r, x + r, y - r, "mark annulled")
        case _:
            return element("circle", cx=x, cy=y, r=r, class_="mark plain")


def _path(*points: tuple[float, float]) -> str:
    return "M" + " L".join(f"{_number(x)} {_number(y)}" for x, y in points) + " Z"


def legend(y: float, left: float, of: list[tuple[Markup, str]]) -> Iterator[Markup]:
    """Samples drawn about the origin, each with its name."""
    x = left
    for sample, name in of:
        yield element("g", sample, transform=f"translate({_number(x)} {_number(y)})")
        yield text(x + 12, y + 4, name, "legend")
        x += 30 + columns(name) * SIZE / 2


def hatched(key: str) -> Markup:
    """A pattern of slanted lines: what is told by colour is told by it too."""
    stroke = element("path", d="M0 6 L6 0", class_=f"{key}-line")
    ground = element("rect", width=6, height=6, class_=f"{key}-ground")
    return element("pattern", ground, stroke, id=key, width=6, height=6, patternUnits="userSpaceOnUse")
