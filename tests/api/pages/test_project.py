"""A project's page, the pages of its entries, and going back in time: what is seen opens to the entries behind."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from domain.entry import SHANGHAI
from tests import files
from tests.api.conftest import District, P
from tests.api.pages.conftest import Site
from tests.api.pages.looking import accessible, fits, light

CODE = "XM-2026-001"
PAGE = f"/pages/projects/{CODE}"
FUNDS = {"occurred_on": "2026-06-28", "amount": {"amount": "50000000.00", "currency": "CNY"}, "voucher": "JZ-628"}
TODAY = datetime.now(SHANGHAI).date()


def the_story(district: District) -> tuple[int, int, int]:
    """As tests/stories/test_the_5000 lives it; where the return was accepted, the funds judged, the correction approved."""
    district.recorded("/units", {"occurred_on": "2026-01-01", "code": "bureau-c", "name": "商务局", "sort": "bureau"})
    for ref, unit in (("p-leader", "street-a"), ("p-c", "bureau-c")):
        district.recorded("/people", {"occurred_on": "2026-01-01", "ref": ref, "name": ref})
        wanted = {"person": ref, "unit": unit, "post": "科长", "role": "unit"}
        district.tokens[ref.removeprefix("p-")] = district.post("/tokens", wanted, "administrator").json()["token"]
    rules = {"recognising": {"received": ["bureau-c"]}}
    district.recorded("/district/settings", {"occurred_on": "2026-01-02", "settings": rules})
    deadline = str(TODAY + timedelta(days=1))
    district.recorded("/periods", {"occurred_on": "2026-06-01", "code": "2026-06", "deadline": deadline})
    line = {"project": CODE, "noun": "funds", "command": {"act": "receive", **FUNDS}}
    returns = "/periods/2026-06/returns"
    district.recorded(returns, {"act": "submit", "occurred_on": str(TODAY), "lines": [line]}, "clerk")
    district.recorded(returns, {"act": "sign"}, "leader")
    accepted = district.recorded(returns, {"act": "accept", "unit": "street-a"})["position"]
    verdict = {"target": 5, "outcome": "recognised", "amount": {"amount": "30000000.00", "currency": "CNY"}}
    judged = district.recorded(f"{P}/verdicts", verdict | {"reason": "往来款未认定"}, "c")["position"]
    reads = {"kind": "funds_received", **FUNDS, "amount": {"amount": "42000000.00", "currency": "CNY"}}
    district.recorded(f"{P}/corrections", {"target": 5, "reads": reads, "because": "银行更正"}, "clerk")
    corrected = district.recorded(f"{P}/approvals", {"act": "approve", "proposal": 7}, "second")["position"]
    return accepted, judged, corrected


def row(page: Page, name: str) -> Any:
    return page.locator("main table tr", has=page.get_by_role("rowheader", name=name))


@pytest.mark.parametrize("scripts", [True, False])
def test_the_5000_from_its_return_to_its_correction_told_by_compare(site: Site, scripts: bool):
    accepted, _, corrected = the_story(site.district)
    page = site.visitor("office", scripts=scripts)
    page.goto(f"{PAGE}/compare?to_known=@{corrected}")
    expect(page.locator("main")).to_contain_text("至少填一项")
    known = page.get_by_label("按何时已报")
    known.first.fill("昨天")
    page.get_by_role("button", name="对比").click()
    expect(page.get_by_role("alert")).to_be_visible()  # refused, and what was filled in is still there
    expect(known.first).to_have_value("昨天")
    known.first.fill(f"@{accepted}")
    page.get_by_role("button", name="对比").click()

    reported = row(page, "到位资金 · 调度数")
    expect(reported).to_contain_text("变")
    expect(reported.locator("td")).to_contain_text(["5,000 万元", "4,200 万元", f"{CODE}#8"])
    recognised = row(page, "到位资金 · 认定数")
    expect(recognised.locator("td")).to_contain_text(["无", "3,000 万元", f"{CODE}#6"])
    expect(row(page, "协议资金 · 调度数")).to_contain_text("未变")
    moved = page.locator("ol.steps > li")
    expect(moved).to_contain_text(["认定", "批准"])
    expect(moved.first).to_contain_text("往来款未认定")
    assert page.url.endswith(f"&to_known=%40{corrected}")  # whoever is sent the address sees the same
    accessible(page) if scripts else None

    moved.last.get_by_role("link", name=f"{CODE}#8").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("批准")
    page.get_by_role("link", name=f"{CODE}#5").first.click()
    expect(page.locator("main").get_by_role("status")).to_contain_text(f"现以 {CODE}#7 为准")
    versions = row(page, "金额")
    expect(versions.locator("td")).to_contain_text(["5,000 万元（50,000,000.00 元）", "4,200 万元（42,000,000.00 元）"])
    expect(page.locator("main")).to_contain_text("随月报报送")
    expect(page.locator("ol.steps > li")).to_contain_text(["认定", "更正", "批准"])
    page.get_by_role("link", name="period:2026-06#2").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("月报报送")


@pytest.mark.parametrize("scripts", [True, False])
def test_one_question_at_two_viewpoints(site: Site, scripts: bool):
    accepted, judged, corrected = the_story(site.district)
    page = site.visitor("office", scripts=scripts)
    page.goto(f"{PAGE}?after={corrected}")
    received = row(page, "到位资金").first
    expect(received.locator("td")).to_contain_text(["4,200 万元", "3,000 万元", "—", "须重新认定"])
    expect(page.locator("#list .mark").filter(has_text="已更正")).to_contain_text("◆")
    page.goto(f"{PAGE}?entry={judged}")  # what the slider sends
    expect(received.locator("td")).to_contain_text(["5,000 万元", "3,000 万元"])
    page.locator(".viewpoint").get_by_label("按何日已报").first.fill(str(TODAY - timedelta(days=1)))
    page.locator(".viewpoint").get_by_role("button", name="查看").click()
    expect(page.locator("main")).to_contain_text("之后才入账")
    page.goto(f"{PAGE}?known=@{accepted}")
    expect(received.locator("td")).to_contain_text(["5,000 万元", "—"])
    received.locator("a.figure", has_text="5,000 万元").click()
    assert page.url.endswith(f"/pages/entries/{CODE}/5?known=%40{accepted}")  # the entry too, as it was known then
    expect(page.locator("main")).to_contain_text("没有。")


def a_life(district: District) -> None:
    """Works late and paused, a gap and an overlap in who answered, a file, money, an annulled receipt, a light kept back."""
    hushed = {"blank": "withheld", "reason": "商业秘密"}
    district.recorded(f"{P}/ratings", {"occurred_on": "2026-01-31", "light": hushed, "reason": "补录"})
    who = [
        {"person": "p-clerk", "unit": "street-a", "post": "专员"},
        {"person": "p-office", "unit": "office", "post": "主任"},
    ]
    duties = f"{P}/responsibilities"
    assign = {"act": "assign", "role": "principal_leader"}
    district.recorded(duties, assign | {"holder": who[0], "occurred_on": "2026-01-05", "until": "2026-02-05"})
    district.recorded(duties, assign | {"holder": who[0], "occurred_on": "2026-03-05", "until": "2026-05-01"})
    district.recorded(duties, assign | {"holder": who[1], "occurred_on": "2026-04-20"})
    plan = {"act": "adopt", "occurred_on": "2026-01-06", "start": "2026-02-01", "completion": "2027-06-30", "reason": "补录"}
    district.recorded(f"{P}/plans", plan)
    works = f"{P}/construction"
    district.recorded(works, {"act": "start", "occurred_on": "2026-03-01"} | {"reason": "补录"})
    district.recorded(works, {"act": "pause", "occurred_on": "2026-04-01", "because": "雨季"})
    district.recorded(f"{P}/funds", {"act": "receive", **FUNDS})
    number = int(district.recorded(f"{P}/funds", {"act": "receive", **FUNDS, "voucher": "JZ-2"})["entry"].partition("#")[2])
    district.recorded(f"{P}/annulments", {"target": number, "because": "重复"}, "clerk")
    district.recorded(f"{P}/approvals", {"act": "approve", "proposal": number + 1}, "second")
    headers = {"Authorization": f"Bearer {district.tokens['clerk']}", "Content-Type": "application/octet-stream"}
    sent = district.client.post("/evidence?name=slip.pdf", content=files.PDF, headers=headers)
    attach = {"act": "attach", "target": number - 1, "sha256": sent.json()["sha256"], "sort": "bank_slip"}
    district.recorded(f"{P}/evidence", attach, "clerk")


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
def test_a_project_s_life_is_a_picture_and_a_list_that_say_the_same(site: Site, language: str):
    a_life(site.district)
    zh = language == "zh-CN"
    page = site.visitor("office", language=language)
    light(page, f"{PAGE}?after={site.district.entries()}")
    accessible(page)
    life, swim, money = (page.locator(f"svg.{name}") for name in ("life", "swim", "curves"))
    expect(life.locator(".bar.planned")).to_have_count(1)
    expect(life.locator("rect.bar.paused")).to_have_count(1)
    expect(life.locator("line.mark.annulled")).to_have_count(4)  # a cross in the lane and one in the legend, two lines each
    expect(life.locator("line.viewed")).to_have_count(1)
    expect(swim.locator("a rect.gap")).to_have_count(1)
    expect(swim.locator("a rect.overlap")).to_have_count(1)
    expect(money.locator("path.curve.received")).to_have_count(1)
    expect(money).to_contain_text("5,000 万元" if zh else "CNY 50 m")
    for said in (
        ("责任空档", "职责交叉", "停工", "✕ 已作废") if zh else ("nobody responsible", "Overlap", "paused", "✕ annulled")
    ):
        expect(page.locator("main")).to_contain_text(said)
    expect(page.locator(".badges")).to_contain_text("不予公开（2026年1月31日）" if zh else "withheld (31 Jan 2026)")
    expect(page.locator("td", has_text="晚 28 天" if zh else "28 days late")).to_have_count(1)
    with page.expect_download() as download:
        page.get_by_role("link", name="slip.pdf").click()
    assert download.value.suggested_filename == "slip.pdf"
    life.locator("a").last.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(CODE)
    for path in (f"/pages/entries/{CODE}/9", f"{PAGE}/replay", f"{PAGE}/compare?from_on=2026-02-01"):
        light(page, path)
        accessible(page)
        narrow = site.visitor("office", language=language, width=390)
        narrow.goto(path)
        fits(narrow)
    narrow.goto(PAGE)
    expect(narrow.locator("svg.life")).to_be_hidden()
    expect(narrow.locator("#list > li").first).to_be_visible()
    fits(narrow)


HOSTILE = "<script>alert(1)</script><b>粗</b>שלום 🏗️" + "长" * 240


def test_hostile_names_are_shown_and_do_nothing(site: Site):
    about = {
        "occurred_on": "2026-01-03",
        "name": HOSTILE,
        "lead_unit": "street-a",
        "investor": HOSTILE,
        "category": "<i>x</i>",
    }
    code = site.district.recorded("/projects", about)["entry"].partition("#")[0]
    reversing = site.district.post("/projects", about | {"name": "甲\u202e乙"})
    assert reversing.status_code == 400  # what turns the rest of a page around never comes in
    holder = {"act": "assign", "role": "project_owner", "occurred_on": "2026-01-04", "holder": {"outside": HOSTILE[:200]}}
    position = site.district.recorded(f"/projects/{code}/responsibilities", holder)["position"]
    for width in (1280, 390):
        page = site.visitor("office", width=width)
        page.on("dialog", lambda dialog: pytest.fail(dialog.message))
        for path in (
            f"/pages/projects/{code}?after={position}",
            f"/pages/entries/{code}/1",
            f"/pages/projects/{code}/replay",
        ):
            page.goto(path)
            expect(page.locator("main")).to_contain_text("<b>粗</b>")
            expect(page.locator("main b, main i, main script")).to_have_count(0)
            fits(page)
    accessible(page)


def test_whose_unit_has_no_part_sees_figures_and_no_way_to_the_entries(site: Site):
    a_life(site.district)
    page = site.visitor("neighbour")
    page.goto(f"{PAGE}?after={site.district.entries()}")
    expect(row(page, "到位资金").first).to_contain_text("5,000 万元")
    expect(page.locator(".note").first).to_contain_text("没有责任")
    expect(page.locator("a[href*='/pages/entries/'], a[href*='/evidence/']")).to_have_count(0)
    accessible(page)
    for path in (f"/pages/entries/{CODE}/5", f"{PAGE}/replay", f"{PAGE}/compare?from_on=2026-01-05"):
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 404
    page = site.visitor("administrator")
    page.goto(PAGE)
    expect(row(page, "到位资金").first).to_contain_text("5,000 万元")


def test_the_keyboard_opens_the_entries_behind_a_figure_and_copies_a_citation(site: Site):
    for voucher in ("JZ-1", "JZ-2"):
        position = site.district.recorded(f"{P}/funds", {"act": "receive", **FUNDS, "voucher": voucher})["position"]
    page = site.visitor("clerk")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{PAGE}?after={position}")
    behind = row(page, "到位资金").first.locator("details.sources").first
    behind.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(behind.get_by_role("link")).to_have_text([f"{CODE}#5", f"{CODE}#6"])
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"{CODE}#5")
    page.get_by_role("button", name="复制").press("Enter")
    expect(page.get_by_role("button", name="已复制")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == f"{CODE}#5"
    page.get_by_text("所存字节").click()
    stored = site.district.get(f"/projects/{CODE}/entries?cursor=4&limit=1").json()["entries"][0]["state"]
    assert page.locator("pre.raw").inner_text() == stored
