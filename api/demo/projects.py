"""What happens to a project beside its monthly returns: each fact on its day, recorded some days after it."""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, NamedTuple

from api.demo.cast import Person
from api.demo.days import DAY, cny, month_of, on, span
from api.demo.lives import Life
from api.demo.papers import paper, photograph
from api.demo.play import Play
from api.demo.words import LAND, LEADERS, OFFICE
from domain.entry import Entry
from domain.fact import Stage

STOCK = "存量项目建账（演重办〔1〕号）"


class Happening(NamedTuple):
    """A fact, and the file that speaks for it: its sort and what it is called."""

    day: date
    noun: str
    command: dict[str, Any]
    by: str = "clerk"
    file: tuple[str, str] | None = None


def record(play: Play, life: Life, since: date) -> None:
    """Put all of it on the clock. What was before the ledger is entered in its first weeks, project after project."""
    chance = play.chance(f"{life.code} life")
    told = sorted(_happenings(play, life, chance, since), key=lambda h: h.day)
    entered = since + timedelta(days=4 + life.serial // 9)
    for happening in told:
        if happening.day > play.until or (life.over(happening.day) and happening.noun != "endings"):
            continue
        day = entered if happening.day < since else happening.day + DAY * chance.randint(1, 6)
        if happening.noun == "projects":
            entered = day
        day = max(day, entered)  # nothing is recorded of a project before the project
        play.due(day, _do, play, life, happening, hour=10 + life.serial % 7)


def _do(play: Play, life: Life, happening: Happening) -> None:
    office = play.cast.people[OFFICE]
    by: Person = office[3] if happening.by == "office" else play.cast.clerk(life.lead)
    if happening.noun == "projects":
        play.do(by, "projects", happening.command)
        return
    entries = play.do(by, happening.noun, happening.command, life.code)
    if happening.file is not None:
        attach(play, life, entries[0], *happening.file, by)


def attach(play: Play, life: Life, entry: Entry, sort: str, called: str, by: Person) -> None:
    """A small file of our own making speaks for the fact."""
    fact = entry.event
    day = str(getattr(fact, "occurred_on", play.today))
    words = [f"DEMO {called}", life.code, day]
    name, raw = (f"{called}.png", photograph(entry.citation)) if sort == "site_photo" else (f"{called}.pdf", paper(words))
    digest = play.keep(name, raw, by)
    said = {"act": "attach", "target": entry.number, "sha256": digest, "sort": sort, "dated": day}
    play.do(by, "evidence", said, life.code)


def _happenings(play: Play, life: Life, chance: random.Random, since: date) -> Iterator[Happening]:
    known = {"name": life.name, "category": life.category, "industry": life.industry, "investor": life.investor}
    entered = on(life.entered, code=life.code, lead_unit=life.lead, introducing_unit=life.introducing, **known)
    yield Happening(life.entered, "projects", entered | {"description": "演示项目，内容均为虚构。"})
    yield from _answerable(play, life)
    yield from _before_signing(life, chance)
    yield from _papers(life, chance, play.until)
    yield from _planned(life, chance, since, play.until)
    yield from _works(life, chance, play.until)
    yield from _classified(life, play.until, since)
    if life.ended is not None:
        how, day = life.ended
        yield Happening(day, "endings", on(day, act="end", how=how, because="投资方调整布局，不再推进"), "office")
    if life.revived is not None:
        back = on(life.revived, act="revive", because="投资方恢复投资", document=f"演重办会纪〔{life.revived.year}〕6号")
        yield Happening(life.revived, "endings", back, "office")


def _answerable(play: Play, life: Life) -> Iterator[Happening]:
    day, cast, document = life.entered, play.cast, f"演重办责〔{life.entered.year}〕{life.serial + 1}号"
    officers = cast.officers(life.lead)
    holders: tuple[tuple[str, dict[str, str], date], ...] = (
        ("principal_leader", cast.head(life.lead).holder, day),
        ("project_officer", officers[life.serial % len(officers)].holder, day),
        ("sponsoring_leader", cast.people[LEADERS][life.serial % 4].holder, day + DAY * 12),
    )
    for role, holder, since in holders:
        said = on(since, act="assign", role=role, holder=holder, document=document)
        yield Happening(since, "responsibilities", said, "office")
    registered = life.days.get(Stage.REGISTERED)
    if registered is not None:
        owner = on(registered, act="assign", role="project_owner", holder={"outside": life.enterprise}, document=document)
        yield Happening(registered + DAY, "responsibilities", owner, "office")
    landed = life.days.get(Stage.LANDED)
    if landed is not None and not life.leased:
        holder = on(landed, act="assign", role="resource_department", holder={"unit": LAND}, document=document)
        yield Happening(landed + DAY, "responsibilities", holder, "office")


def _before_signing(life: Life, chance: random.Random) -> Iterator[Happening]:
    talk = life.days.get(Stage.NEGOTIATING)
    if talk is None:
        return
    yield Happening(talk, "negotiations", on(talk, with_whom=life.investor, summary="首次正式洽谈（演示）"))
    signed = life.days.get(Stage.SIGNED)
    until = signed or talk + DAY * 90
    if chance.random() < 0.5 and (until - talk).days > 30:
        again = talk + (until - talk) / 2
        yield Happening(again, "negotiations", on(again, with_whom=life.investor, summary="赴企业考察后再谈（演示）"))


def _papers(life: Life, chance: random.Random, until: date) -> Iterator[Happening]:
    signed, registered = life.days.get(Stage.SIGNED), life.days.get(Stage.REGISTERED)
    if signed is not None:
        paper = on(signed, level="contract", counterparty=life.investor, agreed=cny(life.total))
        paper |= {"paper": f"演示合同-{life.serial + 1:03d}", "promised_jobs": max(10, life.total // 400)}
        file = ("contract", "投资合同（演示）") if chance.random() < 0.9 else None
        recent = file if life.days.get(Stage.REGISTERED, until) >= month_of(until, -10) else None
        if chance.random() < 0.25 and not life.leased:
            intent = on(signed - DAY * 20, level="intent", counterparty=life.investor, agreed=cny(life.total))
            yield Happening(signed - DAY * 20, "signings", intent)
        yield Happening(signed, "signings", paper, file=recent)
    if registered is not None:
        said = on(registered, enterprise=life.enterprise, credit_code=f"DEMO{life.serial + 1:014d}")
        yield Happening(registered, "registrations", said | {"capital": cny(max(200, life.total // 50 * 10))})
    landed = life.days.get(Stage.LANDED)
    if landed is not None:
        site = f"{life.name[:3]}{life.serial + 1:03d}号地块（演示）"
        if life.leased:
            secured = on(landed, how="lease_signed", site=site.replace("地块", "楼宇"))
        else:
            area = max(8, life.total // 1_500)
            secured = on(landed, how="land_paid", area_mu=f"{area}.50", price=cny(area * 60), site=site)
        yield Happening(landed, "land", secured)


def _planned(life: Life, chance: random.Random, since: date, until: date) -> Iterator[Happening]:
    signed = life.days.get(Stage.SIGNED)
    if signed is None:
        return
    start = life.days.get(Stage.UNDER_CONSTRUCTION)
    planned = (start or signed + DAY * 240) - DAY * chance.choice((0, 0, 10, 30, 60))
    if start is None:
        planned = until - DAY * chance.randint(15, 70) if life.overdue else max(planned, until + DAY * 40)
    works = (life.built - start).days if life.built and start else (150 if life.leased else 620)
    completion = planned + DAY * int(works * chance.choice((0.85, 0.95, 1.0)))
    adopted = signed + DAY * 15
    plan = on(adopted, act="adopt", start=str(planned), completion=str(completion), operation=str(completion + DAY * 60))
    document = {"document": f"演发改〔{adopted.year}〕{life.serial + 1}号"}
    yield Happening(adopted, "plans", plan | {"investment": cny(life.total)} | document, "office")
    if start is None:
        return
    late = start + DAY * int(works * 0.55)
    if chance.random() < 0.3 and since < late < until:
        revised = on(late, act="revise", completion=str((life.built or completion) + DAY * 30))
        yield Happening(late, "plans", revised | {"document": f"演发改调〔{late.year}〕{life.serial + 1}号"}, "office")
    for year in range(since.year, until.year + 1):
        begun, over = max(date(year, 1, 1), start), min(date(year, 12, 31), life.built or date(year, 12, 31))
        if begun < over and max(date(year, 1, 20), since) <= until:
            wanted = int(life.total * 0.94 * (life.share_done(over) - life.share_done(begun))) // 100 * 100
            if wanted > 0:
                whole = span(date(year, 1, 1), date(year, 12, 31))
                of_year = on(max(date(year, 1, 20), adopted), act="period", period=whole, investment=cny(wanted))
                yield Happening(max(date(year, 1, 20), adopted), "plans", of_year | document, "office")


def _works(life: Life, chance: random.Random, until: date) -> Iterator[Happening]:
    start = life.days.get(Stage.UNDER_CONSTRUCTION)
    if start is None:
        return
    gated = life.days.get(Stage.COMPLETED, until) >= month_of(until, -9)
    sort = chance.choice((("permit", "施工许可（演示）"), ("site_photo", "开工现场照片（演示）")))
    lawful = sort if gated and chance.random() < 0.9 else None
    yield Happening(start, "construction", on(start, act="start", note="现场已进场施工（演示）"), file=lawful)
    if life.total >= 5_000:
        entered = start + DAY * chance.randint(12, 70)
        if entered <= until:
            said = on(entered, act="enter", register_code=f"演统{life.serial + 1:04d}")
            yield Happening(entered, "statistics", said, "office")
    if life.paused is not None:
        because = chance.choice(("汛期停工", "管线迁改", "用地权属争议"))
        yield Happening(life.paused[0], "construction", on(life.paused[0], act="pause", because=because))
        yield Happening(life.paused[1], "construction", on(life.paused[1], act="resume"))
    for stage, noun, act in (
        (Stage.COMPLETED, "construction", "complete"),
        (Stage.OPERATING, "operation", "start"),
        (Stage.AT_CAPACITY, "operation", "capacity"),
    ):
        if stage in life.days:
            yield Happening(life.days[stage], noun, on(life.days[stage], act=act))


def _classified(life: Life, until: date, since: date) -> Iterator[Happening]:
    """年度分类, and being on the year's list of key projects."""
    for year in sorted({since.year, until.year}):
        day = max(date(year, 2, 10), since)
        signed, started = life.days.get(Stage.SIGNED), life.days.get(Stage.UNDER_CONSTRUCTION)
        if signed is None or signed > day or life.over(day) or (life.built and life.built < date(year, 1, 1)):
            continue
        if started is None or started.year > year:
            of_year = "preparatory"
        elif started.year == year:
            of_year = "new_start"
        else:
            of_year = "completion" if life.built and life.built.year == year else "continuing"
        document = {"document": f"演重办发〔{year}〕1号"}
        said = on(day, year=year, yearly_class=of_year)
        yield Happening(day, "classes", said | document, "office")
        if life.total >= 10_000:
            yield Happening(day, "listings", on(day, act="join", list=f"key-{year}") | document, "office")
