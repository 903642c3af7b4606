"""What crosses projects: computed over all of them at one viewpoint, never refused."""

from typing import Any

import pytest

from domain.questions.across import Across, across, folded
from tests.given import LI, Book, P, a_project, yuan

Q = "XM-2026-002"
JUNE = {"occurred_on": "2026-06-30", "period": {"since": "2026-06-01", "until": "2026-06-30"}}
QUARTER = {"occurred_on": "2026-06-30", "period": {"since": "2026-04-01", "until": "2026-06-30"}}
MAY = {"occurred_on": "2026-05-31", "period": {"since": "2026-05-01", "until": "2026-05-31"}}


def two(name: str = "二号", **more: Any) -> Book:
    book = a_project()
    book.record(None, "projects", at="2026-01-05", occurred_on="2026-01-03", name=name, lead_unit="street-b", **more)
    return book


def found(book: Book, on: str | None = None, known: str | int | None = None) -> list[Across]:
    return across(book.view(label, on, known) for label in book.histories if label.startswith("XM-"))


def rules(book: Book, **viewpoint: Any) -> list[tuple[str, list[str]]]:
    return [(each.rule, [part.entry for part in each.parts]) for each in found(book, **viewpoint)]


def arrived(book: Book, label: str, voucher: str, **more: Any) -> int:
    body = {"act": "receive", "occurred_on": "2026-02-01", "amount": yuan("5.00"), "voucher": voucher, "reason": "补报"}
    return book.record(label, "funds", **body | more)[0].number


def registered(book: Book, label: str, enterprise: str, code: str | None = None) -> None:
    body = {"occurred_on": "2026-02-01", "enterprise": enterprise, "reason": "补报"}
    book.record(label, "registrations", **body | ({"credit_code": code} if code else {}))


def test_one_voucher_in_two_projects_is_shown_with_both_entries_however_it_is_spelt():
    book = two()
    one, other = arrived(book, P, "JZ-0001"), arrived(book, Q, "ｊｚ　0001")
    assert rules(book) == [("voucher_twice", [f"{P}#{one}", f"{Q}#{other}"])]
    assert [part.said for part in found(book)[0].parts] == ["JZ-0001", "ｊｚ　0001"]
    assert rules(book, on="2026-01-31") == rules(book, known=book.position - 1) == []


def test_what_is_annulled_crosses_nothing_from_its_annulment_on():
    book = two()
    arrived(book, P, "V-1")
    other = arrived(book, Q, "V-1")
    proposal = book.record(Q, "annulments", target=other, because="误报")[0]
    book.record(Q, "approvals", by=LI, act="approve", proposal=proposal.number)
    assert rules(book) == []
    assert len(rules(book, known=proposal.position)) == 1


def test_a_voucher_that_says_there_is_none_is_no_voucher():
    book = two()
    for label in (P, Q):
        arrived(book, label, "（无）")
    assert rules(book) == []


@pytest.mark.parametrize(
    ("one", "other", "crosses"),
    [
        (("甲（集团）公司", None), ("甲(集团) 公司", None), True),
        (("甲公司", "91330106MA0000001X"), ("乙公司", "91330106MA0000001X"), True),
        (("甲公司", "91330106MA0000001X"), ("甲公司", None), True),
        (("甲公司", "91330106MA0000001X"), ("甲公司", "91330106MA0000002X"), False),
        (("甲公司", None), ("乙公司", None), False),
    ],
)
def test_an_enterprise_is_known_by_its_code_and_where_one_lacks_it_by_its_name(
    one: tuple[str, str | None], other: tuple[str, str | None], crosses: bool
):
    book = two()
    registered(book, P, *one)
    registered(book, Q, *other)
    assert [rule for rule, _ in rules(book)] == (["enterprise_twice"] if crosses else [])


def test_one_site_for_two_projects_is_shown():
    book = two()
    for label in (P, Q):
        book.record(label, "land", occurred_on="2026-02-01", how="land_contract_signed", site="甲街道 3号地块")
    assert [rule for rule, _ in rules(book)] == ["site_twice"]


def test_a_national_code_is_the_same_under_any_scheme_and_another_number_only_within_its_own():
    national, own = "2601-330106-04-01-000001", "007"
    book = two(codes=[{"scheme": "国家投资项目代码", "value": national}, {"scheme": "市重点", "value": own}])
    codes = [{"scheme": "投资项目统一代码", "value": national}, {"scheme": "区重点", "value": own}]
    described = book.record(P, "descriptions", occurred_on="2026-02-01", codes=codes)[0]
    assert rules(book) == [("code_twice", [described.citation, f"{Q}#1"])]
    book.record(Q, "descriptions", occurred_on="2026-03-01", codes=[{"scheme": "市重点", "value": own}])
    assert rules(book) == [], "only the codes stated last count"
    assert rules(book, on="2026-02-28") != []


def test_a_project_entered_anew_under_the_same_name_is_shown_until_it_is_renamed():
    book = two(name="西湖里")
    assert rules(book) == [("name_twice", [f"{P}#1", f"{Q}#1"])]
    book.record(Q, "descriptions", occurred_on="2026-03-01", name="西湖里二期")
    assert rules(book) == []


@pytest.mark.parametrize(("period", "crosses"), [(JUNE, True), (QUARTER, True), (MAY, False)])
def test_one_enterprises_tax_of_one_time_in_two_projects_is_shown(period: dict[str, Any], crosses: bool):
    book = two()
    book.record(P, "taxes", **JUNE, total=yuan("5.00"), enterprise="甲公司")
    book.record(Q, "taxes", **period, total=yuan("5.00"), enterprise="甲公司 ")
    assert [rule for rule, _ in rules(book)] == (["tax_twice"] if crosses else [])


def test_tax_shared_out_in_one_joint_act_is_counted_once_and_not_shown():
    book = two()
    shared = JUNE | {"total": yuan("5.00"), "enterprise": "甲公司"}
    book.batch([(P, "taxes", shared), (Q, "taxes", shared)])
    assert rules(book) == []
    book.record(None, "projects", at="2026-07-05", occurred_on="2026-01-03", name="三号")
    book.record("XM-2026-003", "taxes", at="2026-07-05", **shared)
    assert [len(entries) for _, entries in rules(book)] == [3]


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ("JZ-0001", "jz0001"),
        ("ＪＺ－０００１", "jz0001"),
        ("甲（集团） 公司", "甲集团公司"),
        ("—", ""),
        ("n/a", ""),
        ("无", ""),
    ],
)
def test_words_are_folded_to_letters_and_digits(said: str, word: str):
    assert folded(said) == word


def share(book: Book, label: str, ratio: str, since: str = "2026-02-01", until: str | None = None) -> int:
    body = {"act": "state", "occurred_on": since, "enterprise": "甲公司", "ratio": ratio, "document": "〔2026〕9号"}
    return book.record(label, "shares", **body | ({"until": until} if until else {}))[0].number


def test_shares_of_one_enterprise_above_the_whole_on_some_day_are_shown():
    book = two()
    mine = share(book, P, "0.6")
    share(book, Q, "0.4")
    assert rules(book) == []
    more = share(book, Q, "0.41", since="2026-03-01")
    assert rules(book) == [("shares_above_whole", [f"{P}#{mine}", f"{Q}#{more}"])]
    assert rules(book, on="2026-02-28") == []
    share(book, P, "0.59", since="2026-03-01")
    assert rules(book) == []


def test_shares_that_hold_at_different_times_are_not_added():
    book = two()
    share(book, P, "0.6", until="2026-03-01")
    share(book, Q, "0.9", since="2026-03-01")
    assert rules(book) == []
