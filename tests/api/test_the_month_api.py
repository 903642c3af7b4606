"""The month over HTTP: drafted, submitted, signed, accepted, recognised, reconciled; the period as a viewpoint."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.command import reader
from domain.entry import SHANGHAI, Actor, Role, Source
from store.deciding import Asking, Deciding
from store.mapper import topic_of
from tests.api.conftest import District, P

CODE = "XM-2026-001"
TODAY = datetime.now(SHANGHAI).date()
CNY = "CNY"


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": CNY}


FUNDS = {"act": "receive", "occurred_on": "2026-06-28", "amount": cny("50000000.00"), "voucher": "JZ-628"}
LINE = {"project": CODE, "noun": "funds", "command": FUNDS}
RETURNS = "/periods/2026-06/returns"


@pytest.fixture
def month(district: District) -> District:
    """Two bureaus recognise funds; the June return is awaited until tomorrow; a leader and the bureaus have tokens."""
    for code in ("bureau-c", "bureau-d"):
        district.recorded("/units", {"occurred_on": "2026-01-01", "code": code, "name": code, "sort": "bureau"})
    for ref, unit in (("p-leader", "street-a"), ("p-c", "bureau-c"), ("p-d", "bureau-d")):
        district.recorded("/people", {"occurred_on": "2026-01-01", "ref": ref, "name": ref})
        wanted = {"person": ref, "unit": unit, "post": "科长", "role": Role.UNIT.value}
        district.tokens[ref.removeprefix("p-")] = district.post("/tokens", wanted, "administrator").json()["token"]
    settings = {"recognising": {"received": ["bureau-c", "bureau-d"]}}
    district.recorded("/district/settings", {"occurred_on": "2026-01-02", "settings": settings})
    deadline = str(TODAY + timedelta(days=1))
    district.recorded("/periods", {"occurred_on": "2026-06-01", "code": "2026-06", "deadline": deadline})
    return district


def submit(month: District, *lines: Any, who: str = "clerk", **more: Any) -> Any:
    return month.post(RETURNS, {"act": "submit", "occurred_on": str(TODAY), "lines": list(lines), **more}, who)


def received(month: District, query: str = "") -> dict[str, Any]:
    found = month.get(f"/portfolio?by=unit{query}").json()
    group = next(g for g in found["groups"] if g["group"] == "street-a")
    measure: dict[str, Any] = next(m for m in group["measures"] if m["measure"] == "received")
    return measure


def test_from_grid_to_acceptance(month: District):
    empty = month.get("/periods/2026-06/returns/street-a", "clerk").json()
    assert [(row["project"], row["no_change"]) for row in empty["grid"]] == [(CODE, False)]
    assert (empty["returned"]["row"]["state"], empty["draft"]) == ("not_reported", None)
    draft = {"lines": [LINE], "note": "六月"}
    headers = {"Authorization": f"Bearer {month.tokens['clerk']}"}
    before = month.entries()
    saved = month.client.put(f"{RETURNS}/street-a/draft", json=draft, headers=headers)
    assert (saved.status_code, saved.json()["draft"]["saved_by"], month.entries()) == (200, "p-clerk", before)
    assert month.get(f"{RETURNS}/street-a", "clerk").json()["draft"]["lines"] == [LINE]
    tried = month.post(f"{RETURNS}/street-a/submission?dry_run=true", {"occurred_on": str(TODAY)}, "clerk")
    assert (tried.status_code, [e["kind"] for e in tried.json()["entries"]]) == (200, ["return_submitted", "funds_received"])
    assert (tried.json()["reason_needed"], month.entries()) == (False, before)
    done = month.post(f"{RETURNS}/street-a/submission", {"occurred_on": str(TODAY)}, "clerk")
    assert (done.status_code, done.json()["entries"]) == (201, ["period:2026-06#2", f"{CODE}#5"])
    assert month.get(f"{RETURNS}/street-a", "clerk").json()["draft"] is None
    assert month.post(RETURNS, {"act": "accept", "unit": "street-a"}).json()["code"] == "not_signed"
    assert month.post(RETURNS, {"act": "sign"}, "leader").status_code == 201
    assert month.post(RETURNS, {"act": "accept", "unit": "street-a"}).status_code == 201
    [row] = month.get("/periods/2026-06").json()["period"]["rows"]
    assert (row["unit"], row["state"], row["late"], row["facts"]) == ("street-a", "accepted", False, 1)
    told = month.get(f"{RETURNS}/street-a").json()
    assert [e["what"] for e in told["returned"]["events"]] == ["submitted", "signed", "accepted"]
    assert told["names"]["persons"]["p-leader"] == "p-leader"


def test_a_bad_line_is_pointed_at_and_nothing_is_recorded(month: District):
    before = month.entries()
    negative = {**LINE, "command": FUNDS | {"amount": cny("-1.00")}}
    answer = submit(month, LINE, negative)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/lines/1/command/amount")
    unknown = submit(month, {**LINE, "noun": "projects"})
    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (422, "/lines/0/noun")
    twice = submit(month, LINE, LINE)
    assert (twice.status_code, twice.json()["code"]) == (409, "voucher_already_counted")
    assert twice.json()["errors"][0]["pointer"] == "/lines/1/command/voucher"
    strange = submit(month, LINE, who="c")
    assert (strange.status_code, strange.json()["code"]) == (403, "not_permitted")
    assert month.entries() == before


def test_another_units_draft_is_not_ones_own(month: District):
    headers = {"Authorization": f"Bearer {month.tokens['c']}"}
    saved = month.client.put(f"{RETURNS}/street-a/draft", json={"nothing_to_report": True}, headers=headers)
    assert (saved.status_code, saved.json()["code"]) == (403, "not_permitted")
    assert month.client.put("/periods/2026-07/returns/bureau-c/draft", json={}, headers=headers).status_code == 404


def test_a_late_return_needs_a_reason_and_says_so(month: District):
    month.recorded("/periods", {"occurred_on": "2026-05-01", "code": "2026-05", "deadline": "2026-06-05"})
    late = {"act": "submit", "occurred_on": str(TODAY), "nothing_to_report": True}
    refused = month.post("/periods/2026-05/returns", late, "clerk")
    assert (refused.status_code, refused.json()["code"], refused.json()["errors"][0]["pointer"]) == (
        422,
        "reason_needed",
        "/reason",
    )
    assert month.post("/periods/2026-05/returns", late | {"reason": "系统停电"}, "clerk").status_code == 201
    [row] = month.get("/periods/2026-05").json()["period"]["rows"]
    assert (row["state"], row["late"], row["empty"]) == ("nothing_to_report", True, True)


def test_totals_stand_side_by_side_and_name_who_disagrees(month: District):
    submit(month, LINE)
    assert (received(month)["recognised"], received(month)["differ"]) == (None, False)
    verdict = {"target": 5, "outcome": "recognised"}
    first = month.post(f"{P}/verdicts", verdict | {"amount": cny("30000000.00")}, "c").json()["position"]
    month.post(f"{P}/verdicts", verdict | {"amount": cny("45000000.00")}, "d")
    both = received(month)
    assert (both["reported"]["value"], both["recognised"]["value"]) == ("50000000.00", "30000000.00")
    assert [(b["bureau"], b["figure"]["value"], b["disputed"]) for b in both["bureaus"]] == [
        ("bureau-c", "30000000.00", 1),
        ("bureau-d", "45000000.00", 1),
    ]
    assert both["differ"] is True
    for figure in (both["recognised"], both["bureaus"][1]["figure"]):
        assert month.get(figure["sources"]["link"]).json()["sources"] == [f"{CODE}#5"]
    before = received(month, f"&known=@{first}")
    assert [b["disputed"] for b in before["bureaus"]] == [0]
    assert before["recognised"]["sources"]["fingerprint"] == both["recognised"]["sources"]["fingerprint"]
    status = next(m for m in month.get(P).json()["status"]["measures"] if m["measure"] == "received")
    assert status["disputed"] == [f"{CODE}#5"]
    marks = month.get(f"{P}/timeline").json()["timeline"]["moments"][-1]["marks"]
    assert {"recognised", "disputed"} <= set(marks)


def test_the_statement_shows_what_was_recognised_and_takes_the_answer(month: District):
    submit(month, LINE)
    month.post(f"{P}/verdicts", {"target": 5, "outcome": "not_recognised", "because": "无进账单"}, "c")
    opened = month.post("/periods/2026-06/reconciliations", {"act": "open", "occurred_on": str(TODAY)})
    assert opened.status_code == 201
    told = month.get("/periods/2026-06/reconciliation/street-a").json()["reconciliation"]
    assert (told["answer"]["state"], told["totals"][0]["not_recognised"]) == ("awaited", "50000000.00")
    assert told["facts"][0]["figures"][0]["verdicts"][0]["reason"] == "无进账单"
    objection = {"act": "object", "occurred_on": str(TODAY), "objections": [{"entry": f"{CODE}#5", "text": "进账单已补"}]}
    assert month.post("/periods/2026-06/reconciliations", objection, "clerk").status_code == 201
    told = month.get("/periods/2026-06/reconciliation/street-a").json()["reconciliation"]
    assert (told["answer"]["state"], told["answer"]["objections"][0]["text"]) == ("objected", "进账单已补")


def test_a_period_is_a_viewpoint_of_its_own(month: District):
    submit(month, LINE)
    closed = month.recorded("/periods/2026-06/closings", {"occurred_on": str(TODAY)})
    month.recorded(f"{P}/jobs", {"occurred_on": "2026-06-30", "count": 12})
    answer = month.get(f"{P}?known=period:2026-06").json()
    assert (answer["viewpoint"]["on"], answer["viewpoint"]["known"]["position"]) == ("2026-06-30", closed["position"])
    assert answer["viewpoint"]["asked"]["known"] == "period:2026-06"
    assert {m["measure"] for m in answer["status"]["measures"]} == {"agreed", "received"}
    assert month.get(f"{P}?known=period:2026-07").json()["code"] == "bad_viewpoint"
    month.recorded("/periods", {"occurred_on": "2026-05-01", "code": "2026-05", "deadline": "2026-06-05"})
    missing = month.get(f"{P}?known=period:2026-05")
    assert (missing.status_code, missing.json()["code"]) == (404, "not_known_then")


def test_a_correction_decided_while_the_return_is_being_accepted_waits_for_a_second_person(month: District):
    submitted = submit(month, LINE).json()
    assert month.post(RETURNS, {"act": "sign"}, "leader").status_code == 201
    fact = next(e for e in submitted["entries"] if e.startswith(CODE))
    reads = {k: v for k, v in FUNDS.items() if k != "act"} | {"kind": "funds_received", "amount": cny("1.00")}
    asked = {"target": int(fact.partition("#")[2]), "reads": reads, "because": "笔误"}
    correction = reader("project", "corrections").validate_python(asked)
    decided: list[str] = []

    def work(deciding: Deciding, asking: Asking) -> None:
        """The office is first: its acceptance is recorded after the correction was decided and before it is appended."""
        [entry] = deciding.decide(CODE, correction, asking)
        decided.append(topic_of(entry.event))
        if len(decided) == 1:
            assert month.post(RETURNS, {"act": "accept", "unit": "street-a"}).status_code == 201

    clerk = Actor(person="p-clerk", unit="street-a", post="科员", role=Role.UNIT, signed_in="token:test")
    month.services.ledger.record_work(work, by=clerk, source=Source(door="api"), body=b"")
    assert decided == ["corrected", "correction_proposed"]
    assert month.services.reading.stream(CODE)[-1].topic == "correction_proposed"


def test_a_phone_number_in_a_line_of_a_return_is_asked_about(month: District):
    refused = submit(month, LINE, {**LINE, "command": {**FUNDS, "voucher": "JZ-629", "payer": "甲公司 手机13812345678"}})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/lines/1/command/payer")
    assert "personal_number" in refused.text
