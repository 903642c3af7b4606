"""The eventsourcing library's recorder over our append functions: one transaction, one lock, the truth after a cut."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import psycopg
from eventsourcing.persistence import (
    ApplicationRecorder,
    IntegrityError,
    Notification,
    NotSupportedError,
    StoredEvent,
    Subscription,
)
from psycopg.rows import class_row
from psycopg_pool import ConnectionPool

WAIT = 0.25
"""Seconds before the first look after a cut connection; doubled each time."""
PATIENCE = 20.0
"""Seconds after which no further attempt begins; a failover took 6.6."""
REFUSED = ("LC001", "LC004")
PASSED_ON = ("40001", "40P01", "57014")
"""Serialisation failure, deadlock, cancelled: the database's word to the caller, not a cut."""


class Conflict(IntegrityError):
    """Somebody recorded in the same stream first."""


class RequestRepeated(Exception):
    """The request is already recorded."""


@dataclass(frozen=True)
class Request:
    """`key` is unique within its `scope` (the actor); `body` is the SHA-256 of what was asked."""

    id: UUID
    scope: str
    key: str
    body: bytes


@dataclass(frozen=True)
class Row(StoredEvent):
    """A stored entry, with its place; `position` is 0 before it has one."""

    label: str = ""
    position: int = 0
    recorded_at: datetime | None = None
    stated: bool = False


class Position(int):
    """A position that knows when it was recorded: the library carries nothing else back to the caller."""

    recorded_at: datetime

    @classmethod
    def at(cls, position: int, recorded_at: datetime) -> "Position":
        made = cls(position)
        made.recorded_at = recorded_at
        return made


@dataclass(frozen=True)
class RequestRow:
    id: UUID
    body: bytes
    first: int
    last: int
    recorded_at: datetime


APPEND_ONE = "SELECT * FROM append_one(%s, %s, %s, %s, %s, %s, %s, %s, %s)"
APPEND_ONE_WHILE = "SELECT * FROM append_one_while(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
APPEND_MANY = "SELECT * FROM append_many_while(%b::uuid[], %b::int[], %s, %s, %s, %s, %b, %b, %b, %b, %b)"
ROWS = """
SELECT e.stream AS originator_id, e.version AS originator_version, e.topic, e.state,
       s.label, e.position, e.recorded_at, e.stated
FROM entry e JOIN stream s ON s.id = e.stream
"""
STREAM = (
    ROWS
    + """
WHERE e.stream = %(stream)s AND e.version > %(gt)s AND e.version <= %(lte)s
ORDER BY e.version
LIMIT %(limit)s
"""
)
NEWER = """
SELECT e.stream AS originator_id, e.version AS originator_version, e.topic, e.state, e.position, e.recorded_at, e.stated
FROM unnest(%b::uuid[], %b::int[]) AS known(stream, version)
CROSS JOIN LATERAL (SELECT * FROM entry n WHERE n.stream = known.stream AND n.version > known.version) e
ORDER BY e.position
"""
STREAM_BACKWARDS = STREAM.replace("ORDER BY e.version", "ORDER BY e.version DESC")
BETWEEN = (
    ROWS
    + """
WHERE e.position >= %(first)s AND e.position <= %(last)s
ORDER BY e.position
LIMIT %(limit)s
"""
)
BY_KEY = "SELECT id, body, first, last, recorded_at FROM request WHERE scope = %s AND key = %s"
BY_ID = "SELECT id, body, first, last, recorded_at FROM request WHERE id = %s"
MOST = 2**31 - 1


class Recorder(ApplicationRecorder):
    """`writing` may execute the append functions; `reading` may be a replica's pool."""

    def __init__(self, writing: ConnectionPool, reading: ConnectionPool) -> None:
        self._writing = writing
        self._reading = reading

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        """Append rows as one request (`request=`); answers their positions. `looked_at=`: the versions of other streams that
        the request was decided on, by stream; where one has moved on meanwhile nothing is appended.

        Raises Conflict, RequestRepeated, or the database's own error. Whatever goes wrong, the request is looked up by
        its id before anything is said, so what is answered is what happened; only a database that stays away beyond
        PATIENCE leaves it open (OperationalError), and the same request sent again will tell.
        """
        request: Request = kwargs["request"]
        looked_at: Mapping[UUID, int] = kwargs.get("looked_at", {})
        rows = cast("Sequence[Row]", stored_events)
        if not rows:
            return []
        wait, deadline = WAIT, time.monotonic() + PATIENCE
        while True:
            try:
                return _places(len(rows), *self._append(rows, request, looked_at))
            except psycopg.DatabaseError as error:
                refused = isinstance(error, psycopg.errors.UniqueViolation) or error.sqlstate in REFUSED
                if not refused:
                    if not isinstance(error, psycopg.OperationalError) or error.sqlstate in PASSED_ON:
                        raise
                    time.sleep(wait)
                    wait *= 2
                # Also when refused: what it conflicts with may be its own entries, stored by an attempt that was cut.
                known, settled = self._look_up(request)
                if settled is not None:
                    return self._first_answer(settled, rows, request)
                if refused and known:
                    if error.diag.table_name == "request":
                        raise RequestRepeated(request.key) from error
                    raise Conflict(str(error)) from error
                if time.monotonic() > deadline:
                    raise

    def _first_answer(self, settled: RequestRow, rows: Sequence[Row], request: Request) -> list[Position]:
        """Where the request's rows are. Raises RequestRepeated when what is stored under its id is not these rows."""
        kept = self.entries_of(settled.first, settled.last)
        same = [_names(r) for r in kept] == [_names(r) for r in rows]
        if not same or settled.body != request.body:
            raise RequestRepeated(request.key)
        return _places(len(rows), settled.last, settled.recorded_at)

    def _append(self, rows: Sequence[Row], request: Request, looked_at: Mapping[UUID, int]) -> tuple[int, datetime]:
        asked = (request.id, request.scope, request.key, request.body)
        with self._writing.connection() as connection:
            if len(rows) == 1 and len(looked_at) <= 1:
                row, others = rows[0], [part for pair in looked_at.items() for part in pair]
                one = (row.label, row.originator_id, row.originator_version, row.topic, row.state)
                append = APPEND_ONE_WHILE if looked_at else APPEND_ONE  # a function in a function costs a tenth of an append
                try:
                    return cast("tuple[int, datetime]", connection.execute(append, (*others, *asked, *one)).fetchone())
                except psycopg.errors.DatabaseError as error:
                    if error.sqlstate != "LC004":
                        raise
            many = (list(looked_at), list(looked_at.values()), *asked, *columns(rows))
            return cast("tuple[int, datetime]", connection.execute(APPEND_MANY, many).fetchone())

    def _look_up(self, request: Request) -> tuple[bool, RequestRow | None]:
        """Whether the database could be asked, and what it keeps of the request."""
        try:
            return True, self.request_by_id(request.id)
        except psycopg.OperationalError:
            return False, None

    def request_by_id(self, request_id: UUID) -> RequestRow | None:
        return self._request(BY_ID, (request_id,))

    def find_request(self, scope: str, key: str) -> RequestRow | None:
        """What was recorded under an idempotency key."""
        return self._request(BY_KEY, (scope, key))

    def _request(self, query: str, parameters: tuple[Any, ...]) -> RequestRow | None:
        """Asked of the primary: a replica may not know yet."""
        with self._writing.connection() as connection, connection.cursor(row_factory=class_row(RequestRow)) as cursor:
            return cursor.execute(query.encode(), parameters).fetchone()

    def entries_of(self, first: int, last: int) -> list[Row]:
        """The rows of a request, in order."""
        with self._writing.connection() as connection, connection.cursor(row_factory=class_row(Row)) as cursor:
            return cursor.execute(BETWEEN.encode(), {"first": first, "last": last, "limit": MOST}).fetchall()

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        lte, limit = (MOST if bound is None else bound for bound in (lte, limit))
        asked = {"stream": originator_id, "gt": gt or 0, "lte": lte, "limit": limit}
        query = STREAM_BACKWARDS if desc else STREAM
        with self._reading.connection() as connection, connection.cursor(row_factory=class_row(Row)) as cursor:
            return cursor.execute(query.encode(), asked).fetchall()

    def select_newer(self, versions: Mapping[UUID, int]) -> list[Row]:
        """Rows of several streams beyond the versions known, in position order; labels are left out.

        Asked of the primary: what is decided must be decided on the newest facts.
        """
        asked = (list(versions), list(versions.values()))
        with self._writing.connection() as connection, connection.cursor(row_factory=class_row(Row)) as cursor:
            return cursor.execute(NEWER.encode(), asked).fetchall()

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """In position order. Topics are not filtered: a reader that skips kinds cannot say how far it is."""
        if topics:
            raise NotSupportedError("the ledger is read whole")
        first = (start or 0) + (0 if inclusive_of_start else 1)
        asked = {"first": first, "last": 2**63 - 1 if stop is None else stop, "limit": limit}
        with self._reading.connection() as connection, connection.cursor(row_factory=class_row(Row)) as cursor:
            return [
                Notification(r.originator_id, r.originator_version, r.topic, r.state, id=r.position)
                for r in cursor.execute(BETWEEN.encode(), asked)
            ]

    def max_notification_id(self) -> int | None:
        with self._reading.connection() as connection:
            found = connection.execute("SELECT max(position) FROM entry").fetchone()
            return cast("int | None", found[0] if found else None)

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Subscription[ApplicationRecorder]:
        """Our own runner reads the ledger (projections.runner): subscriptions do not survive a failover."""
        raise NotSupportedError("read the ledger with store.reading")


def _names(row: Row) -> tuple[str, int, str, bytes]:
    """What makes two rows the same one. (A stream's id may come as its text.)"""
    return str(row.originator_id), row.originator_version, row.topic, bytes(row.state)


def _places(count: int, last: int, recorded_at: datetime) -> list[Position]:
    return [Position.at(p, recorded_at) for p in range(last - count + 1, last + 1)]


def columns(rows: Sequence[Row]) -> tuple[list[Any], ...]:
    """Rows as the parallel arrays the append functions take."""
    return (
        [r.label for r in rows],
        [r.originator_id for r in rows],
        [r.originator_version for r in rows],
        [r.topic for r in rows],
        [r.state for r in rows],
    )
