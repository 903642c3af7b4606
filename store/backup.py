"""A backup: one folder with the ledger, all that is kept beside it and the files of evidence, as of one moment.

Taken while the service goes on: pg_dump and the fingerprints look at one exported snapshot. Only live rows are read,
never the write-ahead log or raw files, so that what was erased before is in no backup made after.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any, Literal, cast

from isal import isal_zlib as zlib
from psycopg import Connection, IsolationLevel, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from domain.errors import Refused
from store.disk import private, settle
from store.evidence import Evidence, EvidenceAway, FileMissing
from store.fingerprints import connected, copying, printed, query_of, tables
from store.manifest import (
    COPIED,
    DUMP,
    FORMAT,
    SETTINGS,
    Manifest,
    Migration,
    Owned,
    Part,
    Table,
    WrongFile,
    copied_part,
    evidence_part,
    write,
    write_manifest,
    writing,
)
from store.settings import VERSION, Deployment
from store.tools import Tools
from store.uploads import DIGEST

FAST, GZIP = 1, 31
"""The level, and zlib's sign for gzip's frame. zlib itself takes four times as long for no less (decision 0025)."""
PATIENCE = 5
"""Files in a row that cannot be reached before the others are not tried."""
CITED = 20
"""Entries that are told of a file."""
PARTIAL = ".partial"
HEAD = "SELECT position, nullif(recorded_at, '-infinity'), opened FROM ledger_head"
MIGRATIONS = "SELECT name, sha256 FROM migration ORDER BY name"
OWNED = """
SELECT o.type, o.identity
FROM (SELECT 'pg_class'::regclass AS class, oid FROM pg_class
      WHERE relnamespace = %(schema)s::regnamespace AND relowner = 'lifecycle_owner'::regrole AND relkind IN ('r', 'v', 'm')
      UNION ALL
      SELECT 'pg_proc'::regclass, oid FROM pg_proc
      WHERE pronamespace = %(schema)s::regnamespace AND proowner = 'lifecycle_owner'::regrole) AS owned,
     pg_identify_object(owned.class, owned.oid, 0) AS o
ORDER BY o.type, o.identity
"""
DIGESTS = f"""
SELECT convert_from({DIGEST}, 'UTF8') AS sha256 FROM entry e WHERE e.topic = 'evidence_attached'
UNION SELECT sha256 FROM upload ORDER BY sha256
"""
NAMES = "SELECT name FROM upload WHERE sha256 = %s ORDER BY uploaded_at DESC LIMIT 1"
CITES = f"""
SELECT s.label || '#' || e.version FROM entry e JOIN stream s ON s.id = e.stream
WHERE e.topic = 'evidence_attached' AND {DIGEST} = convert_to(%s, 'UTF8') ORDER BY e.position LIMIT %s
"""
EVIDENCE_BEGAN = "SELECT to_regclass('upload') IS NOT NULL"


class NoLedger(Refused):
    """There is no ledger here to back up: nothing was ever recorded in this database."""

    zh = "此处没有可备份的台账：数据库中从未入账。"
    sort = "missing"


@dataclass(frozen=True)
class Source:
    """What is backed up. `settings` holds no secret."""

    dsn: str
    schema: str
    tools: Tools
    evidence: Evidence
    settings: dict[str, Any]


Stage = Literal["ledger", "evidence"]
Advance = Callable[[Stage, int, int], None]
"""Hears how much of how much is done."""


@dataclass(frozen=True)
class Taken:
    """`checksum` is the manifest's SHA-256: written down elsewhere it proves which backup this is."""

    folder: Path
    manifest: Manifest
    checksum: str


def settings_of(deployment: Deployment) -> dict[str, Any]:
    """As they can be shown to anybody who may hold a backup: no passwords and no keys."""
    address = None
    if deployment.database_url is not None:
        parts = {k: v for k, v in conninfo_to_dict(deployment.database_url).items() if "password" not in k}
        address = make_conninfo(**cast("dict[str, Any]", parts))
    return {
        "LIFECYCLE_HOME": str(deployment.home),
        "LIFECYCLE_HOST": deployment.host,
        "LIFECYCLE_PORT": deployment.port,
        "LIFECYCLE_PROXY": deployment.proxy,
        "LIFECYCLE_OIDC_ISSUER": deployment.sign_on and deployment.sign_on.issuer,
        "LIFECYCLE_DATABASE_URL": address,
        "LIFECYCLE_SECURITY_LOG": deployment.security_log,
        "LIFECYCLE_SECURITY_LOG_DAYS": deployment.security_log_days,
        "LIFECYCLE_EVIDENCE": deployment.evidence,
        "LIFECYCLE_EVIDENCE_BYTES": deployment.evidence_bytes,
        "LIFECYCLE_EVIDENCE_SECONDS": deployment.evidence_seconds,
        "LIFECYCLE_S3_ENDPOINT": deployment.s3_endpoint,
        "LIFECYCLE_S3_REGION": deployment.s3_region,
        "LIFECYCLE_S3_VIRTUAL_HOSTS": deployment.s3_virtual_hosts,
        "LIFECYCLE_S3_CA_FILE": deployment.s3_ca_file and str(deployment.s3_ca_file),
    }


def take(source: Source, into: Path, advance: Advance = lambda *_: None) -> Taken:
    """A new folder in `into`, whole and on the disk once this returns. Raises NoLedger, ToolFailed, OSError.

    Files of evidence that are missing or altered are told in the manifest; all the rest is kept.
    """
    private(into)
    taken_at = datetime.now(UTC)
    with connected(source.dsn, source.schema) as connection:
        connection.set_isolation_level(IsolationLevel.REPEATABLE_READ)
        connection.set_read_only(True)
        with connection.transaction():
            snapshot = _snapshot(connection)
            with _unfinished(into, f"lifecycle-{taken_at:%Y%m%dT%H%M%SZ}") as (partial, whole):
                manifest = _fill(source, connection, snapshot, partial, taken_at, advance)
                checksum = write_manifest(partial, manifest)
                for path, _, _ in os.walk(partial):
                    settle(Path(path))
                partial.rename(whole)
                settle(into)
    return Taken(whole, manifest, checksum)


def _snapshot(connection: Connection) -> str:
    if connection.execute("SELECT to_regclass('ledger_head') IS NOT NULL").fetchone() != (True,):
        raise NoLedger
    found = connection.execute("SELECT pg_export_snapshot()").fetchone()
    assert found is not None
    return cast("str", found[0])


def _fill(
    source: Source, connection: Connection, snapshot: str, folder: Path, taken_at: datetime, advance: Advance
) -> Manifest:
    head = connection.execute(HEAD).fetchone()
    assert head is not None
    position, recorded_at, opened = head
    parts = [write(folder, SETTINGS, json.dumps(source.settings, ensure_ascii=False, indent=1).encode())]
    parts.append(_dump(source, snapshot, folder))
    prints: dict[str, Table] = {}
    for table in COPIED:
        part, prints[table] = _copy_table(source, connection, snapshot, table, position, folder, advance)
        parts.append(part)
    for table in sorted(set(tables(connection, source.schema)) - set(COPIED)):
        found = printed(connection, source.schema, table, position)
        prints[table] = Table(rows=found.rows, sha256=found.sha256)
    files, wrong = _copy_evidence(source, connection, folder, advance)
    return Manifest(
        format=FORMAT,
        product=VERSION,
        taken_at=taken_at,
        schema_name=source.schema,
        postgresql=connection.info.server_version // 10_000,
        pg_dump=source.tools.major,
        server=connection.info.parameter_status("server_version") or "",
        position=position,
        entries=prints["entry"].rows,
        fingerprint=prints["entry"].sha256,
        recorded_at=recorded_at,
        opened=opened,
        migrations=tuple(Migration(name=n, sha256=s) for n, s in connection.execute(MIGRATIONS)),
        tables=prints,
        owned=tuple(Owned(sort=s, identity=i) for s, i in connection.execute(OWNED, {"schema": source.schema})),
        wrong=tuple(wrong),
        parts=tuple(parts + files),
    )


def _dump(source: Source, snapshot: str, folder: Path) -> Part:
    """The schema, and the rows of all tables but the largest. Raises ToolFailed, or the disk's own error."""
    asked = ["--format=custom", f'--schema="{source.schema}"', f"--snapshot={snapshot}", "--lock-wait-timeout=60s"]
    asked.append("--no-unlogged-table-data")  # what a crash may empty says nothing
    asked += [f'--exclude-table-data="{source.schema}"."{table}"' for table in COPIED]
    with _Part(folder / DUMP) as part:
        for piece in source.tools.told("pg_dump", *asked):
            part.write(piece)
    return part.part()


class _Part:
    """A file of the backup while it is written, and what the manifest says of it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._hash = sha256()
        self._size = 0

    def __enter__(self) -> "_Part":
        self._stack = ExitStack()
        self._file = self._stack.enter_context(writing(self._path))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def write(self, piece: bytes) -> None:
        self._hash.update(piece)
        self._size += len(piece)
        self._file.write(piece)

    def part(self, name: str | None = None) -> Part:
        return Part(name=name or self._path.name, bytes=self._size, sha256=self._hash.hexdigest())


def _copy_table(
    source: Source, connection: Connection, snapshot: str, table: str, position: int, folder: Path, advance: Advance
) -> tuple[Part, Table]:
    """One table's exact bytes, fingerprinted and compressed while psql reads them: psycopg takes 5 µs for every row."""
    query = query_of(source.schema, table, position)
    counted = connection.execute(sql.SQL("SELECT count(*) FROM ({}) AS all_rows").format(query)).fetchone()
    likely = connection.execute("SELECT pg_table_size(%s::regclass)", (f'"{source.schema}"."{table}"',)).fetchone()
    assert counted is not None
    assert likely is not None
    asked = ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--command=BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"]
    asked += [f"--command=SET TRANSACTION SNAPSHOT '{snapshot}'", f"--command={copying(query).as_string(connection)}"]
    hashed, packed, done = sha256(), zlib.compressobj(FAST, zlib.DEFLATED, GZIP), 0
    with _Part(folder / copied_part(table)) as part, ThreadPoolExecutor(1) as beside:

        def pack(piece: bytes) -> None:
            part.write(packed.compress(piece))

        packing = beside.submit(pack, b"")
        for piece in source.tools.told("psql", *asked):
            packing.result()
            packing = beside.submit(pack, piece)  # one piece while the next is read: both without the interpreter's lock
            hashed.update(piece)
            done += len(piece)
            advance("ledger", min(done, likely[0]), likely[0])
        packing.result()
        part.write(packed.flush())
    return part.part(), Table(rows=counted[0], sha256=hashed.hexdigest())


def _copy_evidence(
    source: Source, connection: Connection, folder: Path, advance: Advance
) -> tuple[list[Part], list[WrongFile]]:
    """Every file that an entry names or that somebody uploaded, hashed while it is copied."""
    parts: list[Part] = []
    wrong: list[WrongFile] = []
    if connection.execute(EVIDENCE_BEGAN).fetchone() != (True,):
        return parts, wrong
    digests = [row[0] for row in connection.execute(DIGESTS.encode())]
    away = 0
    for done, digest in enumerate(digests, start=1):
        state: Literal["missing", "altered", "away"] | None = "away"
        if away < PATIENCE:
            part, state = _copy(source.evidence, digest, folder)
            away = away + 1 if state == "away" else 0
            parts += [part] if part is not None else []
        if state is not None:
            wrong.append(_told(connection, digest, state))
        advance("evidence", done, len(digests))
    return parts, wrong


def _copy(evidence: Evidence, digest: str, folder: Path) -> tuple[Part | None, Literal["missing", "altered", "away"] | None]:
    path = folder / evidence_part(digest)
    try:
        pieces = evidence.open(digest)
        with _Part(path) as copied:
            for piece in _reaching(pieces):
                copied.write(piece)
    except FileMissing:
        path.unlink(missing_ok=True)
        return None, "missing"
    except EvidenceAway:
        path.unlink(missing_ok=True)
        return None, "away"
    part = copied.part(evidence_part(digest))
    if part.sha256 != digest:
        path.unlink()
        return None, "altered"
    return part, None


def _reaching(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """A disk that fails while it is read is the evidence's, not the backup's."""
    while True:
        try:
            piece = next(pieces, None)
        except OSError as error:
            raise EvidenceAway(error.strerror or "") from error
        if piece is None:
            return
        yield piece


def _told(connection: Connection, digest: str, state: Literal["missing", "altered", "away"]) -> WrongFile:
    name = connection.execute(NAMES, (digest,)).fetchone()
    cited = tuple(row[0] for row in connection.execute(CITES.encode(), (digest, CITED)))
    return WrongFile(sha256=digest, state=state, name=name[0] if name else "", cited=cited)


@contextmanager
def _unfinished(into: Path, name: str) -> Iterator[tuple[Path, Path]]:
    """A folder under a name that nobody takes for a backup, locked while it is filled, and the name it gets at last."""
    with _locked(into):
        _sweep(into)
        there = {path.name.removeprefix(".").removesuffix(PARTIAL) for path in into.iterdir()}
        free = (f"{name}-{number}" if number > 1 else name for number in count(1))
        whole = into / next(candidate for candidate in free if candidate not in there)
        partial = into / f".{whole.name}{PARTIAL}"
        partial.mkdir(mode=0o700)
        lock = os.open(partial, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        yield partial, whole
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    finally:
        os.close(lock)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _sweep(into: Path) -> None:
    """What backups that were killed left; one that still works on its folder holds its lock."""
    for left in into.glob(f".lifecycle-*{PARTIAL}"):
        lock = os.open(left, os.O_RDONLY | os.O_DIRECTORY)
        with suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(left, ignore_errors=True)
        os.close(lock)
