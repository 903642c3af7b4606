"""A file on its way to the service: how much of it has gone, and a button to stop; without JavaScript the browser tells."""

from io import BytesIO

import pytest
from openpyxl import Workbook
from playwright.sync_api import Page, expect

from tests.api.pages.conftest import Site
from tests.api.pages.looking import accessible, light

PDF = b"%PDF-1.4\n" + b"0123456789abcdef" * 60_000 + b"\n%%EOF\n"
EVIDENCE = "/pages/record/about/XM-2026-001/2/evidence"


def slowly(page: Page, rate: float) -> None:
    """So many bytes a second."""
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    conditions = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": rate}
    line.send("Network.emulateNetworkConditions", conditions)


def choose(page: Page, name: str, content: bytes) -> None:
    page.get_by_label("要附的文件").set_input_files({"name": name, "mimeType": "application/pdf", "buffer": content})
    page.get_by_label("类型").select_option(index=1)
    page.get_by_role("button", name="上传并附上").click()


def test_an_upload_shows_how_far_it_is_is_stopped_with_a_button_and_sent_again(site: Site):
    page, before = site.visitor("office"), site.district.entries()
    page.goto(EVIDENCE)
    slowly(page, 200_000)
    choose(page, "合同.pdf", PDF)
    expect(page.get_by_text("正在上传…")).to_be_visible()
    expect(page.locator("[data-upload] .count")).to_contain_text(" / 1.0 MB")
    accessible(page)
    page.get_by_role("button", name="取消上传").click()
    expect(page.get_by_text("已取消上传")).to_be_visible()
    expect(page.get_by_role("button", name="取消上传")).to_be_hidden()
    assert site.district.entries() == before

    slowly(page, -1)
    page.get_by_role("button", name="上传并附上").click()
    expect(page.locator(".done")).to_contain_text("已记录")
    expect(page.get_by_role("link", name="合同.pdf")).to_be_visible()
    assert site.district.entries() == before + 1


@pytest.mark.parametrize("scripts", [True, False])
def test_what_is_refused_is_told_on_the_page_and_the_next_file_is_taken(site: Site, scripts: bool):
    page, before = site.visitor("office", scripts=scripts), site.district.entries()
    page.goto(EVIDENCE)
    choose(page, "合同.pdf", b"MZ no document at all")
    expect(page.get_by_role("alert")).to_be_visible()
    assert site.district.entries() == before
    choose(page, "合同.pdf", PDF)
    expect(page.get_by_role("link", name="合同.pdf")).to_be_visible()
    assert site.district.entries() == before + 1


def test_a_sheet_that_is_wrong_comes_back_and_the_pages_stay_light(site: Site):
    page = site.visitor("office")
    for path in (EVIDENCE, "/pages/record/sheet"):
        light(page, path)
    page.get_by_label("表格文件").set_input_files({"name": "x.xlsx", "mimeType": "", "buffer": b"PK\x03\x04 cut short"})
    page.get_by_role("button", name="核对").click()
    expect(page.get_by_role("alert")).to_be_visible()
    book, made = Workbook(), BytesIO()
    book.save(made)
    page.get_by_label("表格文件").set_input_files({"name": "x.xlsx", "mimeType": "", "buffer": made.getvalue()})
    page.get_by_role("button", name="核对").click()
    expect(page.get_by_role("alert")).to_be_visible()
