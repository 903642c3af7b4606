"""Fingerprints of tables: the SHA-256 of what COPY … (FORMAT binary) answers, the same on every server and version."""

from hashlib import sha256
from typing import NamedTuple, cast

import psycopg
from psycopg import Connection, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

PLAIN = "-c timezone=UTC -c datestyle=ISO -c intervalstyle=postgres -c extra_float_digits=1 -c bytea_output=hex"
"""How rows read as text, by which the smaller tables are ordered."""
COPIED = {
    "entry": ("position, stream, version, topic, state, recorded_at, stated", "position"),
    "stream": ("since, id, label", "since"),
    "request": ("last, first, id, scope, key, body, recorded_at", "last"),
}
"""What is only ever added to, by columns, and what orders it: the same rows can be asked for later, by position."""
QUERY = "SELECT {columns} FROM {table} WHERE {order} <= {position} ORDER BY {order}"
OTHER = 'SELECT * FROM {table} AS t ORDER BY t::text COLLATE "C"'
TABLES = """
SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace AND relkind = 'r' AND relpersistence = 'p'
ORDER BY relname COLLATE "C"
"""
ROW = """
SELECT e.position, coalesce(s.label, e.stream::text) || '#' || e.version AS name,
       sha256(convert_to(row(e.stream, e.version, e.topic, e.state, e.recorded_at, e.stated)::text, 'UTF8')) AS print
FROM entry e LEFT JOIN stream s ON s.id = e.stream
WHERE e.position > %(after)s AND e.position <= %(until)s ORDER BY e.position
"""
PAGE = 20_000


class Print(NamedTuple):
    """How many rows, and the SHA-256 of their exact bytes in order."""

    rows: int
    sha256: str


class Different(NamedTuple):
    """An entry that is not the same in two ledgers; `there` is false where the second has none of this position."""

    name: str
    position: int
    here: bool
    there: bool


def plain(dsn: str, schema: str) -> str:
    """An address by which rows read the same everywhere, as the login itself."""
    own = conninfo_to_dict(dsn).get("options") or ""
    options = f"{own} {PLAIN} -c search_path={schema},pg_temp".strip()
    return make_conninfo(dsn, options=options, application_name="lifecycle backup")


def tables(connection: Connection, schema: str) -> list[str]:
    return [row[0] for row in connection.execute(TABLES, (schema,))]


def printed(connection: Connection, schema: str, table: str, position: int) -> Print:
    """Of one table; of the ledger's, its rows up to a position. The connection must be `plain`."""
    return print_of(connection, query_of(schema, table, position))


def query_of(schema: str, table: str, position: int) -> sql.Composed:
    named = sql.Identifier(schema, table)
    if table not in COPIED:
        return sql.SQL(OTHER).format(table=named)
    columns, order = (sql.SQL(text) for text in COPIED[table])
    return sql.SQL(QUERY).format(columns=columns, table=named, order=order, position=sql.Literal(position))


def print_of(connection: Connection, query: sql.Composable) -> Print:
    """Of whatever a query answers, in its order. Memory stays constant."""
    hashed = sha256()
    with connection.cursor() as cursor:
        with cursor.copy(copying(query)) as copy:
            for row in copy:
                hashed.update(row)
        return Print(cursor.rowcount, hashed.hexdigest())


def copying(query: sql.Composable) -> sql.Composed:
    return sql.SQL("COPY ({}) TO STDOUT (FORMAT binary)").format(query)


def differences(here: Connection, there: Connection, until: int, most: int) -> tuple[list[Different], int]:
    """The first entries that are not the same up to a position, and how many there are. Both connections are `plain`."""
    found: list[Different] = []
    count = 0
    for after in range(0, until, PAGE):
        asked = {"after": after, "until": min(after + PAGE, until)}
        ours, theirs = ({p: (n, h) for p, n, h in c.execute(ROW, asked)} for c in (here, there))
        for position in sorted(ours.keys() | theirs.keys()):
            if ours.get(position) != theirs.get(position):
                count += 1
                if len(found) < most:
                    name = cast("str", (ours.get(position) or theirs[position])[0])
                    found.append(Different(name, position, position in ours, position in theirs))
    return found, count


def connected(dsn: str, schema: str) -> Connection:
    return psycopg.connect(plain(dsn, schema), autocommit=True)
