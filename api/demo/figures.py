"""The figures that a unit reports of a project for a month: progress, funds, and of what operates jobs, tax and output."""

import random
from collections.abc import Iterator
from datetime import date
from typing import Any

from api.demo.days import DAY, cny, last_of, on, quarter_of, span
from api.demo.lives import Life
from api.demo.play import Play
from domain.fact import Stage

Line = dict[str, Any]
INVESTED, RECEIVED = "invested", "received"
WORKS = 0.94
"""Of the total investment, what is spent by the time the works are done."""


def of_month(play: Play, life: Life, month: date) -> Iterator[Line]:
    """As lines of a return; what they state counts as reported from then on."""
    chance = play.chance(f"{life.code} {month}")
    yield from _progress(life, month, chance)
    yield from _funds(play, life, month, chance)
    if month.month % 3 == 0:
        yield from _operating(life, month, chance)
        yield from _rated(life, month, chance)


def before(play: Play, life: Life, since: date) -> Iterator[Line]:
    """What was there before the ledger, a year at a time."""
    start = life.days.get(Stage.UNDER_CONSTRUCTION)
    chance = play.chance(f"{life.code} before")
    year = min(life.days.get(Stage.SIGNED, since), since).year
    while date(year, 1, 1) < since:
        until = min(date(year, 12, 31), since - DAY)
        if start is not None and start <= until and (life.built is None or life.built >= date(year, 1, 1)):
            yield from _progressed(life, max(start, date(year, 1, 1)), until, 1.0)
        yield from _arrived(play, life, until, until, chance)
        year += 1


def _progress(life: Life, month: date, chance: random.Random) -> Iterator[Line]:
    start, until = life.days.get(Stage.UNDER_CONSTRUCTION), last_of(month)
    completed = life.days.get(Stage.COMPLETED)
    if start is None or start > until or (completed and completed < month) or life.at_rest(month, until):
        return
    yield from _progressed(life, max(month, start), until, 0.85 + 0.3 * chance.random())


def _progressed(life: Life, since: date, until: date, pace: float) -> Iterator[Line]:
    share = life.share_done(until)
    spent = life.done.get(INVESTED, 0)
    more = int((life.total * WORKS * share - spent) * (1.0 if share == 1.0 else pace)) // 10 * 10
    more = max(0, min(more, life.total - spent))
    year = f"{INVESTED} {until.year}"
    life.done[INVESTED] = spent + more
    life.done[year] = life.done.get(year, 0) + more
    sums = {"invested": more, "invested_this_year": life.done[year], "invested_since_start": life.done[INVESTED]}
    figures = {name: cny(wan) for name, wan in sums.items()}
    percent = {"percent": f"{100 * share:.2f}"}
    yield {"noun": "construction", "command": on(until, act="progress", period=span(since, until), **figures, **percent)}


def _funds(play: Play, life: Life, month: date, chance: random.Random) -> Iterator[Line]:
    day = month + DAY * chance.randint(2, 26)
    yield from _arrived(play, life, day, last_of(month), chance)


def _arrived(play: Play, life: Life, day: date, until: date, chance: random.Random) -> Iterator[Line]:
    """A receipt once enough is due by the stage reached; never more than was agreed."""
    signed, registered = life.days.get(Stage.SIGNED), life.days.get(Stage.REGISTERED)
    if signed is None or registered is None or day <= registered or life.over(day):
        return
    due = 0.03 + 0.09 * life.reached(Stage.LANDED, until) + 0.8 * life.share_done(until)
    got = life.done.get(RECEIVED, 0)
    more = min(int(life.total * due) - got, life.total - got)
    if more < max(life.total * 0.05, 100):
        return
    more = max(10, int(more * (0.8 + 0.2 * chance.random())) // 10 * 10)
    life.done[RECEIVED] = got + more
    kind = chance.choices(("domestic", "domestic_outside", "loan", "government"), (5, 8, 3, 1))[0]
    slip = {"voucher": play.voucher("演进账", day), "payer": life.investor, "fund_kind": kind}
    yield {"noun": "funds", "command": on(day, act="receive", amount=cny(more), **slip)}


def _operating(life: Life, month: date, chance: random.Random) -> Iterator[Line]:
    """Of every quarter that was worked in whole."""
    since, until = quarter_of(month), last_of(month)
    operating = life.days.get(Stage.OPERATING)
    if operating is None or operating > since:
        return
    ripe = min(1.0, 0.35 + 0.1 * ((until - operating).days // 90))
    yield {
        "noun": "jobs",
        "command": on(until, count=max(5, int(life.total / 130 * ripe) + 2 * ((until - operating).days // 90))),
    }
    output = int(life.total * 0.11 * ripe * (0.9 + 0.2 * chance.random()))
    tax = max(1, int(output * (0.05 + 0.03 * chance.random())))
    period = span(since, until)
    yield {"noun": "benefits", "command": on(until, indicator="output", period=period, amount=cny(output))}
    paid = on(until, period=period, total=cny(tax), retained=cny(tax * 3 // 10), enterprise=life.enterprise)
    yield {"noun": "taxes", "command": paid}


def _rated(life: Life, month: date, chance: random.Random) -> Iterator[Line]:
    """自评: kinder than the works."""
    until = last_of(month)
    if not life.reached(Stage.UNDER_CONSTRUCTION, until) or life.reached(Stage.COMPLETED, until):
        return
    resting = life.paused is not None and life.paused[0] <= until <= life.paused[1]
    light = "red" if resting else chance.choices(("green", "yellow", "red"), (80, 16, 4))[0]
    text = {"green": "按计划推进", "yellow": "部分工序滞后，正在追赶", "red": "停工待解决，已报区调度会"}[light]
    remark = {"about": "schedule", "text": f"{text}（演示）"}
    yield {"noun": "ratings", "command": on(until, light=light, remarks=[remark])}
