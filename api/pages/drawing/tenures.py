"""履历图: the roles that a person or a unit held in projects, each role of each project a lane, with gaps and overlaps."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal, NamedTuple

from markupsafe import Markup, escape

WIDE, NAMES, RIGHT, ROW, TOP = 1000, 250, 12, 24, 30
"""In the picture's own units, which are pixels where the page is as wide as it."""
MOST_SIGNS = 34
"""Of a label: a Chinese sign counts as two."""

Sort = Literal["held", "gap", "overlap"]


class Bar(NamedTuple):
    """`[since, until)`; `title` tells all of it to who points at it, or has it read out."""

    sort: Sort
    since: date
    until: date | None
    title: str


class Lane(NamedTuple):
    """`group`: what is written above the first lane of several, such as the project."""

    group: str
    label: str
    bars: Sequence[Bar]


def picture(lanes: Sequence[Lane], on: date, title: str, description: str) -> Markup:
    """Up to the day of the viewpoint, which is a line; what is open goes on to the picture's edge."""
    first = min(bar.since for lane in lanes for bar in lane.bars)
    last = max([on, *(bar.until or bar.since for lane in lanes for bar in lane.bars)])
    first, last = first.replace(day=1), last + timedelta(days=max(20, (last - first).days // 40))
    scale = Scale(first, last)
    drawn, y, group = [], TOP, ""
    for lane in lanes:
        if lane.group != group:
            group = lane.group
            drawn.append(Markup('<text class="group" x="0" y="{}">{}</text>').format(y + 17, short(group, 2 * MOST_SIGNS)))
            y += ROW
        drawn.append(Markup('<text x="14" y="{}">{}</text>').format(y + 16, short(lane.label, MOST_SIGNS)))
        drawn.append(Markup('<path class="row" d="M{} {}H{}"/>').format(NAMES, y + ROW - 2, WIDE - RIGHT))
        drawn.extend(
            _bar(bar, scale, y) for bar in sorted(lane.bars, key=lambda b: ("held", "overlap", "gap").index(b.sort))
        )
        y += ROW
    day = scale.x(on)
    parts = [
        Markup('<svg class="tenures" viewBox="0 0 {} {}" role="img" aria-labelledby="tenures-title tenures-about">').format(
            WIDE, y + 6
        ),
        Markup('<title id="tenures-title">{}</title><desc id="tenures-about">{}</desc>').format(title, description),
        PATTERNS,
        *(
            Markup('<path class="tick" d="M{0} {1}V{2}"/><text class="year" x="{3}" y="{4}">{5}</text>').format(
                x, TOP - 8, y, x + 3, TOP - 12, label
            )
            for x, label in scale.ticks()
            if x < WIDE - RIGHT - 40
        ),
        *drawn,
        Markup('<path class="today" d="M{} {}V{}"/>').format(day, TOP - 8, y),
        Markup("</svg>"),
    ]
    return Markup("").join(parts)


PATTERNS = Markup(
    '<defs><pattern id="gap" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<path class="hatch" d="M0 0V6"/></pattern>'
    '<pattern id="overlap" width="5" height="5" patternUnits="userSpaceOnUse"><path class="cross" d="M0 0V5M0 0H5"/>'
    "</pattern></defs>"
)


class Scale:
    """Days across the picture."""

    def __init__(self, first: date, last: date) -> None:
        self.first, self.last = first, last

    def x(self, day: date) -> float:
        share = (min(max(day, self.first), self.last) - self.first) / (self.last - self.first)
        return round(NAMES + share * (WIDE - RIGHT - NAMES), 1)

    def ticks(self) -> list[tuple[float, str]]:
        """At the beginning of years; of quarters, or of every few years, where that is more to read by."""
        years = self.last.year - self.first.year + 1
        if years > 3:
            step = -(-years // 12)
            days = [date(year, 1, 1) for year in range(self.first.year, self.last.year + 1, step)]
            return [(self.x(day), str(day.year)) for day in days if day >= self.first]
        days = [date(y, m, 1) for y in range(self.first.year, self.last.year + 1) for m in (1, 4, 7, 10)]
        return [(self.x(day), f"{day:%Y-%m}") for day in days if self.first <= day <= self.last]


def _bar(bar: Bar, scale: Scale, y: int) -> Markup:
    """Gaps are hatched and dashed, overlaps crossed; what is still held has no end."""
    begin, end = scale.x(bar.since), scale.x(bar.until or scale.last)
    if bar.sort == "held" and bar.until is None:
        shape = f"M{end} {y + 3}H{begin}V{y + 19}H{end}"
    else:
        shape = f"M{begin} {y + 3}H{max(end, begin + 2)}V{y + 19}H{begin}Z"
    return Markup('<path class="{}" d="{}"><title>{}</title></path>').format(bar.sort, shape, bar.title)


def short(text: str, most: int) -> Markup:
    """Names of any length: what does not fit is told by the list below the picture."""
    width, kept = 0, ""
    for sign in text:
        width += 2 if sign > "\u2e7f" else 1
        if width > most:
            return escape(kept + "…")
        kept += sign if sign.isprintable() else " "
    return escape(kept)
