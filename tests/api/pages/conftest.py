"""A district on a real socket with its projections running, and people signed in at a real browser."""

import os
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, expect, sync_playwright

from api.access.sessions import COOKIE
from domain.entry import Role
from projections.runner import Runner
from store.holders import Serving
from tests.api.conftest import District

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((found for name in NAMES if (found := shutil.which(name))), None)
"""The shell without windows first: a tab costs a third."""
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update"]
SIGNED_ON = "oidc:https://sso.example"
"""A session made so waits for no second factor; signing in itself has tests of its own."""


@pytest.fixture(
    scope="module"
)  # and no longer: while playwright runs, nothing else in this thread may run a loop of its own
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None:
        missing = "chromium is not installed: no page was looked at (Debian/Ubuntu: apt install chromium)"
        if os.environ.get("LIFECYCLE_REQUIRE_BROWSER"):
            pytest.fail(missing)
        pytest.skip(missing)
    with launched() as browser:
        yield browser


@contextmanager
def launched() -> Iterator[Browser]:
    """The machine's own chromium, without a window."""
    expect.set_options(timeout=20_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Site:
    """`address` is where browsers find the district; whoever is signed in has an account and a session of their own."""

    district: District
    address: str
    browser: Browser

    def visitor(self, who: str | None = None, *, language: str = "zh-CN", scripts: bool = True, width: int = 1280) -> Page:
        """A browser of somebody's own, at no page yet: `who` as in `PEOPLE`, or nobody signed in."""
        context = self.browser.new_context(
            base_url=self.address, locale=language, java_script_enabled=scripts, viewport={"width": width, "height": 900}
        )
        context.set_default_timeout(30_000)  # a busy machine is slow, never wrong
        if who is not None:
            secure = self.address.replace("http:", "https:")  # or the name would be refused
            context.add_cookies([{"name": COOKIE, "value": self.session(who), "url": secure, "httpOnly": True}])
        return context.new_page()

    def session(self, who: str) -> str:
        """The token of a new session."""
        person, unit, role = PEOPLE[who]
        services = self.district.services
        account = next((a.id for a in services.holders.all() if a.username == who), None)
        if account is None:
            if person not in KNOWN:
                entered = {
                    "occurred_on": "2026-01-01",
                    "ref": person,
                    "name": f"姓名{person}",
                    "unit": unit,
                    "title": "科员",
                }
                self.district.recorded("/people", entered, "administrator")
            account, _ = services.holders.make(who, person, [Serving(unit, "科员", role)], password=False)
        opened = services.signing_in.sessions.open(account, services.holders.posts(account)[0].id, SIGNED_ON, "a test")
        assert opened is not None
        return opened.token


PEOPLE = {
    "office": ("p-office", "office", Role.OFFICE),
    "second": ("p-second", "office", Role.OFFICE),
    "clerk": ("p-clerk", "street-a", Role.CLERK),
    "head": ("p-head", "street-a", Role.HEAD),
    "neighbour": ("p-neighbour", "street-b", Role.CLERK),
    "bureau": ("p-bureau", "office", Role.BUREAU),
    "leader": ("p-leader", "office", Role.LEADER),
    "auditor": ("p-auditor", "office", Role.AUDITOR),
    "reader": ("p-reader", "office", Role.READER),
    "administrator": ("p-administrator", "office", Role.ADMINISTRATOR),
}
"""By user name: the person, unit and role of an account."""
KNOWN = ("p-office", "p-second", "p-clerk", "p-reader")
"""Who is in the ledger of the district that has begun; the others come in when they are asked for."""


@pytest.fixture
def site(district: District, app: FastAPI, chromium: Browser) -> Iterator[Site]:
    stop = threading.Event()
    runner = Runner(district.services.dsn, district.services.schema)
    projections = threading.Thread(target=runner.run, args=(stop,), daemon=True)
    projections.start()
    try:
        with serving(app) as address:
            yield Site(district, address, chromium)
    finally:
        for context in chromium.contexts:
            context.close()
        stop.set()
        projections.join(20)


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """The app on a real socket: its address."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False, lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
