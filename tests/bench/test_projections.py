"""Catching up against the library's own runner, and totals against a plain GROUP BY typed in psql."""

import gc
import random
import statistics
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from domain.entry import Actor, Entry, Envelope, Role, Source
from domain.judgement import Approved, CorrectionProposed
from domain.project.construction import ProgressReported
from domain.project.funds import FundsReceived
from domain.project.intake import ProjectEntered
from domain.project.jobs import JobsHeld
from domain.project.responsibilities import Holder, ResponsibilityAssigned
from domain.project.signings import Signed
from domain.project.taxes import TaxPaid
from domain.settings import Settings
from domain.values import Money, Period
from domain.viewpoint import Viewpoint
from projections.facts import FactsHandler
from projections.questions.across import Wanted, shared
from projections.questions.portfolio import totals
from projections.runner import Projecting, make_tables
from store.database import as_role, opened
from store.mapper import EntryMapper
from store.reading import entries_after
from store.recorder import Recorder, Request
from tests.bench.measuring import show

pytestmark = pytest.mark.bench
BY = Actor(person="p-wang", unit="office", post="科员", role=Role.OFFICE, signed_in="token:bench")


def yuan(amount: int) -> Money:
    from decimal import Decimal

    return Money(amount=Decimal(amount), currency="CNY")


def entries(projects: int, each: int, seed: int = 1) -> list[list[Entry]]:
    """A realistic mix, 5 % corrections with their approvals among it, in requests of one project's turn."""
    chance = random.Random(seed)
    requests: list[list[Entry]] = []
    position = 0
    for project in range(projects):
        label = f"XM-2026-{project:06d}"
        events: list[Any] = [
            ProjectEntered(occurred_on=date(2024, 1, 1), name=f"项目{project}", category=f"类{project % 7}"),
            ResponsibilityAssigned(
                occurred_on=date(2024, 1, 1), role="lead_unit", holder=Holder(unit=f"unit-{project % 20}")
            ),
            Signed(occurred_on=date(2024, 1, 5), level="contract", counterparty="甲", agreed=yuan(10**8)),
        ]
        while len(events) < each:
            day = date(2024, 2, 1) + timedelta(days=chance.randint(0, 800))
            turn = chance.random()
            if turn < 0.05 and len(events) + 2 <= each:
                target = chance.choice([n for n, e in enumerate(events, 1) if isinstance(e, FundsReceived)] or [0])
                if target:
                    reads = FundsReceived(occurred_on=day, amount=yuan(chance.randint(1, 999)), voucher=f"C{len(events)}")
                    events.append(CorrectionProposed(target=target, replaces=target, reads=reads, reason="笔误"))
                    events.append(Approved(proposal=len(events)))
                    continue
            if turn < 0.55:
                events.append(FundsReceived(occurred_on=day, amount=yuan(chance.randint(1, 999)), voucher=f"V{len(events)}"))
            elif turn < 0.75:
                period = Period(since=day, until=day)
                events.append(TaxPaid(occurred_on=day, period=period, total=yuan(chance.randint(1, 99))))
            elif turn < 0.9:
                period = Period(since=day, until=day)
                events.append(ProgressReported(occurred_on=day, period=period, invested=yuan(chance.randint(1, 99))))
            else:
                events.append(JobsHeld(occurred_on=day, count=chance.randint(0, 500)))
        made = []
        for number, event in enumerate(events, 1):
            position += 1
            envelope = Envelope(
                id=UUID(int=position), stream=label, actor=BY, request=UUID(int=position), source=Source(door="api")
            )
            made.append(Entry(number, event, envelope))
        requests.append(made)
    return requests


def write(database: str, requests: list[list[Entry]], base: int = 0) -> int:
    mapper = EntryMapper()
    with opened(database, size=1) as pools:
        recorder = Recorder(pools.writing, pools.reading)
        for number, made in enumerate(requests, base + 1):
            rows = [mapper.to_stored_event(e) for e in made]
            recorder.insert_events(rows, request=Request(UUID(int=number), "bench", str(number), b""))
    return sum(len(r) for r in requests)


def test_catching_up_on_100_000_entries(database: str):
    total = write(database, entries(1_000, 100))
    rates: dict[str, list[float]] = {"facts": [], "all": []}
    with psycopg.connect(as_role(database, "lifecycle_projector"), autocommit=True) as connection:
        with connection.transaction():
            make_tables(connection)
        for _ in range(3):
            for name, catch_up in (("facts", facts_alone), ("all", everything)):
                for table in ("fact", "project", "term", "current"):
                    connection.execute(f"TRUNCATE {table}".encode())
                connection.execute("UPDATE progress SET position = 0")
                begun = time.perf_counter()
                catch_up(connection)
                rates[name].append(total / (time.perf_counter() - begun))
    facts, both = statistics.median(rates["facts"]), statistics.median(rates["all"])
    stock = stock_runner(database, 4_000)
    found = {"facts": facts, "all read models": both, "stock runner, one trivial table": stock}
    ratios = {"facts / stock (bound 15)": facts / stock, "all / stock (bound 8)": both / stock}
    show(f"catching up on {total:,} entries, 5 % corrections", found)
    show("ratios", ratios, " ×")
    assert ratios["facts / stock (bound 15)"] >= 15
    assert ratios["all / stock (bound 8)"] >= 8


def facts_alone(connection: psycopg.Connection) -> None:
    handler, position = FactsHandler(connection), 0
    while rows := entries_after(connection, position, 4_000):
        with connection.transaction():
            handler.handle(rows)
            connection.execute("UPDATE progress SET position = %s", (rows[-1].position,))
        position = rows[-1].position


def everything(connection: psycopg.Connection) -> None:
    Projecting(connection).catch_up()


def stock_runner(database: str, count: int) -> float:
    """Entries a second of eventsourcing's ProjectionRunner with its PostgreSQL recorders, on one trivial table."""
    script = Path(__file__).with_name("stock_runner.py")
    run = subprocess.run(
        [sys.executable, str(script), database, str(count)], capture_output=True, text=True, check=True, timeout=280
    )
    return float(run.stdout.split()[-1])


FILL = """
INSERT INTO fact
SELECT p, 10 + n, 10 + n, k.kind, k.measure, NULL,
       date '2022-01-01' + ((p * 7919 + n * 104729) %% 1800)::int, ((p * 31 + n * 17) %% 100000)::bigint * 100,
       p %% 30 + 1, NULL, NULL, p * 100 + n, CASE WHEN n %% 20 = 0 THEN p * 100 + n + 50 ELSE 9223372036854775807 END
FROM generate_series(1, 10000) AS p, generate_series(1, %(each)s) AS n,
     (VALUES (0, 4, 60, 30), (5, 6, 71, 40), (7, 8, 90, 80), (9, 9, 100, 100)) AS k (least, most, kind, measure)
WHERE n %% 10 BETWEEN k.least AND k.most
"""
STANDING = """
INSERT INTO fact
SELECT p, 1, 1, 1, 0, NULL::smallint, date '2021-12-01', 0, NULL::int, NULL::int, NULL::int, 1, 9223372036854775807
FROM generate_series(1, 10000) AS p
UNION ALL
SELECT p, 2, 2, 10, 0, 3, date '2021-12-01', NULL, p %% 30 + 1, NULL, NULL, 1, 9223372036854775807
FROM generate_series(1, 10000) AS p
UNION ALL
SELECT p, 3, 3, 11, side, 3, date '2024-06-01', NULL, (p + (1 - side) * 7) %% 30 + 1, NULL, NULL, 2, 9223372036854775807
FROM generate_series(1, 10000, 10) AS p, generate_series(0, 1) AS side
"""
TYPED = "SELECT unit, measure, sum(amount) FROM fact WHERE measure >= 10 GROUP BY 1, 2"


def test_portfolio_totals_by_unit_at_a_random_viewpoint_over_a_million_facts(database: str):
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
        plain: list[float] = []
        asked: list[float] = []
        current: list[float] = []
        with opened(database, size=1) as pools, pools.reading.connection() as asking:
            for _ in range(15):
                begun = time.perf_counter()
                connection.execute(TYPED.encode()).fetchall()
                plain.append(time.perf_counter() - begun)
                viewpoint = Viewpoint(
                    date(2022, 6, 1) + timedelta(days=chance.randint(0, 1_500)), chance.randint(10_000, 1_000_000)
                )
                begun = time.perf_counter()
                totals(asking, viewpoint, "unit", "lead", "then", Settings())
                asked.append(time.perf_counter() - begun)
                begun = time.perf_counter()
                totals(asking, Viewpoint(date(2027, 1, 1)), "unit", "lead", "then", Settings())
                current.append(time.perf_counter() - begun)
    for times in (plain, asked, current):
        times.sort()
    ms = {
        "plain GROUP BY": plain[7] * 1e3,
        "random viewpoint": asked[7] * 1e3,
        "now": current[7] * 1e3,
        "worst": asked[-1] * 1e3,
    }
    show("totals by unit over 1,000,000 facts of 10,000 projects (median of 15)", ms, " ms")
    show(
        "ratios",
        {"random viewpoint / GROUP BY (bound 3)": asked[7] / plain[7], "now / GROUP BY": current[7] / plain[7]},
        " ×",
    )
    assert asked[7] <= 3 * plain[7]


VOUCHERS = """
INSERT INTO fact
SELECT p, 200 + n, 200 + n, 60, 0, 1::smallint, date '2022-01-01' + ((p * 7919 + n * 104729) %% 1800)::int,
       hashint8extended(CASE WHEN p %% 100 = 0 AND n = 1 THEN (p + 1) * 1000 + 1 ELSE p * 1000 + n END, 7),
       NULL::int, NULL::int, NULL::int, p * 100 + n, 9223372036854775807
FROM generate_series(1, 10000) AS p, generate_series(1, 50) AS n
UNION ALL
SELECT p, 300 + k.sort, 300 + k.sort, k.kind, 6, k.sort, date '2022-01-01',
       hashint8extended(p * 10 + k.sort - (p %% 500 = 0)::int * 10, 9), NULL, NULL, NULL, p * 100, 9223372036854775807
FROM generate_series(1, 10000) AS p, (VALUES (40, 2), (40, 3), (50, 4), (1, 5), (1, 6)) AS k (kind, sort)
"""
TYPED_ACROSS = """
SELECT amount, count(DISTINCT project) FROM fact WHERE kind = 60 AND measure = 0
GROUP BY 1 HAVING count(DISTINCT project) > 1
"""


def test_what_crosses_projects_at_a_random_viewpoint_over_half_a_million_vouchers(database: str):
    chance = random.Random(5)
    with psycopg.connect(as_role(database, "lifecycle_projector"), autocommit=True) as connection:
        with connection.transaction():
            make_tables(connection)
        connection.execute("INSERT INTO project SELECT n, 'XM-2026-' || n FROM generate_series(1, 10001) n")
        connection.execute(FILL, {"each": 50})
        connection.execute(VOUCHERS.replace("%%", "%").encode())
        for table in ("fact", "project"):
            connection.execute(f"VACUUM (ANALYZE) {table}".encode())
        times: dict[str, list[float]] = {"plain GROUP BY": [], "the first page": [], "the whole": [], "one project": []}
        with opened(database, size=1) as pools, pools.reading.connection() as asking:
            for _ in range(15):
                viewpoint = Viewpoint(
                    date(2024, 6, 1) + timedelta(days=chance.randint(0, 1_000)), chance.randint(500_000, 2_000_000)
                )
                asked = {
                    "the first page": Wanted(limit=51),
                    "the whole": Wanted(limit=100_000),
                    "one project": Wanted(codes=["XM-2026-100"], limit=100_000),
                }
                begun = time.perf_counter()
                connection.execute(TYPED_ACROSS.encode()).fetchall()
                times["plain GROUP BY"].append(time.perf_counter() - begun)
                for name, wanted in asked.items():
                    begun = time.perf_counter()
                    shared(asking, viewpoint, wanted)
                    times[name].append(time.perf_counter() - begun)
            assert len(shared(asking, Viewpoint(date(2027, 1, 1)), Wanted(limit=100_000))) > 100
    ms = {name: statistics.median(each) * 1e3 for name, each in times.items()}
    show("what crosses 10,000 projects with 500,000 vouchers (median of 15)", ms, " ms")
    show("ratio", {"the whole / GROUP BY (bound 1.5)": ms["the whole"] / ms["plain GROUP BY"]}, " ×")
    assert ms["the whole"] <= 1.5 * ms["plain GROUP BY"]


def test_memory_of_a_rebuild_of_a_million_entries(database: str):
    """In a process of its own; ru_maxrss would begin with what this one holds, VmHWM does not."""
    for part in range(10):
        write(database, _shifted(entries(1_000, 100, part), part), part * 1_000)
        gc.collect()
    script = "import re, sys; from projections.rebuild import rebuild; print(rebuild(sys.argv[1]));" + (
        "print(int(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1]) / 1024)"
    )
    begun = time.perf_counter()
    run = subprocess.run([sys.executable, "-c", script, database], capture_output=True, text=True, check=True, timeout=280)
    position, peak = run.stdout.split()
    show(
        "rebuild of a million entries",
        {"entries": float(position), "seconds": time.perf_counter() - begun, "peak MB": float(peak)},
        "",
    )
    assert int(position) == 1_000_000
    assert float(peak) < 500


def _shifted(requests: list[list[Entry]], part: int) -> list[list[Entry]]:
    """The same again under other codes."""
    return [
        [
            Entry(e.number, e.event, e.envelope.model_copy(update={"stream": f"XM-{2030 + part}-{e.stream[8:]}"}))
            for e in request
        ]
        for request in requests
    ]
