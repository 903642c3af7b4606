"""Appending: contiguous, in order, once, and never changed by anybody."""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from domain.entry import stream_id
from store.database import Database, as_role, opened
from store.people import People
from store.reading import Reading
from store.recorder import Conflict, RequestRepeated, columns
from tests.store.rows import opened_ledger, recorder, request, rows, stored

TABLES = ("entry", "stream", "request")
ROLES = ("lifecycle_service", "lifecycle_projector", "lifecycle_reader")
CHANGES = {
    "update": "UPDATE {0} SET ctid = ctid",
    "delete": "DELETE FROM {0}",
    "truncate": "TRUNCATE {0} CASCADE",
}


@pytest.fixture
def pools(database: str) -> Iterator[Database]:
    with opened(database, size=12) as found:
        yield found


def test_positions_follow_one_another_and_the_clock_never_runs_backwards(pools: Database):
    made = opened_ledger(pools)
    positions = list(made.insert_events(rows("XM-2026-001", 1, 3), request=request()) or ())
    positions += list(made.insert_events(rows("XM-2026-001", 4), request=request()) or ())
    assert positions == [2, 3, 4, 5]
    moments = [r.recorded_at for r in Reading(pools.reading).entries(0, 100) if r.recorded_at]
    assert moments == sorted(moments)
    assert moments[1] == moments[2] == moments[3]


def test_versions_must_follow(pools: Database):
    made = opened_ledger(pools)
    for first, count in ((2, 1), (2, 3)):
        with pytest.raises(Conflict):
            made.insert_events(rows("XM-2026-001", first, count), request=request())
    assert len(stored(pools)) == 1


def test_of_two_appends_at_one_version_the_second_is_told(pools: Database):
    made = opened_ledger(pools)
    made.insert_events(rows("XM-2026-001", 1), request=request())
    for count in (1, 2):
        with pytest.raises(Conflict):
            made.insert_events(rows("XM-2026-001", 1, count), request=request())


def test_a_request_is_recorded_once(pools: Database):
    made = opened_ledger(pools)
    made.insert_events(rows("XM-2026-001", 1), request=request("k"))
    with pytest.raises(RequestRepeated):
        made.insert_events(rows("XM-2026-001", 2), request=request("k"))
    found = made.find_request("p-wang", "k")
    assert found is not None
    assert (found.first, found.last) == (2, 2)


def test_the_same_request_sent_again_hears_its_own_position(pools: Database):
    made, once = opened_ledger(pools), request("k")
    first = made.insert_events(rows("XM-2026-001", 1, 2), request=once)
    assert made.insert_events(rows("XM-2026-001", 1, 2), request=once) == first == [2, 3]


def test_nothing_is_appended_once_a_stream_that_was_looked_at_has_moved_on(pools: Database):
    made = opened_ledger(pools)
    made.insert_events(rows("period:2026-06", 1), request=request())
    period, absent = stream_id("period:2026-06"), stream_id("unit:none")
    made.insert_events(rows("XM-2026-001", 1), request=request(), looked_at={period: 1, absent: 0})
    made.insert_events(rows("period:2026-06", 2), request=request())
    for stale in ({period: 1}, {period: 2, absent: 1}):
        with pytest.raises(Conflict):
            made.insert_events(rows("XM-2026-001", 2), request=request(), looked_at=stale)
    assert len(stored(pools)) == 4


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("table", TABLES)
def test_the_ledger_is_never_changed_by_anybody(pools: Database, database: str, table: str, change: str):
    opened_ledger(pools)
    statement = CHANGES[change].format(table)
    if change == "update":
        column = {"entry": "topic = topic", "stream": "label = label", "request": "key = key"}[table]
        statement = f"UPDATE {table} SET {column}"
    for role in (*ROLES, "lifecycle_owner"):
        with (
            psycopg.connect(as_role(database, role)) as connection,  # type: ignore[arg-type]  # the owner too
            pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.DatabaseError), match=r"refused|denied"),
        ):
            connection.execute(statement.encode())
    with (
        psycopg.connect(database, options="-c search_path=district") as connection,
        pytest.raises(psycopg.errors.DatabaseError, match="never changed"),
    ):
        connection.execute(statement.encode())
    assert len(stored(pools)) == 1


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("table", [*TABLES, "head"])
def test_nobody_the_service_is_inserts_directly(pools: Database, database: str, table: str, role: str):
    opened_ledger(pools)
    with (
        psycopg.connect(as_role(database, role)) as connection,  # type: ignore[arg-type]
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(f"INSERT INTO {table} SELECT * FROM {table}".encode())


@pytest.mark.parametrize("role", ["lifecycle_projector", "lifecycle_reader"])
def test_only_the_service_appends(pools: Database, database: str, role: str):
    opened_ledger(pools)
    asked = request()
    parameters = (asked.id, asked.scope, asked.key, asked.body, *columns(rows("XM-2026-001", 1)))
    with (
        psycopg.connect(as_role(database, role)) as connection,  # type: ignore[arg-type]
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("SELECT append_many(%s, %s, %s, %s, %s, %s, %s, %s, %s)", parameters)


def test_the_guard_is_the_trigger_without_it_the_owner_could_change_the_record(pools: Database, database: str):
    opened_ledger(pools)
    with psycopg.connect(database, options="-c search_path=district") as connection:
        connection.execute("ALTER TABLE entry DISABLE TRIGGER entry_is_for_ever")
        assert connection.execute("UPDATE entry SET topic = 'forged'").rowcount == 1
        connection.rollback()


def test_appending_wants_read_committed(pools: Database):
    opened_ledger(pools)
    asked = request()
    parameters = (asked.id, asked.scope, asked.key, asked.body, *columns(rows("XM-2026-001", 1)))
    with pools.writing.connection() as connection:
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        with pytest.raises(psycopg.errors.DatabaseError) as refused:
            connection.execute("SELECT append_many(%s, %s, %s, %s, %s, %s, %s, %s, %s)", parameters)
        connection.rollback()
    assert refused.value.sqlstate == "LC005"


def stated(pools: Database, at: datetime, first: int = 1) -> None:
    asked = request()
    parameters = (asked.id, asked.scope, asked.key, asked.body, *columns(rows("XM-2026-001", first)), at)
    with pools.writing.connection() as connection:
        connection.execute("SELECT append_stated(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)", parameters)


def test_stated_times_run_forwards_and_end_with_the_opening(pools: Database):
    past = datetime(2016, 7, 7, tzinfo=UTC)
    stated(pools, past)
    for at in (past - timedelta(days=1), datetime.now(UTC) + timedelta(hours=1)):
        with pytest.raises(psycopg.errors.DatabaseError) as refused:
            stated(pools, at, 2)
        assert refused.value.sqlstate == "LC006"
    opened_ledger(pools)
    with pytest.raises(psycopg.errors.DatabaseError) as refused:
        stated(pools, past + timedelta(days=1), 2)
    assert refused.value.sqlstate == "LC003"
    marks = [(r.stated, r.recorded_at == past) for r in Reading(pools.reading).entries(0, 10)]
    assert marks == [(True, True), (False, False)]


def test_while_anything_is_staged_live_appends_are_refused(pools: Database):
    made = recorder(pools)
    with pools.writing.connection() as connection:
        connection.execute("INSERT INTO staged VALUES ('x', 'f', now(), 1, 'command', 'c')")
    with pytest.raises(Conflict):
        made.insert_events(rows("district", 1), request=request())
    assert stored(pools) == []


def test_eight_writers_of_mixed_sizes_and_a_tailing_reader_that_misses_nothing(pools: Database):
    opened_ledger(pools)
    done = threading.Event()
    seen: list[int] = [1]

    def write(writer: int) -> None:
        mine = recorder(pools)
        number = 1
        for turn in range(25):
            size = (1, 7, 1, 40, 3)[(turn + writer) % 5]
            mine.insert_events(rows(f"XM-2026-{writer:03d}", number, size), request=request())
            number += size

    def tail() -> None:
        reading = Reading(pools.reading)
        while not (done.is_set() and seen[-1] == reading.head().position):
            seen.extend(row.position for row in reading.entries(seen[-1], 20))

    writers = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    reader = threading.Thread(target=tail)
    for thread in (*writers, reader):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    reader.join(timeout=30)
    assert seen == list(range(1, len(stored(pools)) + 1))
    assert len(seen) == 1 + 8 * 5 * (1 + 7 + 1 + 40 + 3)


def test_a_reader_never_sees_half_a_request(pools: Database):
    made = opened_ledger(pools)
    made.insert_events(rows("XM-2026-001", 1, 50), request=request())
    reading = Reading(pools.reading)
    assert [r.position for r in reading.entries(1, 10)] == list(range(2, 52))
    assert [reading.resolve(p) for p in (0, 1, 2, 50, 51, 99)] == [0, 1, 1, 1, 51, 51]


def test_a_locked_ledger_keeps_writers_waiting_not_failing(pools: Database, database: str):
    made = opened_ledger(pools)
    with psycopg.connect(database, options="-c search_path=district") as holder:
        holder.execute("SELECT FROM head FOR UPDATE")
        waiting = threading.Thread(target=lambda: made.insert_events(rows("XM-2026-001", 1), request=request()), daemon=True)
        waiting.start()
        time.sleep(0.2)
        assert len(stored(pools)) == 1
        holder.rollback()
        waiting.join(timeout=10)
    assert len(stored(pools)) == 2


def test_the_first_name_given_for_a_person_stays(pools: Database):
    people = People(pools.writing)
    people.remember("p-1", "王某")
    people.remember("p-1", "李某")
    assert people.names(["p-1", "p-2"]) == {"p-1": "王某"}
