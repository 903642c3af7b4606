"""What cannot be is refused when it would take effect, whichever way it comes: recorded, corrected, annulled, reinstated."""

from typing import Any

import pytest

from domain.entry import Actor
from domain.errors import IsAnnulled, SelfApproval, UnknownPerson, UnknownUnit
from domain.judging.corrections import BeginsItsStream, OthersRestOnIt, Stale
from domain.project.endings import NotEnded
from domain.project.funds import BeforeItArrived, MoreThanArrived
from domain.project.periods import PeriodAlreadyReported
from domain.project.responsibilities import AlreadyHolds, EndsBeforeItBegins
from domain.questions.timeline import timeline
from domain.settings import Settings
from tests.domain.test_time import arrival, correct, funded, reads, received
from tests.given import LI, Book, P, a_project, actor, standing_in, yuan

BECAUSE = {"because": "有误"}
BACK = {"act": "return", "occurred_on": "2026-03-01"}


def approve(book: Book, proposal: int, by: Actor = LI) -> None:
    book.record(P, "approvals", by=by, act="approve", proposal=proposal)


def annul(book: Book, target: int, label: str = P) -> None:
    asked = book.record(label, "annulments", target=target, **BECAUSE)[0]
    book.record(label, "approvals", by=LI, act="approve", proposal=asked.number)


def reinstate(book: Book, target: int) -> None:
    approve(book, book.record(P, "reinstatements", target=target, **BECAUSE)[0].number)


def returned() -> tuple[Book, int, int]:
    """5,000 arrived on 1 February, of which 2,000 went back on 1 March."""
    book, receipt = funded("5000.00")
    return book, receipt, book.record(P, "funds", **BACK, receipt=receipt, amount=yuan("2000.00"))[0].number


def test_a_receipt_is_not_annulled_while_money_went_back_from_it():
    book, receipt, back = returned()
    with pytest.raises(OthersRestOnIt, match=f"#{back}"):
        annul(book, receipt)
    annul(book, back)
    annul(book, receipt)
    assert received(book) is None


def test_a_receipt_is_not_corrected_to_less_than_went_back_nor_to_a_day_after_it_did():
    book, receipt, back = returned()
    for proposal in (correct(book, receipt, "1999.99"), correct(book, receipt, "5000.00", at="2026-06-30", on="2026-03-02")):
        with pytest.raises(OthersRestOnIt, match=f"#{back}"):
            approve(book, proposal)
    approve(book, correct(book, receipt, "2000.00"))
    figure = received(book)
    assert figure is not None
    assert figure[0] == "0"


def test_nothing_goes_back_before_it_arrived():
    book, receipt = funded()
    with pytest.raises(BeforeItArrived):
        book.record(P, "funds", **(BACK | {"occurred_on": "2026-01-31"}), receipt=receipt, amount=yuan("1"))


def test_a_return_is_not_reinstated_from_what_no_longer_suffices():
    book, receipt, back = returned()
    annul(book, back)
    approve(book, correct(book, receipt, "1000.00"))
    with pytest.raises(MoreThanArrived):
        reinstate(book, back)


def test_an_original_plan_is_not_annulled_while_revisions_rest_on_it():
    book = a_project()
    adopted = book.record(P, "plans", act="adopt", occurred_on="2026-06-01", completion="2027-12-31")[0].number
    revised = book.record(P, "plans", act="revise", occurred_on="2026-06-20", completion="2028-06-30")[0].number
    with pytest.raises(OthersRestOnIt, match=f"#{revised}"):
        annul(book, adopted)
    annul(book, revised)
    annul(book, adopted)
    assert book.status().plan == ()


def test_what_begins_a_project_is_annulled_last_and_then_nothing_more_is_recorded():
    book = a_project(signed=False)
    with pytest.raises(OthersRestOnIt, match="#2"):
        annul(book, 1)
    annul(book, 2)
    annul(book, 1)
    assert book.status().stage is None
    with pytest.raises(IsAnnulled, match=f"{P}#1"):
        book.record(P, "jobs", occurred_on="2026-03-01", count=1)
    with pytest.raises(IsAnnulled, match=f"{P}#1"):
        reinstate(book, 2)
    reinstate(book, 1)
    reinstate(book, 2)
    assert book.status().stage is not None


@pytest.mark.parametrize("label", ["unit:street-a", "person:p-zhao"])
def test_what_begins_a_unit_or_person_is_never_annulled(label: str):
    with pytest.raises(BeginsItsStream, match=label):
        annul(a_project(), 1, label)


def test_a_correction_names_units_and_people_of_the_ledger():
    book = a_project()
    lead = {"kind": "responsibility_assigned", "occurred_on": "2026-01-03", "role": "lead_unit"}
    for holder, error in (({"unit": "nowhere"}, UnknownUnit), ({"person": "p-nobody"}, UnknownPerson)):
        with pytest.raises(error):
            book.record(P, "corrections", target=2, reads=lead | {"holder": holder}, **BECAUSE)


def test_nobody_acts_for_a_person_the_ledger_does_not_know():
    with pytest.raises(UnknownPerson, match="p-nobody"):
        a_project().record(P, "jobs", occurred_on="2026-03-01", count=1, on_behalf_of="p-nobody", under="授权书")


def holding(on: str, **more: Any) -> dict[str, Any]:
    return {"role": "project_officer", "occurred_on": on, "holder": {"unit": "street-a", "person": "p-zhao"}, **more}


def test_a_tenure_is_not_corrected_to_end_before_it_begins_nor_reinstated_beside_itself():
    book = a_project()
    first = book.record(P, "responsibilities", act="assign", **holding("2026-02-01"))[0].number
    backwards = holding("2026-02-01", kind="responsibility_assigned", until="2026-01-31")
    with pytest.raises(EndsBeforeItBegins):
        book.record(P, "corrections", target=first, reads=backwards, **BECAUSE)
    annul(book, first)
    book.record(P, "responsibilities", act="assign", **holding("2026-01-20"))
    with pytest.raises(AlreadyHolds):
        reinstate(book, first)


def test_a_period_is_not_reinstated_beside_another_that_overlaps_it():
    book = a_project()
    june = {"occurred_on": "2026-06-30", "total": yuan("1"), "period": {"since": "2026-06-01", "until": "2026-06-30"}}
    first = book.record(P, "taxes", **june)[0].number
    annul(book, first)
    book.record(P, "taxes", **(june | {"period": {"since": "2026-04-01", "until": "2026-06-30"}}))
    with pytest.raises(PeriodAlreadyReported):
        reinstate(book, first)


def test_the_tax_of_a_whole_project_is_not_told_again_by_enterprise():
    book = a_project()
    june = {"occurred_on": "2026-06-30", "total": yuan("1"), "period": {"since": "2026-06-01", "until": "2026-06-30"}}
    book.record(P, "taxes", **june, enterprise="甲")
    book.record(P, "taxes", **june, enterprise="乙")
    with pytest.raises(PeriodAlreadyReported):
        book.record(P, "taxes", **june)
    may = {"occurred_on": "2026-05-31", "total": yuan("1"), "period": {"since": "2026-05-01", "until": "2026-05-31"}}
    book.record(P, "taxes", **may)
    with pytest.raises(PeriodAlreadyReported):
        book.record(P, "taxes", **may, enterprise="甲")


def test_a_revival_comes_after_the_ending_it_undoes():
    book = a_project()
    book.record(P, "endings", act="end", occurred_on="2026-03-01", how="lost")
    with pytest.raises(NotEnded):
        book.record(P, "endings", act="revive", occurred_on="2026-02-28", document="会议纪要")
    book.record(P, "endings", act="revive", occurred_on="2026-03-01", document="会议纪要")
    assert book.status().ending is None


def test_an_annulment_asked_of_another_version_is_stale():
    book, number = funded()
    asked = book.record(P, "annulments", target=number, **BECAUSE)[0].number
    approve(book, correct(book, number, "4200.00"))
    with pytest.raises(Stale):
        approve(book, asked)
    annul(book, number)
    assert received(book) is None


def test_of_two_annulments_and_two_reinstatements_the_second_is_stale_for_good():
    book, number = funded()
    first, second = (book.record(P, "annulments", target=number, **BECAUSE)[0].number for _ in range(2))
    approve(book, first)
    with pytest.raises(Stale):
        approve(book, second)
    back, again = (book.record(P, "reinstatements", target=number, **BECAUSE)[0].number for _ in range(2))
    approve(book, back)
    for late in (again, second):
        with pytest.raises(Stale):
            approve(book, late)
    annul(book, number)
    with pytest.raises(Stale):
        approve(book, again)


def test_a_correction_is_not_approved_after_an_annulment():
    book, number = funded()
    proposal = correct(book, number, "4200.00")
    annul(book, number)
    with pytest.raises(Stale):
        approve(book, proposal)


def test_a_declined_correction_may_be_asked_for_again():
    book, number = funded()
    first = correct(book, number, "4200.00")
    book.record(P, "approvals", by=LI, act="decline", proposal=first, because="凭证相符")
    again = correct(book, number, "4200.00")
    approve(book, again)
    assert received(book) == ("4200", (f"{P}#{number}", f"{P}#{again}", f"{P}#{again + 1}"))


def test_a_correction_that_makes_a_fact_irregular_is_marked_when_it_is_asked_and_at_viewpoints():
    book, number = funded()
    entry = book.record(
        P, "corrections", at="2026-03-01", target=number, reads=reads("5000.00", on="2026-01-09"), because="银行回单日期"
    )[0]
    assert [(i.rule, i.reason) for i in entry.envelope.irregular] == [("funds_before_signing", "银行回单日期")]
    approve(book, entry.number)
    moment = next(m for m in timeline(book.view(), Settings()).moments if m.number == number)
    assert moment.irregular_when_recorded == entry.envelope.irregular
    status = book.status()
    assert [m.sources for m in status.marks if m.mark == "irregular"] == [
        (f"{P}#{number}", f"{P}#{entry.number}", f"{P}#{entry.number + 1}")
    ]


def test_the_recorder_through_a_stand_in_does_not_approve_either():
    book = standing_in(a_project(), "p-wang", "p-li")
    entry = book.record(P, "funds", on_behalf_of="p-li", under="授权书", **arrival("5.00"))[0]
    proposal = book.record(P, "annulments", by=actor("p-zhao"), target=entry.number, **BECAUSE)[0].number
    with pytest.raises(SelfApproval):
        approve(book, proposal, by=LI)
