"""A snapshot is reviewed on a page before it is recorded."""

import pytest
from playwright.sync_api import expect

from api.rest.examples import MAPPING
from tests.api.pages.conftest import Site
from tests.api.pages.looking import accessible, fits, light
from tests.api.test_imports_api import ROWS


@pytest.mark.parametrize("scripts", [True, False])
def test_a_snapshot_is_checked_shown_with_what_was_not_read_and_recorded_once(site: Site, scripts: bool):
    page, before = site.visitor("office", scripts=scripts), site.district.entries()
    page.goto("/pages/imports")
    file = {"name": "projects-2026-06.csv", "mimeType": "text/csv", "buffer": ROWS.encode()}
    page.get_by_label("或映射全文").fill("不是映射")
    page.get_by_label("快照文件").set_input_files(file)  # type: ignore[arg-type]
    page.get_by_role("button", name="核对（尚不记录）").click()
    expect(page.get_by_role("alert")).to_be_visible()

    page.get_by_label("或映射全文").fill(MAPPING)
    page.get_by_label("快照文件").set_input_files(file)  # type: ignore[arg-type]
    page.get_by_role("button", name="核对（尚不记录）").click()
    expect(page.locator("table").first).to_contain_text("不详")
    assert site.district.entries() == before
    if scripts:  # axe is one
        accessible(page)
    page.get_by_role("button", name="核对无误").click()
    expect(page.get_by_role("status")).to_contain_text("已导入")
    assert site.district.entries() > before
    recorded = site.district.entries()

    page.get_by_label("或映射全文").fill(MAPPING)
    page.get_by_label("快照文件").set_input_files(file)  # type: ignore[arg-type]
    page.get_by_role("button", name="核对（尚不记录）").click()
    expect(page.locator("main")).to_contain_text("没有需要记录的内容")
    assert site.district.entries() == recorded


def test_the_page_is_the_offices_and_is_accessible_light_and_fits(site: Site):
    for language in ("zh-CN", "en-GB"):
        page = site.visitor("office", language=language)
        light(page, "/pages/imports")
        accessible(page)
    narrow = site.visitor("office", width=390)
    narrow.goto("/pages/imports")
    fits(narrow)
    clerk = site.visitor("clerk")
    clerk.goto("/pages/imports")
    expect(clerk.get_by_role("heading", name="无权查看或办理")).to_be_visible()


@pytest.mark.parametrize(("language", "said"), [("zh-CN", "此处文字含个人信息"), ("en-GB", "this text holds personal data")])
def test_why_a_row_is_refused_is_told_in_the_readers_language(site: Site, language: str, said: str):
    page = site.visitor("office", language=language)
    page.goto("/pages/imports")
    rows = ROWS.replace("南湖公园", "南湖公园13912345678").encode()
    page.locator("textarea[name=text]").fill(MAPPING)
    page.locator("input[type=file]").set_input_files(
        {"name": "projects-2026-06.csv", "mimeType": "text/csv", "buffer": rows}
    )
    page.locator("form[enctype] button").click()
    expect(page.get_by_role("alert")).to_contain_text(said)
    name = page.get_by_role("heading", name="projects-2026-06.csv")
    assert name.evaluate("it => getComputedStyle(it, '::first-letter').textTransform") == "none", (
        "a name is as it was written"
    )
