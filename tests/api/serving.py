"""The service on a real socket, in a process of its own: what a test client cannot show."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

LISTENER = """
import socket, sys, uvicorn

def listener():
    # asyncio switches Nagle's delay off only where the socket says that it is TCP
    return socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, fileno=int(sys.argv[2]))
"""
APP = """
from api.app import create_app
from api.access import connections, doors
from api.services import over
from store.database import opened
doors.READ_DEADLINE = connections.HEADERS_DEADLINE = float(sys.argv[3])
with opened(sys.argv[1], size=4) as pools:
    app = create_app(over(pools, sys.argv[1]))
    config = uvicorn.Config(app, http=connections.Hurried, log_level="error", access_log=False)
    uvicorn.Server(config).run(sockets=[listener()])
"""


@dataclass
class Served:
    """`port` on 127.0.0.1; `memory` in bytes, resident now."""

    port: int
    pid: int

    def memory(self) -> int:
        pages = Path(f"/proc/{self.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def peak(self) -> int:
        """The most memory that was resident since the process began, in bytes."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return 1_024 * int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)


@contextmanager
def served(dsn: str, code: str = APP, deadline: float = 30.0) -> Iterator[Served]:
    """The service over a database, until the end of the block."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    port = listener.getsockname()[1]
    command = [sys.executable, "-c", LISTENER + code, dsn, str(listener.fileno()), str(deadline)]
    process = subprocess.Popen(command, pass_fds=[listener.fileno()], env={**os.environ, "PYTHONPATH": os.getcwd()})
    listener.close()
    try:
        _wait(process, port)
        yield Served(port, process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def _wait(process: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        with (
            suppress(OSError),  # whoever listens by itself does so only in a moment
            socket.create_connection(("127.0.0.1", port), timeout=30) as connection,  # a busy machine starts slowly
        ):
            connection.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            if connection.recv(100).startswith(b"HTTP/1.1 200"):
                return
        time.sleep(0.05)
    raise RuntimeError(f"the service did not start: {process.poll()}")


LIFECYCLE = """
import sys
from api.access import connections, doors
from api.cli import main
doors.READ_DEADLINE = connections.HEADERS_DEADLINE = float(sys.argv[1])
sys.exit(main(["serve"]))
"""


@contextmanager
def lifecycle(dsn: str, home: Path, deadline: float = 30.0, **environment: str) -> Iterator[Served]:
    """`lifecycle serve` itself over a database, projections and all, until the end of the block."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = {"DATABASE_URL": dsn, "HOME": str(home), "PORT": str(port)} | environment
    env = {**os.environ, "PYTHONPATH": os.getcwd()} | {f"LIFECYCLE_{name}": value for name, value in settings.items()}
    process = subprocess.Popen(
        [sys.executable, "-c", LIFECYCLE, str(deadline)],
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,  # a warning for each request that is none
    )
    try:
        _wait(process, port)
        yield Served(port, process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)
