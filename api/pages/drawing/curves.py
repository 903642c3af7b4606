"""资金曲线: sums as they grew, one stepped line for each, told apart by dashes and by names at their ends."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from markupsafe import Markup

from api.pages.drawing.svg import WIDTH, Axis, _number, around, element, fitted, line, now_lines, picture, text

LEFT, TOP, HEIGHT, ROOM = 92, 28, 220, 250
"""`ROOM`: on the right, for the names of the lines."""


class Curve(NamedTuple):
    """From each day on the sum is so much; `sort` is its class: agreed, received, invested, recognised."""

    sort: str
    name: str
    points: list[tuple[date, Decimal]]


class Words(NamedTuple):
    title: str
    description: str
    viewed: str
    today: str


def curves(of: list[Curve], on: date, today: date, write: Callable[[Decimal], str], words: Words) -> Markup:
    """`write` tells an amount; the lines end at the viewpoint's day."""
    axis = around([*(day for c in of for day, _ in c.points), on], LEFT, WIDTH - ROOM)
    low = min(Decimal(0), *(v for c in of for _, v in c.points))
    steps = list(_steps(low, max(Decimal(1), *(v for c in of for _, v in c.points))))
    most, least, bottom = steps[-1], steps[0], TOP + HEIGHT

    def y(value: Decimal) -> float:
        return bottom - float((value - least) / (most - least)) * HEIGHT

    drawn: list[Markup] = [*axis.grid(TOP, bottom)]
    for step in steps:
        drawn.append(line(LEFT, y(step), WIDTH - ROOM, y(step), "grid strong" if step == 0 else "grid"))
        drawn.append(text(LEFT - 6, y(step) + 4, write(step), "tick", "end"))
    drawn += now_lines(axis, on, today, TOP, bottom, (words.viewed, words.today))
    taken: list[float] = []
    for curve in sorted(of, key=lambda c: -c.points[-1][1]):
        drawn.append(_line(axis, curve, on, y))
        at = y(curve.points[-1][1])
        label = at if not taken else max(at, taken[-1] + 15)
        taken.append(label)
        name = fitted(f"{curve.name} {write(curve.points[-1][1])}", ROOM - 24)
        x = axis.x(max(on, curve.points[-1][0]))
        drawn.append(element("circle", cx=x, cy=at, r=3, class_=f"end {curve.sort}"))
        drawn.append(line(x + 3, at, WIDTH - ROOM + 14, label, f"lead {curve.sort}"))
        drawn.append(text(WIDTH - ROOM + 18, label + 4, name, f"curve-name {curve.sort}"))
    return picture("curves", max(bottom, *taken) + 20, words.title, words.description, *drawn)


def _line(axis: Axis, curve: Curve, on: date, y: Callable[[Decimal], float]) -> Markup:
    path = [f"M{_number(axis.x(curve.points[0][0]))} {_number(y(curve.points[0][1]))}"]
    for day, value in curve.points[1:]:
        path.append(f"H{_number(axis.x(day))}V{_number(y(value))}")
    path.append(f"H{_number(axis.x(max(on, curve.points[-1][0])))}")
    return element("path", d="".join(path), class_=f"curve {curve.sort}")


def _steps(low: Decimal, high: Decimal) -> list[Decimal]:
    """Four to eight round numbers around both."""
    rough = (high - low) / 5
    scale = Decimal(10) ** rough.adjusted()
    step = next(s * scale for s in (Decimal(1), Decimal(2), Decimal(5), Decimal(10)) if s * scale >= rough)
    first, last = int((low / step).to_integral_value("ROUND_FLOOR")), int((high / step).to_integral_value("ROUND_CEILING"))
    return [step * n for n in range(first, max(last, first + 1) + 1)]
