"""For each command: it happened · it was a repeat · someone was first · it was refused."""

import json
import threading
from typing import Any

import pytest

from tests.api.conftest import District, P


def wire(voucher: str, amount: str = "5000.00") -> dict[str, Any]:
    money = {"amount": amount, "currency": "CNY"}
    return {"act": "receive", "occurred_on": "2026-02-01", "amount": money, "voucher": voucher}


def test_it_happened(district: District):
    answer = district.post(f"{P}/funds", wire("V-1"))
    assert answer.status_code == 201
    body = answer.json()
    assert body["entry"] == "XM-2026-001#5"
    assert body["position"] == district.entries()


def test_a_repeat_with_the_same_key_hears_the_first_answer(district: District):
    first = district.post(f"{P}/funds", wire("V-1"), **{"Idempotency-Key": "k-1"})
    before = district.entries()
    again = district.post(f"{P}/funds", wire("V-1"), **{"Idempotency-Key": "k-1"})
    assert (again.status_code, again.json()) == (201, first.json())
    assert district.entries() == before


def test_a_repeat_may_be_written_otherwise(district: District):
    first = district.post(f"{P}/funds", wire("V-1"), **{"Idempotency-Key": "k-1"})
    headers = {"Authorization": f"Bearer {district.tokens['office']}", "Idempotency-Key": "k-1"}
    turned = dict(reversed(wire("V-1").items()))
    for body in (json.dumps(wire("V-1"), indent=2), json.dumps(turned), json.dumps(turned, ensure_ascii=False)):
        again = district.client.post(f"{P}/funds", content=body, headers=headers | {"Content-Type": "application/json"})
        assert (again.status_code, again.json()) == (201, first.json())


def test_the_same_key_for_another_request_is_refused(district: District):
    district.post(f"{P}/funds", wire("V-1"), **{"Idempotency-Key": "k-1"})
    before = district.entries()
    other = district.post(f"{P}/funds", wire("V-2"), **{"Idempotency-Key": "k-1"})
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    assert district.entries() == before


def test_a_key_is_its_actors_own(district: District):
    district.post(f"{P}/funds", wire("V-1"), **{"Idempotency-Key": "k-1"})
    other = district.post(f"{P}/funds", wire("V-2"), "second", **{"Idempotency-Key": "k-1"})
    assert other.status_code == 201


def test_a_repeat_without_a_key_is_refused_by_its_voucher(district: District):
    district.recorded(f"{P}/funds", wire("V-1"))
    again = district.post(f"{P}/funds", wire("V-1"))
    assert (again.status_code, again.json()["code"]) == (409, "voucher_already_counted")


def test_what_was_changed_meanwhile_is_told(district: District):
    assert district.post(f"{P}/jobs", {"occurred_on": "2026-02-01", "count": 3}, **{"If-Match": '"4"'}).status_code == 201
    late = district.post(f"{P}/jobs", {"occurred_on": "2026-02-02", "count": 4}, **{"If-Match": '"4"'})
    assert (late.status_code, late.json()["code"]) == (412, "changed")


def test_of_two_racing_commands_each_is_recorded_or_told_clearly(district: District):
    answers: list[int] = []

    def post(voucher: str) -> None:
        answers.append(district.post(f"{P}/funds", wire(voucher)).status_code)

    threads = [threading.Thread(target=post, args=(v,)) for v in ("V-1", "V-1", "V-2", "V-3", "V-1", "V-4")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [201, 201, 201, 201, 409, 409]
    figures = district.get(P).json()["status"]["measures"]
    assert next(m for m in figures if m["measure"] == "received")["reported"]["value"] == "20000.00"


def test_a_batch_is_all_or_nothing(district: District):
    district.recorded("/projects", {"occurred_on": "2026-01-03", "name": "二号", "lead_unit": "street-a"})
    move = {"occurred_on": "2026-04-01", "from_unit": "street-a", "to_unit": "street-b"}
    items = [{"stream": s, "noun": "transfers", "command": move} for s in ("XM-2026-001", "XM-2026-002")]
    before = district.entries()
    bad = district.post("/batches", {"commands": [*items, {"stream": "XM-2026-099", "noun": "transfers", "command": move}]})
    assert (bad.status_code, district.entries()) == (404, before)
    done = district.recorded("/batches", {"commands": items})
    raw = district.get("/projects/XM-2026-002/entries").json()["entries"][-1]["content"]["envelope"]
    assert raw["counterparts"] == [done["entry"]]
    alone = district.post(f"{P}/annulments", {"target": int(done["entry"].split("#")[1]), "because": "撤销"})
    assert (alone.status_code, alone.json()["code"]) == (409, "counterparts_together")


def test_a_correction_takes_effect_with_a_second_persons_approval(district: District):
    number = int(district.recorded(f"{P}/funds", wire("V-1"))["entry"].split("#")[1])
    reads = {"kind": "funds_received", **{k: v for k, v in wire("V-1", "4200.00").items() if k != "act"}}
    asked = district.recorded(f"{P}/corrections", {"target": number, "reads": reads, "because": "笔误"}, "clerk")
    proposal = int(asked["entry"].split("#")[1])
    own = district.post(f"{P}/approvals", {"act": "approve", "proposal": proposal})
    assert (own.status_code, own.json()["code"]) == (403, "self_approval")
    approval = district.recorded(f"{P}/approvals", {"act": "approve", "proposal": proposal}, "second")
    figure = next(m for m in district.get(P).json()["status"]["measures"] if m["measure"] == "received")["reported"]
    assert figure["value"] == "4200.00"
    assert figure["sources"] == [f"XM-2026-001#{number}", asked["entry"], approval["entry"]]
    before = district.get(f"{P}?known=@{approval['position'] - 1}").json()["status"]["measures"]
    assert next(m for m in before if m["measure"] == "received")["reported"]["value"] == "5000.00"


def test_a_name_never_reaches_an_entry(district: District):
    raw = district.get("/streams/person:p-clerk/entries").text
    assert "姓名p-clerk" not in "".join(
        e["state"] for e in district.get("/streams/person:p-clerk/entries").json()["entries"]
    )
    assert "person_entered" in raw


@pytest.mark.parametrize(
    ("who", "path", "body"),
    [
        ("reader", f"{P}/jobs", {"occurred_on": "2026-02-01", "count": 3}),
        ("administrator", f"{P}/jobs", {"occurred_on": "2026-02-01", "count": 3}),
        ("clerk", "/district/lists", {"occurred_on": "2026-02-01", "list": "key", "title": "重点"}),
        ("office", "/tokens", {"person": "p-clerk", "unit": "office", "post": "科员", "role": "office"}),
        ("clerk", "/units", {"occurred_on": "2026-02-01", "code": "x", "name": "x"}),
        ("clerk", f"{P}/approvals", {"act": "approve", "proposal": 3}),
    ],
)
def test_what_the_role_table_does_not_list_is_refused(district: District, who: str, path: str, body: dict[str, Any]):
    before = district.entries()
    answer = district.post(path, body, who)
    assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted")
    assert district.entries() == before


def test_a_token_ends_at_once_when_revoked(district: District):
    token = next(t for t in district.get("/tokens", "administrator").json()["tokens"] if t["person"] == "p-clerk")
    assert "hash" not in token
    headers = {"Authorization": f"Bearer {district.tokens['administrator']}"}
    assert district.client.delete(f"/tokens/{token['id']}", headers=headers).status_code == 204
    assert district.get("/projects", "clerk").status_code == 401
