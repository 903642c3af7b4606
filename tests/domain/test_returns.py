"""月报: submitted, recalled, sent back, revised, signed, accepted; late, missing and nothing to report are three things."""

from datetime import date
from typing import Any

import pytest

from domain.entry import Entry, Role
from domain.errors import NotPermitted, ReasonNeeded, Refused, SelfApproval, UnknownEntry
from domain.history import View
from domain.judgement import Annulled, Corrected, CorrectionProposed
from domain.office.period import AlreadyClosed, DeadlineBeforePeriodEnds, NotLater, span_of
from domain.office.returned import returns
from domain.office.returns import AlreadyAccepted, AlreadySubmitted, NoReturn, NotSigned, TwoThingsAboutOne
from domain.project.funds import VoucherAlreadyCounted
from domain.questions.returns import BoardRow, board, grid, return_now
from domain.questions.timeline import timeline
from domain.settings import Settings
from tests.given import LI, WANG, Book, P, a_project, actor, yuan

CLERK = actor("p-clerk", "street-a", Role.UNIT)
LEADER = actor("p-zhao", "street-a", Role.UNIT)
STRANGER = actor("p-qian", "street-b", Role.UNIT)
PERIOD = "period:2026-06"


def opened(**more: Any) -> Book:
    book = a_project()
    said = {"occurred_on": "2026-06-01", "code": "2026-06", "deadline": "2026-07-05", **more}
    book.record(None, "periods", stream="period", at="2026-06-01", **said)
    return book


def arrived(amount: str = "5000.00", voucher: str = "V-1", **more: Any) -> dict[str, Any]:
    funds = {"act": "receive", "occurred_on": "2026-06-28", "amount": yuan(amount), "voucher": voucher}
    return {"project": P, "noun": "funds", "command": funds, **more}


def held(count: int, **more: Any) -> dict[str, Any]:
    return {"project": P, "noun": "jobs", "command": {"occurred_on": "2026-06-30", "count": count}, **more}


def act(book: Book, what: str, by: Any, at: str, **said: Any) -> list[Entry]:
    more = {"occurred_on": at} if what == "submit" else {}
    return book.record(PERIOD, "returns", stream="period", by=by, at=at, act=what, **more, **said)


def submitted(*lines: dict[str, Any], book: Book | None = None, at: str = "2026-07-03", **said: Any) -> Book:
    book = book or opened()
    act(book, "submit", CLERK, at, lines=list(lines), **said)
    return book


def accepted(*lines: dict[str, Any]) -> Book:
    book = submitted(*lines)
    act(book, "sign", LEADER, "2026-07-04")
    act(book, "accept", WANG, "2026-07-05", unit="street-a")
    return book


def in_force(book: Book) -> dict[int, str]:
    """The facts of returns that count, by number: amount or count."""
    facts = [s for s in book.view(P).facts if s.original.envelope.returned_in]
    return {s.number: str(getattr(s.fact, "count", None) or s.fact.amount.amount) for s in facts}  # type: ignore[attr-defined]


def row(book: Book, on: str, unit: str = "street-a") -> BoardRow:
    view: View = book.view(PERIOD, known=on)
    return next(r for r in board(view, ["street-a"], date.fromisoformat(on)).rows if r.unit == unit)


def test_submitting_records_every_fact_and_each_names_the_return():
    book = submitted(arrived(), held(30))
    facts = [e for e in book.history(P).entries if e.envelope.returned_in]
    assert [e.envelope.returned_in for e in facts] == [f"{PERIOD}#2", f"{PERIOD}#2"]
    assert len({e.envelope.batch for e in [*facts, book.history(PERIOD).entries[-1]]}) == 1
    assert in_force(book) == {5: "5000.00", 6: "30"}


def test_a_line_that_is_refused_leaves_nothing_recorded_and_says_where_it_stands():
    book = opened()
    before = book.position
    with pytest.raises(VoucherAlreadyCounted) as refused:
        submitted(arrived(), arrived("1.00"), book=book)
    assert refused.value.pointer == "/lines/1/command/voucher"
    assert P in refused.value.about
    assert book.position == before


def test_the_facts_of_a_return_are_marked_as_they_stand_together():
    book = opened()
    signing = {"occurred_on": "2026-06-25", "level": "agreement", "counterparty": "甲公司", "agreed": yuan("90.00")}
    end = {"act": "end", "occurred_on": "2026-06-26", "how": "lost"}
    jobs: dict[str, Any] = {"occurred_on": "2026-06-27", "count": 3}
    late = {"project": P, "noun": "jobs", "command": jobs}
    ended = {"project": P, "noun": "endings", "command": end}
    with pytest.raises(ReasonNeeded, match="after_ending") as refused:
        submitted(late, ended, book=book)  # the ending stands below, and counts all the same
    assert refused.value.pointer == "/lines/0/command/reason"
    jobs["reason"] = "已发生"
    submitted({"project": P, "noun": "signings", "command": signing}, late, ended, book=book)
    marks = {e.number: [i.rule for i in e.envelope.irregular] for e in book.history(P).entries}
    assert {n: m for n, m in marks.items() if m} == {6: ["after_ending"]}


def test_before_it_is_accepted_the_unit_puts_a_typo_right_alone_and_at_once():
    book = submitted(arrived("50000.00"))
    reads = {"kind": "funds_received", **arrived("5000.00")["command"]}
    del reads["act"]
    [entry] = book.record(P, "corrections", by=CLERK, at="2026-07-04", target=5, reads=reads, because="多打一个零")
    assert isinstance(entry.event, Corrected)
    assert in_force(book) == {5: "5000.00"}
    [moment] = [m for m in timeline(book.view(P), Settings()).moments if m.number == 5]
    assert (moment.marks, [w.entry for w in moment.wordings]) == (("corrected",), [f"{P}#5", f"{P}#6"])
    assert moment.sources == (f"{P}#5", f"{P}#6")


def test_another_unit_or_a_fact_in_no_return_needs_a_second_person_all_the_same():
    book = submitted(arrived("50000.00"))
    reads = {"kind": "funds_received", "occurred_on": "2026-06-28", "amount": yuan("1.00"), "voucher": "V-1"}
    [proposal] = book.record(P, "corrections", by=WANG, at="2026-07-04", target=5, reads=reads, because="办公室核对")
    assert isinstance(proposal.event, CorrectionProposed)
    talk = {"kind": "negotiation_held", "occurred_on": "2026-01-06", "with_whom": "甲公司"}
    [proposal] = book.record(P, "corrections", by=CLERK, at="2026-07-04", target=3, reads=talk, because="笔误")
    assert isinstance(proposal.event, CorrectionProposed)


def test_once_accepted_only_a_second_person_puts_it_right():
    book = accepted(arrived("50000.00"))
    reads = {"kind": "funds_received", "occurred_on": "2026-06-28", "amount": yuan("5000.00"), "voucher": "V-1"}
    [proposal] = book.record(P, "corrections", by=CLERK, at="2026-07-06", target=5, reads=reads, because="多打一个零")
    assert isinstance(proposal.event, CorrectionProposed)
    assert in_force(book) == {5: "50000.00"}
    book.record(P, "approvals", by=LI, at="2026-07-07", act="approve", proposal=proposal.number)
    assert in_force(book) == {5: "5000.00"}


def test_recalled_and_submitted_again_nothing_counts_twice_and_nothing_is_lost():
    book = submitted(arrived(), held(30))
    entries = act(book, "recall", CLERK, "2026-07-04", because="填报有误")
    assert [type(e.event) for e in entries[1:]] == [Annulled, Annulled]
    assert in_force(book) == {}
    submitted(arrived("4000.00"), held(31), book=book, at="2026-07-05")
    assert sorted(in_force(book).values()) == ["31", "4000.00"]
    told = timeline(book.view(P), Settings())
    assert [m.number for m in told.moments if "annulled" in m.marks] == [5, 6]
    assert in_force(book) == {9: "4000.00", 10: "31"}


def test_a_recall_takes_back_its_own_return_not_what_was_reinstated_of_an_earlier_one():
    book = submitted(arrived())
    act(book, "recall", CLERK, "2026-07-04", because="填报有误")
    book.record(P, "reinstatements", at="2026-07-04", by=WANG, target=5, because="确已到账")
    book.record(P, "approvals", at="2026-07-04", by=LI, act="approve", proposal=7)
    submitted(held(31), book=book, at="2026-07-05")
    act(book, "recall", CLERK, "2026-07-05", because="再撤")
    assert in_force(book) == {5: "5000.00"}


def test_sent_back_it_goes_on_counting_and_is_revised_line_by_line():
    book = submitted(arrived(), held(30), arrived("7.00", "V-2"))
    act(book, "send_back", WANG, "2026-07-04", unit="street-a", because="人数请核实")
    assert len(in_force(book)) == 3
    submitted(arrived(), held(33, entry=6), arrived("9.00", "V-3"), book=book, at="2026-07-05", note="已核实")
    assert in_force(book) == {5: "5000.00", 6: "33", 10: "9.00"}  # V-2 left out, V-3 new
    act(book, "sign", LEADER, "2026-07-05")
    act(book, "accept", WANG, "2026-07-05", unit="street-a")
    with pytest.raises(AlreadyAccepted):
        submitted(arrived(), book=book)
    with pytest.raises(AlreadyAccepted):
        act(book, "recall", CLERK, "2026-07-06", because="x")


def test_a_revised_line_names_a_fact_of_the_return():
    book = submitted(arrived())
    act(book, "send_back", WANG, "2026-07-04", unit="street-a", because="核实")
    with pytest.raises(UnknownEntry) as refused:
        submitted(held(3, entry=4), book=book)
    assert refused.value.pointer == "/lines/0/entry"


def test_who_submitted_neither_signs_nor_accepts_and_the_office_waits_for_the_signature():
    book = submitted(arrived())
    with pytest.raises(SelfApproval):
        act(book, "sign", CLERK, "2026-07-04")
    with pytest.raises(NotPermitted):
        act(book, "sign", STRANGER, "2026-07-04", unit="street-a")
    with pytest.raises(NotSigned):
        act(book, "accept", WANG, "2026-07-04", unit="street-a")
    with pytest.raises(NotPermitted):
        act(book, "accept", LEADER, "2026-07-04", unit="street-a")
    act(book, "sign", LEADER, "2026-07-04")
    assert returns(book.view(PERIOD))["street-a"].state == "signed"


def test_a_district_may_accept_without_a_signature():
    book = opened()
    settings = Settings(returns_need_signature=False).model_dump(mode="json")
    book.record("district", "settings", stream="district", occurred_on="2026-06-02", settings=settings)
    submitted(arrived(), book=book)
    act(book, "accept", WANG, "2026-07-04", unit="street-a")
    assert row(book, "2026-07-04").state == "accepted"


def test_a_unit_reports_for_itself_and_once():
    book = submitted(arrived())
    with pytest.raises(AlreadySubmitted):
        submitted(held(3), book=book)
    with pytest.raises(NotPermitted):
        act(book, "submit", STRANGER, "2026-07-03", unit="street-a", nothing_to_report=True)
    with pytest.raises(NoReturn):
        act(book, "recall", STRANGER, "2026-07-03", because="x")
    with pytest.raises(NotPermitted):
        act(book, "submit", STRANGER, "2026-07-03", lines=[held(3)])
    with pytest.raises(TwoThingsAboutOne):
        submitted(held(3), book=opened(), no_change=[P])


def test_not_reported_nothing_to_report_and_late_are_three_things():
    book = opened()
    waiting = row(book, "2026-07-01")
    assert (waiting.state, waiting.overdue, waiting.late) == ("not_reported", False, False)
    missing = row(book, "2026-07-06")
    assert (missing.state, missing.overdue) == ("not_reported", True)
    with pytest.raises(ReasonNeeded, match="after_deadline"):
        submitted(held(30), book=book, at="2026-07-08")
    entries = act(book, "submit", CLERK, "2026-07-08", lines=[held(30)], reason="系统停电")
    assert {i.rule for e in entries for i in e.envelope.irregular} == {"after_deadline"}
    assert all(e.envelope.irregular for e in entries)
    late = row(book, "2026-07-08")
    assert (late.state, late.overdue, late.late, late.empty) == ("submitted", False, True, False)
    assert "late" in timeline(book.view(P), Settings()).moments[-1].marks

    quiet = opened()
    act(quiet, "submit", CLERK, "2026-07-03", nothing_to_report=True)
    nothing = row(quiet, "2026-07-03")
    assert (nothing.state, nothing.late, nothing.empty) == ("nothing_to_report", False, True)


def test_lateness_counts_from_the_first_submission_and_an_extension_moves_the_day():
    book = submitted(held(30))
    act(book, "send_back", WANG, "2026-07-07", unit="street-a", because="核实")
    act(book, "submit", CLERK, "2026-07-09", lines=[held(31)])
    assert not any(e.envelope.irregular for e in book.history(PERIOD).entries)
    assert row(book, "2026-07-09").late is False
    late = opened()
    act(late, "submit", CLERK, "2026-07-08", lines=[held(30)], reason="停电")
    assert row(late, "2026-07-08").late is True
    with pytest.raises(NotLater):
        extend(late, "2026-07-05")
    extend(late, "2026-07-10")
    assert (row(late, "2026-07-09").late, row(late, "2026-07-09").extended) == (False, True)
    assert row(late, "2026-07-08").late is True  # as known before the extension


def extend(book: Book, until: str) -> None:
    ground = {"unit": "street-a", "until": until, "ground": "汛期"}
    book.record(PERIOD, "extensions", stream="period", at="2026-07-09", occurred_on="2026-07-09", **ground)


def test_a_period_has_a_name_a_span_a_deadline_and_an_end():
    assert (str(span_of("2026-02")), str(span_of("2028-02"))) == ("2026-02-01..2026-02-28", "2028-02-01..2028-02-29")
    assert (str(span_of("2026-Q2")), str(span_of("2026"))) == ("2026-04-01..2026-06-30", "2026-01-01..2026-12-31")
    with pytest.raises(DeadlineBeforePeriodEnds):
        opened(deadline="2026-06-29")
    book = opened()
    book.record(PERIOD, "closings", stream="period", occurred_on="2026-06-30")
    with pytest.raises(AlreadyClosed):
        submitted(held(3), book=book)
    with pytest.raises(AlreadyClosed):
        book.record(PERIOD, "closings", stream="period", occurred_on="2026-06-30")


def test_a_unit_of_the_office_only_reports_what_it_may():
    book = opened()
    with pytest.raises(Refused):
        book.record(PERIOD, "returns", stream="period", by=CLERK, at="2026-07-03", occurred_on="2026-07-03", act="submit")


def test_the_grid_shows_what_the_ledger_knows_of_each_project():
    book = submitted(arrived(), held(30))
    found = return_now(book.view(PERIOD), "street-a", {P: book.view(P)}, date(2026, 7, 4), Settings())
    assert [(f.entry, f.figures[0].state) for f in found.facts] == [(f"{P}#5", "not_judged"), (f"{P}#6", "not_judged")]
    [known] = grid([book.view(P)], found, Settings(), span_of("2026-06"))
    assert {f.measure: str(f.value) for f in known.known} == {"agreed": "100000000.00", "received": "5000.00", "jobs": "30"}
    assert (known.name, known.returned, known.no_change) == ("西湖里", (f"{P}#5", f"{P}#6"), False)
