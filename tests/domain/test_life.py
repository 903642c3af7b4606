"""A project's life, command by command: it happened · it was a repeat · it was refused."""

from typing import Any

import pytest

from domain.errors import InTheFuture, NotFound, RateNeeded, RateNotWanted, ReasonNeeded, UnknownUnit
from domain.fact import Stage
from domain.project.endings import AlreadyEnded, DocumentNeeded, NotEnded
from domain.project.funds import FundsReceived, MoreThanArrived, NoSuchReceipt, ReceiveFunds, VoucherAlreadyCounted
from domain.project.listings import NotOnTheList, OnTheList
from domain.project.periods import NotThePeriodsEnd, PeriodAlreadyReported
from domain.project.plans import NoPlanYet, PlanThere
from domain.project.ratings import UnknownLight
from domain.project.registrations import AlreadyRegistered
from domain.project.signings import AlreadySigned
from domain.project.taxes import RetainsMoreThanPaid
from domain.questions.stages import intervals, stage_of
from tests.given import Book, P, a_project, command, district, yuan

JUNE = {"since": "2026-06-01", "until": "2026-06-30"}


def amount(book: Book, measure: str, authority: str = "reported", on: str | None = None) -> str | None:
    for found in book.status(on=on).measures:
        figure = getattr(found, authority)
        if found.measure == measure and figure is not None:
            return f"{figure.value.normalize():f}"
    return None


def stage(book: Book, on: str = "2026-12-31") -> Stage | None:
    found = stage_of(book.view(on=on))
    return found.stage if found else None


def received(book: Book, voucher: str, money: str, on: str = "2026-02-01", **more: Any) -> None:
    book.record(P, "funds", act="receive", occurred_on=on, amount=yuan(money), voucher=voucher, **more)


def test_the_ledger_gives_the_code_of_a_project():
    book = a_project()
    assert book.history(P).entries[0].citation == "XM-2026-001#1"
    book.record(None, "projects", occurred_on="2026-03-01", name="另一个")
    assert book.history("XM-2026-002").version == 1


def test_a_fact_for_a_project_nobody_entered_is_refused():
    with pytest.raises(NotFound, match="XM-2026-099"):
        district().record("XM-2026-099", "jobs", occurred_on="2026-02-01", count=3)


def test_a_fact_of_tomorrow_is_refused():
    with pytest.raises(InTheFuture):
        a_project().record(P, "jobs", at="2026-06-30", occurred_on="2026-07-01", count=3)


def test_an_unknown_unit_is_refused():
    with pytest.raises(UnknownUnit, match="nowhere"):
        district().record(None, "projects", occurred_on="2026-01-03", name="某", lead_unit="nowhere")


def test_a_letter_of_intent_is_no_signing_and_its_sum_is_not_agreed_money():
    book = a_project(signed=False)
    book.record(P, "signings", occurred_on="2026-02-01", level="intent", counterparty="甲", agreed=yuan("5"))
    assert stage(book) is Stage.NEGOTIATING
    assert amount(book, "agreed") is None


def test_an_upgrade_counts_once_and_restates_the_sum():
    book = a_project(signed=False)
    why = {"reason": "直接签约"}
    book.record(P, "signings", occurred_on="2026-02-01", level="agreement", counterparty="甲", agreed=yuan("100"), **why)
    book.record(P, "signings", occurred_on="2026-03-01", level="contract", counterparty="甲", agreed=yuan("120"))
    assert amount(book, "agreed") == "120"
    found = stage_of(book.view())
    assert found is not None
    assert (found.stage, str(found.since)) == (Stage.SIGNED, "2026-02-01")
    with pytest.raises(AlreadySigned, match="#4"):
        book.record(P, "signings", occurred_on="2026-04-01", level="contract", counterparty="甲", agreed=yuan("1"))


def test_one_voucher_counts_once():
    book = a_project()
    received(book, "V-001", "5000.00")
    with pytest.raises(VoucherAlreadyCounted, match="V-001"):
        received(book, "V-001", "5000.00")
    assert amount(book, "received") == "5000"


def test_foreign_money_counts_at_its_rate_and_keeps_its_own_currency():
    book = a_project()
    dollars = {"amount": "1000.00", "currency": "USD"}
    with pytest.raises(RateNeeded, match="USD"):
        book.record(P, "funds", act="receive", occurred_on="2026-02-01", amount=dollars, voucher="V-1")
    rate = {"rate": "7.1234", "on": "2026-02-01"}
    book.record(P, "funds", act="receive", occurred_on="2026-02-01", amount=dollars, voucher="V-1", exchange=rate)
    assert amount(book, "received") == "7123.4"
    with pytest.raises(RateNotWanted):
        received(book, "V-2", "1", exchange=rate)


def test_money_going_back_is_a_fact_of_its_own():
    book = a_project()
    received(book, "V-1", "5000.00")
    number = book.history(P).version
    back = {"act": "return", "occurred_on": "2026-03-01", "receipt": number}
    book.record(P, "funds", **back, amount=yuan("2000.00"))
    assert amount(book, "received") == "3000"
    with pytest.raises(MoreThanArrived):
        book.record(P, "funds", **back, amount=yuan("3000.01"))
    with pytest.raises(NoSuchReceipt):
        book.record(P, "funds", act="return", occurred_on="2026-03-01", receipt=1, amount=yuan("1"))


def test_the_same_enterprise_registers_once():
    book = a_project()
    body = {"occurred_on": "2026-02-01", "enterprise": "甲公司", "capital": yuan("300")}
    book.record(P, "registrations", **body)
    with pytest.raises(AlreadyRegistered):
        book.record(P, "registrations", **body)
    assert amount(book, "enrolled_capital") == "300"


def test_registration_dated_after_landing_does_not_move_the_stage_back():
    book = a_project()
    book.record(P, "land", occurred_on="2026-03-01", how="land_paid", reason="先落地后注册")
    book.record(P, "registrations", occurred_on="2026-04-01", enterprise="甲公司")
    found = stage_of(book.view())
    assert found is not None
    assert (found.stage, str(found.since)) == (Stage.LANDED, "2026-03-01")
    assert [i.stage for i in intervals(book.view())][-1] is Stage.LANDED
    assert Stage.REGISTERED not in [i.stage for i in intervals(book.view())]


def test_a_lease_lands_where_the_district_says_so_and_a_land_contract_alone_does_not():
    book = a_project()
    book.record(P, "registrations", occurred_on="2026-02-01", enterprise="甲公司")
    book.record(P, "land", occurred_on="2026-03-01", how="land_contract_signed")
    assert stage(book) is Stage.REGISTERED
    book.record(P, "land", occurred_on="2026-04-01", how="lease_signed")
    assert stage(book) is Stage.LANDED


def test_construction_starts_pauses_resumes_and_completes():
    book = a_project()
    book.record(P, "construction", act="start", occurred_on="2026-03-01", reason="边审边建")
    book.record(P, "construction", act="pause", occurred_on="2026-04-01", because="雨季")
    assert [m.mark for m in book.status(on="2026-04-02").marks if m.mark == "paused"] == ["paused"]
    book.record(P, "construction", act="resume", occurred_on="2026-05-01")
    assert book.status(on="2026-05-02").paused is None
    book.record(P, "construction", act="complete", occurred_on="2026-06-01")
    assert stage(book) is Stage.COMPLETED
    assert stage(book, on="2026-05-31") is Stage.UNDER_CONSTRUCTION


@pytest.mark.parametrize("end", [("construction", "complete"), ("operation", "start"), ("operation", "capacity")])
def test_a_project_completed_while_paused_is_paused_no_longer(end: tuple[str, str]):
    book = a_project()
    book.record(P, "construction", act="start", occurred_on="2026-03-01", reason="边审边建")
    book.record(P, "construction", act="pause", occurred_on="2026-04-01", because="雨季")
    book.record(P, end[0], act=end[1], occurred_on="2026-06-01", reason="复工未报")
    assert book.status(on="2026-05-31").paused is not None
    done = book.status(on="2026-06-01")
    assert (done.paused, [m.mark for m in done.marks if m.mark == "paused"]) == (None, [])
    book.record(P, "construction", act="pause", occurred_on="2026-06-10", because="整改", reason="竣工后停用整改")
    assert book.status().paused is not None


def test_flows_are_summed_and_a_level_is_never_summed():
    book = a_project()
    book.record(P, "construction", act="start", occurred_on="2026-03-01", reason="跳越")
    for month, money, percent in (("04", "100", "10"), ("05", "200", "25")):
        last = f"2026-{month}-30"
        period = {"since": f"2026-{month}-01", "until": last}
        progress = {"act": "progress", "occurred_on": last, "period": period}
        book.record(P, "construction", **progress, invested=yuan(money), percent=percent)
    book.record(P, "jobs", occurred_on="2026-04-30", count=50)
    book.record(P, "jobs", occurred_on="2026-05-31", count=60)
    assert amount(book, "invested") == "300"
    assert amount(book, "progress") == "25"
    assert amount(book, "jobs") == "60"
    assert amount(book, "jobs", on="2026-05-30") == "50"


def test_a_second_figure_for_an_overlapping_period_is_refused():
    book = a_project()
    tax = {"occurred_on": "2026-06-30", "total": yuan("100"), "retained": yuan("40")}
    book.record(P, "taxes", **tax, period=JUNE)
    with pytest.raises(PeriodAlreadyReported):
        book.record(P, "taxes", **tax, period={"since": "2026-04-01", "until": "2026-06-30"})
    with pytest.raises(NotThePeriodsEnd):
        book.record(
            P, "taxes", **(tax | {"occurred_on": "2026-05-30"}), period={"since": "2026-05-01", "until": "2026-05-31"}
        )
    may = {"since": "2026-05-01", "until": "2026-05-31"}
    with pytest.raises(RetainsMoreThanPaid):
        book.record(P, "taxes", occurred_on="2026-05-31", period=may, total=yuan("1"), retained=yuan("2"))
    assert (amount(book, "tax"), amount(book, "tax_retained")) == ("100", "40")


def test_of_statistical_citations_the_last_one_stands():
    book = a_project()
    cited = {"act": "cite", "measure": "invested", "occurred_on": "2026-06-30", "period": JUNE}
    book.record(P, "statistics", **cited, amount=yuan("100"), publication="快报")
    book.record(P, "statistics", **cited, amount=yuan("90"), publication="年报")
    assert amount(book, "invested", "statistical") == "90"


def test_a_plan_is_adopted_once_and_then_revised():
    book = a_project()
    with pytest.raises(NoPlanYet):
        book.record(P, "plans", act="revise", occurred_on="2026-06-01", completion="2027-12-31")
    book.record(P, "plans", act="adopt", occurred_on="2026-06-01", start="2026-06-15", completion="2027-12-31")
    with pytest.raises(PlanThere):
        book.record(P, "plans", act="adopt", occurred_on="2026-06-02", start="2026-06-15")
    book.record(P, "plans", act="revise", occurred_on="2026-06-20", completion="2028-06-30", document="〔2026〕7号")
    completion = next(f for f in book.status().plan if f.field == "completion")
    assert (str(completion.original.value), str(completion.in_force.value)) == ("2027-12-31", "2028-06-30")
    assert completion.in_force.sources == (f"{P}#{book.history(P).version}",)
    start = next(f for f in book.status().plan if f.field == "start")
    assert str(start.in_force.value) == "2026-06-15"


def test_none_provided_is_not_blank_is_not_zero():
    book = a_project()
    book.record(P, "plans", act="adopt", occurred_on="2026-06-01", start="2026-06-15", investment=yuan("0"))
    book.record(P, "plans", act="revise", occurred_on="2026-06-20", completion={"blank": "none_provided", "note": "TBC"})
    plan = {f.field: f.in_force for f in book.status().plan}
    assert plan["completion"].blank == "none_provided"
    assert plan["completion"].value is None
    assert plan["operation"].blank == "not_mentioned"
    assert plan["investment"].blank is None
    assert plan["investment"].value is not None


def test_a_project_not_started_when_due_is_marked():
    book = a_project()
    book.record(P, "plans", act="adopt", occurred_on="2026-06-01", start="2026-06-15")
    assert "not_started_when_due" not in [m.mark for m in book.status(on="2026-06-15").marks]
    assert "not_started_when_due" in [m.mark for m in book.status(on="2026-06-16").marks]


def test_a_light_is_a_word_of_the_districts_scale():
    book = a_project()
    book.record(P, "ratings", occurred_on="2026-06-01", light="green")
    with pytest.raises(UnknownLight, match="purple"):
        book.record(P, "ratings", occurred_on="2026-06-02", light="purple")
    book.record(P, "ratings", occurred_on="2026-06-03", light={"blank": "withheld", "reason": "涉密"})
    light = book.status().light
    assert light is not None
    assert (light.light, light.blank, light.note) == (None, "withheld", "涉密")


def test_leaving_a_list_is_no_ending_and_some_come_back():
    book = a_project()
    for act, day in (("join", "2026-02-01"), ("leave", "2026-03-01"), ("join", "2026-04-01")):
        book.record(P, "listings", act=act, occurred_on=day, list="key-2026")
    assert [x.value for x in book.status(on="2026-03-15").lists] == []
    assert [x.value for x in book.status().lists] == ["key-2026"]
    assert book.status().ending is None
    with pytest.raises(OnTheList):
        book.record(P, "listings", act="join", occurred_on="2026-05-01", list="key-2026")
    with pytest.raises(NotOnTheList):
        book.record(P, "listings", act="leave", occurred_on="2026-05-01", list="other")


def test_an_ending_closes_and_a_revival_needs_a_document():
    book = a_project()
    with pytest.raises(NotEnded):
        book.record(P, "endings", act="revive", occurred_on="2026-03-01", document="会议纪要")
    book.record(P, "endings", act="end", occurred_on="2026-03-01", how="lost", because="投资方撤回")
    with pytest.raises(AlreadyEnded):
        book.record(P, "endings", act="end", occurred_on="2026-03-02", how="lost")
    with pytest.raises(ReasonNeeded, match="after_ending"):
        book.record(P, "jobs", occurred_on="2026-04-01", count=1)
    with pytest.raises(DocumentNeeded):
        book.record(P, "endings", act="revive", occurred_on="2026-04-01")
    book.record(P, "endings", act="revive", occurred_on="2026-04-01", document="会议纪要")
    assert book.status().ending is None
    assert book.status(on="2026-03-15").ending is not None


def test_a_fact_is_what_its_command_states_as_pydantic_would_make_it():
    asked = command("funds", {"act": "receive", "occurred_on": "2026-02-01", "amount": yuan("5.00"), "voucher": "V-1"})
    assert isinstance(asked, ReceiveFunds)
    fact = FundsReceived.of(asked)
    stated = {name: getattr(asked, name) for name in FundsReceived.model_fields}
    assert fact == FundsReceived.model_construct(**stated) == FundsReceived.model_validate(stated)
    assert fact.model_dump_json() == FundsReceived.model_validate(stated).model_dump_json()
    assert fact.model_fields_set == set(stated)
