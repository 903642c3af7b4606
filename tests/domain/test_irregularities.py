"""Every rule of irregularity, once: asked before recording, kept in the envelope, computed at every viewpoint."""

from typing import Any

import pytest

from domain.errors import ReasonNeeded
from domain.questions.irregularities import RULES, irregularities
from domain.settings import Settings
from tests.given import LI, Book, P, a_project, yuan

Step = tuple[str, dict[str, Any]]
WHY = {"reason": "情况属实"}
DONE = {"act": "complete", "occurred_on": "2026-05-01"}
STARTED: Step = ("construction", {"act": "start", "occurred_on": "2026-03-01"})
PAUSED = {"act": "pause", "because": "汛期"}
PLAN = {"act": "adopt", "occurred_on": "2026-06-20"}


def month(number: int, last: int, **more: Any) -> dict[str, Any]:
    until = f"2026-{number:02d}-{last}"
    return {"occurred_on": until, "period": {"since": f"2026-{number:02d}-01", "until": until}, **more}


def progress(number: int, last: int, **more: Any) -> Step:
    return "construction", {"act": "progress", **month(number, last, **more)}


def arrival(amount: str, on: str = "2026-02-01") -> Step:
    return "funds", {"act": "receive", "occurred_on": on, "amount": yuan(amount), "voucher": "V-1"}


BREAKING: dict[str, tuple[list[Step], Step]] = {
    "funds_before_signing": ([], arrival("5.00", on="2026-01-09")),
    "above_agreed": ([], arrival("100000000.01")),
    "end_before_start": ([STARTED], ("construction", DONE | {"occurred_on": "2026-02-28"})),
    "not_under_construction": ([], ("construction", PAUSED | {"occurred_on": "2026-03-01"})),
    "stages_skipped": ([], ("operation", {"act": "start", "occurred_on": "2026-03-01"})),
    "after_ending": (
        [("endings", {"act": "end", "occurred_on": "2026-04-01", "how": "lost"})],
        ("jobs", {"occurred_on": "2026-04-02", "count": 3}),
    ),
    "level_falls": (
        [("jobs", {"occurred_on": "2026-03-01", "count": 10})],
        ("jobs", {"occurred_on": "2026-04-01", "count": 9}),
    ),
    "sums_disagree": (
        [STARTED, progress(3, 31, invested=yuan("5.00"))],
        progress(4, 30, invested=yuan("5.00"), invested_this_year=yuan("11.00")),
    ),
    "handover_by_non_holder": (
        [],
        ("transfers", {"occurred_on": "2026-03-01", "from_unit": "street-b", "to_unit": "bureau-c"}),
    ),
    "plan_backdated": ([], ("plans", PLAN | {"occurred_on": "2026-02-01", "start": "2026-05-01"})),
    "plan_ends_before_start": ([], ("plans", PLAN | {"start": "2027-05-01", "completion": "2026-07-01"})),
    "progress_before_start": ([STARTED], progress(2, 28, percent="5.00")),
    "paused_after_completion": (
        [STARTED, ("construction", DONE)],
        ("construction", PAUSED | {"occurred_on": "2026-05-02"}),
    ),
    "start_before_land": ([("land", {"occurred_on": "2026-03-02", "how": "land_paid"})], STARTED),
    "statistics_before_start": ([STARTED], ("statistics", {"act": "enter", "occurred_on": "2026-02-28"})),
    "above_plan": (
        [STARTED, ("plans", PLAN | {"occurred_on": "2026-06-01", "investment": yuan("8.00")})],
        progress(6, 30, invested=yuan("8.01")),
    ),
    "tax_before_registration": (
        [("registrations", {"occurred_on": "2026-03-01", "enterprise": "甲公司"})],
        ("taxes", month(2, 28, total=yuan("1.00"))),
    ),
}


def a_past(rule: str) -> tuple[Book, Step]:
    book = a_project()
    before, last = BREAKING[rule]
    for noun, body in before:
        book.record(P, noun, **body, **WHY)
    return book, last


def marked(book: Book) -> set[tuple[int, str]]:
    return {(m.number, m.rule) for m in irregularities(book.view(), Settings())}


def test_every_rule_is_broken_by_some_example_here():
    elsewhere = {"after_deadline", "gate_missing", "self_approved", "personal_number", "person_named"}
    assert set(BREAKING) == set(RULES) - elsewhere, "test_returns, test_gates, test_people_and_units, test_personal"


@pytest.mark.parametrize("rule", BREAKING)
def test_what_is_irregular_is_asked_for_before_it_is_recorded_and_marked_ever_after(rule: str):
    book, (noun, body) = a_past(rule)
    with pytest.raises(ReasonNeeded, match=rule) as asked:
        book.record(P, noun, **body)
    assert rule in [r.rule for r in asked.value.rules]
    assert all((r.zh, r.en) == RULES[r.rule] for r in asked.value.rules)
    entry = book.record(P, noun, **body, **WHY)[0]
    assert (rule, "情况属实") in [(i.rule, i.reason) for i in entry.envelope.irregular]
    assert (entry.number, rule) in marked(book)


@pytest.mark.parametrize("rule", BREAKING)
def test_the_mark_at_the_viewpoint_goes_when_the_fact_is_annulled_and_the_one_in_the_envelope_stays(rule: str):
    book, (noun, body) = a_past(rule)
    entry = book.record(P, noun, **body, **WHY)[0]
    proposal = book.record(P, "annulments", target=entry.number, because="误报")[0]
    book.record(P, "approvals", by=LI, act="approve", proposal=proposal.number)
    assert entry.number not in {number for number, _ in marked(book)}
    assert book.view().matters[entry.number].current.original.envelope.irregular


def test_progress_of_money_alone_and_investment_within_the_plan_are_regular():
    book = a_project()
    noun, body = progress(2, 28, invested=yuan("5.00"))
    book.record(P, noun, **body)
    assert marked(book) == set()


def test_a_plan_in_another_currency_or_withheld_is_no_measure_of_what_was_invested():
    for investment in ({"amount": "1.00", "currency": "USD"}, {"blank": "withheld", "reason": "商业秘密"}):
        book = a_project()
        book.record(P, "plans", **PLAN | {"occurred_on": "2026-06-01", "investment": investment})
        noun, body = progress(6, 30, invested=yuan("9.00"))
        book.record(P, noun, **body)
        assert "above_plan" not in {rule for _, rule in marked(book)}


def test_of_several_plans_the_one_in_force_on_the_day_counts():
    book = a_project()
    book.record(P, "plans", **PLAN | {"occurred_on": "2026-06-01", "investment": yuan("8.00")})
    book.record(P, "plans", act="revise", occurred_on="2026-06-29", investment=yuan("9.00"))
    noun, body = progress(6, 30, invested=yuan("9.00"))
    book.record(P, noun, **body)
    assert marked(book) == set()
