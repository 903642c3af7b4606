"""One project told on purpose, the same for every seed: the 5,000 万元 that two bureaus see differently, and who answered.

docs/tutorial.md walks through it. Days are counted from the last month of the demonstration, M.
"""

from datetime import date
from typing import Any

from api.demo import judging
from api.demo.days import DAY, cny, month_of, on
from api.demo.lives import Life
from api.demo.months import District
from api.demo.projects import attach
from api.demo.words import COMMERCE, LEADERS, MADE_UP, OFFICE, PLANNING, STREETS
from domain.entry import Entry
from domain.fact import Stage

NAME = f"松涛里城市会客厅项目{MADE_UP}"
STREET = STREETS[0].code
RECEIPT = 5_000


def life(until: date) -> Life:
    """Signed in M-16, under construction since M-10."""
    days = {
        Stage.LEAD: month_of(until, -20) + 4 * DAY,
        Stage.NEGOTIATING: month_of(until, -19) + 2 * DAY,
        Stage.SIGNED: month_of(until, -16) + 19 * DAY,
        Stage.REGISTERED: month_of(until, -15) + 14 * DAY,
        Stage.LANDED: month_of(until, -12) + 9 * DAY,
        Stage.UNDER_CONSTRUCTION: month_of(until, -10) + 14 * DAY,
    }
    return Life(
        code="",
        name=NAME,
        category="西部商圈",
        industry="商务服务",
        investor="演示甲子投资集团",
        enterprise="",
        lead=STREET,
        introducing=COMMERCE,
        leased=False,
        total=42_000,
        days=days,
        built=days[Stage.UNDER_CONSTRUCTION] + 620 * DAY,
        told=True,
    )


def tell(district: District) -> None:
    """M-4: it arrives. M-3: recognised in part, found to be misread, put right. M-2, M-1: the bureaus disagree."""
    play = district.play
    own = next(one for one in district.lives if one.told)
    until = play.until
    arrived: list[Entry] = []

    def arrive() -> None:
        day = month_of(until, -4) + 17 * DAY
        slip = {"voucher": play.voucher("演进账", day), "payer": own.investor, "fund_kind": "domestic_outside"}
        clerk = play.cast.clerk(STREET)
        arrived.extend(play.do(clerk, "funds", on(day, act="receive", amount=cny(RECEIPT), **slip), own.code))
        own.done["received"] = own.done.get("received", 0) + RECEIPT
        attach(play, own, arrived[0], "bank_slip", "进账单（演示）", clerk)

    def rule(bureau: str, said: dict[str, Any]) -> None:
        judging.rule(play, bureau, arrived[0], {"outcome": "recognised", **said})

    def ask() -> None:
        fact = arrived[0].event
        reads = judging.reads(fact, amount=cny(4_800))  # type: ignore[arg-type]
        said = {"target": arrived[0].number, "reads": reads, "because": "进账单原件为4800万元，登记时误作5000万元"}
        asked = play.do(play.cast.clerk(STREET), "corrections", said, own.code)
        judging.decide(play, asked[0], month_of(until, -3) + 29 * DAY)

    play.due(month_of(until, -4) + 21 * DAY, arrive)
    partly = {"amount": cny(3_000), "because": "其中2000万元为股东往来款，暂不认定"}
    play.due(month_of(until, -3) + 19 * DAY, rule, COMMERCE, partly)
    play.due(month_of(until, -3) + 21 * DAY, ask)
    play.due(month_of(until, -2) + 23 * DAY, rule, PLANNING, {"amount": cny(4_800), "because": "资金已用于项目建设"})
    again = {"amount": cny(4_300), "because": "重新认定：往来款中1300万元已转为注册资本"}
    play.due(month_of(until, -1) + 14 * DAY, rule, COMMERCE, again)
    _answerable(district, own)


def _answerable(district: District, own: Life) -> None:
    """A handover entered a month late; two sponsoring leaders at once."""
    play, until = district.play, district.play.until
    cast, office = play.cast, play.cast.people[OFFICE]
    officers = cast.officers(STREET)
    before, after = officers[own.serial % len(officers)], officers[(own.serial + 1) % len(officers)]
    handed = on(
        month_of(until, -7) + 19 * DAY,
        act="hand_over",
        role="project_officer",
        outgoing=before.holder,
        incoming=after.holder,
        open_matters=["二期用地红线待核", "进账单原件待归档"],
        document=f"演重办责〔{play.until.year}〕17号",
    )
    play.due(month_of(until, -6) + 19 * DAY, play.do, office[3], "responsibilities", handed, own.code)
    leaders = cast.people[LEADERS]
    first, second = leaders[own.serial % 4], leaders[(own.serial + 1) % 4]
    joining = on(
        month_of(until, -8) + DAY, act="assign", role="sponsoring_leader", holder=second.holder, document="演委办〔2〕号"
    )
    leaving = on(month_of(until, -8) + 19 * DAY, act="end", role="sponsoring_leader", holder=first.holder)
    for said in (joining, leaving):
        day = date.fromisoformat(str(said["occurred_on"])) + 2 * DAY
        play.due(day, play.do, office[3], "responsibilities", said, own.code)
