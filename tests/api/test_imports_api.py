"""A snapshot over HTTP: shown first, recorded whole or not at all, and nothing the second time."""

from base64 import b64encode
from typing import Any

from api.rest.examples import MAPPING
from tests.api.conftest import District

ROWS = "项目名称,责任单位,计划竣工\n东湖新城,甲街道,2027-06-30\n南湖公园,甲街道,不详\n"


def sent(rows: str = ROWS, **other: str) -> dict[str, Any]:
    return {"mapped_by": MAPPING, "file": "projects-2026-06.csv", "content": b64encode(rows.encode()).decode()} | other


def test_a_snapshot_is_shown_recorded_once_and_brings_nothing_the_second_time(district: District):
    before = district.entries()
    shown = district.post("/imports?dry_run=true", sent()).json()
    assert district.entries() == before
    assert shown["position"] is None
    assert [cell["value"] for cell in shown["not_read"]] == ["不详"]
    topics = [p["topic"] for p in shown["proposed"]]
    assert topics.count("project_entered") == 2
    assert "plan_adopted" in topics

    recorded = district.post("/imports", sent()).json()
    assert [p["topic"] for p in recorded["proposed"]] == topics
    assert recorded["position"] == district.entries() > before
    source = district.get(f"/streams/{recorded['proposed'][-1]['entry'].split('#')[0]}/entries").json()
    assert '"door":"import"' in str(source).replace(" ", "").replace("'", '"')

    again = district.post("/imports", sent()).json()
    assert (again["proposed"], again["position"], district.entries()) == ([], None, recorded["position"])


def test_what_cannot_be_read_or_may_not_be_imported_records_nothing(district: District):
    before = district.entries()
    for body, code in (
        (sent(mapped_by="nothing of the kind"), "bad_mapping"),
        (sent(mapped_by="list = [" + "[" * 5_000), "bad_mapping"),
        (sent(file="other.csv"), "bad_file"),
        (sent(content="äöü"), "bad_file"),
        (sent("项目名称,另一列\n东湖,1\n"), "bad_file"),
        (sent(file="../projects-2026-06.csv"), "invalid"),
    ):
        answer = district.post("/imports", body)
        assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text
    assert district.post("/imports", sent(), "clerk").status_code == 403
    assert district.entries() == before


def test_the_mappings_that_come_with_the_program_can_be_named(district: District):
    assert "uk_gmpp" in district.get("/imports/mappings").json()["mappings"]
    answer = district.post("/imports", sent(mapped_by="uk_gmpp"))
    assert answer.json()["code"] == "bad_file", "it is found, and names other files"
