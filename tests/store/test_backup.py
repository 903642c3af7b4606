"""A backup made under load gives back everything acknowledged before it, byte for byte, with its protection."""

import gzip
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

import store.restore
from api.cli import main
from api.services import Services
from domain.entry import Role
from domain.entry import Source as Door
from store.accounts import Accounts
from store.backup import Source, Taken, take
from store.database import Database, drop, opened
from store.evidence import Folder
from store.fingerprints import COPIED, connected, differences
from store.manifest import (
    DUMP,
    MANIFEST,
    SUM,
    FormatUnknown,
    ManifestDamaged,
    NotABackup,
    copied_part,
    damages,
    read_manifest,
)
from store.migrations import MayNotMigrate, migrate
from store.people import People
from store.restore import LedgerNotEmpty, NotTheSame, ServiceRunning, load, refuse_unless_empty, scratch, unguarded
from store.server import Embedded
from store.tools import ToolMissing, Tools, tools
from tests.given import WANG, command
from tests.store.rows import opened_ledger, recorder, request, rows

ENTRIES = "SELECT position, stream, version, topic, state, recorded_at, stated FROM entry ORDER BY position"
REQUESTS = "SELECT id, scope, key, body, first, last, recorded_at FROM request ORDER BY last"


def programs(dsn: str) -> Tools:
    with psycopg.connect(dsn) as connection:
        return tools(dsn, connection.info.server_version // 10_000)


def backup(dsn: str, into: Path) -> Taken:
    return take(Source(dsn, "district", programs(dsn), Folder(into / "none"), {"port": 8000}), into)


def asked(dsn: str, query: str) -> list[tuple[Any, ...]]:
    with connected(dsn, "district") as connection:
        return connection.execute(query.encode()).fetchall()


@pytest.fixture
def empty(server: str, database: str) -> Iterator[str]:
    """A database beside this test's, with nothing in it."""
    with psycopg.connect(server, autocommit=True) as connection:
        name = psycopg.conninfo.conninfo_to_dict(database)["dbname"]
        connection.execute(f'CREATE DATABASE "{name}_empty"'.encode())
        yield make_conninfo(server, dbname=f"{name}_empty")
        drop(connection, f"{name}_empty")


class Writers:
    """Clients that append one entry after another; `acknowledged` holds what each was told, at any moment."""

    def __init__(self, pools: Database, count: int) -> None:
        self.acknowledged: list[tuple[str, int]] = []
        self.stop = threading.Event()
        self._threads = [threading.Thread(target=self._append, args=(pools, f"XM-2026-{n:03}")) for n in range(count)]

    def _append(self, pools: Database, label: str) -> None:
        made, number = recorder(pools), 0
        while not self.stop.is_set():
            number += 1
            made.insert_events(rows(label, number, 1 + number % 2), request=request())
            number += number % 2
            self.acknowledged.append((label, number))

    @contextmanager
    def at_work(self) -> Iterator[None]:
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self.stop.set()
            for thread in self._threads:
                thread.join()


def test_a_backup_under_load_gives_back_every_entry_acknowledged_before_it(database: str, empty: str, tmp_path: Path):
    with opened(database, size=6) as pools:
        opened_ledger(pools)
        Accounts(pools.writing).make("p-wang", "office", "科员", Role.OFFICE)
        People(pools.writing).remember("p-wang", "王某")
        writers = Writers(pools, 4)
        with writers.at_work():
            time.sleep(0.5)
            before = list(writers.acknowledged)
            taken = backup(database, tmp_path)
            during = len(writers.acknowledged) - len(before)
        assert len(before) > 50
        assert during > 10, "nobody wrote while it was taken"
        load(programs(empty), taken.folder, taken.manifest, "district")
        restored = asked(empty, ENTRIES)
        versions = dict(
            asked(empty, "SELECT s.label, max(e.version) FROM entry e JOIN stream s ON s.id = e.stream GROUP BY 1")
        )
        assert [(label, n) for label, n in before if versions.get(label, 0) < n] == []
        assert restored == asked(database, ENTRIES)[: len(restored)]
        assert restored[-1][0] == taken.manifest.position
        assert asked(empty, REQUESTS) == asked(database, REQUESTS)[: taken.manifest.tables["request"].rows]
        for table in ("token", "person_name"):
            assert asked(empty, f"SELECT t::text FROM {table} t") == asked(database, f"SELECT t::text FROM {table} t")
            assert taken.manifest.tables[table].rows == 1
    with opened(empty, size=2) as pools:
        last = restored[-1]
        (place,) = recorder(pools).insert_events(rows("XM-2027-001", 1), request=request()) or ()
        assert place == last[0] + 1
        assert asked(empty, ENTRIES)[-1][5] >= last[5]


def test_the_guards_are_in_force_after_a_restore_and_their_absence_is_told(database: str, empty: str, tmp_path: Path):
    with opened(database, size=2) as pools:
        opened_ledger(pools)
    taken = backup(database, tmp_path)
    load(programs(empty), taken.folder, taken.manifest, "district")
    assert unguarded(empty, "district") == []
    with connected(empty, "district") as connection:
        for change in ("UPDATE entry SET topic = 'x'", "DELETE FROM entry", "TRUNCATE entry", "DELETE FROM request"):
            with pytest.raises(psycopg.Error, match="never changed"):
                connection.execute(change.encode())
        connection.execute("SET ROLE lifecycle_service")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("INSERT INTO entry SELECT * FROM entry")
        connection.execute("RESET ROLE")
        connection.execute("ALTER TABLE entry DISABLE TRIGGER entry_is_for_ever")
        connection.execute("GRANT INSERT ON request TO lifecycle_service")
        connection.execute("GRANT EXECUTE ON FUNCTION append_one TO PUBLIC")
    wrong = ["UPDATE entry", "DELETE entry", "TRUNCATE entry", "GRANT request", "append_…"]
    assert unguarded(empty, "district") == wrong
    assert len(asked(empty, ENTRIES)) == 1


def test_nothing_is_restored_over_a_ledger_nor_under_a_running_service(database: str, empty: str, tmp_path: Path):
    with opened(database, size=2) as pools:
        opened_ledger(pools)
    taken = backup(database, tmp_path)
    with pytest.raises(LedgerNotEmpty, match="add --drill"):
        refuse_unless_empty(database, "district")
    with pytest.raises(LedgerNotEmpty):
        load(programs(database), taken.folder, taken.manifest, "district")
    assert len(asked(database, ENTRIES)) == 1
    migrate(empty)
    refuse_unless_empty(empty, "district")
    with opened(empty, size=2), pytest.raises(ServiceRunning, match="stop it"):
        refuse_unless_empty(empty, "district")


def test_what_is_not_as_the_manifest_says_is_not_left_there(database: str, empty: str, tmp_path: Path):
    with opened(database, size=2) as pools:
        opened_ledger(pools)
    taken = backup(database, tmp_path)
    tables = taken.manifest.tables
    other = taken.manifest.model_copy(update={"tables": {**tables, "token": tables["token"].model_copy(update={"rows": 7})}})
    with pytest.raises(NotTheSame, match="token"):
        load(programs(empty), taken.folder, other, "district")
    load(programs(empty), taken.folder, taken.manifest, "district")


def test_a_backup_is_for_its_owner_alone_and_every_part_is_in_its_manifest(database: str, tmp_path: Path):
    with opened(database, size=2) as pools:
        opened_ledger(pools)
    before = os.umask(0o002)
    taken = backup(database, tmp_path / "made" / "here")
    os.umask(before)
    found = {p.relative_to(taken.folder).as_posix() for p in taken.folder.rglob("*") if p.is_file()}
    assert found == {part.name for part in taken.manifest.parts} | {MANIFEST, SUM}
    for path in (taken.folder, *taken.folder.rglob("*")):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600)
    assert taken.checksum == sha256((taken.folder / MANIFEST).read_bytes()).hexdigest()
    assert subprocess.run(["sha256sum", "-c", SUM], cwd=taken.folder, capture_output=True, check=True).returncode == 0
    assert read_manifest(taken.folder) == taken.manifest
    program = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    assert taken.manifest.product == program["project"]["version"]


KILLED = """
import sys, time
from pathlib import Path
from store.backup import Source, take
from store.evidence import Folder
from store.tools import tools

def advance(*_):
    print("at work", flush=True)
    time.sleep(60)

programs = tools(sys.argv[1], int(sys.argv[3]))
take(Source(sys.argv[1], "district", programs, Folder(Path("none")), {}), Path(sys.argv[2]), advance)
"""


def test_a_backup_that_was_killed_is_taken_for_none_and_the_next_one_clears_it_away(database: str, tmp_path: Path):
    with opened(database, size=2) as pools:
        opened_ledger(pools)
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, database, str(tmp_path), str(programs(database).major)], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"at work\n"
        (left,) = tmp_path.iterdir()
        assert len({backup(database, tmp_path).folder for _ in range(2)}) == 2, "also within one second"
        assert left.exists(), "one that still works is not cleared away"
        process.send_signal(signal.SIGKILL)
    assert left.name.startswith(".")
    with pytest.raises(NotABackup):
        read_manifest(left)
    backup(database, tmp_path)
    assert not left.exists()


def test_a_missing_or_altered_part_and_an_altered_manifest_are_noticed(database: str, tmp_path: Path):
    with opened(database, size=2) as pools:
        opened_ledger(pools)
    taken = backup(database, tmp_path)
    parts = taken.manifest.parts
    dump = taken.folder / copied_part("entry")
    content = dump.read_bytes()
    dump.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert damages(taken.folder, parts) == [(copied_part("entry"), "altered")]
    dump.write_bytes(content[:-1])
    assert damages(taken.folder, parts) == [(copied_part("entry"), "altered")]
    dump.unlink()
    assert damages(taken.folder, parts) == [(copied_part("entry"), "missing")]
    manifest = taken.folder / MANIFEST
    told = manifest.read_text()
    manifest.write_text(told.replace('"entries": 1,', '"entries": 2,'))
    with pytest.raises(ManifestDamaged):
        read_manifest(taken.folder)
    manifest.write_text(newer := told.replace("lifecycle-backup/1", "lifecycle-backup/2").replace('"wrong"', '"more"'))
    (taken.folder / SUM).write_text(f"{sha256(newer.encode()).hexdigest()}  {MANIFEST}\n")
    with pytest.raises(FormatUnknown, match="newer version"):
        read_manifest(taken.folder)
    (taken.folder / SUM).unlink()
    with pytest.raises(ManifestDamaged):
        read_manifest(taken.folder)
    manifest.unlink()
    with pytest.raises(NotABackup):
        read_manifest(taken.folder)


RESTORING = """
import sys, time
from pathlib import Path
from store.manifest import read_manifest
from store.restore import load
from store.tools import tools

def advance(_):
    print("at work", flush=True)
    time.sleep(60)

load(tools(sys.argv[1], int(sys.argv[3])), Path(sys.argv[2]), read_manifest(Path(sys.argv[2])), "district", advance)
"""


def test_a_restore_that_was_killed_left_no_ledger_and_is_begun_again(database: str, empty: str, tmp_path: Path):
    with opened(database, size=2) as pools:
        opened_ledger(pools)
    taken = backup(database, tmp_path)
    asked_for = [sys.executable, "-c", RESTORING, empty, str(taken.folder), str(programs(empty).major)]
    with subprocess.Popen(asked_for, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"at work\n"
        process.send_signal(signal.SIGKILL)
    with pytest.raises(MayNotMigrate, match="run lifecycle restore again"):
        migrate(empty)
    refuse_unless_empty(empty, "district")
    load(programs(empty), taken.folder, taken.manifest, "district")
    assert asked(empty, ENTRIES) == asked(database, ENTRIES)
    assert unguarded(empty, "district") == []


def test_every_column_of_the_ledger_is_in_its_part(database: str):
    for table, (columns, _) in COPIED.items():
        known = "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
        with connected(database, "district") as connection:
            assert {row[0] for row in connection.execute(known, (table,))} == set(columns.split(", "))


def test_entries_that_differ_are_named_whatever_of_them_was_touched(database: str, tmp_path: Path):
    with opened(database, size=2) as pools:
        made = opened_ledger(pools)
        made.insert_events(rows("XM-2026-001", 1, 5), request=request())
    taken = backup(database, tmp_path)
    with scratch(programs(database)) as beside:
        load(beside, taken.folder, taken.manifest, "district")
        with connected(database, "district") as live, connected(beside.dsn, "district") as there:
            assert differences(live, there, taken.manifest.position, 20) == ([], 0)
            live.execute("ALTER TABLE entry DISABLE TRIGGER entry_is_for_ever")
            live.execute("UPDATE entry SET recorded_at = recorded_at + interval '1 microsecond' WHERE position = 3")
            live.execute("UPDATE entry SET state = '{\"v\":2}' WHERE position = 5")
            live.execute("DELETE FROM entry WHERE position = 6")
            found, count = differences(live, there, taken.manifest.position, 2)
    assert [(d.name, d.here, d.there) for d in found] == [("XM-2026-001#2", True, True), ("XM-2026-001#4", True, True)]
    assert count == 3


def test_what_a_killed_drill_left_is_dropped_and_what_is_no_drills_is_not(database: str, tmp_path: Path):
    with scratch(programs(database)) as beside:
        name = psycopg.conninfo.conninfo_to_dict(beside.dsn)["dbname"]
    with psycopg.connect(database, autocommit=True) as connection:
        known = "SELECT count(*) FROM pg_database WHERE datname = %s"
        assert connection.execute(known, (name,)).fetchone() == (0,)
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
        with pytest.raises(Exception, match="CREATEDB"), scratch(programs(database)):
            pass
        assert connection.execute(known, (name,)).fetchone() == (1,)
        connection.execute(f"COMMENT ON DATABASE \"{name}\" IS 'lifecycle restore --drill'".encode())
        with scratch(programs(database)):
            pass
        assert connection.execute(known, (name,)).fetchone() == (0,)


def test_an_erased_name_is_in_no_backup_made_after(running: Services, database: str, empty: str, tmp_path: Path):
    entering = {"occurred_on": "2026-01-01", "ref": "p-erased", "name": "欧阳某某"}
    running.ledger.record(None, command("people", entering, "person"), by=WANG, source=Door(door="api"))
    before = backup(database, tmp_path / "before")
    erasing = {"occurred_on": "2026-11-20", "ground": "本人依法请求删除", "document": "〔2026〕33号"}
    running.ledger.record("person:p-erased", command("erasures", erasing, "person"), by=WANG, source=Door(door="api"))
    after = backup(database, tmp_path / "after")

    def text(taken: Taken) -> str:
        with (taken.folder / DUMP).open("rb") as file:
            own = programs(empty)
            assert own.folder is not None
            run = subprocess.run([own.folder / "pg_restore", "--file=-"], stdin=file, capture_output=True, check=True)
        copied = b"".join(gzip.decompress(file.read_bytes()) for file in taken.folder.glob("*.gz"))
        return run.stdout.decode() + copied.decode(errors="replace") + (taken.folder / MANIFEST).read_text()

    assert "欧阳某某" in text(before)
    assert "欧阳某某" not in text(after)
    load(programs(empty), after.folder, after.manifest, "district")
    with opened(empty, size=1) as pools:
        People(pools.writing).remember("p-erased", "欧阳某某")  # also there nobody can give the name back
        assert People(pools.writing).names(["p-erased"]) == {}


def test_a_server_that_no_program_here_fits_is_told_so(database: str):
    with pytest.raises(ToolMissing, match="postgresql-client-99"):
        tools(database, 99)


def test_a_dump_of_an_older_server_is_restored_by_programs_that_fit_the_newer_one(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    server = programs(database).major
    for name in ("pg_dump", "pg_restore", "psql"):
        (tmp_path / name).write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {server - 1}.1'\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert tools(database, server - 1).folder == tmp_path
    assert store.restore.programs(database, server - 1).major >= server


@pytest.fixture
def older() -> Iterator[Embedded]:
    """A home whose data PostgreSQL 16 wrote."""
    with tempfile.TemporaryDirectory(prefix="lifecycle-16-") as folder:
        server = Embedded(Path(folder) / "home", major=16)
        yield server
        server.stop()
        shutil.rmtree(server.place.root, ignore_errors=True)


def test_a_ledger_of_postgresql_16_goes_on_under_18_by_backup_and_restore(
    older: Embedded, empty: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    if programs(empty).major < 18:
        pytest.skip("the server that it goes on under is to be 18")
    with older.used():
        migrate(older.dsn())
        with opened(older.dsn(), size=2) as pools:
            made = opened_ledger(pools)
            for number in range(1, 40):
                made.insert_events(rows("XM-2026-001", number), request=request())
        kept = asked(older.dsn(), ENTRIES)
    monkeypatch.setenv("LIFECYCLE_HOME", str(older.home))
    monkeypatch.delenv("LIFECYCLE_DATABASE_URL", raising=False)
    assert main(["backup"]) == 0
    (folder,) = (older.home / "backups").iterdir()
    manifest = read_manifest(folder)
    assert manifest.postgresql == 16
    assert main(["token", "list"]) == 1
    assert "PostgreSQL 16 wrote this data, this program uses 18: take a backup" in capsys.readouterr().err
    load(programs(empty), folder, manifest, "district")
    assert asked(empty, ENTRIES) == kept
    again = backup(empty, tmp_path)
    assert again.manifest.postgresql >= 18
    assert again.manifest.fingerprint == manifest.fingerprint
    assert unguarded(empty, "district") == []
