"""Several projects at once (DESIGN §3.13): counterparts are annulled and reinstated together or not at all."""

from typing import Any

import pytest

from domain.judging.corrections import CounterpartsTogether
from tests.domain.test_time import arrival
from tests.given import LI, Book, P, a_project, actor

Q = "XM-2026-002"
BECAUSE = {"because": "撤销"}
MOVED = {"occurred_on": "2026-04-01", "from_unit": "street-a", "to_unit": "street-b"}


def two_projects() -> Book:
    book = a_project()
    book.record(None, "projects", at="2026-01-05", occurred_on="2026-01-03", name="二号", lead_unit="street-a")
    return book


def moved() -> tuple[Book, int, int]:
    book = two_projects()
    one, two = book.batch([(P, "transfers", MOVED), (Q, "transfers", MOVED)])
    return book, one.number, two.number


def lead(book: Book, label: str) -> list[str | None]:
    return [h.holder.unit for h in book.status(on="2026-05-01", label=label).responsible]


def judged(book: Book, noun: str, one: int, two: int, joint: bool = True) -> tuple[int, int]:
    asked = book.batch(
        [(P, noun, {"target": one} | BECAUSE), (Q, noun, {"target": two} | BECAUSE)], at="2026-06-30", joint=joint
    )
    return asked[0].number, asked[1].number


def decision(label: str, proposal: int) -> tuple[str, str, dict[str, Any]]:
    return label, "approvals", {"act": "approve", "proposal": proposal}


@pytest.mark.parametrize("joint", [True, False])
def test_counterparts_are_approved_together_however_they_were_asked_for(joint: bool):
    book, one, two = moved()
    first, second = judged(book, "annulments", one, two, joint)
    for label, proposal in ((P, first), (Q, second)):
        with pytest.raises(CounterpartsTogether):
            book.batch([decision(label, proposal)], by=LI)
    book.batch([decision(P, first), decision(Q, second)], by=LI)
    assert (lead(book, P), lead(book, Q)) == (["street-a"], ["street-a"])
    back, again = judged(book, "reinstatements", one, two, joint)
    with pytest.raises(CounterpartsTogether):
        book.batch([decision(Q, again)], by=LI)
    book.batch([decision(P, back), decision(Q, again)], by=LI)
    assert (lead(book, P), lead(book, Q)) == (["street-b"], ["street-b"])


def test_a_corrected_counterpart_is_still_annulled_with_the_others():
    book, one, two = moved()
    reads = {"kind": "project_transferred", "role": "lead_unit", **MOVED, "to_unit": "bureau-c"}
    proposal = book.record(P, "corrections", target=one, reads=reads, because="承接单位有误")[0].number
    book.batch([decision(P, proposal)], by=LI)
    assert lead(book, P) == ["bureau-c"]
    with pytest.raises(CounterpartsTogether):
        book.record(P, "annulments", target=one, **BECAUSE)
    first, second = judged(book, "annulments", one, two)
    book.batch([decision(P, first), decision(Q, second)], by=LI)
    assert (lead(book, P), lead(book, Q)) == (["street-a"], ["street-a"])


def test_when_one_counterpart_is_declined_both_are_asked_for_anew():
    book, one, two = moved()
    first, second = judged(book, "annulments", one, two)
    book.record(Q, "approvals", by=LI, act="decline", proposal=second, because="手续有效")
    with pytest.raises(CounterpartsTogether):
        book.batch([decision(P, first)], by=LI)
    again, anew = judged(book, "annulments", one, two)
    book.batch([decision(P, again), decision(Q, anew)], by=LI)
    assert lead(book, Q) == ["street-a"]


def test_what_was_recorded_in_the_wrong_project_is_annulled_there_and_recorded_here_in_one_request():
    book = two_projects()
    wrong = book.record(P, "funds", **arrival("5.00"))[0].number
    here = {**arrival("5.00"), "reason": "签约手续另行补录"}
    asked, recorded = book.batch([(P, "annulments", {"target": wrong} | BECAUSE), (Q, "funds", here)])
    assert recorded.envelope.counterparts == ()
    book.batch([decision(P, asked.number)], by=LI)
    assert book.status().measures[-1].measure != "received"
    later = book.record(Q, "annulments", target=recorded.number, **BECAUSE)[0].number
    book.batch([decision(Q, later)], by=actor("p-zhao"))
    assert book.status(label=Q).measures == ()
