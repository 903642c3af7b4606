"""The portfolio as a table, what wants attention, and the stages month by month, over HTTP."""

from typing import Any

import pytest

from projections.spelling import found_by, spells
from tests.api.conftest import District, P


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


@pytest.fixture
def three(district: District) -> District:
    """西湖里, with money and a plan that nobody keeps; a second one of street-b; a third that has ended and is nobody's."""
    district.recorded(
        "/district/settings", {"occurred_on": "2026-01-02", "settings": {"recognising": {"received": ["street-b"]}}}
    )
    plan = {"act": "adopt", "occurred_on": "2026-01-12", "start": "2026-02-01", "reason": "补录"}
    district.recorded(f"{P}/plans", plan)
    for voucher, amount in (("V1", "7.00"), ("V2", "5.00")):
        body = {"act": "receive", "occurred_on": "2026-02-01", "amount": cny(amount), "voucher": voucher}
        district.recorded(f"{P}/funds", body, "clerk")
    verdict = {"target": 7, "measure": "received", "outcome": "recognised", "amount": cny("4.00")}
    district.recorded(f"{P}/verdicts", verdict | {"authority": "street-b", "document": "〔2026〕9号"})
    entered = {"occurred_on": "2026-01-20", "category": "工业", "industry": "制造业"}
    district.recorded("/projects", entered | {"name": "重庆银行大楼", "lead_unit": "street-b"})
    district.recorded(
        "/projects", entered | {"name": "=1+1", "category": None, "industry": None, "occurred_on": "2026-03-01"}
    )
    district.recorded(
        "/projects/XM-2026-003/endings", {"occurred_on": "2026-04-01", "act": "end", "how": "lost", "because": "投资方退出"}
    )
    return district


def codes(district: District, query: str) -> list[str]:
    answer = district.get(f"/portfolio/projects?{query}")
    assert answer.status_code == 200, answer.text
    return [p["code"].removeprefix("XM-2026-") for p in answer.json()["projects"]]


def test_the_table_is_sorted_filtered_searched_and_paged_and_tells_each_figure(three: District):
    found: dict[str, Any] = three.get("/portfolio/projects?sort=received&down=true&limit=2&choices=true").json()
    assert (found["matching"], found["page"], found["currency"]) == (3, 1, "CNY")
    first = found["projects"][0]
    assert (first["code"], first["concerns"]) == ("XM-2026-001", ["not_judged", "not_started_when_due"])
    figures = {f["measure"]: (f["reported"], f["recognised"]) for f in first["figures"]}
    assert figures == {"agreed": ("100000000.00", None), "received": ("12.00", "4.00")}
    assert found["choices"]["unit"] == ["street-a", "street-b"]
    assert found["choices"]["category"] == ["工业"]
    assert codes(three, "sort=received&down=true&limit=2&page=2") == ["003"]
    assert codes(three, "sort=stage&down=true") == ["001", "002", "003"]
    assert codes(three, "down=true") == ["003", "002", "001"]
    assert codes(three, "unit=&state=ended") == codes(three, "category=&state=ended") == ["003"]
    assert codes(three, "industry=制造业&state=open") == ["002"]
    for q, wanted in (("xhl", "001"), ("XHL", "001"), ("zqyh", "002"), ("cqyh", "002"), ("湖", "001"), ("2026-003", "003")):
        assert codes(three, f"q={q}") == [wanted], q
    assert codes(three, "q=xh&unit=street-b") == codes(three, "q=xlh") == []
    position = three.get("/portfolio/projects").json()["viewpoint"]["known"]["position"]
    assert codes(three, f"on=2026-01-31&known=@{position}&q=xhl&sort=received") == ["001"]


def test_what_wants_attention_is_counted_and_each_count_is_a_list(three: District):
    told = {a["mark"]: (a["projects"], a["facts"]) for a in three.get("/portfolio/attention").json()["attention"]}
    assert told == {
        "not_started_when_due": (1, None),
        "completion_overdue": (0, None),
        "unowned": (0, None),
        "not_judged": (1, 1),
        "irregular": (1, None),
    }
    for mark, (projects, _) in told.items():
        assert len(codes(three, f"wants={mark}")) == projects, mark
    three.recorded(f"{P}/construction", {"act": "start", "occurred_on": "2026-05-01", "reason": "补录"})
    assert codes(three, "wants=not_started_when_due") == []
    assert codes(three, "wants=not_started_when_due&on=2026-04-30") == ["001"]
    assert codes(three, "wants=not_started_when_due&on=2026-02-01") == []


def test_the_stages_are_counted_at_the_end_of_each_month(three: District):
    months = three.get("/portfolio/stages?on=2026-04-15&months=4").json()["months"]
    assert [m["day"] for m in months] == ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-15"]
    assert [m["ended"] for m in months] == [0, 0, 0, 1]
    for month in months:
        groups = three.get(f"/portfolio?by=stage&on={month['day']}").json()["groups"]
        assert month["counts"] == {g["group"]: g["count"] for g in groups}


def test_the_sources_of_a_total_say_what_each_of_them_comes_to(three: District):
    found = three.get("/portfolio/sources?measure=received&limit=1").json()
    assert found["sources"] == ["XM-2026-001#6"]
    fact = {"project": "XM-2026-001", "name": "西湖里", "occurred_on": "2026-02-01", "value": "7.00"}
    assert found["facts"] == [fact | {"entry": "XM-2026-001#6"}]
    assert found["currency"] == "CNY"


def test_initials_stand_for_every_reading_of_a_character_and_nothing_else():
    names = ["重庆 银行", "5G基地（二期）", "West Lake", "長江·[一]"]
    assert [found_by(q, names) for q in ("CQYH", "zqyx", "5gjd", "eq", "wl", "cj", "q", "[", "")] == [
        *([names[0]], [names[0]], [names[1]], [names[1]], [], [names[3]], names[:2], [names[3]], names),
    ]
    assert [spells(q) for q in ("xhl", "5g", "2026", "湖", "x h", "")] == [True, True, False, False, False, False]
