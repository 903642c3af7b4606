"""Restoring: the ledger's part into an empty place, the files of evidence into their store, and the proof of both."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import cast

import psycopg
from isal import isal_zlib as zlib
from psycopg import Connection, sql
from psycopg.conninfo import make_conninfo

from domain.errors import Refused
from store.backup import DIGESTS, GZIP
from store.database import drop
from store.evidence import Arriving, Evidence, FileTooLarge
from store.fingerprints import COPIED as COLUMNS
from store.fingerprints import connected, printed
from store.manifest import COPIED, DUMP, Damage, Manifest, Part, copied_part, ignoring, pieces
from store.migrations import migrate, unfinished
from store.server import Embedded
from store.tools import ToolFailed, Tools, tools

BEGUN = "SELECT to_regclass('head') IS NOT NULL"
HELD = "SELECT (SELECT count(*) FROM entry), (SELECT count(*) FROM staged)"
OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name LIKE 'lifecycle %'
"""
SCRATCH = "lifecycle restore --drill"
"""The comment by which a drill knows that a database is a drill's, left by one that was killed."""
MADE_BY = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s"
DRILLING = 0x4452494C
"""The advisory key, in the live database, of the one drill at a time."""
TABLES = ("entry", "stream", "request")
CHANGES = ("UPDATE {table} SET {column} = {column} WHERE false", "DELETE FROM {table} WHERE false", "TRUNCATE {table}")
RIGHTS = """
SELECT NOT has_table_privilege('lifecycle_service', t.oid, 'INSERT')
   AND NOT has_table_privilege('lifecycle_service', t.oid, 'UPDATE')
   AND NOT has_table_privilege('lifecycle_service', t.oid, 'DELETE')
   AND NOT has_table_privilege('lifecycle_service', t.oid, 'TRUNCATE')
   AND has_table_privilege('lifecycle_service', t.oid, 'SELECT')
   AND t.relowner = 'lifecycle_owner'::regrole
FROM pg_class t WHERE t.oid = %s::regclass
"""
APPENDERS = (
    "must_stand",
    "append_one",
    "append_many",
    "append_one_while",
    "append_many_while",
    "append_stated",
    "append_opening",
)
APPENDING = """
SELECT bool_and(p.prosecdef AND p.proowner = 'lifecycle_owner'::regrole
                AND has_function_privilege('lifecycle_service', p.oid, 'EXECUTE')
                AND NOT has_function_privilege('public', p.oid, 'EXECUTE')), count(*)
FROM pg_proc p
WHERE p.pronamespace = %s::regnamespace AND p.proname = ANY(%s)
"""
REFUSED = "LC009"


class LedgerNotEmpty(Refused):
    """A ledger is kept here, and none is restored over it: name an empty LIFECYCLE_HOME or database, or add --drill."""

    zh = "此处已有台账，不会被覆盖：请指定空的 LIFECYCLE_HOME 或数据库；只想检验备份请加 --drill。"


class ServiceRunning(Refused):
    """The service or another command is at work on this database: stop it, then restore."""

    zh = "服务或其他命令正在使用该数据库：请先停止，再恢复。"


class NotTheSame(Refused):
    """What was restored is not what the backup says, and was removed again; take another backup."""

    zh = "恢复的内容与备份清单不符，已撤除；请改用另一份备份。"


class DrillBusy(Refused):
    """Another drill is at work beside this ledger; wait for its end."""

    zh = "另一次演练正在进行，请待其结束。"


class NoRoomToDrill(Refused):
    """This login may not create a database to drill in: grant it CREATEDB, or drill with LIFECYCLE_DATABASE_URL unset."""

    zh = "该登录角色不能新建演练用的数据库：请授予 CREATEDB，或在未设 LIFECYCLE_DATABASE_URL 处演练。"
    sort = "forbidden"


def holds(dsn: str, schema: str) -> int | None:
    """How many entries a database holds; None where there never was a ledger."""
    with connected(dsn, schema) as connection:
        if not _begun(connection):
            return None
        return cast("tuple[int, int]", connection.execute(HELD).fetchone())[0]


def refuse_unless_empty(dsn: str, schema: str) -> None:
    """Raises LedgerNotEmpty, ServiceRunning."""
    with connected(dsn, schema) as connection:
        if _begun(connection) and not unfinished(connection):
            _refuse_what_is_kept(connection)
        if connection.execute(OTHERS).fetchone() != (0,):
            raise ServiceRunning


def _begun(connection: Connection) -> bool:
    return connection.execute(BEGUN).fetchone() == (True,)


def _refuse_what_is_kept(connection: Connection) -> None:
    entries, staged = cast("tuple[int, int]", connection.execute(HELD).fetchone())
    if entries or staged:
        raise LedgerNotEmpty(f"{entries:,} 条 / entries" if entries else f"{staged:,} 行暂存 / rows staged")


def programs(dsn: str, dumped: int, embedded: Embedded | None = None) -> Tools:
    """Of the major version that made the dump or the server's, whichever is newer: an older pg_restore reads no newer dump,
    and none was made for a server newer than itself. Raises ToolMissing.
    """
    with psycopg.connect(dsn) as connection:
        server = connection.info.server_version // 10_000
    return tools(dsn, max(dumped, server), embedded)


def load(tools: Tools, folder: Path, manifest: Manifest, schema: str, advance: Callable[[int], None] = ignoring) -> None:
    """The ledger and what is kept beside it, into a database whose ledger is empty; all or nothing, also when killed: a
    database that knows of no migration is no ledger yet, and the next attempt begins anew.

    Raises LedgerNotEmpty, ToolFailed, NotTheSame, MayNotMigrate. `advance` hears the bytes read.
    """
    with connected(tools.dsn, schema) as connection:
        if _begun(connection) and unfinished(connection):
            _drop(connection, schema)
    migrate(tools.dsn, schema)  # the roles that the backup speaks of, and what stands in the way
    with connected(tools.dsn, schema) as connection:
        with connection.transaction():
            connection.execute("SELECT FROM head FOR UPDATE")  # nobody appends meanwhile
            _refuse_what_is_kept(connection)
            _drop(connection, schema)
        try:
            _pour(tools, connection, folder, manifest, advance)
            for thing in manifest.owned:
                given = f"ALTER {thing.sort} {thing.identity} OWNER TO lifecycle_owner"
                connection.execute(given.encode())
            if wrong := not_as_told(connection, manifest, schema):
                raise NotTheSame(", ".join(wrong))
        except BaseException:
            _drop(connection, schema)
            raise
    migrate(tools.dsn, schema)


def _drop(connection: Connection, schema: str) -> None:
    connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema)))


def _pour(tools: Tools, connection: Connection, folder: Path, manifest: Manifest, advance: Callable[[int], None]) -> None:
    """Tables, rows, then indexes and triggers. Owners are given afterwards: those of the backup may be no roles here."""
    _pg_restore(tools, folder / DUMP, "pre-data")
    _pg_restore(tools, folder / DUMP, "data")
    read = 0
    for table in COPIED[:-1]:
        read = _load(connection, folder, table, read, advance)
    _pg_restore(tools, folder / DUMP, "post-data")
    _load(connection, folder, COPIED[-1], read, advance)


def _load(connection: Connection, folder: Path, table: str, read: int, advance: Callable[[int], None]) -> int:
    """One table's rows; answers the bytes of the backup read by now."""
    columns = sql.SQL(f"({COLUMNS[table][0]})" if table in COLUMNS else "")
    into = sql.SQL("COPY {} {} FROM STDIN (FORMAT binary)").format(sql.Identifier(table), columns)
    unpacked = zlib.decompressobj(GZIP)
    with connection.transaction(), connection.cursor() as cursor, cursor.copy(into) as copy:
        for piece in pieces(folder / copied_part(table)):
            copy.write(unpacked.decompress(piece))
            read += len(piece)
            advance(read)
        copy.write(unpacked.flush())
    return read


def _pg_restore(tools: Tools, dump: Path, section: str) -> None:
    with dump.open("rb") as file:
        asked = (f"--section={section}", "--single-transaction", "--exit-on-error", "--no-owner")
        with tools.start("pg_restore", *asked, given=file.fileno()) as process:
            try:
                _, said = process.communicate()
            except BaseException:
                process.kill()
                raise
    if process.returncode:
        raise ToolFailed(f"pg_restore: {said.decode(errors='replace').strip()}")


def not_as_told(connection: Connection, manifest: Manifest, schema: str) -> list[str]:
    """The tables whose rows are not, byte for byte, what the backup says."""
    wrong = []
    for name, told in manifest.tables.items():
        found = printed(connection, schema, name, manifest.position)
        if (found.rows, found.sha256) != (told.rows, told.sha256):
            wrong.append(f"{name} ({found.rows:,} ≠ {told.rows:,})" if found.rows != told.rows else name)
    return wrong


def unguarded(dsn: str, schema: str) -> list[str]:
    """What does not protect the ledger as it should; tried out, and rolled back."""
    wrong = []
    with connected(dsn, schema) as connection:
        for table, column in zip(TABLES, ("version", "label", "key"), strict=True):
            for change in CHANGES:
                statement = sql.SQL(change).format(table=sql.Identifier(schema, table), column=sql.Identifier(column))
                if not _is_refused(connection, statement):
                    wrong.append(change.split(" ", 1)[0] + f" {table}")
            if connection.execute(RIGHTS, (f'"{schema}"."{table}"',)).fetchone() != (True,):
                wrong.append(f"GRANT {table}")
        if connection.execute(APPENDING, (schema, list(APPENDERS))).fetchone() != (True, len(APPENDERS)):
            wrong.append("append_…")
    return wrong


def _is_refused(connection: Connection, statement: sql.Composed) -> bool:
    with connection.transaction(force_rollback=True):
        try:
            connection.execute(statement)
        except psycopg.Error as error:
            return error.sqlstate == REFUSED
    return False


def put_evidence(
    evidence: Evidence, folder: Path, parts: Sequence[Part], advance: Callable[[int], None] = ignoring
) -> list[Damage]:
    """Into the store of this deployment; what is there unaltered is left. Answers those that the backup has not whole.

    Raises EvidenceAway.
    """
    damaged: list[Damage] = []
    for done, part in enumerate(parts, start=1):
        if not _is_there(evidence, part):
            try:
                with Arriving(evidence.incoming, part.bytes) as arriving:
                    for piece in pieces(folder / part.name):
                        arriving.write(piece)
                    if arriving.finish() == part.sha256:
                        evidence.put(arriving.path, part.sha256, anew=True)
                    else:
                        damaged.append(Damage(part.name, "altered"))
            except FileTooLarge:
                damaged.append(Damage(part.name, "altered"))
            except FileNotFoundError:
                damaged.append(Damage(part.name, "missing"))
        advance(done)
    return damaged


def _is_there(evidence: Evidence, part: Part) -> bool:
    if evidence.sizes([part.sha256]).get(part.sha256) != part.bytes:
        return False
    hashed = sha256()
    for piece in evidence.open(part.sha256):
        hashed.update(piece)
    return hashed.hexdigest() == part.sha256


@contextmanager
def scratch(tools: Tools) -> Iterator[Tools]:
    """A database beside the live one, dropped afterwards; what a killed drill left is dropped first.

    Raises DrillBusy, NoRoomToDrill.
    """
    with psycopg.connect(tools.dsn, autocommit=True) as connection:
        name = f"{connection.info.dbname[:50]}_drill"
        if connection.execute("SELECT pg_try_advisory_lock(%s)", (DRILLING,)).fetchone() != (True,):
            raise DrillBusy
        quoted = sql.Identifier(name)
        left = connection.execute(MADE_BY, (name,)).fetchone()
        if left is not None and left != (SCRATCH,):
            raise NoRoomToDrill(name)
        try:
            drop(connection, name)
            connection.execute(sql.SQL("CREATE DATABASE {}").format(quoted))
            connection.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(quoted, sql.Literal(SCRATCH)))
        except psycopg.errors.InsufficientPrivilege as refused:
            raise NoRoomToDrill(refused.diag.message_primary or "") from refused
        try:
            yield tools.at(make_conninfo(tools.dsn, dbname=name))
        finally:
            drop(connection, name)


def named(dsn: str, schema: str) -> list[str]:
    """The SHA-256 of every file that a ledger or its uploads name."""
    with connected(dsn, schema) as connection:
        return [row[0] for row in connection.execute(DIGESTS.encode())]
