"""5,000 万元 reported, 3,000 recognised, 4,200 after a correction: what the answer is depends on when it is asked."""

from domain.entry import Role
from domain.office.gates import NO_GATES
from domain.questions.changes import At, changes
from domain.questions.status import MeasureNow, status
from domain.settings import Settings
from domain.viewpoint import Viewpoint
from tests.given import LI, WANG, Book, P, a_project, actor, yuan

CLERK = actor("p-clerk", "street-a", Role.UNIT)
LEADER = actor("p-zhao", "street-a", Role.UNIT)
BUREAU = actor("p-qian", "bureau-c", Role.UNIT)
PERIOD = "period:2026-06"
RULES = Settings(recognising={"received": ("bureau-c",)})


def the_story() -> Book:
    """As it was lived; the return is signed and accepted before the correction."""
    book = a_project()
    book.record(
        "district",
        "settings",
        stream="district",
        at="2026-01-03",
        occurred_on="2026-01-03",
        settings=RULES.model_dump(mode="json"),
    )
    book.record(
        None, "periods", stream="period", at="2026-06-01", occurred_on="2026-06-01", code="2026-06", deadline="2026-07-05"
    )
    funds = {"act": "receive", "occurred_on": "2026-06-28", "amount": yuan("50000000.00"), "voucher": "JZ-628"}
    line = {"project": P, "noun": "funds", "command": funds}
    book.record(
        PERIOD, "returns", stream="period", by=CLERK, at="2026-06-30", occurred_on="2026-06-30", act="submit", lines=[line]
    )
    book.record(PERIOD, "returns", stream="period", by=LEADER, at="2026-06-30", act="sign")
    book.record(PERIOD, "returns", stream="period", by=WANG, at="2026-07-02", act="accept", unit="street-a")
    verdict = {"target": 5, "outcome": "recognised", "amount": yuan("30000000.00")}
    book.record(P, "verdicts", by=BUREAU, at="2026-07-10", **verdict)
    reads = {"kind": "funds_received", "occurred_on": "2026-06-28", "amount": yuan("42000000.00"), "voucher": "JZ-628"}
    book.record(P, "corrections", by=CLERK, at="2026-08-01", target=5, reads=reads, because="银行更正")
    book.record(P, "approvals", by=LI, at="2026-08-02", act="approve", proposal=7)
    return book


def received(book: Book, known: str) -> MeasureNow:
    found = status(book.view(P, "2026-06-30", known), RULES)
    return next(m for m in found.measures if m.measure == "received")


def test_the_same_day_asked_at_three_moments():
    book = the_story()
    july = received(book, "2026-07-01")
    assert july.reported is not None
    assert (str(july.reported.value), july.reported.sources) == ("50000000.00", (f"{P}#5",))
    assert (july.recognised, july.not_judged) == (None, (f"{P}#5",))

    mid = received(book, "2026-07-15")
    assert mid.reported is not None
    assert mid.recognised is not None
    assert (str(mid.reported.value), str(mid.recognised.value)) == ("50000000.00", "30000000.00")
    assert mid.recognised.sources == (f"{P}#5", f"{P}#6")
    assert (mid.not_judged, mid.judge_again) == ((), ())

    august = received(book, "2026-08-03")
    assert august.reported is not None
    assert august.recognised is not None
    assert (str(august.reported.value), str(august.recognised.value)) == ("42000000.00", "30000000.00")
    assert august.reported.sources == (f"{P}#5", f"{P}#7", f"{P}#8")
    assert august.judge_again == (f"{P}#5",)


def test_what_changed_between_july_and_august_is_the_verdict_and_the_approval_and_nothing_else():
    book = the_story()

    def at(known: str) -> At:
        view = book.view(P, "2026-06-30", known)
        return At(view, RULES, NO_GATES, book.history("district").at(Viewpoint(known=view.viewpoint.known)))

    found = changes(at("2026-07-01"), at("2026-08-03"))
    assert [(a.entry, a.kind, a.decides) for a in found.entries] == [
        (f"{P}#6", "verdict_given", None),
        (f"{P}#8", "approved", f"{P}#7"),
    ]
    told = {c.figure[2]: c for c in found.figures if c.figure[:2] == ("measures", "received")}
    assert {name: change.moved_by for name, change in told.items()} == {
        "reported": (f"{P}#8",),
        "recognised": (f"{P}#6", f"{P}#8"),
        "bureaus": (f"{P}#6", f"{P}#8"),
        "not_judged": (f"{P}#6",),
        "judge_again": (f"{P}#6", f"{P}#8"),
    }
    assert len(told) == len(found.figures)
    before, after = told["reported"].before, told["reported"].after
    assert before is not None
    assert after is not None
    assert (before.value["value"], before.sources) == ("50000000.00", (f"{P}#5",))
    assert (after.value["value"], after.sources) == ("42000000.00", (f"{P}#5", f"{P}#7", f"{P}#8"))
    assert found.recorded == (5, 8)
