"""The portfolio in numbers, its list and what is taken away of it, two viewpoints side by side; the way in leads here."""

import csv
import io
import re
from typing import Any

import httpx2
import pytest
from playwright.sync_api import expect
from python_calamine import CalamineWorkbook

from api.access.sessions import COOKIE
from tests.api.conftest import P
from tests.api.pages.conftest import Site
from tests.api.pages.looking import accessible, fits, light

HOSTILE = "<img src=x onerror=alert(1)>שלום عالم👷" + "很长的名字" * 50
AT = "on=2026-06-30"


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


@pytest.fixture
def portfolio(site: Site) -> Site:
    """西湖里 with funds and a plan that is not kept, a name that is hostile, and one that would be a formula."""
    district = site.district
    received = {"act": "receive", "occurred_on": "2026-02-01", "amount": cny("45678900.00"), "voucher": "V1"}
    district.recorded(f"{P}/funds", received, "clerk")
    plan = {"act": "adopt", "occurred_on": "2026-01-12", "start": "2026-02-01", "reason": "补录"}
    district.recorded(f"{P}/plans", plan)
    for name in (HOSTILE, '=HYPERLINK("http://x.example","点")'):
        entered = {"occurred_on": "2026-03-01", "name": name, "category": name, "lead_unit": "street-b"}
        district.recorded("/projects", entered)
    district.recorded("/periods", {"occurred_on": "2026-06-01", "code": "2026-06", "deadline": "2026-07-05"})
    district.project()
    return site


def downloaded(site: Site, path: str) -> Any:
    cookie = {"Cookie": f"{COOKIE}={site.session('reader')}"}
    answer = httpx2.get(site.address + path, headers=cookie, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
def test_the_pages_are_accessible_light_and_fit_a_phone(portfolio: Site, language: str):
    page, phone = portfolio.visitor("reader", language=language), portfolio.visitor("reader", language=language, width=390)
    span = "from_on=2026-01-31&to_on=2026-06-30"
    for path in (
        f"/pages/portfolio?by=category&{AT}",
        f"/pages/projects?sort=received&down=true&{AT}",
        f"/pages/portfolio/compare?by=unit&{span}",
        f"/pages/portfolio/sources?measure=received&by=unit&group=street-a&{AT}",
        f"/pages/portfolio/changes/facts?measure=received&{span}",
    ):
        light(page, path)
        accessible(page)
        assert page.locator("main img").count() == 0
        phone.goto(path)
        fits(phone)


@pytest.mark.parametrize("scripts", [True, False])
def test_from_the_way_in_to_the_entries_behind_a_figure_and_the_list_behind_a_count(portfolio: Site, scripts: bool):
    page = portfolio.visitor("clerk", scripts=scripts)
    page.goto(f"{portfolio.address}/")
    expect(page.get_by_role("heading", name="项目总览", exact=True)).to_be_visible()
    page.goto(f"/pages/portfolio?by=unit&{AT}")
    expect(page.locator("svg.stages title").first).to_have_text("阶段变化")
    page.locator("tfoot").get_by_role("link", name="0.46", exact=True).click()
    expect(page.locator("main")).to_contain_text("45,678,900.00 元")
    expect(page.locator("main a.cite")).to_have_attribute("href", re.compile("/pages/entries/XM-2026-001/5"))
    page.get_by_role("link", name="回到总览").click()
    page.get_by_role("link", name=re.compile("应开未开")).click()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody")).to_contain_text("西湖里")
    assert AT in page.url


def test_the_list_is_searched_sorted_and_opened_again_by_its_address(portfolio: Site):
    page = portfolio.visitor("clerk")
    page.goto(f"/pages/projects?{AT}")
    page.get_by_role("searchbox").fill("xhl")
    page.keyboard.press("Enter")
    expect(page.locator("main").get_by_role("status")).to_contain_text("共 1 个")
    expect(page.locator("td.name")).to_contain_text("西湖里")
    page.get_by_role("link", name="清除").click()
    page.get_by_role("link", name="到位资金", exact=True).click()
    assert "down=true" in page.url
    expect(page.locator("td.name").first).to_contain_text("西湖里")
    expect(page.locator("th[aria-sort=descending]")).to_contain_text("到位资金")
    page.get_by_label("状态").select_option("ended")
    page.get_by_role("button", name="查找").click()
    expect(page.locator("main").get_by_role("status")).to_contain_text("没有符合条件的项目")
    page.goto(page.url.replace("state=ended", "state=nonsense"))
    expect(page.locator("main")).to_contain_text("going_on")


def test_what_is_taken_away_says_its_viewpoint_and_holds_no_formula(portfolio: Site):
    answer = downloaded(portfolio, f"/pages/projects.csv?sort=received&down=true&{AT}")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[1] == ["情况截至", "2026年6月30日"]
    assert rows[2][1].isdigit()
    header = next(place for place, row in enumerate(rows) if row[:2] == ["代码", "名称"])
    named = {row[0]: dict(zip(rows[header], row, strict=True)) for row in rows[header + 1 :]}
    assert named["XM-2026-001"]["到位资金 调度数 (CNY)"] == "45678900.00"
    assert named["XM-2026-003"]["名称"].startswith("'=HYPERLINK")
    answer = downloaded(portfolio, f"/pages/projects.xlsx?q=xhl&{AT}")
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    assert sheet[1][:2] == ["情况截至", "2026年6月30日"]
    assert [row[0] for row in sheet if str(row[0]).startswith("XM-")] == ["XM-2026-001"]
    whole = downloaded(portfolio, f"/pages/projects.xlsx?{AT}").content
    assert b"<f>" not in whole


def test_two_viewpoints_side_by_side_and_the_entries_that_moved_a_figure(portfolio: Site):
    page = portfolio.visitor("reader")
    page.goto("/pages/portfolio/compare")
    page.get_by_role("group", name="之前").get_by_label("情况截至").fill("2026-01-31")
    page.get_by_role("group", name="之后").get_by_label("情况截至").fill("2026-06-30")
    page.get_by_role("button", name="比较").click()
    line = page.locator("tbody").first.locator("tr", has_text="到位资金 · 调度数")
    expect(line).to_contain_text("▲ 0.46")
    movers = page.locator("section.movers", has_text="到位资金 · 调度数").locator("li")
    expect(movers).to_contain_text("计入 西湖里 XM-2026-001#5 · 2026年2月1日 · 45,678,900.00 元")
    expect(movers).to_contain_text("资金到位 XM-2026-001#5")
    expect(movers).to_contain_text("（street-a）")
    stranger = portfolio.visitor("neighbour")
    stranger.goto(page.url)
    expect(stranger.locator("section.movers li", has_text="45,678,900.00 元")).not_to_contain_text("street-a")
    line.get_by_role("link", name="1 笔").click()
    expect(page.locator("main td", has_text="资金到位")).to_contain_text("（street-a）")
    expect(page.locator("main")).to_contain_text("计入")
    expect(page.locator("main a.cite").first).to_have_text("XM-2026-001#5")
