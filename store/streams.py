"""The streams that a request is decided on: each loaded once, growing as entries are decided."""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from domain.command import Load
from domain.entry import Entry
from domain.history import History
from domain.office.calendar import calendar_of
from domain.office.district import LABEL as DISTRICT
from domain.office.district import settings_of
from domain.office.gates import GatesInForce, gates_of
from domain.settings import Settings
from domain.working_days import WorkCalendar
from store import shipped

Knows = Callable[[str], bool]
"""Whether a stream is known to exist, without a look at the database."""
NextNumber = Callable[[str], int]
"""The first free number under a prefix such as `XH-2026-`."""


class InForce(NamedTuple):
    """What the district has adopted."""

    settings: Settings
    gates: GatesInForce
    calendar: WorkCalendar


@lru_cache(maxsize=64)
def adopted(district: History) -> InForce:
    """Read once for each history that the district's stream comes to; a history never changes."""
    return InForce(settings_of(district.now), gates_of(district.now), calendar_of(district.now, shipped.calendar()))


class Streams:
    """Histories by label, and which of them something was decided on."""

    def __init__(self, load: Load, next_number: NextNumber, knows: Knows) -> None:
        self._load = load
        self._knows = knows
        self._next_number = next_number
        self._histories: dict[str, History] = {}
        self._looked_at: set[str] = set()
        self._numbers: dict[str, int] = {}
        self._promised: set[str] = set()
        self.remembered = False
        """Whether histories are among them that may be out of date: a refusal is none until it is decided on newer ones."""

    def prefetch(self, histories: Mapping[str, History], *, remembered: bool = False) -> None:
        """Histories loaded together, or remembered; those decided on already stay as they are."""
        self.remembered = self.remembered or remembered
        self._histories = {**histories, **self._histories}

    def past(self, label: str) -> History:
        """A stream that something is decided on: what is decided holds only while it stands so."""
        self._looked_at.add(label)
        return self._stream(label)

    def exists(self, label: str) -> bool:
        """Which it then always does."""
        return self._knows(label) or self._stream(label).version > 0

    def _stream(self, label: str) -> History:
        if label not in self._histories:
            self._histories[label] = self._load(label)
        return self._histories[label]

    def known(self) -> list[str]:
        """The labels of all that were loaded or begun so far, and exist."""
        return [label for label, history in self._histories.items() if history.version]

    def now(self, history: History) -> None:
        """The stream as what was just decided leaves it."""
        self._histories[history.label] = history

    def looked_at(self, written: Iterable[Entry]) -> dict[str, int]:
        """The versions of the streams that decisions rest on and that nothing is recorded in.

        Settings and gates bind from the next request on: the district's own stream is none of them, unless remembered.
        """
        others = self._looked_at - {entry.stream for entry in written}
        if not self.remembered:
            others.discard(DISTRICT)
        return {label: self._histories[label].version for label in others}

    @property
    def in_force(self) -> InForce:
        return adopted(self.past(DISTRICT))

    def new_code(self, prefix: str) -> str:
        """A code that nobody has, nor was promised."""
        number = self._numbers.get(prefix) or self._next_number(prefix)
        while self.exists(f"{prefix}{number:03d}") or f"{prefix}{number:03d}" in self._promised:
            number += 1
        self._numbers[prefix] = number
        return f"{prefix}{number:03d}"

    def promise(self, prefix: str) -> str:
        """The same, kept for a stream that a later part of the request begins."""
        code = self.new_code(prefix)
        self._promised.add(code)
        return code
