"""月报: every unit's return of every month, in time or late, sent back, recalled or never made; and what is reconciled."""

import random
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from api.demo import figures, judging
from api.demo.cast import Person
from api.demo.days import DAY, last_of, month_of, months, on, working
from api.demo.lives import Life
from api.demo.play import Play
from api.demo.words import OFFICE
from domain.entry import Entry
from domain.fact import Fact

Line = dict[str, Any]


@dataclass
class District:
    """What is going on in it: its projects as they become, and the units that still report."""

    play: Play
    lives: list[Life]
    gone: set[str] = field(default_factory=set)
    """Units that were merged into others."""

    def led_by(self, unit: str, day: date) -> list[Life]:
        """Projects that the unit leads, entered and not ended."""
        return [one for one in self.lives if one.lead == unit and one.entered <= day and not one.over(day)]

    def units(self, day: date) -> list[str]:
        return sorted({one.lead for one in self.lives if one.entered <= day and not one.over(day)} - self.gone)


def report(district: District, since: date) -> None:
    """Put every month on the clock."""
    play = district.play
    for month in months(since, play.until):
        play.due(last_of(month) - DAY * 3, _open, play, month, hour=8)
        play.due(month_of(month, 1), _returns, district, month, hour=8)
        play.due(month_of(month, 1) + DAY * 21, _close, district, month, hour=17)


def deadline(month: date) -> date:
    return working(month_of(month, 1) + DAY * 7)


def _open(play: Play, month: date) -> None:
    clerk = play.cast.people[OFFICE][4]
    play.do(clerk, "periods", on(play.today, code=f"{month:%Y-%m}", deadline=str(deadline(month))))


def _close(district: District, month: date) -> None:
    play = district.play
    office, period = play.cast.people[OFFICE], f"period:{month:%Y-%m}"
    play.do(office[4], "closings", on(play.today), period)
    if month.month % 3 == 0:
        play.do(office[4], "reconciliations", on(play.today, act="open"), period)
        for unit in district.units(play.today):
            _answer(district, unit, month, play.chance(f"{unit} {month} reconciles"))


def _answer(district: District, unit: str, month: date, chance: random.Random) -> None:
    """Most confirm, some object first, some say nothing."""
    play, period, clerk = district.play, f"period:{month:%Y-%m}", district.play.cast.clerk(unit)
    said = chance.random()
    day = play.today + DAY * chance.randint(1, 4)
    if said < 0.12:
        objected = [{"text": "本季一笔到位资金未予认定，凭证已补齐，请复核（演示）"}]
        play.due(day, _said, play, clerk, period, {"act": "object", "objections": objected})
        day += DAY * 3
    if said < 0.85:
        play.due(day, _said, play, clerk, period, {"act": "confirm", "reason": "已核对"}, hour=15)


def _said(play: Play, clerk: Person, period: str, command: Line) -> None:
    play.do(clerk, "reconciliations", on(play.today, **command), period)


def _returns(district: District, month: date) -> None:
    play = district.play
    for unit in district.units(last_of(month)):
        chance = play.chance(f"{unit} {month} reports")
        luck = chance.random()
        if luck < 0.008:
            continue  # 未报
        late = luck > 0.955
        if 0.05 < luck < 0.06:
            play.due(deadline(month) - DAY * 2, _extend, play, unit, month)
            late = True
        day = deadline(month) + DAY * chance.randint(1, 4) if late else month_of(month, 1) + DAY * chance.randint(0, 5)
        play.due(day, _submit, district, unit, month, chance, hour=9 + chance.randint(0, 6))


def _extend(play: Play, unit: str, month: date) -> None:
    until = deadline(month) + DAY * 6
    said = on(play.today, unit=unit, until=str(until), ground="汛期抢险，人员在一线")
    play.do(play.cast.people[OFFICE][3], "extensions", said, f"period:{month:%Y-%m}")


def _submit(district: District, unit: str, month: date, chance: random.Random) -> None:
    play, period, clerk = district.play, f"period:{month:%Y-%m}", district.play.cast.clerk(unit)
    lines: list[Line] = []
    unchanged: list[str] = []
    for life in district.led_by(unit, last_of(month)):
        if not play.project(life.code).version:
            continue
        own = list(figures.of_month(play, life, month))
        lines.extend({"project": life.code, **line} for line in own)
        if not own:
            unchanged.append(life.code)
    if not lines and not unchanged:
        return
    late = play.today > deadline(month)
    command = on(play.today, act="submit", lines=lines, no_change=unchanged if lines else [], nothing_to_report=not lines)
    command |= {"reason": "经办人外出，延后报送"} if late else {}
    luck = chance.random()
    if lines and luck < 0.05:
        _sent_back(district, unit, month, command, chance)
    elif lines and luck < 0.07:
        play.do(clerk, "returns", command, period)
        play.do(clerk, "returns", {"act": "recall", "because": "漏附说明，撤回补充"}, period)
        _in(district, unit, month, play.do(clerk, "returns", command, period), chance)
    else:
        _in(district, unit, month, play.do(clerk, "returns", command, period), chance)


def _sent_back(district: District, unit: str, month: date, command: Line, chance: random.Random) -> None:
    """One figure is wrong at first; the office sees it, and the unit states the whole anew."""
    play, period, clerk = district.play, f"period:{month:%Y-%m}", district.play.cast.clerk(unit)
    lines = command["lines"]
    wrong = next(
        (n for n, line in enumerate(lines) if line["command"].get("percent") and line["noun"] == "construction"), None
    )
    if wrong is None:
        _in(district, unit, month, play.do(clerk, "returns", command, period), chance)
        return
    percent = min(99.0, float(lines[wrong]["command"]["percent"]) + 8)
    mistaken = lines[wrong] | {"command": lines[wrong]["command"] | {"percent": f"{percent:.2f}"}}
    first = play.do(clerk, "returns", command | {"lines": [*lines[:wrong], mistaken, *lines[wrong + 1 :]]}, period)
    revised = lines[wrong] | {"entry": first[1 + wrong].number}
    whole = command | {"lines": [*lines[:wrong], revised, *lines[wrong + 1 :]], "note": "按退回意见修改形象进度"}
    back = {"act": "send_back", "unit": unit, "because": "形象进度与现场不符，请核实"}

    def again() -> None:
        play.do(clerk, "returns", whole | {"occurred_on": str(play.today)}, period)
        _in(district, unit, month, first, chance)

    day = play.today + DAY
    play.due(day, play.do, play.cast.people[OFFICE][4], "returns", back, period)
    play.due(working(day) + DAY, again, hour=14)


def _in(district: District, unit: str, month: date, entries: list[Entry], chance: random.Random) -> None:
    """Submitted: a fact may still be put right alone; then it is signed, received, and judged."""
    play, period, cast = district.play, f"period:{month:%Y-%m}", district.play.cast
    facts = [entry for entry in entries[1:] if isinstance(entry.event, Fact)]
    if chance.random() < 0.03:
        play.due(play.today, judging.put_right_alone, play, facts, cast.clerk(unit), hour=16)
    signed = working(play.today + DAY * (chance.random() < 0.5))
    play.due(signed, play.do, cast.deputy(unit), "returns", {"act": "sign"}, period, hour=17)
    received = working(signed + DAY * chance.randint(1, 2))

    def accepted() -> None:
        play.do(cast.people[OFFICE][4], "returns", {"act": "accept", "unit": unit}, period)
        judging.consider(play, facts, cast.clerk(unit))

    play.due(received, accepted, hour=10)
