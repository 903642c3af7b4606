"""Sentences of DESIGN §3 that have no other place: each a test by name."""

from typing import Any

import pytest

from domain.entry import Role
from domain.errors import InTheFuture, NotPermitted, ReasonNeeded
from domain.fact import KINDS, Stage
from domain.project.periods import PeriodAlreadyReported
from domain.questions.irregularities import irregularities
from domain.questions.responsibilities import responsibilities
from domain.questions.stages import intervals
from domain.settings import Settings
from tests.domain.test_time import assign, hand_over, holder
from tests.given import CLERK, Book, P, a_project, actor, yuan


def test_only_responsibilities_posts_shares_and_gates_may_begin_later():
    later = {topic for topic, kind in KINDS.items() if kind.may_begin_later}
    assert later == {
        "responsibility_assigned",
        "responsibility_handed_over",
        "responsibility_ended",
        "post_taken",
        "post_left",
        "stand_in_appointed",
        "enterprise_share_stated",
        "shares_agreed",
        "shares_ended",
        "gates_adopted",
    }
    with pytest.raises(InTheFuture):
        a_project().record(P, "transfers", occurred_on="2026-07-01", from_unit="street-a", to_unit="street-b")


def test_a_plan_period_may_lie_ahead_but_is_adopted_by_today():
    book = a_project()
    year = {"since": "2027-01-01", "until": "2027-12-31"}
    book.record(P, "plans", act="period", occurred_on="2026-06-30", period=year, investment=yuan("-5"))
    assert [str(p.period) for p in book.status().period_plans] == ["2027-01-01..2027-12-31"]
    with pytest.raises(InTheFuture):
        book.record(P, "plans", act="period", occurred_on="2027-01-01", period=year, investment=yuan("5"))


def test_a_unit_that_no_longer_holds_anything_asks_for_no_correction():
    book = a_project()
    entry = book.record(P, "jobs", by=CLERK, occurred_on="2026-03-01", count=10)[0]
    book.record(P, "transfers", occurred_on="2026-04-01", from_unit="street-a", to_unit="street-b")
    asked = {"target": entry.number, "because": "错"}
    with pytest.raises(NotPermitted):
        book.record(P, "annulments", by=CLERK, **asked)
    book.record(P, "annulments", by=actor("p-qian", "street-b", Role.UNIT), **asked)


def test_leaving_a_post_ends_no_responsibility():
    book = a_project()
    post = {"unit": "street-a", "title": "专员"}
    book.record("person:p-zhao", "posts", stream="person", at="2026-01-05", act="take", occurred_on="2026-01-05", **post)
    assign(book, "p-zhao", "2026-01-05", at="2026-01-06")
    book.record("person:p-zhao", "posts", stream="person", act="leave", occurred_on="2026-03-01", **post)
    assert holder(book, on="2026-04-01") == ["p-zhao"]


def test_a_handover_ends_only_the_tenure_of_the_one_it_names():
    book = a_project()
    for person in ("p-zhao", "p-li"):
        who = {"person": person, "unit": "street-a"}
        book.record(P, "responsibilities", act="assign", role="team", holder=who, occurred_on="2026-02-01")
    two = {"outgoing": {"person": "p-li"}, "incoming": {"person": "p-qian"}}
    book.record(P, "responsibilities", act="hand_over", role="team", occurred_on="2026-03-01", **two)
    held = [h for h in book.status(on="2026-03-01").responsible if h.role == "team"]
    assert sorted(h.holder.person or "" for h in held) == ["p-qian", "p-zhao"]


def test_a_handover_recorded_late_before_another_one_is_irregular_where_it_breaks_the_chain():
    book = a_project()
    assign(book, "p-zhao", "2026-01-05", at="2026-01-06")
    hand_over(book, "p-zhao", "p-qian", "2026-03-20", at="2026-03-20")
    hand_over(book, "p-zhao", "p-li", "2026-02-10", at="2026-04-20")
    assert holder(book, on="2026-02-15") == ["p-li"]
    assert holder(book, on="2026-03-25") == ["p-li", "p-qian"]
    marks = [(m.number, m.rule) for m in irregularities(book.view(), Settings())]
    assert marks == [(6, "handover_by_non_holder")]
    overlaps = responsibilities(book.view(on="2026-04-30"), Settings()).overlaps
    assert [(o.role, str(o.since), o.until) for o in overlaps] == [("project_officer", "2026-03-20", None)]


def test_a_statistical_period_that_overlaps_another_is_refused_and_the_same_one_is_cited_anew():
    book = a_project()
    june = {"since": "2026-06-01", "until": "2026-06-30"}
    cited = {"act": "cite", "measure": "invested", "occurred_on": "2026-06-30", "publication": "月报"}
    book.record(P, "statistics", **cited, period=june, amount=yuan("100"))
    with pytest.raises(PeriodAlreadyReported):
        book.record(P, "statistics", **cited, period={"since": "2026-01-01", "until": "2026-06-30"}, amount=yuan("1"))
    book.record(P, "statistics", **(cited | {"measure": "tax"}), period=june, amount=yuan("7"))
    book.record(P, "statistics", **cited, period=june, amount=yuan("0"))
    found = {m.measure: m.statistical for m in book.status().measures}
    assert found["invested"] is not None
    assert (str(found["invested"].value), found["invested"].sources) == ("0.00", (f"{P}#{book.history(P).version}",))


def test_of_two_levels_of_one_day_the_higher_number_stands():
    book = a_project()
    for count in (5, 9):
        book.record(P, "jobs", occurred_on="2026-03-01", count=count)
    book.record(P, "jobs", occurred_on="2026-02-01", count=4)
    jobs = next(m for m in book.status().measures if m.measure == "jobs")
    assert jobs.reported is not None
    assert jobs.reported.value == 9


def progress(book: Book, month: int, last: int, **figures: Any) -> None:
    until = f"2026-{month:02d}-{last}"
    period = {"since": f"2026-{month:02d}-01", "until": until}
    book.record(P, "construction", act="progress", occurred_on=until, period=period, **figures)


def test_sums_that_disagree_and_a_year_that_shrinks_are_marks():
    book = a_project()
    progress(book, 3, 31, invested=yuan("100"), invested_this_year=yuan("100"), invested_since_start=yuan("100"))
    with pytest.raises(ReasonNeeded, match="sums_disagree"):
        progress(book, 4, 30, invested=yuan("50"), invested_this_year=yuan("140"), invested_since_start=yuan("150"))
    progress(book, 4, 30, invested_this_year=yuan("100"))
    with pytest.raises(ReasonNeeded, match="level_falls"):
        progress(book, 5, 31, invested_this_year=yuan("90"))


def test_the_meanings_of_blank_are_kept_apart_and_never_zero():
    book = a_project()
    day = {"occurred_on": "2026-06-01"}
    book.record(P, "plans", act="adopt", **day, start={"blank": "withheld", "reason": "涉密"}, investment=yuan("0"))
    plan = {f.field: f.in_force for f in book.status().plan}
    assert [plan[f].blank for f in ("start", "completion", "investment")] == ["withheld", "not_mentioned", None]
    assert plan["start"].value is None
    book.record(P, "plans", act="revise", occurred_on="2026-06-02", start={"blank": "none_provided"})
    revised = {f.field: f for f in book.status().plan}
    assert (revised["start"].original.blank, revised["start"].in_force.blank) == ("withheld", "none_provided")
    assert revised["investment"].in_force.sources == plan["investment"].sources


def test_a_skipped_stage_is_an_empty_interval_and_the_stage_never_moves_back():
    book = a_project()
    book.record(P, "construction", act="start", occurred_on="2026-03-01", reason="先建后补")
    book.record(P, "negotiations", occurred_on="2026-04-01", with_whom="乙公司")
    lived = [(i.stage, str(i.since), i.until and str(i.until)) for i in intervals(book.view())]
    assert lived == [
        (Stage.LEAD, "2026-01-03", "2026-01-05"),
        (Stage.NEGOTIATING, "2026-01-05", "2026-01-10"),
        (Stage.SIGNED, "2026-01-10", "2026-03-01"),
        (Stage.UNDER_CONSTRUCTION, "2026-03-01", None),
    ]


def test_facts_of_the_day_of_an_ending_are_regular_and_later_ones_only_until_a_revival():
    book = a_project()
    book.record(P, "endings", act="end", occurred_on="2026-03-01", how="lost")
    book.record(P, "jobs", occurred_on="2026-03-01", count=1)
    book.record(P, "jobs", occurred_on="2026-03-05", count=2, reason="遣散前人数")
    book.record(P, "endings", act="revive", occurred_on="2026-04-01", document="会议纪要")
    book.record(P, "jobs", occurred_on="2026-04-02", count=3)
    assert [(m.number, m.rule) for m in irregularities(book.view(), Settings())] == [(7, "after_ending")]
