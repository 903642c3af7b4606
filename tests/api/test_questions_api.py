"""Questions over HTTP: each takes a viewpoint, repeats it, and names its entries."""

from datetime import date
from typing import Any

from projections.rebuild import rebuild
from tests.api.conftest import District, P


def officer(person: str) -> dict[str, Any]:
    return {"person": person, "unit": "street-a", "post": "专员"}


def test_a_back_dated_handover_is_seen_from_when_it_was_entered(district: District):
    assign = {"act": "assign", "role": "project_officer", "holder": officer("p-clerk"), "occurred_on": "2026-01-05"}
    before = district.recorded(f"{P}/responsibilities", assign)["position"]
    handover = {"act": "hand_over", "role": "project_officer", "occurred_on": "2026-03-20", "document": "〔2026〕8号"}
    two = {"outgoing": officer("p-clerk"), "incoming": officer("p-reader"), "open_matters": ["征地款未付"]}
    district.recorded(f"{P}/responsibilities", handover | two)
    asked = "on=2026-03-31&known=@"
    first = district.get(f"{P}/responsibility?role=project_officer&on=2026-03-31&known=@{before}").json()
    later = district.get(f"{P}/responsibility?role=project_officer&{asked}{district.entries()}").json()
    held = first["responsibility"]["held"]
    assert [(h["holder"]["person"], h["until"]) for h in held] == [("p-clerk", None)]
    held = later["responsibility"]["held"]
    assert [(h["holder"]["person"], h["until"]) for h in held] == [("p-clerk", "2026-03-20"), ("p-reader", None)]
    assert held[0]["open_matters"] == ["征地款未付"]
    assert held[1]["document"] == "〔2026〕8号"
    assert later["names"]["persons"]["p-reader"] == "姓名p-reader"


def test_an_answer_repeats_what_was_asked_and_what_it_resolved_to(district: District):
    position = district.entries()
    viewpoint = district.get(f"{P}?known=@{position}").json()["viewpoint"]
    assert viewpoint["asked"] == {"on": None, "known": f"@{position}", "after": None}
    assert viewpoint["known"]["position"] == position
    assert viewpoint["open"] is True


def test_a_position_within_a_request_is_rounded_down_to_the_one_before(district: District):
    body = {"occurred_on": "2026-01-03", "name": "二号", "lead_unit": "street-b", "introducing_unit": "street-a"}
    last = district.recorded("/projects", body)["position"]
    assert district.get(f"/projects?known=@{last - 1}").json()["viewpoint"]["known"]["position"] == last - 3
    assert district.get(f"/projects/XM-2026-002?known=@{last - 1}").status_code == 404


def test_a_viewpoint_later_than_the_read_model_resolves_to_the_read_model(district: District):
    reached = district.get(P).json()["viewpoint"]["known"]["position"]
    district.recorded(f"{P}/jobs", {"occurred_on": "2026-02-01", "count": 3})
    headers = {"Authorization": f"Bearer {district.tokens['reader']}"}
    stale = district.client.get(f"{P}?known=@{reached + 100}", headers=headers).json()
    assert stale["viewpoint"]["known"]["position"] == reached
    assert stale["status"]["measures"] == [m for m in stale["status"]["measures"] if m["measure"] != "jobs"]


def test_a_resolved_viewpoint_asked_again_answers_the_same_after_new_entries_and_a_rebuild(district: District):
    body = {"act": "receive", "occurred_on": "2026-02-01", "amount": {"amount": "7.00", "currency": "CNY"}, "voucher": "V"}
    position = district.recorded(f"{P}/funds", body)["position"]
    paths = [f"{P}?on=2026-03-01&known=@{position}", f"/portfolio?on=2026-03-01&known=@{position}"]
    paths.append(f"/projects?on=2026-03-01&known=@{position}")
    first = [district.get(path).json() for path in paths]
    district.recorded(f"{P}/funds", body | {"voucher": "V-2"})
    district.recorded(f"{P}/annulments", {"target": 5, "because": "误报"}, "clerk")
    district.recorded(f"{P}/approvals", {"act": "approve", "proposal": 7}, "second")
    assert [district.get(path).json() for path in paths] == first
    rebuild(district.services.dsn)
    assert [district.get(path).json() for path in paths] == first
    now = district.get(f"{P}?on=2026-03-01").json()
    assert now["status"]["measures"] != first[0]["status"]["measures"]


def test_totals_name_their_sources(district: District):
    for voucher in ("V-1", "V-2"):
        money = {"amount": "7.00", "currency": "CNY"}
        funds = {"act": "receive", "occurred_on": "2026-02-01", "amount": money, "voucher": voucher}
        district.recorded(f"{P}/funds", funds)
    found = district.get("/portfolio?by=unit").json()
    group = next(g for g in found["groups"] if g["group"] == "street-a")
    total = next(m for m in group["measures"] if m["measure"] == "received")["reported"]
    assert (total["value"], total["sources"]["count"]) == ("14.00", 2)
    listed = district.get(total["sources"]["link"]).json()
    assert listed["sources"] == ["XM-2026-001#5", "XM-2026-001#6"]
    first = district.get(total["sources"]["link"] + "&limit=1").json()
    assert first["sources"] == ["XM-2026-001#5"]
    assert district.get(f"{total['sources']['link']}&cursor={first['next']}").json()["sources"] == ["XM-2026-001#6"]
    agreed = next(m for m in group["measures"] if m["measure"] == "agreed")["reported"]
    assert district.get(agreed["sources"]["link"]).json()["sources"] == ["XM-2026-001#4"]


def test_the_list_is_filtered_and_paged(district: District):
    for number in range(2, 5):
        body = {"occurred_on": "2026-01-03", "name": f"项目{number}", "lead_unit": "street-b", "category": "服务业"}
        district.recorded("/projects", body)
    assert len(district.get("/projects").json()["projects"]) == 4
    assert [p["code"] for p in district.get("/projects?unit=street-a").json()["projects"]] == ["XM-2026-001"]
    assert len(district.get("/projects?category=%E6%9C%8D%E5%8A%A1%E4%B8%9A").json()["projects"]) == 3
    assert [p["code"] for p in district.get("/projects?stage=signed").json()["projects"]] == ["XM-2026-001"]
    assert [p["name"] for p in district.get("/projects?q=%E9%A1%B9%E7%9B%AE3").json()["projects"]] == ["项目3"]
    page = district.get("/projects?limit=3").json()
    rest = district.get(f"/projects?limit=3&cursor={page['next']}").json()
    assert [p["code"] for p in page["projects"] + rest["projects"]] == [f"XM-2026-{n:03d}" for n in range(1, 5)]
    assert rest["next"] is None


def test_raw_entries_are_given_as_stored(district: District):
    entries = district.get(f"{P}/entries").json()["entries"]
    assert [e["number"] for e in entries] == [1, 2, 3, 4]
    assert entries[0]["state"].startswith('{"v":1,"event":{')
    feed = district.get("/feed?after=0&limit=1").json()
    assert feed["next"] >= 1
    assert district.get("/streams/nothing/entries").status_code == 404


def test_health_says_how_far_the_answers_are(district: District):
    district.project()
    ready = district.client.get("/readyz").json()
    assert (ready["ready"], ready["open"], ready["projection"]["lag"]) == (True, True, 0)
    assert district.client.get("/livez").json() == {"alive": True}
    assert f"lifecycle_ledger_position {district.entries()}" in district.client.get("/metrics").text


def test_after_waits_and_then_says_that_it_is_not_there_yet(district: District):
    position = district.recorded(f"{P}/jobs", {"occurred_on": "2026-02-01", "count": 3})["position"]
    assert district.get(f"{P}?after={position}").status_code == 200
    assert date.fromisoformat(district.get(f"{P}?after={position}").json()["viewpoint"]["on"])


def test_the_link_to_sources_leads_there_whatever_the_group_is_called(district: District):
    odd = "先进 & 制造#1?+%=中"
    described = {"occurred_on": "2026-02-01", "category": odd}
    district.recorded(f"{P}/descriptions", described)
    groups = district.get("/portfolio?by=category").json()["groups"]
    assert [g["group"] for g in groups] == [odd]
    sources = groups[0]["measures"][0]["reported"]["sources"]
    assert sources["link"].isascii()
    assert len(district.get(sources["link"]).json()["sources"]) == sources["count"] == 1
