"""What is irregular is told before it is recorded, in both languages and as data, so that a form can ask for the reason."""

from typing import Any

from tests.api.conftest import District, P

EARLY = {"act": "receive", "occurred_on": "2026-01-02", "amount": {"amount": "1.00", "currency": "CNY"}, "voucher": "V"}
WORDS = {
    "rule": "funds_before_signing",
    "zh": "签约前资金到位",
    "en": "funds received before an agreement or contract was signed",
}


def test_a_reason_is_asked_for_with_the_rules_by_name_and_in_both_languages(district: District):
    for language, words in (("zh", WORDS["zh"]), ("en", WORDS["en"])):
        answer = district.post(f"{P}/funds", EARLY, **{"Accept-Language": language})
        assert (answer.status_code, answer.json()["code"]) == (422, "reason_needed")
        assert answer.json()["errors"] == [{"pointer": "/reason", "detail": words, **WORDS}]
    named = {w["word"]: w for w in district.get("/vocabulary").json()["words"]["rules"]}
    assert named["funds_before_signing"] == {"word": WORDS["rule"], "zh": WORDS["zh"], "en": WORDS["en"]}


def test_a_dry_run_says_what_would_be_recorded_and_records_nothing(district: District):
    before = district.entries()
    answer = district.post(f"{P}/funds?dry_run=true", EARLY, "clerk", **{"Idempotency-Key": "k"})
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "dry_run": True,
        "entries": [{"entry": "XM-2026-001#5", "kind": "funds_received", "irregular": [WORDS | {"about": None}]}],
        "reason_needed": True,
    }
    given = district.post(f"{P}/funds?dry_run=true", EARLY | {"reason": "先行到账"}).json()
    assert (given["reason_needed"], given["entries"][0]["irregular"]) == (False, [WORDS | {"about": None}])
    assert district.entries() == before
    recorded = district.post(f"{P}/funds", EARLY | {"reason": "先行到账"}, "clerk", **{"Idempotency-Key": "k"})
    assert recorded.status_code == 201, "the key of a dry run is not used up"


def test_a_dry_run_refuses_whatever_recording_would(district: District):
    refused: list[tuple[str, dict[str, Any], str, dict[str, str], int]] = [
        (f"{P}/funds", EARLY | {"occurred_on": "2199-01-01"}, "office", {}, 422),
        (f"{P}/funds", EARLY, "reader", {}, 403),
        (f"{P}/funds", EARLY, "office", {"If-Match": '"2"'}, 412),
        ("/projects/XM-2026-999/funds", EARLY, "office", {}, 404),
        ("/units", {"occurred_on": "2026-01-01", "code": "street-a", "name": "甲"}, "office", {}, 409),
    ]
    before = district.entries()
    for path, body, who, headers, status in refused:
        assert district.post(f"{path}?dry_run=true", body, who, **headers).status_code == status, path
    assert district.entries() == before


def test_a_batch_and_a_return_tell_of_every_line_at_once(district: District):
    items = [{"stream": P[10:], "noun": "funds", "command": EARLY | {"voucher": f"V{n}"}} for n in (1, 2)]
    tried = district.post("/batches?dry_run=true", {"commands": items, "joint": False}).json()
    assert [(e["entry"], [r["rule"] for r in e["irregular"]]) for e in tried["entries"]] == [
        ("XM-2026-001#5", ["funds_before_signing"]),
        ("XM-2026-001#6", ["funds_before_signing"]),
    ]
    district.recorded("/periods", {"occurred_on": "2026-01-01", "code": "2026-01", "deadline": "2026-02-05"})
    lines = [{"project": P[10:], "noun": "funds", "command": EARLY}]
    report = {"act": "submit", "occurred_on": "2026-02-06", "lines": lines}
    tried = district.post("/periods/2026-01/returns?dry_run=true", report, "clerk").json()
    assert [[r["rule"] for r in e["irregular"]] for e in tried["entries"]] == [
        ["after_deadline"],
        ["after_deadline", "funds_before_signing"],
    ]
    assert tried["reason_needed"]


def test_an_entry_that_would_begin_a_stream_is_tried_too(district: District):
    before = district.entries()
    tried = district.post("/projects?dry_run=true", {"occurred_on": "2026-02-01", "name": "二号"}).json()
    assert (tried["entries"][0]["entry"], tried["reason_needed"]) == ("XM-2026-002#1", False)
    assert district.entries() == before


GATES = {"name": "关口 2026", "expects": [{"stage": "signed", "kind": "signed", "evidence": ["contract"]}]}
REGISTERED = {"occurred_on": "2026-06-01", "enterprise": "甲公司"}


def test_the_gates_in_force_are_told_at_any_viewpoint_with_who_adopted_them(district: District):
    shipped = district.get("/district/gates").json()
    assert (shipped["gates"]["name"], shipped["binding"], shipped["adopted"]) == ("shipped-1", False, [])
    adoption = district.recorded("/district/gates", {"occurred_on": "2026-02-01", "gates": GATES})
    told = district.get("/district/gates").json()
    assert (told["gates"]["name"], told["binding"]) == ("关口 2026", True)
    assert told["adopted"] == [{"name": "关口 2026", "entry": adoption["entry"], "occurred_on": "2026-02-01"}]
    assert district.get("/district/gates?on=2026-01-31").json()["binding"] is False
    assert district.get(f"/district/gates?known=@{adoption['position'] - 1}").json()["gates"] == shipped["gates"]
    again = district.post("/district/gates", {"occurred_on": "2026-03-01", "gates": GATES})
    assert (again.status_code, again.json()["errors"][0]["pointer"]) == (409, "/gates/name")
    unknown = GATES | {"name": "二", "expects": [{"stage": "signed", "kind": "heaven_opened"}]}
    refused = district.post("/district/gates", {"occurred_on": "2026-03-01", "gates": unknown})
    assert (refused.status_code, refused.json()["code"]) == (422, "no_such_kind")


def test_a_status_lists_what_the_stages_reached_lack_and_the_timeline_marks_who_passed_without(district: District):
    district.recorded("/district/gates", {"occurred_on": "2026-02-01", "gates": GATES})
    refused = district.post(f"{P}/registrations", REGISTERED).json()
    assert [(e["rule"], e["about"]) for e in refused["errors"]] == [("gate_missing", "signed [contract]")]
    district.recorded(f"{P}/registrations", REGISTERED | {"reason": "合同原件在途"})
    gates = district.get(P).json()["status"]["gates"]
    assert (gates["table"], gates["adopted_by"]) == ("关口 2026", "district#2")
    assert gates["stages"] == [
        {
            "stage": "signed",
            "since": "2026-01-10",
            "missing": [
                {
                    "stage": "signed",
                    "kind": "signed",
                    "evidence": ["contract"],
                    "dated": False,
                    "by": "next",
                    "due_on": None,
                    "overdue": False,
                    "facts": ["XM-2026-001#4"],
                    "passed_by": "XM-2026-001#5",
                }
            ],
        }
    ]
    moment = district.get(f"{P}/timeline").json()["timeline"]["moments"][-1]
    assert moment["irregular"] == ["gate_missing"]
    assert moment["irregular_when_recorded"] == [{"rule": "gate_missing", "reason": "合同原件在途"}]
