"""What `known` may be, and that what an old viewpoint answered stays so (DESIGN §3.1)."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from urllib.parse import quote

import pytest

from domain.entry import SHANGHAI
from domain.settings import Settings
from tests.api.conftest import District, P


def viewpoint(district: District, query: str) -> dict[str, Any]:
    found: dict[str, Any] = district.get(f"/projects?{query}").json()["viewpoint"]
    return found


def today() -> date:
    return datetime.now(SHANGHAI).date()


def test_a_date_means_the_end_of_that_day_and_on_is_the_earlier_of_it_and_today(district: District):
    end, yesterday, tomorrow = district.entries(), today() - timedelta(days=1), today() + timedelta(days=1)
    for known, position, on in ((yesterday, 0, yesterday), (today(), end, today()), (tomorrow, end, today())):
        found = viewpoint(district, f"known={known}")
        assert (found["known"]["position"], found["on"]) == (position, str(on))
    assert viewpoint(district, f"on=2026-02-01&known={tomorrow}")["on"] == "2026-02-01"
    assert district.get(f"{P}?known={yesterday}").status_code == 404


def test_a_time_is_taken_with_its_zone_to_the_microsecond(district: District):
    before = district.entries()
    recorded = district.recorded(f"{P}/jobs", {"occurred_on": "2026-02-01", "count": 3})
    moment = datetime.fromisoformat(recorded["recorded_at"])
    for zone in (SHANGHAI, UTC, timezone(timedelta(hours=-9, minutes=-30))):
        at = quote(moment.astimezone(zone).isoformat())
        eve = quote((moment - timedelta(microseconds=1)).astimezone(zone).isoformat())
        assert viewpoint(district, f"known={at}")["known"]["position"] == recorded["position"]
        assert viewpoint(district, f"known={eve}")["known"]["position"] == before
        assert viewpoint(district, f"known={at}")["on"] == str(moment.astimezone(SHANGHAI).date())
    assert district.get(f"/projects?known={moment.replace(tzinfo=None).isoformat()}").status_code == 422


def test_a_joint_batch_is_seen_whole_or_not_at_all_at_every_position(district: District):
    district.recorded("/projects", {"occurred_on": "2026-01-03", "name": "二号", "lead_unit": "street-a"})
    before = district.entries()
    moved = {"occurred_on": "2026-02-01", "from_unit": "street-a", "to_unit": "street-b"}
    items = [{"stream": f"XM-2026-00{n}", "noun": "transfers", "command": moved} for n in (1, 2)]
    last = district.recorded("/batches", {"commands": items})["position"]
    for position in range(before, last + 1):
        projects = district.get(f"/projects?on=2026-03-01&known=@{position}").json()["projects"]
        expected = "street-b" if position == last else "street-a"
        assert [p["lead_unit"] for p in projects] == [expected, expected]
        for code in ("XM-2026-001", "XM-2026-002"):
            held = district.get(f"/projects/{code}?on=2026-03-01&known=@{position}").json()["status"]["responsible"]
            assert [h["holder"]["unit"] for h in held if h["role"] == "lead_unit"] == [expected]


@pytest.mark.parametrize("path", [P, f"{P}/timeline", f"{P}/responsibility", "/projects", "/portfolio"])
def test_settings_adopted_later_change_no_answer_at_an_older_viewpoint(district: District, path: str):
    district.recorded(f"{P}/land", {"occurred_on": "2026-02-01", "how": "lease_signed", "reason": "跳越"})
    asked = f"{path}?on=2026-03-01&known=@{district.entries()}"
    first = district.get(asked).json()
    settings = Settings(required_roles=("project_officer", "sponsoring_leader"), lands_on=("land_paid",), name="另名")
    body = {"occurred_on": "2026-01-01", "settings": settings.model_dump(mode="json")}
    district.recorded("/district/settings", body)
    assert district.get(asked).json() == first
