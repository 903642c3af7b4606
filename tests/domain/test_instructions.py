"""批示: a district leader's instructions are entries about any fact; they stand in the timeline and move no figure."""

from typing import Any

import pytest

from domain.entry import Entry, Role
from domain.errors import IsAnnulled, NotPermitted, UnknownEntry, UnknownPerson
from domain.judging.instructions import DueBefore, LeaderCited, OwnInstruction
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
