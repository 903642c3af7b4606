"""What is to do, by role and unit: each task comes when it is theirs, and is gone once it is done."""

from datetime import timedelta
from typing import Any

import pytest

from domain.entry import Role
from tests.api.conftest import District, P
from tests.api.test_the_month_api import CODE, FUNDS, LINE, RETURNS, TODAY, cny, submit

WHO = {
    "kate": ("p-kate", "street-a", Role.CLERK),
    "hugh": ("p-hugh", "street-a", Role.HEAD),
    "bea": ("p-bea", "bureau-c", Role.BUREAU),
    "aud": ("p-aud", "audit", Role.AUDITOR),
    "lee": ("p-lee", "office", Role.LEADER),
}


@pytest.fixture
def people(district: District) -> District:
    """A clerk and a leader of street-a, a bureau that recognises funds, an auditor and a district leader."""
    for code in ("bureau-c", "audit"):
        district.recorded("/units", {"occurred_on": "2026-01-01", "code": code, "name": code})
    for name, (ref, unit, role) in WHO.items():
        district.recorded("/people", {"occurred_on": "2026-01-01", "ref": ref, "name": ref})
        wanted = {"person": ref, "unit": unit, "post": "科员", "role": role.value}
        district.tokens[name] = district.post("/tokens", wanted, "administrator").json()["token"]
    settings = {"recognising": {"received": ["bureau-c"]}}
    district.recorded("/district/settings", {"occurred_on": "2026-01-02", "settings": settings})
    deadline = str(TODAY + timedelta(days=1))
    district.recorded("/periods", {"occurred_on": "2026-06-01", "code": "2026-06", "deadline": deadline})
    return district


def tasks(district: District, who: str) -> list[tuple[str, str | None, int]]:
    told = district.get("/tasks", who).json()
    assert {t["unit"] for t in told["tasks"] if t["unit"]} <= set(told["names"]["units"])
    return [(t["sort"], t["stream"], t["count"]) for t in told["tasks"]]


def test_a_return_is_everybodys_in_turn(people: District):
    month = ("period:2026-06", 1)
    assert (tasks(people, "kate"), tasks(people, "hugh"), tasks(people, "office")) == ([("report", *month)], [], [])
    assert submit(people, LINE, who="kate").status_code == 201
    assert (tasks(people, "kate"), tasks(people, "hugh"), tasks(people, "bea")) == (
        [],
        [("sign", *month)],
        [("recognise", None, 1)],
    )
    people.recorded(RETURNS, {"act": "sign"}, "hugh")
    assert (tasks(people, "hugh"), tasks(people, "office")) == ([], [("accept", *month), ("recognise", None, 1)])
    people.recorded(RETURNS, {"act": "send_back", "unit": "street-a", "because": "凭证不清"})
    [again] = people.get("/tasks", "kate").json()["tasks"]
    assert (again["sort"], again["text"], again["overdue"]) == ("revise", "凭证不清", False)
    assert tasks(people, "clerk") == [("revise", *month)]


def test_what_was_reported_is_recognised_and_answered_for(people: District):
    submit(people, LINE, who="kate")
    [figure] = people.get("/recognition", "bea").json()["figures"]
    assert (figure["project"], figure["number"], figure["measure"], figure["reported"], figure["voucher"]) == (
        CODE,
        5,
        "received",
        "50000000.00",
        "JZ-628",
    )
    assert (figure["money"], figure["state"], figure["authority"]) == (cny("50000000.00"), "not_judged", "bureau-c")
    verdict = {"target": 5, "version": figure["version"], "measure": "received", "outcome": "recognised"}
    people.recorded(f"{P}/verdicts", verdict | {"amount": cny("30000000.00")}, "bea")
    assert (tasks(people, "bea"), people.get("/recognition", "bea").json()["counts"]) == ([], {"received": 0})
    reads = FUNDS | {"kind": "funds_received", "amount": cny("40000000.00")}
    reads.pop("act")
    people.recorded(f"{P}/corrections", {"target": 5, "reads": reads, "because": "笔误"}, "kate")
    [figure] = people.get("/recognition?measure=received", "bea").json()["figures"]
    assert (figure["state"], figure["standing"]["given"], figure["version"]) == ("judge_again", "30000000.00", 7)
    people.recorded("/periods/2026-06/reconciliations", {"act": "open", "occurred_on": str(TODAY)})
    assert ("answer", "period:2026-06", 1) in tasks(people, "kate")
    objection = {"act": "object", "occurred_on": str(TODAY), "objections": [{"text": "少认 1000 万"}]}
    people.recorded("/periods/2026-06/reconciliations", objection, "kate")
    assert tasks(people, "kate") == []
    assert ("objection", "period:2026-06", 1) in tasks(people, "office")
    people.recorded("/periods/2026-06/reconciliations", {"act": "confirm", "occurred_on": str(TODAY)}, "kate")
    assert ("objection", "period:2026-06", 1) not in tasks(people, "office")


def test_figures_wait_page_by_page_and_only_for_who_may_see_them(people: District):
    for n in range(3):
        people.recorded(f"{P}/funds", FUNDS | {"voucher": f"V-{n}", "amount": cny("100.00")})
    seen: list[str] = []
    page: dict[str, Any] = {"next": ""}
    while page["next"] is not None:
        cursor = f"&cursor={page['next']}" if page["next"] else ""
        page = people.get(f"/recognition?limit=2{cursor}").json()
        seen += [figure["entry"] for figure in page["figures"]]
    assert seen == [f"{CODE}#{n}" for n in (5, 6, 7)]
    assert people.get("/recognition", "kate").json()["counts"] == {}
    assert people.get("/recognition?measure=jobs").json()["code"] == "no_such_measure"
    assert people.get("/recognition?cursor=AAAA").json()["code"] == "bad_cursor"
    assert people.get("/recognition?unit=street-b").json()["counts"] == {"received": 0}
    assert people.get(f"/recognition?project={CODE}").json()["counts"] == {"received": 3}
    assert people.get("/recognition", "administrator").status_code == 403


def test_corrections_wait_for_another_than_who_asked_or_recorded(people: District):
    people.recorded(f"{P}/annulments", {"target": 3, "because": "误报"}, "kate")
    [waiting] = people.get("/tasks", "second").json()["tasks"]
    assert (waiting["sort"], waiting["stream"], waiting["text"], waiting["person"]) == ("approve", CODE, "误报", "p-kate")
    assert (tasks(people, "office"), tasks(people, "hugh")) == ([], [])  # the office's first recorded the fact
    people.recorded(f"{P}/approvals", {"act": "decline", "proposal": 5, "because": "属实"}, "second")
    assert tasks(people, "second") == []


def test_audits_and_instructions_are_answered_by_the_unit_that_leads(people: District):
    found = {"act": "find", "occurred_on": str(TODAY), "title": "凭证不全", "text": "缺进账单", "projects": [CODE]}
    audit = people.recorded("/audits", found | {"deadline": str(TODAY)}, "aud")["stream"]
    due = str(TODAY + timedelta(days=3))
    given = people.recorded(f"{P}/instructions", {"target": 1, "text": "月底前开工", "due": due}, "lee")["entry"]
    told = people.get("/tasks", "kate").json()["tasks"]
    assert [(t["sort"], t["text"], t["due"]) for t in told if t["sort"] != "report"] == [
        ("rectify", "凭证不全", str(TODAY)),
        ("instruction", "月底前开工", due),
    ]
    assert [sort for sort, _, _ in tasks(people, "aud")] == []
    people.recorded(
        f"/audits/{audit.removeprefix('audit:')}/rectifications", {"occurred_on": str(TODAY), "text": "已补"}, "kate"
    )
    assert tasks(people, "aud") == [("close_audit", audit, 1)]
    assert "rectify" not in [sort for sort, _, _ in tasks(people, "kate")]
    told = {"instruction": int(given.rpartition("#")[2])}
    people.recorded(f"{P}/instruction-answers", told | {"text": "已开工"}, "kate")
    assert "instruction" not in [sort for sort, _, _ in tasks(people, "kate")]
    assert ("close_instruction", CODE, 1) in tasks(people, "lee")
    (answered,) = people.get("/instructions?state=answered", "lee").json()["instructions"]
    assert [(a["person"], a["text"]) for a in answered["acts"]] == [("p-kate", "已开工")]
    people.recorded(f"{P}/instruction-closings", told | {"act": "close"}, "lee")
    assert "close_instruction" not in [sort for sort, _, _ in tasks(people, "lee")]
