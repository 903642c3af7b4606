"""pg_dump, pg_restore and psql: the embedded server's own; for a given server those of PATH, or the wheel's, if they fit."""

import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from domain.errors import Refused
from store.evidence import CHUNK
from store.server import MAJOR, Embedded, wheels_own

VERSION = re.compile(rb"\(PostgreSQL\) (\d+)")


class ToolMissing(Refused):
    """No pg_dump, pg_restore and psql here fit this server: install the PostgreSQL client programs of its major version."""

    zh = "本机没有适合该服务器的 pg_dump、pg_restore 与 psql：请安装与服务器主版本相同的 PostgreSQL 客户端程序。"


class ToolFailed(Refused):
    """A PostgreSQL program failed."""

    zh = "PostgreSQL 程序执行失败。"


class _Heard:
    """What a program says on its standard error, which it could otherwise wait on for ever."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._stderr = process.stderr
        self.said = ""
        self._thread = threading.Thread(target=self._listen)

    def _listen(self) -> None:
        assert self._stderr is not None
        self.said = self._stderr.read().decode(errors="replace").strip()

    def __enter__(self) -> "_Heard":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join()


@dataclass(frozen=True)
class Tools:
    """Programs of one major version, and the server they are for. Passwords go by the environment, where `ps` shows none."""

    dsn: str
    major: int
    folder: Path | None = None
    embedded: Embedded | None = None

    def start(self, name: str, *arguments: str, given: int | None = None) -> "subprocess.Popen[bytes]":
        """At work on the server; `given` is the file it reads, its answer is to be read from `stdout`."""
        parts: dict[str, Any] = conninfo_to_dict(self.dsn)
        password = parts.pop("password", None)
        asked = (*arguments, f"--dbname={make_conninfo(**parts)}", "--no-password")
        if self.embedded is not None:
            return self.embedded.program(name, *asked, given=given)
        assert self.folder is not None
        return subprocess.Popen(
            [str(self.folder / name), *asked],
            stdin=subprocess.DEVNULL if given is None else given,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "LC_ALL": "C"} | ({} if password is None else {"PGPASSWORD": str(password)}),
            start_new_session=True,
            pipesize=CHUNK,
        )

    def told(self, name: str, *arguments: str) -> Iterator[bytes]:
        """What a program answers, in pieces. Raises ToolFailed at its end."""
        with self.start(name, *arguments) as process, _Heard(process) as heard:
            try:
                assert process.stdout is not None
                while piece := process.stdout.read(CHUNK):
                    yield piece
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            raise ToolFailed(f"{name}: {heard.said}")

    def at(self, dsn: str) -> "Tools":
        """The same programs for another database of the server."""
        return Tools(dsn, self.major, self.folder, self.embedded)


def tools(dsn: str, major: int, embedded: Embedded | None = None) -> Tools:
    """Those of this major version or a newer one. Raises ToolMissing.

    The same major is best: pg_dump refuses a server newer than itself, and what a pg_restore of 17 or newer sends first,
    PostgreSQL 16 does not know (transaction_timeout). The wheel's were built without TLS: they come last, and where the
    address demands it not at all.
    """
    if embedded is not None and embedded.major >= major:
        return Tools(dsn, embedded.major, embedded=embedded)
    demanded = conninfo_to_dict(dsn).get("sslmode") in ("require", "verify-ca", "verify-full")
    found = [folder for folder in _folders(plain=not demanded) if (_major(folder) or 0) >= major]
    if not found:
        raise ToolMissing(f"PostgreSQL {major}; Debian/Ubuntu: apt install postgresql-client-{major}")
    folder = min(found, key=lambda f: _major(f) or 0)
    return Tools(dsn, _major(folder) or 0, folder)


def _folders(*, plain: bool) -> Sequence[Path]:
    on_path = shutil.which("pg_dump")
    debian = [Path(f"/usr/lib/postgresql/{major}/bin") for major in range(MAJOR + 2, 15, -1)]
    own = wheels_own() if plain else []
    return [
        folder
        for folder in (Path(on_path).parent if on_path else None, *debian, *own)
        if folder is not None and all((folder / name).exists() for name in ("pg_dump", "pg_restore", "psql"))
    ]


@cache
def _major(folder: Path) -> int | None:
    """The older of the two programs decides."""
    found = []
    for name in ("pg_dump", "pg_restore"):
        run = subprocess.run([folder / name, "--version"], capture_output=True, check=False)
        told = VERSION.search(run.stdout)
        if run.returncode or told is None:
            return None
        found.append(int(told[1]))
    return min(found)
