"""Long work at a browser: how far it is, stopped with a button, left and come back to; with JavaScript and without it."""

from uuid import UUID

import psycopg
import pytest
from playwright.sync_api import Page, expect

from api.rest.examples import MAPPING
from domain.entry import Actor, Role
from tests.api.pages.conftest import Site
from tests.api.pages.looking import accessible, fits, light
from tests.api.test_imports_api import ROWS, sent

OFFICE = Actor(person="p-office", unit="office", post="科员", role=Role.OFFICE, signed_in="a test")
LONG = "项目名称,责任单位,计划竣工\n" + "".join(f"第{n}号综合开发工程,甲街道,2028-06-30\n" for n in range(1_500))


def going_on(site: Site) -> UUID:
    """Work that nobody does, so that a page may look at it for a while."""
    return site.district.services.works.begin(OFFICE, None, "import_snapshot", "projects-2026-06.csv", b"{}", trial=False).id


def check(page: Page, rows: str) -> None:
    page.goto("/pages/imports")
    page.get_by_label("或映射全文").fill(MAPPING)
    file = {"name": "projects-2026-06.csv", "mimeType": "text/csv", "buffer": rows.encode()}
    page.get_by_label("快照文件").set_input_files(file)  # type: ignore[arg-type]
    page.get_by_role("button", name="核对（尚不记录）").click()


@pytest.mark.parametrize("scripts", [True, False])
def test_the_page_renews_itself_and_becomes_the_review_when_the_work_has_ended(site: Site, scripts: bool):
    page, works, work = site.visitor("office", scripts=scripts), site.district.services.works, going_on(site)
    page.goto(f"/pages/work/{work}")
    expect(page.locator("#step")).to_have_text("排队等候")
    works.report(work, "compare", 3, 10)
    expect(page.locator("#count")).to_have_text("3 / 10")
    expect(page.locator("#step")).to_have_text("与台账逐个比较")
    expect(page.get_by_role("progressbar")).to_have_attribute("value", "3")
    token = page.locator("#stop input").get_attribute("value") or ""
    works.report(work, "record", None, 10, settled=True)
    origin = {"Origin": site.address}
    late = page.request.post(f"/pages/work/{work}/stop", form={"form_token": token}, headers=origin)
    assert "已开始写入台账，不能再取消。" in late.text()
    expect(page.locator("#count")).to_have_text("共 10 条")
    expect(page.get_by_role("button", name="取消")).to_be_hidden()
    works.end(work, 200, site.district.post("/imports?dry_run=true", sent()).content)
    expect(page.get_by_role("button", name="核对无误")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_real_comparison_is_stopped_with_a_button_and_nothing_is_recorded(site: Site, scripts: bool):
    page, before = site.visitor("office", scripts=scripts), site.district.entries()
    check(page, LONG)
    expect(page.locator("#count")).to_contain_text("/ 1,500")
    page.get_by_role("button", name="取消").click()
    expect(page.get_by_text("已取消，没有记录任何内容。")).to_be_visible()
    assert site.district.entries() == before
    page.goto("/pages/imports")
    expect(page.get_by_role("row", name="projects-2026-06.csv")).to_contain_text("已取消")


def test_whoever_leaves_finds_it_again_and_nobody_else_does(site: Site):
    page = site.visitor("office")
    check(page, ROWS)
    expect(page.get_by_role("button", name="核对无误")).to_be_visible()
    address = page.url
    page.goto("/pages/imports")
    page.get_by_role("link", name="projects-2026-06.csv").click()
    expect(page.get_by_role("button", name="核对无误")).to_be_visible()
    work = UUID(address.rpartition("/")[2])
    with psycopg.connect(site.district.services.dsn) as connection:
        table = f"{site.district.services.schema}.work"
        connection.execute(f"UPDATE {table} SET asked_at = asked_at - interval '25 hours' WHERE id = %s".encode(), (work,))
    page.get_by_role("button", name="核对无误").click()
    expect(page.get_by_role("alert")).to_have_text("核对结果只保留一天，请重新核对。")
    check(page, ROWS)
    expect(page.get_by_role("button", name="核对无误")).to_be_visible()
    address = page.url

    other = site.visitor("second")
    answer = other.goto(address)
    assert answer is not None
    assert answer.status == 404
    other.goto("/pages/imports")
    expect(other.get_by_role("link", name="projects-2026-06.csv")).to_have_count(0)


def test_every_state_is_accessible_light_and_fits(site: Site):
    works, work = site.district.services.works, going_on(site)
    works.report(work, "compare", 3, 10)
    for language in ("zh-CN", "en-GB"):
        page = site.visitor("office", language=language)
        page.goto(f"/pages/work/{work}")
        accessible(page)
        works.live([work])
    light(site.visitor("office", scripts=False), f"/pages/work/{work}")
    narrow = site.visitor("office", width=390)
    narrow.goto(f"/pages/work/{work}")
    fits(narrow)
    narrow.get_by_role("button", name="取消").press("Enter")
    expect(narrow.locator("#step")).to_have_text("正在停下…")
    works.end(work)
    expect(narrow.get_by_text("已取消，没有记录任何内容。")).to_be_visible()

    dead = going_on(site)
    works.report(dead, "record", None, 10, settled=True)
    works.end(dead)
    for language, told in (("zh-CN", "已记录的不会重复记录"), ("en-GB", "is not recorded twice")):
        page = site.visitor("office", language=language)
        light(page, f"/pages/work/{dead}")
        expect(page.get_by_role("alert")).to_contain_text(told)
        accessible(page)
