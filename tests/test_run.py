"""The two commands, as a person starts them: first start, stops, kills, six at once, odd paths, a normal user."""

import contextlib
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.cli import main
from store.server import Embedded, kill

CHECKOUT = Path(__file__).parent.parent
WAIT = 90.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Service:
    """`./run` in a home of its own."""

    def __init__(self, home: Path, checkout: Path = CHECKOUT, user: int | None = None) -> None:
        self.home = home
        self.port = free_port()
        self.token_file = home.parent / "admin.token"
        self._checkout = checkout
        self._user = user
        self.process: subprocess.Popen[str] | None = None
        self.extra: dict[str, str] = {}

    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "LIFECYCLE_HOME": str(self.home),
            "LIFECYCLE_PORT": str(self.port),
            "LIFECYCLE_ADMIN_TOKEN_FILE": str(self.token_file),
            "LANG": "en_GB.UTF-8",
            "LC_ALL": "en_GB.UTF-8",
            "LIFECYCLE_DATABASE_URL": "",
            **self.extra,
        }

    def start(self, *arguments: str) -> "Service":
        self.process = subprocess.Popen(
            [str(self._checkout / "run"), *arguments],
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd="/",
            user=self._user,
            extra_groups=[] if self._user is not None else None,
            start_new_session=True,
        )
        return self

    def ready(self) -> dict[str, Any]:
        deadline = time.monotonic() + WAIT
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                found: dict[str, Any] = self.get("/readyz")
                return found
            assert self.process is not None
            if self.process.poll() is not None:
                raise AssertionError(self.process.stdout.read() if self.process.stdout else "")
            time.sleep(0.1)
        raise AssertionError("not ready in time")

    def get(self, path: str) -> Any:
        headers = {"Authorization": f"Bearer {self.token_file.read_text().strip()}"} if self.token_file.exists() else {}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers=headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def units(self) -> list[str]:
        """Once the answers have come as far as the last entry."""
        last = self.get("/readyz")["ledger"]
        return [u["unit"] for u in self.get(f"/units?after={last}")["units"]]

    def post(self, path: str, body: Any) -> Any:
        headers = {
            "Authorization": f"Bearer {self.token_file.read_text().strip()}",
            "Content-Type": "application/json",
        }
        data = json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=data, headers=headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> str:
        assert self.process is not None
        self.process.send_signal(how)
        return self.finish()

    def finish(self) -> str:
        assert self.process is not None
        output, _ = self.process.communicate(timeout=60)
        return output

    def database(self) -> Embedded:
        return Embedded(self.home)


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder whose name holds spaces and 中文."""
    folder = Path(tempfile.mkdtemp(prefix="重大 项目 "))
    yield folder
    embedded = Embedded(folder / "home")
    with contextlib.suppress(Exception):
        embedded.stop()
    if os.geteuid() == 0:
        shutil.rmtree(embedded.place.root, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


def everything_started() -> Iterator[bytes]:
    """Command lines and environments of all processes that can be looked at."""
    for path in [*Path("/proc").glob("[0-9]*/cmdline"), *Path("/proc").glob("[0-9]*/environ")]:
        with contextlib.suppress(OSError):
            yield path.read_bytes()


def unit(code: str) -> dict[str, str]:
    return {"occurred_on": "2026-01-01", "code": code, "name": code}


def test_a_first_start_prints_one_token_and_a_stop_stops_the_database_too(place: Path):
    client_secret = place / "client secret"
    client_secret.write_text("canary-of-the-client\n")
    service = Service(place / "home")
    service.extra = {
        "LIFECYCLE_OIDC_ISSUER": "https://sso.example",
        "LIFECYCLE_OIDC_CLIENT_ID": "ledger",
        "LIFECYCLE_OIDC_CLIENT_SECRET_FILE": str(client_secret),
    }
    service.start()
    assert service.ready()["ready"] is True
    processes = b"\n".join(everything_started())
    assert b"api.cli" in processes
    assert service.token_file.stat().st_mode & 0o777 == 0o600
    service.post("/units", unit("street-a"))
    output = service.stop()
    assert service.process is not None
    assert service.process.returncode == 0
    assert output.count("lct_") == output.count("one-time password") == 1
    once = output.partition("at the first sign-in): ")[2].split()[0]
    for secret in (once, service.token_file.read_text().strip(), "canary-of-the-client"):
        assert output.count(secret) == (secret != "canary-of-the-client")
        assert secret.encode() not in processes, "in no list of processes, and in no environment of theirs"
    assert f"http://127.0.0.1:{service.port}" in output
    assert not service.database().alive()
    again = service.start()
    again.ready()
    assert again.units() == ["street-a"]
    told = again.stop(signal.SIGINT)
    assert "lct_" not in told
    assert "one-time" not in told
    assert not service.database().alive()


def test_after_kill_9_of_the_service_or_the_database_everything_acknowledged_is_there(place: Path):
    service = Service(place / "home").start()
    service.ready()
    service.post("/units", unit("one"))
    service.stop(signal.SIGKILL)
    assert service.database().alive()
    service.start().ready()
    service.post("/units", unit("two"))
    assert kill(service.database())
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            service.post("/units", unit("three"))
            break
        time.sleep(0.2)
    kill(service.database())
    service.stop(signal.SIGKILL)
    pid_file = service.database().place.data / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{service.database().place.data}\n")
    service.start().ready()
    assert service.units() == ["one", "three", "two"]
    service.stop()


def test_an_impatient_stop_and_a_closed_terminal_stop_the_database_too(place: Path):
    service = Service(place / "home").start()
    service.ready()
    assert service.process is not None
    for _ in range(20):
        service.process.send_signal(signal.SIGINT)
        time.sleep(0.05)
    service.process.communicate(timeout=60)
    assert service.process.returncode == 0
    assert not service.database().alive()
    service.start().ready()
    service.stop(signal.SIGHUP)
    assert service.process.returncode == 0
    assert not service.database().alive()


def test_a_stop_during_any_other_command_stops_the_database_too(place: Path):
    worker = Service(place / "home").start("project")
    while not worker.database().alive():
        time.sleep(0.1)
    assert worker.process is not None
    worker.stop(signal.SIGHUP)
    assert worker.process.returncode == 0
    assert not worker.database().alive()
    file = place / "endless.jsonl"
    os.mkfifo(file)  # nobody ever writes: the command waits for its file
    importing = worker.start("import", "--backfill", str(file))
    while not worker.database().alive():
        time.sleep(0.1)
    output = importing.stop()
    assert worker.process.returncode == 143
    assert "interrupted" in output
    assert "Traceback" not in output
    assert not worker.database().alive()


def test_six_starters_at_once_share_one_database_and_make_one_token(place: Path):
    services = [Service(place / "home") for _ in range(6)]
    for service in services:
        service.start()
    for service in services:
        service.ready()
    services[0].post("/units", unit("street-a"))
    assert [s.units() for s in services] == [["street-a"]] * 6
    outputs = [service.stop() for service in services[:5]]
    assert services[5].units() == ["street-a"]
    outputs.append(services[5].stop())
    assert sum(output.count("lct_") for output in outputs) == 1
    assert not services[0].database().alive()


def test_a_taken_port_is_said_in_one_sentence_and_harms_nobody(place: Path):
    service = Service(place / "home").start()
    service.ready()
    second = Service(place / "home")
    second.port = service.port
    second.start()
    assert second.process is not None
    output, _ = second.process.communicate(timeout=60)
    assert second.process.returncode == 1
    assert f"port {service.port} is taken" in output
    assert service.ready()["ready"] is True
    service.stop()


SYSTEM_PYTHON = "/usr/bin/python3"


def system_python() -> bool:
    """Whether a Python that normal users may run can make an environment."""
    check = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))"
    return Path(SYSTEM_PYTHON).exists() and not subprocess.run([SYSTEM_PYTHON, "-c", check], check=False).returncode


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
@pytest.mark.skipif(not system_python(), reason="this machine has no Python 3.11 with venv for normal users")
def test_a_normal_user_starts_it_from_a_fresh_checkout(place: Path):
    """Nothing prepared: the environment is made from the lock, data and server are the user's own."""
    nobody = pwd.getpwnam("nobody").pw_uid
    checkout = place / "checkout"
    ignored = shutil.ignore_patterns(".git", "__pycache__", ".*_cache", ".venv*", ".hypothesis", "tests")
    shutil.copytree(CHECKOUT, checkout, ignore=ignored)
    for folder in (place, checkout):
        os.chown(folder, nobody, -1)
    service = Service(place / "home", checkout, user=nobody)
    service.extra = {"LIFECYCLE_PYTHON": SYSTEM_PYTHON, "HOME": str(place), "XDG_RUNTIME_DIR": ""}
    service.start().ready()
    assert (place / "home" / "postgres" / "data").stat().st_uid == nobody
    service.post("/units", unit("street-a"))
    output = service.stop()
    assert "Preparing the environment" in output
    assert not (place / "home" / "postgres" / "data" / "postmaster.pid").exists()


@pytest.mark.parametrize("command", ["run", "test"])
def test_what_is_missing_is_said_in_one_plain_sentence(tmp_path: Path, command: str):
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    for name in ("dirname", "sh", "cat"):
        (tmp_path / name).symlink_to(str(shutil.which(name)))
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    for name in (command, "environment.sh", "requirements.lock", "requirements-dev.lock"):
        shutil.copy(CHECKOUT / name, checkout / name)
    found = subprocess.run(
        [str(checkout / command)], env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert found.returncode == 1
    assert "需要 Python 3.11" in found.stderr
    assert "apt install python3 python3-venv" in found.stderr


def test_a_python_without_venv_is_told_how_to_get_it(tmp_path: Path):
    bare = tmp_path / "python3"
    bare.write_text('#!/bin/sh\ncase "$2" in *venv*) exit 1 ;; esac\necho "3.11.7 hash"\n')
    bare.chmod(0o755)
    for name in ("dirname", "sh", "cat"):
        (tmp_path / name).symlink_to(str(shutil.which(name)))
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    for name in ("run", "environment.sh", "requirements.lock"):
        shutil.copy(CHECKOUT / name, checkout / name)
    found = subprocess.run([str(checkout / "run")], env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False)
    assert found.returncode == 1
    assert "venv" in found.stderr
    assert "apt install python3-venv" in found.stderr


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("LIFECYCLE_HOME", "/proc/none", "LIFECYCLE_HOME 不可写 / cannot be written"),
        ("LIFECYCLE_DATABASE_URL", "mysql://me:secret@host", "LIFECYCLE_DATABASE_URL 不是 PostgreSQL 地址"),
        ("LIFECYCLE_DATABASE_URL_FILE", "/proc/none", "LIFECYCLE_DATABASE_URL_FILE 不可读 / cannot be read"),
        ("LIFECYCLE_PORT", "http", "must be a port number"),
        ("POSTGRES_ENABLE_DB_FUNCTIONS", "y", "unset POSTGRES_ENABLE_DB_FUNCTIONS"),
    ],
)
def test_a_setting_that_cannot_be_used_is_said_in_one_sentence(
    database: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    setting: str,
    value: str,
    said: str,
):
    monkeypatch.setenv("LIFECYCLE_DATABASE_URL", "" if setting == "LIFECYCLE_HOME" else database)
    monkeypatch.setenv(setting, value)
    assert main(["migrate"]) == 1
    found = capsys.readouterr().err
    assert said in found
    assert "secret" not in found


def test_a_token_file_that_cannot_be_written_costs_no_token(place: Path):
    service = Service(place / "home")
    service.token_file = Path("/proc/none/admin.token")
    output = service.start().finish()
    assert service.process is not None
    assert service.process.returncode == 1
    assert "LIFECYCLE_ADMIN_TOKEN_FILE 不可写 / cannot be written" in output
    assert "Traceback" not in output
    assert "lct_" not in output
    service.token_file = place / "admin.token"
    service.start().ready()
    assert service.get("/units") is not None
    service.stop()


@pytest.mark.parametrize("arguments", [["--wheels"], ["--wheels", "/nonexistent"]])
def test_a_folder_of_wheels_that_is_not_there_is_said_in_one_sentence(arguments: list[str]):
    found = subprocess.run([str(CHECKOUT / "run"), *arguments], capture_output=True, text=True, check=False)
    assert found.returncode == 2
    assert "name a folder" in found.stderr
    assert len(found.stderr.splitlines()) == 2


@pytest.mark.parametrize(
    ("arguments", "code"), [([], 2), (["--backfill"], 2), (["--backfill", "/nonexistent.jsonl"], 1)], ids=str
)
def test_an_import_of_nothing_is_told_so(
    database: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int
):
    monkeypatch.setenv("LIFECYCLE_DATABASE_URL", database)
    assert main(["import", *arguments]) == code
    assert capsys.readouterr().err.count("\n") == 1
