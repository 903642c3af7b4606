"""Keeps the read model at the ledger's end: one leader, whole requests in batches, one transaction each."""

import logging
import threading
from collections.abc import Callable
from datetime import date, datetime

import psycopg
from psycopg import Connection

from domain.entry import SHANGHAI
from projections.current import due, reckon
from projections.facts import FactsHandler
from projections.tables import FINGERPRINT, TABLES
from store.database import as_role, listening
from store.reading import entries_after
from store.recorder import Row

log = logging.getLogger("lifecycle.projections")

BATCH = 4_000
POLL = 1.0
LEADER = 0x50524F4A
"""The advisory key of the one runner that writes; others wait for it to be free."""
PROGRESS = "SELECT version, position, failure, reckoned_on FROM progress"
TRACK = "UPDATE progress SET position = %s, reckoned_on = %s, failure = NULL"
FAIL = "UPDATE progress SET failure = %s"
EXISTS = "SELECT to_regclass('progress') IS NOT NULL"


class Poisoned(Exception):
    """An entry that cannot be projected; the message names it."""


def today() -> date:
    return datetime.now(SHANGHAI).date()


class Runner:
    """`run` until told to stop; survives restarts and failovers of the database."""

    def __init__(self, dsn: str, schema: str = "district") -> None:
        self._dsn = dsn
        self._schema = schema

    def run(self, stop: threading.Event) -> None:
        """Lead when nobody else does; poll each second for what a lost notification would have told."""
        while not stop.is_set():
            try:
                with self._connect() as connection, listening(self._dsn, self._schema) as ear:
                    if self._lead(connection, stop):
                        self._follow(connection, ear, stop)
            except psycopg.Error as error:
                log.warning("projections lost the database, trying again: %s", error)
                stop.wait(POLL)

    def _connect(self) -> Connection:
        return psycopg.connect(as_role(self._dsn, "lifecycle_projector", self._schema), autocommit=True)

    def _lead(self, connection: Connection, stop: threading.Event) -> bool:
        while not stop.is_set():
            if connection.execute("SELECT pg_try_advisory_lock(%s)", (LEADER,)).fetchone() == (True,):
                return True
            stop.wait(POLL)
        return False

    def _follow(self, connection: Connection, ear: Connection, stop: threading.Event) -> None:
        self._prepare(connection)
        projecting = Projecting(connection)
        while not stop.is_set():
            try:
                projecting.catch_up(stop.is_set)
            except Poisoned as poisoned:
                log.error("projections stopped: %s", poisoned)
                connection.execute(FAIL, (str(poisoned),))
                projecting = Projecting(connection)
                stop.wait(10)
                continue
            for _ in ear.notifies(timeout=POLL, stop_after=1):
                pass

    def _prepare(self, connection: Connection) -> None:
        """Tables that are missing are made; those of another version are rebuilt beside the old ones."""
        from projections.rebuild import rebuild  # it builds with Projecting, of this module

        if connection.execute(EXISTS).fetchone() != (True,):
            with connection.transaction():
                make_tables(connection)
            return
        row = connection.execute(PROGRESS).fetchone()
        if row is None or row[0] != FINGERPRINT:
            rebuild(self._dsn, self._schema)


def make_tables(connection: Connection) -> None:
    """In the first schema of the search path."""
    connection.execute(TABLES.encode())
    connection.execute("INSERT INTO progress (version) VALUES (%s)", (FINGERPRINT,))


class Projecting:
    """Takes the read model of one connection's search path forward."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._handler = FactsHandler(connection)

    def catch_up(self, stopped: Callable[[], bool] = lambda: False, progress: Callable[[int], None] | None = None) -> int:
        """Project until nothing is left; answers the position reached. Raises Poisoned."""
        while not stopped():
            with self._connection.transaction():
                position = self.step()
            if position is None:
                break
            if progress is not None:
                progress(position)
        return self.position()

    def position(self) -> int:
        found = self._connection.execute(PROGRESS).fetchone()
        return found[1] if found else 0

    def step(self, limit: int = BATCH) -> int | None:
        """One batch inside the caller's transaction; the position reached, or None when there was nothing to do."""
        day = today()
        found = self._connection.execute(PROGRESS + " FOR UPDATE").fetchone()
        assert found is not None
        position, reckoned_on = found[1], found[3]
        rows = entries_after(self._connection, position, limit)
        if not rows:
            if reckoned_on is not None and reckoned_on < day:
                reckon(self._connection, due(self._connection, day), day, position)
                self._connection.execute(TRACK, (position, day))
            return None
        try:
            self._apply(rows, day)
        except psycopg.Error:
            raise
        except Exception as error:
            raise Poisoned(self._culprit(rows, error)) from error
        return rows[-1].position

    def _apply(self, rows: list[Row], day: date) -> None:
        touched = self._handler.handle(rows)
        reckon(self._connection, touched, day, rows[-1].position)
        self._connection.execute(TRACK, (rows[-1].position, day))
        self._connection.execute("SELECT pg_notify('lifecycle_read', %s)", (str(rows[-1].position),))

    @staticmethod
    def _culprit(rows: list[Row], error: Exception) -> str:
        span = f"{rows[0].label}#{rows[0].originator_version} (@{rows[0].position})"
        if len(rows) > 1:
            span += f" – {rows[-1].label}#{rows[-1].originator_version} (@{rows[-1].position})"
        return f"{span}: {type(error).__name__}: {error}"
