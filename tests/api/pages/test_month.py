"""The month at a browser: ten projects and two changes, from the grid to acceptance, with and without JavaScript."""

from datetime import date, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from domain.entry import SHANGHAI
from domain.office.period import span_of
from tests.api.conftest import P
from tests.api.pages.conftest import Site
from tests.api.pages.looking import accessible, fits, light

TODAY = datetime.now(SHANGHAI).date()
LAST = TODAY.replace(day=1) - timedelta(days=1)
PERIOD = f"{LAST:%Y-%m}"
HERE = f"/pages/month/{PERIOD}/street-a"
FIRST, SECOND = "XM-2026-001", "XM-2026-002"
HOSTILE = "<b>危</b> שלום " + "长" * 270 + "😀"
MOST = 12
"""Clicks and fields in which a clerk with ten projects and two changes finishes the month, after signing in."""


class Hand:
    """A person at a page: every click, and every field filled in, is counted."""

    def __init__(self, page: Page) -> None:
        self.page, self.count = page, 0

    def fill(self, label: str, text: str) -> None:
        self.count += 1
        self.page.get_by_label(label).fill(text)

    def choose(self, label: str, name: str) -> None:
        self.count += 1
        self.page.get_by_label(label).select_option(label=name)

    def click(self, name: str, role: str = "button") -> None:
        self.count += 1
        self.page.get_by_role(role, name=name, exact=True).click()  # type: ignore[arg-type]  # button or link


@pytest.fixture
def month(site: Site) -> Site:
    """Ten projects of street-a, two of them signed and under construction; last month's return is awaited until tomorrow."""
    agreed = {"amount": "100000000.00", "currency": "CNY"}
    for n in range(2, 11):
        name = HOSTILE if n == 10 else f"第{n}个项目"
        site.district.recorded("/projects", {"occurred_on": "2026-01-03", "name": name, "lead_unit": "street-a"})
    signing = {"occurred_on": "2026-01-10", "level": "contract", "counterparty": "甲公司", "agreed": agreed}
    site.district.recorded(f"/projects/{SECOND}/negotiations", {"occurred_on": "2026-01-05", "with_whom": "甲公司"})
    site.district.recorded(f"/projects/{SECOND}/signings", signing)
    for path in (P, f"/projects/{SECOND}"):
        site.district.recorded(f"{path}/registrations", {"occurred_on": "2026-01-20", "enterprise": f"企业{path[-1]}"})
        site.district.recorded(f"{path}/land", {"occurred_on": "2026-02-01", "how": "land_paid"})
        site.district.recorded(f"{path}/construction", {"act": "start", "occurred_on": "2026-02-10"})
    deadline = str(TODAY + timedelta(days=1))
    site.district.recorded("/periods", {"occurred_on": str(TODAY), "code": PERIOD, "deadline": deadline})
    return site


def ready(page: Page, path: str) -> None:
    """The page once the answers have reached what was recorded."""
    for _ in range(20):
        page.goto(path)
        if page.get_by_label(f"{FIRST} 凭证号").count():
            return
        page.wait_for_timeout(250)


def test_ten_projects_and_two_changes_take_at_most_twelve_clicks_and_fields(month: Site):
    page = month.visitor("clerk")
    ready(page, HERE)
    page.goto("/pages/account")  # wherever signing in has led
    hand = Hand(page)
    hand.click("月报", "link")
    for code, percent in ((FIRST, "35"), (SECOND, "42.5")):
        hand.fill(f"{code} 到位资金", "1,200")
        hand.fill(f"{code} 凭证号", f"JZ-{code}")
        hand.fill(f"{code} 本期投资", "800")
        hand.fill(f"{code} 形象进度", percent)
        hand.choose(f"{code} 自评", "绿灯")
    hand.click("报送，其余项目本月无变化")
    expect(page.locator(".done")).to_contain_text("已报送")
    assert hand.count <= MOST
    told = month.district.get(f"/periods/{PERIOD}/returns/street-a").json()["returned"]
    assert (told["row"]["facts"], len(told["no_change"]), told["row"]["late"]) == (6, 8, False)
    amounts = {f["figures"][0]["reported"] for f in told["facts"] if f["kind"] == "funds_received"}
    assert amounts == {"12000000.00"}


@pytest.mark.parametrize("scripts", [True, False])
def test_a_month_from_the_grid_to_its_acceptance(month: Site, scripts: bool):
    page = month.visitor("clerk", scripts=scripts)
    ready(page, HERE)
    hand = Hand(page)
    hand.fill(f"{FIRST} 到位资金", "五百")
    hand.fill(f"{FIRST} 本期投资", "800")
    hand.fill(f"{SECOND} 到位资金", "20000")
    hand.fill(f"{SECOND} 凭证号", "JZ-2")
    hand.click("报送，其余项目本月无变化")
    expect(page.get_by_role("alert")).to_contain_text("填写内容不符合要求")
    expect(page.get_by_label(f"{FIRST} 到位资金")).to_have_value("五百")
    expect(page.get_by_label(f"{FIRST} 到位资金")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label(f"{FIRST} 凭证号")).to_have_attribute("aria-invalid", "true")
    hand.fill(f"{FIRST} 到位资金", "500")
    hand.fill(f"{FIRST} 凭证号", "JZ-1")
    page.locator(f"[id='{FIRST}']").get_by_role("button", name="再加一笔").click()
    page.locator(f"[name='amount.{FIRST}.1']").fill("30")
    page.locator(f"[name='voucher.{FIRST}.1']").fill("JZ-1b")
    hand.click("保存草稿")
    expect(page.locator(".done")).to_contain_text("草稿已保存")
    hand.click("报送，其余项目本月无变化")
    expect(page.locator(".reasons")).to_contain_text("不合常规")  # more than was agreed
    page.get_by_label("原因").fill("增资款先行到账")
    hand.click("报送，其余项目本月无变化")
    expect(page.locator(".done")).to_contain_text("已报送")

    assert len(month.district.get(f"/periods/{PERIOD}/returns/street-a").json()["returned"]["facts"]) == 4
    page.get_by_text("撤回重报").click()
    page.get_by_label("撤回原因").fill("漏附说明")
    hand.click("撤回")
    expect(page.locator(".done")).to_contain_text("已撤回")
    for cell, text in (("到位资金", "500"), ("凭证号", "JZ-1"), ("形象进度", "35")):
        hand.fill(f"{FIRST} {cell}", text)
    hand.click("报送，其余项目本月无变化")
    expect(page.locator(".done")).to_contain_text("已报送")

    office, head = month.visitor("office", scripts=scripts), month.visitor("head", scripts=scripts)
    office.goto(HERE)
    expect(office.locator(".do")).to_contain_text("待本单位负责人签发")
    head.goto(HERE)
    head.get_by_role("button", name="签发").click()
    expect(head.locator(".done")).to_contain_text("已签发")
    office.goto(HERE)
    office.get_by_text("退回修改").click()
    office.get_by_label("退回原因").fill(" ")
    office.get_by_role("button", name="退回", exact=True).click()
    expect(office.get_by_role("alert")).to_contain_text("填写内容不符合要求")
    office.get_by_label("退回原因").fill("进度与现场不符")
    office.get_by_role("button", name="退回", exact=True).click()
    expect(office.locator(".done")).to_contain_text("已退回")

    page.goto(HERE)
    expect(page.locator(".returned")).to_contain_text("进度与现场不符")
    expect(page.get_by_label(f"{FIRST} 凭证号")).to_have_value("JZ-1")
    hand.fill(f"{FIRST} 形象进度", "30")
    hand.click("只报送已填各项")
    expect(page.locator(".done")).to_contain_text("已报送")
    head.goto(HERE)
    head.get_by_role("button", name="签发").click()
    office.goto(HERE)
    office.get_by_role("button", name="受理").click()
    expect(office.locator(".done")).to_contain_text("已受理")
    told = month.district.get(f"/periods/{PERIOD}/returns/street-a").json()["returned"]
    assert [e["what"] for e in told["events"]] == ["submitted", "signed", "sent_back", "submitted", "signed", "accepted"]
    assert sorted((f["kind"], f["states"].get("percent")) for f in told["facts"] if not f["annulled"]) == [
        ("funds_received", None),
        ("progress_reported", "30"),
    ]


def test_a_form_that_is_sent_twice_reports_once_and_anothers_draft_is_not_written_over(month: Site):
    page, other = month.visitor("clerk"), month.visitor("clerk")
    ready(page, HERE)
    other.goto(HERE)
    month.district.client.put(
        f"/periods/{PERIOD}/returns/street-a/draft",
        json={"note": "另一人所填"},
        headers={"Authorization": f"Bearer {month.district.tokens['office']}"},
    )
    page.get_by_label(f"{FIRST} 形象进度").fill("35")
    page.get_by_role("button", name="保存草稿").click()
    expect(page.get_by_role("alert")).to_contain_text("另存了草稿")
    expect(page.get_by_label(f"{FIRST} 形象进度")).to_have_value("35")
    before = month.district.entries()
    sent = page.evaluate(
        """async () => {
            const form = document.querySelector("form.month");
            const body = new URLSearchParams(new FormData(form));
            body.set("do", "submit");
            const answers = [];
            for (let n = 0; n < 2; n++) answers.push(await fetch(form.action, {method: "POST", body, redirect: "manual"}));
            return answers.map((answer) => answer.type);
        }"""
    )
    assert sent == ["opaqueredirect", "opaqueredirect"]
    returned = month.district.get(f"/periods/{PERIOD}/returns/street-a").json()
    assert (returned["returned"]["row"]["submissions"], returned["draft"], month.district.entries() - before) == (1, None, 2)
    other.get_by_role("button", name="保存草稿").click()
    expect(other.get_by_role("alert")).to_contain_text("现在不能填报")


def working_day(month: Site, since: date) -> str:
    """The first working day after: of a day off the form would tell before it records."""
    told = month.district.get(f"/district/working-days?since={since}&count=1").json()
    return str(told["working_days"][0]["day"])


def test_the_board_tells_who_has_reported_and_the_office_keeps_the_period(month: Site):
    office, clerk = month.visitor("office"), month.visitor("neighbour")
    ready(month.visitor("clerk"), HERE)
    office.goto("/pages/month")
    expect(office.get_by_role("heading", level=1)).to_contain_text("报送情况")
    expect(office.locator("tbody")).to_contain_text("未报")
    office.get_by_label("延至").fill(str(TODAY))
    office.get_by_label("理由").fill("汛期抢险")
    office.get_by_role("button", name="延期").click()
    expect(office.get_by_role("alert")).to_contain_text("延期须晚于")
    expect(office.get_by_label("理由")).to_have_value("汛期抢险")
    office.get_by_label("延至").fill(working_day(month, TODAY + timedelta(days=9)))
    office.get_by_role("button", name="延期").click()
    expect(office.locator(".done")).to_contain_text("已延期")
    expect(office.locator("tbody")).to_contain_text("已延期")
    office.get_by_label("期间").fill(PERIOD)
    office.get_by_role("button", name="开启", exact=True).click()
    expect(office.get_by_role("alert")).to_be_visible()
    office.get_by_label("期间").fill(f"{span_of(PERIOD).until.year + 1}")
    office.get_by_label("截止日").fill(working_day(month, date(span_of(PERIOD).until.year + 2, 1, 20)))
    office.get_by_role("button", name="开启", exact=True).click()
    expect(office.locator(".done")).to_contain_text("已开启")
    office.goto(f"/pages/month/{PERIOD}")
    office.get_by_role("button", name="关闭", exact=True).click()
    expect(office.locator(".done")).to_contain_text("已关闭")
    clerk.goto(f"/pages/month/{PERIOD}")
    expect(clerk.locator("tbody")).to_contain_text("street-a")
    expect(clerk.locator("tbody a")).to_have_count(0)
    clerk.goto(HERE)
    expect(clerk.get_by_role("heading", level=1)).to_contain_text("没有找到")


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
def test_the_pages_of_the_month_are_accessible_light_and_fit_a_phone(month: Site, language: str):
    ready(month.visitor("clerk"), HERE)
    for who, path in (("clerk", HERE), ("office", HERE), ("office", f"/pages/month/{PERIOD}")):
        page = month.visitor(who, language=language)
        light(page, path)
        accessible(page)
        expect(page.locator("main b", has_text="危")).to_have_count(0)
        small = month.visitor(who, language=language, width=390)
        small.goto(path)
        fits(small)
