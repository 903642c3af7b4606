"""批示: a district leader's instructions are entries about any fact; they stand in the timeline and move no figure."""

from datetime import date
from typing import Any

import pytest

from domain.entry import Entry, Role
from domain.errors import IsAnnulled, NotPermitted, SelfApproval, UnknownEntry, UnknownPerson
from domain.judging.instructions import (
    DueBefore,
    InstructionClosedAlready,
    LeaderCited,
    NotAnswered,
    NotTheirInstruction,
    OwnInstruction,
)
from domain.questions.instructions import instructions_in
from domain.questions.tasks import Task, of_instructions
from domain.questions.timeline import timeline
from domain.settings import Settings
from tests.given import CLERK, LI, READER, WANG, Book, P, a_project, actor

MAYOR = actor("p-zhao", "office", Role.LEADER)
TEXT = "请牵头单位月底前协调解决用地问题"


def instruct(book: Book, by: Any = MAYOR, target: int = 1, label: str = P, **more: Any) -> Entry:
    return book.record(label, "instructions", by=by, target=target, text=TEXT, **more)[0]


def test_a_leader_instructs_and_the_timeline_shows_it_from_then_on():
    book = a_project()
    before = book.status()
    entry = instruct(book, due="2026-07-31")
    told = {name for name, value in before if value != getattr(book.status(), name)}
    assert told == {"entries"}
    shown = timeline(book.view(), Settings()).moments[0].instructions
    assert [(i.entry, i.person, i.text, str(i.due)) for i in shown] == [(entry.citation, "p-zhao", TEXT, "2026-07-31")]
    earlier = timeline(book.view(known=entry.position - 1), Settings()).moments[0]
    assert earlier.instructions == ()


def test_the_office_records_a_leaders_instruction_from_its_paper_only():
    book = a_project()
    partly: list[dict[str, Any]] = [{}, {"leader": "p-zhao"}, {"document": "区长批示〔2026〕1号"}]
    for more in partly:
        with pytest.raises(LeaderCited):
            instruct(book, by=WANG, **more)
    with pytest.raises(UnknownPerson):
        instruct(book, by=WANG, leader="p-nobody", document="区长批示〔2026〕1号")
    entry = instruct(book, by=WANG, leader="p-zhao", document="区长批示〔2026〕1号")
    assert entry.event.model_dump(exclude_none=True) == {"target": 1, "text": TEXT, "leader": "p-zhao"}


def test_it_is_about_any_fact_that_stands_of_any_stream():
    book = a_project()
    instruct(book, target=4)
    instruct(book, label="unit:street-a")
    with pytest.raises(UnknownEntry):
        instruct(book, target=99)
    with pytest.raises(DueBefore):
        instruct(book, due="2026-06-29")
    with pytest.raises(OwnInstruction):
        instruct(book, leader="p-li")
    proposal = book.record(P, "annulments", target=4, because="误")[0].number
    book.record(P, "approvals", by=LI, act="approve", proposal=proposal)
    with pytest.raises(IsAnnulled):
        instruct(book, target=4)


def test_nobody_but_leaders_and_the_office_gives_instructions_and_a_leader_records_nothing_else():
    book = a_project()
    for by in (CLERK, READER, actor("p-li", "office", Role.AUDITOR), actor("p-li", "street-a", Role.HEAD)):
        with pytest.raises(NotPermitted):
            instruct(book, by=by)
    with pytest.raises(NotPermitted):
        book.record(P, "jobs", by=MAYOR, occurred_on="2026-03-01", count=1)


MAYOR_TOO = actor("p-qian", "office", Role.LEADER)
HEAD = actor("p-head", "street-a", Role.HEAD)


def answer(book: Book, number: int, by: Any = CLERK) -> Entry:
    return book.record(P, "instruction-answers", by=by, instruction=number, text="已协调")[0]


def close(book: Book, number: int, by: Any = MAYOR, **more: Any) -> Entry:
    return book.record(P, "instruction-closings", by=by, instruction=number, **({"act": "close"} | more))[0]


def waiting(book: Book, by: Any) -> list[tuple[str, str]]:
    tasks: list[Task] = list(of_instructions(book.view(), by, date(2026, 6, 30)))
    return [(task.sort, str(task.due)) for task in tasks]


def test_the_unit_reports_and_the_leader_sends_back_once_and_closes():
    book = a_project()
    before = book.status()
    given = instruct(book, due="2026-07-31")
    assert [waiting(book, by) for by in (CLERK, HEAD, WANG, MAYOR)] == [[("instruction", "2026-07-31")]] * 3 + [[]]
    answer(book, given.number)
    assert [waiting(book, by) for by in (CLERK, WANG, MAYOR, MAYOR_TOO)] == [
        [],
        [("close_instruction", "None")],
        [("close_instruction", "None")],
        [],
    ]
    back = close(book, given.number, act="send_back", because="请附纪要", due="2026-08-31")
    (now,) = instructions_in(book.view())
    assert (now.state, str(now.due)) == ("open", "2026-08-31")
    assert waiting(book, CLERK) == [("instruction", "2026-08-31")]
    answer(book, given.number, by=HEAD)
    closed = close(book, given.number, note="同意")
    (now,) = instructions_in(book.view())
    assert now.state == "closed"
    assert [(a.kind, a.person, a.text) for a in now.acts] == [
        ("instruction_answered", CLERK.person, "已协调"),
        ("instruction_sent_back", "p-zhao", "请附纪要"),
        ("instruction_answered", "p-head", "已协调"),
        ("instruction_closed", "p-zhao", "同意"),
    ]
    assert timeline(book.view(), Settings()).moments[0].instructions[0].acts == now.acts
    (earlier,) = instructions_in(book.view(known=back.position - 1))
    assert (earlier.state, str(earlier.due)) == ("answered", "2026-07-31")
    assert [waiting(book, by) for by in (CLERK, WANG, MAYOR)] == [[], [], []]
    assert closed.event.model_dump(exclude_none=True) == {"target": 1, "instruction": given.number, "note": "同意"}
    assert {name for name, value in before if value != getattr(book.status(), name)} == {"entries"}


def test_nobody_closes_what_was_not_reported_or_what_they_reported_themselves_or_what_another_leader_gave():
    book = a_project()
    given = instruct(book)
    with pytest.raises(NotAnswered):
        close(book, given.number)
    answer(book, given.number, by=WANG)
    with pytest.raises(SelfApproval):
        close(book, given.number, by=WANG)
    with pytest.raises(NotTheirInstruction):
        close(book, given.number, by=MAYOR_TOO)
    with pytest.raises(NotPermitted):
        close(book, given.number, by=CLERK)
    with pytest.raises(DueBefore):
        close(book, given.number, act="send_back", because="再办", due="2026-06-29")
    close(book, given.number, by=LI)
    with pytest.raises(InstructionClosedAlready):
        answer(book, given.number)
    with pytest.raises(InstructionClosedAlready):
        close(book, given.number)


def test_only_an_instruction_about_what_stands_is_answered_and_only_by_whoever_answers_for_the_project():
    book = a_project()
    given = instruct(book, target=4)
    for stranger in (READER, MAYOR, actor("p-far", "street-z", Role.CLERK)):
        with pytest.raises(NotPermitted):
            answer(book, given.number, by=stranger)
    for number in (4, 99):
        with pytest.raises(UnknownEntry):
            answer(book, number)
    proposal = book.record(P, "annulments", target=4, because="误")[0].number
    book.record(P, "approvals", by=LI, act="approve", proposal=proposal)
    with pytest.raises(IsAnnulled):
        answer(book, given.number)
