"""对账: a unit sees what was reported, recognised and not, and why; it confirms, objects, or is silent."""

from datetime import date
from typing import Any

import pytest

from domain.entry import Role
from domain.errors import NotPermitted, ReasonNeeded
from domain.office.reconciliation import AlreadyAnswered, AlreadyOpened, NotReconciled
from domain.questions.reconciliation import Statement, statement
from domain.settings import Settings
from tests.domain.test_returns import CLERK, PERIOD, STRANGER, arrived, held, submitted
from tests.given import WANG, Book, P, actor, yuan

BUREAU = actor("p-qian", "bureau-c", Role.UNIT)


def settled(**more: Any) -> Book:
    book = submitted(arrived("5000.00"), arrived("800.00", "V-2"), held(30))
    settings = Settings(recognising={"received": ("bureau-c",)}, **more).model_dump(mode="json")
    book.record("district", "settings", stream="district", occurred_on="2026-06-02", settings=settings)
    part = {"target": 5, "outcome": "recognised", "amount": yuan("3000.00")}
    book.record(P, "verdicts", by=BUREAU, at="2026-07-10", **part)
    book.record(P, "verdicts", by=BUREAU, at="2026-07-10", target=6, outcome="not_recognised", because="无进账单")
    return book


def say(book: Book, what: str, by: Any, at: str, **said: Any) -> None:
    book.record(PERIOD, "reconciliations", stream="period", by=by, at=at, occurred_on=at, act=what, **said)


def told(book: Book, on: str, **more: Any) -> Statement:
    views = {P: book.view(P, known=on)}
    rules = Settings(recognising={"received": ("bureau-c",)}, **more)
    return statement(book.view(PERIOD, known=on), "street-a", views, date.fromisoformat(on), rules)


def test_it_shows_reported_recognised_and_not_recognised_with_reasons():
    found = told(settled(), "2026-07-10")
    [received] = found.totals
    assert [str(n) for n in (received.reported, received.recognised, received.not_recognised, received.not_judged)] == [
        "5800.00",
        "3000.00",
        "2800.00",
        "0",
    ]
    states = {f.entry: [(x.measure, x.state, [v.reason for v in x.verdicts]) for x in f.figures] for f in found.facts}
    assert states == {
        f"{P}#5": [("received", "recognised", [None])],
        f"{P}#6": [("received", "not_recognised", ["无进账单"])],
        f"{P}#7": [("jobs", "not_judged", [])],
    }
    assert told(settled(), "2026-07-09").totals[0].not_judged == received.reported


def test_a_unit_confirms_or_objects_within_the_days_the_district_sets():
    book = settled(reconciliation_days=3)
    with pytest.raises(NotReconciled):
        say(book, "confirm", CLERK, "2026-07-11")
    say(book, "open", WANG, "2026-07-11")
    with pytest.raises(AlreadyOpened):
        say(book, "open", WANG, "2026-07-11")
    assert (told(book, "2026-07-14").answer.state, told(book, "2026-07-14").answer.until) == ("awaited", date(2026, 7, 14))
    say(book, "object", CLERK, "2026-07-12", objections=[{"entry": f"{P}#6", "text": "进账单已补"}])
    objected = told(book, "2026-07-12").answer
    assert (objected.state, objected.objections[0].text) == ("objected", "进账单已补")
    say(book, "confirm", CLERK, "2026-07-13")
    assert told(book, "2026-07-13").answer.state == "confirmed"
    with pytest.raises(AlreadyAnswered):
        say(book, "object", CLERK, "2026-07-13", objections=[{"text": "又不对"}])
    assert told(book, "2026-07-12").answer.state == "objected"


@pytest.mark.parametrize(("silence", "state"), [("confirms", "silent_confirmed"), ("stays_open", "silent_open")])
def test_what_silence_means_is_the_districts_to_say(silence: str, state: str):
    book = settled(reconciliation_days=3, silence=silence)
    say(book, "open", WANG, "2026-07-11")
    assert told(book, "2026-07-14").answer.state == "awaited"
    assert told(book, "2026-07-15").answer.state == state
    with pytest.raises(ReasonNeeded):
        say(book, "confirm", CLERK, "2026-07-15")
    say(book, "confirm", CLERK, "2026-07-15", reason="出差")
    assert told(book, "2026-07-15").answer.state == "confirmed"


def test_nobody_answers_for_another_unit_nor_opens_but_the_office():
    book = settled()
    with pytest.raises(NotPermitted):
        say(book, "open", CLERK, "2026-07-11")
    say(book, "open", WANG, "2026-07-11")
    with pytest.raises(NotPermitted):
        say(book, "confirm", STRANGER, "2026-07-12", unit="street-a")
