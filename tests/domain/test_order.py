"""Order within a day (DESIGN §3.4): by number, and where it matters next to the fact that `after` names."""

from typing import Any

import pytest

from domain.command import AfterAnotherDay, AfterInACircle
from domain.errors import UnknownEntry
from tests.domain.test_time import approve
from tests.given import Book, P, a_project

DAY = "2026-03-01"


def counting(*afters: int | None) -> tuple[Book, list[int]]:
    """Jobs of one day, counted 1, 2, 3 …; `afters` are places in this very list."""
    book = a_project()
    numbers: list[int] = []
    for count, after in enumerate(afters, start=1):
        more = {} if after is None else {"after": numbers[after]}
        entry = book.record(P, "jobs", occurred_on=DAY, count=count, reason="补记", **more)[0]
        numbers.append(entry.number)
    return book, numbers


def correct(book: Book, target: int, count: int, **more: Any) -> None:
    reads = {"kind": "jobs_held", "occurred_on": DAY, "count": count} | more
    proposal = book.record(P, "corrections", target=target, reads=reads, because="次序有误")[0].number
    approve(book, proposal)


def counts(book: Book) -> list[int]:
    return [s.fact.model_dump()["count"] for s in book.view().facts if s.fact.kind.topic == "jobs_held"]


def test_a_fact_corrected_to_come_after_a_later_numbered_one_comes_after_it():
    book, (first, _, third) = counting(None, None, None)
    correct(book, first, 1, after=third)
    assert counts(book) == [2, 3, 1]


def test_of_several_after_one_the_earlier_number_comes_first_and_all_before_the_next():
    book, _ = counting(None, None, 0, 0)
    assert counts(book) == [1, 3, 4, 2]


def test_after_one_that_itself_comes_after_another():
    book, _ = counting(None, None, 0, 2)
    assert counts(book) == [1, 3, 2, 4]


def test_after_names_a_fact_of_the_same_day():
    book, (first,) = counting(None)
    with pytest.raises(AfterAnotherDay, match=f"#{first}"):
        book.record(P, "jobs", occurred_on="2026-03-02", count=9, after=first)
    with pytest.raises(UnknownEntry):
        book.record(P, "jobs", occurred_on=DAY, count=9, after=99)


def test_facts_do_not_come_after_each_other_in_a_circle():
    book, (first, second, third) = counting(None, 0, None)
    with pytest.raises(AfterInACircle, match=f"#{second}"):
        correct(book, first, 1, after=second)
    with pytest.raises(AfterInACircle):
        correct(book, first, 1, after=third)  # the second says it comes after the first, and stands before the third
    correct(book, second, 2)
    correct(book, first, 1, after=third)
    assert counts(book) == [2, 3, 1]


def test_an_elder_that_waits_for_a_later_one_has_nobody_after_it():
    book, (first, _, third) = counting(None, None, None)
    correct(book, first, 1, after=third)
    with pytest.raises(AfterInACircle, match=f"#{first}"):
        book.record(P, "jobs", occurred_on=DAY, count=9, after=first, reason="补记")
    book.record(P, "jobs", occurred_on=DAY, count=4, after=third, reason="补记")
    assert counts(book) == [2, 3, 1, 4]


def test_an_elder_moved_to_another_day_leaves_the_other_in_its_place():
    book, (first, _, _) = counting(None, None, 0)
    correct(book, first, 1, occurred_on="2026-03-05")
    assert counts(book) == [3, 2, 1]
