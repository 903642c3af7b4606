"""阶段变化: a column for each month, piled up from the projects in each stage; beside the last one each layer is named."""

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup, escape

WIDTH, HEIGHT = 1_120, 340
LEFT, RIGHT, TOP, BOTTOM = 44, 940, 12, 300
LINE = 16
"""Between the names of two layers."""


class Column(NamedTuple):
    """`counts` in the order of the layers; `name` stands under it where there is one, `said` when it is pointed at."""

    name: str
    said: str
    counts: Sequence[int]


def stages(columns: Sequence[Column], layers: Sequence[str], title: str, desc: str) -> Markup:
    """Layers are piled from the bottom; the classes `layer-0` and on give each its ground and its pattern."""
    most = max([sum(c.counts) for c in columns] + [1])
    step = (RIGHT - LEFT) / max(len(columns), 1)
    height = (BOTTOM - TOP) / most
    parts: list[Markup] = [*_scale(most, height)]
    for place, column in enumerate(columns):
        x, base = LEFT + place * step, float(BOTTOM)
        for layer, count in enumerate(column.counts):
            if not count:
                continue
            base -= count * height
            parts.append(
                Markup(
                    '<rect class="layer layer-{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}">'
                    "<title>{}</title></rect>"
                ).format(layer, x + 1, base, step - 2, count * height, f"{column.said} {layers[layer]} {count}")
            )
        if column.name:
            parts.append(_text(x + step / 2, BOTTOM + 18, column.name, "middle"))
    if columns:
        parts.extend(_names(columns[-1].counts, layers, height))
    return Markup(
        '<svg class="stages" viewBox="0 0 {} {}" role="img" aria-labelledby="stages-title stages-desc">'
        '<title id="stages-title">{}</title><desc id="stages-desc">{}</desc>{}</svg>'
    ).format(WIDTH, HEIGHT, title, desc, Markup("").join(parts))


def _scale(most: int, height: float) -> list[Markup]:
    """Three lines to read a column by."""
    found = []
    for count in dict.fromkeys((0, most // 2, most)):
        y = BOTTOM - count * height
        found.append(Markup('<line class="grid" x1="{}" y1="{:.1f}" x2="{}" y2="{:.1f}"/>').format(LEFT, y, RIGHT, y))
        found.append(_text(LEFT - 6, y + 4, str(count), "end"))
    return found


def _names(counts: Sequence[int], layers: Sequence[str], height: float) -> list[Markup]:
    """What the layers of the last column are called, moved apart where they are thin, each with a line to its own."""
    found, base, lowest = [], float(BOTTOM), BOTTOM + LINE / 2
    for layer, count in enumerate(counts):
        middle = base - count * height / 2
        base -= count * height
        if not count:
            continue
        lowest = min(middle, lowest - LINE)
        found.append(
            Markup('<path class="leader" d="M{} {:.1f} L{} {:.1f}"/>').format(RIGHT + 1, middle, RIGHT + 22, lowest)
        )
        found.append(_text(RIGHT + 26, lowest + 4, f"{layers[layer]} {count}", "start"))
    return found


def _text(x: float, y: float, text: str, anchor: str) -> Markup:
    return Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(x, y, anchor, escape(text))
