"""目标任务: issued and adjusted by the office under a document within the window; a forecast is divided by nothing."""

from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import ValidationError

import domain.kinds
import projections.lines
from domain.entry import Entry
from domain.errors import AlreadyEntered, NoDocument, NotFound, NotPermitted, ReasonNeeded, UnknownUnit
from domain.fact import MEASURES
from domain.indicators import COUNTS, Indicator
from domain.office.targets import (
    AlreadyIssued,
    AnotherCurrency,
    NoTargets,
    NotIssued,
    OutsideWindow,
    OwnTarget,
    SliceOfAnotherYear,
    TargetAdjusted,
    TargetIssued,
)
from domain.questions.answers import ratio
from domain.questions.targets import TargetNow, reckoned, targets_now, viewpoints_of
from domain.settings import Settings
from tests.given import CLERK, LI, Book, P, a_project, actor, district, yuan

T = "targets:2026"
DOCUMENT = "〔2026〕6号"
QUARTERS = [{"period": f"2026-Q{n}", "amount": yuan("250.00")} for n in (1, 2, 3, 4)]


def opened(book: Book | None = None) -> Book:
    book = book or a_project()
    book.record(None, "targets", stream="targets", at="2026-01-12", occurred_on="2026-01-12", code="2026")
    return book


def task(book: Book, act: str = "issue", **more: Any) -> Entry:
    """A target of 1,000 元 received as recognised, unless told otherwise."""
    body: dict[str, Any] = {"act": act, "occurred_on": "2026-02-01", "unit": "street-a", "document": DOCUMENT}
    body |= {"at": "2026-02-10"}
    if "indicator" not in more:
        body |= {"indicator": "received", "basis": "recognised", "amount": yuan("1000.00")}
    return book.record(T, "tasks", stream="targets", **body | more)[0]


def asked(book: Book, on: str = "2026-06-30", unit: str | None = None, settings: Settings | None = None) -> list[TargetNow]:
    """As the fold answers, whatever the read model does."""
    settings = settings or Settings()
    view = book.view(T, on)
    labels = [label for label in book.histories if label.startswith("XM-")]
    needed = viewpoints_of(view.viewpoint, 2026)
    views = {v: [book.history(label).at(v) for label in labels] for v in needed}
    units = {code: book.view(f"unit:{code}", on) for code in ("street-a", "street-b")}
    of = reckoned(views, view.viewpoint, 2026, settings)
    return list(targets_now(view, of, units, views[view.viewpoint], settings, unit).targets)


def received(book: Book, amount: str, on: str, voucher: str, recognised: str | None = None, at: str = "2026-06-30") -> str:
    body = {"act": "receive", "occurred_on": on, "amount": yuan(amount), "voucher": voucher, "reason": "补报"}
    entry = book.record(P, "funds", at=at, **body)[0]
    if recognised is not None:
        said = {"target": entry.number, "outcome": "recognised", "authority": "bureau-c", "amount": yuan(recognised)}
        book.record(P, "verdicts", by=LI, document="认〔2026〕1号", at=at, **said)
    return entry.citation


def test_a_target_is_issued_under_a_document_with_its_slices():
    book = opened()
    entry = task(book, slices=QUARTERS)
    assert isinstance(entry.event, TargetIssued)
    (found,) = asked(book)
    assert (found.unit, found.indicator, found.basis) == ("street-a", "received", "recognised")
    assert found.original == found.in_force
    assert (found.in_force.value, found.in_force.document) == (Decimal("1000.00"), DOCUMENT)
    assert found.in_force.sources == (entry.citation,)
    assert [s.value for s in found.in_force.slices] == [Decimal("250.00")] * 4


def test_a_year_is_opened_once_and_only_then_takes_targets():
    book = opened()
    with pytest.raises(AlreadyEntered):
        opened(book)
    with pytest.raises(NotFound):
        task(a_project())
    annulled = opened()
    proposal = annulled.record(T, "annulments", stream="targets", target=1, because="误开")[0]
    annulled.record(T, "approvals", stream="targets", by=LI, act="approve", proposal=proposal.number)
    with pytest.raises(NoTargets):
        task(annulled)


def test_a_second_target_for_one_indicator_is_refused_and_another_basis_is_another_target():
    book = opened()
    task(book)
    with pytest.raises(AlreadyIssued, match="#2"):
        task(book)
    task(book, indicator="received", basis="reported", amount=yuan("1200.00"))
    assert [t.basis for t in asked(book)] == ["recognised", "reported"]


def test_an_adjusted_target_is_in_force_from_its_day_and_the_original_stays():
    book = opened()
    first = task(book, slices=QUARTERS)
    entry = task(book, "adjust", occurred_on="2026-02-08", amount=yuan("800.00"), document="〔2026〕9号")
    assert isinstance(entry.event, TargetAdjusted)
    before, after = asked(book, "2026-02-07")[0], asked(book)[0]
    assert before.in_force.value == Decimal("1000.00")
    assert after.original is not None
    assert (after.original.value, after.in_force.value) == (Decimal("1000.00"), Decimal("800.00"))
    assert (after.original.sources, after.in_force.sources) == ((first.citation,), (entry.citation,))
    assert after.in_force.document == "〔2026〕9号"


def test_what_was_not_issued_is_not_adjusted():
    with pytest.raises(NotIssued):
        task(opened(), "adjust")


def test_only_the_office_sets_targets_and_never_its_own_units():
    book = opened()
    with pytest.raises(NotPermitted):
        task(book, by=CLERK)
    with pytest.raises(NotPermitted):
        book.record(None, "targets", stream="targets", by=CLERK, occurred_on="2026-01-12", code="2027")
    for act in ("issue", "adjust"):
        with pytest.raises(OwnTarget) as refused:
            task(book, act, by=actor("p-zhao", "street-a"))
        assert refused.value.sort == "forbidden"


def test_without_a_document_no_target_is_issued_or_adjusted():
    book = opened()
    for act in ("issue", "adjust"):
        with pytest.raises(NoDocument):
            task(book, act, document=None)


def windowed() -> Book:
    book = district()
    window = {"issue_from": "11-01", "issue_until": "03-31", "adjust_until": "09-30"}
    settings = {"target_window": window}
    book.record("district", "settings", stream="district", occurred_on="2026-01-02", settings=settings)
    return opened(a_project(book))


def test_outside_the_window_of_the_district_nothing_is_issued_or_adjusted():
    book = windowed()
    late = {"at": "2026-12-31", "reason": "迟录"}
    with pytest.raises(OutsideWindow, match=r"2025-11-01\.\.2026-03-31") as refused:
        task(book, occurred_on="2026-04-01", **late)
    assert "期限" in refused.value.said(True)
    assert "window" in refused.value.said(False)
    with pytest.raises(OutsideWindow):
        task(book, occurred_on="2025-10-31", **late)
    task(book, occurred_on="2025-11-01", **late)
    task(book, "adjust", occurred_on="2026-09-30", **late)
    with pytest.raises(OutsideWindow, match="2026-09-30"):
        task(book, "adjust", occurred_on="2026-10-01", **late)


def test_a_correction_does_not_leave_the_window_either():
    book = windowed()
    number = task(book).number
    reads: dict[str, Any] = {
        "kind": "target_issued",
        "occurred_on": "2026-04-01",
        "unit": "street-a",
        "indicator": "received",
    }
    reads |= {"basis": "recognised", "amount": yuan("1000.00")}
    with pytest.raises(OutsideWindow):
        book.record(T, "corrections", stream="targets", target=number, reads=reads, because="笔误")


def test_an_act_recorded_long_after_its_day_needs_a_reason():
    book = opened()
    with pytest.raises(ReasonNeeded):
        task(book, at="2026-05-01")
    assert task(book, at="2026-05-01", reason="文件后到").envelope.reason == "文件后到"


@pytest.mark.parametrize(
    "wrong",
    [
        {"slices": QUARTERS[:3]},
        {"slices": [*QUARTERS, {"period": "2026-03", "amount": yuan("0")}]},
        {"slices": [{"period": "2026", "amount": yuan("1000.00")}]},
        {"slices": [{"period": "2026-Q1", "count": 1000}]},
        {"amount": {"blank": "withheld", "reason": "涉密"}, "slices": QUARTERS},
        {"amount": yuan("-1.00")},
        {"basis": None},
        {"indicator": "starts", "count": 3, "basis": "reported"},
        {"indicator": "starts", "amount": yuan("3.00")},
        {"indicator": "received", "basis": "reported", "count": 3},
        {"indicator": "progress", "basis": "reported", "count": 3},
        {"indicator": "starts"},
    ],
)
def test_what_is_no_target_is_refused(wrong: dict[str, Any]):
    with pytest.raises(ValidationError):
        task(opened(), **{"amount": yuan("1000.00"), "indicator": "received", "basis": "recognised"} | wrong)


def test_slices_of_another_year_another_currency_and_an_unknown_unit_are_refused():
    book = opened()
    with pytest.raises(SliceOfAnotherYear) as refused:
        task(book, slices=[{"period": "2025-Q1", "amount": yuan("1000.00")}])
    assert refused.value.pointer == "/slices/0/period"
    with pytest.raises(AnotherCurrency):
        task(book, indicator="tax", basis="reported", amount={"amount": "5.00", "currency": "USD"})
    with pytest.raises(UnknownUnit):
        task(book, unit="nowhere")


def test_what_came_of_it_stands_in_each_basis_and_the_ratio_is_of_its_own():
    book = opened()
    task(book, slices=QUARTERS)
    task(book, "adjust", occurred_on="2026-02-08", amount=yuan("800.00"))
    received(book, "70.00", "2025-12-31", "V0")
    received(book, "500.00", "2026-03-31", "V1", recognised="400.00")
    received(book, "300.00", "2026-05-31", "V2")
    (found,) = asked(book)
    assert found.reported is not None
    assert found.recognised is not None
    assert (found.reported.value, found.reported.facts) == (Decimal("800.00"), 2)
    assert (found.recognised.value, found.statistical) == (Decimal("400.00"), None)
    assert (str(found.ratio), str(found.ratio_of_original)) == ("0.5000", "0.4000")
    early = asked(book, "2026-04-30")[0]
    assert early.reported is not None
    assert early.reported.value == Decimal("500.00")


def test_what_is_due_is_the_slices_of_months_and_quarters_that_are_over():
    book = opened()
    task(book, slices=QUARTERS)
    due = [asked(book, on)[0].due for on in ("2026-03-30", "2026-03-31", "2026-09-30", "2027-01-31")]
    assert due == [Decimal(n) for n in (0, 250, 750, 1000)]
    task(book, "adjust", occurred_on="2026-02-08", amount=yuan("800.00"))
    assert asked(book)[0].due is None


def test_after_its_year_a_target_is_measured_at_the_years_end():
    book = opened()
    task(book, indicator="received", basis="reported", amount=yuan("100.00"))
    received(book, "50.00", "2026-12-31", "V1", at="2027-01-05")
    received(book, "70.00", "2027-01-02", "V2", at="2027-01-05")
    (found,) = asked(book, "2027-03-31")
    assert found.reported is not None
    assert found.reported.value == Decimal("50.00")


def test_a_count_names_the_facts_that_make_it_and_zero_is_a_count():
    book = opened()
    task(book, indicator="starts", count=4, slices=[{"period": "2026-Q2", "count": 4}])
    task(book, indicator="signings", count=0)
    task(book, indicator="completions", count=2)
    start = book.record(P, "construction", act="start", occurred_on="2026-03-01", reason="直接开工")[0]
    found = {t.indicator: t for t in asked(book)}
    starts, signings, completions = (found[name].reported for name in ("starts", "signings", "completions"))
    assert starts is not None
    assert signings is not None
    assert completions is not None
    assert (starts.value, starts.sources, str(found["starts"].ratio)) == (Decimal(1), (start.citation,), "0.2500")
    assert (signings.value, found["signings"].ratio) == (Decimal(1), None)
    assert (completions.value, str(found["completions"].ratio)) == (Decimal(0), "0.0000")


def test_a_count_belongs_to_the_unit_that_led_on_the_day():
    book = opened()
    for unit in ("street-a", "street-b"):
        task(book, indicator="starts", count=1, unit=unit)
    book.record(P, "construction", act="start", occurred_on="2026-03-01", reason="直接开工")
    book.record(P, "transfers", occurred_on="2026-04-01", from_unit="street-a", to_unit="street-b", document="文")
    achieved = [t.reported.value if t.reported else None for t in asked(book)]
    assert achieved == [Decimal(1), Decimal(0)]
    assert [t.unit for t in asked(book, unit="street-b")] == ["street-b"]


def test_of_a_level_the_last_statement_counts_whenever_it_was_made():
    book = opened()
    task(book, indicator="jobs", basis="reported", count=200)
    book.record(P, "jobs", occurred_on="2025-12-01", count=50)
    (found,) = asked(book)
    assert found.reported is not None
    assert (found.reported.value, str(found.ratio)) == (Decimal(50), "0.2500")


@pytest.mark.parametrize("target", [{"blank": "none_provided"}, {"blank": "withheld", "reason": "未定"}, yuan("0.00")])
def test_a_blank_or_zero_target_is_no_denominator(target: dict[str, str]):
    book = opened()
    task(book, indicator="received", basis="reported", amount=target)
    received(book, "500.00", "2026-03-31", "V1")
    (found,) = asked(book)
    assert found.reported is not None
    assert (found.ratio, found.ratio_of_original) == (None, None)
    assert (found.in_force.value is None) == ("blank" in target)


def test_where_nobody_stated_anything_the_ratio_is_null_too():
    book = opened()
    task(book)
    (found,) = asked(book)
    assert (found.reported, found.ratio) == (None, None)
    assert asked(book, "2026-02-05")[0].ratio is None


def forecast(book: Book, amount: str, on: str = "2026-06-30", indicator: str = "received") -> str:
    year = {"since": "2026-01-01", "until": "2026-12-31"}
    body = {"occurred_on": on, "indicator": indicator, "period": year, "amount": yuan(amount)}
    return book.record(P, "forecasts", **body)[0].citation


def test_a_forecast_stands_apart_with_its_entries():
    book = opened()
    task(book)
    forecast(book, "900.00", "2026-03-01")
    last = forecast(book, "950.00")
    forecast(book, "1.00", indicator="tax")
    (found,) = asked(book)
    assert [(f.amount, f.currency, f.projects, f.sources) for f in found.forecast] == [
        (Decimal("950.00"), "CNY", 1, (last,))
    ]


@pytest.mark.parametrize("target", [yuan("1000.00"), {"blank": "none_provided"}])
def test_no_figure_moves_with_a_forecast(target: dict[str, str]):
    """A forecast never is a denominator, nor part of any figure: all else is the same, whatever is forecast, or nothing."""
    answers = []
    for amount in (None, "0.01", "900.00"):
        book = opened()
        task(book, indicator="received", basis="reported", amount=target)
        received(book, "500.00", "2026-03-31", "V1")
        year = {"since": "2026-01-01", "until": "2026-12-31"}
        book.record(P, "plans", act="period", occurred_on="2026-06-01", period=year, investment=target)
        if amount is not None:
            forecast(book, amount, indicator="received")
            forecast(book, amount, indicator="invested")
        apart = {"forecast": ()}, {"forecasts": (), "entries": 0}
        status = book.status().model_copy(update=apart[1])
        answers.append(([t.model_copy(update=apart[0]) for t in asked(book)], status))
    assert answers[0] == answers[1] == answers[2]


def test_only_answers_that_show_forecasts_apart_know_of_them():
    """Whoever reads forecasts anew comes past here: they may be shown, and never divide or be divided."""
    houses = (Path(domain.kinds.__file__).parent, Path(projections.lines.__file__).parent)
    reading = {
        f"{path.parent.name}/{path.stem}"
        for house in houses
        for path in house.rglob("*.py")
        if "ForecastStated" in path.read_text(encoding="utf-8")
    }
    assert reading == {"project/forecasts", "questions/planning", "questions/targets", "projections/lines"}


def test_exemptions_of_the_unit_and_of_its_projects_are_named_where_they_concern_the_indicator():
    book = opened()
    task(book)
    task(book, unit="street-b")
    task(book, indicator="starts", count=1)
    flood = {"act": "grant", "ground": "force_majeure", "because": "汛期", "approver": "p-li", "document": "文"}
    period = {"since": "2026-05-01", "until": "2026-05-31"}
    body = {**flood, "occurred_on": "2026-05-01", "period": period, "indicators": ["received"]}
    book.record("unit:street-a", "exemptions", stream="unit", **body)
    book.record(P, "exemptions", **body | {"indicators": []})
    book.record(P, "exemptions", **body | {"period": {"since": "2025-05-01", "until": "2025-05-31"}})
    found = {(t.unit, t.indicator): [e.stream for e in t.exempted] for t in asked(book)}
    expected = {("street-a", "received"): ["unit:street-a", P], ("street-a", "starts"): [P], ("street-b", "received"): []}
    assert found == expected


def test_a_target_is_corrected_and_annulled_as_every_fact_is():
    book = opened()
    number = task(book).number
    reads: dict[str, Any] = {
        "kind": "target_issued",
        "occurred_on": "2026-02-01",
        "unit": "street-a",
        "indicator": "received",
    }
    reads |= {"basis": "recognised", "amount": yuan("100.00")}
    proposal = book.record(T, "corrections", stream="targets", target=number, reads=reads, because="笔误")[0]
    book.record(T, "approvals", stream="targets", by=LI, act="approve", proposal=proposal.number)
    (found,) = asked(book)
    assert (found.in_force.value, len(found.in_force.sources)) == (Decimal("100.00"), 3)
    proposal = book.record(T, "annulments", stream="targets", target=number, because="误下达")[0]
    book.record(T, "approvals", stream="targets", by=LI, act="approve", proposal=proposal.number)
    assert asked(book) == []


def test_targets_are_set_for_every_measure_that_adds_up_and_every_count():
    assert set(get_args(Indicator)) == {m for m, measure in MEASURES.items() if measure.unit != "percent"} | set(COUNTS)


@pytest.mark.parametrize(
    ("achieved", "wanted", "expected"), [("1", "3", "0.3333"), ("2", "3", "0.6667"), ("0", "3", "0.0000")]
)
def test_a_ratio_has_four_decimals(achieved: str, wanted: str, expected: str):
    assert str(ratio(Decimal(achieved), Decimal(wanted))) == expected


def test_before_the_year_nothing_has_come():
    book = a_project()
    book.record(None, "targets", stream="targets", at="2026-01-12", occurred_on="2026-01-12", code="2027")
    view = book.view("targets:2027", "2026-06-30")
    needed = viewpoints_of(view.viewpoint, 2027)
    of = reckoned({v: [book.history(P).at(v)] for v in needed}, view.viewpoint, 2027, Settings())
    assert (of.end, of.reached) == (of.before, {})
