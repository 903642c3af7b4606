"""A clock with what is due on it. Each act is decided at once, so that what follows knows the entries it is about."""

import heapq
import json
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from api.demo.cast import Cast, Person
from api.demo.days import at, working
from api.sheets.staging import CommandLine, the_command
from domain.entry import Actor, Entry, Source, stream_kind
from domain.errors import Refused
from domain.history import History
from store.deciding import Asking, Deciding, FindFile

SECOND = timedelta(seconds=1)


class RefusedByItself(Exception):
    """The ledger refused an act of the demonstration: a fault of the demonstration, never passed over."""


@dataclass
class Play:
    """`seed` decides everything that is left to chance; nothing happens after the end of `until`."""

    seed: int
    until: date
    cast: Cast
    find_file: FindFile
    keep: Callable[[str, bytes, Person], str]
    """Keeps a file of evidence and answers its SHA-256."""
    progress: Callable[[int], None] = lambda _: None

    def __post_init__(self) -> None:
        self.lines: list[bytes] = []
        self.codes: list[str] = []
        """Of the projects entered so far."""
        self.deciding = Deciding(History, lambda _: 1, self.find_file)
        self._due: list[tuple[datetime, int, Callable[[], object]]] = []
        self._asked = 0
        self._moment = at(date(2000, 1, 1))
        self._together = False
        self._vouchers = 0

    def chance(self, about: str) -> random.Random:
        """For one matter, whatever else is left to chance."""
        return random.Random(f"{self.seed}:{about}")  # noqa: S311  (no secret: the same seed makes the same district)

    def due(self, day: date, act: Callable[..., object], *about: object, hour: int = 9, minute: int = 0) -> None:
        """`act(*about)`, on a day or the working day after it; what would come too late is never done."""
        moment = at(working(day), hour, minute)
        if moment.date() <= self.until:
            self._asked += 1
            waiting: tuple[datetime, int, Callable[[], object]] = (moment, self._asked, partial(act, *about))
            heapq.heappush(self._due, waiting)

    def run(self) -> None:
        """Do what is due, in order of time, until nothing is."""
        while self._due:
            moment, _, act = heapq.heappop(self._due)
            self._moment = max(self._moment, moment)
            act()
            self.progress(len(self.lines))

    @property
    def today(self) -> date:
        return self._moment.date()

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is done within is one request."""
        self._moment += SECOND
        self._together = True
        yield
        self._together = False

    def do(self, by: Person, noun: str, command: dict[str, Any], stream: str | None = None) -> list[Entry]:
        """Raises RefusedByItself."""
        if not self._together:
            self._moment += SECOND
        line: dict[str, Any] = {"stated": self._moment.isoformat(), "by": by.said, "noun": noun, "command": command}
        if stream is not None:
            line["stream"] = stream
        raw = json.dumps(line, ensure_ascii=False).encode()
        said = CommandLine.model_validate_json(raw)
        source = Source(door="command_file", file="-", row=len(self.lines) + 1)
        asking = Asking(Actor(**said.by.model_dump(), signed_in="command file"), source, said.stated, imported=True)
        try:
            entries = self.deciding.decide(stream, the_command(said), asking)
        except Refused as refused:
            raise RefusedByItself(f"{raw.decode()}: {refused.said(False)}") from refused
        self.lines.append(raw)
        self.codes.extend(e.stream for e in entries if e.number == 1 and stream_kind(e.stream) == "project")
        return entries

    def project(self, code: str) -> History:
        return self.deciding.past(code)

    def voucher(self, sort: str, day: date) -> str:
        """The next number of a bank slip."""
        self._vouchers += 1
        return f"{sort}-{day:%Y%m}-{self._vouchers:05d}"
