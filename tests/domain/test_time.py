"""DESIGN §3 by name: viewpoints, what is in force, order, handovers, counterparts."""

from typing import Any

import pytest

from domain.entry import Role
from domain.errors import IsAnnulled, NotPermitted, ReasonNeeded, SelfApproval
from domain.judging.corrections import (
    AlreadyDecided,
    AnotherKind,
    CounterpartsTogether,
    NothingChanges,
    OtherUnitNeeded,
    Stale,
)
from domain.project.funds import VoucherAlreadyCounted
from domain.project.responsibilities import AlreadyHolds
from domain.questions.irregularities import irregularities
from domain.questions.responsibilities import responsibilities
from domain.questions.timeline import timeline
from domain.settings import Settings
from tests.given import ADMIN, CLERK, LI, READER, WANG, Book, P, a_project, actor, district, standing_in, yuan


def funded(money: str = "5000.00") -> tuple[Book, int]:
    book = a_project()
    entry = book.record(P, "funds", at="2026-02-02", **arrival(money))[0]
    return book, entry.number


def arrival(money: str, voucher: str = "V-1", on: str = "2026-02-01") -> dict[str, Any]:
    return {"act": "receive", "occurred_on": on, "amount": yuan(money), "voucher": voucher}


def reads(money: str, voucher: str = "V-1", on: str = "2026-02-01") -> dict[str, Any]:
    return {
        "kind": "funds_received",
        "occurred_on": on,
        "amount": yuan(money),
        "voucher": voucher,
        "fund_kind": "domestic",
    }


def correct(book: Book, target: int, money: str, at: str = "2026-03-01", by: Any = WANG, **more: Any) -> int:
    return book.record(P, "corrections", by=by, at=at, target=target, reads=reads(money, **more), because="笔误")[0].number


def approve(book: Book, proposal: int, by: Any = LI, at: str = "2026-03-05") -> None:
    book.record(P, "approvals", by=by, at=at, act="approve", proposal=proposal)


def received(book: Book, known: str | int | None = None, on: str = "2026-12-31") -> tuple[str, tuple[str, ...]] | None:
    for found in book.status(on=on, known=known).measures:
        if found.measure == "received" and found.reported:
            return f"{found.reported.value.normalize():f}", found.reported.sources
    return None


def test_a_correction_is_in_force_from_the_approval_of_a_second_person_not_before():
    book, number = funded()
    proposal = correct(book, number, "4200.00", at="2026-03-01")
    approve(book, proposal, at="2026-03-05")
    assert received(book, known="2026-02-28") == ("5000", (f"{P}#{number}",))
    assert received(book, known="2026-03-04") == ("5000", (f"{P}#{number}",))
    assert received(book, known="2026-03-05") == ("4200", (f"{P}#{number}", f"{P}#{proposal}", f"{P}#{proposal + 1}"))


def test_self_approval_is_refused_also_through_a_second_account_and_a_stand_in():
    book, number = funded()
    standing_in(book, "p-li", "p-wang")
    proposal = correct(book, number, "4200.00")
    for by in (WANG, actor("p-wang", "street-b", signed_in="token:other")):
        with pytest.raises(SelfApproval):
            approve(book, proposal, by=by)
    with pytest.raises(SelfApproval):
        book.record(P, "approvals", by=LI, act="approve", proposal=proposal, on_behalf_of="p-wang", under="授权书")


def test_who_recorded_the_fact_does_not_approve_its_correction_by_another():
    book, number = funded()
    proposal = correct(book, number, "4200.00", by=LI)
    with pytest.raises(SelfApproval):
        approve(book, proposal, by=WANG)
    approve(book, proposal, by=actor("p-zhao"))
    assert received(book) == ("4200", (f"{P}#{number}", f"{P}#{proposal}", f"{P}#{proposal + 1}"))


def test_a_district_may_demand_another_unit():
    book, number = funded()
    adopted = Settings(approval_by_other_unit=True).model_dump(mode="json")
    book.record("district", "settings", stream="district", occurred_on="2026-03-01", settings=adopted)
    proposal = correct(book, number, "4200.00")
    with pytest.raises(OtherUnitNeeded):
        approve(book, proposal, by=LI)
    approve(book, proposal, by=actor("p-li", "bureau-c"))
    assert received(book) is not None


def test_a_correction_approved_after_another_one_is_stale():
    book, number = funded()
    first, second = correct(book, number, "4200.00"), correct(book, number, "4300.00")
    approve(book, second)
    with pytest.raises(Stale):
        approve(book, first)
    assert received(book) == ("4300", (f"{P}#{number}", f"{P}#{second}", f"{P}#{second + 1}"))


def test_a_proposal_is_decided_once_and_a_declined_one_never_takes_effect():
    book, number = funded()
    proposal = correct(book, number, "4200.00")
    book.record(P, "approvals", by=LI, act="decline", proposal=proposal, because="凭证相符")
    with pytest.raises(AlreadyDecided):
        approve(book, proposal)
    assert received(book) == ("5000", (f"{P}#{number}",))


def test_a_correction_states_the_same_kind_and_something_else():
    book, number = funded()
    other = {"kind": "jobs_held", "occurred_on": "2026-02-01", "count": 3}
    with pytest.raises(AnotherKind):
        book.record(P, "corrections", target=number, reads=other, because="错")
    with pytest.raises(NothingChanges):
        correct(book, number, "5000.00")


def test_an_approval_repeats_the_checks():
    book, number = funded()
    book.record(P, "funds", at="2026-02-03", **arrival("1.00", voucher="V-2"))
    with pytest.raises(VoucherAlreadyCounted):
        correct(book, number, "5000.00", voucher="V-2")
    proposal = correct(book, number, "5000.00", voucher="V-3")
    book.record(P, "funds", at="2026-03-02", **arrival("2.00", voucher="V-3"))
    with pytest.raises(VoucherAlreadyCounted):
        approve(book, proposal)


def test_an_annulled_fact_stops_counting_and_a_reinstated_one_counts_again():
    book, number = funded()
    annul = book.record(P, "annulments", at="2026-03-01", target=number, because="重复")[0].number
    approve(book, annul, at="2026-03-02")
    assert received(book, known="2026-03-01") is not None
    assert received(book) is None
    with pytest.raises(IsAnnulled):
        correct(book, number, "1.00")
    back = book.record(P, "reinstatements", at="2026-04-01", target=number, because="查实有效")[0].number
    approve(book, back, at="2026-04-02")
    assert received(book, known="2026-04-01") is None
    assert received(book) == ("5000", (f"{P}#{number}",))


def test_a_reinstatement_repeats_the_checks():
    book, number = funded()
    annul = book.record(P, "annulments", target=number, because="重复")[0].number
    approve(book, annul)
    book.record(P, "funds", **arrival("7.00"))
    with pytest.raises(VoucherAlreadyCounted):
        approve(book, book.record(P, "reinstatements", target=number, because="查实")[0].number)


def test_a_fact_is_asked_for_on_both_axes():
    book, number = funded()
    assert received(book, on="2026-01-31") is None
    assert received(book, known="2026-02-01") is None
    assert received(book, on="2026-02-01", known="2026-02-02") == ("5000", (f"{P}#{number}",))


def test_a_corrected_fact_keeps_its_number_and_takes_its_new_day():
    book, number = funded()
    approve(book, correct(book, number, "5000.00", on="2026-02-20"))
    assert received(book, on="2026-02-10") is None
    assert received(book, on="2026-02-10", known="2026-03-04") is not None
    moment = next(m for m in timeline(book.view(), Settings()).moments if m.number == number)
    assert "corrected" in moment.marks
    assert [w.states["occurred_on"] for w in moment.wordings] == ["2026-02-01", "2026-02-20"]


def test_after_orders_facts_within_a_day():
    book = a_project()
    first = book.record(P, "jobs", occurred_on="2026-03-01", count=1)[0].number
    book.record(P, "jobs", occurred_on="2026-03-01", count=2)
    book.record(P, "jobs", occurred_on="2026-03-01", count=3, after=first, reason="当日补记")
    jobs = [s.fact.model_dump()["count"] for s in book.view().facts if s.fact.kind.topic == "jobs_held"]
    assert jobs == [1, 3, 2]


def holder(book: Book, on: str, known: str | None = None) -> list[str | None]:
    found = book.status(on=on, known=known).responsible
    return [h.holder.person for h in found if h.role == "project_officer"]


def assign(book: Book, person: str, on: str, at: str, **more: Any) -> None:
    who = {"person": person, "unit": "street-a", "post": "专员"}
    book.record(P, "responsibilities", at=at, act="assign", role="project_officer", holder=who, occurred_on=on, **more)


def hand_over(book: Book, outgoing: str, incoming: str, on: str, at: str, **more: Any) -> None:
    two = {"outgoing": {"person": outgoing}, "incoming": {"person": incoming, "unit": "street-a"}}
    body = {"act": "hand_over", "role": "project_officer", "occurred_on": on, **two, **more}
    book.record(P, "responsibilities", at=at, **body)


def test_a_back_dated_handover_is_seen_from_the_day_it_was_entered():
    book = a_project()
    assign(book, "p-zhao", "2026-01-05", at="2026-01-06")
    hand_over(book, "p-zhao", "p-qian", "2026-03-20", at="2026-04-20", open_matters=["征地未结"])
    assert holder(book, on="2026-03-31", known="2026-04-15") == ["p-zhao"]
    assert holder(book, on="2026-03-31", known="2026-04-21") == ["p-qian"]
    assert holder(book, on="2026-03-19", known="2026-04-21") == ["p-zhao"]


def test_the_new_holder_answers_on_the_day_itself():
    book = a_project()
    assign(book, "p-zhao", "2026-01-05", at="2026-01-06")
    hand_over(book, "p-zhao", "p-qian", "2026-03-20", at="2026-03-20")
    assert holder(book, on="2026-03-20") == ["p-qian"]


def test_a_handover_from_someone_who_did_not_hold_the_role_is_irregular_and_both_hold():
    book = a_project()
    assign(book, "p-zhao", "2026-01-05", at="2026-01-06")
    with pytest.raises(ReasonNeeded, match="handover_by_non_holder"):
        hand_over(book, "p-li", "p-qian", "2026-03-20", at="2026-03-20")
    hand_over(book, "p-li", "p-qian", "2026-03-20", at="2026-03-20", reason="原手续遗失")
    assert holder(book, on="2026-04-01") == ["p-zhao", "p-qian"]
    found = responsibilities(book.view(on="2026-04-01"), Settings())
    assert [(o.role, str(o.since)) for o in found.overlaps] == [("project_officer", "2026-03-20")]


def test_a_tenure_that_ends_leaves_a_gap_that_shows():
    book = a_project()
    assign(book, "p-zhao", "2026-01-05", at="2026-01-06")
    ends = {"act": "end", "role": "project_officer", "holder": {"person": "p-zhao"}, "occurred_on": "2026-03-01"}
    book.record(P, "responsibilities", **ends)
    assign(book, "p-qian", "2026-04-01", at="2026-04-01")
    gaps = responsibilities(book.view(on="2026-05-01"), Settings()).gaps
    assert [(g.role, str(g.since), str(g.until)) for g in gaps] == [("project_officer", "2026-03-01", "2026-04-01")]


def test_a_holder_is_not_assigned_twice_and_a_role_may_begin_later():
    book = a_project()
    assign(book, "p-zhao", "2026-08-01", at="2026-06-30")
    assert holder(book, on="2026-07-31") == []
    assert holder(book, on="2026-08-01") == ["p-zhao"]
    with pytest.raises(AlreadyHolds):
        assign(book, "p-zhao", "2026-09-01", at="2026-06-30")


def test_a_transfer_changes_the_unit_and_the_project_goes_on():
    book = a_project()
    moved = {"occurred_on": "2026-04-01", "from_unit": "street-a", "to_unit": "street-b"}
    book.record(P, "transfers", **moved)
    lead = {
        on: [h.holder.unit for h in book.status(on=on).responsible if h.role == "lead_unit"]
        for on in ("2026-03-31", "2026-04-01")
    }
    assert lead == {"2026-03-31": ["street-a"], "2026-04-01": ["street-b"]}
    assert book.status().ending is None


def test_counterparts_are_annulled_together_or_not_at_all():
    book = a_project()
    book.record(None, "projects", at="2026-01-05", occurred_on="2026-01-03", name="二号", lead_unit="street-a")
    other = "XM-2026-002"
    move = {"occurred_on": "2026-04-01", "from_unit": "street-a", "to_unit": "street-b"}
    one, two = book.batch([(P, "transfers", move), (other, "transfers", move)])
    assert one.envelope.counterparts == (two.citation,)
    assert one.envelope.batch == two.envelope.batch is not None
    with pytest.raises(CounterpartsTogether):
        book.record(P, "annulments", target=one.number, because="撤销")
    because = {"because": "撤销"}
    asked = book.batch(
        [(P, "annulments", {"target": one.number} | because), (other, "annulments", {"target": two.number} | because)]
    )
    with pytest.raises(CounterpartsTogether):
        approve(book, asked[0].number)
    decide = [(e.stream, "approvals", {"act": "approve", "proposal": e.number}) for e in asked]
    book.batch([(label, noun, body) for label, noun, body in decide], by=LI)
    assert [h.holder.unit for h in book.status(on="2026-05-01", label=other).responsible] == ["street-a"]


def test_irregular_when_recorded_never_changes_and_irregular_at_a_viewpoint_does():
    book = a_project(signed=False)
    with pytest.raises(ReasonNeeded, match="funds_before_signing"):
        book.record(P, "funds", at="2026-02-02", **arrival("5.00"))
    entry = book.record(P, "funds", at="2026-02-02", **arrival("5.00"), reason="先行到账")[0]
    assert [(i.rule, i.reason) for i in entry.envelope.irregular] == [("funds_before_signing", "先行到账")]
    book.record(P, "negotiations", at="2026-02-03", occurred_on="2026-01-05", with_whom="甲")
    book.record(P, "signings", at="2026-02-03", occurred_on="2026-01-20", level="contract", counterparty="甲")
    assert [m.rule for m in irregularities(book.view(known="2026-02-02"), Settings())] == ["funds_before_signing"]
    assert irregularities(book.view(), Settings()) == []
    assert book.view().matters[entry.number].current.original.envelope.irregular


@pytest.mark.parametrize(
    ("rule", "noun", "body"),
    [
        ("above_agreed", "funds", arrival("100000000.01")),
        ("stages_skipped", "operation", {"act": "start", "occurred_on": "2026-03-01"}),
        ("not_under_construction", "construction", {"act": "pause", "occurred_on": "2026-03-01", "because": "雨"}),
        ("plan_backdated", "plans", {"act": "adopt", "occurred_on": "2026-02-01", "start": "2026-05-01"}),
        (
            "plan_ends_before_start",
            "plans",
            {"act": "adopt", "occurred_on": "2026-06-01", "start": "2027-05-01", "completion": "2026-07-01"},
        ),
    ],
)
def test_what_is_irregular_is_recorded_once_a_reason_is_given(rule: str, noun: str, body: dict[str, Any]):
    book = a_project()
    with pytest.raises(ReasonNeeded, match=rule):
        book.record(P, noun, **body)
    entry = book.record(P, noun, **body, reason="情况属实")[0]
    assert rule in [i.rule for i in entry.envelope.irregular]


def test_a_level_that_falls_is_irregular():
    book = a_project()
    book.record(P, "jobs", occurred_on="2026-03-01", count=10)
    with pytest.raises(ReasonNeeded, match="level_falls"):
        book.record(P, "jobs", occurred_on="2026-04-01", count=9)


def test_a_reader_and_the_administrator_record_nothing_and_a_unit_only_for_its_own_projects():
    book = a_project()
    body = {"occurred_on": "2026-03-01", "count": 10}
    for by in (READER, ADMIN, actor("p-clerk", "street-b", Role.UNIT)):
        with pytest.raises(NotPermitted):
            book.record(P, "jobs", by=by, **body)
    book.record(P, "jobs", by=CLERK, **body)
    number = book.history(P).version
    proposal = book.record(P, "annulments", by=CLERK, target=number, because="错")[0].number
    with pytest.raises(NotPermitted):
        approve(book, proposal, by=actor("p-zhao", "street-a", Role.UNIT))


def test_permission_is_read_from_the_facts_of_the_moment():
    book = a_project()
    book.record(P, "transfers", occurred_on="2026-04-01", from_unit="street-a", to_unit="street-b")
    with pytest.raises(NotPermitted):
        book.record(P, "jobs", by=CLERK, occurred_on="2026-03-01", count=10)


def test_a_unit_that_enters_a_project_leads_it():
    book = district()
    book.record(None, "projects", by=CLERK, occurred_on="2026-01-03", name="某")
    assert [h.holder.unit for h in book.status().responsible] == ["street-a"]
