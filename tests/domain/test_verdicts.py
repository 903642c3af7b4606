"""认定 (DESIGN §3.9): partial, revised, refused, taken back; capped and judged again after a correction; disputed."""

from typing import Any

import pytest

from domain.entry import Role
from domain.errors import IsAnnulled, SelfApproval
from domain.judging.corrections import CitedAnew, Stale
from domain.judging.verdicts import (
    AmountOrValue,
    AnotherCurrency,
    BecauseNeeded,
    DocumentCited,
    MoreThanReported,
    NothingToJudge,
    NotJudgedYet,
    NotYourMeasure,
    WhichMeasure,
)
from domain.questions.status import MeasureNow, status
from domain.settings import Settings
from tests.given import LI, WANG, Book, P, a_project, actor, yuan

CLERK = actor("p-clerk", "street-a", Role.UNIT)
BUREAU = actor("p-qian", "bureau-c", Role.UNIT)
OTHER = actor("p-zhao", "street-b", Role.UNIT)
RULES = Settings(recognising={"received": ("bureau-c", "street-b"), "invested": ("bureau-c",)})
USD = {"amount": "100.00", "currency": "USD"}


def reported(**more: Any) -> Book:
    """5,000.00 arrived under #5."""
    book = a_project()
    settings = RULES.model_dump(mode="json")
    book.record("district", "settings", stream="district", occurred_on="2026-01-02", settings=settings)
    funds = {"act": "receive", "occurred_on": "2026-02-01", "amount": yuan("5000.00"), "voucher": "V-1"} | more
    book.record(P, "funds", by=CLERK, **funds)
    return book


def judge(book: Book, by: Any = BUREAU, target: int = 5, **said: Any) -> None:
    book.record(P, "verdicts", by=by, target=target, **({"outcome": "recognised"} | said))


def correct(book: Book, target: int = 5, **fact: Any) -> None:
    reads = {"kind": "funds_received", "occurred_on": "2026-02-01", "amount": yuan("5000.00"), "voucher": "V-1"} | fact
    [proposal] = book.record(P, "corrections", by=CLERK, target=target, reads=reads, because="笔误")
    book.record(P, "approvals", by=LI, act="approve", proposal=proposal.number)


def received(book: Book, rules: Settings = RULES) -> MeasureNow:
    return next(m for m in status(book.view(P), rules).measures if m.measure == "received")


def recognised(book: Book) -> str | None:
    found = received(book).recognised
    return str(found.value) if found else None


def test_wholly_partly_revised_refused_and_taken_back_the_last_verdict_stands():
    book = reported()
    assert (recognised(book), received(book).not_judged) == (None, (f"{P}#5",))
    judge(book)
    assert recognised(book) == "5000.00"
    judge(book, amount=yuan("3000.00"))
    assert recognised(book) == "3000.00"
    with pytest.raises(BecauseNeeded):
        judge(book, outcome="not_recognised")
    judge(book, outcome="not_recognised", because="凭证不符")
    assert (recognised(book), received(book).not_recognised) == ("0.00", (f"{P}#5",))
    judge(book, outcome="withdrawn", because="判错了笔数")
    assert (recognised(book), received(book).not_judged) == (None, (f"{P}#5",))
    with pytest.raises(NotJudgedYet):
        judge(book, outcome="withdrawn", because="再次撤回")


def test_after_a_correction_it_stands_capped_and_is_to_be_judged_again():
    book = reported()
    judge(book, amount=yuan("3000.00"))
    correct(book, amount=yuan("2000.00"))
    assert (recognised(book), received(book).judge_again) == ("2000.00", (f"{P}#5",))
    correct(book, amount=yuan("4200.00"))
    assert (recognised(book), received(book).judge_again) == ("3000.00", (f"{P}#5",))
    judge(book, amount=yuan("4200.00"))
    assert (recognised(book), received(book).judge_again) == ("4200.00", ())


def test_a_correction_of_anything_else_leaves_it_judged():
    book = reported()
    judge(book)
    correct(book, payer="甲公司")
    assert (recognised(book), received(book).judge_again) == ("5000.00", ())
    correct(book, payer="甲公司", occurred_on="2026-02-02")
    assert received(book).judge_again == (f"{P}#5",)


def test_a_correction_of_the_currency_makes_it_not_judged():
    book = reported()
    judge(book)
    correct(book, amount=USD, exchange={"rate": "7.1", "on": "2026-02-01"})
    assert (recognised(book), received(book).not_judged) == (None, (f"{P}#5",))
    with pytest.raises(AnotherCurrency):
        judge(book, amount=yuan("1.00"))
    judge(book, amount={"amount": "50.00", "currency": "USD"})
    assert recognised(book) == "355.00"


def test_a_verdict_names_the_version_judged():
    book = reported()
    correct(book, amount=yuan("4000.00"))
    with pytest.raises(Stale):
        judge(book, version=5)
    judge(book, version=6)
    verdict = book.history(P).entries[-1].event
    assert getattr(verdict, "version", None) == 6


def test_two_authorities_disagree_and_both_are_shown():
    book = reported()
    judge(book, amount=yuan("3000.00"))
    judge(book, by=OTHER, amount=yuan("4500.00"))
    found = received(book)
    assert recognised(book) == "3000.00"  # the headline authority is the district's to name
    assert [(b.bureau, str(b.figure.value)) for b in found.bureaus] == [("bureau-c", "3000.00"), ("street-b", "4500.00")]
    assert found.disputed == (f"{P}#5",)
    last = received(book, Settings()).recognised
    assert last is not None
    assert str(last.value) == "4500.00"  # where none is named, whoever judged last


def test_the_headline_authority_alone_makes_the_headline():
    book = reported()
    judge(book, by=OTHER)
    assert (recognised(book), received(book).not_judged) == (None, (f"{P}#5",))
    assert [b.bureau for b in received(book).bureaus] == ["street-b"]


def test_only_the_bureau_that_owns_the_measure_judges_or_the_office_citing_its_document():
    book = reported()
    with pytest.raises(NotYourMeasure):
        judge(book, by=actor("p-x", "street-a", Role.UNIT))
    with pytest.raises(DocumentCited):
        judge(book, by=LI)
    with pytest.raises(DocumentCited):
        judge(book, by=LI, authority="bureau-c")
    with pytest.raises(NotYourMeasure):
        judge(book, by=LI, authority="office", document="认〔2026〕3号")
    judge(book, by=LI, authority="bureau-c", document="认〔2026〕3号")
    assert recognised(book) == "5000.00"


def test_a_project_may_have_its_own_recognising_bureau():
    book = reported()
    holder = {"role": "recognising_bureau", "holder": {"unit": "street-b"}}
    book.record(P, "jobs", by=CLERK, occurred_on="2026-02-01", count=12)
    with pytest.raises(NotYourMeasure):
        judge(book, by=OTHER, target=6)
    book.record(P, "responsibilities", act="assign", occurred_on="2026-01-05", **holder)
    judge(book, by=OTHER, target=6, value="10")
    jobs = next(m for m in status(book.view(P), RULES).measures if m.measure == "jobs")
    assert jobs.recognised is not None
    assert (str(jobs.recognised.value), jobs.recognised.sources) == ("10", (f"{P}#6", f"{P}#8"))


def test_nobody_rules_on_what_they_recorded_or_worded():
    book = reported()
    with pytest.raises(SelfApproval):
        judge(book, by=actor("p-clerk", "bureau-c", Role.UNIT))
    reads = {"kind": "funds_received", "occurred_on": "2026-02-01", "amount": yuan("1.00"), "voucher": "V-1"}
    [proposal] = book.record(P, "corrections", by=WANG, target=5, reads=reads, because="笔误")
    book.record(P, "approvals", by=LI, act="approve", proposal=proposal.number)
    with pytest.raises(SelfApproval):
        judge(book, by=WANG, authority="bureau-c", document="认〔2026〕3号")


def test_what_cannot_be_recognised_is_refused():
    book = reported()
    with pytest.raises(MoreThanReported):
        judge(book, amount=yuan("5000.01"))
    with pytest.raises(AmountOrValue):
        judge(book, value="3")
    with pytest.raises(AmountOrValue):
        judge(book, outcome="not_recognised", amount=yuan("1.00"), because="x")
    with pytest.raises(NothingToJudge):
        judge(book, target=3)
    period = {"since": "2026-02-01", "until": "2026-02-28"}
    progress = {"act": "progress", "occurred_on": "2026-02-28", "period": period, "reason": "未开工"}
    book.record(P, "construction", by=CLERK, invested=yuan("9.00"), percent="12.50", **progress)
    with pytest.raises(WhichMeasure):
        judge(book, target=6)
    judge(book, target=6, measure="invested", amount=yuan("8.00"))
    cited = {"act": "cite", "measure": "invested", "amount": yuan("8.80"), "publication": "月报"}
    book.record(P, "statistics", occurred_on="2026-02-28", period=period, **cited)
    with pytest.raises(NothingToJudge):
        judge(book, target=8)
    [proposal] = book.record(P, "annulments", by=CLERK, target=5, because="误报")
    book.record(P, "approvals", by=LI, act="approve", proposal=proposal.number)
    with pytest.raises(IsAnnulled):
        judge(book)


def test_a_statistical_figure_is_cited_anew_and_never_corrected():
    book = reported()
    period = {"since": "2026-02-01", "until": "2026-02-28"}
    cited = {"measure": "invested", "amount": yuan("8.80"), "publication": "月报"}
    book.record(P, "statistics", act="cite", occurred_on="2026-02-28", period=period, **cited)
    reads = {"kind": "statistic_cited", "occurred_on": "2026-02-28", "period": period, **cited, "amount": yuan("9.90")}
    with pytest.raises(CitedAnew):
        book.record(P, "corrections", target=6, reads=reads, because="修正")
    book.record(P, "statistics", act="cite", occurred_on="2026-02-28", period=period, **{**cited, "amount": yuan("9.90")})
    [invested] = [m for m in status(book.view(P), RULES).measures if m.measure == "invested"]
    assert invested.statistical is not None
    assert (str(invested.statistical.value), invested.statistical.sources) == ("9.90", (f"{P}#7",))


def test_annulled_it_counts_in_no_sum_and_reinstated_it_counts_again():
    book = reported()
    judge(book, amount=yuan("3000.00"))
    [proposal] = book.record(P, "annulments", by=CLERK, target=5, because="误报")
    book.record(P, "approvals", by=LI, act="approve", proposal=proposal.number)
    assert not [m for m in status(book.view(P), RULES).measures if m.measure == "received"]
    [proposal] = book.record(P, "reinstatements", by=CLERK, target=5, because="查实")
    book.record(P, "approvals", by=LI, act="approve", proposal=proposal.number)
    assert recognised(book) == "3000.00"
