"""Addresses and headers are read as strictly as bodies."""

import json
from typing import Any

import pytest

from api.access.strict import DEEPEST, checked, deeper_than
from tests.api.conftest import District, P

FUNDS = {"act": "receive", "occurred_on": "2026-02-01", "amount": {"amount": "1.00", "currency": "CNY"}, "voucher": "V"}


QUERIES = (
    "on=2026-01-01&on=2026-02-01",
    "q=%00",
    "q=%ff",
    "q=%C2%85",
    "q=%ED%A0%80",
    "cursor=%ff",
    "cursor=AA==",
    "cursor=not a cursor",
    "known=9999-12-31",
    "known=0001-01-01T00:00:00%2B14:00",
    "known=20260-01-01",
    "known=@99999999999999999999",
    "known=@-1",
    "known=%EF%BC%92026-01-01",
    "on=1000-01-01",
    "after=-1",
    "after=1e3",
    "after=99999999999999999999",
    "limit=1001",
    "limit=NaN",
    "Stage=lead",
    "%00=1",
)
CODES = ("%00", "XM-2026-001%00", "%ff", "%C2%85", "%0A", "x" * 65, "..%2f..%2fetc")


def test_a_question_asked_badly_is_told_so(district: District):
    answers = {query: district.get(f"/projects?{query}") for query in QUERIES}
    assert {query: a.text for query, a in answers.items() if a.status_code != 422} == {}
    assert {a.headers["content-type"] for a in answers.values()} == {"application/problem+json"}


@pytest.mark.parametrize("day", ["0", "1769904000", "2026-02-01T00:00:00", "2026-2-1", "2026-02-30"])
@pytest.mark.parametrize("path", ["/entries?since=", "/district/working-days?since=", "/portfolio?on="])
def test_a_day_of_a_question_is_written_out(district: District, path: str, day: str):
    assert district.get(path + day).status_code == 422


@pytest.mark.parametrize("path", ["/projects?q={}", "/projects/{}", "/{}", "/pages/projects?q={}"])
def test_an_address_of_more_than_8_000_bytes_is_refused_before_any_route_looks_at_it(district: District, path: str):
    refused = district.get(path.format("x" * 8_001))
    assert (refused.status_code, refused.json()["code"]) == (414, "address_too_long")
    assert district.get(path.format("x" * 7_900)).status_code != 414


def test_a_project_that_no_ledger_can_have_is_not_found_or_refused(district: District):
    before = district.entries()
    for code in CODES:
        for answer in (district.get(f"/projects/{code}"), district.post(f"/projects/{code}/funds", FUNDS)):
            assert answer.status_code in (404, 422), code
            assert "\\u0000" not in answer.text
    assert district.entries() == before


@pytest.mark.parametrize("key", ["", "é", "k" * 201, "tab\tkey"])
def test_an_idempotency_key_that_cannot_be_kept_is_refused(district: District, key: str):
    before = district.entries()
    token = f"Bearer {district.tokens['office']}".encode()
    headers = {b"Authorization": token, b"Idempotency-Key": key.encode("latin-1")}
    for path in (f"{P}/funds", f"{P}/funds?dry_run=true"):
        answer = district.client.post(path, json=FUNDS, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_key")
    assert district.entries() == before


@pytest.mark.parametrize("match", ["x", '"-1"', "1.5", '"' + "9" * 40 + '"', '"１"'.encode("latin-1", "replace").decode()])
def test_a_precondition_that_is_no_entry_number_is_refused(district: District, match: str):
    answer = district.post(f"{P}/funds", FUNDS, **{"If-Match": match})
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_precondition")


@pytest.mark.parametrize("match", ['"4"', 'W/"4"', "4", '"XM-2026-001#4"', "*"])
def test_a_precondition_may_be_written_as_a_number_or_a_citation(district: District, match: str):
    assert district.post(f"{P}/funds", FUNDS, **{"If-Match": match}).status_code == 201


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 201),
        ("Application/JSON; charset=UTF-8", 201),
        ("application/json; charset=utf-16", 415),
        ("application/json, text/plain", 415),
        ("text/json", 415),
        ("application/x-www-form-urlencoded", 415),
        ("", 415),
    ],
)
def test_only_json_in_utf_8_is_taken(district: District, content_type: str, status: int):
    headers = {"Authorization": f"Bearer {district.tokens['office']}", "Content-Type": content_type}
    body = json.dumps(FUNDS)
    assert district.client.post(f"{P}/funds", content=body, headers=headers).status_code == status


def test_unknown_fields_of_a_batch_are_refused_too(district: District):
    item = {"stream": "XM-2026-001", "noun": "jobs", "command": {"occurred_on": "2026-02-01", "count": 3}}
    bodies: tuple[dict[str, Any], ...] = (
        {"commands": [item], "colour": "red"},
        {"commands": [item | {"colour": "red"}]},
        {"commands": [item], "joint": "yes"},
        {"commands": []},
        {"commands": [item] * 201},
    )
    for body in bodies:
        before = district.entries()
        assert district.post("/batches", body).status_code == 422
        assert district.entries() == before


def test_depth_counts_brackets_outside_of_text_only():
    assert deeper_than(b"[" * (DEEPEST + 1), DEEPEST)
    assert not deeper_than(b"[" * DEEPEST, DEEPEST)
    assert not deeper_than(b'["' + b"[" * 1_000 + b'"]', DEEPEST)
    assert not deeper_than(b'["\\"' + b"[" * 1_000 + b'"]', DEEPEST)
    assert not deeper_than(b"[],{}," * 1_000, DEEPEST)
    assert deeper_than(b'"\\\\"' + b"{" * (DEEPEST + 1), DEEPEST)
    assert checked(b'{"a":["\\u4e2d\\n"]}') == {"a": ["中\n"]}
