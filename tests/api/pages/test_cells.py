"""The grid's cells hold what a return's lines say, and give it back: nothing is lost, and nothing is made up."""

import json
from pathlib import Path
from typing import Any

import pytest

from api.pages.cells import DECIDED, STATES, Span, of_facts, of_form, of_lines, typed
from api.pages.forms import Form
from domain.command import TABLE, StatesFact
from domain.fact import KINDS
from domain.office.returns import ReturnLine

CODE = "XM-2026-001"
SPAN = Span("2026-06-01", "2026-06-30", "2026-06-30")
STORED = Path(__file__).parents[2] / "stored"
NOT_STATED = {"project_entered", "projects_absorbed", "project_split", "exemption_granted", "exemption_ended"} | {
    "shares_agreed",
    "shares_ended",
}
"""Kinds that no line of a return states: they begin a project, or are acts of the office."""


def line(noun: str, command: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"project": CODE, "noun": noun, "command": command, **more}


FUNDS = line(
    "funds",
    {
        "act": "receive",
        "occurred_on": "2026-06-28",
        "amount": {"amount": "50000000", "currency": "CNY"},
        "voucher": "JZ-628",
        "payer": "甲公司",
        "fund_kind": "loan",
    },
)
PROGRESS = line(
    "construction",
    {
        "act": "progress",
        "occurred_on": "2026-06-30",
        "period": {"since": "2026-06-01", "until": "2026-06-30"},
        "invested": {"amount": "12345678.9", "currency": "CNY"},
        "percent": "45.5",
        "note": "主体封顶",
    },
)
LIGHT = line("ratings", {"occurred_on": "2026-06-30", "light": "green", "remarks": [{"about": "进度", "text": "正常"}]})
JOBS = line("jobs", {"occurred_on": "2026-06-30", "count": 12})
JUNE = {"occurred_on": "2026-06-30", "period": {"since": "2026-06-01", "until": "2026-06-30"}}
TAX = line("taxes", {**JUNE, "total": {"amount": "1000000", "currency": "CNY"}, "enterprise": "甲公司"})
OUTPUT = line("benefits", {**JUNE, "indicator": "output", "amount": {"amount": "30000", "currency": "CNY"}})
SALES = line("benefits", {**OUTPUT["command"], "indicator": "sales"})
FOREIGN = line("funds", {**FUNDS["command"], "amount": {"amount": "1.00", "currency": "USD"}, "voucher": "U-1"})


def test_what_a_draft_says_comes_back_as_it_was():
    lines = [
        FUNDS,
        line("funds", {**FUNDS["command"], "voucher": "JZ-629"}),
        PROGRESS,
        LIGHT,
        JOBS,
        TAX,
        OUTPUT,
        SALES,
        FOREIGN,
    ]
    sheet = of_lines([CODE, "XM-2026-002"], lines, {"no_change": ["XM-2026-002"], "note": "六月"}, "wan", "CNY", SPAN)
    assert [receipt.values["amount"] for receipt in sheet.cells[CODE].receipts] == ["5000", "5000"]
    assert sheet.cells[CODE].groups["progress"].values == {"invested": "1234.56789", "percent": "45.5"}
    assert [other.line for other in sheet.others] == [SALES, FOREIGN]
    draft = sheet.draft(SPAN)
    assert canonical(draft["lines"]) == canonical(lines)
    assert (draft["no_change"], draft["nothing_to_report"], draft["note"]) == (["XM-2026-002"], False, "六月")


def canonical(lines: list[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps(each, sort_keys=True) for each in lines)


def test_only_what_was_typed_is_a_line():
    fields = [(f"amount.{CODE}.0", "１，２００．５"), (f"voucher.{CODE}.0", "V"), (f"occurred_on.{CODE}.0", "")]
    fields += [(f"fund_kind.{CODE}.0", "domestic"), (f"percent.{CODE}.0", ""), (f"light.{CODE}.0", "")]
    fields += [("occurred_on.XM-2026-002.0", "2026-06-30"), ("fund_kind.XM-2026-002.0", "domestic")]
    sheet = of_form(Form(fields), [CODE, "XM-2026-002"], "wan", "CNY")
    [(place, found)] = sheet.lines(SPAN)
    assert (place, found["command"]["amount"], found["command"]["occurred_on"]) == (
        f"funds.{CODE}.0",
        {"amount": "12005000", "currency": "CNY"},
        "2026-06-30",
    )
    assert sheet.unsaid() == ["XM-2026-002"]
    assert sheet.place("/lines/0/command/voucher", SPAN) == f"voucher.{CODE}.0"
    assert sheet.place("/lines/0/command/amount/amount", SPAN) == f"amount.{CODE}.0"
    assert [sheet.place(p, SPAN) for p in ("/lines/7/command", "/no_change", "/lines/x", None)] == [None] * 4


@pytest.mark.parametrize(("text", "number"), [("1,200", "1200"), ("３．５", "3.5"), (" 1 000 ", "1000"), ("五百", "五百")])
def test_numbers_are_read_as_people_type_them(text: str, number: str):
    assert typed(text) == number


def test_a_saved_period_moves_on_with_the_day_but_an_entrys_own_stays():
    early = line("construction", {**PROGRESS["command"], "occurred_on": "2026-06-20"})
    early["command"]["period"] = {"since": "2026-06-01", "until": "2026-06-20"}
    for entry, until in ((None, "2026-06-30"), (7, "2026-06-20")):
        lines = [early if entry is None else {**early, "entry": entry}]
        [(_, found)] = of_lines([CODE], lines, {}, "wan", "CNY", SPAN).lines(SPAN)
        assert (found["command"]["period"]["until"], found["command"]["occurred_on"], found.get("entry")) == (
            until,
            until,
            entry,
        )


def test_everything_unchanged_is_nothing_to_report():
    sheet = of_lines([CODE], [], {}, "wan", "CNY", SPAN)
    assert sheet.draft(SPAN)["nothing_to_report"] is False
    sheet.cells[CODE].same = True
    assert sheet.draft(SPAN) == {"lines": [], "no_change": [CODE], "nothing_to_report": True}


def test_what_is_carried_in_a_form_may_be_anything_and_harms_nothing():
    fields = [(f"rest.funds.{CODE}.0", "[1"), (f"amount.{CODE}.0", "x"), ("other", "[]"), ("other", "{" * 100_000)]
    sheet = of_form(Form(fields), [CODE], "wan", "CNY")
    assert [found["command"]["amount"]["amount"] for _, found in sheet.lines(SPAN)] == ["x"]


def test_every_fact_that_a_return_can_state_is_stated_anew_as_it_was():
    facts = {k for k, fact in KINDS.items() if fact.kind.stream == "project"}
    assert set(STATES) == facts - NOT_STATED
    lines = {
        (d.noun, d.act)
        for d in TABLE.values()
        if d.stream == "project" and issubclass(d.command, StatesFact) and not d.begins
    }
    assert set(STATES.values()) <= lines
    for kind in STATES:
        stored = json.loads((STORED / f"{kind}.v1.json").read_text())
        states = {n: v for n, v in stored["event"].items() if n in KINDS[kind].model_fields}
        [made] = of_facts([{"project": CODE, "number": 3, "kind": kind, "states": states}])
        assert ReturnLine.model_validate_json(json.dumps(made)).entry == 3, kind
        assert not set(DECIDED.get(kind, ())) & set(made["command"])
