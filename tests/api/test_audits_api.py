"""Audits over HTTP: an auditor signs in, the unit answers, the list tells what is open and overdue, projects link to it."""

from typing import Any

from tests.api.conftest import District, P


def test_an_auditor_finds_the_unit_rectifies_and_the_project_shows_it(district: District):
    person = {"occurred_on": "2026-01-01", "ref": "p-audit", "name": "审计甲", "unit": "office", "title": "审计员"}
    district.recorded("/people", person, "administrator")
    wanted = {"person": "p-audit", "unit": "office", "post": "审计员", "role": "auditor"}
    made = district.post("/tokens", wanted, "administrator")
    assert (made.status_code, made.json()["role"]) == (201, "auditor")
    district.tokens["auditor"] = made.json()["token"]
    finding: dict[str, Any] = {"act": "find", "occurred_on": "2026-03-01", "title": "协议资金", "text": "合同与协议不一致"}
    finding |= {"projects": ["XM-2026-001"], "entries": ["XM-2026-001#4"], "deadline": "2026-03-31"}
    assert district.post("/audits", finding, "office").status_code == 403
    assert district.post("/projects", {"occurred_on": "2026-03-01", "name": "甲"}, "auditor").status_code == 403
    assert district.recorded("/audits", finding, "auditor")["entry"] == "audit:2026-001#1"
    (open_one,) = district.get("/audits?overdue=true&on=2026-04-01", "auditor").json()["audits"]
    assert (open_one["audit"], open_one["state"], open_one["units"]) == ("2026-001", "open", ["street-a"])
    for unlike in ("state=closed", "unit=street-b", "project=XM-2026-009", "sort=request", "overdue=true&on=2026-03-31"):
        assert district.get(f"/audits?{unlike}").json()["audits"] == [], unlike
    district.recorded("/audits/2026-001/rectifications", {"occurred_on": "2026-03-20", "text": "已更正"}, "clerk")
    headers = {"Authorization": f"Bearer {district.tokens['clerk']}"}
    uploaded = district.client.post("/evidence?name=a.pdf", content=b"%PDF-1.7\n%%EOF\n", headers=headers).json()
    attach = {"act": "attach", "target": 2, "sha256": uploaded["sha256"], "sort": "other"}
    district.recorded("/audits/2026-001/evidence", attach, "clerk")
    steps = district.get("/audits/2026-001").json()["audit"]["steps"]
    assert [[(f["name"], f["kept"], f["entry"]) for f in s["evidence"]] for s in steps] == [
        [],
        [("a.pdf", "present", "audit:2026-001#3")],
    ]
    known = district.entries()
    district.recorded("/audits/2026-001/closings", {"act": "close", "occurred_on": "2026-03-25"}, "auditor")
    for path in (P, f"{P}/timeline"):
        answer = district.get(path).json()
        assert [(a["audit"], a["state"]) for a in answer["audits"]] == [("2026-001", "closed")]
        assert answer["audits"][0]["sources"] == ["audit:2026-001#1", "audit:2026-001#2", "audit:2026-001#4"]
    assert district.get(f"{P}?known=@{known}").json()["audits"][0]["state"] == "rectified"
    whole = district.get("/audits/2026-001?unused=1")
    assert whole.status_code == 422
    told = district.get("/audits/2026-001").json()
    assert [s["kind"] for s in told["audit"]["steps"]] == ["audit_found", "rectified", "audit_closed"]
    assert told["names"]["persons"]["p-audit"] == "审计甲"
    assert told["names"]["units"]["street-a"] == "street-a"
    assert district.get("/audits/2026-009").status_code == 404
    assert district.get("/audits/2026-001?known=@3").json()["code"] == "not_known_then"
    assert district.get("/audits?limit=1").json()["next"] is None
    assert district.get("/streams/audit:2026-001/entries").status_code == 200
