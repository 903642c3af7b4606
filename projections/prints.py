"""The read model's fingerprint as it stood at a position: rebuilt and live, grown by other batches, answer the same."""

import psycopg
from psycopg import IsolationLevel, sql

from projections.tables import FINGERPRINT
from store.database import as_role
from store.fingerprints import Print, print_of

STANDS = "SELECT version, position FROM progress"
EXISTS = "SELECT to_regclass('progress') IS NOT NULL"
LINES = """
SELECT p.code, f.fact, f.turn, f.kind, f.measure, f.role, f.occurred_on, f.amount,
       u.text AS unit, q.text AS person, w.text AS word, f.known_from,
       CASE WHEN f.known_to > {position} THEN 9223372036854775807 ELSE f.known_to END AS known_to
FROM fact f JOIN project p ON p.id = f.project
LEFT JOIN term u ON u.id = f.unit LEFT JOIN term q ON q.id = f.person LEFT JOIN term w ON w.id = f.word
WHERE f.known_from <= {position}
ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13
"""


def stands(dsn: str, schema: str) -> int | None:
    """How far a read model is; None where there is none, or another version of this program made it."""
    with psycopg.connect(as_role(dsn, "lifecycle_projector", schema), autocommit=True) as connection:
        if connection.execute(EXISTS).fetchone() != (True,):
            return None
        found = connection.execute(STANDS).fetchone()
    return None if found is None or found[0] != FINGERPRINT else int(found[1])


def print_at(dsn: str, schema: str, position: int) -> Print:
    """Of every line known at a position, in words: the numbers that stand for them depend on who came first."""
    with psycopg.connect(as_role(dsn, "lifecycle_projector", schema)) as connection:
        connection.set_isolation_level(IsolationLevel.REPEATABLE_READ)
        return print_of(connection, sql.SQL(LINES).format(position=sql.Literal(position)))
