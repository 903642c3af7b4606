"""At ten times the entries: what each figure of docs/performance.md keeps, both sizes asked in turns (bound 0.80)."""

import random
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import date, timedelta
from pathlib import Path

import psycopg
import pytest

from api.services import Services, over
from domain.entry import Source
from domain.questions.record import Party
from domain.settings import Settings
from domain.viewpoint import Viewpoint
from projections.questions.across import Wanted, shared
from projections.questions.changes import Streams, project_changes
from projections.questions.portfolio import totals
from projections.questions.portfolio_changes import totals_moved
from projections.questions.record import record
from projections.questions.table import WantedTable, table
from projections.runner import Projecting, make_tables
from store.backup import Source as Kept
from store.backup import take
from store.database import as_role, opened
from store.evidence import Folder
from store.tools import tools
from tests.bench.measuring import show
from tests.bench.test_append import _new, a_project_with_ten_entries, funds
from tests.bench.test_backup import fill
from tests.bench.test_projections import FILL, STANDING, TYPED, TYPED_ACROSS, VOUCHERS, _shifted, entries, write
from tests.bench.test_replay import OWN, by_the_officer
from tests.bench.test_table import NAMES
from tests.bench.test_table import TYPED as COUNTED
from tests.conftest import cloned
from tests.given import WANG, command
from tests.store.rows import recorder, request

pytestmark = [pytest.mark.bench, pytest.mark.timeout(2_400)]
SIZES = {"once": 1, "ten times": 10}
KEEPS = 0.80
API = Source(door="api")
Ask = Callable[[], object]


@pytest.fixture
def pair(server: str, template: str) -> Iterator[dict[str, str]]:
    """Two databases, by size."""
    with ExitStack() as stack:
        yield {size: stack.enter_context(cloned(server, template)) for size in SIZES}


def kept(title: str, asked: Mapping[str, Mapping[str, Ask]], rounds: int, against: Mapping[str, str] | None = None) -> None:
    """Asks everything at both sizes in turns; `against` names the reference of a figure that is a ratio, at its own size."""
    times: dict[tuple[str, str], list[float]] = {}
    for turn in range(rounds + 1):
        for name in asked["once"]:
            for size in SIZES:
                begun = time.perf_counter()
                asked[size][name]()
                if turn:  # the first warms up
                    times.setdefault((size, name), []).append(time.perf_counter() - begun)
    middle = {key: statistics.median(each) for key, each in times.items()}
    references = dict(against or {})
    found = {}
    for name in asked["once"]:
        if name in references.values() and name not in references:
            continue
        seen = [middle[size, name] / (middle[size, references[name]] if name in references else 1) for size in SIZES]
        found[name] = seen[0] / seen[1]
    show(f"{title}: ms at once and ten times", {f"{name}, {size}": ms * 1e3 for (size, name), ms in middle.items()}, " ms")
    show(f"kept (bound {KEEPS})", found, "")
    assert {name: ratio for name, ratio in found.items() if ratio < KEEPS} == {}


@contextmanager
def a_service(database: str) -> Iterator[Services]:
    with opened(database, size=2) as pools:
        services = over(pools, database)
        unit = command("units", {"occurred_on": "2026-01-01", "code": "street-a", "name": "甲街道"}, "unit")
        services.ledger.record(None, unit, by=WANG, source=API)
        yield services


def test_a_ledger_of_a_million_entries_beside_one_of_a_hundred_thousand(pair: dict[str, str]):
    """Appending, recording, catching up, one project's status and changes, a person's record."""
    with ExitStack() as stack:
        asked = {size: asks_of_a_ledger(stack, database, SIZES[size]) for size, database in pair.items()}
        kept("the ledger", asked, 15)


def asks_of_a_ledger(stack: ExitStack, database: str, parts: int) -> dict[str, Ask]:
    for part in range(parts):
        mixed = entries(1_000, 100, part + 1)
        write(database, _shifted(by_the_officer(mixed) if part == 0 else mixed, part), part * 1_000)
    services = stack.enter_context(a_service(database))
    projecting = stack.enter_context(psycopg.connect(as_role(database, "lifecycle_projector"), autocommit=True))
    with projecting.transaction():
        make_tables(projecting)
    runner = Projecting(projecting)
    runner.catch_up()
    with psycopg.connect(database, autocommit=True) as administrator:
        administrator.execute("VACUUM (ANALYZE) district.entry")
        projecting.execute(b"VACUUM (ANALYZE) fact")
    own, streams = recorder(services.database), iter(range(10**9))
    projects = iter([a_project_with_ten_entries(services) for _ in range(900)])
    like = services.reading.stream(services.reading.labels("XM-2026-")[0])[0]
    runner.catch_up()
    paid, code, last = command("funds", funds(99)), "XM-2030-000000", services.reading.head().position
    now, then = Viewpoint(date(2026, 11, 1), last), Viewpoint(date(2026, 11, 1), 50)
    status, lives = services.questions.project, Streams(services.ledger.records, services.reading)
    asking = stack.enter_context(services.database.reading.connection())
    whose = Party(person="p-zhang")

    def append() -> None:
        for _ in range(50):
            own.insert_events([_new(next(streams), like)], request=request())

    def record_() -> None:
        for _ in range(50):
            services.ledger.record(next(projects), paid, by=WANG, source=API)

    def repeated(ask: Ask, times: int) -> Ask:
        return lambda: [ask() for _ in range(times)]

    return {
        "the recorder": append,
        "ledger.record": record_,
        "catching up": lambda: runner.catch_up(),
        "one status": repeated(lambda: status.status(code, now), 10),
        "changes of one project": repeated(lambda: project_changes(lives, code, then, now), 10),
        "rows of one person": lambda: asking.execute(OWN.encode()).fetchall(),
        "a person's record": lambda: record(asking, services.ledger.records, whose, now, Settings()),
    }


def test_ten_million_facts_beside_one_million(pair: dict[str, str]):
    """Totals, what moved them, the list, what crosses projects: each against a plain query over the same rows."""
    with ExitStack() as stack:
        asked = {size: asks_of_facts(stack, database, SIZES[size]) for size, database in pair.items()}
        against = {
            "totals by unit": "plain GROUP BY",
            "changes of the portfolio": "totals by unit",
            "the list by code": "the list counted",
            "the list by funds": "plain GROUP BY",  # it sums the same rows
            "what crosses projects": "plain GROUP BY of vouchers",
        }
        kept("read models", asked, 7, against)


def asks_of_facts(stack: ExitStack, database: str, size: int) -> dict[str, Ask]:
    own = stack.enter_context(psycopg.connect(as_role(database, "lifecycle_projector"), autocommit=True))
    with own.transaction():
        make_tables(own)
    own.execute("INSERT INTO project SELECT n, 'XM-2026-' || n FROM generate_series(1, 10001) n")
    own.execute("INSERT INTO term SELECT n, 'unit-' || n FROM generate_series(1, 40) n")
    own.execute(STANDING.replace("%%", "%").encode())
    own.execute(FILL.replace("10 + n, 10 + n", "9000 + n, 9000 + n"), {"each": 100 * size})  # numbers that no other fact has
    vouchers = VOUCHERS.replace("%%", "%").replace("200 + n, 200 + n", "5000 + n, 5000 + n")
    own.execute(vouchers.replace("(1, 50)", f"(1, {50 * size})").encode())
    own.execute(NAMES)
    for name in ("fact", "project", "term"):
        own.execute(f"VACUUM (ANALYZE) {name}".encode())
    asking = stack.enter_context(stack.enter_context(opened(database, size=1)).reading.connection())
    chance, rules = random.Random(5), Settings()

    def somewhere() -> Viewpoint:
        return Viewpoint(date(2022, 6, 1) + timedelta(days=chance.randint(0, 1_500)), chance.randint(10_000, 1_000_000))

    def listed(**wanted: object) -> Ask:
        return lambda: table(asking, somewhere(), WantedTable(limit=50, **wanted), rules, newest=False)  # type: ignore[arg-type]

    return {
        "plain GROUP BY": lambda: own.execute(TYPED.encode()).fetchall(),
        "totals by unit": lambda: totals(asking, somewhere(), "unit", "lead", "then", rules),
        "changes of the portfolio": lambda: totals_moved(
            asking, (somewhere(), rules), (somewhere(), rules), "unit", "lead", "then"
        ),
        "the list counted": lambda: own.execute(COUNTED.encode()).fetchall(),
        "the list by code": listed(),
        "the list by funds": listed(sort="received", down=True),
        "plain GROUP BY of vouchers": lambda: own.execute(TYPED_ACROSS.encode()).fetchall(),
        "what crosses projects": lambda: shared(asking, somewhere(), Wanted(limit=100_000)),
    }


def test_a_backup_of_a_million_entries_beside_one_of_a_hundred_thousand(pair: dict[str, str], tmp_path: Path):
    asked: dict[str, dict[str, Ask]] = {}
    for size, database in pair.items():
        fill(database, 100_000 * SIZES[size])
        asked[size] = asks_of_a_backup(database, tmp_path)
    kept("a backup", asked, 3, {"backup": "pg_dump"})


def asks_of_a_backup(database: str, folder: Path) -> dict[str, Ask]:
    with psycopg.connect(database) as connection:
        chosen = tools(database, connection.info.server_version // 10_000)
    assert chosen.folder is not None
    named = [f"--table=district.{table}" for table in ("entry", "stream", "request")]
    dumped = [str(chosen.folder / "pg_dump"), *named, f"--dbname={database}", f"--file={folder / 'reference'}"]

    def backup() -> None:
        taken = take(Kept(database, "district", chosen, Folder(folder / "none"), {}), folder)
        subprocess.run(["rm", "-r", str(taken.folder)], check=True)

    return {"pg_dump": lambda: subprocess.run(dumped, check=True), "backup": backup}
