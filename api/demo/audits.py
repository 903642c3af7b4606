"""审计: findings rectified, sent back and closed, one still open after its deadline; a request and a site check."""

from collections.abc import Callable
from datetime import date
from typing import Any

from api.demo.cast import Person
from api.demo.days import DAY, month_of, on
from api.demo.lives import Life
from api.demo.months import District
from api.demo.words import AUDIT
from domain.fact import Stage
from domain.project.funds import FundsReceived


def audit(district: District) -> None:
    """Put it on the clock: a finding in M-9 that takes two rounds, a request in M-5, a check in M-3, a finding in M-2."""
    until = district.play.until
    first, second = district.play.cast.people[AUDIT]
    _later(district, month_of(until, -9) + 12 * DAY, _found, district, first, second)
    _later(district, month_of(until, -5) + 6 * DAY, _requested, district, first)
    _later(district, month_of(until, -3) + 20 * DAY, _checked, district, second)
    _later(district, month_of(until, -2) + 4 * DAY, _left_open, district, first)


def _later(district: District, day: date, act: Callable[..., object], *about: object) -> None:
    district.play.due(day, act, *about, hour=10, minute=30)


def _say(district: District, by: Person, noun: str, said: dict[str, Any], label: str) -> None:
    district.play.do(by, noun, on(district.play.today, **said), label)


def _about(district: District, n: int) -> tuple[Life, str]:
    """A project under construction and its newest receipt."""
    play = district.play
    found = [
        (life, standing[-1].original.citation)
        for life in district.lives
        if (life.reached(Stage.UNDER_CONSTRUCTION, play.today) and not life.over(play.today) and not life.told)
        and (standing := play.project(life.code).now.of(FundsReceived))
    ]
    return found[n % len(found)]


def _found(district: District, first: Person, second: Person) -> None:
    play = district.play
    life, entry = _about(district, 6)
    told = {
        "title": "到位资金凭证不全",
        "text": "一笔到位资金缺进账单原件（演示）",
        "projects": [life.code],
        "entries": [entry],
    }
    label = play.do(first, "audits", on(play.today, act="find", deadline=str(play.today + 30 * DAY), **told))[0].stream
    clerk, until = play.cast.clerk(life.lead), str(play.today + 60 * DAY)
    back = {"act": "send_back", "because": "补交的进账单缺银行印鉴", "deadline": until}
    steps: tuple[tuple[int, Person, str, dict[str, Any]], ...] = (
        (18, clerk, "rectifications", {"text": "已补交进账单复印件", "entries": [entry]}),
        (24, first, "closings", back),
        (38, clerk, "rectifications", {"text": "已补交加盖银行印鉴的进账单"}),
        (45, second, "closings", {"act": "close", "note": "整改到位，予以销号"}),
    )
    for after, by, noun, said in steps:
        _later(district, play.today + after * DAY, _say, district, by, noun, said, label)


def _requested(district: District, first: Person) -> None:
    play = district.play
    life, _ = _about(district, 2)
    told = {"title": "调阅投资合同", "text": "请提供投资合同及补充协议（演示）", "projects": [life.code]}
    label = play.do(first, "audits", on(play.today, act="request", deadline=str(play.today + 10 * DAY), **told))[0].stream
    given = {"text": "合同及补充协议已送审计组"}
    clerk = play.cast.clerk(life.lead)
    _later(district, play.today + 7 * DAY, _say, district, clerk, "rectifications", given, label)
    _later(district, play.today + 15 * DAY, _say, district, first, "closings", {"act": "close"}, label)


def _checked(district: District, second: Person) -> None:
    play = district.play
    life, _ = _about(district, 11)
    told = {"title": "现场核查", "text": "现场塔吊两台在场，形象进度与所报相符（演示）", "projects": [life.code]}
    play.do(second, "audits", on(play.today, act="check", **told))


def _left_open(district: District, first: Person) -> None:
    play = district.play
    life, entry = _about(district, 9)
    told = {"title": "投资完成额依据不足", "text": "一期监理确认单缺失（演示）", "projects": [life.code], "entries": [entry]}
    play.do(first, "audits", on(play.today, act="find", deadline=str(play.today + 25 * DAY), **told))
