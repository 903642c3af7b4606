"""What changed between two viewpoints, entry by entry, and what people and units did, over HTTP."""

from tests.api.conftest import District, P

CODE = "XM-2026-001"


def test_changes_of_a_project_name_both_viewpoints_the_figures_and_what_moved_them(district: District):
    funds = {"act": "receive", "occurred_on": "2026-02-01", "amount": {"amount": "7000000.00", "currency": "CNY"}}
    first = district.recorded(f"{P}/funds", funds | {"voucher": "V-1"})["position"]
    reads = {"kind": "funds_received", **funds, "amount": {"amount": "6000000.00", "currency": "CNY"}, "voucher": "V-1"}
    reads.pop("act")
    district.recorded(f"{P}/corrections", {"target": 5, "reads": reads, "because": "银行更正"})
    district.recorded(f"{P}/approvals", {"act": "approve", "proposal": 6}, "second")
    found = district.get(f"{P}/changes?from_on=2026-06-30&from_known=@{first}&to_on=2026-06-30").json()
    assert (found["from"]["known"]["position"], found["from"]["on"]) == (first, "2026-06-30")
    assert found["to"]["known"]["position"] == district.entries()
    (figure,) = found["changes"]["figures"]
    assert figure["figure"] == ["measures", "received", "reported"]
    assert [figure[side]["value"]["value"] for side in ("before", "after")] == ["7000000.00", "6000000.00"]
    assert [figure[side]["sources"] for side in ("before", "after")] == [[f"{CODE}#5"], [f"{CODE}#{n}" for n in (5, 6, 7)]]
    (approval,) = found["changes"]["entries"]
    assert (figure["moved_by"], approval["entry"], approval["decides"]) == ([f"{CODE}#7"], f"{CODE}#7", f"{CODE}#6")
    assert found["names"]["persons"]["p-second"] == "姓名p-second"
    days = district.get(f"{P}/changes?from_on=2026-01-31&to_on=2026-02-01").json()["changes"]
    assert {tuple(f["moved_by"]) for f in days["figures"]} == {(f"{CODE}#5",)}  # its day came
    missing = district.get(f"{P}/changes?to_on=2026-02-01")
    assert (missing.status_code, missing.json()["code"]) == (422, "no_beginning")
    assert district.get("/projects/XM-2026-999/changes?from_on=2026-01-01").status_code == 404


def test_a_replay_is_paged_and_each_entry_tells_what_it_did(district: District):
    first = district.get(f"{P}/replay?limit=3").json()
    rest = district.get(f"{P}/replay?limit=3&cursor={first['next']}").json()
    steps = [*first["replay"], *rest["replay"]]
    assert [s["entry"] for s in steps] == [f"{CODE}#{n}" for n in range(1, 5)]
    assert (first["next"], rest["next"]) == (3, None)
    (stage,) = [e for e in steps[3]["moved"] if e["figure"] == ["stage"]]
    assert [stage[side]["value"]["stage"] for side in ("before", "after")] == ["negotiating", "signed"]
    assert (steps[3]["person"], steps[3]["occurred_on"]) == ("p-office", "2026-01-10")
    assert first["names"]["persons"]["p-office"] == "姓名p-office"
    assert district.get("/projects/XM-2026-999/replay").status_code == 404


def officer(person: str) -> dict[str, str]:
    return {"person": person, "unit": "street-a", "post": "专员"}


def test_a_record_tells_what_somebody_held_and_did_and_what_was_open_when_they_handed_over(district: District):
    held = {"role": "project_officer", "holder": officer("p-clerk"), "occurred_on": "2026-01-05"}
    district.recorded(f"{P}/responsibilities", {"act": "assign", **held})
    plan = {"act": "adopt", "occurred_on": "2026-01-06", "start": "2026-02-01", "reason": "补录"}
    district.recorded(f"{P}/plans", plan)
    appoint = {"act": "appoint", "stand_in": "p-office", "occurred_on": "2026-01-01", "until": "2199-01-01"}
    district.recorded("/people/p-clerk/stand-ins", appoint | {"document": "AB岗〔2026〕1号"}, "second")
    jobs = {"occurred_on": "2026-02-10", "count": 5, "on_behalf_of": "p-clerk", "under": "授权书"}
    district.recorded(f"{P}/jobs", jobs)
    handover = {"act": "hand_over", "role": "project_officer", "occurred_on": "2026-03-20", "document": "〔2026〕8号"}
    two = {"outgoing": officer("p-clerk"), "incoming": officer("p-reader"), "open_matters": ["征地款未付"]}
    district.recorded(f"{P}/responsibilities", handover | two)
    found = district.get("/people/p-clerk/record").json()["record"]
    (tenure,) = found["held"]
    assert (tenure["project"], tenure["name"], tenure["since"], tenure["until"]) == (
        CODE,
        "西湖里",
        "2026-01-05",
        "2026-03-20",
    )
    (taken,) = found["handovers"]
    assert (taken["role"], taken["document"], taken["stated"]) == ("project_officer", "〔2026〕8号", ["征地款未付"])
    assert [(p["unit"], p["title"], p["until"]) for p in found["posts"]] == [("street-a", "科员", None)]
    assert [(d["what"], d["count"]) for d in found["done"]] == [("recorded", 1)]
    assert (found["recorded"][0]["entry"], found["recorded"][0]["on_behalf_of"]) == (f"{CODE}#7", "p-clerk")
    known = {"on": "2026-02-28", "known": f"@{district.entries() - 1}"}
    earlier = district.get(f"/people/p-clerk/record?on={known['on']}&known={known['known']}").json()["record"]
    assert [h["until"] for h in earlier["held"]] == [None]
    office = district.get("/units/office/record?limit=2").json()
    assert (len(office["record"]["recorded"]), office["next"] is None) == (2, False)
    street = district.get("/units/street-a/record").json()["record"]
    assert {h["role"] for h in street["held"]} == {"lead_unit", "project_officer"}
    assert district.get("/people/p-nobody/record").status_code == 404


def test_changes_of_totals_give_before_after_difference_and_page_through_what_moved_them(district: District):
    funds = {"act": "receive", "occurred_on": "2026-02-01", "amount": {"amount": "7000000.00", "currency": "CNY"}}
    district.recorded(f"{P}/funds", funds | {"voucher": "V-1"})
    first = district.entries()
    reads = {"kind": "funds_received", **funds, "amount": {"amount": "6000000.00", "currency": "CNY"}, "voucher": "V-1"}
    reads.pop("act")
    district.recorded(f"{P}/corrections", {"target": 5, "reads": reads, "because": "银行更正"})
    district.recorded(f"{P}/approvals", {"act": "approve", "proposal": 6}, "second")
    district.recorded(f"{P}/transfers", {"occurred_on": "2026-01-15", "from_unit": "street-a", "to_unit": "street-b"})
    span = f"from_on=2026-06-30&from_known=@{first}&to_on=2026-06-30"
    found = district.get(f"/portfolio/changes?by=unit&{span}").json()
    (total,) = found["total"]["totals"]
    assert [total[side]["value"] for side in ("before", "after")] == ["7000000.00", "6000000.00"]
    assert (total["difference"], total["moved"]["count"]) == ("-1000000.00", 2)
    a, b = found["groups"]
    assert [(g["group"], g["count_before"], g["count_after"]) for g in (a, b)] == [("street-a", 1, 0), ("street-b", 0, 1)]
    assert {t["measure"]: t["difference"] for t in a["totals"]} == {"agreed": "-100000000.00", "received": "-7000000.00"}
    moved = district.get(total["moved"]["link"]).json()
    (fact,) = moved["facts"]
    (approved,) = fact.pop("entries")
    assert fact == {
        "fact": f"{CODE}#5",
        "came": True,
        "left": True,
        "project": CODE,
        "name": "西湖里",
        "occurred_on": "2026-02-01",
        "before": "7000000.00",
        "after": "6000000.00",
        "sources": [f"{CODE}#7"],
    }
    assert (moved["count"], moved["currency"]) == (1, "CNY")
    assert (approved["entry"], approved["kind"], approved["person"]) == (f"{CODE}#7", "approved", "p-second")
    (agreed,) = [t for t in b["totals"] if t["measure"] == "agreed"]
    (handed,) = district.get(agreed["moved"]["link"]).json()["facts"]
    assert (handed["fact"], handed["came"], handed["left"]) == (f"{CODE}#4", True, False)
    assert f"{CODE}#8" in handed["sources"]
    assert district.get(total["before"]["sources"]["link"]).json()["sources"] == [f"{CODE}#5"]
    assert (
        district.get(f"/portfolio/changes?from_known=@{district.entries()}&from_on=2026-06-30&to_on=2026-06-30").json()[
            "groups"
        ]
        == []
    )
    district.recorded("/units/street-a/names", {"occurred_on": "2026-02-02", "name": "甲街道"}, "administrator")
    unit = district.get(f"/units/street-a/changes?{span}").json()
    assert [(f["figure"], f["moved_by"]) for f in unit["figures"]] == [(["name"], ["unit:street-a#2"])]
    assert [(e["entry"], e["kind"]) for e in unit["entries"]] == [("unit:street-a#2", "unit_renamed")]
    assert [t["difference"] for t in unit["totals"]["totals"]] == [t["difference"] for t in a["totals"]]
    assert district.get(f"/units/nobody/changes?{span}").status_code == 404
