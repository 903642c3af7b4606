"""A fact of any stream as it reads, what waits for approval with both versions, and all that is wrong in a batch."""

from tests.api.conftest import District, P

FUNDS = {"act": "receive", "occurred_on": "2026-02-01", "voucher": "V-1", "amount": {"amount": "5.00", "currency": "CNY"}}


def waiting(district: District, who: str = "office") -> list[tuple[str, str, bool]]:
    answer = district.get("/proposals", who).json()
    return [(w["fact"]["entry"], w["proposal"]["kind"], w["proposal"]["stale"]) for w in answer["waiting"]]


def test_what_waits_for_approval_is_told_with_both_versions_until_somebody_decides(district: District):
    district.recorded(f"{P}/funds", FUNDS)
    number = int(district.get("/streams/XM-2026-001/facts").json()["facts"][-1]["number"])
    assert waiting(district) == []
    reads = {"kind": "funds_received", **{k: v for k, v in FUNDS.items() if k != "act"}, "voucher": "V-2"}
    first = district.recorded(f"{P}/corrections", {"target": number, "reads": reads, "because": "抄错"}, "clerk")
    second = district.recorded(f"{P}/annulments", {"target": number, "because": "重复"}, "clerk")

    fact = district.get(f"/streams/XM-2026-001/facts/{number}").json()["fact"]
    assert (fact["states"]["voucher"], fact["version"], len(fact["pending"])) == ("V-1", number, 2)
    assert fact["pending"][0]["reads"]["voucher"] == "V-2"
    assert waiting(district, "clerk") == [
        (fact["entry"], "correction_proposed", False),
        (fact["entry"], "annulment_proposed", False),
    ]
    approve = {"act": "approve", "proposal": int(first["entry"].rpartition("#")[2])}
    district.recorded(f"{P}/approvals", approve, "second")
    assert waiting(district) == [(fact["entry"], "annulment_proposed", True)]
    assert district.get(f"/streams/XM-2026-001/facts/{number}").json()["fact"]["states"]["voucher"] == "V-2"
    decline = {"act": "decline", "proposal": int(second["entry"].rpartition("#")[2]), "because": "已更正"}
    district.recorded(f"{P}/approvals", decline, "second")
    assert waiting(district) == []
    before = district.get(f"/proposals?known=@{second['position']}").json()["waiting"]
    assert [w["proposal"]["kind"] for w in before] == ["correction_proposed", "annulment_proposed"]


def test_facts_of_other_streams_are_told_too_and_no_entry_that_is_none(district: District):
    facts = district.get("/streams/unit:street-a/facts").json()["facts"]
    assert [f["kind"] for f in facts] == ["unit_opened"]
    for path in ("/streams/XM-2026-001/facts/99", "/streams/XM-2026-999/facts", "/streams/unit:nowhere/facts/1"):
        assert district.get(path).status_code == 404, path


def test_a_batch_tells_of_all_that_is_wrong_in_it_also_when_it_is_only_tried(district: District):
    wrong = [{"stream": "XM-2026-001", "noun": "funds", "command": {**FUNDS, "voucher": ""}} for _ in range(2)]
    answer = district.post("/batches?dry_run=true", {"commands": wrong, "joint": False})
    assert [e["pointer"] for e in answer.json()["errors"]] == [f"/commands/{n}/command/voucher" for n in (0, 1)]
    late = {"stream": "XM-2026-001", "noun": "funds", "command": FUNDS | {"occurred_on": "2099-01-01"}}
    answer = district.post("/batches?dry_run=true", {"commands": [late], "joint": False})
    assert [e["pointer"] for e in answer.json()["errors"]] == ["/commands/0/command/occurred_on"]
