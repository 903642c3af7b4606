"""Rebuilding: beside the old tables, which go on answering, then a swap in one transaction."""

from collections.abc import Callable

import psycopg
from psycopg import sql

from projections.runner import Projecting, make_tables, vacuum
from store.database import as_role

TABLES = ("project", "term", "fact", "current", "progress")
FUNCTIONS = ("standing", "tenure", "stint", "class_of_year", "listed", "class_of_year_of_few", "listed_of_few")
REBUILDER = 0x52454255
"""With the schema, the advisory key of the one rebuild at a time; others wait."""


def rebuild(dsn: str, schema: str = "district", progress: Callable[[int], None] | None = None) -> int:
    """Make the read model anew from the whole ledger; answers the position it reached. Raises Poisoned.

    Until the swap, and when it fails, the tables in place go on answering; what a killed rebuild left is dropped first.
    """
    read, shadow = f"{schema}_read", f"{schema}_shadow"
    with psycopg.connect(as_role(dsn, "lifecycle_projector", schema), autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s, hashtext(%s))", (REBUILDER, schema))
        _drop(connection, shadow)
        path = sql.SQL("SET search_path TO {}, {}").format(sql.Identifier(shadow), sql.Identifier(schema))
        connection.execute(path)
        make_tables(connection)
        projecting = Projecting(connection)
        projecting.catch_up(progress=progress)
        vacuum(connection)
        with connection.transaction():
            _hold_live(connection, schema)
            while projecting.step() is not None:
                pass
            reached = projecting.position()
            _drop(connection, read)
            for sort, names in (("TABLE", TABLES), ("FUNCTION", FUNCTIONS)):
                for name in names:
                    move = sql.SQL(f"ALTER {sort} {{}} SET SCHEMA {{}}")
                    connection.execute(move.format(sql.Identifier(shadow, name), sql.Identifier(read)))
    return reached


def _drop(connection: psycopg.Connection, schema: str) -> None:
    """Everything of ours in a schema; functions that speak of a table go with it."""
    for name in TABLES:
        connection.execute(sql.SQL("DROP TABLE IF EXISTS {} CASCADE").format(sql.Identifier(schema, name)))
    for name in FUNCTIONS:
        connection.execute(sql.SQL("DROP FUNCTION IF EXISTS {}").format(sql.Identifier(schema, name)))


def _hold_live(connection: psycopg.Connection, schema: str) -> None:
    """The live runner tracks its progress in one row: while we hold it, nothing moves."""
    live = sql.SQL("SELECT to_regclass({}) IS NOT NULL").format(sql.Literal(f"{schema}_read.progress"))
    if connection.execute(live).fetchone() == (True,):
        lock = sql.SQL("SELECT FROM {}.progress FOR UPDATE").format(sql.Identifier(f"{schema}_read"))
        connection.execute(lock)
