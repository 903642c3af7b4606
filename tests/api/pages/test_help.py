"""Every page is explained, in both languages; whoever writes programs finds every operation."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

import api.pages
from api.pages.helping import TOPICS, about
from tests.api.pages.conftest import Site
from tests.api.pages.looking import accessible, light

TEMPLATES = Path(api.pages.__file__).parent / "templates"
NEED_NONE = {"sign_in.html", "code.html", "resume.html", "password.html", "authenticator.html", "problem.html", "help.html"}


def test_every_page_has_a_help_page():
    pages = {f.name for f in TEMPLATES.glob("*.html") if "extends" in f.read_text("utf-8").splitlines()[0]}
    assert {page for page in pages - NEED_NONE if about(page) is None} == set()


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
def test_the_help_pages_and_the_api_pages_are_accessible_and_light(site: Site, language: str):
    page = site.visitor("clerk", language=language)
    for path in ("/pages/help", "/pages/api", "/pages/api/record_project_funds"):
        light(page, path)
        accessible(page)
    for topic in TOPICS:
        answer = page.goto(f"/pages/help/{topic}")
        assert answer is not None
        assert answer.status == 200, topic


def test_every_operation_of_the_api_has_a_page(site: Site):
    page = site.visitor("clerk")
    page.goto("/pages/api")
    document = site.district.client.get("/openapi.json").json()
    operations = [o for methods in document["paths"].values() for o in methods.values()]
    expect(page.locator("main td:nth-child(2) a")).to_have_count(len(operations))
    page.goto("/pages/account")
    page.get_by_role("link", name="本页说明").click()
    expect(page.get_by_role("heading", name="我的账号")).to_be_visible()
