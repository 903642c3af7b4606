"""Numbered SQL files, applied once each, in order, under a lock; run by its own command and at the service's start."""

from hashlib import sha256
from pathlib import Path

import psycopg
from psycopg import sql

SQL = Path(__file__).parent / "sql"
LOCK = 0x4C494645  # one advisory key for all migrations of a cluster: roles are the cluster's
ROLES = ("lifecycle_owner", "lifecycle_service", "lifecycle_projector", "lifecycle_reader")

CREATE_ROLE = """
DO $$ BEGIN
    CREATE ROLE {role} NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$
"""
"""NOLOGIN: connections take a role with SET ROLE (store.database), whichever login the deployment has."""

APPLIED = "SELECT name, sha256 FROM migration ORDER BY name"
RECORD = "INSERT INTO migration (name, sha256) VALUES (%s, %s)"


class MigrationChanged(RuntimeError):
    """A migration that was applied has another content now; migrations are never edited, add a new one."""


def migrate(admin_dsn: str, schema: str = "district") -> list[str]:
    """Bring a district's schema up to date; answers the names of the files applied now. Safe to run at once anywhere.

    `admin_dsn` must be allowed to create roles and schemas. Raises MigrationChanged.
    """
    with psycopg.connect(admin_dsn, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
        for role in ROLES:
            connection.execute(sql.SQL(CREATE_ROLE).format(role=sql.Identifier(role)))
            connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(role)))
        _schemas(connection, schema)
        return [name for name, content in _files() if _apply(connection, name, content)]


def _schemas(connection: psycopg.Connection, schema: str) -> None:
    ledger, read = sql.Identifier(schema), sql.Identifier(f"{schema}_read")
    shadow = sql.Identifier(f"{schema}_shadow")
    for statement in (
        "CREATE SCHEMA IF NOT EXISTS {ledger}",
        "CREATE SCHEMA IF NOT EXISTS {read} AUTHORIZATION lifecycle_projector",
        "CREATE SCHEMA IF NOT EXISTS {shadow} AUTHORIZATION lifecycle_projector",  # where rebuilds are made
        "GRANT CREATE, USAGE ON SCHEMA {ledger} TO lifecycle_owner",
        "GRANT USAGE ON SCHEMA {ledger}, {read} TO lifecycle_service, lifecycle_projector, lifecycle_reader",
        "ALTER DEFAULT PRIVILEGES FOR ROLE lifecycle_projector"
        " GRANT SELECT ON TABLES TO lifecycle_service, lifecycle_reader",
        "SET search_path TO {ledger}, pg_temp",
        "CREATE TABLE IF NOT EXISTS migration (name text PRIMARY KEY, sha256 text NOT NULL,"
        " applied_at timestamptz NOT NULL DEFAULT now())",
    ):
        connection.execute(sql.SQL(statement).format(ledger=ledger, read=read, shadow=shadow))


def _files() -> list[tuple[str, str]]:
    return [(path.stem, path.read_text(encoding="utf-8")) for path in sorted(SQL.glob("*.sql"))]


def _apply(connection: psycopg.Connection, name: str, content: str) -> bool:
    digest = sha256(content.encode()).hexdigest()
    applied: dict[str, str] = dict(connection.execute(APPLIED).fetchall())
    if name in applied:
        if applied[name] != digest:
            raise MigrationChanged(name)
        return False
    with connection.transaction():
        connection.execute(content.encode())
        connection.execute(RECORD, (name, digest))
    return True
