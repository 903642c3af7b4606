"""People, units, audits and the auditor's desk, looked at in a browser."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.api.conftest import P
from tests.api.pages.conftest import Site
from tests.api.pages.looking import accessible, fits, light

OFFICER = {"person": "p-officer", "unit": "street-a", "post": "项目专员"}
CLERK = {"person": "p-clerk", "unit": "street-a", "post": "科员"}
SLIP = b"%PDF-1.7\n%%EOF\n"
ODD = "</td><script>alert(1)</script>مشروع甲😀" + "长" * 250


def entered(site: Site, ref: str, name: str) -> None:
    person = {"occurred_on": "2026-01-01", "ref": ref, "name": name, "unit": "street-a", "title": "项目专员"}
    site.district.recorded("/people", person, "administrator")


def handed_over(site: Site) -> int:
    """An officer hands a project over, leaves, and stays responsible for another: the position of it all."""
    recorded = site.district.recorded
    entered(site, "p-officer", "王专员")
    role: dict[str, Any] = {"role": "project_officer", "document": "〔2026〕3号"}
    recorded(f"{P}/responsibilities", {"act": "assign", "occurred_on": "2026-02-01", "holder": OFFICER} | role)
    over = {"act": "hand_over", "occurred_on": "2026-03-20", "outgoing": OFFICER, "incoming": CLERK}
    recorded(f"{P}/responsibilities", over | role | {"open_matters": ["征地款尾款未付"]})
    recorded(f"{P}/responsibilities", {"act": "end", "occurred_on": "2026-05-01", "holder": CLERK} | role)
    recorded("/projects", {"occurred_on": "2026-02-01", "name": "东湖里", "lead_unit": "street-a"})
    other = "/projects/XM-2026-002/responsibilities"
    recorded(other, {"act": "assign", "occurred_on": "2026-02-05", "holder": OFFICER} | role)
    left = {"act": "leave", "occurred_on": "2026-04-01", "unit": "street-a", "title": "项目专员"}
    return int(recorded("/people/p-officer/posts", left, "administrator")["position"])


def test_a_person_is_found_and_their_page_tells_what_they_held_what_was_open_and_what_they_did(site: Site):
    after = handed_over(site)
    page = site.visitor("auditor")
    page.goto(f"/pages/people?after={after}")
    page.get_by_label("姓名、单位、职务或编号").fill("王 street-a")
    page.keyboard.press("Enter")
    expect(page.locator("p[role=status]")).to_have_text("共 0 人")
    page.get_by_label("姓名、单位、职务或编号").fill("王专")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="王专员").click()
    expect(page.locator(".note")).to_contain_text("XM-2026-002")
    expect(page.locator("svg.swim")).to_be_visible()
    expect(page.locator("svg.swim title + .gap")).to_have_count(1)
    handover = page.locator("article")
    expect(handover).to_contain_text("征地款尾款未付")
    expect(handover).to_contain_text("姓名p-clerk")
    expect(page.locator("main")).to_contain_text("到此视角为止，没有经办记录")
    page.goto("/pages/people/p-officer?on=2026-03-01")
    expect(page.locator("article")).to_have_count(0)
    neighbour = site.visitor("neighbour")
    neighbour.goto("/pages/people/p-officer")
    expect(neighbour.locator("main")).to_contain_text("完整履历只给本人")
    expect(neighbour.locator("svg.swim")).to_have_count(0)


def test_a_unit_tells_its_names_its_people_its_projects_and_what_it_did(site: Site):
    renamed = {"occurred_on": "2026-03-01", "name": ODD}
    site.district.recorded("/units/street-a/names", renamed, "administrator")
    talk = {"occurred_on": "2026-02-01", "with_whom": "乙公司"}
    site.district.recorded(f"{P}/negotiations", talk, "clerk")
    after = handed_over(site)
    page = site.visitor("clerk")
    page.goto(f"/pages/units/street-a?after={after}")
    expect(page.get_by_role("heading", level=1)).to_contain_text("<script>alert(1)</script>")
    expect(page.locator("main")).to_contain_text("名称沿革")
    expect(page.locator("#projects ~ details").first).to_contain_text("西湖里")
    expect(page.locator("table.deeds")).to_contain_text("记录事实")
    expect(page.locator("svg.swim")).to_contain_text("东湖里")
    page.goto("/pages/units")
    page.get_by_role("link", name="street-b").click()
    expect(page.locator(".note")).to_contain_text("只给本单位")


def test_of_an_erased_person_the_page_says_so_and_the_name_is_gone(site: Site):
    entered(site, "p-gone", "李某某")
    erasure = {"occurred_on": "2026-06-01", "ground": "本人依法请求删除", "document": "〔2026〕33号"}
    after = site.district.recorded("/people/p-gone/erasures", erasure)["position"]
    page = site.visitor("office")
    page.goto(f"/pages/people/p-gone?after={after}")
    expect(page.locator(".note").first).to_contain_text("依法删除（本人依法请求删除）")
    page.goto("/pages/people?known=2026-11-01&q=p-gone")
    assert "李某某" not in page.content()


def fill(page: Page, **fields: str) -> None:
    for name, value in fields.items():
        page.locator(f"main [name={name}]").fill(value)


@pytest.mark.parametrize("scripts", [True, False])
def test_a_finding_goes_from_its_form_over_the_units_answers_to_its_closing(site: Site, scripts: bool):
    auditor, clerk = site.visitor("auditor", scripts=scripts), site.visitor("clerk", scripts=scripts)
    auditor.goto("/pages/audits")
    auditor.get_by_role("link", name="发现问题").click()
    fill(auditor, title="凭证不全", text="请致电13812345678", deadline="2026-03-31", occurred_on="2026-03-01")
    auditor.get_by_role("button", name="录入").click()
    expect(auditor.get_by_role("alert")).to_contain_text("请填写所涉项目或单位")
    assert auditor.locator("main [name=text]").input_value() == "请致电13812345678"
    fill(auditor, projects="XM-2026-001", entries="XM-2026-001#4")
    auditor.get_by_role("button", name="录入").click()
    expect(auditor.locator("main")).to_contain_text("不合常规，须说明理由后记录")
    fill(auditor, text="缺进账单", reason="已隐去")
    auditor.get_by_role("button", name="录入").click()
    expect(auditor.locator(".done")).to_have_text("已记录。")
    address = auditor.url.partition("?")[0]
    assert address.endswith("/pages/audits/2026-001")
    expect(auditor.get_by_role("button", name="销号")).to_have_count(0)

    for text, step, day in (("已补复印件", "back", "2026-03-10"), ("已补原件", "close", "2026-03-20")):
        clerk.goto(address)
        fill(clerk, text=text, occurred_on=day, entries="XM-2026-001#99" if step == "back" else "")
        clerk.get_by_role("button", name="报送整改").click()
        if step == "back":
            expect(clerk.get_by_role("alert")).to_contain_text("XM-2026-001#99")
            fill(clerk, entries="XM-2026-001#4")
            clerk.get_by_role("button", name="报送整改").click()
        expect(clerk.locator("ol.thread")).to_contain_text(text)
        if step == "close":
            clerk.get_by_role("link", name="附上或撤下文件").last.click()
            slip = {"name": "进账单.pdf", "mimeType": "application/pdf", "buffer": SLIP}
            clerk.get_by_label("类型").select_option("bank_slip")
            clerk.get_by_label("要附的文件").set_input_files(slip)  # type: ignore[arg-type]
            clerk.get_by_role("button", name="上传并附上").click()
            expect(clerk.get_by_role("link", name="进账单.pdf")).to_be_visible()
            clerk.goto(f"{address}?after={clerk.url.rpartition('after=')[2]}")
            expect(clerk.locator("ol.thread > li").nth(3).get_by_role("link", name="进账单.pdf")).to_be_visible()
        auditor.goto(clerk.url.replace("done=rectified", ""))
        fill(auditor, occurred_on=day)
        if step == "back":
            auditor.get_by_role("button", name="退回整改").click()
            expect(auditor.get_by_role("alert")).to_be_visible()
            fill(auditor, text="须为原件", deadline="2026-04-30", occurred_on=day)
            auditor.get_by_role("button", name="退回整改").click()
        else:
            auditor.get_by_role("button", name="销号").click()
        expect(auditor.locator(".done")).to_have_text("已记录。")
    expect(auditor.locator("ol.thread > li")).to_have_count(5)
    expect(auditor.locator("dl.facts").first).to_contain_text("已销号")


@pytest.mark.parametrize("scripts", [True, False])
def test_an_instruction_is_given_by_a_leader_and_recorded_from_a_paper_by_the_office(site: Site, scripts: bool):
    leader, office = site.visitor("leader", scripts=scripts), site.visitor("office", scripts=scripts)
    leader.goto("/pages/instructions")
    fill(leader, text="请加快供地", due="2026-01-01")
    leader.locator("main form[method=post] [name=stream]").fill("XM-2026-001#4")
    leader.get_by_role("button", name="录入").click()
    expect(leader.get_by_role("alert")).to_contain_text("早于今天")
    fill(leader, due="")
    leader.get_by_role("button", name="录入").click()
    expect(leader.locator(".done")).to_have_text("已记录。")
    expect(leader.locator("tbody tr")).to_contain_text("XM-2026-001#4")
    leader.get_by_role("link", name="待落实").click()
    expect(leader.locator("ol.thread > li")).to_have_count(1)
    unit, thread = site.visitor("clerk", scripts=scripts), leader.url.partition("?")[0]
    unit.goto("/pages/tasks")
    unit.get_by_role("link", name="XM-2026-001").click()
    fill(unit, text="请致电13812345678")
    unit.get_by_role("button", name="报送落实情况").click()
    expect(unit.locator("main")).to_contain_text("不合常规，须说明理由后记录")
    fill(unit, text="手续已报批", reason="已隐去")
    assert unit.locator("main [name=text]").input_value() == "手续已报批"
    unit.get_by_role("button", name="报送落实情况").click()
    for step in ("退回重办", "办结"):
        leader.goto(f"{thread}?after={unit.url.rpartition('after=')[2].partition('&')[0]}")
        leader.get_by_role("button", name=step).click()
        if step == "退回重办":
            expect(leader.get_by_role("alert")).to_be_visible()
            fill(leader, text="请附批文", due="2199-06-30")
            leader.get_by_role("button", name=step).click()
            expect(leader.locator("ol.thread > li")).to_have_count(3)
            unit.goto(leader.url)
            fill(unit, text="批文附后")
            unit.get_by_role("button", name="报送落实情况").click()
    expect(leader.locator("dl.facts")).to_contain_text("已办结")
    if scripts:
        light(leader, thread)
        accessible(leader)
    leader.goto("/pages/instructions")
    office.goto("/pages/instructions")
    office.locator("main form[method=post] [name=stream]").fill("XM-2026-001")
    fill(office, text="按月调度", document="〔2026〕9号", due="2199-01-01")
    office.locator("main [name=leader]").select_option("p-leader")
    office.get_by_role("button", name="录入").click()
    expect(office.locator("tbody tr").last).to_contain_text("〔2026〕9号")
    if scripts:  # axe is a script
        light(leader, "/pages/instructions")
        accessible(leader)
    clerk, neighbour = site.visitor("clerk", language="en-GB", width=390), site.visitor("neighbour")
    clerk.goto("/pages/instructions?stream=XM-2026-001")
    expect(clerk.locator("tbody tr")).to_have_count(2)
    expect(clerk.locator("form[method=post].act")).to_have_count(0)
    accessible(clerk)
    fits(clerk)
    neighbour.goto("/pages/instructions?stream=XM-2026-001")
    expect(neighbour.locator("main")).to_contain_text("没有批示")


def test_the_desk_finds_entries_as_they_are_stored_and_exports_the_very_same(site: Site):
    after = handed_over(site)
    page = site.visitor("auditor")
    page.goto(f"/pages/feed?after={after}")
    page.get_by_label("类型").select_option("signed")
    page.get_by_role("button", name="筛选").click()
    assert "kind=signed" in page.url
    line = page.locator("ol.entries > li")
    expect(line).to_have_count(1)
    expect(line).to_contain_text("1 亿元")
    line.locator("summary").click()
    stored = site.district.services.reading.stream("XM-2026-001")
    expect(line.locator("pre")).to_have_text(stored[3].state.decode())
    page.goto("/pages/feed?kind=signed&before=3")
    expect(page.locator("main")).to_contain_text("此处没有符合条件的记录")

    page.get_by_role("link", name="导出").click()
    page.get_by_label("项目编号或流的名称").fill("XM-2026-001")
    with page.expect_download() as download:
        page.get_by_role("button", name="导出").last.click()
    lines = [json.loads(line) for line in download.value.path().read_text().splitlines()]
    assert [line["state"] for line in reversed(lines)] == [row.state.decode() for row in stored]
    page.goto("/pages/exports/entries.jsonl?since=2026-13-01")
    expect(page.get_by_role("alert")).to_contain_text("日期")


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
def test_the_pages_are_accessible_light_and_fit_a_phone(site: Site, language: str):
    site.district.recorded("/units/street-a/names", {"occurred_on": "2026-03-01", "name": ODD}, "administrator")
    handed_over(site)
    found = {"act": "find", "occurred_on": "2026-03-01", "title": ODD[:200], "text": ODD * 7, "deadline": "2026-03-31"}
    site.session("auditor")
    posts = {"person": "p-auditor", "unit": "office", "post": "审计员", "role": "auditor"}
    site.district.tokens["auditor"] = site.district.post("/tokens", posts, "administrator").json()["token"]
    after = site.district.recorded("/audits", found | {"projects": ["XM-2026-001"]}, "auditor")["position"]
    wide, narrow = site.visitor("auditor", language=language), site.visitor("auditor", language=language, width=390)
    for path in ("people", "people/p-clerk", "units", "units/street-a", "feed", "exports", "audits", "audits/2026-001"):
        light(wide, f"/pages/{path}?after={after}")
        accessible(wide)
        narrow.goto(f"/pages/{path}")
        fits(narrow)
    narrow.goto("/pages/units/street-a")
    expect(narrow.locator("svg.swim")).to_be_hidden()
    light(wide, "/pages/audits/new?act=request")
    accessible(wide)
    clerk = site.visitor("clerk", language=language)
    light(clerk, "/pages/audits/2026-001")
    accessible(clerk)
