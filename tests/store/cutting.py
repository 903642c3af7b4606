"""A line to the database that breaks when told to: after a statement was passed on, or before."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from tempfile import TemporaryDirectory
from typing import Literal

import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

When = Literal["before", "after"]
SOCKET = ".s.PGSQL.5432"


@dataclass
class Line:
    """A proxy between unix sockets. `plan` holds the cuts to come, in order: (a piece of the statement, when)."""

    dsn: str
    target: str
    plan: list[tuple[bytes, When]] = field(default_factory=list)
    cuts: int = 0

    def serve(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._call, args=(client,), daemon=True).start()

    def _call(self, client: socket.socket) -> None:
        with client, socket.socket(socket.AF_UNIX) as server:
            server.connect(self.target)
            cut = threading.Event()
            back = threading.Thread(target=self._answers, args=(server, client, cut), daemon=True)
            back.start()
            with suppress(OSError):
                while data := client.recv(1 << 20):
                    when = self._due(data)
                    if when == "after":
                        cut.set()
                    if when != "before":
                        server.sendall(data)
                    if when == "before":
                        break
                    if when == "after":
                        back.join(timeout=10)
                        break
            for end in (client, server):
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
            back.join(timeout=10)

    def _due(self, data: bytes) -> When | None:
        if not self.plan or self.plan[0][0] not in data:
            return None
        self.cuts += 1
        return self.plan.pop(0)[1]

    @staticmethod
    def _answers(server: socket.socket, client: socket.socket, cut: threading.Event) -> None:
        """The answer that is cut has been given: what it tells is committed."""
        with suppress(OSError):
            while data := server.recv(1 << 20):
                if cut.is_set():
                    return
                client.sendall(data)


@contextmanager
def line_to(database: str) -> Iterator[Line]:
    host = str(conninfo_to_dict(database).get("host", ""))
    if not host.startswith("/"):
        pytest.skip("the cutting line stands before a unix socket")
    with TemporaryDirectory(prefix="cut-") as directory, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.join(directory, SOCKET))
        listener.listen(16)
        line = Line(make_conninfo(database, host=directory), os.path.join(host, SOCKET))
        threading.Thread(target=line.serve, args=(listener,), daemon=True).start()
        yield line
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
