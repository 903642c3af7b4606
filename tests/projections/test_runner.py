"""One leader keeps the read model at the ledger's end, whole requests at a time, and stops loudly rather than go wrong."""

import asyncio
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from domain.entry import stream_id
from projections.questions.asking import Questions
from projections.questions.viewpoints import Arrivals, Asked, NotThereYet
from projections.rebuild import rebuild
from projections.runner import Poisoned, Projecting, Runner
from store.database import Database, as_role, opened
from store.reading import Reading
from store.recorder import Recorder, Request, Row
from store.records import Records
from tests.given import LI
from tests.projections.worlds import World, projector, write

PATIENCE = 30.0


@pytest.fixture
def pools(database: str) -> Iterator[Database]:
    with opened(database, size=4) as made:
        yield made


def world(steps: int = 120, seed: int = 3) -> World:
    made = World(random.Random(seed))
    for _ in range(steps):
        made.act()
    return made


def recorder(pools: Database) -> Recorder:
    return Recorder(pools.writing, pools.reading)


@contextmanager
def leading(database: str) -> Iterator[threading.Event]:
    """A runner in a thread, until the event is set."""
    stop = threading.Event()
    thread = threading.Thread(target=Runner(database).run, args=(stop,))
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join(PATIENCE)
        assert not thread.is_alive()


def progress(database: str) -> tuple[int, str | None]:
    with psycopg.connect(as_role(database, "lifecycle_projector")) as connection:
        if connection.execute("SELECT to_regclass('progress')").fetchone() == (None,):
            return 0, None
        found = connection.execute("SELECT position, failure FROM progress").fetchone()
        assert found is not None
        return found[0], found[1]


def until(holds: Any, what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def leader(database: str) -> list[int]:
    """The server processes that hold the runner's advisory lock."""
    with psycopg.connect(database) as connection:
        held = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = 1347571530 AND granted"
        return [row[0] for row in connection.execute(held)]


def contents(database: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the read model, as text."""
    with psycopg.connect(as_role(database, "lifecycle_projector")) as connection:
        tables = ("project", "term", "fact", "current", "progress")
        return {t: sorted(connection.execute(f"SELECT t::text FROM {t} t".encode()).fetchall()) for t in tables}


def poison(pools: Database) -> int:
    """An entry of a topic that nobody declares, in a project's stream: a bug's work, or a newer program's."""
    label = "XM-2026-999"
    row = Row(stream_id(label), 1, "never_heard_of", b'{"v":1,"event":{},"envelope":{}}', label=label)
    places = recorder(pools).insert_events([row], request=Request(uuid4(), "x", str(uuid4()), b"x"))
    assert places is not None
    return places[-1]


def test_rebuilt_and_incremental_are_the_same_row_for_row(database: str, pools: Database):
    made = world(250)
    with projector(database) as connection:
        projecting = Projecting(connection)
        for start in range(0, len(made.requests), 23):
            write(recorder(pools), made.requests[start : start + 23])
            for _ in range(2):
                with connection.transaction():
                    projecting.step(7)
        projecting.catch_up()
    incremental = contents(database)
    assert len(incremental["fact"]) > 100
    assert rebuild(database) == made.requests[-1][-1].position
    assert contents(database) == incremental


def test_a_rebuilt_read_model_goes_on_with_what_is_recorded_next(database: str, pools: Database):
    made = world(120)
    half = len(made.requests) // 2
    write(recorder(pools), made.requests[:half])
    rebuild(database)
    write(recorder(pools), made.requests[half:])
    with psycopg.connect(as_role(database, "lifecycle_projector"), autocommit=True) as connection:
        Projecting(connection).catch_up()
    incremental = contents(database)
    rebuild(database)
    assert contents(database) == incremental


def test_a_request_of_many_entries_is_never_half_visible_however_small_the_batches(database: str, pools: Database):
    made = world(60)
    code = [label for label in made.book.histories if label.startswith("XM-")][:3]
    items: list[tuple[str | None, str, dict[str, Any]]] = [
        (label, "jobs", {"occurred_on": str(made.day), "count": 7, "reason": "同批"}) for label in code
    ]
    made.requests.append(made.book.batch(items, by=LI, at=str(made.day), joint=False))
    write(recorder(pools), made.requests)
    ends = {r[-1].position for r in made.requests}
    assert any(len(r) == 3 for r in made.requests)
    with projector(database) as connection:
        projecting = Projecting(connection)
        reached = {0}
        while True:
            with connection.transaction():
                position = projecting.step(1)
            if position is None:
                break
            reached.add(position)
            newest = connection.execute("SELECT max(known_from) FROM fact").fetchone()
            assert newest is not None
            assert (newest[0] or 0) <= position
    assert reached - {0} == ends


def test_when_the_leader_stops_another_leads(database: str, pools: Database):
    made = world(40)
    half = len(made.requests) // 2
    with leading(database) as first:
        write(recorder(pools), made.requests[:half])
        until(lambda: progress(database)[0] == made.requests[half - 1][-1].position, "the first never caught up")
        with leading(database):
            time.sleep(1.5)
            assert len(leader(database)) == 1
            first.set()
            write(recorder(pools), made.requests[half:])
            until(lambda: progress(database)[0] == made.requests[-1][-1].position, "nobody took over")


def test_a_leader_whose_connection_is_cut_begins_again(database: str, pools: Database):
    made = world(40)
    half = len(made.requests) // 2
    with leading(database):
        write(recorder(pools), made.requests[:half])
        until(lambda: progress(database)[0] == made.requests[half - 1][-1].position, "never caught up")
        cut = leader(database)
        assert len(cut) == 1
        with psycopg.connect(database, autocommit=True) as connection:
            for pid in cut:
                connection.execute("SELECT pg_terminate_backend(%s)", (pid,))
        write(recorder(pools), made.requests[half:])
        until(lambda: progress(database)[0] == made.requests[-1][-1].position, "never came back")
        assert leader(database) not in ([], cut)


def test_an_entry_that_cannot_be_projected_stops_it_loudly_with_all_before_it_done(database: str, pools: Database):
    made = world(40)
    write(recorder(pools), made.requests)
    bad = poison(pools)
    with leading(database):
        until(lambda: progress(database)[1] is not None, "it never stopped")
        position, failure = progress(database)
    assert position == bad - 1
    assert failure is not None
    assert failure.startswith(f"XM-2026-999#1 (@{bad}): ")
    assert "never_heard_of" in failure


def test_a_rebuild_that_fails_leaves_the_tables_in_place_answering(database: str, pools: Database):
    made = world(40)
    write(recorder(pools), made.requests)
    with projector(database) as connection:
        Projecting(connection).catch_up()
    before = contents(database)
    poison(pools)
    with pytest.raises(Poisoned, match="XM-2026-999#1"):
        rebuild(database)
    assert contents(database) == before


def test_tables_of_another_version_are_rebuilt_by_the_next_start(database: str, pools: Database):
    made = world(40)
    write(recorder(pools), made.requests)
    with projector(database) as connection:
        Projecting(connection).catch_up()
        before = contents(database)
        connection.execute("UPDATE progress SET version = 'older'")
        connection.execute("DELETE FROM fact")
    with leading(database):
        until(lambda: contents(database) == before, "not rebuilt")
        assert progress(database) == (made.requests[-1][-1].position, None)


def test_asking_after_a_position_waits_for_it_and_says_so_when_it_does_not_come(database: str, pools: Database):
    made = world(40)
    asking = Questions(pools.reading, Records(recorder(pools)), Reading(pools.reading))
    end = made.requests[-1][-1].position
    arrivals = Arrivals(lambda: asking.position()[0], patience=PATIENCE)
    waiting = threading.Thread(target=lambda: asyncio.run(arrivals.reach(end)))
    with leading(database):
        waiting.start()
        write(recorder(pools), made.requests)
        waiting.join(PATIENCE)
        assert not waiting.is_alive()
    assert asking.resolve(Asked(None, None, end)).position == end
    with pytest.raises(NotThereYet, match=f"@{end} < @{end + 1}"):
        asyncio.run(Arrivals(lambda: asking.position()[0], patience=0.1).reach(end + 1))
    with pytest.raises(NotThereYet, match=f"@{end} < @{end + 1}"):
        asking.resolve(Asked(None, None, end + 1))
