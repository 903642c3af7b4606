"""At a real browser: recorded with a reason, corrected, approved; files attached; the same with and without scripts."""

from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from tests.api.conftest import P
from tests.api.pages.conftest import Site
from tests.api.pages.looking import accessible, fits, light

SLIP = b"%PDF-1.7\n%%EOF\n"
PROJECT = "/pages/projects/XM-2026-001/record"


@pytest.mark.parametrize("scripts", [True, False])
def test_what_is_irregular_is_recorded_with_its_reason_then_corrected_and_approved_by_another(site: Site, scripts: bool):
    page = site.visitor("clerk", scripts=scripts)
    page.goto("/pages/record")
    page.get_by_role("link", name="西湖里").click()
    page.get_by_role("link", name="资金到位").click()
    page.get_by_label("金额", exact=True).fill("５００")
    page.get_by_role("button", name="录入").last.click()
    expect(page.get_by_role("alert")).to_contain_text("发生日期")
    expect(page.get_by_label("金额", exact=True)).to_have_value("500")
    page.get_by_label("发生日期").fill("2026-01-08")
    page.get_by_label("进账单号").fill("JZ-7")
    page.get_by_role("button", name="先核对").click()
    expect(page.get_by_role("status")).to_contain_text("签约前资金到位")
    page.get_by_role("button", name="录入").last.click()
    expect(page.get_by_role("alert")).to_contain_text("签约前资金到位")
    page.get_by_label("理由").fill("投资方提前汇入")
    page.get_by_role("button", name="录入").last.click()
    expect(page.get_by_role("status")).to_contain_text("已记录")

    page.get_by_role("link", name="更正").click()
    page.locator("tr", has_text="资金到位").get_by_role("link").click()
    page.get_by_label("进账单号").fill("JZ-8")
    page.get_by_role("button", name="录入").last.click()
    expect(page.get_by_role("alert")).to_contain_text("事由")
    expect(page.locator("form.record .changed")).to_contain_text("JZ-7")
    page.get_by_label("事由").fill("抄错")
    page.get_by_role("button", name="先核对").click()
    expect(page.locator("tr.differs")).to_contain_text("JZ-8")
    page.get_by_role("button", name="录入").last.click()
    expect(page.get_by_role("status")).to_contain_text("已记录")

    office = site.visitor("office", scripts=scripts)
    office.goto("/pages/approvals")
    expect(office.locator("tr.differs")).to_contain_text("JZ-7")
    office.get_by_role("button", name="不予批准").click()
    expect(office.get_by_role("alert")).to_contain_text("缺少必填项")
    office.get_by_label("批准说明").fill("属实")
    office.get_by_role("button", name="予以批准").click()
    expect(office.get_by_role("status")).to_contain_text("已记录")
    expect(office.locator("main")).to_contain_text("没有待批的事项")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_file_is_uploaded_attached_and_withdrawn_and_what_is_not_taken_is_said(site: Site, scripts: bool):
    page = site.visitor("clerk", scripts=scripts)
    page.goto("/pages/record/about/XM-2026-001/3/evidence")
    page.get_by_role("button", name="上传并附上").click()
    expect(page.get_by_role("alert")).to_contain_text("请先选择文件")
    page.get_by_label("要附的文件").set_input_files({"name": "x.exe", "mimeType": "application/x", "buffer": b"MZ"})
    page.get_by_role("button", name="上传并附上").click()
    expect(page.get_by_role("alert")).to_contain_text("Windows")
    large = {"name": "进账单.pdf", "mimeType": "application/pdf", "buffer": SLIP + b"%" * 3_000_000}
    page.get_by_label("类型").select_option("bank_slip")
    page.get_by_label("要附的文件").set_input_files(large)  # type: ignore[arg-type]
    page.get_by_role("button", name="上传并附上").click()
    expect(page.get_by_role("status")).to_contain_text("已记录")
    expect(page.get_by_role("link", name="进账单.pdf")).to_be_visible()
    page.get_by_label("撤下的事由").fill("附错")
    page.get_by_role("button", name="撤下").click()
    expect(page.locator("main")).to_contain_text("尚未附文件")


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
def test_the_pages_of_recording_are_accessible_light_and_fit_a_phone(site: Site, language: str):
    name = "<b onclick=x>粗</b>😀" + "长" * 200
    site.district.recorded("/projects", {"occurred_on": "2026-01-03", "name": name, "lead_unit": "street-a"})
    wrong = {"target": 3, "because": "<script>x</script>"}
    site.district.recorded(f"{P}/annulments", wrong, "clerk")
    site.district.recorded("/periods", {"occurred_on": "2026-10-01", "code": "2026-09", "deadline": "2026-12-31"})
    for who, path in (
        ("clerk", "/pages/periods/2026-09/record/returns?act=submit"),
        ("clerk", "/pages/record"),
        ("clerk", PROJECT),
        ("clerk", f"{PROJECT}/funds?act=receive"),
        ("clerk", f"{PROJECT}/corrections"),
        ("clerk", "/pages/record/about/XM-2026-001/3/corrections"),
        ("clerk", "/pages/record/about/XM-2026-001/3/evidence"),
        ("office", f"{PROJECT}/plans?act=adopt"),
        ("office", "/pages/district/record/settings"),
        ("office", "/pages/approvals"),
        ("office", "/pages/record/sheet"),
    ):
        page = site.visitor(who, language=language)
        light(page, path)
        accessible(page)
        page.set_viewport_size({"width": 390, "height": 800})
        fits(page)
        expect(page.locator("main b[onclick], main script")).to_have_count(0)


def test_the_keyboard_alone_records_and_enter_records_instead_of_adding_places(site: Site):
    page = site.visitor("clerk")
    page.goto(f"{PROJECT}/responsibilities?act=hand_over")
    page.get_by_label("发生日期").fill("2026-03-01")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("责任角色")
    page.goto(f"{PROJECT}/jobs")
    page.get_by_label("发生日期").fill("2026-03-01")
    page.get_by_label("就业人数").fill("12")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("XM-2026-001#5")


def test_a_label_of_another_stream_or_a_noun_that_is_none_is_not_found(site: Site):
    page = site.visitor("clerk")
    for path in (
        "about/XM-2026-999/1/corrections",
        "about/XM-2026-001/1/funds",
        "new/funds",
        f"about/{quote('unit:nowhere')}/1/corrections",
    ):
        answer = page.goto(f"/pages/record/{path}")
        assert answer is not None
        assert answer.status == 404, path


def test_links_that_bear_a_viewpoint_lead_to_forms_about_what_stands_now(site: Site):
    page = site.visitor("clerk")
    for path in (
        "/pages/record",
        PROJECT,
        f"{PROJECT}/jobs",
        "/pages/record/about/XM-2026-001/3/corrections",
        "/pages/record/sheet",
    ):
        answer = page.goto(f"{path}?on=2026-01-02&known=%401")
        assert answer is not None
        assert answer.status == 200, path
