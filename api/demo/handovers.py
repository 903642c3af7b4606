"""Who answers changes: officers move, a head retires, a bureau is merged, one person turns out to be entered twice."""

from datetime import date
from typing import Any

from api.demo import judging
from api.demo.cast import Person
from api.demo.days import DAY, month_of, on
from api.demo.lives import Life
from api.demo.months import District
from api.demo.words import COMMERCE, MERGED, OFFICE, PARK, STREETS
from domain.entry import Role
from domain.project.funds import FundsReceived
from domain.project.responsibilities import tenures_in


def hand_over(district: District, since: date) -> None:
    """Put all of it on the clock."""
    for n, unit in enumerate((STREETS[2].code, STREETS[6].code, PARK, STREETS[4].code)):
        late = 31 if n == 1 else 2
        day = month_of(since, 4 + 5 * n) + 11 * DAY
        district.play.due(day + late * DAY, _officer_moves, district, unit, day)
    _head_retires(district, STREETS[0].code, month_of(since, 10))
    _unit_merges(district, month_of(since, 12) + 2 * DAY)
    _entered_twice(district, since)


def led(district: District, unit: str) -> list[Life]:
    """What the unit leads today, but for the project that is told on purpose."""
    known = [one for one in district.led_by(unit, district.play.today) if district.play.project(one.code).version]
    return [one for one in known if not one.told]


def _held(district: District, life: Life, role: str) -> list[dict[str, Any]]:
    tenures = tenures_in(district.play.project(life.code).now)
    held = [t for t in tenures if t.role == role and t.covers(district.play.today)]
    return [t.holder.model_dump(mode="json", exclude_none=True) for t in held]


def _officer_moves(district: District, unit: str, day: date) -> None:
    """One order hands over every project of an officer who leaves, in one request."""
    play, cast = district.play, district.play.cast
    leaving, taking, *_ = cast.officers(unit)
    office, document = cast.people[OFFICE][3], f"演重办责〔{day.year}〕{day:%m}号"
    with play.together():
        play.do(office, "posts", on(day, act="leave", unit=unit, title=leaving.post), f"person:{leaving.ref}")
        for life in led(district, unit):
            for holder in _held(district, life, "project_officer"):
                if holder.get("person") == leaving.ref:
                    said = on(day, act="hand_over", role="project_officer", outgoing=holder, incoming=taking.holder)
                    said |= {"open_matters": ["本季进账单原件待归档"], "document": document}
                    play.do(office, "responsibilities", said, life.code)


def _head_retires(district: District, unit: str, day: date) -> None:
    """主要领导 leaves; the successor comes five weeks later: a gap in every project of the unit."""
    play, cast = district.play, district.play.cast
    office, head = cast.people[OFFICE][3], cast.head(unit)
    successor = Person("dm-p401", "演示·接任", unit, "主要领导", Role.UNIT)

    def leave() -> None:
        with play.together():
            play.do(office, "posts", on(play.today, act="leave", unit=unit, title=head.post), f"person:{head.ref}")
            for life in district.led_by(unit, play.today):
                for holder in _held(district, life, "principal_leader"):
                    said = on(play.today, act="end", role="principal_leader", holder=holder, document="演委组〔1〕号")
                    play.do(office, "responsibilities", said, life.code)

    def follow() -> None:
        entered = on(play.today, ref=successor.ref, name=successor.name, unit=unit, title=successor.post)
        play.do(cast.people[OFFICE][4], "people", entered)
        cast.people[unit] = (successor, *cast.people[unit][1:])
        with play.together():
            for life in district.led_by(unit, play.today):
                if play.project(life.code).version and not _held(district, life, "principal_leader"):
                    said = on(play.today, act="assign", role="principal_leader", holder=successor.holder)
                    play.do(office, "responsibilities", said | {"document": "演委组〔2〕号"}, life.code)

    district.play.due(day, leave)
    district.play.due(day + 37 * DAY, follow)


def _unit_merges(district: District, day: date) -> None:
    """The bureau of investment promotion becomes part of commerce; one of its projects is forgotten for two months."""
    play, office = district.play, district.play.cast.people[OFFICE]
    document = f"演编办〔{play.until.year}〕3号"

    def transfer(life: Life) -> None:
        moved = on(play.today, from_unit=MERGED, to_unit=COMMERCE, document=document, open_matters=["台账随转"])
        play.do(office[3], "transfers", moved, life.code)
        life.lead = COMMERCE

    def merge() -> None:
        play.do(office[0], "mergers", on(play.today, act="absorb", units=[MERGED], document=document), f"unit:{COMMERCE}")
        district.gone.add(MERGED)
        for n, life in enumerate(one for one in district.lives if one.lead == MERGED and play.project(one.code).version):
            district.play.due(play.today + DAY * (66 if n == 0 else 12), transfer, life)

    district.play.due(day, merge)


def _entered_twice(district: District, since: date) -> None:
    """A clerk on loan to the office is entered a second time there, and decides on what the first one asked."""
    play, cast = district.play, district.play.cast
    office = cast.people[OFFICE]

    def enter() -> None:
        """The first street whose clerk recorded money before there were returns."""
        for street in STREETS[1:]:
            clerk = cast.clerk(street.code)
            for life in led(district, street.code):
                for standing in play.project(life.code).now.of(FundsReceived):
                    made = standing.original.envelope
                    if made.actor.person == clerk.ref and made.returned_in is None:
                        go_on(clerk, life, standing.number)
                        return

    def go_on(clerk: Person, life: Life, number: int) -> None:
        double = Person("dm-p402", clerk.name, OFFICE, "借调人员", Role.OFFICE)
        entered = on(play.today, ref=double.ref, name=double.name, unit=OFFICE, title=double.post)
        play.do(office[4], "people", entered)
        joined = on(month_of(since, 15), other=double.ref, document=f"演人社核〔{play.until.year}〕1号")
        district.play.due(month_of(since, 9) + 23 * DAY, ask, clerk, double, life, number)
        district.play.due(month_of(since, 15), play.do, office[0], "identities", joined, f"person:{clerk.ref}")

    def ask(clerk: Person, double: Person, life: Life, number: int) -> None:
        now = play.project(life.code).now
        if now.pending() or now.matters[number].annulled_by is not None:
            return
        reads = judging.reads(now.matters[number].current.fact, payer="演示联合投资体")
        said = {"target": number, "reads": reads, "because": "付款方为联合体"}
        asked = play.do(clerk, "corrections", said, life.code)[0]
        approve = {"act": "approve", "proposal": asked.number}
        district.play.due(play.today + 3 * DAY, play.do, double, "approvals", approve, life.code)

    district.play.due(month_of(since, 7), enter)
