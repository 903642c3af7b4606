"""Keeps the read model at the ledger's end: one leader, whole requests in batches, one transaction each."""

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import date, datetime

import psycopg
from psycopg import Connection
from psycopg.conninfo import make_conninfo

from domain.entry import SHANGHAI
from projections.current import due, reckon
from projections.facts import FactsHandler, Unreadable
from projections.tables import FINGERPRINT, TABLES
from store.database import as_role, listening
from store.reading import entries_after
from store.recorder import Row

log = logging.getLogger("lifecycle.projections")

BATCH = 4_000
POLL = 1.0
BREATH = 0.02
"""Seconds between two batches: the first after a quiet time is projected at once, a stream of requests several at a time."""
PAUSE, LONGEST_PAUSE = 10.0, 600.0
"""Seconds before a stopped read model is tried again, and said again to be stopped; doubled each time."""
SETTLE = 50_000
"""After as many entries at once the tables are vacuumed: questions would otherwise look up every row's visibility."""
LEADER = 0x50524F4A
"""With the schema, the advisory key of the one runner that writes; others wait for it to be free."""
LEAD = "SELECT pg_try_advisory_lock(%s, hashtext(%s))"
PROGRESS = "SELECT version, position, failure, reckoned_on FROM progress"
END = "SELECT coalesce(max(last), 0) FROM request"
TRACK = "UPDATE progress SET position = %s, reckoned_on = %s, failure = NULL"
TELL = "SELECT pg_notify('lifecycle_' || current_schema(), %s)"
FAIL = "UPDATE progress SET failure = %s"
EXISTS = "SELECT to_regclass('progress') IS NOT NULL"
AWAY = (psycopg.OperationalError, psycopg.InterfaceError, psycopg.InternalError)
"""The database is gone, stopping or a replica by now: no entry's fault."""
DEAD_PEERS = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3, "tcp_user_timeout": 10_000}
"""A host that vanished says nothing: after some ten seconds it is taken for gone."""


class Poisoned(Exception):
    """An entry that cannot be projected; the message names it."""


class Superseded(Exception):
    """The tables were made by another version of this program."""


def today() -> date:
    return datetime.now(SHANGHAI).date()


class Runner:
    """`run` until told to stop; survives restarts and failovers of the database."""

    def __init__(self, dsn: str, schema: str = "district") -> None:
        self._dsn = dsn
        self._schema = schema
        self._begun = False

    def run(self, stop: threading.Event) -> None:
        """Lead when nobody else does; poll each second for what a lost notification would have told."""
        while not stop.is_set():
            try:
                with self._connect() as connection, listening(self._dsn, self._schema) as ear:
                    if self._lead(connection, stop):
                        self._follow(connection, ear, stop)
            except psycopg.Error as error:
                log.warning("projections begin again: %s: %s", type(error).__name__, error)
                stop.wait(POLL)
            except Superseded:
                log.error("the read model was made by another version of this program: restart this one")
                stop.wait(PAUSE)

    def _connect(self) -> Connection:
        dsn = as_role(self._dsn, "lifecycle_projector", self._schema)
        return psycopg.connect(make_conninfo(dsn, **DEAD_PEERS), autocommit=True)

    def _lead(self, connection: Connection, stop: threading.Event) -> bool:
        while not stop.is_set():
            if connection.execute(LEAD, (LEADER, self._schema)).fetchone() == (True,):
                return True
            stop.wait(POLL)
        return False

    def _follow(self, connection: Connection, ear: Connection, stop: threading.Event) -> None:
        """Raises psycopg.Error and Superseded: whoever leads then begins anew."""
        pause = PAUSE
        while not stop.is_set():
            try:
                self._prepare(connection)
                projecting = Projecting(connection)
                while not stop.is_set():
                    self._settle(connection, projecting.position(), projecting.catch_up(stop.is_set))
                    stop.wait(BREATH)
                    for _ in ear.notifies(timeout=POLL, stop_after=1):
                        pass
                    for _ in ear.notifies(timeout=0):  # one catching up answers all that were heard meanwhile
                        pass
            except Poisoned as poisoned:
                log.error("projections stopped: %s", poisoned)
                connection.execute(FAIL, (str(poisoned),))
                stop.wait(pause)
                pause = min(2 * pause, LONGEST_PAUSE)

    def _prepare(self, connection: Connection) -> None:
        """Tables that are missing are made; those of another version are rebuilt beside the old ones.

        Raises Poisoned; Superseded when the tables changed under us, so that two versions do not rebuild in turns.
        """
        from projections.rebuild import rebuild  # it builds with Projecting, of this module

        if connection.execute(EXISTS).fetchone() != (True,):
            with connection.transaction():
                make_tables(connection)
        row = connection.execute(PROGRESS).fetchone()
        if row is None or row[0] != FINGERPRINT:
            if self._begun:
                raise Superseded
            log.info("the read model was made by another version and is rebuilt")
            rebuild(self._dsn, self._schema)
        self._begun = True

    @staticmethod
    def _settle(connection: Connection, before: int, reached: int) -> None:
        if reached - before >= SETTLE:
            vacuum(connection)


def vacuum(connection: Connection) -> None:
    """Never vacuumed, the tables answer three times slower."""
    for table in ("fact", "project", "term", "current"):
        connection.execute(f"VACUUM (ANALYZE) {table}".encode())


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
        """Project to the ledger's end as it is now; answers the position reached.

        Raises Poisoned, at the request that cannot be projected and with all before it done: the batch that holds it is
        halved until it stands alone.
        """
        limit, end = BATCH, self._end()
        while not stopped():
            try:
                with self._connection.transaction():
                    position = self.step(limit)
            except Poisoned:
                self._handler = FactsHandler(self._connection)  # the old one knows numbers that were rolled back
                if limit == 1:
                    raise
                limit = limit // 2
                continue
            if position is not None and progress is not None:
                progress(position)
            if position is None or position >= end:
                break
        return self.position()

    def _end(self) -> int:
        found = self._connection.execute(END).fetchone()
        return found[0] if found else 0

    def position(self) -> int:
        found = self._connection.execute(PROGRESS).fetchone()
        return found[1] if found else 0

    def step(self, limit: int = BATCH) -> int | None:
        """One batch inside the caller's transaction; the position reached, or None when there was nothing to do.

        Raises Poisoned, Superseded.
        """
        day = today()
        found = self._connection.execute(PROGRESS + " FOR UPDATE").fetchone()
        assert found is not None
        version, position, _, reckoned_on = found
        if version != FINGERPRINT:
            raise Superseded
        rows = entries_after(self._connection, position, limit)
        if not rows and reckoned_on == day:
            return None
        try:
            reached = rows[-1].position if rows else position
            touched = self._handler.handle(rows) if rows else set()
            if reckoned_on != day:
                touched |= set(due(self._connection, day))
            reckon(self._connection, touched, day, reached)
            self._connection.execute(TRACK, (reached, day))
            self._connection.execute(TELL, (str(reached),))
        except AWAY:
            raise
        except Exception as error:
            raise Poisoned(_culprit(rows, error)) from error
        return reached if rows else None


def _culprit(rows: Sequence[Row], error: Exception) -> str:
    """The entry, or the request that holds it."""
    row = error.row if isinstance(error, Unreadable) else None
    if row is not None:
        rows = [row]
    names = [f"{r.label}#{r.originator_version} (@{r.position})" for r in rows]
    span = " – ".join(names if len(names) < 3 else [names[0], names[-1]])
    cause = error.__cause__ if row is not None and error.__cause__ is not None else error
    return f"{span}: {type(cause).__name__}: {cause}"
