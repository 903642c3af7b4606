"""From the list of tasks to the verdict and the unit's answer, with and without JavaScript."""

from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import expect

from domain.entry import SHANGHAI
from tests.api.conftest import P
from tests.api.pages.conftest import Site
from tests.api.pages.looking import accessible, fits, light

TODAY = str(datetime.now(SHANGHAI).date())
CODE, STATEMENT = "XM-2026-001", "/pages/month/2026-06/street-a/reconciliation"


@pytest.fixture
def reported(site: Site) -> Site:
    """Two receipts of street-a in June, which the bureau in the office recognises; the reconciliation is open."""
    district = site.district
    settings = {"recognising": {"received": ["office"]}}
    district.recorded("/district/settings", {"occurred_on": "2026-01-02", "settings": settings})
    funds: dict[str, Any] = {"act": "receive", "occurred_on": "2026-06-28"}
    for voucher, amount in (("JZ-1", "12000000.00"), ("<i>JZ</i>", "5000000.00")):
        sum_ = {"amount": amount, "currency": "CNY"}
        district.recorded(f"{P}/funds", {**funds, "voucher": voucher, "amount": sum_}, "clerk")
    district.recorded("/periods", {"occurred_on": "2026-06-01", "code": "2026-06", "deadline": "2026-07-05"})
    district.recorded("/periods/2026-06/reconciliations", {"act": "open", "occurred_on": TODAY})
    return site


@pytest.mark.parametrize("scripts", [True, False])
def test_what_waits_is_judged_and_then_answered_for(reported: Site, scripts: bool):
    bureau, clerk = reported.visitor("bureau", scripts=scripts), reported.visitor("clerk", scripts=scripts)
    reported.district.project()
    bureau.goto("/pages/tasks")
    bureau.get_by_role("link", name="到位资金 2 笔").click()
    first, second = bureau.locator("form.verdict").nth(0), bureau.locator("form.verdict").nth(1)
    expect(first.get_by_label("认定数")).to_have_value("1200")
    first.get_by_label("认定数").fill("1,300")
    first.get_by_role("button", name="予以认定", exact=True).click()
    expect(bureau.locator(".mistake")).to_contain_text("认定数不能大于调度数")
    expect(first.get_by_label("认定数")).to_have_value("1,300")
    first.get_by_label("认定数").fill("1,000")
    first.get_by_role("button", name="予以认定", exact=True).click()
    expect(bureau.locator(".done")).to_contain_text("已予认定")
    expect(second).to_have_count(0)
    expect(bureau.locator("main")).to_contain_text("<i>JZ</i>")
    first.get_by_role("button", name="不予认定").click()
    expect(bureau.locator(".mistake")).to_contain_text("须说明理由")
    first.get_by_label("理由").fill("无进账单")
    first.get_by_role("button", name="不予认定").click()
    expect(bureau.locator(".done")).to_contain_text("不予认定")
    expect(bureau.locator("main")).to_contain_text("没有等待认定的数据")

    clerk.goto("/pages/tasks")
    clerk.get_by_role("link", name="2026年6月").last.click()
    expect(clerk.locator("main")).to_contain_text("无进账单")
    expect(clerk.locator("tbody").first).to_contain_text("1,000 万元")
    clerk.get_by_role("button", name="提交异议").click()
    expect(clerk.get_by_role("alert")).to_be_visible()
    clerk.get_by_label("关于哪条记录").first.select_option(f"{CODE}#6")
    clerk.get_by_label("异议内容").first.fill("进账单已补")
    clerk.get_by_role("button", name="提交异议").click()
    expect(clerk.locator(".done")).to_contain_text("异议已提交")
    expect(clerk.locator(".returned")).to_contain_text("进账单已补")
    office = reported.visitor("office", scripts=scripts)
    office.goto("/pages/tasks")
    expect(office.locator(".tasks")).to_contain_text("进账单已补")
    clerk.get_by_role("button", name="确认各项数据").click()
    expect(clerk.locator(".done")).to_contain_text("已确认")
    expect(clerk.get_by_role("button", name="提交异议")).to_have_count(0)


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
def test_tasks_verdicts_and_the_statement_are_accessible_light_and_fit_a_phone(reported: Site, language: str):
    reported.district.project()
    for who, path in (("clerk", STATEMENT), ("bureau", "/pages/verdicts"), ("office", "/pages/tasks")):
        page = reported.visitor(who, language=language)
        light(page, path)
        accessible(page)
        small = reported.visitor(who, language=language, width=390)
        small.goto(path)
        fits(small)
    reader = reported.visitor("neighbour", language=language)
    answer = reader.goto(STATEMENT)
    assert answer is not None
    assert answer.status == 404
