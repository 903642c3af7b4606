"""The security log: who signed in, who was refused, what was granted and what was taken; apart from the ledger.

A line of JSON each, always with the same fields (docs/security.md); no password, token, code or cookie ever is one of them.
What cannot be written holds nobody up: it is counted, and said once a minute (docs/decisions/0020).
"""

import json
import logging
import os
import sys
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from domain.entry import SHANGHAI
from store.addresses import network
from store.settings import Deployment

log = logging.getLogger("lifecycle.security")
VERSION = 1
"""Of the line: a field may be added, none is taken away or comes to mean another thing."""
Event = Literal["sign_in", "refusal", "grant", "export"]
EACH = 20
"""Lines a minute that one address gets for being refused one thing in one way; those after them are counted."""
KINDS = 5_000
"""How many different such refusals are told apart in a minute; those after them are counted together."""


@dataclass(frozen=True)
class Noted:
    """`what` is the operation's name, `object` what its address names; `account`, `person` and so on tell who asked."""

    event: Event
    what: str
    outcome: Literal["done", "refused"] = "done"
    status: int | None = None
    code: str | None = None
    door: Literal["api", "page", "cli"] = "api"
    method: str | None = None
    route: str | None = None
    object: str | None = None
    address: str | None = None
    account: str | None = None
    person: str | None = None
    unit: str | None = None
    role: str | None = None
    signed_in: str | None = None
    about: Mapping[str, Any] = field(default_factory=dict)
    times: int = 1


Write = Callable[[bytes, datetime], None]


class Days:
    """A file for each day, to which several processes may append whole lines; those older than `days` are deleted."""

    def __init__(self, folder: Path, days: int) -> None:
        self._folder = folder
        self._days = days
        self._on: date | None = None
        self._file = -1

    def __call__(self, line: bytes, at: datetime) -> None:
        if at.date() != self._on:
            self._turn(at.date())
        if os.write(self._file, line) != len(line):  # a full disk; the line that comes next is not to be glued to this half
            self._on = None
            raise OSError("the line was not written whole")

    def _turn(self, on: date) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / f"security-{on}.jsonl"
        torn = path.exists() and path.stat().st_size and path.read_bytes()[-1:] != b"\n"
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        if torn:
            os.write(self._file, b"\n")
        oldest = f"security-{on - timedelta(days=self._days)}.jsonl"
        for old in self._folder.glob("security-????-??-??.jsonl"):
            if old.name < oldest:
                old.unlink(missing_ok=True)
        self._on = on

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file, self._on = -1, None

    def newest(self, event: Event, most: int) -> list[dict[str, Any]]:
        """The last lines of one sort, newest first; a line torn by a full disk is passed over."""
        found: list[dict[str, Any]] = []
        for path in sorted(self._folder.glob("security-????-??-??.jsonl"), reverse=True):
            for line in reversed(path.read_bytes().splitlines()):
                if f'"event": "{event}"'.encode() in line and line.endswith(b"}"):
                    found.append(json.loads(line))
                    if len(found) == most:
                        return found
        return found


def to_stdout(line: bytes, _: datetime) -> None:
    """For whoever collects what a service says; its other lines are no JSON."""
    sys.stdout.write(line.decode())
    sys.stdout.flush()


def nowhere(line: bytes, _: datetime) -> None:
    """Counted only."""


class SecurityLog:
    """`counts` by event and outcome, and `lost` lines, since this process began: for /metrics."""

    def __init__(self, write: Write = nowhere, now: Callable[[], datetime] = lambda: datetime.now(SHANGHAI)) -> None:
        self._write = write
        self._now = now
        self._lock = threading.Lock()
        self._minute: datetime | None = None
        self._seen: Counter[tuple[str | None, ...]] = Counter()
        self._held: dict[tuple[str | None, ...], Noted] = {}
        self._complained: datetime | None = None
        self.counts: Counter[tuple[Event, str]] = Counter()
        self.lost = 0

    def note(self, noted: Noted) -> None:
        """Write it down, or hold it back where the like was refused too often this minute. Never raises for a full disk."""
        at = self._now()
        with self._lock:
            self.counts[noted.event, noted.outcome] += 1
            if at.replace(second=0, microsecond=0) != self._minute:
                self._release(at)
                self._minute = at.replace(second=0, microsecond=0)
            if noted.outcome == "refused" and self._often(noted):
                return
            self._line(noted, at)

    def close(self) -> None:
        """Write what is held back, and let go of the file."""
        with self._lock:
            self._release(self._now())
            if isinstance(self._write, Days):
                self._write.close()

    def exports(self, most: int) -> list[dict[str, Any]] | None:
        """What was taken in bulk, newest first; None where the lines go to somebody else's collector."""
        return self._write.newest("export", most) if isinstance(self._write, Days) else None

    def _often(self, noted: Noted) -> bool:
        key: tuple[str | None, ...] = (noted.event, noted.what, noted.code, network(noted.address or "?"))
        if key not in self._seen and len(self._seen) >= KINDS:
            key = ("others",)
            noted = Noted(noted.event, "others", "refused")
        self._seen[key] += 1
        if self._seen[key] <= EACH:
            return False
        held = self._held.get(key)
        alike = replace(noted, object=None, account=None, person=None, unit=None, role=None, signed_in=None)
        self._held[key] = alike if held is None else replace(held, times=held.times + 1)
        return True

    def _release(self, at: datetime) -> None:
        for held in self._held.values():
            self._line(held, at)
        self._held.clear()
        self._seen.clear()

    def _line(self, noted: Noted, at: datetime) -> None:
        told = {"v": VERSION, "at": at.isoformat(timespec="milliseconds"), **vars(noted)}
        try:
            self._write(json.dumps(told, ensure_ascii=False).encode("utf-8", "replace") + b"\n", at)
        except OSError as failed:
            self.lost += 1
            if self._complained is None or at - self._complained > timedelta(minutes=1):
                self._complained = at
                log.error("the security log cannot be written (%d lines lost): %s", self.lost, failed)


def opened(settings: Deployment) -> SecurityLog:
    """Where the deployment says: a folder, or `-`, what the service says (stdout)."""
    if settings.security_log == "-":
        return SecurityLog(to_stdout)
    folder = Path(settings.security_log).absolute() if settings.security_log else settings.home / "security"
    return SecurityLog(Days(folder, settings.security_log_days))
