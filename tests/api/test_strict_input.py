"""Bad input gets a clear 4xx and stores nothing."""

from collections.abc import Iterator

import pytest

from tests.api.conftest import District, P

MONEY = '{"amount": "5.00", "currency": "CNY"}'


def funds(amount: str = MONEY, more: str = "", day: str = "2026-02-01", voucher: str = "V-1") -> str:
    return f'{{"act": "receive", "occurred_on": "{day}", "amount": {amount}, "voucher": "{voucher}"{more}}}'


BAD: dict[str, tuple[str | bytes, int]] = {
    "NaN": (funds('{"amount": NaN, "currency": "CNY"}'), 400),
    "Infinity": (funds('{"amount": -Infinity, "currency": "CNY"}'), 400),
    "1e400": (funds('{"amount": 1e400, "currency": "CNY"}'), 400),
    "a huge integer": (funds('{"amount": ' + "9" * 400 + ', "currency": "CNY"}'), 400),
    "a fraction": (funds('{"amount": 5.1, "currency": "CNY"}'), 422),
    "an amount that is no text": (funds('{"amount": 5, "currency": "CNY"}'), 422),
    "1e400 as text": (funds('{"amount": "1e400", "currency": "CNY"}'), 422),
    "NaN as text": (funds('{"amount": "NaN", "currency": "CNY"}'), 422),
    **{
        f"the amount {odd!r}": (funds(f'{{"amount": "{odd}", "currency": "CNY"}}'), 422)
        for odd in ("1e3", "1E+3", "1_000", "1,000.00", "+5", " 5 ", ".5", "5.", "٣", "１２", "0x10", "-5", "5.001", "")
    },
    "NUL": (funds(voucher="V\\u0000"), 400),
    "a control character": (funds(voucher="V\\u0007"), 400),
    "a lone surrogate": (funds(voucher="V\\ud800"), 400),
    "a raw surrogate": (funds(voucher="V").encode().replace(b'"V"', b'"V\xed\xa0\x80"'), 400),
    "not UTF-8": (funds().encode("utf-16"), 400),
    "a duplicate key": (funds(more=', "voucher": "V-2"'), 400),
    "depth 100,000": ('{"a":' + "[" * 100_000 + "]" * 100_000 + "}", 400),
    "depth 100,000 unclosed": ("[" * 100_000, 400),
    "half a body": (funds()[:-5], 400),
    "nothing": ("", 400),
    "a list": ("[]", 422),
    "a negative actual": (funds('{"amount": "-5.00", "currency": "CNY"}'), 422),
    "three decimals": (funds('{"amount": "5.001", "currency": "CNY"}'), 422),
    "the year 20260": (funds(day="20260-02-01"), 422),
    "the year 0026": (funds(day="0026-02-01"), 422),
    "30 February": (funds(day="2026-02-30"), 422),
    "seconds since 1970": (funds(day="0"), 422),
    "seconds since 1970 as a number": (funds().replace('"2026-02-01"', "1769904000"), 422),
    "a day with its hour": (funds(day="2026-02-01T00:00:00"), 422),
    "tomorrow's century": (funds(day="2126-02-01"), 422),
    "an unknown word": (funds(more=', "fund_kind": "pebbles"'), 422),
    "an unknown field": (funds(more=', "colour": "red"'), 422),
    "an unknown act": (funds().replace("receive", "conjure"), 422),
    "a missing field": ('{"act": "receive", "occurred_on": "2026-02-01"}', 422),
    "an unknown currency form": (funds('{"amount": "5", "currency": "yuan"}'), 422),
    "a number where text is wanted": (funds().replace('"V-1"', "1"), 422),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_told_clearly_and_stores_nothing(district: District, name: str):
    body, status = BAD[name]
    before = district.entries()
    headers = {"Authorization": f"Bearer {district.tokens['office']}", "Content-Type": "application/json"}
    answer = district.client.post(f"{P}/funds", content=body, headers=headers)
    assert answer.status_code == status, answer.text
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["detail"]
    assert problem["status"] == status
    assert district.entries() == before


def test_200_megabytes_are_refused_early(district: District):
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(200):
            sent += 1
            yield b" " * 1_000_000

    before = district.entries()
    headers = {"Authorization": f"Bearer {district.tokens['office']}", "Content-Type": "application/json"}
    answer = district.client.post(f"{P}/funds", content=endless(), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert district.entries() == before


def test_what_is_not_json_is_refused(district: District):
    headers = {"Authorization": f"Bearer {district.tokens['office']}", "Content-Type": "text/plain"}
    assert district.client.post(f"{P}/funds", content=funds(), headers=headers).status_code == 415


@pytest.mark.parametrize(
    "query",
    ["on=2026-13-01", "on=yesterday", "known=@x", "known=2026-01-01T00:00", "stage=dreaming", "limit=0", "nonsense=1"],
)
def test_questions_are_read_strictly_too(district: District, query: str):
    assert district.get(f"/projects?{query}").status_code == 422


def test_pointers_name_the_field(district: District):
    answer = district.post(f"{P}/funds", {"act": "receive", "occurred_on": "x", "voucher": "V"})
    assert {e["pointer"] for e in answer.json()["errors"]} == {"/occurred_on", "/amount"}


def test_problems_are_told_in_chinese_and_in_english(district: District):
    body = {"act": "receive", "occurred_on": "2126-01-01", "amount": {"amount": "1", "currency": "CNY"}, "voucher": "V"}
    chinese = district.post(f"{P}/funds", body).json()
    english = district.post(f"{P}/funds", body, **{"Accept-Language": "en-GB,en;q=0.9,zh;q=0.5"}).json()
    assert (chinese["code"], english["code"]) == ("in_the_future", "in_the_future")
    assert chinese["detail"].startswith("事实的发生日期不能晚于今天")
    assert english["detail"].startswith("A fact cannot have happened after today")


@pytest.mark.parametrize("unseen", ["\u200b", "\u202e", "\ufeff", "\u2028", "\u2066", "\uffff"])
def test_what_nobody_sees_is_no_part_of_a_voucher(district: District, unseen: str):
    before = district.entries()
    funds = {"act": "receive", "occurred_on": "2026-02-01", "amount": {"amount": "1.00", "currency": "CNY"}}
    answer = district.post(f"{P}/funds", funds | {"voucher": f"V-1{unseen}"})
    assert (answer.status_code, answer.json()["code"], district.entries()) == (400, "bad_json", before)
