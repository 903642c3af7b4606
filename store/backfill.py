"""历史数据补录: past records are staged, then decided and appended in one transaction, once, before the opening."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import groupby
from uuid import UUID, uuid4

import psycopg
from psycopg.rows import class_row
from psycopg_pool import ConnectionPool

from domain.entry import SHANGHAI, Actor, Entry, Source
from domain.errors import Refused
from domain.history import History
from domain.office.district import LABEL as DISTRICT
from domain.office.district import LedgerOpened
from store.deciding import Asking, Deciding, FindFile, no_file
from store.mapper import EntryMapper
from store.reading import Reading
from store.recorder import Request, columns

STAGE = """
INSERT INTO staged (sha256, file, stated_at, row, kind, content) VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT DO NOTHING
"""
REPLACE = """
DELETE FROM staged
WHERE file = %s AND kind = ANY(%s) AND sha256 <> %s AND (kind = 'command' OR stated_at = %s)
"""
STAGED = "SELECT sha256, file, stated_at, row, kind, content FROM staged ORDER BY stated_at, file, row"
APPEND_STATED = "SELECT * FROM append_stated(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
APPEND_OPENING = "SELECT * FROM append_opening(%s, %s, %s, %s, %s, %s, %s, %s, %s)"


class OpenAlready(Refused):
    """The ledger is open: the past can be neither staged nor stated any more, only recorded as of now."""

    zh = "台账已经启用：不能再补录历史，只能按当前时间记录。"


class StagedMeanwhile(Refused):
    """More was staged while the opening was being decided; open again."""

    zh = "启用过程中又有内容暂存，请重新启用。"


class StatedAhead(Refused):
    """A stated recording time lies in the future."""

    zh = "所述记录时间晚于现在。"
    sort = "invalid"


@dataclass(frozen=True)
class Staged:
    """One row waiting: of a snapshot (its head has row 0), or a line of a command file."""

    sha256: bytes
    file: str
    stated_at: datetime
    row: int
    kind: str
    content: bytes


COMMANDS, SNAPSHOT = ["command"], ["snapshot", "row"]


def _place(row: Staged) -> tuple[str, datetime | None]:
    """What a file that is staged again, corrected or re-saved, replaces: the snapshot of its name and time, or all the
    lines of the command file of its name."""
    return row.file, None if row.kind == "command" else row.stated_at


def _firsts(rows: Sequence[Staged]) -> Iterable[Staged]:
    return {_place(row): row for row in rows}.values()


def _not_ahead(rows: Sequence[Staged]) -> None:
    now = datetime.now(SHANGHAI)
    for row in rows:
        if row.stated_at > now:
            raise StatedAhead(f"{row.file} {row.row}: {row.stated_at}")


@dataclass
class Waiting:
    """What a staging did: rows that are new, rows of an earlier version of the same files that they replace."""

    new: int = 0
    replaced: int = 0


@dataclass
class Prepared:
    """All that was staged, decided: requests with their stated times, ready to be appended."""

    deciding: Deciding
    requests: list[tuple[datetime, list[Entry]]]
    rows: int = 0
    """How many staged rows were decided: exactly these are appended, or nothing is."""


Decide = Callable[[Sequence[Staged], Deciding, Asking], None]
"""Decides one request: the rows of one file of one stated time."""


class Backfill:
    def __init__(self, pool: ConnectionPool, reading: Reading, find_file: FindFile = no_file) -> None:
        self._pool = pool
        self._reading = reading
        self._find_file = find_file

    def stage(self, rows: Sequence[Staged]) -> "Waiting":
        """Keep rows until the opening, in place of what was staged of the same files. Raises OpenAlready, StatedAhead."""
        if self._reading.head().opened:
            raise OpenAlready
        _not_ahead(rows)
        waiting = Waiting()
        try:
            with self._pool.connection() as connection, connection.transaction(), connection.cursor() as cursor:
                for row in _firsts(rows):
                    kinds = COMMANDS if row.kind == "command" else SNAPSHOT
                    waiting.replaced += cursor.execute(REPLACE, (row.file, kinds, row.sha256, row.stated_at)).rowcount
                cursor.executemany(STAGE, [(r.sha256, r.file, r.stated_at, r.row, r.kind, r.content) for r in rows])
                waiting.new = max(0, cursor.rowcount)
        except psycopg.errors.DatabaseError as error:
            raise _told(error) from error
        return waiting

    def discard(self) -> int:
        """Drop everything staged; answers how many rows."""
        with self._pool.connection() as connection:
            return connection.execute("DELETE FROM staged").rowcount

    def staged(self) -> list[Staged]:
        """In the order in which they are decided: stated time, file, row."""
        with self._pool.connection() as connection, connection.cursor(row_factory=class_row(Staged)) as cursor:
            return cursor.execute(STAGED).fetchall()

    def requests(self, rows: Sequence[Staged]) -> Iterator[list[Staged]]:
        """Each (stated time, file) is a request of its own; two files of one name are two."""
        for _, group in groupby(rows, key=lambda r: (r.stated_at, r.file, r.sha256)):
            yield list(group)

    def decide_all(
        self, decide: Decide, by: Actor, progress: Callable[[int], None] = lambda _: None, more: Sequence[Staged] = ()
    ) -> "Prepared":
        """Decide everything staged, and `more` as if it were, from an empty ledger, in memory; nothing is recorded yet.

        Raises OpenAlready, StatedAhead.
        """
        if self._reading.head().opened:
            raise OpenAlready
        _not_ahead(more)
        instead = {_place(r): r.sha256 for r in more}
        kept = (r for r in self.staged() if instead.get(_place(r), r.sha256) == r.sha256)
        waiting = {(r.sha256, r.stated_at, r.row): r for r in (*kept, *more)}.values()
        deciding = Deciding(History, lambda _: 1, self._find_file)
        prepared = Prepared(deciding, [])
        done = 0
        for rows in self.requests(sorted(waiting, key=lambda r: (r.stated_at, r.file, r.sha256, r.row))):
            before = len(deciding.entries)
            source = Source(door="import", file=rows[0].file, sha256=rows[0].sha256.hex())
            asking = Asking(by, source, rows[0].stated_at, uuid4(), uuid4(), imported=True)
            decide(rows, deciding, asking)
            if len(deciding.entries) > before:
                prepared.requests.append((rows[0].stated_at, deciding.entries[before:]))
            done += len(rows)
            prepared.rows = done
            progress(done)
        return prepared

    def open(self, prepared: "Prepared", by: Actor, door: Source, *, synthetic: bool = False) -> int:
        """Append it all with its stated times, then the opening by the database's clock; one transaction.

        `synthetic` has the opening say for good that all of it is made up. Answers the last position. Raises OpenAlready
        when somebody opened meanwhile.
        """
        now = datetime.now(SHANGHAI)
        opening = LedgerOpened(
            occurred_on=now.date(),
            staged_requests=len(prepared.requests),
            staged_entries=sum(len(entries) for _, entries in prepared.requests),
            synthetic=True if synthetic else None,
        )
        entry = prepared.deciding.record(DISTRICT, opening, Asking(by, door, now, uuid4()))
        try:
            with self._pool.connection() as connection, connection.transaction():
                connection.execute("LOCK TABLE staged IN SHARE ROW EXCLUSIVE MODE")
                if connection.execute("SELECT count(*) FROM staged").fetchone() != (prepared.rows,):
                    raise StagedMeanwhile
                for at, entries in prepared.requests:
                    connection.execute(APPEND_STATED, (*_request(entries), *_columns(entries), at))
                found = connection.execute(APPEND_OPENING, (*_request([entry]), *_columns([entry]))).fetchone()
        except psycopg.errors.DatabaseError as error:
            raise _told(error) from error
        return int(found[0]) if found else 0


def _told(error: psycopg.errors.DatabaseError) -> Exception:
    """The database's word that the ledger is open, as ours; anything else as it is."""
    return OpenAlready() if error.sqlstate == "LC003" else error


def _request(entries: Sequence[Entry]) -> tuple[UUID, str, str, bytes]:
    envelope = entries[0].envelope
    digest = sha256(b"".join(e.envelope.id.bytes for e in entries)).digest()
    request = Request(envelope.request, envelope.actor.person, str(envelope.request), digest)
    return request.id, request.scope, request.key, request.body


def _columns(entries: Sequence[Entry]) -> tuple[list[object], ...]:
    mapper = EntryMapper()
    return columns([mapper.to_stored_event(entry) for entry in entries])
