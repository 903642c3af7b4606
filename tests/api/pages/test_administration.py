"""The administrator's pages: accounts and tokens made, shown once, and ended; the district's settings."""

import re

import pytest
from playwright.sync_api import expect

from tests.api.pages.conftest import Site
from tests.api.pages.looking import accessible, fits, light


@pytest.mark.parametrize("scripts", [True, False])
def test_an_account_is_opened_given_a_second_post_reset_and_closed(site: Site, scripts: bool):
    page = site.visitor("administrator", scripts=scripts)
    page.goto("/pages/accounts")
    page.locator("select[name=person]").select_option("p-clerk")
    page.get_by_label(re.compile("用户名")).fill("clerk.a")
    page.locator("select[name=unit]").select_option("street-a")
    page.get_by_label("职务").fill("联系 13912345678")
    page.locator("select[name=role]").select_option("clerk")
    page.get_by_role("button", name="开通").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label(re.compile("用户名"))).to_have_value("clerk.a")

    page.get_by_label("职务").fill("科员")
    page.get_by_role("button", name="开通").click()
    once = page.locator("code.secret").inner_text()
    page.goto("/pages/accounts")
    assert once not in page.content()

    page.get_by_role("link", name="clerk.a").click()
    page.locator("select[name=unit]").select_option("street-b")
    page.get_by_label("职务").fill("帮办")
    page.locator("select[name=role]").select_option("clerk")
    page.get_by_role("button", name="增加").click()
    expect(page.get_by_role("status")).to_contain_text("已增加职务")
    page.get_by_role("button", name="停用").first.click()
    expect(page.get_by_role("status")).to_contain_text("已停用")
    page.get_by_role("button", name="换发一次性密码").click()
    assert page.locator("code.secret").inner_text() != once
    page.get_by_role("button", name="关闭账号").click()
    expect(page.get_by_role("status")).to_contain_text("已关闭")


def test_a_token_is_made_within_scopes_shown_once_and_revoked(site: Site):
    page = site.visitor("administrator", scripts=False)
    page.goto("/pages/tokens")
    page.locator("select[name=person]").select_option("p-reader")
    page.locator("select[name=unit]").select_option("office")
    page.get_by_label("职务").fill("系统对接")
    page.locator("select[name=role]").select_option("reader")
    page.get_by_label("有效天数").fill("800")
    page.get_by_role("button", name="生成").click()
    expect(page.get_by_role("alert")).to_contain_text("366")
    page.get_by_label("有效天数").fill("30")
    page.get_by_label("查看数字").check()
    page.get_by_role("button", name="生成").click()
    token = page.locator("code.secret").inner_text()
    assert site.district.client.get("/portfolio", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    page.goto("/pages/tokens")
    page.locator("tr", has_text="系统对接").get_by_role("button", name="撤销").click()
    expect(page.get_by_role("status")).to_contain_text("已撤销")
    assert site.district.client.get("/portfolio", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_whoever_keeps_no_accounts_is_told_so_and_sees_no_way_there(site: Site):
    page = site.visitor("clerk")
    page.goto("/pages/accounts")
    expect(page.get_by_role("heading", name="无权查看或办理")).to_be_visible()
    expect(page.get_by_role("link", name="令牌")).to_have_count(0)


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
def test_the_administrators_pages_are_accessible_light_and_fit(site: Site, language: str):
    page = site.visitor("administrator", language=language)
    for path in ("/pages/accounts", "/pages/tokens", "/pages/settings"):
        light(page, path)
        accessible(page)
    page.goto("/pages/accounts")
    page.get_by_role("link", name="administrator").first.click()
    accessible(page)
    narrow = site.visitor("administrator", language=language, width=390)
    for path in ("/pages/accounts", "/pages/tokens", "/pages/settings"):
        narrow.goto(path)
        fits(narrow)
