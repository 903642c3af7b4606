"""Submitting a return of 50 projects with 200 facts, against the library's bulk save of the same entries."""

import time
from statistics import median
from uuid import UUID

import pytest
from eventsourcing.persistence import EventStore
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from psycopg.conninfo import conninfo_to_dict

from api.services import Services
from domain.entry import Entry, Role, Source
from store.mapper import EntryMapper, decode
from tests.bench.measuring import show
from tests.given import WANG, actor, command, yuan

pytestmark = pytest.mark.bench
API = Source(door="api")
CLERK = actor("p-clerk", "street-a", Role.UNIT)
PROJECTS, FACTS, ROUNDS = 50, 4, 9


def a_district(services: Services) -> list[str]:
    """Fifty projects of one street, each with four entries."""
    services.ledger.record(
        None, command("units", {"occurred_on": "2026-01-01", "code": "street-a", "name": "甲"}, "unit"), by=WANG, source=API
    )
    codes = []
    for _ in range(PROJECTS):
        entering = command("projects", {"occurred_on": "2026-01-03", "name": "西湖里", "lead_unit": "street-a"})
        code = services.ledger.record(None, entering, by=WANG, source=API).stream
        talks = command("negotiations", {"occurred_on": "2026-01-05", "with_whom": "甲"})
        services.ledger.record(code, talks, by=WANG, source=API)
        signing = {"occurred_on": "2026-01-06", "level": "contract", "counterparty": "甲", "agreed": yuan("9000000.00")}
        services.ledger.record(code, command("signings", signing), by=WANG, source=API)
        codes.append(code)
    return codes


def a_return(codes: list[str], month: int) -> dict[str, object]:
    """Four facts of each project: two receipts, jobs and a light."""
    day = f"2026-{month:02d}-20"
    lines: list[dict[str, object]] = []
    for code in codes:
        for voucher in ("A", "B"):
            funds = {"act": "receive", "occurred_on": day, "amount": yuan("5.00"), "voucher": f"{month}{voucher}"}
            lines.append({"project": code, "noun": "funds", "command": funds})
        lines.append({"project": code, "noun": "jobs", "command": {"occurred_on": day, "count": 10 * month}})
        lines.append({"project": code, "noun": "ratings", "command": {"occurred_on": day, "light": "green"}})
    return {"act": "submit", "occurred_on": day, "lines": lines}


def stock(database: str) -> tuple[PostgresDatastore, EventStore[UUID]]:
    """The library's event store over its own recorder, writing our entries with our mapper."""
    parameters = conninfo_to_dict(database)
    datastore = PostgresDatastore(
        dbname=str(parameters["dbname"]),
        host=str(parameters.get("host", "localhost")),
        port=str(parameters.get("port", "5432")),
        user=str(parameters.get("user", "postgres")),
        password=str(parameters.get("password", "")),
    )
    recorder = PostgresApplicationRecorder(datastore, events_table_name="stock")
    recorder.create_table()
    return datastore, EventStore(EntryMapper(), recorder)


def test_a_return_of_fifty_projects(running: Services, database: str):
    codes = a_district(running)
    datastore, library = stock(database)
    ours: list[float] = []
    theirs: list[float] = []
    for month in range(1, ROUNDS + 1):
        opened = {"occurred_on": "2026-01-02", "code": f"2026-{month:02d}", "deadline": "2026-12-31"}
        running.ledger.record(None, command("periods", opened, "period"), by=WANG, source=API)
        asked = command("returns", a_return(codes, month), "period")
        begun = time.perf_counter()
        recorded = running.ledger.record(f"period:2026-{month:02d}", asked, by=CLERK, source=API)
        ours.append(time.perf_counter() - begun)
        assert len(recorded.entries) == 1 + PROJECTS * FACTS
        entries: list[Entry] = [decode(r) for r in running.reading.entries(recorded.position - len(recorded.entries), 300)]
        assert len(entries) == len(recorded.entries)
        begun = time.perf_counter()
        library.put(entries)
        theirs.append(time.perf_counter() - begun)
    datastore.close()
    mine, reference = median(ours[1:]), median(theirs[1:])
    show(
        "a return of 50 projects, 200 facts", {"submitting": mine * 1000, "the library's bulk save": reference * 1000}, " ms"
    )
    show("ratio", {"submitting / bulk save (bound 2)": mine / reference}, " ×")
    assert mine / reference <= 2
