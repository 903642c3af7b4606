"""Past records are staged before the opening, and never beside an open ledger."""

import threading
import time
from collections.abc import Iterator

import psycopg
import pytest

from store.database import Database, opened
from store.reading import Reading
from tests.store.rows import opened_ledger, recorder, request, rows

STAGE = "INSERT INTO staged VALUES ('x', 'f', '2016-01-01', 1, 'command', 'c')"


@pytest.fixture
def pools(database: str) -> Iterator[Database]:
    with opened(database, size=4) as found:
        yield found


def test_nothing_is_staged_once_the_ledger_is_open(pools: Database):
    opened_ledger(pools)
    with pools.writing.connection() as connection, pytest.raises(psycopg.DatabaseError) as refused:
        connection.execute(STAGE)
    assert refused.value.sqlstate == "LC003"
    assert Reading(pools.reading).staged() == 0


def test_the_first_live_entry_waits_for_a_staging_under_way_and_is_refused(pools: Database):
    """Neither may miss the other: rows staged beside an open ledger would wait for ever."""
    told: list[Exception] = []

    def live() -> None:
        try:
            recorder(pools).insert_events(rows("district", 1), request=request())
        except Exception as error:  # kept for the assertion
            told.append(error)

    first = threading.Thread(target=live)
    with pools.writing.connection() as connection, connection.transaction():
        connection.execute(STAGE)
        first.start()
        time.sleep(0.3)
        assert not told
        assert first.is_alive()
    first.join(timeout=10)
    assert [type(e).__name__ for e in told] == ["Conflict"]
    reading = Reading(pools.reading)
    assert (reading.staged(), reading.head().opened) == (1, False)


def test_the_guard_is_the_trigger_without_it_rows_are_staged_for_ever(pools: Database, database: str):
    opened_ledger(pools)
    with psycopg.connect(database, options="-c search_path=district") as connection:
        connection.execute("ALTER TABLE staged DISABLE TRIGGER staged_before_opening")
        assert connection.execute(STAGE).rowcount == 1
        connection.rollback()
