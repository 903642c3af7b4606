"""The embedded server comes up whatever was killed before, and nobody else gets in."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

import store.server
from store.accounts import Accounts
from store.database import opened
from store.migrations import migrate
from store.server import DatabaseNotStarted, Embedded, place_of, written_by

SETTINGS = """
SELECT current_setting('data_checksums'), current_setting('listen_addresses'), datlocprovider, datlocale
FROM pg_database WHERE datname = current_database()
"""
BUSY = "DO $$ BEGIN LOOP PERFORM 1; END LOOP; END $$"


@contextmanager
def made() -> Iterator[Embedded]:
    """A server not started yet, whose home's name holds spaces and 中文."""
    folder = Path(tempfile.mkdtemp(prefix="重大 项目 "))
    server = Embedded(folder / "home")
    yield server
    server.stop()
    for left in (server.place.root, server.place.sockets, folder):
        shutil.rmtree(left, ignore_errors=True)


@pytest.fixture
def fresh() -> Iterator[Embedded]:
    with made() as server:
        yield server


@pytest.fixture(scope="module")
def lived_in() -> Iterator[Embedded]:
    with made() as server:
        yield server


@pytest.fixture
def embedded(lived_in: Embedded) -> Embedded:
    """Stopped, in a home that may have been used before: initdb takes its time."""
    lived_in.stop()
    return lived_in


def postmaster(server: Embedded) -> int:
    return int((server.place.data / "postmaster.pid").read_text().split("\n", 1)[0])


def processes(program: str, place: Path) -> list[int]:
    """Those that run this program with an argument below the place."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            name, *arguments = file.read_text().split("\0")
            if Path(name).name == program and any(a.startswith(str(place)) for a in arguments):
                found.append(int(file.parent.name))
    return found


def test_it_listens_on_an_owner_only_socket_alone_with_checksums_and_the_builtin_locale(embedded: Embedded):
    with embedded.used(), psycopg.connect(embedded.dsn()) as connection:
        assert connection.execute(SETTINGS).fetchone() == ("on", "", "b", "C.UTF-8")
        assert connection.info.server_version >= 180000
    assert embedded.place.sockets.stat().st_mode & 0o777 == 0o700
    assert embedded.place.data.stat().st_mode & 0o777 == 0o700
    assert len(os.fsencode(embedded.place.sockets / ".s.PGSQL.5432")) <= 107


def test_nothing_of_it_runs_as_root(embedded: Embedded):
    with embedded.used():
        status = Path(f"/proc/{postmaster(embedded)}/status").read_text().splitlines()
    ids = {line.split(":")[0]: line.split()[1:] for line in status if line.startswith(("Uid", "Gid", "Groups"))}
    own = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    assert ids["Uid"] == [str(own.pw_uid)] * 4
    assert ids["Gid"] == [str(own.pw_gid)] * 4 or os.geteuid() != 0
    assert ids["Groups"] == [] or os.geteuid() != 0


def test_the_last_one_out_stops_it(embedded: Embedded):
    with embedded.used():
        with Embedded(embedded.home).used():
            first = postmaster(embedded)
        assert embedded.alive()
        assert postmaster(embedded) == first
    assert not embedded.alive()


def test_asking_whether_it_is_alive_leaves_no_line_in_its_log(embedded: Embedded):
    with embedded.used():
        before = embedded.place.log.read_text()
        for _ in range(3):
            assert embedded.alive()
        assert embedded.place.log.read_text() == before


def test_an_initdb_that_was_killed_leaves_nothing_that_looks_whole(fresh: Embedded):
    refused: list[DatabaseNotStarted] = []

    def start() -> None:
        try:
            fresh.ensure()
        except DatabaseNotStarted as error:
            refused.append(error)

    starter = threading.Thread(target=start)
    starter.start()
    while starter.is_alive() and not refused:
        for pid in processes("initdb", fresh.place.root):
            time.sleep(0.1)  # some of its files are there by now
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)
    starter.join()
    assert len(refused) == 1
    assert not fresh.place.data.exists()
    with fresh.used():
        assert fresh.alive()
        assert sorted(p.name for p in fresh.place.root.glob("initdb.*")) == []


def test_a_data_directory_is_never_made_anew_over_one_that_lacks_something(embedded: Embedded):
    with embedded.used():
        pass
    (embedded.place.data / "PG_VERSION").rename(embedded.place.data / "PG_VERSION.away")
    with pytest.raises(DatabaseNotStarted):
        embedded.ensure()
    (embedded.place.data / "PG_VERSION.away").rename(embedded.place.data / "PG_VERSION")
    with embedded.used():
        assert embedded.alive()


@pytest.mark.parametrize(
    ("major", "told"), [(16, "take a backup with ./run backup"), (15, "back it up with the version that did")]
)
def test_data_of_another_major_is_left_alone_and_the_way_out_told(embedded: Embedded, major: int, told: str):
    with embedded.used():
        pass
    (embedded.place.data / "PG_VERSION").write_text(f"{major}\n")
    assert written_by(embedded.home) == major
    with pytest.raises(DatabaseNotStarted, match=told):
        embedded.ensure()
    with pytest.raises(DatabaseNotStarted, match="back it up with the version that did"):
        Embedded(embedded.home, 15)
    (embedded.place.data / "PG_VERSION").write_text("18\n")
    with embedded.used():
        assert embedded.alive()


def test_a_busy_backend_of_a_killed_postmaster_does_not_keep_it_from_coming_back(embedded: Embedded):
    with embedded.used():
        connection = psycopg.connect(embedded.dsn(), autocommit=True)
        ended: list[psycopg.Error] = []

        def work() -> None:
            try:
                connection.execute(BUSY)
            except psycopg.Error as error:
                ended.append(error)

        worker = threading.Thread(target=work)
        worker.start()
        time.sleep(0.3)
        os.kill(postmaster(embedded), signal.SIGKILL)
        time.sleep(0.3)
        assert worker.is_alive()
        embedded.ensure()
        worker.join(10)
        assert embedded.alive()
        assert len(ended) == 1
        connection.close()


def test_a_stale_pid_may_be_another_homes_backend_by_now(embedded: Embedded, server: str):
    with embedded.used():
        pass
    with psycopg.connect(server) as other:
        stale = embedded.place.data / "postmaster.pid"
        stale.write_text(f"{other.info.backend_pid}\n{embedded.place.data}\n")
        with embedded.used():
            assert postmaster(embedded) != other.info.backend_pid
        assert other.execute("SELECT 1").fetchone() == (1,)


def test_stopping_signals_nobody_a_stale_pid_file_names(embedded: Embedded):
    with embedded.used():
        pass
    with subprocess.Popen(["/bin/sleep", "60"]) as bystander:
        (embedded.place.data / "postmaster.pid").write_text(f"{bystander.pid}\n{embedded.place.data}\n")
        embedded.stop()
        time.sleep(0.2)
        assert bystander.poll() is None
        bystander.kill()


def test_the_database_is_made_also_when_the_first_starter_was_killed_before_it_could(fresh: Embedded):
    fresh.ensure()  # starts the server and no more
    with fresh.used(), psycopg.connect(fresh.dsn()) as connection:
        assert connection.info.dbname == "lifecycle"


def test_one_home_is_one_place_from_every_login_and_by_every_link(
    embedded: Embedded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    embedded.home.mkdir(exist_ok=True)
    (tmp_path / "link").symlink_to(embedded.home)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert place_of(embedded.home) == embedded.place
    assert place_of(tmp_path / "link") == embedded.place


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can leave a directory of somebody else's there")
def test_a_directory_that_somebody_else_put_there_first_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(store.server, "ROOTS_PLACE", tmp_path)
    squatted = Embedded(tmp_path / "home")
    squatted.place.root.mkdir()
    os.chown(squatted.place.root, 1, -1)
    with pytest.raises(DatabaseNotStarted, match="somebody else owns"):
        squatted.ensure()
    squatted.place.root.rmdir()
    victim = tmp_path / "victim"
    victim.mkdir(mode=0o755)
    squatted.place.root.symlink_to(victim)
    with pytest.raises(DatabaseNotStarted, match="cannot be used"):
        squatted.ensure()
    assert (victim.stat().st_uid, victim.stat().st_mode & 0o777) == (0, 0o755)


def test_six_starters_at_once_share_one_server(fresh: Embedded):
    seen: list[int] = []
    barrier = threading.Barrier(6)

    def start() -> None:
        with Embedded(fresh.home).used() as mine, psycopg.connect(mine.dsn()):
            seen.append(postmaster(mine))
            barrier.wait(60)

    with ExitStack() as stack:
        for thread in [threading.Thread(target=start) for _ in range(6)]:
            thread.start()
            stack.callback(thread.join)
    assert len(seen) == 6
    assert len(set(seen)) == 1
    assert not fresh.alive()


def test_a_login_that_owns_its_database_and_may_create_roles_is_enough(embedded: Embedded):
    with embedded.used(), psycopg.connect(embedded.dsn(), autocommit=True) as administrator:
        for statement in ("CREATE ROLE app LOGIN CREATEROLE", "CREATE DATABASE given OWNER app"):
            administrator.execute(statement)
        given = embedded.dsn("given", user="app")
        assert migrate(given)
        with opened(given) as pools:
            assert Accounts(pools.writing).first_administrator()
        administrator.execute("DROP DATABASE given WITH (FORCE)")


@pytest.mark.skipif(os.geteuid() != 0, reason="a normal user's server runs as oneself")
def test_as_root_it_starts_whatever_the_umask(monkeypatch: pytest.MonkeyPatch):
    with tempfile.TemporaryDirectory(prefix="umask-") as short:  # a socket's path is, and everybody may enter
        folder = Path(short)
        folder.chmod(0o755)
        monkeypatch.setattr(store.server, "ROOTS_PLACE", folder / "lib")
        before = os.umask(0o077)
        try:
            with Embedded(folder / "home").used() as server:
                assert server.alive()
        finally:
            os.umask(before)


@pytest.mark.parametrize("name", ['a"b', "a$HOME", "a`id`", "a\nb", r"a\\b"])
def test_a_home_that_a_shell_would_misread_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(DatabaseNotStarted, match="LIFECYCLE_HOME"):
        place_of(tmp_path / name)
    assert place_of(tmp_path / "it's 50% 重大, so\\there").uid is None
