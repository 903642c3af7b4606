"""Names of people, kept apart from the ledger so that they can be erased."""

from collections.abc import Iterable

from psycopg_pool import ConnectionPool

REMEMBER = """
INSERT INTO person_name (ref, name) VALUES (%s, %s)
ON CONFLICT (ref) DO NOTHING
"""
NAMES = "SELECT ref, name FROM person_name WHERE ref = ANY(%s)"


class People:
    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool

    def remember(self, ref: str, name: str) -> None:
        """Keep a name; the first one given for a reference stays."""
        with self._pool.connection() as connection:
            connection.execute(REMEMBER, (ref, name))

    def names(self, refs: Iterable[str]) -> dict[str, str]:
        """Those that are known and not erased."""
        wanted = sorted(set(refs))
        if not wanted:
            return {}
        with self._pool.connection() as connection:
            return dict(connection.execute(NAMES, (wanted,)).fetchall())
