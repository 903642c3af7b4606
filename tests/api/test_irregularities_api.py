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
        "entries": [
            {"entry": "XM-2026-001#5", "kind": "funds_received", "irregular": [WORDS | {"about": None}], "advice": []}
        ],
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


OTHER = "/projects/XM-2026-002"
ARRIVED = EARLY | {"occurred_on": "2026-02-01"}


def two_projects(district: District) -> int:
    """One voucher in both, spelt differently; in the second before signing. The position before the last entry."""
    district.recorded("/projects", {"occurred_on": "2026-01-03", "name": "二号", "lead_unit": "street-b"})
    district.recorded(f"{P}/funds", ARRIVED | {"voucher": "JZ-0001"})
    before = district.entries()
    recorded = district.recorded(f"{OTHER}/funds", ARRIVED | {"voucher": "jz 0001", "reason": "先行到账"})
    assert recorded["position"] == before + 1
    return before


SHARED = {
    "rule": "voucher_twice",
    "said": "JZ-0001",
    "more": False,
    "parts": [
        {"project": "XM-2026-001", "entry": "XM-2026-001#5", "said": "JZ-0001", "sources": ["XM-2026-001#5"]},
        {"project": "XM-2026-002", "entry": "XM-2026-002#3", "said": "jz 0001", "sources": ["XM-2026-002#3"]},
    ],
}
EARLY_FUNDS = {
    "entry": "XM-2026-002#3",
    "kind": "funds_received",
    "occurred_on": "2026-02-01",
    "rule": "funds_before_signing",
    "about": None,
    "at_viewpoint": True,
    "reason": "先行到账",
    "sources": ["XM-2026-002#3"],
}


def test_one_voucher_in_two_projects_is_never_refused_and_shown_wherever_either_is(district: District):
    before = two_projects(district)
    assert district.get("/irregularities/across").json()["across"] == [SHARED]
    for address in (P, f"{P}/timeline", OTHER, f"{OTHER}/timeline"):
        assert district.get(address).json()["across"] == [SHARED], address
        assert district.get(f"{address}?known=@{before}").json()["across"] == []
    assert district.get(f"/irregularities/across?known=@{before}").json()["across"] == []
    assert district.get("/irregularities/across?on=2026-01-31").json()["across"] == []


def test_irregularities_are_listed_by_project_unit_and_rule(district: District):
    two_projects(district)
    listed = district.get("/irregularities").json()
    one = {"project": "XM-2026-001", "name": "西湖里", "lead_unit": "street-a", "marks": [], "across": [SHARED]}
    two = {"project": "XM-2026-002", "name": "二号", "lead_unit": "street-b", "marks": [EARLY_FUNDS], "across": [SHARED]}
    assert (listed["projects"], listed["next"]) == ([one, two], None)
    assert listed["names"]["units"] == {"street-a": "street-a", "street-b": "street-b"}
    asked = {
        "unit=street-b": [two],
        "unit=street-a": [one],
        "unit=street-b&role=hosting": [],
        "project=XM-2026-002": [two],
        "project=XM-2026": [],
        "rule=funds_before_signing": [two | {"across": []}],
        "rule=voucher_twice": [one, two | {"marks": []}],
        "rule=level_falls": [],
    }
    for query, expected in asked.items():
        assert district.get(f"/irregularities?{query}").json()["projects"] == expected, query
    for query, shared in (
        ("unit=street-a", [SHARED]),
        ("unit=street-b&rule=voucher_twice", [SHARED]),
        ("project=XM-2026-002", [SHARED]),
        ("project=XM-2026-003", []),
        ("rule=site_twice", []),
    ):
        assert district.get(f"/irregularities/across?{query}").json()["across"] == shared, query
    unknown = district.get("/irregularities?rule=bad_weather")
    assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown_rule")


def test_a_mark_of_the_recording_stays_when_the_one_at_the_viewpoint_goes(district: District):
    two_projects(district)
    talks = {"occurred_on": "2026-01-04", "with_whom": "乙公司"}
    district.recorded(f"{OTHER}/negotiations", talks)
    signing = {"occurred_on": "2026-01-20", "level": "contract", "counterparty": "乙公司"}
    district.recorded(f"{OTHER}/signings", signing)
    [project] = district.get("/irregularities?rule=funds_before_signing").json()["projects"]
    assert project["marks"] == [EARLY_FUNDS | {"at_viewpoint": False}]


def test_pages_look_at_some_projects_each_and_come_to_the_same(district: District):
    two_projects(district)
    whole, pages, cursor = district.get("/irregularities").json()["projects"], [], ""
    while True:
        page = district.get(f"/irregularities?limit=1{cursor}").json()
        pages += page["projects"]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert pages == whole
    for n in (1, 2, 3):
        site = {"occurred_on": "2026-03-01", "how": "land_contract_signed", "site": f"{n}号地块"}
        for project in (P, OTHER):
            district.recorded(f"{project}/land", site)
    whole, pages, cursor = district.get("/irregularities/across").json()["across"], [], ""
    assert len(whole) == 4
    while True:
        page = district.get(f"/irregularities/across?limit=1{cursor}").json()
        pages += page["across"]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert pages == whole
    for cursor in ("AAAA", "MTp4", "OTk5OTk6MQ=="):
        assert district.get(f"/irregularities/across?cursor={cursor}").status_code == 422


def test_what_the_stages_lack_is_listed_over_the_portfolio(district: District):
    two_projects(district)
    district.recorded(f"{P}/registrations", REGISTERED)
    [project] = district.get("/gates").json()["projects"]
    assert (project["project"], project["lead_unit"], project["table"]) == ("XM-2026-001", "street-a", "shipped-1")
    assert [(s["stage"], [m["kind"] for m in s["missing"]]) for s in project["stages"]] == [
        ("signed", ["signed"]),
        ("registered", ["enterprise_registered"]),
    ]
    assert district.get("/gates?overdue=true").json()["projects"] == []
    assert district.get("/gates?unit=street-b").json()["projects"] == []
    begun = {"act": "start", "occurred_on": "2026-03-01", "reason": "边审边建"}
    district.recorded(f"{P}/construction", begun)
    [late] = district.get("/gates?overdue=true").json()["projects"]
    assert [[m["kind"] for m in s["missing"]] for s in late["stages"]] == [["entered_statistics"]]
