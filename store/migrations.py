"""Numbered SQL files, applied once each, in order, under a lock; run by its own command and at the service's start."""

from hashlib import sha256
from pathlib import Path

import psycopg
from psycopg import sql

SQL = Path(__file__).parent / "sql"
LOCK = 0x4C494645  # one advisory key for all migrations of a database; roles are the cluster's, see CREATE_ROLE
OLDEST = 160000
ROLES = ("lifecycle_owner", "lifecycle_service", "lifecycle_projector", "lifecycle_reader", "lifecycle_eraser")

CREATE_ROLE = """
DO $$ BEGIN
    CREATE ROLE {role} NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$
"""
"""NOLOGIN: connections take a role with SET ROLE (store.database), whichever login the deployment has."""

KNOWN = "SELECT FROM pg_roles WHERE rolname = %s"
HELD = "SELECT pg_has_role(%(role)s, 'SET') AND pg_has_role(%(role)s, 'USAGE')"
APPLIED = "SELECT name, sha256 FROM migration ORDER BY name"
RESTORING = "SELECT to_regclass('head') IS NOT NULL AND NOT EXISTS (SELECT FROM migration)"
RECORD = "INSERT INTO migration (name, sha256) VALUES (%s, %s)"


class MigrationChanged(RuntimeError):
    """A migration that was applied has another content now; migrations are never edited, add a new one."""

    def __str__(self) -> str:
        return f"升级文件在应用后被改动 / this migration was changed after it was applied: {self.args[0]}"


class MayNotMigrate(RuntimeError):
    """The server is too old, or the login may not do what a migration needs; the message says what would help."""


def migrate(admin_dsn: str, schema: str = "district") -> list[str]:
    """Bring a district's schema up to date; answers the names of the files applied now. Safe to run at once anywhere.

    `admin_dsn` names a login that owns the database and may create roles, or was granted ours. Raises MigrationChanged,
    MayNotMigrate.
    """
    with psycopg.connect(admin_dsn, autocommit=True) as connection:
        info = connection.info
        if info.server_version < OLDEST:
            version = info.parameter_status("server_version")
            raise MayNotMigrate(f"需要 PostgreSQL 16 或更新版本 / PostgreSQL 16 or newer is needed: {version}")
        connection.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
        try:
            _roles(connection)
            _schemas(connection, schema)
            if unfinished(connection):
                raise MayNotMigrate(
                    "上次恢复未完成，请重新执行 lifecycle restore"
                    " / a restore was interrupted here: run lifecycle restore again"
                )
            return [name for name, content in _files() if _apply(connection, name, content)]
        except psycopg.errors.InsufficientPrivilege as refused:
            raise MayNotMigrate(
                f"登录角色权限不足 / this login may not set up the database: {refused.diag.message_primary}\n"
                f"请由数据库管理员执行 / have the server's administrator type:\n{_what_helps(connection)}"
            ) from refused


def unfinished(connection: psycopg.Connection) -> bool:
    """Whether a restore was killed here: tables are there, and the last thing it loads, what was applied, is not."""
    return connection.execute(RESTORING).fetchone() == (True,)


def _missing(connection: psycopg.Connection) -> list[str]:
    return [role for role in ROLES if connection.execute(KNOWN, (role,)).fetchone() is None]


def _what_helps(connection: psycopg.Connection) -> str:
    login, database = sql.Identifier(connection.info.user), sql.Identifier(connection.info.dbname)
    roles = sql.SQL(", ").join(map(sql.Identifier, ROLES))
    typed = [sql.SQL("CREATE ROLE {} NOLOGIN;").format(sql.Identifier(role)) for role in _missing(connection)]
    typed.append(sql.SQL("GRANT {} TO {} WITH INHERIT TRUE, SET TRUE;").format(roles, login))
    typed.append(sql.SQL("ALTER DATABASE {} OWNER TO {};").format(database, login))
    return "\n".join(statement.as_string(connection) for statement in typed)


def _roles(connection: psycopg.Connection) -> None:
    """Only what is missing is made and granted: a login that was granted them all need not be allowed to."""
    for role in _missing(connection):
        connection.execute(sql.SQL(CREATE_ROLE).format(role=sql.Identifier(role)))
    for role in ROLES:
        if connection.execute(HELD, {"role": role}).fetchone() != (True,):
            connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(role)))


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
