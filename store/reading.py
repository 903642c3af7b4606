"""The ledger as readers see it: entries in order, where viewpoints may stand, what streams there are."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from psycopg import Connection
from psycopg.rows import args_row, class_row
from psycopg_pool import ConnectionPool

from store.recorder import ROWS, Row


@dataclass(frozen=True)
class Head:
    """The newest position and its clock; `opened` is false while past records may still be stated."""

    position: int
    recorded_at: datetime | None
    opened: bool


BATCH_END = """
SELECT max(last) FROM (SELECT last FROM request WHERE last > %(after)s ORDER BY last LIMIT 1) AS one
UNION ALL
SELECT max(last) FROM request WHERE last > %(after)s AND last <= %(after)s::bigint + %(limit)s::bigint
"""
ENTRIES = ROWS + "WHERE e.position > %(after)s AND e.position <= %(until)s ORDER BY e.position"
AT_TIME = "SELECT last FROM request WHERE recorded_at <= %s ORDER BY recorded_at DESC, last DESC LIMIT 1"
AT_POSITION = "SELECT last FROM request WHERE last <= %s ORDER BY last DESC LIMIT 1"
MOMENT = "SELECT recorded_at FROM request WHERE last = %s"
LABELS = "SELECT label FROM stream WHERE label LIKE %s ORDER BY label"
BEARING = """
SELECT DISTINCT s.label FROM entry e JOIN stream s ON s.id = e.stream
WHERE e.topic IN ('unit_closed', 'unit_merged', 'persons_joined') ORDER BY s.label
"""
"""As the index entry_bearing has it."""
PROPOSING = """
SELECT s.label FROM entry e JOIN stream s ON s.id = e.stream
WHERE e.topic IN ('correction_proposed', 'annulment_proposed', 'reinstatement_proposed', 'approved', 'declined')
  AND e.position <= %s
GROUP BY s.label
HAVING 2 * count(*) FILTER (WHERE e.topic IN ('approved', 'declined')) < count(*)
ORDER BY s.label
"""
"""As the index entry_proposing has it: each decision decides one proposal."""
AUDITS_NAMING = """
SELECT s.label FROM stream s
WHERE s.label LIKE 'audit:%%' AND EXISTS (
    SELECT FROM entry e WHERE e.stream = s.id AND position(convert_to(%s, 'UTF8') IN e.state) > 0
) ORDER BY s.label
"""
INSTRUCTED = """
SELECT DISTINCT s.label FROM entry e JOIN stream s ON s.id = e.stream WHERE e.topic = 'instructed' ORDER BY s.label
"""
"""As the index entry_instructed has it."""
DECIDED_BY = """
SELECT DISTINCT s.label FROM entry e JOIN stream s ON s.id = e.stream
WHERE e.topic IN ('approved', 'declined', 'verdict_given', 'endorsed', 'accepted', 'sent_back',
                  'exemption_granted', 'unit_exempted')
  AND (position(convert_to(%s, 'UTF8') IN e.state) > 0 OR position(convert_to(%s, 'UTF8') IN e.state) > 0
       OR position(convert_to(%s, 'UTF8') IN e.state) > 0)
ORDER BY s.label
"""
LAST_NUMBER = r"SELECT max(substring(label FROM '\d+$')::int) FROM stream WHERE label LIKE %s"
STAGED = "SELECT count(*) FROM staged"
SYNTHETIC = """
SELECT EXISTS (
    SELECT FROM entry e JOIN stream s ON s.id = e.stream
    WHERE s.label = 'district' AND e.topic = 'ledger_opened'
      AND position(convert_to('"synthetic":true', 'UTF8') IN e.state) > 0
)
"""
"""A quote within a text is escaped: these bytes are the opening's own word."""
STREAM = ROWS + "WHERE s.label = %s AND e.version > %s ORDER BY e.version LIMIT %s"


@contextmanager
def no_collection() -> Iterator[None]:
    """A batch or return makes tens of thousands of objects and no cycles; looking costs up to a quarter of the time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def entries_after(connection: Connection, after: int, limit: int) -> list[Row]:
    """See Reading.entries; for readers that bring their own connection and transaction."""
    ends = [row[0] for row in connection.execute(BATCH_END, {"after": after, "limit": limit}) if row[0]]
    if not ends:
        return []
    with connection.cursor(row_factory=args_row(Row), binary=True) as cursor, no_collection():  # binary: bytes as they are
        return cursor.execute(ENTRIES.encode(), {"after": after, "until": max(ends)}).fetchall()


class Reading:
    """SELECT only; may look at a replica."""

    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool
        self._synthetic: bool | None = None

    def head(self) -> Head:
        with self._pool.connection() as connection, connection.cursor(row_factory=class_row(Head)) as cursor:
            cursor.execute(b"SELECT position, nullif(recorded_at, '-infinity') AS recorded_at, opened FROM ledger_head")
            return cast("Head", cursor.fetchone())

    def entries(self, after: int, limit: int) -> list[Row]:
        """Whole requests following `after`, in position order: about `limit` rows, and never half a request."""
        with self._pool.connection() as connection:
            return entries_after(connection, after, limit)

    def stream(self, label: str, after: int = 0, limit: int = 1_000) -> list[Row]:
        """Rows of one stream as stored, after an entry number."""
        with self._pool.connection() as connection, connection.cursor(row_factory=class_row(Row)) as cursor:
            return cursor.execute(STREAM.encode(), (label, after, limit)).fetchall()

    def resolve(self, known: datetime | int) -> int:
        """The last end of a request at or before a moment or position; 0 before the first."""
        query = AT_TIME if isinstance(known, datetime) else AT_POSITION
        return self._number(query, known)

    def moment(self, position: int) -> datetime | None:
        """When the request ending at a position was recorded."""
        with self._pool.connection() as connection:
            found = connection.execute(MOMENT, (position,)).fetchone()
            return cast("datetime | None", found[0] if found else None)

    def labels(self, prefix: str) -> list[str]:
        """Streams by the beginning of their label: `unit:`, `person:`, `XH-2026-`."""
        with self._pool.connection() as connection:
            return [row[0] for row in connection.execute(LABELS, (f"{prefix}%",))]

    def bearing(self) -> list[str]:
        """Streams of units that were dissolved and of people who were joined: what bears on projects (questions.around)."""
        with self._pool.connection() as connection:
            return [row[0] for row in connection.execute(BEARING)]

    def proposing(self, position: int) -> list[str]:
        """Streams in which a proposal waited for its decision at a position."""
        with self._pool.connection() as connection:
            return [row[0] for row in connection.execute(PROPOSING, (position,))]

    def decided_by(self, person: str) -> list[str]:
        """Streams in which a person decided, signed or approved something, or is named as having done so.

        Reads the ledger through: for the few who were found to have been entered twice.
        """
        named = [f'"{field}":"{person}"' for field in ("person", "on_behalf_of", "approver")]
        with self._pool.connection() as connection:
            return [row[0] for row in connection.execute(DECIDED_BY, (*named,))]

    def instructed(self) -> list[str]:
        """Streams in which a leader ever gave an instruction."""
        with self._pool.connection() as connection:
            return [row[0] for row in connection.execute(INSTRUCTED)]

    def audits_naming(self, project: str) -> list[str]:
        """Streams of audits whose entries have a project's code somewhere in them."""
        with self._pool.connection() as connection:
            return [row[0] for row in connection.execute(AUDITS_NAMING, (project,))]

    def next_number(self, prefix: str) -> int:
        """The first free number under a prefix of project codes."""
        return self._number(LAST_NUMBER, f"{prefix}%") + 1

    def synthetic(self, head: Head) -> bool:
        """Whether the opening says that the ledger is made up; looked up once, for a ledger is opened once."""
        if self._synthetic is None and head.opened:
            self._synthetic = bool(self._number(SYNTHETIC, None))
        return bool(self._synthetic)

    def staged(self) -> int:
        """How many rows wait for the opening."""
        return self._number(STAGED, None)

    def _number(self, query: str, parameter: object) -> int:
        with self._pool.connection() as connection:
            found = connection.execute(query.encode(), None if parameter is None else (parameter,)).fetchone()
            return int(found[0] or 0) if found else 0
