"""Stage gates: what a stage expects, what passing without it is, and by which table at which viewpoint."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest

from domain.entry import SHANGHAI, Entry, Envelope, Source
from domain.errors import AlreadyEntered, NotPermitted, ReasonNeeded
from domain.judgement import EvidenceAttached, EvidenceWithdrawn
from domain.office.gates import GatesInForce, NoSuchKind, gates_of
from domain.questions.gates import GatesNow, gates_now
from domain.questions.irregularities import irregularities
from domain.questions.status import status
from domain.settings import Settings
from store import shipped
from tests.given import CLERK, LI, WANG, Book, P, a_project, district

CONTRACT = {"stage": "signed", "kind": "signed", "evidence": ["contract"]}
LICENCE = {"stage": "registered", "kind": "enterprise_registered", "evidence": ["licence"]}
LICENSED = {"occurred_on": "2026-06-20", "enterprise": "甲公司"}
SIGNING = 4
"""The entry number of a_project's signing."""


def table(*expects: dict[str, Any], name: str = "关口一") -> dict[str, Any]:
    return {"name": name, "expects": list(expects)}


def adopt(
    book: Book, *expects: dict[str, Any], on: str = "2026-06-01", name: str = "关口一", at: str = "2026-06-01"
) -> Entry:
    gates = table(*expects, name=name)
    return book.record("district", "gates", stream="district", at=at, occurred_on=on, gates=gates)[0]


def attach(book: Book, target: int, sort: str, dated: str | None = None, sha256: str = "ab" * 32) -> None:
    stated = {"target": target, "sha256": sha256, "name": "扫描件.pdf", "media_type": "application/pdf", "size": 9}
    append(book, EvidenceAttached.model_validate({**stated, "sort": sort, "dated": dated}, strict=False))


def append(book: Book, event: EvidenceAttached | EvidenceWithdrawn, at: str = "2026-06-21") -> None:
    envelope = Envelope(id=uuid4(), stream=P, actor=WANG, request=uuid4(), source=Source(door="api"))
    history = book.history(P)
    entry = Entry(
        history.version + 1, event, envelope, recorded_at=datetime.fromisoformat(f"{at}T10:00").replace(tzinfo=SHANGHAI)
    )
    book.position += 1
    book.histories[P] = history.plus([replace(entry, position=book.position)])


def in_force(book: Book, known: str | None = None) -> GatesInForce:
    return gates_of(book.view("district", known=known), shipped.gates())


def marked(book: Book, known: str | None = None) -> list[int]:
    marks = irregularities(book.view(known=known), Settings(), in_force(book, known))
    return [m.number for m in marks if m.rule == "gate_missing"]


def listed(book: Book, on: str = "2026-06-30", known: str | None = None) -> GatesNow:
    return gates_now(book.view(P, on, known), in_force(book, known))


def lacking(now: GatesNow) -> list[tuple[str, str]]:
    return [(m.stage.value, m.kind) for s in now.stages for m in s.missing]


def test_passing_a_gate_without_its_evidence_needs_a_reason_and_is_a_mark_until_it_is_attached():
    book = a_project()
    adopt(book, CONTRACT)
    with pytest.raises(ReasonNeeded, match=r"gate_missing.*signed \[contract\]") as asked:
        book.record(P, "registrations", **LICENSED)
    assert [r.about for r in asked.value.rules] == ["signed [contract]"]
    entry = book.record(P, "registrations", **LICENSED, reason="合同原件在途")[0]
    assert marked(book) == [entry.number]
    attach(book, SIGNING, "contract")
    assert marked(book) == []
    assert [i.rule for i in entry.envelope.irregular] == ["gate_missing"], "irregular when recorded, for ever"
    append(book, EvidenceWithdrawn(target=SIGNING, sha256="ab" * 32, reason="并非本项目"))
    assert marked(book) == [entry.number]


def test_with_its_evidence_attached_a_gate_is_passed_without_a_word():
    book = a_project()
    adopt(book, CONTRACT, LICENCE)
    attach(book, SIGNING, "contract")
    assert book.record(P, "registrations", **LICENSED)[0].envelope.irregular == ()
    assert lacking(listed(book)) == [("registered", "enterprise_registered")]


def test_the_evidence_of_a_stage_is_not_asked_for_with_the_fact_that_enters_it():
    book = a_project()
    attach(book, SIGNING, "contract")
    adopt(book, CONTRACT, LICENCE)
    book.record(P, "registrations", **LICENSED)
    with pytest.raises(ReasonNeeded, match="gate_missing"):
        book.record(P, "land", occurred_on="2026-06-25", how="land_paid")


def test_each_gate_is_asked_about_once_by_the_fact_that_passes_it():
    book = a_project()
    adopt(book, CONTRACT)
    book.record(P, "registrations", **LICENSED, reason="合同原件在途")
    assert book.record(P, "land", occurred_on="2026-06-25", how="land_paid")[0].envelope.irregular == ()


def test_what_a_gate_expects_on_entry_is_asked_for_when_the_stage_is_entered():
    book = a_project()
    adopt(book, {"stage": "registered", "kind": "plan_adopted", "by": "entry"})
    with pytest.raises(ReasonNeeded, match="gate_missing"):
        book.record(P, "registrations", **LICENSED)
    book.record(P, "plans", act="adopt", occurred_on="2026-06-10", start="2026-09-01")
    book.record(P, "registrations", **LICENSED)


def test_a_photograph_that_must_be_dated_counts_only_with_its_date():
    book = a_project()
    adopt(book, {"stage": "signed", "kind": "signed", "evidence": ["site_photo", "contract"], "dated": True})
    attach(book, SIGNING, "site_photo")
    assert lacking(listed(book)) == [("signed", "signed")]
    attach(book, SIGNING, "site_photo", dated="2026-01-10", sha256="cd" * 32)
    assert listed(book).stages == ()


def test_stages_passed_before_the_first_table_begins_are_no_irregularity_whenever_they_are_recorded():
    book = a_project()
    before = book.record(P, "registrations", occurred_on="2026-05-31", enterprise="甲公司")[0]
    adopt(book, CONTRACT, LICENCE, on="2026-06-01")
    assert marked(book) == []
    late = book.record(P, "land", occurred_on="2026-05-31", how="land_paid")[0]
    assert (before.envelope.irregular, late.envelope.irregular, marked(book)) == ((), (), [])


def test_the_table_of_the_day_counts_and_an_older_viewpoint_knows_only_the_older_table():
    book = a_project()
    adopt(book, CONTRACT, on="2026-06-01", at="2026-06-01")
    entry = book.record(P, "registrations", at="2026-06-20", **LICENSED, reason="合同原件在途")[0]
    adopt(book, LICENCE, on="2026-06-25", name="关口二", at="2026-06-25")
    assert marked(book, known="2026-06-20") == marked(book) == [entry.number]
    assert (listed(book, known="2026-06-20").table, listed(book, on="2026-06-24").table) == ("关口一", "关口一")
    now = listed(book)
    assert (now.table, now.adopted_by, str(now.adopted_on)) == ("关口二", "district#2", "2026-06-25")
    assert lacking(now) == [("registered", "enterprise_registered")]
    assert lacking(listed(book, known="2026-06-20")) == [("signed", "signed")]


def test_a_district_that_adopted_nothing_is_told_what_is_missing_and_marks_nothing():
    book = a_project()
    book.record(P, "registrations", **LICENSED)
    now = status(book.view(P, "2026-06-30"), Settings(), in_force(book)).gates
    assert (now.table, now.adopted_by) == ("shipped-1", None)
    assert lacking(now) == [("signed", "signed"), ("registered", "enterprise_registered")]
    signed, registered = (s.missing[0] for s in now.stages)
    assert (signed.evidence, signed.facts, signed.passed_by) == (("contract",), (f"{P}#{SIGNING}",), f"{P}#5")
    assert (registered.passed_by, registered.due_on) == (None, None)
    assert marked(book) == []


def test_a_skipped_stage_is_listed_without_a_day_and_the_fact_itself_is_what_is_missing():
    book = a_project()
    book.record(P, "land", occurred_on="2026-06-20", how="land_paid", reason="先租后注册")
    [skipped] = [s for s in listed(book).stages if s.stage == "registered"]
    assert skipped.since is None
    assert [(m.kind, m.evidence, m.facts, m.passed_by) for m in skipped.missing] == [
        ("enterprise_registered", (), (), f"{P}#5")
    ]


def test_a_day_by_which_something_is_due_is_told_and_refuses_nothing():
    book = a_project()
    book.record(P, "construction", act="start", occurred_on="2026-03-01", reason="边审边建")
    for on, overdue in (("2026-04-30", False), ("2026-05-01", True)):
        [due] = [m for s in listed(book, on=on).stages for m in s.missing if m.kind == "entered_statistics"]
        assert (str(due.due_on), due.overdue) == ("2026-04-30", overdue)
    book.record(P, "jobs", occurred_on="2026-06-01", count=3)


def test_the_same_name_for_another_table_and_a_kind_that_projects_do_not_have_are_refused():
    book = a_project()
    adopt(book, CONTRACT)
    with pytest.raises(AlreadyEntered, match="关口一"):
        adopt(book, LICENCE)
    for kind in ("unit_opened", "heaven_opened"):
        with pytest.raises(NoSuchKind, match=kind) as refused:
            adopt(book, CONTRACT, CONTRACT | {"kind": kind}, name="关口二")
        assert refused.value.pointer == "/gates/expects/1/kind"


def test_a_table_corrected_with_a_second_person_is_the_one_that_counts():
    book = a_project()
    adopted = adopt(book, CONTRACT)
    reads = {"kind": "gates_adopted", "occurred_on": "2026-06-01", "gates": table()}
    proposal = book.record("district", "corrections", target=adopted.number, reads=reads, because="误采")[0]
    book.record("district", "approvals", by=LI, act="approve", proposal=proposal.number)
    book.record(P, "registrations", **LICENSED)
    assert listed(book).stages == ()


def test_only_the_office_adopts_gates():
    gates = table(CONTRACT)
    with pytest.raises(NotPermitted):
        district().record("district", "gates", stream="district", by=CLERK, occurred_on="2026-06-01", gates=gates)


def test_the_table_as_shipped_names_kinds_that_projects_have():
    book = district()
    gates = shipped.gates().model_dump(mode="json")
    book.record("district", "gates", stream="district", occurred_on="2026-06-01", gates=gates)
    assert len(gates["expects"]) > 10
