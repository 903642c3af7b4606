"""The calendar: which days are worked, what a count of them rests on, and which arrangement was known at a viewpoint."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.entry import Entry
from domain.errors import AlreadyEntered, InTheFuture, NotPermitted
from domain.office.calendar import DayTwice, OutsideTheYear, WorkedAnyway, calendar_of
from domain.office.period import PeriodOpened, span_of
from domain.office.reconciliation import ReconciliationOpened
from domain.settings import Settings
from domain.working_days import NO_ARRANGEMENTS, SURENESS, WorkCalendar, days_off
from store import shipped
from tests.domain.test_reconciliation import say
from tests.domain.test_returns import CLERK, PERIOD, arrived, submitted
from tests.given import LI, Book, district

NOTICE = "国务院办公厅关于2027年部分节假日安排的通知"


def off(day: str, name: str = "元旦") -> dict[str, str]:
    return {"day": day, "sort": "off", "name": name}


def worked(day: str, name: str = "元旦") -> dict[str, str]:
    return {"day": day, "sort": "worked", "name": name}


def adopt(book: Book, *days: dict[str, str], at: str = "2026-11-10", **more: Any) -> Entry:
    stated = {"occurred_on": at, "year": 2027, "notice": NOTICE, "days": days} | more
    return book.record("district", "calendar", stream="district", at=at, **stated)[0]


def known(book: Book, **viewpoint: str) -> WorkCalendar:
    return calendar_of(book.view("district", **viewpoint), shipped.calendar())


def day(text: str) -> date:
    return date.fromisoformat(text)


def test_the_shipped_arrangement_of_2026_is_the_one_that_was_published():
    """国务院办公厅关于2026年部分节假日安排的通知, 4 November 2025."""
    arranged = shipped.calendar()[2026]
    spans = {
        "元旦": ("2026-01-01", 3, ["2026-01-04"]),
        "春节": ("2026-02-15", 9, ["2026-02-14", "2026-02-28"]),
        "清明": ("2026-04-04", 3, []),
        "劳动节": ("2026-05-01", 5, ["2026-05-09"]),
        "端午": ("2026-06-19", 3, []),
        "中秋": ("2026-09-25", 3, []),
        "国庆节": ("2026-10-01", 7, ["2026-09-20", "2026-10-10"]),
    }
    wanted = {
        (day(first) + timedelta(days=n), "off", name) for name, (first, count, _) in spans.items() for n in range(count)
    }
    wanted |= {(day(one), "worked", name) for name, (_, _, days) in spans.items() for one in days}
    assert {(one.day, one.sort, one.name) for one in arranged.days} == wanted


def test_a_count_passes_over_holidays_and_counts_weekends_that_are_worked():
    calendar = known(district())
    assert calendar.told(day("2026-10-10")).working
    assert not calendar.told(day("2026-10-06")).working
    assert [t.day.day for t, _ in zip(calendar.working_days(day("2026-09-30")), range(4), strict=False)] == [8, 9, 10, 12]
    assert calendar.after(day("2026-09-30"), 4).rests_on == "shipped"


def test_a_year_that_nobody_loaded_is_reckoned_by_weekends_and_says_so():
    calendar = known(district())
    new_year = calendar.told(day("2027-01-01"))
    assert (new_year.working, new_year.name, new_year.rests_on) == (True, None, "weekends")
    over = calendar.after(day("2026-12-31"), 1)
    assert (over.day, over.rests_on) == (day("2027-01-01"), "weekends")
    assert calendar.after(day("2026-12-30"), 1).rests_on == "shipped"
    book = district()
    adopt(book, off("2028-01-01"), year=2028)
    assert known(book).after(day("2027-12-30"), 2).rests_on == "weekends"  # one day of the count was guessed
    assert known(book).after(day("2028-01-01"), 1).rests_on == "adopted"


def test_what_the_district_adopts_goes_before_what_is_shipped_and_is_replaced_whole():
    book = district()
    adopt(book, off("2026-12-31"), off("2027-01-01"), worked("2027-01-03"))
    calendar = known(book)
    told = calendar.told(day("2026-12-31"))
    assert (told.working, told.rests_on) == (False, "adopted")  # a year's arrangement speaks of the days before its New Year
    assert calendar.told(day("2026-12-30")).rests_on == "shipped"
    assert calendar.after(day("2026-12-30"), 1).day == day("2027-01-03")
    adopt(book, off("2027-01-01"), at="2026-11-20")
    assert known(book).told(day("2027-01-03")).working is False
    assert known(book).told(day("2026-12-31")).rests_on == "shipped"


def test_a_viewpoint_answers_as_it_did_whatever_is_adopted_later():
    book = district()
    first = adopt(book, off("2027-01-01"), worked("2027-01-03"))
    then = {"known": "2026-11-15", "on": "2026-11-15"}
    before = known(book, **then).told(day("2027-01-03"))
    adopt(book, off("2027-01-01"), at="2026-11-20")
    assert known(book, **then).told(day("2027-01-03")) == before
    assert known(book, known="2026-11-09").told(day("2027-01-01")).rests_on == "weekends"
    assert known(book, on="2026-11-09").told(day("2027-01-01")).rests_on == "weekends"  # not adopted by that day
    arrangement = known(book, **then).adopted[2027]
    assert (arrangement.entry, arrangement.source) == (first.citation, NOTICE)


def test_an_adoption_that_is_annulled_leaves_the_one_before():
    book = district()
    adopt(book, off("2027-01-01"), worked("2027-01-03"))
    second = adopt(book, off("2027-01-02"), at="2026-11-20")
    asked = book.record("district", "annulments", at="2026-11-21", target=second.number, because="文号有误")[0]
    deciding = {"act": "approve", "proposal": asked.number}
    book.record("district", "approvals", by=LI, at="2026-11-22", **deciding)
    assert known(book).told(day("2027-01-03")).working
    assert not known(book, known="2026-11-21").told(day("2027-01-03")).working


def test_an_arrangement_is_refused_where_it_cannot_be_one():
    book = district()
    for error, days, pointer in (
        (OutsideTheYear, (off("2027-01-01"), off("2028-01-01")), "/days/1/day"),
        (OutsideTheYear, (off("2026-11-30"),), "/days/0/day"),
        (DayTwice, (off("2027-01-01"), worked("2027-01-01")), "/days/1/day"),
        (WorkedAnyway, (worked("2027-01-04"),), "/days/0/day"),
    ):
        with pytest.raises(error) as refused:
            adopt(book, *days)
        assert refused.value.pointer == pointer
    with pytest.raises(InTheFuture):
        adopt(book, off("2027-01-01"), occurred_on="2026-11-11")
    with pytest.raises(NotPermitted):
        book.record(
            "district", "calendar", by=CLERK, occurred_on="2026-06-01", year=2027, notice=NOTICE, days=[off("2027-01-01")]
        )


def test_adopting_the_same_again_is_said_to_be_there():
    book = district()
    entry = adopt(book, off("2027-01-01"))
    with pytest.raises(AlreadyEntered, match=entry.citation):
        adopt(book, off("2027-01-01"), at="2026-11-11")
    adopt(book, off("2027-01-01"), at="2026-11-12", notice="另一通知")


def reconciled(days_are: str | None, *arranged: dict[str, str], at: str) -> ReconciliationOpened:
    book = submitted(arrived("5000.00"))
    settings = Settings(days_are=days_are) if days_are else Settings()  # type: ignore[arg-type]
    stated = settings.model_dump(mode="json")
    book.record("district", "settings", stream="district", occurred_on="2026-06-02", settings=stated)
    if arranged:
        adopt(book, *arranged, at="2026-09-01", year=2026)
    say(book, "open", book.history(PERIOD).entries[0].envelope.actor, at)
    return book.view(PERIOD).of(ReconciliationOpened)[-1].fact


def test_a_reconciliation_counts_the_days_the_district_says_and_keeps_what_it_counted_on():
    assert reconciled(None, at="2026-09-28").until == day("2026-10-03")
    assert reconciled(None, at="2026-09-28").counted_on is None
    shipped_ones = reconciled("working", at="2026-09-28")  # 29, 30, 8, 9, 10 (worked)
    assert (shipped_ones.until, shipped_ones.counted_on) == (day("2026-10-10"), "shipped")
    own = reconciled("working", off("2026-10-01", "国庆节"), at="2026-09-28")
    assert (own.until, own.counted_on) == (day("2026-10-06"), "adopted")
    guessed = reconciled("working", at="2026-12-30")
    assert (guessed.until, guessed.counted_on) == (day("2027-01-06"), "weekends")


def test_a_last_day_on_a_day_off_is_told_in_both_languages_and_never_refused():
    opened = PeriodOpened(occurred_on=day("2026-09-01"), deadline=day("2026-10-05"), period=span_of("2026-09"))
    [advice] = days_off(opened.last_days(), known(district()))
    assert advice.zh == "2026-10-05 是休息日（国庆节放假），其后首个工作日是 2026-10-08。"
    assert advice.en == "2026-10-05 is a day off (国庆节); the next working day is 2026-10-08."
    weekend = PeriodOpened(occurred_on=day("2027-01-02"), deadline=day("2027-02-06"), period=span_of("2027-01"))
    [advice] = days_off(weekend.last_days(), known(district()))
    assert (advice.rests_on, "按周末推算" in advice.zh, "by weekends" in advice.en) == ("weekends", True, True)
    assert not list(days_off({"deadline": day("2026-10-08")}, known(district())))


YEARS = st.dates(min_value=date(2024, 1, 1), max_value=date(2028, 12, 31))


@given(since=YEARS, first=st.integers(1, 40), more=st.integers(1, 40))
def test_counting_on_is_counting_at_once(since: date, first: int, more: int):
    calendar = WorkCalendar({}, shipped.calendar())
    step = calendar.after(since, first)
    whole = calendar.after(since, first + more)
    then = calendar.after(step.day, more)
    assert then.day == whole.day
    assert whole.rests_on == max(step.rests_on, then.rests_on, key=SURENESS.index)
    assert whole.working
    assert calendar.told(whole.day).working


@given(since=YEARS, count=st.integers(1, 60))
def test_without_any_arrangement_five_working_days_are_a_week(since: date, count: int):
    assert (NO_ARRANGEMENTS.after(since, 5 * count).day - since).days in range(7 * count - 2, 7 * count + 1)


def test_what_is_adopted_counts_for_what_follows_in_the_same_request():
    book = submitted(arrived("5000.00"))
    settings = Settings(days_are="working").model_dump(mode="json")
    book.record("district", "settings", stream="district", occurred_on="2026-06-02", settings=settings)
    adopting = {"occurred_on": "2026-09-28", "year": 2026, "notice": NOTICE, "days": [off("2026-10-01")]}
    opening = {"occurred_on": "2026-09-28", "act": "open"}
    book.batch([("district", "calendar", adopting), (PERIOD, "reconciliations", opening)], at="2026-09-28", stream="period")
    opened = book.view(PERIOD).of(ReconciliationOpened)[-1].fact
    assert (opened.until, opened.counted_on) == (day("2026-10-06"), "adopted")
