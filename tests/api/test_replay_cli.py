"""`lifecycle replay CODE`: the record of a project told to people, in Chinese and English."""

from typing import Any

from api.cli.replay import spoken, told
from projections.questions.viewpoints import Asked
from tests.api.conftest import District, P

CODE = "XM-2026-001"


def lines(district: District, language: Any) -> str:
    questions = district.services.questions
    at = questions.resolve(Asked(), folding=True)
    steps = questions.replay(CODE, at, 0, 1_000)
    telling = spoken(district.services, at, steps, full=False)
    telling.language, telling.width = language, 100
    return "\n".join(told(telling, CODE, at, steps))


def test_it_reads_as_people_speak(district: District):
    money = {"amount": "50000000.00", "currency": "CNY"}
    funds = {"act": "receive", "occurred_on": "2026-02-01", "amount": money, "voucher": "V-1", "reason": "补报"}
    district.recorded(f"{P}/funds", funds)
    district.recorded(f"{P}/annulments", {"target": 5, "because": "误报"})
    district.recorded(f"{P}/approvals", {"act": "approve", "proposal": 6}, "second")
    zh, en = lines(district, "zh"), lines(district, "en")
    assert "西湖里  XM-2026-001" in zh
    assert "到位资金 · 调度数：5,000万元" in zh
    assert "#7 批准 XM-2026-001#6 的申请（关于 XM-2026-001#5）" in zh
    assert "到位资金 · 调度数：不再是 5,000万元" in zh
    assert "姓名p-second，科员，office" in zh
    assert "协议资金 · 调度数：1亿元" in zh
    assert "funds received · reported: CNY 50 million" in en
    assert "#7 approved: the proposal XM-2026-001#6 (about XM-2026-001#5)" in en
    assert "lead unit: street-a (since 2026-01-03)" in en
    assert "stage: lead (since 2026-01-03)" in en.split("In short")[1].split("■")[0]
    assert all(len(line) <= 100 for line in en.splitlines())
