"""What concerns several projects or units: shares, capital, tax shared out, mergers, splits; totals by share terms."""

from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.entry import Actor, Entry
from domain.errors import NotPermitted, ReasonNeeded, UnknownProject, UnknownUnit
from domain.history import View
from domain.judging.corrections import CorrectedAsAWhole, CounterpartsTogether
from domain.office.returns import NotAFact
from domain.project.capital import AlreadyIncreased, NotRegistered
from domain.project.endings import AlreadyEnded, NotSplit, ended
from domain.project.intake import NotSplitOff, ProjectEntered
from domain.project.mergers import ProjectsAbsorbed, ProjectSplit
from domain.project.periods import PeriodAlreadyReported
from domain.project.shares import NoTerms, RestsOnADocument, apportioned, share_on, terms_on
from domain.project.tax_sharing import NoShareStated, SharesDoNotSumToOne, TaxPart, TaxShared
from domain.project.taxes import RetainsMoreThanPaid
from domain.questions.portfolio import Attribute, Portfolio, portfolio
from domain.settings import Settings
from domain.values import Money, Period
from tests.domain.test_life import amount
from tests.given import CLERK, LI, Book, P, a_project, actor, yuan

Q, R = "XM-2026-002", "XM-2026-003"
JUNE = {"since": "2026-06-01", "until": "2026-06-30"}
PAPER = {"document": "会议纪要〔2026〕30号"}
TAX: dict[str, Any] = {"occurred_on": "2026-06-30", "period": JUNE, "enterprise": "甲公司", "remainder": P, "reason": "补报"}
HALVES = {"parts": [{"project": P, "ratio": "0.5"}, {"project": Q, "ratio": "0.5"}]}


def three_projects() -> Book:
    """Led by street-a, street-b and bureau-c; the first signed."""
    book = a_project()
    for name, unit in (("二号", "street-b"), ("三号", "bureau-c")):
        book.record(None, "projects", at="2026-01-05", occurred_on="2026-01-03", name=name, lead_unit=unit)
    return book


def views(book: Book, on: str = "2026-12-31", known: int | None = None) -> list[View]:
    return [book.view(label, on, known) for label in book.histories if label.startswith("XM-")]


def totals(
    book: Book, measure: str, attribute: Attribute = "then", on: str = "2026-12-31", authority: str = "reported"
) -> dict[str | None, tuple[str, int]]:
    """By lead unit: (amount in 元, sources); the whole under `all`."""
    found = asked(book, attribute, on)
    mine = [t for t in found.totals if (t.measure, t.authority) == (measure, authority)]
    whole = [t for t in found.whole if (t.measure, t.authority) == (measure, authority)]
    named = [*((t.group, t) for t in mine), *(("all", t) for t in whole)]
    return {name: (str(Decimal(t.amount).scaleb(-2)), t.sources) for name, t in named}


def asked(book: Book, attribute: Attribute = "then", on: str = "2026-12-31", known: int | None = None) -> Portfolio:
    return portfolio(views(book, on, known), "unit", "lead_unit", attribute, Settings())


def judge(book: Book, noun: str, entries: list[Entry], **more: Any) -> list[Entry]:
    body = {"because": "误办", **more}
    return book.batch([(e.stream, noun, {"target": e.number} | body) for e in entries])


def approve(book: Book, proposals: list[Entry], joint: bool = True, by: Actor = LI) -> None:
    book.batch([(e.stream, "approvals", {"act": "approve", "proposal": e.number}) for e in proposals], by=by, joint=joint)


def undo(book: Book, entries: list[Entry], noun: str = "annulments") -> None:
    """The newest first: nothing is left without what begins its stream."""
    approve(book, judge(book, noun, sorted(entries, key=lambda e: -e.number)))


def test_tax_is_shared_out_to_the_hundredth_and_each_entry_names_its_counterparts():
    book = three_projects()
    thirds = [{"project": p, "ratio": r} for p, r in ((P, "0.33333334"), (Q, "0.33333333"), (R, "0.33333333"))]
    made = book.record("district", "taxes", **TAX, total=yuan("100.00"), retained=yuan("40.01"), parts=thirds)
    assert [e.stream for e in made] == ["district", P, Q, R]
    assert {e.envelope.batch for e in made} == {made[0].envelope.batch} != {None}
    assert [e.envelope.counterparts for e in made] == [tuple(o.citation for o in made if o is not entry) for entry in made]
    assert [e.envelope.causation for e in made] == [None, *[made[0].citation] * 3]
    found = {p: (book.status(label=p).measures[-2].reported, book.status(label=p).measures[-1].reported) for p in (P, Q, R)}
    assert {p: (str(t and t.value), str(r and r.value)) for p, (t, r) in found.items()} == {
        P: ("33.34", "13.35"),
        Q: ("33.33", "13.33"),
        R: ("33.33", "13.33"),
    }
    assert totals(book, "tax")["all"] == ("100.00", 3)


def test_without_ratios_the_enterprises_shares_on_the_periods_last_day_are_used():
    book = three_projects()
    several = {"parts": [{"project": P}, {"project": Q}], "total": yuan("10.01")}
    share = {"act": "state", "enterprise": "甲公司"}
    book.record(P, "shares", **share, occurred_on="2026-01-01", ratio="0.6", until="2026-07-01")
    with pytest.raises(NoShareStated, match=Q):
        book.record("district", "taxes", **TAX, **several)
    book.record(Q, "shares", **share, occurred_on="2026-01-01", ratio="0.5")
    with pytest.raises(SharesDoNotSumToOne, match=r"1\.1"):
        book.record("district", "taxes", **TAX, **several)
    book.record(Q, "shares", **share, occurred_on="2026-06-30", ratio="0.4")
    made = book.record("district", "taxes", **TAX, **several)
    assert [str(p.ratio) for p in made[0].event.parts] == ["0.6", "0.4"]  # type: ignore[union-attr]
    assert (amount(book, "tax"), totals(book, "tax")["all"]) == ("6.01", ("10.01", 2))
    on = {day: share_on(book.view(), "甲公司", book.view(on=day).viewpoint.on) for day in ("2026-06-30", "2026-07-01")}
    assert [bool(s) for s in on.values()] == [True, False]


def test_a_part_that_cannot_be_recorded_refuses_them_all_and_is_pointed_at():
    book = three_projects()
    before = book.history(P)
    quietly = {k: v for k, v in TAX.items() if k != "reason"}
    book.record(
        Q,
        "taxes",
        occurred_on="2026-06-15",
        period={"since": "2026-06-15", "until": "2026-06-15"},
        total=yuan("1"),
        enterprise="甲公司",
    )
    with pytest.raises(PeriodAlreadyReported) as refused:
        book.record("district", "taxes", **quietly, **HALVES, total=yuan("5"))
    assert refused.value.pointer == "/parts/1"
    assert (book.history(P), book.history("district").version) == (before, 0)
    lost = [{"project": P, "ratio": "0.5"}, {"project": "XM-2026-099", "ratio": "0.5"}]
    with pytest.raises(UnknownProject, match="XM-2026-099"):
        book.record("district", "taxes", **TAX, parts=lost, total=yuan("5"))
    with pytest.raises(RetainsMoreThanPaid):
        book.record("district", "taxes", **TAX, **HALVES, total=yuan("5"), retained=yuan("5.01"))
    with pytest.raises(NotPermitted):
        book.record("district", "taxes", by=CLERK, **TAX, **HALVES, total=yuan("5"))


def test_a_reason_that_a_part_needs_is_asked_of_the_whole():
    book = three_projects()
    book.record(Q, "endings", act="end", how="lost", occurred_on="2026-03-01")
    quietly = {k: v for k, v in TAX.items() if k != "reason"}
    with pytest.raises(ReasonNeeded, match="after_ending") as refused:
        book.record("district", "taxes", **quietly, **HALVES, total=yuan("5"))
    assert refused.value.pointer == "/reason"
    made = book.record("district", "taxes", **TAX, **HALVES, total=yuan("5"))
    assert [i.rule for i in made[2].envelope.irregular] == ["after_ending"]


def test_the_same_tax_is_not_shared_out_twice():
    book = three_projects()
    book.record("district", "taxes", **TAX, **HALVES, total=yuan("5"))
    with pytest.raises(PeriodAlreadyReported):
        book.record("district", "taxes", **TAX, **HALVES, total=yuan("6"))


@given(
    paid=st.integers(0, 10**15),
    less=st.integers(0, 300),
    cuts=st.lists(st.integers(1, 10**8 - 1), max_size=8, unique=True),
    chance=st.integers(0, 10**6),
)
def test_parts_always_sum_to_the_total_and_none_retains_more_than_it_has(paid: int, less: int, cuts: list[int], chance: int):
    edges = [0, *sorted(cuts), 10**8]
    ratios = [str(Decimal(b - a).scaleb(-8)) for a, b in pairwise(edges)]

    def money(minor: int) -> Money:
        return Money(amount=Decimal(minor).scaleb(-2), currency="CNY")

    codes = [f"XM-2026-{n:03d}" for n in range(1, len(ratios) + 1)]
    shared = TaxShared(
        occurred_on=(june := Period.model_validate_json('{"since":"2026-06-01","until":"2026-06-30"}')).until,
        enterprise="甲",
        period=june,
        total=money(paid),
        retained=money(max(paid - less, 0)),
        parts=tuple(TaxPart(project=c, ratio=Decimal(r)) for c, r in zip(codes, ratios, strict=True)),
        remainder=codes[chance % len(codes)],
    )
    parts = shared.amounts()
    assert sum(total for total, _ in parts) == paid
    assert sum(kept or 0 for _, kept in parts) == max(paid - less, 0)
    assert all(0 <= (kept or 0) <= total for total, kept in parts)
    assert apportioned(-paid, [Decimal(r) for r in ratios], 0) == [
        -p for p in apportioned(paid, [Decimal(r) for r in ratios], 0)
    ]


def test_tax_shared_out_is_annulled_whole_or_not_at_all_whichever_way_it_is_asked():
    book = three_projects()
    made = book.record("district", "taxes", **TAX, **HALVES, total=yuan("5.01"))
    for few in (made[:1], made[1:2], made[:2]):
        with pytest.raises(CounterpartsTogether):
            judge(book, "annulments", few)
    body = {"because": "误办"}
    asked_apart = book.batch([(e.stream, "annulments", {"target": e.number} | body) for e in made], joint=False)
    assert not asked_apart[0].envelope.counterparts
    for few in (asked_apart[:1], asked_apart[1:]):
        with pytest.raises(CounterpartsTogether):
            approve(book, few, joint=False)
    approve(book, asked_apart, joint=False)
    assert "all" not in totals(book, "tax")
    with pytest.raises(CounterpartsTogether):
        judge(book, "reinstatements", made[1:])
    undo(book, made, "reinstatements")
    assert totals(book, "tax") == {"street-a": ("2.51", 1), "street-b": ("2.50", 1), "all": ("5.01", 2)}


def test_a_part_is_not_corrected_alone_but_annulled_with_all_and_shared_out_anew_with_the_approval():
    book = three_projects()
    made = book.record("district", "taxes", **TAX, **HALVES, total=yuan("5.01"))
    for entry, kind in ((made[0], "tax_shared"), (made[1], "tax_paid")):
        reads = {"kind": kind, **entry.event.model_dump(mode="json", exclude_none=True), "total": yuan("6")}
        with pytest.raises(CorrectedAsAWhole):
            book.record(entry.stream, "corrections", target=entry.number, reads=reads, because="笔误")
    proposals = judge(book, "annulments", made)
    items: list[Any] = [(e.stream, "approvals", {"act": "approve", "proposal": e.number}) for e in proposals]
    anew = book.batch([*items, ("district", "taxes", {**TAX, **HALVES, "total": yuan("6")})], by=LI)[-3:]
    assert totals(book, "tax")["all"] == ("6.00", 2)
    approve(book, judge(book, "annulments", anew), by=actor("p-zhao"))
    assert "all" not in totals(book, "tax")


def test_tax_that_is_no_part_of_another_is_corrected_alone():
    book = a_project()
    entry = book.record(P, "taxes", occurred_on="2026-06-30", period=JUNE, total=yuan("5"))[0]
    reads = {"kind": "tax_paid", "occurred_on": "2026-06-30", "period": JUNE, "total": yuan("6")}
    approve(book, book.record(P, "corrections", target=entry.number, reads=reads, because="笔误"))
    assert amount(book, "tax") == "6"


def test_only_the_increase_of_capital_counts_and_the_project_stays_one():
    book = a_project()
    more = {"act": "increase", "occurred_on": "2026-05-01", "enterprise": "甲制造", "amount": yuan("10"), "paper": "验1"}
    with pytest.raises(NotRegistered, match="甲制造"):
        book.record(P, "capital", **more)
    book.record(P, "registrations", occurred_on="2026-02-01", enterprise="甲制造", capital=yuan("50"))
    book.record(P, "capital", **more)
    with pytest.raises(AlreadyIncreased):
        book.record(P, "capital", **(more | {"occurred_on": "2026-05-02"}))
    assert (amount(book, "enrolled_capital"), amount(book, "enrolled_capital", on="2026-04-30")) == ("60", "50")
    assert sum(c.count for c in asked(book).counts) == 1


def test_another_investor_is_named_from_its_day_on():
    book = a_project()
    book.record(P, "descriptions", occurred_on="2026-01-10", investor="甲公司")
    book.record(P, "capital", act="change_investor", occurred_on="2026-05-01", investor="乙公司", former="甲公司")
    investors = {on: book.status(on=on).investor for on in ("2026-04-30", "2026-05-01")}
    assert {on: said and said.value for on, said in investors.items()} == {"2026-04-30": "甲公司", "2026-05-01": "乙公司"}


@pytest.mark.parametrize("door", ["absorb", "end"])
def test_a_merger_ends_the_one_and_is_recorded_in_the_other_whichever_is_asked(door: str):
    book = three_projects()
    book.record(Q, "funds", act="receive", occurred_on="2026-02-01", amount=yuan("7"), voucher="V", reason="补报")
    if door == "absorb":
        made = book.record(P, "mergers", act="absorb", occurred_on="2026-05-01", projects=[Q], because="统筹", **PAPER)
    else:
        said = {"act": "end", "how": "merged_into", "into": P, "because": "统筹"}
        made = book.record(Q, "endings", **said, occurred_on="2026-05-01", **PAPER)
    assert len(made) == 2
    assert made[0].envelope.counterparts == (made[1].citation,)
    assert made[1].envelope.counterparts == (made[0].citation,)
    assert {e.envelope.document for e in made} == {PAPER["document"]}
    absorbed = [s.fact.projects for s in book.view(P).of(ProjectsAbsorbed)]
    closing = ended(book.view(Q))
    assert (absorbed, closing and closing.into) == ([(Q,)], P)
    assert totals(book, "received") == {"street-b": ("7.00", 1), "all": ("7.00", 1)}
    with pytest.raises(CounterpartsTogether):
        judge(book, "annulments", made[:1])
    undo(book, made)
    assert ended(book.view(Q)) is None
    assert not book.view(P).of(ProjectsAbsorbed)


def test_a_merger_rests_on_a_document_is_the_offices_and_absorbs_nothing_that_ended():
    book = three_projects()
    merger = {"act": "absorb", "occurred_on": "2026-05-01", "projects": [Q, R]}
    with pytest.raises(RestsOnADocument):
        book.record(P, "mergers", **merger)
    with pytest.raises(RestsOnADocument) as refused:
        book.record(Q, "endings", act="end", how="merged_into", into=P, occurred_on="2026-05-01")
    assert refused.value.pointer == "/document"
    with pytest.raises(NotPermitted):
        book.record(P, "endings", by=CLERK, act="end", how="merged_into", into=Q, occurred_on="2026-05-01", **PAPER)
    book.record(R, "endings", act="end", how="lost", occurred_on="2026-04-01")
    with pytest.raises(AlreadyEnded) as already:
        book.record(P, "mergers", **merger, **PAPER)
    assert already.value.pointer == "/projects/1"
    assert ended(book.view(Q)) is None
    with pytest.raises(AlreadyEnded):
        book.record(R, "mergers", **(merger | {"projects": [Q]}), **PAPER)
    with pytest.raises(UnknownProject):
        book.record(P, "mergers", **(merger | {"projects": [P]}), **PAPER)


def test_a_split_enters_its_parts_with_their_origin_and_moves_nothing():
    book = a_project()
    book.record(P, "funds", act="receive", occurred_on="2026-02-01", amount=yuan("7"), voucher="V")
    into = [{"name": "研发楼", "ratio": "0.25"}, {"name": "仓储区", "ratio": "0.15", "lead_unit": "street-b"}]
    made = book.record(P, "mergers", act="split", occurred_on="2026-05-01", into=into, **PAPER)
    split = book.view(P).of(ProjectSplit)[0].fact
    assert [(p.project, str(p.ratio)) for p in split.into] == [(Q, "0.25"), (R, "0.15")]
    entered = [book.view(label).of(ProjectEntered)[0].fact for label in (Q, R)]
    assert [(e.name, e.origin) for e in entered] == [("研发楼", P), ("仓储区", P)]
    assert {c.group: c.count for c in asked(book).counts} == {"street-a": 2, "street-b": 1}
    assert totals(book, "received") == {"street-a": ("7.00", 1), "all": ("7.00", 1)}
    assert ended(book.view(P)) is None
    with pytest.raises(CounterpartsTogether):
        judge(book, "annulments", [e for e in made if e.stream == Q])
    undo(book, made)
    assert {c.group: c.count for c in asked(book).counts} == {"street-a": 1}


def test_a_split_that_leaves_nothing_ends_the_original_and_a_name_may_be_corrected_alone():
    book = a_project()
    halves = [{"name": "东区", "ratio": "0.5"}, {"name": "西区", "ratio": "0.5"}]
    book.record(P, "mergers", act="split", occurred_on="2026-05-01", into=halves, ends=True, **PAPER)
    closing = ended(book.view(P))
    assert closing is not None
    assert closing.how == "split_into"
    reads = {"kind": "project_entered", "occurred_on": "2026-05-01", "name": "东部片区", "codes": [], "origin": P}
    with pytest.raises(CorrectedAsAWhole):
        book.record(Q, "corrections", target=1, reads=reads | {"occurred_on": "2026-05-02"}, because="笔误")
    approve(book, book.record(Q, "corrections", target=1, reads=reads, because="笔误"))
    said = book.status(label=Q).name
    assert said is not None
    assert said.value == "东部片区"


def test_an_origin_is_stated_by_the_split_alone():
    book = a_project()
    with pytest.raises(NotSplitOff):
        book.record(None, "projects", occurred_on="2026-05-01", name="研发楼", origin=P)
    with pytest.raises(NotSplit):
        book.record(P, "endings", act="end", how="split_into", occurred_on="2026-05-01")
    with pytest.raises(RestsOnADocument):
        book.record(P, "mergers", act="split", occurred_on="2026-05-01", into=[{"name": "研发楼"}])


def test_an_act_over_several_projects_is_no_line_of_a_return():
    book = three_projects()
    book.record(None, "periods", stream="period", code="2026-06", occurred_on="2026-06-30", deadline="2026-07-05")
    merged = {"act": "end", "how": "merged_into", "into": Q, "occurred_on": "2026-06-01", **PAPER}
    line = {"project": P, "noun": "endings", "command": merged}
    with pytest.raises(NotAFact):
        book.record(
            "period:2026-06",
            "returns",
            stream="period",
            act="submit",
            unit="street-a",
            occurred_on="2026-06-30",
            lines=[line],
        )


TERMS: dict[str, Any] = {"act": "agree", "role": "lead_unit", "occurred_on": "2026-03-01", **PAPER}
SEVEN_THREE = {
    "shares": [{"unit": "street-a", "ratio": "0.7"}, {"unit": "street-b", "ratio": "0.3"}],
    "remainder": "street-b",
}


def shared_project() -> Book:
    """10.01 before the terms, 10.01 and 0.02 back under them, all in a project led by street-a until 1 May."""
    book = a_project()
    for voucher, day, money in (("V1", "2026-02-28", "10.01"), ("V2", "2026-03-01", "10.01")):
        book.record(P, "funds", act="receive", occurred_on=day, amount=yuan(money), voucher=voucher)
    receipt = book.history(P).version
    book.record(P, "funds", act="return", occurred_on="2026-03-02", amount=yuan("0.02"), receipt=receipt)
    book.record(P, "jobs", occurred_on="2026-03-15", count=11)
    book.record(P, "transfers", occurred_on="2026-05-01", from_unit="street-a", to_unit="bureau-c")
    return book


def test_share_terms_divide_the_flows_of_their_days_and_nothing_is_lost():
    book = shared_project()
    whole = ("20.00", 3)
    assert totals(book, "received") == {"street-a": ("20.00", 3), "all": whole}
    book.record(P, "shares", **TERMS, **SEVEN_THREE)
    assert totals(book, "received") == {"street-a": ("17.00", 3), "street-b": ("3.00", 2), "all": whole}
    moved = {"bureau-c": ("10.01", 1), "street-a": ("6.99", 2), "street-b": ("3.00", 2), "all": whole}
    assert totals(book, "received", "now") == moved
    before = portfolio(views(book, known=book.position - 1), "unit", "lead_unit", "then", Settings())
    assert [t.group for t in before.totals if t.measure == "received"] == ["street-a"]


def test_levels_and_counts_are_never_divided():
    book = shared_project()
    book.record(P, "shares", **TERMS, **SEVEN_THREE)
    found = asked(book)
    assert [(t.group, t.amount) for t in found.totals if t.measure == "jobs"] == [("bureau-c", 11)]
    assert {c.group: c.count for c in found.counts} == {"bureau-c": 1}


def test_recognised_and_statistical_flows_are_divided_alike():
    book = shared_project()
    book.record(P, "shares", **TERMS, **SEVEN_THREE)
    second = next(e for e in book.history(P).entries if getattr(e.event, "voucher", "") == "V2")
    said = {"target": second.number, "outcome": "recognised", "amount": yuan("5.01"), "authority": "bureau-c"}
    book.record(P, "verdicts", by=LI, **said, document="认1")
    assert totals(book, "received", authority="recognised") == {
        "street-a": ("3.50", 1),
        "street-b": ("1.51", 1),
        "all": ("5.01", 1),
    }
    assert [(b.group, b.amount, b.sources) for b in asked(book).bureaus] == [("street-a", 350, 1), ("street-b", 151, 1)]
    assert [(b.group, b.amount, b.sources) for b in asked(book).whole_bureaus] == [(None, 501, 1)]
    cited = {"act": "cite", "measure": "invested", "occurred_on": "2026-06-30", "period": JUNE, "publication": "月报"}
    book.record(P, "statistics", **cited, amount=yuan("1.00"))
    book.record(P, "statistics", **cited, amount=yuan("0.99"))
    assert totals(book, "invested", authority="statistical") == {
        "street-a": ("0.69", 1),
        "street-b": ("0.30", 1),
        "all": ("0.99", 1),
    }


def test_of_terms_that_cover_a_day_the_last_stand_until_they_are_ended():
    book = shared_project()
    book.record(P, "shares", **TERMS, **SEVEN_THREE)
    alone = {"shares": [{"unit": "street-b", "ratio": "1"}], "remainder": "street-b"}
    book.record(P, "shares", **(TERMS | {"occurred_on": "2026-04-01", "until": "2026-04-03"}), **alone)
    book.record(P, "shares", act="end", role="lead_unit", occurred_on="2026-04-05", **PAPER)
    view = book.view(P)
    standing = {
        day: (terms := terms_on(view, "lead_unit", book.view(on=day).viewpoint.on)) and len(terms.fact.shares)
        for day in ("2026-02-28", "2026-03-01", "2026-04-02", "2026-04-03", "2026-04-05")
    }
    assert list(standing.values()) == [None, 2, 1, 2, None]
    with pytest.raises(NoTerms):
        book.record(P, "shares", act="end", role="lead_unit", occurred_on="2026-06-01", **PAPER)


def test_share_terms_are_the_offices_under_a_document_among_known_units():
    book = a_project()
    with pytest.raises(RestsOnADocument):
        book.record(P, "shares", **{k: v for k, v in TERMS.items() if k != "document"}, **SEVEN_THREE)
    with pytest.raises(NotPermitted):
        book.record(P, "shares", by=CLERK, **TERMS, **SEVEN_THREE)
    with pytest.raises(UnknownUnit):
        book.record(P, "shares", **TERMS, shares=[{"unit": "nowhere", "ratio": "1"}], remainder="nowhere")
    for wrong in (
        SEVEN_THREE | {"remainder": "bureau-c"},
        {"shares": [{"unit": "street-a", "ratio": "0.7"}], "remainder": "street-a"},
        {"shares": [{"unit": "street-a", "ratio": "0.5"}] * 2, "remainder": "street-a"},
    ):
        with pytest.raises(ValueError, match=" / "):
            book.record(P, "shares", **TERMS, **wrong)
