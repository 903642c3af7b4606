"""Phone and identity numbers are told from amounts, vouchers, papers, enterprise codes and dates; entries keep them out."""

import random
import string
from decimal import Decimal

import pytest

from domain.office.person import EnterPerson
from domain.office.unit import AbsorbUnits
from domain.personal import PersonalData, PersonalDataHere, Sort, names_among, numbers_in, writable
from domain.project.negotiations import HoldNegotiation
from domain.project.ratings import RateProject
from domain.project.registrations import EnterpriseRegistered
from domain.project.responsibilities import AssignResponsibility
from domain.questions.irregularities import irregularities
from domain.settings import Settings
from tests.given import LI, Book, P, a_project, yuan

HELD: list[tuple[str, Sort]] = [
    ("请联系13812345678", "mobile"),
    ("联系人李工，138 1234 5678。", "mobile"),
    ("138-1234-5678", "mobile"),
    ("+86 13912345678 / wechat", "mobile"),
    ("手机号：１３８１２３４５６７８", "mobile"),
    ("Tel13812345678", "mobile"),
    ("李工(19912345678)负责", "mobile"),
    ("电话号码13812345678，万方公司", "mobile"),
    ("项目负责人 1381 2345 678", "mobile"),
    ("座机0571-87654321", "landline"),
    ("(0571)87654321转802", "landline"),
    ("010-8765 4321", "landline"),
    ("+86-571-87654321", "landline"),
    ("电话057187654321", "landline"),
    ("0898-6543210", "landline"),
    ("身份证11010519491231002X", "identity"),
    ("证件号码：440524 18800101 0014", "identity"),
    ("李某11010519491231002x已核", "identity"),
]
CLEAR = [
    "总投资13800000000元",
    "13,800,000,000.00",
    "到位资金13812345678.00",
    "金额：13812345678",
    "¥13812345678",
    "计划投资13812345678 CNY",
    "建筑面积13812345678平方米",
    "凭证号JZ13812345678",
    "凭证编号：13812345678",
    "进账单 13812345678",
    "银行流水号13812345678001",
    "No.13812345678",
    "HT-2026-13812345678",
    "杭政发〔2026〕13812345678号",
    "〔2026〕5号，2026-06-30至2026-12-31",
    "2026年6月30日 13:45:00",
    "20260630134500123",
    "2601-330106-04-01-000001",
    "2019-330106-47-03-012345",
    "91330106MA2B0XXX00",
    "913301067109309094",
    "统一社会信用代码110105194912310021",
    "统一社会信用代码 11010519491231002X",
    "税号11010519491231002X",
    "110105194912310021",
    "11010519491331002X",
    "99010519491231002X",
    "宗地编号 330106-2026-0571-87654321",
    "批文 025-2026001",
    "东经120.13812345678度，北纬30.13912345678度",
    "合同价 0571 万元，面积 1.3812345678 平方公里",
    "共 571-87 份",
    "12345678901 23812345678",
    "£14,768,870,000 and 15474610000.00",
    "0.13812345678",
]


@pytest.mark.parametrize(("text", "sort"), HELD, ids=lambda v: str(v)[:24])
def test_what_reaches_a_person_is_found(text: str, sort: Sort):
    assert numbers_in(text) == [sort]


@pytest.mark.parametrize("text", CLEAR)
def test_what_is_an_amount_a_paper_a_code_or_a_date_is_not(text: str):
    assert numbers_in(text) == []


def test_random_amounts_and_codes_are_never_taken_for_numbers_of_people():
    chance = random.Random(4)
    for _ in range(4_000):
        amount = Decimal(chance.randint(10**10, 10**13)) / 100
        code = "91" + "".join(chance.choices(string.digits, k=6)) + "".join(chance.choices(string.digits + "ABCDEFGH", k=10))
        day = f"{chance.randint(1950, 2199)}-{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d}"
        number = chance.randint(10**9, 10**12)
        texts = (f"{amount}元", f"投资 {amount:,} 元", f"{day}~{day}", f"JZ-{number}", f"凭证{number}", f"编号：{number}")
        assert [t for t in (*texts, f"企业代码{code}", f"第{number}号") if numbers_in(t)] == []


def test_every_line_and_prose_of_a_command_is_looked_at_and_no_code():
    assert {"with_whom", "summary", "document", "reason"} <= {*writable(HoldNegotiation)}
    assert {"occurred_on", "on_behalf_of", "after"} & {*writable(HoldNegotiation)} == set()
    assert "credit_code" not in writable(EnterpriseRegistered)
    assert {"remarks", "name", "holder"} <= {*writable(RateProject), *writable(EnterPerson), *writable(AssignResponsibility)}
    assert "units" not in writable(AbsorbUnits)


def test_names_are_found_where_they_stand_whole():
    assert names_among(["王建国", "Li"], "由王建国办理，Limited") == ["王建国"]
    assert names_among(["Li"], "call Li, please") == ["Li"]


def talk(book: Book, **more: str) -> None:
    body = {"occurred_on": "2026-02-01", "with_whom": "乙公司", **more}
    book.record(P, "negotiations", at="2026-02-02", **body)


def test_a_number_in_a_text_is_refused_with_its_place_and_without_being_repeated():
    book = a_project()
    with pytest.raises(PersonalData) as refused:
        talk(book, summary="联系人电话13812345678")
    assert refused.value.pointer == "/summary"
    assert [r.rule for r in refused.value.rules] == ["personal_number"]
    for chinese in (True, False):
        assert "13812345678" not in refused.value.said(chinese)
    with pytest.raises(PersonalData) as refused:
        book.record(P, "annulments", target=3, because="李工138-1234-5678来电更正")
    assert refused.value.pointer == "/because"
    said = {"kind": "negotiation_held", "occurred_on": "2026-01-05", "with_whom": "甲公司13812345678"}
    with pytest.raises(PersonalData) as refused:
        book.record(P, "corrections", target=3, reads=said, because="更正")
    assert refused.value.pointer == "/reads/with_whom"
    remarks = [{"about": "进度", "text": "正常"}, {"about": "联系", "text": "座机0571-87654321"}]
    with pytest.raises(PersonalData) as refused:
        book.record(P, "ratings", occurred_on="2026-02-01", remarks=remarks)
    assert refused.value.pointer == "/remarks/1/text"


def test_with_a_reason_it_is_recorded_and_marked_until_a_correction_takes_it_out():
    book = a_project()
    talk(book, summary="请致电13812345678", reason="企业公开的招商热线")
    entry = book.history(P).entries[-1]
    assert [(i.rule, i.reason) for i in entry.envelope.irregular] == [("personal_number", "企业公开的招商热线")]
    assert [(m.number, m.rule) for m in irregularities(book.view(), Settings())] == [(5, "personal_number")]
    reads = {"kind": "negotiation_held", "occurred_on": "2026-02-01", "with_whom": "乙公司"}
    book.record(P, "corrections", target=5, reads=reads, because="删去号码", at="2026-03-01")
    book.record(P, "approvals", by=LI, act="approve", proposal=6, at="2026-03-02")
    assert irregularities(book.view(), Settings()) == []
    assert len(irregularities(book.view(known="2026-03-01"), Settings())) == 1


def test_the_reason_itself_holds_no_number():
    with pytest.raises(PersonalDataHere) as refused:
        talk(a_project(), summary="正常", reason="问13812345678")
    assert refused.value.pointer == "/reason"


def test_the_reference_of_a_person_is_opaque():
    book = a_project()
    with pytest.raises(PersonalData) as refused:
        book.record(None, "people", stream="person", occurred_on="2026-02-01", ref="13812345678", name="李某")
    assert refused.value.pointer == "/ref"
    with pytest.raises(PersonalData) as refused:
        book.record(None, "people", stream="person", occurred_on="2026-02-01", ref="p-new", name="李某13812345678")
    assert refused.value.pointer == "/name"


def test_numbers_of_vouchers_papers_and_enterprises_are_recorded_as_they_are():
    book = a_project()
    funds = {"act": "receive", "amount": yuan("13812345678.00"), "voucher": "13812345678", "reason": "大额"}
    book.record(P, "funds", at="2026-02-02", occurred_on="2026-02-01", **funds)
    enterprise = {"enterprise": "乙公司", "credit_code": "110105194912310021"}
    book.record(P, "registrations", at="2026-02-02", occurred_on="2026-02-01", **enterprise)
    rules = {i.rule for e in book.history(P).entries for i in e.envelope.irregular}
    assert "personal_number" not in rules
