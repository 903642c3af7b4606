"""What goes wrong is told as RFC 9457 says, in the reader's language, with a code that programs can match on."""

import asyncio
from typing import Any

import psycopg
import pytest
from psycopg_pool import PoolTimeout

from api.locale import preferred
from api.rest.problems import pointer
from api.services import Services
from domain.errors import Refused
from tests.api.conftest import District, P

FUNDS = {"act": "receive", "occurred_on": "2026-02-01", "amount": {"amount": "1.00", "currency": "CNY"}, "voucher": "V"}


def test_a_problem_has_type_code_title_status_and_detail(district: District):
    answer = district.post("/projects/XM-2026-999/funds", FUNDS)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["content-language"] == "zh"
    assert answer.json() == {
        "type": "urn:lifecycle:problem:not_found",
        "code": "not_found",
        "title": "没有这条记录",
        "status": 404,
        "detail": "没有这条记录（XM-2026-999）。",
        "errors": [],
    }


def test_the_title_is_the_same_for_every_problem_of_a_code(district: District):
    one = district.get(f"{P}?known=yesterday").json()
    other = district.get(f"{P}?on=2026-02-30").json()
    assert one["title"] == other["title"]
    assert one["detail"] != other["detail"]


def test_a_refusal_points_at_the_field(district: District):
    district.recorded(f"{P}/funds", FUNDS)
    again = district.post(f"{P}/funds", FUNDS).json()
    assert again["status"] == 409
    assert again["errors"] == [{"pointer": "/voucher", "detail": again["detail"]}]


MISTAKES: tuple[tuple[dict[str, Any], str, str, str], ...] = (
    ({"voucher": ""}, "/voucher", "至少 1 个字符", "at least 1 character(s)"),
    ({"colour": "red"}, "/colour", "没有这个字段", "there is no such field"),
    ({"fund_kind": "pebbles"}, "/fund_kind", "须为：'domestic'", "must be 'domestic'"),
    ({"act": "conjure"}, "/act", "须为：'receive', 'return'", "must be one of 'receive', 'return'"),
    ({"act": None}, "/act", "须为：'receive', 'return'", "must be one of 'receive', 'return'"),
    ({"occurred_on": "20260-01-01"}, "/occurred_on", "须为日期", "a date such as 2026-06-30"),
    ({"amount": {"amount": "-1", "currency": "CNY"}}, "/amount", "实际发生额不能为负", "an actual amount is never"),
    ({"amount": {"amount": 1.5, "currency": "CNY"}}, "/amount/amount", "金额请写成字符串", "write the amount as a"),
)


def test_each_mistake_is_told_once_in_the_readers_own_language(district: District):
    for changes, where, zh, en in MISTAKES:
        chinese = district.post(f"{P}/funds", FUNDS | changes).json()
        english = district.post(f"{P}/funds", FUNDS | changes, **{"Accept-Language": "en"}).json()
        for answer, words in ((chinese, zh), (english, en)):
            assert (answer["status"], answer["code"]) == (422, "invalid"), changes
            assert [mistake["pointer"] for mistake in answer["errors"]] == [where], changes
            assert answer["errors"][0]["detail"].startswith(words), changes
        assert not any("\u4e00" <= c <= "\u9fff" for c in english["errors"][0]["detail"]), changes


def test_a_field_that_takes_several_forms_is_told_of_once(district: District):
    plan = {"act": "adopt", "occurred_on": "2026-02-01", "start": "2026-13-01"}
    assert [e["pointer"] for e in district.post(f"{P}/plans", plan).json()["errors"]] == ["/start"]


def test_within_a_batch_the_pointer_leads_to_the_command(district: District):
    items = [{"stream": "XM-2026-001", "noun": "funds", "command": FUNDS | {"voucher": 5}}]
    items.append({"stream": "XM-2026-001", "noun": "spells", "command": {}})
    first = district.post("/batches", {"commands": items}).json()
    assert [e["pointer"] for e in first["errors"]] == ["/commands/0/command/voucher"]
    second = district.post("/batches", {"commands": items[1:]}).json()
    assert (second["code"], second["errors"][0]["pointer"]) == ("unknown_noun", "/commands/0/noun")


def test_a_method_that_is_not_taken_is_told_all_that_are(district: District):
    answer = district.client.options("/projects", headers={"Authorization": f"Bearer {district.tokens['office']}"})
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")


def test_what_is_refused_within_a_batch_is_pointed_at_in_the_body(district: District):
    def item(stream: str, **changes: Any) -> dict[str, Any]:
        return {"stream": stream, "noun": "funds", "command": FUNDS | changes}

    fine = item("XM-2026-001")
    nobody = {"act": "assign", "occurred_on": "2026-02-01", "role": "project_officer"}
    named = {"stream": "XM-2026-001", "noun": "responsibilities", "command": nobody | {"holder": {"person": "p-nobody"}}}
    for second, code, where in (
        (fine, "voucher_already_counted", "/commands/1/command/voucher"),
        (item("XM-2026-999"), "not_found", "/commands/1"),
        (item("XM-2026-001", voucher="V-2", occurred_on="2026-01-06"), "reason_needed", "/commands/1/command/reason"),
        (named, "unknown_person", "/commands/1/command/holder/person"),
    ):
        before = district.entries()
        answer = district.post("/batches", {"commands": [fine, second]}).json()
        assert (answer["code"], [e["pointer"] for e in answer["errors"]]) == (code, [where])
        assert district.entries() == before


def test_a_code_that_is_not_in_the_ledger_is_pointed_at(district: District):
    holder = {"unit": "nowhere"}
    assign = {"act": "assign", "occurred_on": "2026-02-01", "role": "hosting_unit", "holder": holder}
    reads = {"kind": "responsibility_assigned", "occurred_on": "2026-01-03", "role": "lead_unit", "holder": holder}
    for noun, body, where in (
        ("responsibilities", assign, "/holder/unit"),
        ("corrections", {"target": 2, "reads": reads, "because": "笔误"}, "/reads/holder/unit"),
    ):
        answer = district.post(f"{P}/{noun}", body).json()
        assert (answer["code"], [e["pointer"] for e in answer["errors"]]) == ("unknown_unit", [where])


def test_what_is_irregular_is_told_in_one_language(district: District):
    early = FUNDS | {"occurred_on": "2026-01-06"}
    chinese = district.post(f"{P}/funds", early).json()["detail"]
    english = district.post(f"{P}/funds", early, **{"Accept-Language": "en"}).json()["detail"]
    assert chinese.endswith("后方可记录（funds_before_signing: 签约前资金到位）。")
    assert english.endswith("(funds_before_signing: funds received before an agreement or contract was signed).")


def test_a_parameter_is_named_as_one(district: District):
    answer = district.get("/projects?stage=dreaming&limit=0").json()
    assert [e["parameter"] for e in answer["errors"]] == ["stage", "limit"]


def test_the_pointer_of_a_name_with_a_slash_is_escaped():
    assert pointer(("remarks", 0, "a/b~c")) == "/remarks/0/a~1b~0c"


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        ("", "zh"),
        ("*", "zh"),
        ("fr", "zh"),
        ("en", "en"),
        ("en-GB,en;q=0.9,zh;q=0.8", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en;q=0.5, zh;q=0.9", "zh"),
        ("en; q=0", "zh"),
        ("de, en;q=0.3", "en"),
        (";;;q=,,", "zh"),
        ("en;q=99999", "zh"),
    ],
)
def test_the_language_is_the_one_preferred(accept: str, language: str):
    assert preferred(accept) == language


def test_there_is_a_problem_for_what_is_not_there(district: District):
    headers = {"Authorization": f"Bearer {district.tokens['office']}"}
    for method, path, status, code in (
        ("GET", "/nowhere", 404, "no_such_address"),
        ("GET", "/projects/", 404, "no_such_address"),
        ("GET", "/docs", 404, "no_such_address"),
        ("PUT", "/projects", 405, "method_not_allowed"),
    ):
        answer = district.client.request(method, path, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (PoolTimeout("none free"), "unavailable"),
        (psycopg.OperationalError("connection refused: host=10.0.0.1"), "unavailable"),
        (psycopg.InterfaceError("the connection is closed"), "unavailable"),
    ],
)
def test_without_a_database_the_client_is_told_to_come_back(
    district: District, monkeypatch: pytest.MonkeyPatch, error: Exception, code: str
):
    def away(clear: str) -> None:
        raise error

    monkeypatch.setattr(district.services.accounts, "find", away)
    answer = district.get(P)
    assert (answer.status_code, answer.json()["code"]) == (503, code)
    assert answer.headers["retry-after"] == "1"
    assert "10.0.0.1" not in answer.text


def test_before_the_read_model_is_there_lists_say_so(running: Services, database: str, district: District):
    district.connection.execute("DROP TABLE progress, current CASCADE")
    headers = {"Authorization": f"Bearer {district.tokens['reader']}"}
    answer = district.client.get("/projects", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (503, "preparing")


def test_an_unexpected_error_tells_nothing_but_is_logged(
    district: District, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def broken(clear: str) -> None:
        raise KeyError("the secret is 42")

    monkeypatch.setattr(district.services.accounts, "find", broken)
    answer = district.get(P)
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "42" not in answer.text
    assert "the secret is 42" in caplog.text


def test_who_hangs_up_before_the_body_has_come_fills_no_log(district: District, caplog: pytest.LogCaptureFixture):
    token = f"Bearer {district.tokens['office']}".encode()
    headers = [(b"content-type", b"application/json"), (b"authorization", token), (b"content-length", b"1000")]
    scope = {"type": "http", "http_version": "1.1", "method": "POST", "path": "/projects", "raw_path": b"/projects"}
    scope |= {"query_string": b"", "headers": headers, "scheme": "http", "server": ("x", 80), "client": ("x", 1)}
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(district.client.app(scope | {"root_path": ""}, receive, send))  # type: ignore[arg-type]
    assert sent[0]["status"] == 400
    assert caplog.text == ""


def test_every_refusal_speaks_both_languages():
    waiting, seen = [Refused], []
    while waiting:
        error = waiting.pop()
        waiting += error.__subclasses__()
        seen.append(error)
        assert error.__doc__, error
        assert "\n" not in error.__doc__.strip(), f"{error.__name__}: the docstring is the message"
        assert error is Refused or "zh" in error.__dict__, f"{error.__name__} says nothing in Chinese"
    assert len(seen) > 30
