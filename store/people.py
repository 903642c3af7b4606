"""Names of people, kept apart from the ledger so that they can be erased.

A name is kept under the number of the entry that names (the entering, a change of name). Erasing is the ledger's own doing:
the entry that says so deletes the names in its transaction (sql/0010_people.sql), and none is kept ever after.
"""

import time
from collections.abc import Iterable

import psycopg
from psycopg import sql
from psycopg_pool import ConnectionPool

KEPT_APART = "LOCK TABLE person_name IN ROW EXCLUSIVE MODE"
"""Taken before looking whether the person was erased: an erasure that goes on is waited for."""
REMEMBER = """
INSERT INTO person_name (ref, number, name)
SELECT %(ref)s, %(number)s, %(name)s WHERE NOT EXISTS (SELECT FROM person_erasure WHERE ref = %(ref)s)
ON CONFLICT (ref, number) DO NOTHING
"""
NAMES = "SELECT ref, number, name FROM person_name WHERE ref = ANY(%s) ORDER BY ref, number"
NAMED_IN = "SELECT DISTINCT name FROM person_name WHERE length(name) > 1 AND strpos(%s, name) > 0"
IN_ENTRIES = """
SELECT s.label || '#' || e.version FROM entry e JOIN stream s ON s.id = e.stream
WHERE EXISTS (
    SELECT FROM person_name n
    WHERE n.ref = %s AND length(n.name) > 1 AND position(convert_to(n.name, 'UTF8') IN e.state) > 0
) ORDER BY e.position LIMIT 20
"""
ERASURES = "SELECT count(*) FROM person_erasure"
SWEPT = (
    ("lifecycle_eraser", ("person_name",)),
    ("lifecycle_owner", ("staged",)),  # the command files of a backfill named people; the opening emptied it
    (None, ("draft", "upload", "token", "account", "account_post", "session", "work")),
)
"""The tables that a name was deleted from or replaced in, and whose they are; none where they are the migrating login's."""
LOOKING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND age(backend_xmin) > age(%s::text::xid)
"""
PATIENCE = 5.0
"""Seconds that a sweep waits for transactions that still see what was deleted."""


class People:
    def __init__(self, pool: ConnectionPool, dsn: str | None = None, schema: str = "district") -> None:
        """`dsn`: the administrator's address, for sweeping up what is erased."""
        self._pool = pool
        self._dsn = dsn
        self._schema = schema

    def remember(self, ref: str, name: str, number: int = 1) -> None:
        """Keep a name; the first one given for an entry stays, and none of an erased person."""
        with self._pool.connection() as connection, connection.transaction():
            connection.execute(KEPT_APART)
            connection.execute(REMEMBER, {"ref": ref, "number": number, "name": name})

    def by_number(self, refs: Iterable[str]) -> dict[tuple[str, int], str]:
        """Every name that is kept of these people, by reference and entry number."""
        wanted = sorted(set(refs))
        if not wanted:
            return {}
        with self._pool.connection() as connection:
            return {(ref, number): name for ref, number, name in connection.execute(NAMES, (wanted,))}

    def names(self, refs: Iterable[str]) -> dict[str, str]:
        """The newest of those that are known and not erased."""
        return {ref: name for (ref, _), name in self.by_number(refs).items()}

    def named_in(self, text: str) -> list[str]:
        """The names of people that stand somewhere in a text."""
        with self._pool.connection() as connection:
            return [row[0] for row in connection.execute(NAMED_IN, (text,))]

    def in_entries(self, ref: str) -> list[str]:
        """The first entries whose text holds a name of the person. Reads the ledger through."""
        with self._pool.connection() as connection:
            return [row[0] for row in connection.execute(IN_ENTRIES, (ref,))]

    def sweep(self) -> None:
        """Write anew what names were deleted from, so that no page keeps them; nothing to do where nobody was erased.

        Waits a while for transactions that could still look at them; what one then keeps, the next sweep takes.
        """
        if self._dsn is None:
            return
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            connection.execute(sql.SQL("SET search_path TO {}, pg_temp").format(sql.Identifier(self._schema)))
            if connection.execute(ERASURES).fetchone() == (0,):
                return
            now = connection.execute("SELECT pg_current_xact_id()::xid::text").fetchone()
            deadline = time.monotonic() + PATIENCE
            while connection.execute(LOOKING, now).fetchone() != (0,) and time.monotonic() < deadline:
                time.sleep(0.05)
            for role, tables in SWEPT:
                connection.execute("RESET ROLE" if role is None else f"SET ROLE {role}".encode())
                for table in tables:
                    connection.execute(f"VACUUM (FULL) {table}".encode())
