"""目标任务, 年度分类 and 剔除（免责） over HTTP: what came of targets, and that whatever reads exemptions says so."""

from typing import Any

import pytest

from tests.api.conftest import District, P

T = "/targets/2026"
LATE = {"reason": "历史数据补录"}
RAIN = {"act": "grant", "ground": "force_majeure", "because": "汛期", "approver": "p-second", "document": "〔2026〕8号"}
YEAR = {"since": "2026-01-01", "until": "2026-12-31"}


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


@pytest.fixture
def targeted(district: District) -> District:
    """A target of 1,000 元 received, lowered to 800; 70 arrived the year before, 500 and 300 within it."""
    for voucher, day, amount in (
        ("V0", "2025-12-31", "70.00"),
        ("V1", "2026-03-31", "500.00"),
        ("V2", "2026-05-31", "300.00"),
    ):
        funds = {"act": "receive", "occurred_on": day, "amount": cny(amount), "voucher": voucher, "reason": "先到账"}
        district.recorded(f"{P}/funds", funds)
    district.recorded("/targets", {"occurred_on": "2026-01-12", "code": "2026"})
    task = {"occurred_on": "2026-02-01", "unit": "street-a", "indicator": "received", "basis": "reported", **LATE}
    halves = [{"period": "2026-Q1", "amount": cny("400.00")}, {"period": "2026-07", "amount": cny("600.00")}]
    issued = {"act": "issue", "amount": cny("1000.00"), "slices": halves, "document": "〔2026〕6号"}
    district.recorded(f"{T}/tasks", task | issued)
    adjusted = {"act": "adjust", "amount": cny("800.00"), "document": "〔2026〕9号", "occurred_on": "2026-04-01"}
    district.recorded(f"{T}/tasks", task | adjusted)
    return district


def the_target(district: District, query: str = "on=2026-06-30") -> Any:
    (found,) = district.get(f"{T}?{query}").json()["targets"]["targets"]
    return found


def test_a_target_shows_original_in_force_due_achieved_and_both_ratios(targeted: District):
    found = the_target(targeted)
    assert (found["original"]["value"], found["in_force"]["value"]) == ("1000.00", "800.00")
    assert (found["original"]["sources"], found["in_force"]["sources"]) == (["targets:2026#2"], ["targets:2026#3"])
    assert (found["reported"]["value"], found["ratio"], found["ratio_of_original"]) == ("800.00", "1.0000", "0.8000")
    assert (found["recognised"], found["statistical"], found["due"]) == (None, None, None)
    before = the_target(targeted, "on=2026-03-31")
    assert (before["in_force"]["value"], before["due"], before["reported"]["value"]) == ("1000.00", "400.00", "500.00")


def test_what_came_of_it_lists_exactly_the_facts_of_the_year(targeted: District):
    reported = the_target(targeted)["reported"]
    listed = targeted.get(reported["link"]).json()["sources"]
    assert (reported["facts"], listed) == (2, ["XM-2026-001#6", "XM-2026-001#7"])


def test_at_an_earlier_viewpoint_the_answer_is_of_then_and_the_same_again(targeted: District):
    position = targeted.entries()
    first = the_target(targeted, f"on=2026-06-30&known=@{position}")
    more = {"act": "receive", "occurred_on": "2026-06-01", "amount": cny("9.00"), "voucher": "V9"}
    targeted.recorded(f"{P}/funds", more)
    assert the_target(targeted, f"on=2026-06-30&known=@{position}") == first
    assert the_target(targeted)["reported"]["value"] == "809.00"
    assert targeted.get(f"{T}?known=@8").status_code == 404


def test_targets_are_asked_for_one_unit(targeted: District):
    assert targeted.get(f"{T}?unit=street-b").json()["targets"]["targets"] == []
    assert targeted.get(f"{T}?unit=street-a").json()["names"]["units"] == {"street-a": "street-a"}
    assert targeted.get("/targets/2025").status_code == 404
    assert targeted.get("/targets/next").status_code == 422


def test_a_unit_neither_issues_targets_nor_exemptions(targeted: District):
    task = {"act": "issue", "occurred_on": "2026-02-01", "unit": "street-a", "indicator": "starts", "count": 1}
    for path, body in ((f"{T}/tasks", task | {"document": "文"}), (f"{P}/exemptions", RAIN | {"period": YEAR})):
        answer = targeted.post(path, {"occurred_on": "2026-02-01"} | body, "clerk")
        assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted")


def test_outside_the_window_a_target_is_refused_in_both_languages(targeted: District):
    window = {"issue_from": "11-01", "issue_until": "03-31", "adjust_until": "09-30"}
    targeted.recorded("/district/settings", {"occurred_on": "2026-01-02", "settings": {"target_window": window}})
    task = {"act": "issue", "occurred_on": "2026-04-01", "unit": "street-a", "indicator": "starts", "count": 1, **LATE}
    for language, word in (("zh", "期限"), ("en", "window")):
        answer = targeted.post(f"{T}/tasks", task | {"document": "文"}, **{"Accept-Language": language})
        assert (answer.status_code, answer.json()["code"]) == (422, "outside_window")
        assert word in answer.json()["detail"]
        assert answer.json()["errors"][0]["pointer"] == "/occurred_on"


def test_the_class_of_the_year_filters_the_list_and_groups_the_totals(targeted: District):
    stated = {"year": 2026, "yearly_class": "new_start", "occurred_on": "2026-01-20", "document": "清单"}
    entry = targeted.recorded(f"{P}/classes", stated)["entry"]
    shown = targeted.get(P).json()["status"]["yearly_classes"]
    assert [(c["yearly_class"], c["sources"]) for c in shown] == [("new_start", [entry])]
    for query, expected in (("new_start", ["XM-2026-001"]), ("continuing", [])):
        for on in ("", "&on=2026-10-01"):
            rows = targeted.get(f"/projects?yearly_class={query}{on}").json()["projects"]
            assert [row["code"] for row in rows] == expected
    assert targeted.get("/projects?yearly_class=new_start&on=2027-01-01").json()["projects"] == []
    groups = targeted.get("/portfolio?by=yearly_class&on=2026-06-30").json()["groups"]
    assert [(g["group"], g["count"]) for g in groups] == [("new_start", 1)]
    link = groups[0]["measures"][1]["reported"]["sources"]["link"]
    assert targeted.get(link).json()["sources"] == [f"XM-2026-001#{n}" for n in (5, 6, 7)]


def test_an_exemption_is_read_wherever_it_should_be(targeted: District):
    plan = {"act": "adopt", "occurred_on": "2026-01-15", "start": "2026-06-30", "document": "〔2026〕5号", **LATE}
    targeted.recorded(f"{P}/plans", plan)
    granted = {"occurred_on": "2026-05-20", "period": {"since": "2026-06-01", "until": "2026-08-31"}, **RAIN}
    of_project = targeted.recorded(f"{P}/exemptions", granted)["entry"]
    of_unit = targeted.recorded("/units/street-a/exemptions", granted)["entry"]
    period = {"occurred_on": "2026-06-30", "code": "2026-06", "deadline": "2026-07-05", "units": ["street-a"]}
    targeted.recorded("/periods", period)
    at = "on=2026-07-31"
    (mark,) = [m for m in targeted.get(f"{P}?{at}").json()["status"]["marks"] if m["mark"] == "not_started_when_due"]
    assert (mark["exempted"], mark["clock"]["due"], mark["clock"]["exempt"]) == ([of_project], "2026-09-30", True)
    (row,) = targeted.get(f"/periods/2026-06?{at}").json()["period"]["rows"]
    assert (row["state"], row["overdue"], row["exempted"]) == ("exempt", False, [of_unit])
    returned = targeted.get(f"/periods/2026-06/returns/street-a?{at}").json()["returned"]
    assert returned["row"]["exempted"] == [of_unit]
    assert [e["entry"] for e in the_target(targeted, at)["exempted"]] == [of_unit, of_project]
    portfolio = targeted.get(f"/portfolio?{at}").json()
    assert [e["entry"] for e in portfolio["exemptions"]] == [of_project, of_unit]
    assert portfolio["names"]["persons"]["p-second"] == "姓名p-second"
    assert targeted.get("/portfolio?on=2026-09-30").json()["exemptions"] == []
    (own,) = targeted.get(f"/units/street-a/exemptions?{at}").json()["exemptions"]
    assert (own["entry"], own["approver"], own["document"]) == (of_unit, "p-second", "〔2026〕8号")
    assert targeted.get("/units/nobody/exemptions").status_code == 404


def test_who_records_an_exemption_is_not_its_approver(targeted: District):
    granted = {"occurred_on": "2026-05-20", "period": YEAR, **RAIN, "approver": "p-office"}
    answer = targeted.post(f"{P}/exemptions", granted)
    assert (answer.status_code, answer.json()["code"]) == (403, "self_approval")
    assert answer.json()["errors"][0]["pointer"] == "/approver"


def test_a_count_names_its_entries(targeted: District):
    task = {"act": "issue", "occurred_on": "2026-02-01", "unit": "street-a", "indicator": "starts", "count": 2, **LATE}
    targeted.recorded(f"{T}/tasks", task | {"document": "文"})
    start = targeted.recorded(f"{P}/construction", {"act": "start", "occurred_on": "2026-03-01", "reason": "直接开工"})
    rows = targeted.get(f"{T}?on=2026-06-30").json()["targets"]["targets"]
    (found,) = [row for row in rows if row["indicator"] == "starts"]
    assert (found["reported"]["value"], found["reported"]["sources"], found["ratio"]) == ("1", [start["entry"]], "0.5000")
    assert (found["reported"]["link"], found["currency"]) == (None, None)


def test_a_forecast_stands_apart(targeted: District):
    said = {"occurred_on": "2026-06-30", "indicator": "received", "period": YEAR, "amount": cny("950.00")}
    before = the_target(targeted)
    entry = targeted.recorded(f"{P}/forecasts", said)["entry"]
    found = the_target(targeted)
    assert found.pop("forecast") == [{"amount": "950.00", "currency": "CNY", "projects": 1, "sources": [entry]}]
    assert before.pop("forecast") == []
    for answer in (found, before):
        del answer["reported"]["link"]  # names the position looked at
    assert found == before
