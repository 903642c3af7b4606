"""`lifecycle`: one file per subcommand, each with `add(subparsers)` and `main(arguments) -> exit code`."""

import argparse
import getpass
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import FrameType
from typing import Any

import psycopg

from domain.errors import Refused
from store.migrations import MayNotMigrate, MigrationChanged
from store.security_log import Event, Noted
from store.server import DatabaseNotStarted
from store.settings import BadSetting

COMMANDS = (
    *("serve", "imports", "opening", "token", "rebuild", "verify", "project", "migrate", "gates", "backup", "restore"),
    "replay",
    "demo",
    "account",
)
"""The modules of the subcommands, in the order of the help."""
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Ctrl-C, a stop from outside, a terminal that was closed."""


class Interrupted(KeyboardInterrupt):
    """One of STOPS, by its number."""


@contextmanager
def unwinding() -> Iterator[None]:
    """Each of STOPS unwinds what runs, so that the database is stopped too; a second one does not interrupt that."""
    before = {number: signal.getsignal(number) for number in STOPS}
    for number in heeded():
        signal.signal(number, _unwind)
    try:
        yield
    finally:
        for number, handler in before.items():
            if signal.getsignal(number) is _unwind:  # ignored by now, it stays so: the exit code is not to change either
                signal.signal(number, handler)


def heeded() -> list[signal.Signals]:
    """STOPS without those that whoever started us had us ignore (nohup)."""
    return [number for number in STOPS if signal.getsignal(number) is not signal.SIG_IGN]


def _unwind(number: int, frame: FrameType | None) -> None:
    for each in STOPS:
        signal.signal(each, signal.SIG_IGN)
    raise Interrupted(number)


def chinese() -> bool:
    """Whether to speak Chinese: the locale says so, or says nothing."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return value.lower().startswith("zh") or value in ("C", "POSIX", "C.UTF-8")
    return True


def say(zh: str, en: str, *, error: bool = False) -> None:
    """One message in the user's language; the other is a locale away."""
    print(zh if chinese() else en, file=sys.stderr if error else sys.stdout, flush=True)


def typed(event: Event, what: str, **about: Any) -> Noted:
    """For the security log: what somebody did who has the machine, and as which of its users."""
    try:
        login = getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        login = str(os.getuid())
    return Noted(event, what, door="cli", about={"login": login, **about})


def main(argv: list[str] | None = None) -> int:
    """Exit code 0 done, 1 refused or failed, 2 wrong arguments, 130 interrupted by Ctrl-C, 143 by SIGTERM."""
    parser = argparse.ArgumentParser(prog="lifecycle", description="重大项目全程账 / the project lifecycle ledger")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in COMMANDS:
        import_module(f"api.cli.{name}").add(subparsers)
    arguments = parser.parse_args(argv)
    try:
        with unwinding():
            return int(arguments.main(arguments))
    except Refused as refused:
        say(refused.said(True), refused.said(False), error=True)
    except (DatabaseNotStarted, BadSetting, MayNotMigrate, MigrationChanged) as failed:
        say(f"无法启动：{failed}", f"cannot start: {failed}", error=True)
    except psycopg.OperationalError as failed:
        say(f"数据库不可用：{failed}", f"the database is not available: {failed}", error=True)
    except OSError as failed:  # a file that an argument names, a full disk
        say(f"失败：{failed}", f"failed: {failed}", error=True)
    except Interrupted as interrupted:
        say("已中断。", "interrupted.", error=True)
        return 128 + int(interrupted.args[0])
    return 1
