"""The list of 10,000 projects as a table, with figures: each of its questions against a plain count of the same list."""

import random
import statistics
import time
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial

import psycopg
import pytest

from domain.settings import Settings
from domain.viewpoint import ALL_POSITIONS, Viewpoint
from projections.current import reckon
from projections.questions.attention import concerned
from projections.questions.stages import stood
from projections.questions.table import WantedTable, choices, table
from projections.runner import make_tables
from store.database import as_role, opened
from tests.bench.measuring import show
from tests.bench.test_projections import FILL, STANDING

pytestmark = pytest.mark.bench
NAMES = """
INSERT INTO term SELECT 1000 + n, '项目' || n || (ARRAY['西湖里', '长兴坊', '重阳街', '银行路'])[n % 4 + 1] || '综合开发工程'
FROM generate_series(1, 10000) AS n;
INSERT INTO term SELECT 100 + n, '类' || n FROM generate_series(1, 7) AS n;
INSERT INTO fact
SELECT p, 1, 1, 1, 2, NULL::smallint, date '2021-12-01', NULL::bigint, NULL::int, NULL::int, 1000 + p, 1, 9223372036854775807
FROM generate_series(1, 10000) AS p
UNION ALL
SELECT p, 1, 1, 1, 4, NULL, date '2021-12-01', NULL, NULL, NULL, 101 + p % 7, 1, 9223372036854775807
FROM generate_series(1, 10000) AS p
UNION ALL
SELECT p, 1000 + n, 1000 + n, (ARRAY[20, 30, 50, 70])[n], 0, NULL::smallint, date '2022-01-01' + n * 150 + p % 90, n, NULL,
       NULL, NULL, 2, 9223372036854775807
FROM generate_series(1, 10000) AS p, generate_series(1, 4) AS n
UNION ALL
SELECT p, 2000, 2000, 120, 8, 1, date '2022-01-01', date '2023-09-01' - date '0001-01-01', NULL, NULL, NULL, 2,
       9223372036854775807
FROM generate_series(1, 10000, 3) AS p
"""
TYPED = "SELECT stage, count(*) FROM listed('2026-06-01', 900000, NULL) GROUP BY 1"


def test_the_table_of_ten_thousand_projects_with_a_million_facts(database: str):
    chance = random.Random(5)
    with psycopg.connect(as_role(database, "lifecycle_projector"), autocommit=True) as connection:
        with connection.transaction():
            make_tables(connection)
        connection.execute("INSERT INTO project SELECT n, 'XM-2026-' || n FROM generate_series(1, 10000) n")
        connection.execute("INSERT INTO term SELECT n, 'unit-' || n FROM generate_series(1, 40) n")
        connection.execute(STANDING.replace("%%", "%").encode())
        connection.execute(FILL, {"each": 100})
        connection.execute(NAMES)
        for name in ("fact", "project", "term"):
            connection.execute(f"VACUUM (ANALYZE) {name}".encode())
        today = date(2026, 11, 26)
        reckon(connection, range(1, 10_001), today, ALL_POSITIONS)
        connection.execute("VACUUM (ANALYZE) current")
        found: dict[str, list[float]] = {}
        rules = Settings(recognising={"received": ("unit-1",)})

        def timed(name: str, asked: Callable[[], object]) -> None:
            begun = time.perf_counter()
            assert asked()
            found.setdefault(name, []).append(time.perf_counter() - begun)

        with opened(database, size=1) as pools, pools.reading.connection() as asking:
            for _ in range(5):
                now = Viewpoint(today, ALL_POSITIONS)
                then = Viewpoint(
                    date(2024, 6, 1) + timedelta(days=chance.randint(0, 900)), chance.randint(500_000, 1_000_000)
                )
                timed("the list at a viewpoint, counted in psql", lambda: connection.execute(TYPED).fetchall())
                for when, at, newest in (("now", now, True), ("then", then, False)):
                    for said, wanted in (
                        ("by code", WantedTable(limit=50)),
                        ("by funds received", WantedTable(limit=50, sort="received", down=True)),
                        ("found by initials", WantedTable(limit=50, q="xhlzh")),
                        ("the last page", WantedTable(limit=50, skip=9_950, sort="name")),
                        ("1,000 rows to take away", WantedTable(limit=1_000, skip=4_000)),
                    ):
                        timed(f"{when}: {said}", partial(table, asking, at, wanted, rules, newest))
                    timed(f"{when}: choices", partial(choices, asking, at, "lead", newest))
                    timed(f"{when}: what wants attention", partial(concerned, asking, at, rules))
                    days = [at.on - timedelta(days=30 * n) for n in range(23, -1, -1)]
                    timed(f"{when}: stages of 24 months", partial(stood, asking, at, days))
    ms = {name: statistics.median(each) * 1e3 for name, each in found.items()}
    show("the table of 10,000 projects with 1,000,000 facts (median of 5)", ms, " ms")
    plain = ms["the list at a viewpoint, counted in psql"]
    ratios = {name: value / plain for name, value in ms.items()}
    show("of the plain count (bound 4 for a page of the list)", ratios, " ×")
    assert max(ratio for name, ratio in ratios.items() if ": by " in name or "initials" in name) <= 4
