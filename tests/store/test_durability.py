"""Nothing acknowledged is ever lost, and a client cut off learns the truth."""

import contextlib
import os
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from store.database import Database, opened
from store.migrations import migrate
from store.recorder import Recorder
from store.server import Embedded, kill
from tests.store.rows import opened_ledger, recorder, request, rows, stored

HOLD = 0.7
"""Seconds of load before each kill."""


@pytest.fixture
def own_server() -> Iterator[Embedded]:
    """A server of this test's own, to be killed."""
    with tempfile.TemporaryDirectory(prefix="lifecycle-kill-") as home, Embedded(Path(home)).used() as server:
        migrate(server.dsn())
        yield server
        server.stop()
        shutil.rmtree(server.place.root, ignore_errors=True)


def load(database: Database, label: str, stop: threading.Event) -> list[int]:
    """Append one entry after another until told to stop; answers the versions that were acknowledged."""
    acknowledged: list[int] = []
    made = recorder(database)
    with database.reading.connection() as connection:
        found = connection.execute(
            "SELECT max(version) FROM entry JOIN stream s ON s.id = stream WHERE label = %s", (label,)
        )
        number = (found.fetchone() or (0,))[0] or 0
    while not stop.is_set():
        try:
            made._append(rows(label, number + 1), request(), {})
        except psycopg.Error:
            break
        number += 1
        acknowledged.append(number)
    return acknowledged


def lost(server: Embedded, label: str, round_: int, setting: str = "") -> list[int]:
    """Kill -9 every process of the server under load; answers what was acknowledged and is gone after the restart."""
    stop = threading.Event()
    acknowledged: list[int] = []
    dsn = make_conninfo(server.dsn(), options=setting)
    with contextlib.suppress(psycopg.Error), opened(dsn, size=2) as pools:
        worker = threading.Thread(target=lambda: acknowledged.extend(load(pools, label, stop)))
        worker.start()
        time.sleep(HOLD)
        assert kill(server), f"round {round_}: nothing to kill"
        stop.set()
        worker.join(timeout=30)
    wait_until_gone(server)
    server.ensure()
    with psycopg.connect(server.dsn(), options="-c search_path=district") as connection:
        kept = {
            row[0]
            for row in connection.execute(
                "SELECT version FROM entry e JOIN stream s ON s.id = e.stream WHERE label = %s", (label,)
            )
        }
    return [n for n in acknowledged if n not in kept]


def wait_until_gone(server: Embedded) -> None:
    deadline = time.monotonic() + 20
    while server.alive() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not server.alive()
    time.sleep(0.2)


def test_kill_9_of_the_database_under_load_loses_nothing_acknowledged(own_server: Embedded, request: pytest.FixtureRequest):
    with opened(own_server.dsn(), size=2) as pools:
        opened_ledger(pools)
    for round_ in range(50 if request.config.getoption("--long") else 5):
        assert lost(own_server, "XM-2026-001", round_) == []


def test_the_checker_notices_loss_when_commits_are_not_synchronous(own_server: Embedded):
    with opened(own_server.dsn(), size=2) as pools:
        opened_ledger(pools)
    with psycopg.connect(own_server.dsn("postgres"), autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET wal_writer_delay = '10s'")
        connection.execute("ALTER SYSTEM SET wal_writer_flush_after = '1GB'")
        connection.execute("SELECT pg_reload_conf()")
    found = [lost(own_server, "XM-2026-001", n, "-c synchronous_commit=off") for n in range(3)]
    assert any(found)


class Cutter:
    """A proxy before the server that, once armed, passes a request on and cuts the line before its answer."""

    def __init__(self, server: str, directory: str) -> None:
        self._server = server
        self.directory = directory
        self.armed = False
        self.cuts = 0
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(os.path.join(directory, ".s.PGSQL.5432"))
        self._listener.listen(16)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(self._server)
            threading.Thread(target=self._forward, args=(client, server), daemon=True).start()
            threading.Thread(target=self._back, args=(server, client), daemon=True).start()

    def _forward(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(65536):
                server.sendall(data)

    def _back(self, server: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(65536):
                if self.armed:
                    self.armed = False
                    self.cuts += 1
                    time.sleep(0.1)
                    break
                client.sendall(data)
        for end in (client, server):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
                end.close()

    def close(self) -> None:
        self._listener.close()


def test_a_connection_cut_at_commit_and_the_client_learns_that_it_is_stored(database: str):
    real = conninfo_to_dict(database)
    if not str(real.get("host", "")).startswith("/"):
        pytest.skip("the cutting proxy stands before a unix socket")
    with tempfile.TemporaryDirectory(prefix="cut-") as directory, opened(database, size=4) as direct:
        cutter = Cutter(f"{real['host']}/.s.PGSQL.5432", directory)
        opened_ledger(direct)
        with opened(make_conninfo(database, host=directory), size=2) as through:
            made = Recorder(through.writing, direct.reading)
            made.insert_events(rows("XM-2026-001", 1), request=request())
            cutter.armed = True
            positions = made.insert_events(rows("XM-2026-001", 2), request=request())
            assert cutter.cuts == 1
            assert list(positions or ()) == [3]
            assert len(stored(direct)) == 3
        cutter.close()


def test_the_service_survives_a_database_that_was_killed(own_server: Embedded):
    with opened(own_server.dsn(), size=2) as pools:
        made = opened_ledger(pools)
        kill(own_server)
        wait_until_gone(own_server)
        back = threading.Thread(target=own_server.ensure)
        back.start()
        positions = made.insert_events(rows("XM-2026-001", 1), request=request())
        back.join()
        assert list(positions or ()) == [2]


def test_signals_reach_nobody_else(own_server: Embedded):
    assert os.getpid() not in kill(own_server, send=lambda *_: None)
