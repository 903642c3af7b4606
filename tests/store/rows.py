"""Rows of any stream, without the domain: what the store promises, it promises for any bytes."""

from uuid import UUID, uuid4

from domain.entry import stream_id
from store.database import Database
from store.recorder import Recorder, Request, Row


def rows(label: str, first: int, count: int = 1) -> list[Row]:
    return [
        Row(originator_id=stream_id(label), originator_version=n, topic="jobs_held", state=b'{"v":1}', label=label)
        for n in range(first, first + count)
    ]


def request(key: str | None = None, body: bytes = b"x") -> Request:
    made = uuid4()
    return Request(id=made, scope="p-wang", key=key or str(made), body=body)


def recorder(database: Database) -> Recorder:
    return Recorder(database.writing, database.reading)


def opened_ledger(database: Database) -> Recorder:
    """A recorder on a ledger that its first entry has opened."""
    made = recorder(database)
    made.insert_events(rows("district", 1), request=request())
    return made


def stored(database: Database) -> list[tuple[UUID, int]]:
    with database.reading.connection() as connection:
        return connection.execute("SELECT stream, version FROM entry ORDER BY position").fetchall()
