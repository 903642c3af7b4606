"""What does not go by plan: money early, back or twice, exemptions, mergers, shared taxes, changes of all sorts."""

from datetime import date
from itertools import pairwise
from typing import Any

from api.demo import judging
from api.demo.cast import Person
from api.demo.days import DAY, cny, month_of, on, span
from api.demo.handovers import led
from api.demo.lives import Life
from api.demo.months import District
from api.demo.words import COMMERCE, LABEL, LEADERS, OFFICE, STREETS
from domain.fact import Stage
from domain.project.funds import FundsReceived
from domain.project.listings import lists


def disturb(district: District, since: date) -> None:
    """Put all of it on the clock."""
    _money(district, since)
    _exempt(district, since)
    _projects_meet(district, since)
    _changes(district, since)


def _money(district: District, since: date) -> None:
    """Money before the contract, money that goes back, one slip counted in two projects."""
    play = district.play

    def early(life: Life, day: date) -> None:
        slip = {"voucher": play.voucher("演进账", day), "payer": life.investor, "reason": "意向金先行到账"}
        amount = max(50, life.total // 100)
        play.do(play.cast.clerk(life.lead), "funds", on(day, act="receive", amount=cny(amount), **slip), life.code)
        life.done["received"] = life.done.get("received", 0) + amount

    signing = [one for one in district.lives if one.days.get(Stage.SIGNED, since) > month_of(since, 3) and not one.told]
    for life in signing[2:9:5]:
        day = life.days[Stage.SIGNED] - 6 * DAY
        district.play.due(day + DAY, early, life, day)

    def receipts() -> list[tuple[Life, int, FundsReceived]]:
        found = []
        for life in district.lives:
            now = play.project(life.code).now
            standing = now.of(FundsReceived)
            if standing and not now.pending() and not life.told and not life.over(play.today):
                found.append((life, standing[-1].number, standing[-1].fact))
        return found

    def back(n: int) -> None:
        found = receipts()
        if not found:
            return
        life, number, fact = found[n % len(found)]
        said = {"act": "return", "receipt": number, "amount": judging.less(fact.amount, "0.3")}
        play.do(
            play.cast.clerk(life.lead),
            "funds",
            on(play.today, voucher=play.voucher("演退款", play.today), **said),
            life.code,
        )
        if life.done.get("received"):
            life.done["received"] -= int(fact.amount.amount) * 3 // 100_000

    def twice() -> None:
        found = [one for one in receipts() if one[0].total - one[0].done["received"] > 300]
        if len(found) < 2:
            return
        (life, _, fact), (other, _, _) = found[len(found) // 3], found[-1]
        said = {"voucher": fact.voucher, "payer": fact.payer or life.investor, "amount": cny(300)}
        play.do(play.cast.clerk(other.lead), "funds", on(play.today - DAY, act="receive", **said), other.code)
        other.done["received"] = other.done.get("received", 0) + 300

    district.play.due(month_of(since, 8) + 12 * DAY, back, 1)
    district.play.due(month_of(since, 17) + 8 * DAY, back, 5)
    district.play.due(month_of(since, 13) + 18 * DAY, twice)


def _exempt(district: District, since: date) -> None:
    """剔除: works stopped by others, and a unit that need not report for a month."""
    play = district.play
    office, approver = play.cast.people[OFFICE][3], play.cast.people[LEADERS][0].ref

    def grant(life: Life) -> None:
        assert life.paused is not None
        period = span(*life.paused)
        said = on(play.today, act="grant", ground="land", because="用地要素制约，非责任单位原因", period=period)
        said |= {
            "approver": approver,
            "document": f"演重办免〔{play.until.year}〕2号",
            "indicators": ["invested", "progress"],
        }
        play.do(office, "exemptions", said, life.code)

    for life in [one for one in district.lives if one.paused][:3]:
        assert life.paused is not None
        district.play.due(life.paused[0] + 15 * DAY, grant, life)
    month = month_of(since, 20)
    excused = on(
        month_of(month, -1) + 24 * DAY, act="grant", ground="force_majeure", because="汛期全员上堤", approver=approver
    )
    excused |= {
        "period": span(month, month_of(month, 1) - DAY),
        "indicators": ["returns"],
        "document": f"演重办免〔{play.until.year}〕5号",
    }
    district.play.due(month_of(month, -1) + 25 * DAY, play.do, office, "exemptions", excused, f"unit:{STREETS[9].code}")


def _projects_meet(district: District, since: date) -> None:
    """A project absorbed, one split off, one enterprise's tax shared out to two projects, terms between two units."""
    play, office = district.play, district.play.cast.people[OFFICE]
    building = [one for one in district.lives if list(one.days)[-1] is Stage.UNDER_CONSTRUCTION and not one.told]
    operating = [
        one for one in district.lives if Stage.OPERATING in one.days and one.days[Stage.OPERATING] < month_of(since, 12)
    ]
    day = month_of(play.until) + 11 * DAY
    early = [
        one
        for one in district.lives
        if list(one.days)[-1] in (Stage.SIGNED, Stage.REGISTERED, Stage.LANDED)
        and list(one.days.values())[-1] < day - 15 * DAY
        and not one.ended
    ]
    if building and early:
        into, gone = building[0], early[0]
        if into.entered < day - 15 * DAY:
            merged = on(
                day,
                act="absorb",
                projects=[gone.code],
                document=f"演政会纪〔{play.until.year}〕30号",
                because="同一地块统一开发",
            )
            gone.ended = "merged_into", day
            district.play.due(day, play.do, office[0], "mergers", merged, into.code)
    if len(building) > 1:
        year = play.until.year
        number = 1 + max(
            (int(one.code[-3:]) for one in district.lives if one.code.startswith(f"{LABEL}-{year}-")), default=0
        )
        part = {
            "name": f"{building[1].name[:3]}配套学校项目（演示）",
            "code": f"{LABEL}-{year}-{number:03d}",
            "ratio": "0.1",
        }
        part |= {"category": building[1].category, "industry": "教育", "investor": building[1].investor}
        split = on(
            month_of(play.until, -3) + 6 * DAY, act="split", into=[part], document=f"演政会纪〔{play.until.year}〕22号"
        )
        district.play.due(month_of(play.until, -3) + 7 * DAY, play.do, office[0], "mergers", split, building[1].code)
    for one, other in list(pairwise(operating))[:1]:
        _taxes_shared(district, one, other, since)
    if len(building) > 3:
        terms = [{"unit": building[3].lead, "ratio": "0.6"}, {"unit": COMMERCE, "ratio": "0.4"}]
        agreed = on(month_of(since, 18), act="agree", role="introducing_unit", shares=terms, remainder=COMMERCE)
        if building[3].lead != COMMERCE and building[3].entered < month_of(since, 17):
            agreed |= {"document": f"联合招商协议〔{play.until.year}〕1号（演示）"}
            district.play.due(month_of(since, 18) + DAY, play.do, office[0], "shares", agreed, building[3].code)


def _taxes_shared(district: District, one: Life, other: Life, since: date) -> None:
    play, office = district.play, district.play.cast.people[OFFICE]
    enterprise = "演示共享服务有限公司"

    def state() -> None:
        for life, ratio in ((one, "0.65"), (other, "0.35")):
            said = on(month_of(since, 11), act="state", enterprise=enterprise, ratio=ratio)
            play.do(office[3], "shares", said, life.code)

    def share(begun: date) -> None:
        until = month_of(begun, 1) - DAY
        parts = [{"project": one.code}, {"project": other.code}]
        said = on(until, enterprise=enterprise, period=span(begun, until), total=cny(96), retained=cny(30), parts=parts)
        play.do(office[3], "taxes", said | {"remainder": one.code}, "district")

    district.play.due(month_of(since, 12) + 5 * DAY, state)
    for ahead in (13, 16, 19):
        begun = month_of(since, ahead)
        district.play.due(month_of(begun, 1) + 12 * DAY, share, begun)


def _changes(district: District, since: date) -> None:
    """Capital, investors, names, lists, transfers, forecasts."""
    play, office = district.play, district.play.cast.people[OFFICE]

    def change(life: Life, noun: str, said: dict[str, Any]) -> None:
        play.do(play.cast.clerk(life.lead), noun, said, life.code)

    running = [one for one in district.lives if one.reached(Stage.LANDED, month_of(since, 14)) and not one.told]
    for n, life in enumerate(running[:24:4]):
        day = month_of(since, 15 + n) + (5 + n) * DAY
        increase = on(
            day, act="increase", enterprise=life.enterprise, amount=cny(life.total // 100 * 5), paper=f"演验〔{n}〕号"
        )
        investor = on(day, act="change_investor", investor="演示癸亥控股公司", former=life.investor)
        described = on(day, name=life.name.replace("项目（", "项目一期（"))
        left = on(day, act="leave", list=f"key-{since.year}", document=f"演重办发〔{play.until.year}〕9号")
        match n % 4:
            case 0:
                district.play.due(day + DAY, change, life, "capital", increase)
            case 1:
                district.play.due(day + DAY, change, life, "capital", investor)
            case 2:
                district.play.due(day + DAY, change, life, "descriptions", described)
            case _:
                district.play.due(day + DAY, _leave, district, life, left)
    street, other = STREETS[3].code, STREETS[5].code
    district.play.due(month_of(since, 16) + 9 * DAY, _transfer, district, street, other, office[3])
    for year in range(since.year + 1, play.until.year + 1):
        district.play.due(date(year, 9, 10), _expect, district, year)


def _leave(district: District, life: Life, said: dict[str, object]) -> None:
    if said["list"] in lists(district.play.project(life.code).now):
        district.play.do(district.play.cast.people[OFFICE][3], "listings", said, life.code)


def _transfer(district: District, street: str, other: str, by: Person) -> None:
    play = district.play
    for life in led(district, street)[:2]:
        said = on(
            play.today,
            from_unit=street,
            to_unit=other,
            document=f"演政办〔{play.until.year}〕11号",
            open_matters=["征收协议两户未签"],
        )
        play.do(by, "transfers", said, life.code)
        life.lead = other


def _expect(district: District, year: int) -> None:
    play = district.play
    for life in district.lives:
        start = life.days.get(Stage.UNDER_CONSTRUCTION)
        if start is None or start > play.today or life.over(play.today) or (life.built and life.built.year < year):
            continue
        wan = int(life.total * 0.94 * (life.share_done(date(year, 12, 31)) - life.share_done(date(year, 1, 1)))) // 10 * 10
        if wan > 0 and life.serial % 2:
            whole = span(date(year, 1, 1), date(year, 12, 31))
            said = on(play.today, indicator="invested", period=whole, amount=cny(wan))
            play.do(play.cast.clerk(life.lead), "forecasts", said, life.code)
