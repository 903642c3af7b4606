"""A real server for the whole run, and for each test a database of its own, cloned from a migrated template."""

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from api.services import Services, over
from store.database import drop, opened
from store.evidence import Folder
from store.migrations import migrate
from store.server import Embedded
from tests.production import production

NUMBERS = itertools.count(1)
FAST = {"fsync": "off", "full_page_writes": "off"}
"""Of the server that most tests share: what a power cut would take is gone with it anyway, what a kill takes is not."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="also what takes minutes")
    parser.addoption("--bench", action="store_true", help="only the measurements")
    parser.addoption("--production", type=int, choices=[16, 18], help="against this PostgreSQL as it is in production")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    bench, long = config.getoption("--bench"), config.getoption("--long")
    kept = [
        i
        for i in items
        if (i.get_closest_marker("bench") is not None) == bench and (long or not i.get_closest_marker("long"))
    ]
    kept.sort(key=lambda item: "test_run.py" not in item.nodeid)  # the longest file first, or one waits for it at the end
    config.hook.pytest_deselected(items=[i for i in items if i not in kept])
    items[:] = kept


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What could not be looked at on this machine is said loudly, once each: a skipped test proves nothing."""
    skipped = terminalreporter.stats.get("skipped", ())
    for reason in sorted({str(report.longrepr[2]) for report in skipped if isinstance(report.longrepr, tuple)}):
        terminalreporter.write_line(f"NOT TESTED: {reason}", red=True, bold=True)


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest) -> Iterator[str]:
    """The administrator's address of a server: LIFECYCLE_DATABASE_URL's, or an embedded one of this run."""
    given = os.environ.get("LIFECYCLE_DATABASE_URL")
    with ExitStack() as stack:
        if (major := request.config.getoption("--production")) is not None:
            given = stack.enter_context(production(major, FAST))
        if given is None:
            home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lifecycle-test-")))
            embedded = Embedded(home, settings={} if request.config.getoption("--bench") else FAST)
            stack.callback(shutil.rmtree, embedded.place.root, ignore_errors=True)  # as root it is not below home
            given = stack.enter_context(embedded.used()).dsn("postgres")
        yield given


@pytest.fixture(scope="session")
def template(server: str) -> Iterator[str]:
    """The name of a migrated database nobody is connected to."""
    name = f"lifecycle_template_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
        migrate(make_conninfo(server, dbname=name))
        yield name
        drop(connection, name)


@contextmanager
def cloned(server: str, template: str) -> Iterator[str]:
    """The administrator's address of a copy of a database that nobody is connected to."""
    name = f"lifecycle_test_{os.getpid()}_{next(NUMBERS)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'.encode())
        yield make_conninfo(server, dbname=name)
        drop(connection, name)


@pytest.fixture
def origin(template: str) -> str:
    """The database that a test's own is a copy of."""
    return template


@pytest.fixture
def database(server: str, origin: str) -> Iterator[str]:
    """The administrator's address of a migrated database of this test's own."""
    with cloned(server, origin) as address:
        yield address


@pytest.fixture
def running(database: str, tmp_path: Path) -> Iterator[Services]:
    """The services over this test's database; nothing projects unless the test does."""
    with opened(database, size=8) as pools:
        yield over(pools, database, evidence=Folder(tmp_path / "evidence"))
