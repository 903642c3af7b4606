"""Acts over several projects, and totals by share terms, over HTTP, in batches and in command files alike."""

import json
from pathlib import Path
from typing import Any

import pytest

from api.cli import main
from api.services import over
from domain.viewpoint import Viewpoint
from store.database import opened
from tests.api.conftest import District, P

Q = "XM-2026-002"
JUNE = {"since": "2026-06-01", "until": "2026-06-30"}
PAPER = {"document": "会议纪要〔2026〕30号"}


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


def tax(total: str = "100.01") -> dict[str, Any]:
    parts = [{"project": "XM-2026-001", "ratio": "0.5"}, {"project": Q, "ratio": "0.5"}]
    body = {"enterprise": "甲公司", "remainder": Q, "parts": parts, "total": cny(total), "period": JUNE}
    return {"occurred_on": "2026-06-30", "reason": "补报", **body}


@pytest.fixture
def two(district: District) -> District:
    """A second project, led by street-b."""
    district.recorded("/projects", {"occurred_on": "2026-01-03", "name": "二号", "lead_unit": "street-b"})
    return district


def groups(district: District, measure: str, asked: str = "") -> dict[str | None, tuple[str, int]]:
    answer = district.get(f"/portfolio?by=unit&on=2026-12-31{asked}").json()
    found: dict[str | None, tuple[str, int]] = {}
    for name, group in [*((g["group"], g) for g in answer["groups"]), ("all", answer["total"])]:
        for each in group["measures"]:
            if each["measure"] == measure:
                figure = each["reported"]
                found[name] = figure["value"], figure["sources"]["count"]
                listed = district.get(figure["sources"]["link"]).json()["sources"]
                assert len(listed) == len(set(listed)) == figure["sources"]["count"]
    return found


@pytest.mark.parametrize("door", ["noun", "batch", "batch, not joint"])
def test_tax_is_shared_out_by_one_request_through_any_door(two: District, door: str):
    if door == "noun":
        done = two.recorded("/district/taxes", tax())
    else:
        commands = [{"stream": "district", "noun": "taxes", "command": tax()}]
        done = two.recorded("/batches", {"commands": commands, "joint": door == "batch"})
    kept = [two.get(f"/streams/{e.rpartition('#')[0]}/entries").json()["entries"][-1]["content"] for e in done["entries"]]
    assert {k["envelope"]["batch"] for k in kept} == {kept[0]["envelope"]["batch"]}
    assert [set(k["envelope"]["counterparts"]) for k in kept] == [set(done["entries"]) - {e} for e in done["entries"]]
    assert groups(two, "tax") == {"street-a": ("50.00", 1), "street-b": ("50.01", 1), "all": ("100.01", 2)}
    alone = two.post(f"{P}/annulments", {"target": int(done["entries"][1].rpartition("#")[2]), "because": "误办"})
    assert (alone.status_code, alone.json()["code"]) == (409, "counterparts_together")


def test_what_one_part_refuses_is_not_recorded_anywhere_and_pointed_at(two: District):
    two.recorded(f"/projects/{Q}/endings", {"act": "end", "how": "lost", "occurred_on": "2026-03-01"})
    before = two.entries()
    quiet = {k: v for k, v in tax().items() if k != "reason"}
    refused = two.post("/district/taxes", quiet).json()
    assert (refused["code"], refused["errors"][0]["pointer"]) == ("reason_needed", "/reason")
    twice = {**tax(), "parts": [{"project": "XM-2026-001", "ratio": "1"}], "remainder": "XM-2026-001"}
    two.recorded("/district/taxes", twice)
    two.recorded(f"/projects/{Q}/taxes", {"occurred_on": "2026-06-30", "total": cny("1"), "period": JUNE, "reason": "补"})
    other = {**tax(), "enterprise": "乙公司", "parts": [{"project": "XM-2026-099"}], "remainder": "XM-2026-099"}
    lost = two.post("/district/taxes", other).json()
    assert (lost["code"], lost["errors"][0]["pointer"]) == ("no_share_stated", "/parts/0/project")
    assert two.entries() == before + 3


def test_a_merger_and_a_split_are_one_act_each(two: District):
    funds = {"act": "receive", "occurred_on": "2026-02-01", "amount": cny("7.00"), "voucher": "V", "reason": "补报"}
    two.recorded(f"/projects/{Q}/funds", funds)
    into = [{"name": "研发楼"}, {"name": "仓储区", "lead_unit": "street-b"}]
    split = two.recorded(f"{P}/mergers", {"act": "split", "occurred_on": "2026-05-01", "into": into, **PAPER})
    assert {e.rpartition("#")[0] for e in split["entries"]} == {"XM-2026-001", "XM-2026-003", "XM-2026-004"}
    merged = two.recorded(f"{P}/mergers", {"act": "absorb", "occurred_on": "2026-05-02", "projects": [Q], **PAPER})
    assert len(merged["entries"]) == 2
    assert two.get(f"/projects/{Q}").json()["status"]["ending"]["how"] == "merged_into"
    assert groups(two, "received") == {"street-b": ("7.00", 1), "all": ("7.00", 1)}
    moments = two.get("/projects/XM-2026-003/timeline").json()["timeline"]["moments"]
    assert moments[0]["states"]["origin"] == "XM-2026-001"
    assert split["entry"] in moments[0]["counterparts"]
    refused = two.post("/projects", {"occurred_on": "2026-05-01", "name": "另一处", "origin": "XM-2026-001"})
    assert (refused.status_code, refused.json()["code"]) == (422, "not_split_off")


def test_totals_by_unit_follow_share_terms_and_lose_nothing(two: District):
    for day, money in (("2026-02-01", "10.01"), ("2026-04-01", "10.01")):
        funds = {"act": "receive", "occurred_on": day, "amount": cny(money), "voucher": day}
        two.recorded(f"{P}/funds", funds)
    undivided = {"street-a": ("20.02", 2), "all": ("20.02", 2)}
    assert groups(two, "received") == undivided
    position = two.entries()
    shares = [{"unit": "street-a", "ratio": "0.5"}, {"unit": "street-b", "ratio": "0.5"}]
    terms = {"act": "agree", "role": "lead_unit", "shares": shares, "remainder": "street-b", **PAPER}
    two.recorded(f"{P}/shares", {"occurred_on": "2026-03-01", **terms})
    for attribute in ("then", "now"):
        found = groups(two, "received", f"&attribute={attribute}")
        assert found == {"street-a": ("15.01", 2), "street-b": ("5.01", 1), "all": ("20.02", 2)}
    assert groups(two, "received", f"&known=@{position}") == undivided
    assert groups(two, "received", "&role=hosting") == {None: ("20.02", 2), "all": ("20.02", 2)}
    clerk = two.post(f"{P}/shares", {"occurred_on": "2026-03-01", **terms}, "clerk")
    assert (clerk.status_code, clerk.json()["code"]) == (403, "not_permitted")
    wrong = two.post(f"{P}/shares", {"occurred_on": "2026-03-01", **terms, "shares": shares[:1]})
    assert wrong.status_code == 422


def test_a_command_file_shares_tax_out_and_takes_it_back_whole_or_not_at_all(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("LIFECYCLE_DATABASE_URL", database)
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    code, entered = "XM-2026-001", {"occurred_on": "2026-01-03"}
    lines: list[tuple[str, str, str | None, str, dict[str, Any]]] = [
        ("01-05", "p-wang", None, "projects", {**entered, "name": "一号"}),
        ("01-05", "p-wang", None, "projects", {**entered, "name": "二号"}),
        ("07-05", "p-wang", "district", "taxes", tax()),
        *(
            ("07-06", "p-wang", s, "annulments", {"target": n, "because": "误办"})
            for s, n in (("district", 1), (code, 2), (Q, 2))
        ),
        *(
            ("07-07", "p-li", s, "approvals", {"act": "approve", "proposal": n})
            for s, n in (("district", 2), (code, 3), (Q, 3))
        ),
    ]

    def file(name: str, kept: list[tuple[str, str, str | None, str, dict[str, Any]]]) -> Path:
        written = []
        for day, person, stream, noun, command in kept:
            by = {"person": person, "unit": "office"}
            line = {"stated": f"2026-{day}T09:00:00+08:00", "by": by, "stream": stream, "noun": noun, "command": command}
            written.append(json.dumps({k: v for k, v in line.items() if v is not None}, ensure_ascii=False))
        (tmp_path / name).write_text("\n".join(written), encoding="utf-8")
        return tmp_path / name

    assert main(["import", "--backfill", str(file("half.jsonl", lines[:-1]))]) == 0
    assert main(["open"]) == 1
    assert "counterparts" in capsys.readouterr().err
    assert main(["import", "--discard"]) == 0
    assert main(["import", "--backfill", str(file("whole.jsonl", lines))]) == 0
    assert main(["open"]) == 0
    with opened(database, size=2) as pools:
        services = over(pools, database)
        entry = services.ledger.records.history(code).entries[1]
        assert set(entry.envelope.counterparts) == {"district#1", f"{Q}#2"}
        known = {
            day: [m.measure for m in services.questions.project.status(code, Viewpoint(date, position)).measures]
            for day, date, position in (
                ("before", entry.event.occurred_on, entry.position),  # type: ignore[union-attr]
                ("after", entry.event.occurred_on, 10**6),  # type: ignore[union-attr]
            )
        }
    assert known == {"before": ["tax"], "after": []}
