"""The ledger searched over HTTP: newest first, by who, what, where and when, and by what is odd about an entry."""

from typing import Any

import pytest

from projections.questions import entries
from tests.api.conftest import District, P


def found(district: District, query: str, who: str = "office") -> list[str]:
    answer = district.get(f"/entries?{query}", who)
    assert answer.status_code == 200, answer.text
    return [entry["entry"] for entry in answer.json()["entries"]]


@pytest.fixture
def told(district: District) -> District:
    """Beside the beginning: a receipt that needs a reason, months after its day, and a correction asked for and approved."""
    funds: dict[str, Any] = {"act": "receive", "occurred_on": "2026-01-08", "fund_kind": "domestic", "voucher": "V-1"}
    funds |= {"amount": {"amount": "1000.00", "currency": "CNY"}, "payer": "甲公司"}
    district.recorded(f"{P}/funds", funds | {"reason": '合同后补，"irregular":[{ 不是标记'})
    reads = funds | {"kind": "funds_received", "amount": {"amount": "2000.00", "currency": "CNY"}}
    reads.pop("act")
    wanted = {"target": 5, "replaces": 5, "reads": reads, "because": "笔误"}
    district.recorded(f"{P}/corrections", wanted)
    district.recorded(f"{P}/approvals", {"act": "approve", "proposal": 6}, "second")
    return district


def test_entries_are_found_by_whoever_recorded_them_what_they_are_and_what_is_odd_about_them(told: District):
    everything = found(told, "limit=200")
    assert everything[0] == f"{P[10:]}#7"
    assert len(everything) == told.entries()
    assert found(told, "person=p-second") == ["XM-2026-001#7"]
    assert found(told, "stream=XM-2026-001&limit=2") == ["XM-2026-001#7", "XM-2026-001#6"]
    assert found(told, "kind=signed") == ["XM-2026-001#4"]
    assert found(told, "unit=street-b") == []
    assert found(told, "mark=irregular") == ["XM-2026-001#6", "XM-2026-001#5"]
    assert found(told, "mark=late") == found(told, "mark=backfilled") == []
    assert found(told, "mark=correction") == ["XM-2026-001#7", "XM-2026-001#6"]
    assert "XM-2026-001#5" in found(told, "mark=backdated&kind=funds_received")
    assert found(told, "until=2026-01-01") == found(told, "since=2199-12-31") == []
    assert len(found(told, "since=1949-01-01&limit=200")) == len(everything)
    assert found(told, "stream=XM-2026-001&known=@1") == []


def test_pages_go_on_where_the_last_one_ended_also_where_one_finds_nothing(told: District, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(entries, "WINDOW", 3)
    seen: list[str] = []
    pages, query = 0, "kind=unit_opened&limit=2"
    following: int | None = told.entries()
    while following is not None:
        answer = told.get(f"/entries?{query}&before={following}").json()
        seen += [entry["entry"] for entry in answer["entries"]]
        following, pages = answer["next"], pages + 1
    assert seen == ["unit:office#1", "unit:street-b#1", "unit:street-a#1"]
    assert pages > 3


def test_a_unit_finds_what_it_may_read_and_nothing_is_found_by_nonsense(told: District):
    assert "XM-2026-001#5" in found(told, "limit=200", "clerk")
    told.recorded("/projects", {"occurred_on": "2026-01-03", "name": "他处", "lead_unit": "street-b"})
    assert not [entry for entry in found(told, "limit=200", "clerk") if entry.startswith("XM-2026-002")]
    assert told.get("/entries?mark=odd").status_code == 422
    for nonsense in ("since=9999-12-31", "until=0001-01-01", "limit=201", "before=-1", "who=x"):
        assert told.get(f"/entries?{nonsense}").status_code == 422, nonsense
    assert found(told, "person=%22%25") == []
    assert told.get("/entries", "administrator").status_code == 403
