"""Each page beside the question behind it, with the demonstration district whole; and when its reader sees something."""

import statistics
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.access.sessions import COOKIE
from api.app import create_app
from api.demo.filling import SEED, SIZE, fill, write
from api.services import Services, over
from domain.entry import Role
from projections.runner import Projecting
from store.database import opened
from store.evidence import Folder
from store.holders import Serving
from tests.api.pages.conftest import SIGNED_ON, launched, serving
from tests.projections.worlds import projector

pytestmark = pytest.mark.bench
ROUNDS = 15
PAGES = {
    "/pages/portfolio": ("/portfolio", "/portfolio/stages", "/portfolio/attention", "/portfolio/changes?{moved}"),
    "/pages/portfolio/compare?{moved}": ("/portfolio/changes?{moved}",),
    "/pages/projects": ("/portfolio/projects?limit=50&choices=true",),
    "/pages/projects/{code}": ("/projects/{code}", "/projects/{code}/timeline"),
    "/pages/projects/{code}/compare?{moved}": ("/projects/{code}/changes?{moved}",),
    "/pages/projects/{code}/replay": ("/projects/{code}/replay?limit=30",),
    "/pages/entries/{code}/1": ("/streams/{code}/entries/1",),
    "/pages/month/2026-09": ("/periods/2026-09",),
    "/pages/month/2026-09/street-pine": ("/periods/2026-09/returns/street-pine",),
    "/pages/people/dm-p003": ("/people/dm-p003", "/people/dm-p003/record"),
    "/pages/units/street-pine": ("/units/street-pine", "/units/street-pine/record"),
    "/pages/tasks": ("/tasks",),
    "/pages/feed": ("/entries?limit=40", "/units", "/people"),
    "/pages/settings": ("/district/settings", "/district/gates"),
    "/pages/calendar": ("/district/calendar",),
}
"""Each page and what it is about: the questions whose answers it shows, asked for one after another."""
LARGEST = """
() => new Promise(done => new PerformanceObserver(list => done(list.getEntries().at(-1).startTime))
    .observe({type: 'largest-contentful-paint', buffered: true}))
"""


@pytest.fixture
def whole(running: Services, database: str, tmp_path: Path) -> Iterator[Services]:
    """108 projects over two years."""
    with opened(database, size=8) as pools:
        services = over(pools, database, evidence=Folder(tmp_path))
        fill(services, write(SEED, date(2026, 10, 31), SIZE))
        with projector(database) as connection:
            Projecting(connection).catch_up()
        yield services


def reader(services: Services) -> str:
    account, _ = services.holders.make("leader", "dm-p006", [Serving("office", "领导", Role.LEADER)], password=False)
    opened_ = services.signing_in.sessions.open(account, services.holders.posts(account)[0].id, SIGNED_ON, "a bench")
    assert opened_ is not None
    return opened_.token


def test_a_page_takes_at_most_five_times_its_question(whole: Services):
    app = create_app(whole)
    token, code = reader(whole), whole.reading.labels("DM-")[0]
    headers = {"Cookie": f"{COOKIE}={token}", "Accept-Encoding": "gzip"}
    found: dict[str, tuple[float, float, int]] = {}
    words = {"code": code, "moved": "from_known=2026-06-30&to_known=2026-10-31"}
    with TestClient(app) as client:

        def asked(path: str) -> tuple[float, int]:
            begun = time.perf_counter()
            answer = client.get(path.format(**words), headers=headers)
            assert answer.status_code == 200, (path, answer.text[:300])
            return time.perf_counter() - begun, int(answer.headers["content-length"])

        for page, questions in PAGES.items():
            own: list[float] = []
            behind: list[float] = []
            for _ in range(ROUNDS):
                taken, size = asked(page)
                own.append(taken)
                behind.append(sum(asked(question)[0] for question in questions))
            found[page] = statistics.median(own), statistics.median(behind), size
    painted = {}
    with serving(app) as address, launched() as chromium:
        for page in PAGES:
            context = chromium.new_context(base_url=address, viewport={"width": 1280, "height": 900})
            secure = address.replace("http:", "https:")
            context.add_cookies([{"name": COOKIE, "value": token, "url": secure, "httpOnly": True}])
            tab = context.new_page()
            tab.goto(page.format(**words), wait_until="networkidle")
            painted[page] = float(tab.evaluate(LARGEST))
            context.close()
    print(f"\n{'page':<42}{'page ms':>9}{'JSON ms':>9}{'ratio':>7}{'KB':>7}{'LCP ms':>8}")
    for page, (took, asking, size) in found.items():
        ratio = took / asking
        print(f"{page:<42}{took * 1e3:>9.1f}{asking * 1e3:>9.1f}{ratio:>7.1f}{size / 1e3:>7.1f}{painted[page]:>8.0f}")
    assert {page: took / asking for page, (took, asking, _) in found.items() if took > 5 * asking} == {}
