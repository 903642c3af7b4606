"""What changed between two viewpoints, and what somebody did, against the questions they are made of."""

import random
import statistics
import time
from collections.abc import Callable
from datetime import date, timedelta

import psycopg
import pytest

from api.services import Services, over
from domain.entry import Actor, Entry, Role
from domain.project.responsibilities import Holder, ResponsibilityAssigned
from domain.questions.record import Party
from domain.settings import Settings
from domain.viewpoint import Viewpoint
from projections.questions.changes import Streams, project_changes
from projections.questions.portfolio import totals
from projections.questions.portfolio_changes import totals_moved
from projections.questions.record import RECORDED_BY, record
from projections.runner import make_tables
from store.database import as_role, opened
from store.recorder import ROWS
from tests.bench.measuring import show
from tests.bench.test_projections import FILL, STANDING, entries, everything, write

pytestmark = pytest.mark.bench


def timed(ask: Callable[[], object]) -> float:
    begun = time.perf_counter()
    ask()
    return time.perf_counter() - begun


def test_changes_of_one_project_against_one_status(running: Services, database: str):
    """A project of 100 entries in a mix; from half of them to all, and the last tenth; interleaved."""
    write(database, entries(1, 100))
    code, last = "XM-2026-000000", running.reading.head().position
    on = date(2026, 11, 1)
    now, half, lately = (Viewpoint(on, p) for p in (last, last // 2, last * 9 // 10))
    project, streams = running.questions.project, Streams(running.ledger.records, running.reading)
    ask: dict[str, Callable[[], object]] = {
        "one status": lambda: project.status(code, now),
        "changes, the last tenth": lambda: project_changes(streams, code, lately, now),
        "changes, the last half": lambda: project_changes(streams, code, half, now),
    }
    times: dict[str, list[float]] = {name: [] for name in ask}
    for _ in range(40):
        for name, do in ask.items():
            times[name].append(timed(do))
    ms = {name: statistics.median(each) * 1e3 for name, each in times.items()}
    show("changes of one project of 100 entries (median of 40)", ms, " ms")
    ratio = ms["changes, the last half"] / ms["one status"]
    lately_ratio = ms["changes, the last tenth"] / ms["one status"]
    show("ratios (bound 3)", {"half / status": ratio, "tenth / status": lately_ratio}, " ×")
    assert max(ratio, lately_ratio) <= 3


def test_changes_of_the_portfolio_over_a_million_facts_against_one_total(database: str):
    chance = random.Random(5)
    with psycopg.connect(as_role(database, "lifecycle_projector"), autocommit=True) as connection:
        with connection.transaction():
            make_tables(connection)
        connection.execute("INSERT INTO project SELECT n, 'XM-2026-' || n FROM generate_series(1, 10000) n")
        connection.execute("INSERT INTO term SELECT n, 'unit-' || n FROM generate_series(1, 40) n")
        connection.execute(STANDING.replace("%%", "%").encode())
        connection.execute(FILL, {"each": 100})
        for table in ("fact", "project", "term"):
            connection.execute(f"VACUUM (ANALYZE) {table}".encode())
    times: dict[str, list[float]] = {"one total": [], "changes": []}
    with opened(database, size=1) as pools, pools.reading.connection() as asking:
        for _ in range(15):
            one, two = (
                Viewpoint(date(2022, 6, 1) + timedelta(days=chance.randint(0, 1_500)), chance.randint(10_000, 1_000_000))
                for _ in range(2)
            )
            for viewpoint in (one, two):
                begun = time.perf_counter()
                totals(asking, viewpoint, "unit", "lead", "then", Settings())
                times["one total"].append(time.perf_counter() - begun)
            begun = time.perf_counter()
            totals_moved(asking, (one, Settings()), (two, Settings()), "unit", "lead", "then")
            times["changes"].append(time.perf_counter() - begun)
    ms = {name: statistics.median(each) * 1e3 for name, each in times.items()}
    show("changes of the portfolio over 1,000,000 facts (median of 15 random pairs)", ms, " ms")
    show("ratio (bound 3)", {"changes / one total": ms["changes"] / ms["one total"]}, " ×")
    assert ms["changes"] <= 3 * ms["one total"]


OFFICER = Actor(person="p-zhang", unit="street-a", post="科员", role=Role.UNIT, signed_in="token:bench")
OWN = ROWS + f"""WHERE {RECORDED_BY} >= 'p-zhang"'::bytea AND {RECORDED_BY} < 'p-zhang#'::bytea ORDER BY e.position"""


def by_the_officer(requests: list[list[Entry]]) -> list[list[Entry]]:
    """Every tenth project is led by one person, who recorded all of it."""
    return [request if n % 10 else [own(entry) for entry in request] for n, request in enumerate(requests)]


def own(entry: Entry) -> Entry:
    event = entry.event
    if isinstance(event, ResponsibilityAssigned):
        event = event.model_copy(update={"holder": Holder(person="p-zhang", unit="street-a")})
    return Entry(entry.number, event, entry.envelope.model_copy(update={"actor": OFFICER}))


def test_a_persons_whole_record_against_fetching_its_rows(database: str):
    """20,000 entries, 2,000 of them of one person who leads twenty of the projects."""
    write(database, by_the_officer(entries(200, 100)))
    with psycopg.connect(as_role(database, "lifecycle_projector"), autocommit=True) as connection:
        with connection.transaction():
            make_tables(connection)
        everything(connection)
        connection.execute(b"VACUUM (ANALYZE) fact")
    with psycopg.connect(database, autocommit=True) as administrator:
        administrator.execute("VACUUM (ANALYZE) district.entry")
    times: dict[str, list[float]] = {"its rows": [], "the whole record": []}
    with opened(database, size=2) as pools, pools.reading.connection() as asking:
        services = over(pools, database)
        records, viewpoint = services.ledger.records, Viewpoint(date(2026, 11, 1), 10**9)
        ask: dict[str, Callable[[], object]] = {
            "its rows": lambda: asking.execute(OWN.encode()).fetchall(),
            "the whole record": lambda: record(asking, records, Party(person="p-zhang"), viewpoint, Settings()),
        }
        for _ in range(15):
            for name, do in ask.items():
                times[name].append(timed(do))
        found = record(asking, records, Party(person="p-zhang"), viewpoint, Settings())
        assert (found.done[0].count > 1_700, len(found.held)) == (True, 20)
    ms = {name: statistics.median(each) * 1e3 for name, each in times.items()}
    show("a person's whole record: 2,000 of 20,000 entries (median of 15)", ms, " ms")
    show("ratio (bound 3)", {"record / rows": ms["the whole record"] / ms["its rows"]}, " ×")
    assert ms["the whole record"] <= 3 * ms["its rows"]
