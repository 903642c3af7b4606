"""What the recorder answers is what happened: after races, repeats and cut connections."""

import threading
from collections.abc import Iterator, Sequence

import psycopg
import pytest
from eventsourcing.persistence import IntegrityError, NotSupportedError

from domain.entry import Source, stream_id
from store.database import Database, as_role, opened
from store.ledger import Ledger, Recorded
from store.people import People
from store.reading import Reading
from store.recorder import Conflict, Recorder, Request, RequestRepeated
from tests.given import ADMIN, WANG, P, command
from tests.store.cutting import Line, When, line_to
from tests.store.rows import opened_ledger, recorder, request, rows, stored

API = Source(door="api")
APPEND, LOOK_UP = b"append_", b"FROM request WHERE id"


@pytest.fixture
def pools(database: str) -> Iterator[Database]:
    with opened(database, size=8) as found:
        yield found


@pytest.fixture
def line(database: str) -> Iterator[Line]:
    with line_to(database) as found:
        yield found


CUTS: dict[str, Sequence[tuple[bytes, When]]] = {
    "answer": [(APPEND, "after")],
    "answer, then the look-up": [(APPEND, "after"), (LOOK_UP, "after")],
    "answer twice and the look-ups": [(APPEND, "after"), (LOOK_UP, "after"), (APPEND, "after"), (LOOK_UP, "before")],
    "statement, never sent": [(APPEND, "before")],
    "statement and look-up": [(APPEND, "before"), (LOOK_UP, "before")],
}


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("cuts", CUTS)
def test_wherever_the_line_is_cut_the_entries_are_stored_once_and_the_client_hears_where(
    pools: Database, line: Line, cuts: str, count: int
):
    opened_ledger(pools)
    with opened(line.dsn, size=2) as through:
        made = Recorder(through.writing, pools.reading)
        line.plan = list(CUTS[cuts])
        positions = made.insert_events(rows("XM-2026-001", 1, count), request=request())
    assert line.cuts == len(CUTS[cuts])
    assert list(positions or ()) == [2 + n for n in range(count)]
    assert len(stored(pools)) == 1 + count


def test_after_a_cut_another_ones_entry_is_a_conflict_all_the_same(pools: Database, line: Line):
    made = opened_ledger(pools)
    with opened(line.dsn, size=2) as through:
        cut = Recorder(through.writing, pools.reading)
        line.plan = [(APPEND, "before")]
        made.insert_events(rows("XM-2026-001", 1), request=request())
        with pytest.raises(Conflict):
            cut.insert_events(rows("XM-2026-001", 1), request=request())
    assert len(stored(pools)) == 2


@pytest.fixture
def ledger(pools: Database, line: Line) -> Iterator[Ledger]:
    """A ledger behind the line, holding one project."""
    with opened(line.dsn, size=2) as through:
        made = Ledger(Recorder(through.writing, pools.reading), Reading(pools.reading), People(pools.writing))
        unit = command("units", {"occurred_on": "2026-01-01", "code": "a", "name": "a"}, "unit")
        made.record(None, unit, by=ADMIN, source=API)
        entering = command("projects", {"occurred_on": "2026-01-01", "name": "x", "lead_unit": "a"})
        made.record(None, entering, by=WANG, source=API)
        yield made


def negotiate(ledger: Ledger) -> Recorded:
    held = {"occurred_on": "2026-01-02", "with_whom": "甲公司"}
    return ledger.record(P, command("negotiations", held), by=WANG, source=API)


def test_a_command_cut_and_decided_anew_cites_the_entry_that_is_stored(pools: Database, line: Line, ledger: Ledger):
    line.plan = list(CUTS["answer, then the look-up"])
    answer = negotiate(ledger)
    kept = Reading(pools.reading).stream(P)
    assert answer.entry == f"{P}#{kept[-1].originator_version}"
    assert answer.position == kept[-1].position
    known = [(e.number, e.position) for e in ledger.records.history(P).entries]
    assert known == [(r.originator_version, r.position) for r in kept]
    assert negotiate(ledger).entry == f"{P}#{kept[-1].originator_version + 1}"


def test_a_request_never_stands_for_other_rows(pools: Database):
    """Answering with the first request's position would make the caller believe in entries that nobody stored."""
    made, once = opened_ledger(pools), request("k")
    made.insert_events(rows("XM-2026-001", 1), request=once)
    for later in (rows("XM-2026-001", 2), rows("XM-2026-001", 1, 2), rows("XM-2026-002", 1)):
        with pytest.raises(RequestRepeated):
            made.insert_events(later, request=once)
    other = Request(once.id, once.scope, once.key, b"another body")
    with pytest.raises(RequestRepeated):
        made.insert_events(rows("XM-2026-001", 1), request=other)
    assert len(stored(pools)) == 2


def test_of_two_racing_appends_one_is_recorded_and_one_is_told(pools: Database):
    opened_ledger(pools)
    told: list[str] = []
    for version in range(1, 16):
        gate = threading.Barrier(2)

        def race(version: int = version, gate: threading.Barrier = gate) -> None:
            mine = recorder(pools)
            gate.wait()
            try:
                mine.insert_events(rows("XM-2026-001", version), request=request())
                told.append("recorded")
            except Conflict:
                told.append("conflict")

        both = [threading.Thread(target=race) for _ in range(2)]
        for thread in both:
            thread.start()
        for thread in both:
            thread.join()
    assert sorted(told) == ["conflict"] * 15 + ["recorded"] * 15
    assert len(stored(pools)) == 16


def test_six_senders_of_one_request_all_hear_its_one_position(pools: Database):
    opened_ledger(pools)
    once, heard = request("k"), list[list[int]]()
    gate = threading.Barrier(6)

    def send() -> None:
        mine = recorder(pools)
        gate.wait()
        heard.append(list(mine.insert_events(rows("XM-2026-001", 1, 3), request=once) or ()))

    senders = [threading.Thread(target=send) for _ in range(6)]
    for thread in senders:
        thread.start()
    for thread in senders:
        thread.join()
    assert heard == [[2, 3, 4]] * 6


def test_a_conflict_is_the_librarys_integrity_error(pools: Database):
    with pytest.raises(IntegrityError):
        opened_ledger(pools).insert_events(rows("XM-2026-001", 7), request=request())


def test_what_the_database_says_for_itself_passes_through(pools: Database, database: str):
    made = opened_ledger(pools)
    with pools.writing.connection() as connection:
        connection.execute("SET statement_timeout = '200ms'")
    with psycopg.connect(as_role(database, "lifecycle_service")) as holder:
        holder.execute("SELECT append_one(gen_random_uuid(), 's', 'k', 'b', 'XM-2026-009', gen_random_uuid(), 1, 't', '{}')")
        with pytest.raises(psycopg.errors.QueryCanceled):
            made.insert_events(rows("XM-2026-001", 1), request=request())
        holder.rollback()
    assert len(stored(pools)) == 1


def test_no_rows_are_no_request(pools: Database):
    asked = request("k")
    made = opened_ledger(pools)
    assert made.insert_events([], request=asked) == []
    assert made.find_request("p-wang", "k") is None


def test_events_are_selected_as_the_library_asks(pools: Database):
    made = opened_ledger(pools)
    made.insert_events(rows("XM-2026-001", 1, 5), request=request())
    stream = stream_id("XM-2026-001")

    def versions(**asked: object) -> list[int]:
        return [r.originator_version for r in made.select_events(stream, **asked)]  # type: ignore[arg-type]

    assert versions() == [1, 2, 3, 4, 5]
    assert versions(gt=2) == [3, 4, 5]
    assert versions(gt=1, lte=3) == [2, 3]
    assert versions(desc=True, limit=2) == [5, 4]
    assert versions(lte=0) == versions(limit=0) == []


def test_notifications_come_in_position_order_and_whole(pools: Database):
    made = opened_ledger(pools)
    made.insert_events(rows("XM-2026-001", 1, 3), request=request())
    assert made.max_notification_id() == 4
    assert [n.id for n in made.select_notifications(2, 10)] == [2, 3, 4]
    assert [n.id for n in made.select_notifications(2, 10, inclusive_of_start=False)] == [3, 4]
    assert [n.id for n in made.select_notifications(None, 10, stop=2)] == [1, 2]
    assert made.select_notifications(1, 10, stop=0) == []
    for refused in (lambda: made.select_notifications(1, 10, topics=["t"]), made.subscribe):
        with pytest.raises(NotSupportedError):
            refused()
