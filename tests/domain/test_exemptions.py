"""剔除与免责: who may be exempt from what, and which clocks stand still."""

from datetime import date
from typing import Any

import pytest

from domain.errors import NoDocument, NotFound, NotPermitted, SelfApproval, UnknownEntry, UnknownPerson
from domain.exempting import ExemptionOver, UnknownGround, running, shifted
from domain.office.returned import returns
from domain.project.exemptions import ExemptionEnded, ExemptionGranted
from domain.questions.exemptions import exemptions_now
from domain.questions.planning import PeriodPlan
from domain.questions.returns import board
from domain.questions.status import MarkNow
from tests.given import CLERK, LI, WANG, Book, P, a_project, actor, district, standing_in, yuan

FLOOD = {"ground": "force_majeure", "because": "汛期", "approver": "p-li", "document": "〔2026〕8号"}
JULY_AUGUST = {"since": "2026-07-01", "until": "2026-08-31"}


def exempt(book: Book, label: str = P, stream: str = "project", **more: Any) -> int:
    body = {"act": "grant", "occurred_on": "2026-06-20", "period": JULY_AUGUST, **FLOOD, **more}
    return book.record(label, "exemptions", stream=stream, **body)[0].number


def planned(due: str = "2026-06-30", **more: Any) -> Book:
    """A project whose start was planned on 15 January."""
    book = a_project()
    book.record(P, "plans", at="2026-01-15", act="adopt", occurred_on="2026-01-15", start=due, **more)
    return book


def mark(book: Book, on: str, name: str = "not_started_when_due") -> MarkNow | None:
    return next((m for m in book.status(on=on).marks if m.mark == name), None)


def test_a_project_is_exempt_for_a_time_under_a_document():
    book = a_project()
    number = exempt(book)
    found = book.status(on="2026-07-15").exemptions
    assert [(e.entry, e.ground, str(e.since), str(e.until), e.approver, e.document) for e in found] == [
        (f"{P}#{number}", "force_majeure", "2026-07-01", "2026-08-31", "p-li", "〔2026〕8号")
    ]


def test_an_exemption_repeated_is_a_second_one_and_the_days_are_left_out_once():
    book = planned()
    exempt(book)
    exempt(book)
    found = mark(book, "2026-09-30")
    assert found is not None
    assert found.clock is not None
    assert (str(found.clock.due), found.clock.days) == ("2026-08-31", 30)


def test_without_a_document_nobody_is_exempt():
    with pytest.raises(NoDocument):
        exempt(a_project(), document=None)
    with pytest.raises(NoDocument):
        exempt(a_project(), "unit:street-a", "unit", document=None)


def test_who_records_an_exemption_has_not_approved_it():
    with pytest.raises(SelfApproval) as refused:
        exempt(a_project(), approver="p-wang")
    assert refused.value.pointer == "/approver"
    with pytest.raises(SelfApproval):
        exempt(standing_in(a_project(), "p-wang", "p-zhao"), on_behalf_of="p-zhao", approver="p-zhao")


def test_a_correction_does_not_make_its_recorder_the_approver_either():
    book = a_project()
    number = exempt(book)
    reads = {"kind": "exemption_granted", "occurred_on": "2026-06-20", "period": JULY_AUGUST, **FLOOD}
    del reads["document"]
    for by in (WANG, actor("p-qian")):
        wrong = reads | {"approver": by.person}
        with pytest.raises(SelfApproval):
            book.record(P, "corrections", by=by, target=number, reads=wrong, because="笔误")
    with pytest.raises(SelfApproval):
        book.record(P, "corrections", by=LI, target=number, reads=reads | {"approver": "p-wang"}, because="笔误")


def test_an_exemption_is_corrected_and_annulled_as_every_fact_is():
    book = planned()
    number = exempt(book)
    reads: dict[str, Any] = {"kind": "exemption_granted", "occurred_on": "2026-06-20", **FLOOD}
    reads["period"] = {"since": "2026-07-01", "until": "2026-07-31"}
    del reads["document"]
    asked = book.record(P, "corrections", target=number, reads=reads, because="笔误", at="2026-07-01")[0]
    before = mark(book, "2026-08-15")
    book.record(P, "approvals", by=LI, act="approve", proposal=asked.number, at="2026-07-02")
    after = mark(book, "2026-08-15")
    assert before is not None
    assert after is not None
    assert (before.exempted, after.exempted) == ((f"{P}#{number}",), ())
    assert after.clock is not None
    assert after.clock.exempted == (f"{P}#{number}", asked.citation, f"{P}#{asked.number + 1}")
    asked = book.record(P, "annulments", target=number, because="未批准", at="2026-07-03")[0]
    book.record(P, "approvals", by=LI, act="approve", proposal=asked.number, at="2026-07-04")
    assert book.status(on="2026-08-15").exemptions == ()


def test_an_unknown_ground_or_person_or_project_is_refused():
    with pytest.raises(UnknownGround, match="mood"):
        exempt(a_project(), ground="mood")
    with pytest.raises(UnknownPerson, match="p-nobody"):
        exempt(a_project(), approver="p-nobody")
    with pytest.raises(NotFound):
        exempt(a_project(), "XM-2026-099")


def test_only_the_office_exempts():
    for label, stream in ((P, "project"), ("unit:street-a", "unit")):
        with pytest.raises(NotPermitted):
            exempt(a_project(), label, stream, by=CLERK)


def test_no_return_brings_an_exemption():
    book = a_project()
    book.record(None, "periods", stream="period", occurred_on="2026-06-30", code="2026-06", deadline="2026-07-05")
    grant = {"act": "grant", "occurred_on": "2026-06-20", "period": JULY_AUGUST, **FLOOD}
    line = {"project": P, "noun": "exemptions", "command": grant}
    with pytest.raises(ValueError, match="noun"):
        book.record("period:2026-06", "returns", stream="period", act="submit", occurred_on="2026-06-30", lines=[line])


def test_an_ended_exemption_exempts_no_longer_from_its_end_on():
    book = planned()
    number = exempt(book)
    ended = {"act": "end", "exemption": number, "occurred_on": "2026-07-11", "because": "水退"}
    end = book.record(P, "exemptions", at="2026-07-12", **ended)[0]
    assert isinstance(end.event, ExemptionEnded)
    found = book.status(on="2026-07-20").exemptions[0]
    assert (str(found.until), found.ended_early) == ("2026-07-10", True)
    assert found.sources == (f"{P}#{number}", end.citation)
    before = book.status(on="2026-07-20", known="2026-07-11").exemptions[0]
    assert str(before.until) == "2026-08-31"
    with pytest.raises(ExemptionOver):
        book.record(P, "exemptions", at="2026-07-13", **ended | {"occurred_on": "2026-07-13"})
    with pytest.raises(UnknownEntry):
        book.record(P, "exemptions", at="2026-07-13", **ended | {"exemption": 2})


def test_an_exemption_that_is_over_is_not_ended():
    book = a_project()
    number = exempt(book, period={"since": "2026-03-01", "until": "2026-03-31"})
    with pytest.raises(ExemptionOver, match="2026-03-31"):
        book.record(P, "exemptions", act="end", exemption=number, occurred_on="2026-04-01", because="水退")


def test_a_clock_does_not_run_on_exempt_days_and_the_mark_stays_visible():
    book = planned()
    number = exempt(book)
    found = mark(book, "2026-08-31")
    assert found is not None
    assert found.clock is not None
    assert (found.since, found.exempted, found.clock.exempt) == (date(2026, 6, 30), (f"{P}#{number}",), True)
    later = mark(book, "2026-09-10")
    assert later is not None
    assert later.clock is not None
    assert (later.exempted, later.clock.exempted, later.clock.days) == ((), (f"{P}#{number}",), 10)


def test_before_the_exemption_was_granted_the_mark_bears_nothing_of_it():
    book = planned("2026-03-31")
    exempt(book, period={"since": "2026-04-01", "until": "2026-05-31"}, at="2026-06-25")
    early, known_before = mark(book, "2026-05-31"), book.status(on="2026-07-01", known="2026-06-24")
    assert early is not None
    assert early.exempted == ()
    assert known_before.exemptions == ()
    later = mark(book, "2026-06-20")
    assert later is not None
    assert later.clock is not None
    assert later.clock.days == 20


def test_days_exempt_before_the_due_date_move_it_and_days_before_the_plan_do_not():
    book = planned("2026-06-30")
    exempt(book, period={"since": "2026-01-10", "until": "2026-01-20"}, occurred_on="2026-02-01")
    found = mark(book, "2026-12-31")
    assert found is not None
    assert found.clock is not None
    assert str(found.clock.due) == "2026-07-05"


def test_an_exemption_from_something_else_stops_no_clock():
    book = planned(completion="2026-06-30")
    exempt(book, indicators=["completions", "invested"])
    start, completion = mark(book, "2026-07-31"), mark(book, "2026-07-31", "completion_overdue")
    assert start is not None
    assert completion is not None
    assert (start.exempted, bool(completion.exempted)) == ((), True)


def test_without_exemptions_a_mark_counts_its_days():
    found = mark(planned(), "2026-07-10")
    assert found is not None
    assert found.clock is not None
    assert (found.clock.due, found.clock.days, found.clock.exempt) == (date(2026, 6, 30), 10, False)


@pytest.mark.parametrize("on", [date(2026, 6, 1), date(2026, 6, 30), date(2026, 7, 20), date(2026, 12, 31)])
def test_a_clock_counts_as_one_would_on_a_calendar(on: date):
    spans = [(date(2026, 3, 1), date(2026, 3, 10)), (date(2026, 7, 15), date(2026, 7, 20))]
    exempt_days = {date.fromordinal(n) for a, b in spans for n in range(a.toordinal(), b.toordinal() + 1)}
    due, begun = date(2026, 6, 30), date(2026, 2, 1)
    allotted, day = (due - begun).days, begun
    while allotted:
        day = date.fromordinal(day.toordinal() + 1)
        allotted -= day not in exempt_days
    assert shifted(due, begun, spans) == day
    late = [n for n in range(day.toordinal() + 1, on.toordinal() + 1) if date.fromordinal(n) not in exempt_days]
    assert running(day, on, spans) == len(late)


def month(book: Book, **submitted: Any) -> Book:
    book.record(
        None, "periods", stream="period", at="2026-08-01", occurred_on="2026-08-01", code="2026-07", deadline="2026-08-05"
    )
    return book


def row(book: Book, unit: str = "street-a", on: str = "2026-08-20") -> Any:
    units = {u: book.view(f"unit:{u}", on) for u in ("street-a", "street-b")}
    found = board(book.view("period:2026-07", on), ["street-a", "street-b"], date.fromisoformat(on), units)
    return next(r for r in found.rows if r.unit == unit)


def test_a_unit_exempt_for_the_whole_period_need_not_report():
    book = month(a_project())
    number = exempt(book, "unit:street-a", "unit", indicators=["returns"])
    found, other = row(book), row(book, "street-b")
    assert (found.state, found.overdue, found.exempted) == ("exempt", False, (f"unit:street-a#{number}",))
    assert (other.state, other.overdue, other.exempted) == ("not_reported", True, ())


def test_a_unit_exempt_for_a_part_of_the_period_or_from_other_things_must_report():
    book = month(a_project())
    exempt(book, "unit:street-a", "unit", period={"since": "2026-07-02", "until": "2026-12-31"})
    exempt(book, "unit:street-a", "unit", indicators=["received"])
    assert (row(book).state, row(book).overdue) == ("not_reported", True)


def test_an_exempt_unit_that_reports_late_all_the_same_is_not_asked_why():
    book = month(a_project())
    submit = {"act": "submit", "occurred_on": "2026-08-10", "nothing_to_report": True, "unit": "street-a"}
    exempt(book, "unit:street-a", "unit")
    entry = book.record("period:2026-07", "returns", stream="period", at="2026-08-10", **submit)[0]
    found = row(book)
    assert entry.envelope.irregular == ()
    assert (found.state, found.late, bool(found.exempted)) == ("nothing_to_report", True, True)
    assert list(returns(book.view("period:2026-07"))) == ["street-a"]


def test_the_plan_of_a_year_tells_its_exemptions_and_is_divided_by_plans_alone():
    book = a_project()
    year = {"since": "2026-01-01", "until": "2026-12-31"}
    for day, amount in (("2026-01-20", "1000.00"), ("2026-05-20", "800.00")):
        plan = {"act": "period", "occurred_on": day, "period": year, "investment": yuan(amount)}
        book.record(P, "plans", at=day, **plan)
    book.record(P, "construction", act="start", occurred_on="2026-02-01", reason="直接开工")
    june = {"since": "2026-06-01", "until": "2026-06-30"}
    progress = {"act": "progress", "occurred_on": "2026-06-30", "period": june, "invested": yuan("200.00")}
    book.record(P, "construction", **progress)
    number = exempt(book, indicators=["invested"])
    found: PeriodPlan = book.status(on="2026-07-31").period_plans[0]
    assert found.achieved is not None
    assert (str(found.achieved.value), str(found.ratio), str(found.ratio_of_original)) == ("200.00", "0.2500", "0.2000")
    assert found.exempted == (f"{P}#{number}",)


def test_a_withheld_or_zero_plan_is_no_denominator():
    for investment in ({"blank": "withheld", "reason": "涉密"}, yuan("0")):
        book = a_project()
        june = {"since": "2026-06-01", "until": "2026-06-30"}
        plan = {"act": "period", "occurred_on": "2026-06-02", "period": june, "investment": investment}
        book.record(P, "plans", **plan)
        progress = {"act": "progress", "occurred_on": "2026-06-30", "period": june, "invested": yuan("200.00")}
        book.record(P, "construction", **progress)
        found = book.status().period_plans[0]
        assert (found.achieved is not None, found.ratio, found.ratio_of_original) == (True, None, None)


def test_exemptions_running_on_a_day_are_named():
    book = a_project()
    exempt(book)
    exempt(book, "unit:street-a", "unit", period={"since": "2026-09-01", "until": "2026-09-30"})
    views = [book.view(P, "2026-07-31"), book.view("unit:street-a", "2026-07-31")]
    day = date(2026, 7, 31)
    assert [e.stream for e in exemptions_now(views, day, day)] == [P]
    assert exemptions_now(views, day, day, "tax")[0].entry == f"{P}#5"
    assert isinstance(book.history(P).entries[4].event, ExemptionGranted)


def test_grounds_are_the_districts_own_words():
    book = district()
    settings = {"exemption_grounds": [{"word": "flood", "zh": "汛情", "en": "flood"}]}
    book.record("district", "settings", stream="district", occurred_on="2026-01-02", settings=settings)
    a_project(book)
    exempt(book, ground="flood")
    with pytest.raises(UnknownGround):
        exempt(book, ground="policy")
