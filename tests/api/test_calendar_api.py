"""The calendar over HTTP: adopted, asked at a viewpoint, counted by; last days on days off are told, never refused."""

from typing import Any

from tests.api.conftest import District

NOTICE = "国务院办公厅关于2027年部分节假日安排的通知"
DAYS = [
    {"day": "2026-12-31", "sort": "off", "name": "元旦"},
    {"day": "2027-01-01", "sort": "off", "name": "元旦"},
    {"day": "2027-01-03", "sort": "worked", "name": "元旦"},
]
ADOPTING = {"occurred_on": "2026-11-10", "year": 2027, "notice": NOTICE, "days": DAYS}


def test_a_year_rests_on_what_was_known_at_the_viewpoint(district: District):
    shipped = district.get("/district/calendar?year=2026").json()
    assert (shipped["rests_on"], shipped["arrangement"]["source"][:15]) == ("shipped", "chinesecalendar")
    assert [d["day"] for d in shipped["arranged"] if d["name"] == "元旦"] == [f"2026-01-0{n}" for n in (1, 2, 3, 4)]
    before = district.get("/district/calendar?year=2027").json()
    assert (before["rests_on"], before["arrangement"], before["arranged"]) == ("weekends", None, [])

    adopted = district.recorded("/district/calendar", ADOPTING)
    now = district.get("/district/calendar?year=2027").json()
    assert (now["rests_on"], now["arrangement"]["entry"], now["days_are"]) == ("adopted", adopted["entry"], "natural")
    assert now["arrangement"]["source"] == NOTICE
    assert {"year": 2027, "rests_on": "adopted"} in now["known"]
    year_before = district.get("/district/calendar?year=2026").json()
    assert [d["rests_on"] for d in year_before["arranged"] if d["day"] == "2026-12-31"] == ["adopted"]

    position = before["viewpoint"]["known"]["position"]
    again = district.get(f"/district/calendar?year=2027&on={before['viewpoint']['on']}&known=@{position}").json()
    assert again | {"viewpoint": before["viewpoint"]} == before
    assert district.get("/district/calendar?year=2027&on=2026-11-09").json()["rests_on"] == "weekends"


def test_working_days_say_what_they_rest_on(district: District):
    asked = "/district/working-days?since=2026-12-29&count=4"
    before = district.get(asked).json()
    assert [(d["day"], d["rests_on"]) for d in before["working_days"]] == [
        ("2026-12-30", "shipped"),
        ("2026-12-31", "shipped"),
        ("2027-01-01", "weekends"),
        ("2027-01-04", "weekends"),
    ]
    district.recorded("/district/calendar", ADOPTING)
    assert [d["day"] for d in district.get(asked).json()["working_days"]] == [
        "2026-12-30",
        "2027-01-03",
        "2027-01-04",
        "2027-01-05",
    ]
    assert district.get("/district/working-days?since=2026-10-05").json()["since"] == {
        "day": "2026-10-05",
        "working": False,
        "arranged": "off",
        "name": "国庆节",
        "rests_on": "shipped",
    }
    assert district.get("/district/working-days?count=0").status_code == 422


def test_only_the_office_adopts_and_what_is_no_arrangement_is_pointed_at(district: District):
    assert district.post("/district/calendar", ADOPTING, "clerk").status_code == 403
    wrong = ADOPTING | {"days": [*DAYS, {"day": "2027-01-04", "sort": "worked", "name": "元旦"}]}
    refused = district.post("/district/calendar", wrong)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/days/3/day")
    district.recorded("/district/calendar", ADOPTING)
    assert district.post("/district/calendar", ADOPTING).json()["code"] == "already_entered"


def advice(district: District, path: str, body: dict[str, Any]) -> list[dict[str, Any]]:
    tried = district.post(f"{path}?dry_run=true", body)
    assert tried.status_code == 200, tried.text
    return [one for entry in tried.json()["entries"] for one in entry["advice"]]


def test_a_deadline_on_a_day_off_is_told_by_the_trial_and_recorded_all_the_same(district: District):
    opening = {"occurred_on": "2026-09-01", "code": "2026-09", "deadline": "2026-10-05"}
    [told] = advice(district, "/periods", opening)
    assert told == {
        "advice": "last_day_off",
        "field": "deadline",
        "day": "2026-10-05",
        "holiday": "国庆节",
        "next_working_day": "2026-10-08",
        "rests_on": "shipped",
        "zh": "2026-10-05 是休息日（国庆节放假），其后首个工作日是 2026-10-08。",
        "en": "2026-10-05 is a day off (国庆节); the next working day is 2026-10-08.",
    }
    assert advice(district, "/periods", opening | {"deadline": "2026-10-08"}) == []
    district.recorded("/periods", opening)
    extending = {"occurred_on": "2026-09-01", "unit": "street-a", "until": "2026-10-11", "ground": "汛情"}
    assert advice(district, "/periods/2026-09/extensions", extending)[0]["field"] == "until"


def test_the_days_to_answer_a_reconciliation_are_working_days_where_the_district_says_so(district: District):
    settings = district.get("/district/settings").json()["settings"] | {"days_are": "working"}
    district.recorded("/district/settings", {"occurred_on": "2026-09-01", "settings": settings})
    district.recorded("/periods", {"occurred_on": "2026-09-01", "code": "2026-08", "deadline": "2026-09-08"})
    district.recorded("/periods/2026-08/reconciliations", {"occurred_on": "2026-09-28", "act": "open"})
    answer = district.get("/periods/2026-08/reconciliation/street-a").json()["reconciliation"]["answer"]
    assert (answer["until"], answer["counted_on"]) == ("2026-10-10", "shipped")
