"""The calendar's page: a year to look at, what it rests on, days counted, and a year adopted; deadlines on days off told."""

import re

import pytest
from playwright.sync_api import expect

from tests.api.pages.conftest import Site
from tests.api.pages.looking import accessible, fits, light

LINES = "2026-12-31至2027-01-02 休 元旦\n2027-01-03 班 元旦\n2027年2月5日 至 2027年2月11日，放假，<b>春节</b>\n"


@pytest.mark.parametrize("scripts", [True, False])
def test_a_year_is_reckoned_by_weekends_until_the_office_adopts_it(site: Site, scripts: bool):
    page = site.visitor("office", scripts=scripts)
    page.goto("/pages/calendar?year=2027")
    expect(page.get_by_role("note")).to_contain_text("未载入 2027 年放假安排，按周末推算")
    page.get_by_label("通知名称与文号").fill("国务院办公厅关于2027年部分节假日安排的通知")
    page.get_by_label("采用日期").fill("2026-11-10")
    page.get_by_label("放假与上班的日子").fill(LINES + "二月初一 休 龙抬头\n2027-02-06至2027-05-06 休 春节")
    page.get_by_role("button", name="采用", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("未能读懂")
    expect(page.get_by_text("第 4 行：二月初一 休 龙抬头")).to_be_visible()
    expect(page.get_by_text("第 5 行：2027-02-06至2027-05-06 休 春节")).to_be_visible()

    page.get_by_label("放假与上班的日子").fill(LINES + "2027-03-01 班 春节")
    page.get_by_role("button", name="采用", exact=True).click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.locator("ul.wrong")).to_contain_text("第 4 行：2027-03-01")
    expect(page.get_by_label("通知名称与文号")).to_have_value(re.compile("2027年"))

    page.get_by_label("放假与上班的日子").fill(LINES)
    page.get_by_role("button", name="采用", exact=True).click()
    expect(page.locator("[role=status]")).to_contain_text("已采用")
    expect(page.locator("dl.facts")).to_contain_text("本区采用 · 国务院办公厅关于2027年部分节假日安排的通知")
    expect(page.locator("table.month").first.locator("td.off")).to_have_count(2)
    expect(page.locator("table.month").first.locator("td.worked")).to_have_text("3班")
    expect(page.get_by_role("rowheader", name="<b>春节</b>")).to_be_visible()
    expect(page.get_by_label("放假与上班的日子")).to_have_value(
        re.compile("^2026-12-31至2027-01-02 休 元旦\n2027-01-03 班 元旦\n2027-02-05至")
    )

    page.get_by_label("自何日").fill("2026-12-30")
    page.get_by_label("第几个工作日").fill("1")
    page.get_by_role("button", name="推算").click()
    expect(page.locator("[role=status]")).to_contain_text("2027年1月3日")
    page.get_by_role("link", name=re.compile("district#")).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("放假安排采用")


def test_a_year_is_adopted_from_a_file_as_offices_save_it(site: Site):
    page = site.visitor("office", scripts=False)
    page.goto("/pages/calendar?year=2027")
    page.get_by_label("通知名称与文号").fill("国办通知")
    page.get_by_label("采用日期").fill("2026-11-10")
    text = "日期,类型,节日\n2027-01-01,休,元旦\n2027/1/3,班,元旦\n".encode("gb18030")
    page.locator("input[type=file]").set_input_files({"name": "放假.csv", "mimeType": "text/csv", "buffer": text})
    page.get_by_role("button", name="采用", exact=True).click()
    expect(page.locator("[role=status]")).to_contain_text("已采用")
    expect(page.locator("td.worked")).to_have_text("3班")


def test_a_period_with_its_deadline_on_a_day_off_is_told_so_and_opened_all_the_same(site: Site):
    page = site.visitor("office", scripts=False)
    page.goto("/pages/month")
    page.get_by_label(re.compile("期间")).fill("2026-09")
    page.get_by_label("截止日").fill("2026-10-05")
    page.get_by_role("button", name="开启").click()
    expect(page.locator("[role=status]")).to_contain_text("2026-10-05 是休息日（国庆节放假），其后首个工作日是 2026-10-08")
    page.get_by_role("button", name="开启").click()
    expect(page.locator("[role=status]")).to_contain_text("月报期已开启")

    page.locator("input[name=until]").fill("2026-10-11")
    page.get_by_label("理由").fill("汛情")
    page.get_by_role("button", name="延期").click()
    expect(page.locator("[role=status]")).to_contain_text("其后首个工作日是 2026-10-12")
    page.locator("input[name=until]").fill("2026-10-12")
    page.get_by_role("button", name="延期").click()
    expect(page.locator("[role=status]")).to_contain_text("已延期")


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
def test_the_calendar_is_accessible_light_and_fits(site: Site, language: str):
    hostile = [{"day": "2027-01-01", "sort": "off", "name": ("危<i>abc🎉שלום" + "W" * 300)[:300]}]
    adopting = {"occurred_on": "2026-11-10", "year": 2027, "notice": "危" * 300, "days": hostile}
    site.district.recorded("/district/calendar", adopting)
    page = site.visitor("office", language=language)
    for year in ("2026&since=2026-09-30&count=5", "2027", "2031"):
        light(page, f"/pages/calendar?year={year}")
        accessible(page)
    narrow = site.visitor("auditor", language=language, width=390)
    for year in ("2026", "2027"):
        narrow.goto(f"/pages/calendar?year={year}")
        fits(narrow)
    expect(narrow.locator("main i")).to_have_count(0)
    expect(narrow.locator("textarea")).to_have_count(0)


def test_an_audit_with_its_last_day_on_a_day_off_is_told_so_once(site: Site):
    page = site.visitor("auditor", scripts=False)
    page.goto("/pages/audits/new?act=find&project=XM-2026-001")
    for name, value in {
        "title": "凭证不全",
        "text": "缺进账单",
        "occurred_on": "2026-09-01",
        "deadline": "2026-10-05",
    }.items():
        page.locator(f"[name={name}]").fill(value)
    page.get_by_role("button", name="录入", exact=True).click()
    expect(page.locator("[role=status]")).to_contain_text("其后首个工作日是 2026-10-08")
    expect(page.locator("[name=title]")).to_have_value("凭证不全")
    page.get_by_role("button", name="录入", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("凭证不全")
