"""One entry over HTTP: as stored, in every version, with all that was later said about it."""

from tests.api.conftest import District, P

CODE = "XM-2026-001"
FUNDS = {"occurred_on": "2026-02-01", "amount": {"amount": "7000000.00", "currency": "CNY"}, "voucher": "V-1"}
READS = {"kind": "funds_received", **FUNDS, "amount": {"amount": "6000000.00", "currency": "CNY"}}


def test_an_entry_is_told_with_its_versions_and_what_was_said_about_it_as_known(district: District):
    first = district.recorded(f"{P}/funds", {"act": "receive", **FUNDS})["position"]
    asked = district.recorded(f"{P}/corrections", {"target": 5, "reads": READS, "because": "银行更正"}, "clerk")["position"]
    district.recorded(f"{P}/approvals", {"act": "approve", "proposal": 6}, "second")

    now = district.get(f"/streams/{CODE}/entries/5").json()
    assert (now["entry"]["entry"], now["entry"]["content"]["event"]["voucher"]) == (f"{CODE}#5", "V-1")
    assert [w["entry"] for w in now["told"]["wordings"]] == [f"{CODE}#5", f"{CODE}#6"]
    assert (now["told"]["in_force"], now["told"]["annulled_by"]) == (f"{CODE}#6", None)
    assert [(e["entry"], e["kind"]) for e in now["told"]["later"]] == [
        (f"{CODE}#6", "correction_proposed"),
        (f"{CODE}#7", "approved"),
    ]
    assert now["told"]["later"][0]["states"]["reads"]["amount"]["amount"] == "6000000.00"
    assert now["names"]["persons"]["p-second"] == "姓名p-second"
    before = district.get(f"/streams/{CODE}/entries/5?known=@{first}").json()["told"]
    assert (before["later"], before["in_force"], len(before["wordings"])) == ([], f"{CODE}#5", 1)
    waiting = district.get(f"/streams/{CODE}/entries/5?known=@{asked}").json()["told"]
    assert (waiting["pending"], waiting["in_force"]) == ([f"{CODE}#6"], f"{CODE}#5")
    approval = district.get(f"/streams/{CODE}/entries/7").json()["told"]
    assert (approval["act"]["decides"], approval["act"]["about"]) == (f"{CODE}#6", f"{CODE}#5")
    proposal = district.get(f"/streams/{CODE}/entries/6").json()["told"]
    assert [e["entry"] for e in proposal["later"]] == [f"{CODE}#7"]
    assert district.get(f"/streams/{CODE}/entries/7?known=@{first}").status_code == 404
    assert district.get(f"/streams/{CODE}/entries/99").status_code == 404
    assert district.get("/streams/unit:street-a/entries/1").json()["told"]["act"]["kind"] == "unit_opened"


def test_an_annulled_entry_says_by_which_entry(district: District):
    district.recorded(f"{P}/funds", {"act": "receive", **FUNDS})
    district.recorded(f"{P}/annulments", {"target": 5, "because": "重复"}, "clerk")
    district.recorded(f"{P}/approvals", {"act": "approve", "proposal": 6}, "second")
    told = district.get(f"/streams/{CODE}/entries/5").json()["told"]
    assert (told["in_force"], told["annulled_by"]) == (None, f"{CODE}#7")


def test_whose_unit_has_no_part_reads_what_it_recorded_itself_and_nothing_that_others_said(district: District):
    token = district.post(
        "/tokens", {"person": "p-clerk", "unit": "street-b", "post": "科员", "role": "clerk"}, "administrator"
    )
    district.tokens["stranger"] = token.json()["token"]
    assert district.get(f"/streams/{CODE}/entries/1", "stranger").status_code == 404
    own = district.recorded("/projects", {"occurred_on": "2026-01-03", "name": "东河", "lead_unit": "street-a"}, "stranger")
    label = own["entry"].partition("#")[0]
    found = district.get(f"/streams/{label}/entries/1", "stranger").json()
    assert (found["hidden"], found["told"]["later"], found["told"]["wordings"]) == (["wordings", "later"], [], [])
