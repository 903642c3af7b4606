"""An auditor's own entries: found, asked for, checked on site; rectified by the unit, closed by another; overdue told."""

from typing import Any

import pytest

from domain.entry import Role
from domain.errors import NotFound, NotPermitted, SelfApproval, UnknownEntry, UnknownProject
from domain.judging.corrections import BeginsItsStream
from domain.office.audit import ClosedAlready, DeadlineBeforeFinding, NothingAwaited, NotRectified
from domain.permissions import ALLOWED
from domain.questions.audits import Audit, audit, audit_whole
from domain.questions.status import status
from domain.settings import Settings
from tests.given import CLERK, LI, READER, WANG, Book, P, a_project, actor

AUDITOR = actor("p-zhao", "office", Role.AUDITOR)
SECOND = actor("p-qian", "office", Role.AUDITOR)
ONE = "audit:2026-001"
FOUND: dict[str, Any] = {"act": "find", "occurred_on": "2026-06-01", "title": "到位资金", "text": "缺进账单"}
FOUND |= {"projects": [P], "entries": [f"{P}#3"], "deadline": "2026-06-20"}


def found(**more: Any) -> Book:
    book = a_project()
    book.record(None, "audits", stream="audit", by=AUDITOR, at="2026-06-01", **FOUND | more)
    return book


def rectify(book: Book, by: Any = CLERK, day: str = "2026-06-10", **more: Any) -> None:
    book.record(ONE, "rectifications", stream="audit", by=by, at=day, occurred_on=day, text="已补", **more)


def close(book: Book, by: Any = AUDITOR, day: str = "2026-06-15", **more: Any) -> None:
    body = {"act": "close"} | more
    book.record(ONE, "closings", stream="audit", by=by, at=day, occurred_on=day, **body)


def seen(book: Book, on: str = "2026-12-31", known: Any = None) -> Audit:
    told = audit(book.view(ONE, on, known))
    assert told is not None
    return told


def test_a_finding_is_open_rectified_and_closed_at_its_viewpoints():
    book = found()
    rectify(book, entries=[f"{P}#3"])
    close(book, note="齐全")
    days = {day: seen(book, day).state for day in ("2026-06-09", "2026-06-10", "2026-06-14", "2026-06-15")}
    assert list(days.values()) == ["open", "rectified", "rectified", "closed"]
    assert seen(book, known="2026-06-14").state == "rectified"
    now = seen(book)
    assert (now.audit, now.sort, now.projects, now.units) == ("2026-001", "finding", (P,), ("street-a",))
    assert (str(now.rectified_on), str(now.closed_on), now.overdue, now.late) == ("2026-06-10", "2026-06-15", False, False)
    assert now.sources == (f"{ONE}#1", f"{ONE}#2", f"{ONE}#3")
    whole = audit_whole(book.view(ONE))
    assert whole is not None
    assert [(s.kind, s.person) for s in whole.steps] == [
        ("audit_found", "p-zhao"),
        ("rectified", "p-clerk"),
        ("audit_closed", "p-zhao"),
    ]


def test_it_is_overdue_from_the_day_after_its_deadline_until_it_is_rectified_and_late_ever_after():
    book = found()
    assert [seen(book, day).overdue for day in ("2026-06-20", "2026-06-21")] == [False, True]
    rectify(book, day="2026-06-25")
    assert [seen(book, day).overdue for day in ("2026-06-24", "2026-06-25")] == [True, False]
    assert seen(book).late is True


def test_what_does_not_suffice_is_sent_back_with_another_deadline():
    book = found()
    rectify(book)
    close(book, act="send_back", because="缺章", deadline="2026-07-01")
    assert (seen(book, "2026-06-20").state, str(seen(book).deadline)) == ("open", "2026-07-01")
    assert [seen(book, day).overdue for day in ("2026-07-01", "2026-07-02")] == [False, True]
    with pytest.raises(NotRectified):
        close(book, day="2026-06-16")
    rectify(book, day="2026-06-20")
    close(book, day="2026-06-21")
    assert seen(book).state == "closed"


def test_who_rectified_does_not_close_nor_does_anybody_twice_nor_before():
    book = found(units=["street-a", "office"])
    with pytest.raises(NotRectified):
        close(book)
    rectify(book, by=WANG)
    with pytest.raises(SelfApproval):
        close(book, by=actor("p-wang", "office", Role.AUDITOR))
    joined = {"occurred_on": "2026-06-11", "other": "p-qian", "document": "文"}
    book.record("person:p-wang", "identities", stream="person", by=LI, **joined)
    with pytest.raises(SelfApproval):
        close(book, by=SECOND)
    close(book)
    for act in (close, rectify):
        with pytest.raises(ClosedAlready):
            act(book, day="2026-06-16")


def test_only_a_unit_it_concerns_rectifies():
    book = found()
    for stranger in (WANG, READER, AUDITOR):
        with pytest.raises(NotPermitted):
            rectify(book, by=stranger)
    with pytest.raises(NotFound):  # who may not read it is not told that it is there
        rectify(book, by=actor("p-li", "street-b", Role.UNIT))
    role = {"act": "assign", "role": "assisting_unit", "holder": {"unit": "street-b"}, "occurred_on": "2026-06-02"}
    book.record(P, "responsibilities", at="2026-06-02", **role)
    rectify(book, by=actor("p-li", "street-b", Role.UNIT))


def test_auditors_read_everything_and_write_nothing_but_audits():
    mine = {action for role, action in ALLOWED if role is Role.AUDITOR}
    assert mine == {"directory", "figures", "entries", "audit"}
    book = found()
    with pytest.raises(NotPermitted):
        book.record(P, "negotiations", by=AUDITOR, occurred_on="2026-06-01", with_whom="甲")
    with pytest.raises(NotPermitted):
        book.record(P, "annulments", by=AUDITOR, target=3, because="误")
    for role in (WANG, CLERK, READER):
        with pytest.raises(NotPermitted):
            book.record(None, "audits", stream="audit", by=role, **FOUND)


def test_nobody_but_auditors_judges_an_auditors_entry():
    book = found()
    rectify(book)
    close(book)
    for stranger in (WANG, CLERK):
        with pytest.raises(NotPermitted):
            book.record(ONE, "annulments", stream="audit", by=stranger, target=3, because="误")
    with pytest.raises(BeginsItsStream):
        book.record(ONE, "annulments", stream="audit", by=AUDITOR, target=1, because="误")
    book.record(ONE, "annulments", stream="audit", by=AUDITOR, target=3, because="误", at="2026-06-16")
    for decider, refused in ((LI, NotPermitted), (AUDITOR, SelfApproval)):
        with pytest.raises(refused):
            book.record(ONE, "approvals", stream="audit", by=decider, act="approve", proposal=4)
    book.record(ONE, "approvals", stream="audit", by=SECOND, act="approve", proposal=4, at="2026-06-17")
    assert seen(book).state == "rectified"
    assert seen(book, known="2026-06-16").state == "closed"


def test_what_it_cites_and_names_must_be_there_and_its_deadline_not_before_it():
    with pytest.raises(UnknownEntry) as refused:
        found(entries=[f"{P}#3", f"{P}#99"])
    assert refused.value.pointer == "/entries/1"
    with pytest.raises(UnknownProject):
        found(projects=["XM-2026-009"], entries=[])
    with pytest.raises(DeadlineBeforeFinding):
        found(deadline="2026-05-31")


def test_a_unit_learns_of_no_audit_of_others_by_citing_it():
    book = found()
    theirs = FOUND | {"projects": [], "entries": [], "units": ["street-b"]}
    book.record(None, "audits", stream="audit", by=AUDITOR, at="2026-06-01", **theirs)
    told = []
    for citation in ("audit:2026-002#1", "audit:2026-009#1"):
        with pytest.raises(UnknownEntry) as refused:
            rectify(book, entries=[citation])
        told.append(str(refused.value).replace(citation, "…"))
    assert told[0] == told[1]
    ours = FOUND | {"projects": [], "entries": ["audit:2026-002#1"], "units": ["street-a", "office"]}
    book.record(None, "audits", stream="audit", by=AUDITOR, at="2026-06-11", **ours)
    rectify(book, day="2026-06-12", entries=["audit:2026-001#1", "audit:2026-003#1"])
    answer = {"occurred_on": "2026-06-12", "text": "已核", "entries": ["audit:2026-002#1"]}
    book.record("audit:2026-003", "rectifications", stream="audit", by=LI, at="2026-06-12", **answer)  # it reads them all


def test_a_site_check_awaits_nothing_and_a_request_is_answered_by_its_unit():
    book = a_project()
    check = {"act": "check", "occurred_on": "2026-06-01", "title": "核查", "text": "塔吊两台", "projects": [P]}
    book.record(None, "audits", stream="audit", by=AUDITOR, **check)
    assert (seen(book).state, seen(book).deadline, seen(book).overdue) == ("noted", None, False)
    with pytest.raises(NothingAwaited):
        rectify(book)
    ask = {"act": "request", "occurred_on": "2026-06-01", "title": "调阅", "text": "合同", "units": ["street-a"]}
    (entry,) = book.record(None, "audits", stream="audit", by=AUDITOR, deadline="2026-06-05", **ask)
    assert entry.citation == "audit:2026-002#1"
    told = audit(book.view("audit:2026-002", "2026-06-06"))
    assert told is not None
    assert (told.sort, told.state, told.overdue) == ("request", "open", True)


def test_an_audit_changes_no_figure_of_the_project_it_is_about():
    book = a_project()
    before = status(book.view(P, "2026-12-31"), Settings())
    book = found()
    rectify(book)
    assert status(book.view(P, "2026-12-31"), Settings()) == before
