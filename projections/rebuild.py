"""Rebuilding: beside the old tables, which go on answering, then a swap in one transaction."""

from collections.abc import Callable

import psycopg
from psycopg import sql

from projections.runner import Projecting, make_tables
from store.database import as_role

SWAP = (
    "DROP SCHEMA IF EXISTS {old} CASCADE",
    "ALTER SCHEMA {read} RENAME TO {old}",
    "ALTER SCHEMA {shadow} RENAME TO {read}",
    "DROP SCHEMA {old} CASCADE",
)


def rebuild(dsn: str, schema: str = "district", progress: Callable[[int], None] | None = None) -> int:
    """Make the read model anew from the whole ledger; answers the position it reached."""
    names = {n: sql.Identifier(f"{schema}_{n}") for n in ("read", "shadow", "old")}
    with psycopg.connect(as_role(dsn, "lifecycle_projector", schema), autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(hashtext('lifecycle rebuild'))")
        connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {shadow} CASCADE").format(**names))
        connection.execute(sql.SQL("CREATE SCHEMA {shadow}").format(**names))
        for role in ("lifecycle_service", "lifecycle_reader"):
            grant = sql.SQL("GRANT USAGE ON SCHEMA {shadow} TO {role}")
            connection.execute(grant.format(role=sql.Identifier(role), **names))
        connection.execute(sql.SQL("SET search_path TO {shadow}, {own}").format(own=sql.Identifier(schema), **names))
        make_tables(connection)
        projecting = Projecting(connection)
        projecting.catch_up(progress=progress)
        for table in ("fact", "project", "term", "current"):
            connection.execute(f"VACUUM (ANALYZE) {table}".encode())
        with connection.transaction():
            _hold_live(connection, schema)
            while projecting.step() is not None:
                pass
            reached = projecting.position()
            for statement in SWAP:
                connection.execute(sql.SQL(statement).format(**names))
    return reached


def _hold_live(connection: psycopg.Connection, schema: str) -> None:
    """The live runner tracks its progress in one row: while we hold it, nothing moves."""
    live = sql.SQL("SELECT to_regclass({}) IS NOT NULL").format(sql.Literal(f"{schema}_read.progress"))
    if connection.execute(live).fetchone() == (True,):
        lock = sql.SQL("SELECT FROM {}.progress FOR UPDATE").format(sql.Identifier(f"{schema}_read"))
        connection.execute(lock)
