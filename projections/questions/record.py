"""A person's or unit's record: who recorded what is found by the ledger's own indexes, who held what by the slim table's."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from psycopg import Connection
from psycopg.rows import class_row

from domain.history import History
from domain.questions.people import posts
from domain.questions.record import Done, DoneEntry, Party, Record, done, done_entry, held, periods_of
from domain.settings import Settings
from domain.viewpoint import Viewpoint
from store.mapper import decode_actor
from store.recorder import ROWS, Row

# As the indexes of sql/0008_who.sql have it: what follows in the bytes begins with the reference and its closing quote.
RECORDED_BY = """substring(state FROM position('"actor":{"person":"'::bytea IN state) + 19 FOR 33)"""
RECORDED_FOR = """substring(state FROM position('"on_behalf_of":"'::bytea IN state) + 16 FOR 33)"""
ACTOR = """substring(state FROM position('"actor":{"person":"'::bytea IN state) + 19 FOR 77)"""
RECORDED_IN = f"""substring({ACTOR} FROM position('","unit":"'::bytea IN {ACTOR}) + 10 FOR 33)"""
MINE = ">= %(who)s::bytea AND {what} < %(beyond)s::bytea AND position <= %(known)s"
OF_PERSON = (
    f"SELECT position, topic FROM entry WHERE {RECORDED_BY} {MINE.format(what=RECORDED_BY)}"
    f" UNION ALL SELECT position, topic FROM entry WHERE {RECORDED_FOR} {MINE.format(what=RECORDED_FOR)}"
    f""" AND position('"on_behalf_of":"'::bytea IN state) > 0"""
    f" AND NOT ({RECORDED_BY} >= %(who)s::bytea AND {RECORDED_BY} < %(beyond)s::bytea)"
)
OF_UNIT = f"SELECT position, topic FROM entry WHERE {RECORDED_IN} {MINE.format(what=RECORDED_IN)}"
COUNTED = "SELECT topic, count(*) FROM ({own}) AS own GROUP BY topic"
PAGE = (
    ROWS
    + "WHERE e.position = ANY(ARRAY(SELECT position FROM ({own}) AS own WHERE position > %(after)s ORDER BY position"
    + (" LIMIT %(limit)s)) ORDER BY e.position")
)
COUNTED_OF_PERSON, COUNTED_OF_UNIT = (COUNTED.replace("{own}", own) for own in (OF_PERSON, OF_UNIT))
PAGE_OF_PERSON, PAGE_OF_UNIT = (PAGE.replace("{own}", own) for own in (OF_PERSON, OF_UNIT))
HELD_BY_PERSON = """
SELECT DISTINCT p.code FROM fact f JOIN project p ON p.id = f.project
WHERE f.kind IN (10, 11, 12, 13) AND f.person = (SELECT id FROM term WHERE text = %(name)s) AND f.known_from <= %(known)s
ORDER BY p.code
"""
HELD_BY_UNIT = HELD_BY_PERSON.replace("f.person", "f.unit")


class Histories(Protocol):
    def histories(self, labels: Sequence[str]) -> Mapping[str, History]: ...


def record(
    connection: Connection,
    records: Histories,
    party: Party,
    viewpoint: Viewpoint,
    settings: Settings,
    after: int = 0,
    limit: int = 200,
) -> Record:
    """Only the projects in which they ever held a role are folded."""
    name = party.person if party.person is not None else party.unit
    assert name is not None
    asked = {
        "name": name,
        "who": f'{name}"'.encode(),
        "beyond": f"{name}#".encode(),
        "known": viewpoint.known,
        "after": after,
        "limit": limit,
    }
    counts, listed = _done(connection, party, asked)
    query = HELD_BY_PERSON if party.person is not None else HELD_BY_UNIT
    projects = [code for (code,) in connection.execute(query.encode(), asked)]
    labels = [f"person:{party.person}"] if party.person is not None else []
    histories = dict(records.histories([*projects, *labels]))
    histories.update(records.histories(periods_of(histories.values())))
    return Record(
        posts=tuple(posts(histories[labels[0]].at(viewpoint))) if labels else (),
        **dict(held(party, histories, projects, viewpoint, settings)),
        done=counts,
        recorded=listed,
    )


def _done(connection: Connection, party: Party, asked: dict[str, Any]) -> tuple[tuple[Done, ...], tuple[DoneEntry, ...]]:
    by_person = party.person is not None
    counts = connection.execute((COUNTED_OF_PERSON if by_person else COUNTED_OF_UNIT).encode(), asked).fetchall()
    with connection.cursor(row_factory=class_row(Row)) as cursor:
        rows = cursor.execute((PAGE_OF_PERSON if by_person else PAGE_OF_UNIT).encode(), asked).fetchall()
    return done(dict(counts)), tuple(_told(row) for row in rows)


def _told(row: Row) -> DoneEntry:
    return done_entry(row.label, row.originator_version, row.topic, row.position, row.recorded_at, decode_actor(row))
