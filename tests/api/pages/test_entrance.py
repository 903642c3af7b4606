"""Coming in: from the one-time password to a page, out again, and back to what had been filled in."""

import re
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from argon2 import PasswordHasher
from playwright.sync_api import Page, expect

from store import passwords
from tests.api.pages.conftest import Site
from tests.api.pages.looking import accessible, fits, light

PHRASE = "山高水长 风物长宜放眼量"


@pytest.fixture(autouse=True)
def _quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "HASHER", quick)
    monkeypatch.setattr(passwords, "DECOY", quick.hash("nobody's"))


def account(site: Site, role: str) -> str:
    """The one-time password of a new account of p-office."""
    posts = [{"unit": "office", "post": "科员", "role": role}]
    made = site.district.post("/accounts", {"username": "wang", "person": "p-office", "posts": posts}, "administrator")
    assert made.status_code == 201, made.text
    return str(made.json()["one_time_password"])


def sign_in(page: Page, password: str) -> None:
    page.get_by_label("用户名").fill("wang")
    page.get_by_label("密码", exact=True).fill(password)
    page.get_by_role("button", name="登录").click()


@pytest.mark.parametrize("scripts", [True, False])
def test_from_a_one_time_password_to_an_authenticator_and_where_one_was_going(site: Site, scripts: bool):
    once, page = account(site, "office"), site.visitor(scripts=scripts)
    page.goto("/pages/account")
    assert "/pages/sign-in?next=" in page.url

    sign_in(page, "不是这个")
    expect(page.get_by_role("alert")).to_contain_text("用户名与密码不符")
    sign_in(page, once)

    expect(page.get_by_role("heading", name="修改密码")).to_be_visible()
    page.get_by_label("现密码").fill(once)
    page.get_by_label("新密码", exact=True).fill(PHRASE)
    page.get_by_label("再输一次新密码").fill(PHRASE + "？")
    page.get_by_role("button", name="修改").click()
    expect(page.get_by_role("alert")).to_contain_text("不一致")
    page.get_by_label("现密码").fill(once)
    page.get_by_label("新密码", exact=True).fill(PHRASE)
    page.get_by_label("再输一次新密码").fill(PHRASE)
    page.get_by_role("button", name="修改").click()

    expect(page.get_by_role("heading", name="设置验证器")).to_be_visible()
    page.get_by_role("button", name="开始设置").click()
    expect(page.locator("svg.qr")).to_be_visible()
    page.locator("summary").click()
    uri = page.locator("code.long").inner_text()
    page.get_by_label("验证码").fill("000000")
    page.get_by_role("button", name="确认").click()
    expect(page.get_by_role("alert")).to_contain_text("验证码不对")
    page.get_by_label("验证码").fill(pyotp.TOTP(parse_qs(urlsplit(uri).query)["secret"][0]).now())
    page.get_by_role("button", name="确认").click()
    expect(page.locator("ul.codes li")).to_have_count(8)
    recovery = page.locator("ul.codes li").first.inner_text()
    page.get_by_role("link", name="已抄下，继续").click()
    expect(page.get_by_role("heading", name="我的账号")).to_be_visible()

    page.get_by_role("button", name="退出").click()
    page.goto("/pages/account")
    sign_in(page, PHRASE)
    page.get_by_label("验证码").fill(recovery)
    page.get_by_role("button", name="继续").click()
    expect(page.get_by_role("heading", name="我的账号")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_what_was_filled_in_when_a_session_had_ended_is_sent_after_signing_in_again(site: Site, scripts: bool):
    account(site, "clerk")
    assert site.district.services.signing_in.set_password("wang", PHRASE)
    page = site.visitor(scripts=scripts)
    page.goto("/pages/account")
    sign_in(page, PHRASE)
    page.goto("/pages/account/password")
    page.get_by_label("现密码").fill(PHRASE)
    for label in ("新密码", "再输一次新密码"):
        page.get_by_label(label, exact=True).fill(PHRASE + "。")
    for session in site.district.services.signing_in.sessions.of(None):
        site.district.services.signing_in.sessions.end(session.id)
    page.get_by_role("button", name="修改").click()

    expect(page.locator(".note")).to_contain_text("您填写的内容已保留")
    sign_in(page, PHRASE)
    page.get_by_role("button", name="继续提交").click()
    expect(page.get_by_role("status")).to_contain_text("密码已修改")


def test_a_form_of_another_session_or_another_page_is_refused(site: Site):
    page, other = site.visitor("clerk"), site.visitor("office")
    page.goto("/pages/account/password")
    other.goto("/pages/account/password")
    foreign = other.locator("main input[name=form_token]").get_attribute("value")
    elsewhere = page.locator("header input[name=form_token]").get_attribute("value")
    for token in (foreign, elsewhere, "AAAA", ""):
        page.goto("/pages/account/password")
        page.evaluate("token => document.querySelector('main input[name=form_token]').value = token", token)
        for label in ("现密码", "新密码", "再输一次新密码"):
            page.get_by_label(label, exact=True).fill("x")
        page.get_by_role("button", name="修改").click()
        expect(page.locator("main")).to_contain_text("表单令牌")


def test_the_language_is_chosen_once_and_only_pages_of_ours_are_come_back_to(site: Site):
    page = site.visitor("clerk", language="en-GB")
    page.goto("/pages/account")
    expect(page.get_by_role("heading", name="My account")).to_be_visible()
    page.get_by_role("link", name="中文").click()
    expect(page.get_by_role("heading", name="我的账号")).to_be_visible()
    for back in (
        "https://elsewhere.example/",
        "//elsewhere.example/pages/",
        "/pages//elsewhere.example",
        "/pages/\\elsewhere",
    ):
        page.goto(f"/pages/language?to=en&back={back}")
        assert page.url.startswith(site.address + "/pages/portfolio")


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
def test_the_entrance_is_accessible_light_and_fits_a_phone(site: Site, language: str):
    for who, path in ((None, "/pages/sign-in"), ("clerk", "/pages/account"), ("clerk", "/pages/nowhere")):
        page = site.visitor(who, language=language)
        light(page, path)
        accessible(page)
        fits(site.visitor(who, language=language, width=390)) if who is None else None


def test_a_page_says_where_it_may_load_from_and_that_no_code_stands_in_it(site: Site):
    page = site.visitor("clerk")
    answer = page.goto("/pages/account")
    assert answer is not None
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script(?![^>]* src=)|<style| style=| on\w+=", answer.text())
