"""认定, 更正 and 作废: what bureaus recognise of what was reported, and how mistakes are put right."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from api.demo.cast import Person
from api.demo.days import DAY, last_of, month_of, on, span
from api.demo.play import Play
from api.demo.words import COMMERCE, FINANCE, OFFICE, PLANNING
from domain.entry import Entry
from domain.fact import INVESTED, Fact
from domain.project.construction import ProgressReported
from domain.project.funds import FundsReceived, FundsReturned
from domain.project.taxes import TaxPaid
from domain.values import Money

Said = dict[str, Any]
REFUSALS = ("系股东往来款，不属项目到位资金", "凭证付款人与投资方不符", "进账账户非项目公司账户")


def reads(fact: Fact, **changed: object) -> Said:
    """The whole fact as it shall read."""
    return {"kind": fact.kind.topic, **fact.model_dump(mode="json", exclude_none=True), **changed}


def less(money: Money, ratio: str) -> dict[str, str]:
    """So much of it, in whole 万元."""
    wan = max(Decimal(1), (money.amount * Decimal(ratio) / 10_000).to_integral_value())
    return {"amount": f"{wan * 10_000}.00", "currency": money.currency}


def consider(play: Play, facts: Sequence[Entry], clerk: Person) -> None:
    """What was accepted goes to the bureaus; now and then the unit finds a mistake of its own afterwards."""
    for entry in facts:
        chance = play.chance(entry.citation)
        day = play.today + DAY * chance.randint(6, 20)
        match entry.event:
            case FundsReceived() as fact:
                _received(play, entry, fact)
                if chance.random() < 0.035:
                    play.due(day, _mistaken, play, entry, fact, clerk, hour=11)
            case ProgressReported(invested=Money() as invested) if invested.minor and chance.random() < 0.85:
                part = {"amount": less(invested, chance.choice(("0.95", "0.9", "0.8")))} if chance.random() < 0.15 else {}
                said = {"measure": "invested", "outcome": "recognised", **part}
                play.due(day, rule, play, PLANNING, entry, said, hour=13)
            case TaxPaid() if chance.random() < 0.9:
                said = {"measure": "tax", "outcome": "recognised"}
                play.due(day, rule, play, FINANCE, entry, said, hour=14)
            case _:
                pass


def _received(play: Play, entry: Entry, fact: FundsReceived) -> None:
    chance = play.chance(f"{entry.citation} received")
    day, luck = play.today + DAY * chance.randint(6, 25), chance.random()
    if luck > 0.93:
        return  # nobody has judged it yet
    said: Said = {"outcome": "recognised"}
    if luck > 0.88:
        said = {"outcome": "not_recognised", "because": chance.choice(REFUSALS)}
    elif luck > 0.76:
        said |= {"amount": less(fact.amount, chance.choice(("0.6", "0.75", "0.9"))), "because": "部分款项不符合口径"}
    play.due(day, rule, play, COMMERCE, entry, said, hour=15)
    if luck < 0.02:
        other = {"outcome": "recognised", "amount": less(fact.amount, "0.7"), "because": "扣除土地款返还部分"}
        play.due(day + DAY * 9, rule, play, PLANNING, entry, other, hour=15)


def rule(play: Play, bureau: str, entry: Entry, said: Said) -> None:
    """A verdict on the fact as it reads now, unless it is gone."""
    matter = play.project(entry.stream).now.matters[entry.number]
    if matter.annulled_by is None:
        reported = getattr(matter.current.fact, said.get("measure", "amount"), None)
        if "amount" in said and isinstance(reported, Money):
            most = reported.model_dump(mode="json")
            said = said | {"amount": min(said["amount"], most, key=lambda m: Decimal(m["amount"]))}
        play.do(play.cast.recogniser(bureau), "verdicts", {"target": entry.number, **said}, entry.stream)


def put_right_alone(play: Play, facts: Sequence[Entry], clerk: Person) -> None:
    """Before its return is accepted a unit corrects its own fact at once."""
    for entry in facts:
        current = play.project(entry.stream).now.matters[entry.number].current.fact
        if isinstance(current, FundsReceived):
            said = {"target": entry.number, "reads": reads(current, payer="演示代付公司"), "because": "付款人填写有误"}
            play.do(clerk, "corrections", said, entry.stream)
            return


def _mistaken(play: Play, entry: Entry, fact: FundsReceived, clerk: Person) -> None:
    """A slip that was read wrongly, or entered although it was counted: another person decides."""
    chance = play.chance(f"{entry.citation} mistaken")
    now = play.project(entry.stream).now
    matter = now.matters[entry.number]
    if matter.current.fact != fact or matter.annulled_by is not None or now.pending() or now.of(FundsReturned):
        return
    if chance.random() < 0.7:
        said: Said = {"target": entry.number, "reads": reads(fact, amount=less(fact.amount, "0.9"))}
        asked = play.do(clerk, "corrections", said | {"because": "核对进账单原件，金额登记有误"}, entry.stream)
    else:
        asked = play.do(clerk, "annulments", {"target": entry.number, "because": "重复登记，已在上月计入"}, entry.stream)
    decide(play, asked[0], play.today + DAY * chance.randint(2, 9), agree=chance.random() < 0.85)


def decide(play: Play, asked: Entry, day: date, *, agree: bool = True) -> None:
    said: Said = {"act": "approve", "note": "经核对属实"} if agree else {"act": "decline", "because": "佐证不足，不予更正"}
    command = said | {"proposal": asked.number}
    play.due(day, play.do, play.cast.people[OFFICE][1], "approvals", command, asked.stream, hour=16)


def cite(play: Play, quarter: date) -> None:
    """统计数: what the bureau of statistics publishes of the quarter, for every project in its register."""
    until = last_of(month_of(quarter, 2))
    for label in play.codes:
        history = play.project(label)
        entered = [s for s in history.now.facts if s.fact.kind.topic == "entered_statistics" and s.fact.occurred_on <= until]
        inside = [
            s.fact.invested.amount
            for s in history.now.of(ProgressReported)
            if s.fact.invested is not None and quarter <= s.fact.period.since and s.fact.period.until <= until
        ]
        if not entered or not sum(inside):
            continue
        chance = play.chance(f"{label} {quarter} cited")
        wan = int(sum(inside, Decimal(0)) / 10_000 * chance.randint(80, 98) / 100)
        cited = on(until, act="cite", measure=INVESTED.name, period=span(quarter, until))
        cited |= {"amount": {"amount": f"{wan * 10_000}.00", "currency": "CNY"}}
        cited |= {"publication": f"固定资产投资统计报表（演示）{quarter.year}年{(quarter.month + 2) // 3}季度"}
        play.do(play.cast.people[OFFICE][3], "statistics", cited, label)
