"""Readers see whole requests in order, and every viewpoint stands at the end of one."""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from store.database import Database, listening, opened
from store.migrations import migrate
from store.reading import Reading
from tests.store.rows import opened_ledger, recorder, request, rows


@pytest.fixture
def pools(database: str) -> Iterator[Database]:
    with opened(database, size=6) as found:
        yield found


@pytest.fixture
def reading(pools: Database) -> Reading:
    """Requests that end at 1, 6, 7 and 107."""
    made = opened_ledger(pools)
    for first, count in ((1, 5), (6, 1), (7, 100)):
        made.insert_events(rows("XM-2026-001", first, count), request=request())
    return Reading(pools.reading)


def test_an_empty_ledger_is_read_without_surprise(pools: Database):
    reading = Reading(pools.reading)
    head = reading.head()
    assert (head.position, head.recorded_at, head.opened) == (0, None, False)
    assert reading.entries(0, 10) == []
    assert reading.resolve(datetime.now(UTC)) == reading.resolve(99) == 0
    assert (reading.labels(""), reading.next_number("XM-2026-"), reading.staged()) == ([], 1, 0)


@pytest.mark.parametrize(
    ("after", "limit", "last"),
    [(0, 1, 1), (0, 3, 1), (0, 6, 6), (1, 1, 6), (1, 6, 7), (6, 1, 7), (7, 1, 107), (3, 1, 6), (0, 500, 107), (107, 9, 107)],
)
def test_a_batch_ends_where_a_request_ends(reading: Reading, after: int, limit: int, last: int):
    assert [r.position for r in reading.entries(after, limit)] == list(range(after + 1, last + 1))


def test_every_size_of_batch_reads_the_same_ledger(reading: Reading):
    for limit in (1, 2, 7, 1000):
        seen: list[int] = []
        while batch := reading.entries(seen[-1] if seen else 0, limit):
            seen.extend(r.position for r in batch)
        assert seen == list(range(1, 108))


def test_a_position_is_rounded_down_to_the_end_of_a_request(reading: Reading):
    asked = [-1, 0, 1, 5, 6, 7, 106, 107, 2**62]
    assert [reading.resolve(p) for p in asked] == [0, 0, 1, 1, 6, 7, 7, 107, 107]


def test_a_moment_resolves_to_the_last_request_recorded_by_then(reading: Reading):
    for end in (1, 6, 7, 107):
        moment = reading.moment(end)
        assert moment is not None
        assert reading.resolve(moment) == end
        assert reading.resolve(moment - timedelta(microseconds=1)) < end
    assert reading.moment(3) is None
    assert reading.resolve(datetime(2000, 1, 1, tzinfo=UTC)) == 0


def test_a_stream_is_paged_by_entry_number(reading: Reading):
    assert [r.originator_version for r in reading.stream("XM-2026-001", after=2, limit=3)] == [3, 4, 5]
    assert len(reading.stream("XM-2026-001")) == 106
    assert reading.stream("XM-2026-999") == []


def test_streams_are_found_by_the_beginning_of_their_label(reading: Reading, pools: Database):
    made = recorder(pools)
    for label in ("unit:minzheng", "unit:jiansheju", "person:p-ab12", "XM-2026-013"):
        made.insert_events(rows(label, 1), request=request())
    assert reading.labels("unit:") == ["unit:jiansheju", "unit:minzheng"]
    assert reading.labels("XM-2026-") == ["XM-2026-001", "XM-2026-013"]
    assert reading.next_number("XM-2026-") == 14
    assert reading.next_number("XM-2027-") == 1


def test_a_request_still_uncommitted_is_not_there_yet(reading: Reading, pools: Database):
    with pools.writing.connection() as connection, connection.transaction(force_rollback=True):
        connection.execute(
            "SELECT append_one(gen_random_uuid(), 's', 'k', 'b', 'XM-2026-002', gen_random_uuid(), 1, 't', '{}')"
        )
        assert reading.head().position == 107
        assert reading.entries(107, 10) == []
    assert reading.head().position == 107


def test_whoever_listens_hears_an_append_at_once(reading: Reading, pools: Database, database: str):
    with listening(database) as ear:
        begun = time.monotonic()
        threading.Timer(0.2, lambda: recorder(pools).insert_events(rows("XM-2026-002", 1, 3), request=request())).start()
        heard = [n.payload for n in ear.notifies(timeout=10, stop_after=1)]
        assert heard == ["110"]
        assert time.monotonic() - begun < 5
    assert reading.head().position == 110


def test_two_districts_of_one_database_share_nothing(database: str, reading: Reading):
    migrate(database, "310117")
    with opened(database, "310117", size=2) as other:
        opened_ledger(other)
        assert Reading(other.reading).head().position == 1
        assert [r.label for r in Reading(other.reading).entries(0, 10)] == ["district"]
    assert reading.head().position == 107
