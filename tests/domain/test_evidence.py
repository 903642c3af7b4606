"""Evidence: a file speaks for a fact from its own entry on, until it is withdrawn; nothing is counted by it."""

import pytest

from domain.command import KeptFile
from domain.entry import Actor, Role
from domain.errors import InTheFuture, IsAnnulled, NotPermitted, UnknownEntry
from domain.judgement import EvidenceAttached, EvidenceWithdrawn
from domain.judging.evidence import AlreadyAttached, FileNotKept, NameDisagrees, NotAttached, VerdictRestsOnIt
from domain.questions.timeline import timeline
from domain.settings import Settings
from tests.given import CLERK, LI, WANG, Book, P, a_project, actor, yuan

A, B = "a" * 64, "b" * 64
OTHER = actor("p-zhao", "street-b", Role.UNIT)


@pytest.fixture
def book() -> Book:
    """A project whose signing is #4; two files are kept."""
    book = a_project()
    book.files = {A: KeptFile("合同.pdf", "application/pdf", 12), B: KeptFile("现场.jpg", "image/jpeg", 34)}
    return book


def attach(book: Book, by: Actor = CLERK, at: str = "2026-02-01", target: int = 4, sha256: str = A, **more: str) -> int:
    said = {"act": "attach", "target": target, "sha256": sha256, "sort": "contract", **more}
    return book.record(P, "evidence", by=by, at=at, **said)[0].number


def withdraw(book: Book, by: Actor = CLERK, at: str = "2026-03-01", target: int = 4, sha256: str = A) -> int:
    return book.record(P, "evidence", by=by, at=at, act="withdraw", target=target, sha256=sha256, because="附错")[0].number


def shown(book: Book, known: str | None = None, number: int = 4) -> list[tuple[str, str]]:
    moments = timeline(book.view(P, "2026-12-31", known), Settings()).moments
    return [(file.name, file.entry) for m in moments if m.number == number for file in m.evidence]


def test_what_is_attached_is_told_from_its_own_position_on(book: Book):
    number = attach(book, dated="2026-01-10", note="原件存档")
    event = book.history(P).entries[number - 1].event
    assert event == EvidenceAttached(
        target=4,
        sha256=A,
        name="合同.pdf",
        media_type="application/pdf",
        size=12,
        sort="contract",
        dated=event.dated if isinstance(event, EvidenceAttached) else None,
        note="原件存档",
    )
    assert shown(book) == [("合同.pdf", f"{P}#{number}")]
    assert shown(book, known="2026-01-31") == []


def test_what_is_withdrawn_speaks_no_longer_and_the_record_of_it_stays(book: Book):
    attach(book)
    number = withdraw(book)
    assert isinstance(book.history(P).entries[number - 1].event, EvidenceWithdrawn)
    assert shown(book) == []
    assert shown(book, known="2026-02-28") == [("合同.pdf", f"{P}#{number - 1}")]


def test_a_file_once_withdrawn_may_be_attached_again(book: Book):
    attach(book)
    withdraw(book)
    again = attach(book, at="2026-04-01")
    assert shown(book) == [("合同.pdf", f"{P}#{again}")]


def test_the_same_file_twice_on_one_fact_is_refused_and_on_another_is_not(book: Book):
    attach(book)
    with pytest.raises(AlreadyAttached, match="#4"):
        attach(book, by=WANG)
    attach(book, target=3)
    attach(book, sha256=B)
    assert len(shown(book)) == 2


def test_a_file_that_nobody_uploaded_is_refused(book: Book):
    with pytest.raises(FileNotKept, match="upload it first"):
        attach(book, sha256="c" * 64)


@pytest.mark.parametrize("target", [99, 5])
def test_only_facts_are_attached_to(book: Book, target: int):
    reads = {"kind": "negotiation_held", "occurred_on": "2026-01-05", "with_whom": "乙"}
    book.record(P, "corrections", by=CLERK, target=3, reads=reads, because="笔误")
    with pytest.raises(UnknownEntry):
        attach(book, target=target)


def test_an_annulled_fact_takes_no_evidence_until_it_is_reinstated(book: Book):
    attach(book)
    book.record(P, "annulments", by=CLERK, target=4, because="误录")
    book.record(P, "approvals", by=LI, act="approve", proposal=6)
    with pytest.raises(IsAnnulled):
        attach(book, sha256=B, at="2026-07-01")
    with pytest.raises(IsAnnulled):
        withdraw(book, at="2026-07-01")
    assert len(shown(book)) == 1
    assert book.status().evidence == ()
    book.record(P, "reinstatements", by=CLERK, target=4, because="查实", at="2026-07-01")
    book.record(P, "approvals", by=LI, act="approve", proposal=8, at="2026-07-01")
    attach(book, sha256=B, at="2026-07-02")
    assert len(book.status().evidence) == 2


def test_evidence_stays_with_its_fact_when_that_is_corrected_and_changes_no_figure(book: Book):
    book.record(P, "funds", at="2026-02-02", act="receive", occurred_on="2026-02-01", amount=yuan("5.00"), voucher="V")
    before = book.status().measures
    attach(book, target=5)
    assert book.status().measures == before
    reads = {"kind": "funds_received", "occurred_on": "2026-02-01", "amount": yuan("4.00"), "voucher": "V"}
    book.record(P, "corrections", by=CLERK, target=5, reads=reads, because="笔误")
    book.record(P, "approvals", by=LI, act="approve", proposal=7)
    assert shown(book, number=5) == [("合同.pdf", f"{P}#6")]
    assert [(e.fact, e.entry) for e in book.status().evidence] == [(f"{P}#5", f"{P}#6")]


def test_a_name_of_ones_own_must_fit_the_content_too(book: Book):
    attach(book, name="施工合同（盖章）.pdf")
    assert shown(book)[0][0] == "施工合同（盖章）.pdf"
    with pytest.raises(NameDisagrees):
        attach(book, sha256=B, name="现场.pdf")


def test_a_paper_does_not_bear_a_day_to_come(book: Book):
    with pytest.raises(InTheFuture):
        attach(book, dated="2026-02-02")


def test_a_unit_without_a_part_in_the_project_attaches_nothing(book: Book):
    with pytest.raises(NotPermitted):
        attach(book, by=OTHER)


def test_only_the_unit_that_attached_it_or_the_office_withdraws(book: Book):
    holder = {"unit": "street-b"}
    book.record(P, "responsibilities", act="assign", occurred_on="2026-01-05", role="assisting_unit", holder=holder)
    attach(book)
    attach(book, by=WANG, sha256=B)
    for by, sha256 in ((OTHER, A), (CLERK, B)):
        with pytest.raises(NotPermitted):
            withdraw(book, by=by, sha256=sha256)
    with pytest.raises(NotAttached):
        withdraw(book, sha256="c" * 64)
    withdraw(book)
    withdraw(book, by=LI, sha256=B)
    assert shown(book) == []


def test_what_a_verdict_may_rest_on_only_the_office_withdraws(book: Book):
    book.record(P, "funds", at="2026-02-02", act="receive", occurred_on="2026-02-01", amount=yuan("5.00"), voucher="V")
    attach(book, target=5)
    cited = {"authority": "bureau-c", "document": "认〔2026〕1号"}
    book.record(P, "verdicts", by=LI, at="2026-02-10", target=5, outcome="recognised", **cited)
    attach(book, target=5, sha256=B, at="2026-02-11")
    with pytest.raises(VerdictRestsOnIt):
        withdraw(book, target=5)
    withdraw(book, target=5, sha256=B)
    withdraw(book, by=WANG, target=5)


def test_evidence_speaks_for_facts_of_other_streams_too(book: Book):
    said = {"act": "attach", "target": 1, "sha256": A, "sort": "other"}
    entry = book.record("unit:street-a", "evidence", stream="unit", **said)[0]
    assert entry.citation == "unit:street-a#2"
    with pytest.raises(NotPermitted):
        book.record("unit:street-b", "evidence", stream="unit", by=CLERK, **said)
