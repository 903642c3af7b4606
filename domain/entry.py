"""One immutable line of the ledger: an event in its envelope, with its place."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Literal
from uuid import NAMESPACE_URL, UUID, uuid5

from pydantic import Field

from domain.fact import Fact, StreamKind
from domain.judgement import AnyJudgement
from domain.values import Frozen, Line, PersonRef, Prose, UnitCode

Event = Fact | AnyJudgement

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
"""No summer time since 1991: a fixed offset is exact for every date a ledger's clock can show."""
PREFIXES: dict[str, StreamKind] = {
    "district": "district",
    "unit:": "unit",
    "person:": "person",
    "period:": "period",
    "targets:": "targets",
    "audit:": "audit",
}
"""How the labels of the other streams begin."""
STREAMS = uuid5(NAMESPACE_URL, "urn:lifecycle:stream")


@lru_cache(maxsize=10_000)
def stream_id(label: str) -> UUID:
    """The library's aggregate id of a stream: uuid5 of its label."""
    return uuid5(STREAMS, label)


@lru_cache(maxsize=10_000)
def stream_kind(label: str) -> StreamKind:
    """By what stands before the colon; `district` is one of a kind, everything else is a project's code."""
    kind, colon, _ = label.partition(":")
    return PREFIXES.get(kind + colon, "project")


def cite(label: str, number: int) -> str:
    """How people and reports name an entry: `XH-2026-031#7`."""
    return f"{label}#{number}"


class Role(StrEnum):
    """What somebody is signed in for; docs/security.md says what each may do."""

    ADMINISTRATOR = "administrator"
    OFFICE = "office"
    LEADER = "leader"
    """区领导: reads everything, gives instructions (批示)."""
    BUREAU = "bureau"
    """认定部门: recognises its own measures."""
    HEAD = "head"
    """单位负责人: signs for the unit."""
    CLERK = "clerk"
    """项目联络员: records for the unit."""
    AUDITOR = "auditor"
    SERVICE = "service"
    READER = "reader"
    UNIT = "unit"
    """As before 0.4.0: clerk, head and bureau in one; entries and tokens of it stay as they are."""


class Actor(Frozen):
    """Who acted: a person (opaque reference) in a post of a unit, how signed in, for whom under which document."""

    person: PersonRef
    unit: UnitCode
    post: Line
    role: Annotated[Role, Field(strict=False)]
    signed_in: Line
    on_behalf_of: PersonRef | None = None
    under: Line | None = None

    @property
    def people(self) -> frozenset[str]:
        """Everyone whose act this is: none of them may approve it."""
        return frozenset(p for p in (self.person, self.on_behalf_of) if p)


class Source(Frozen):
    """The door it came through; for an import the file, its row as a person sees it, and the file's SHA-256 in hex."""

    door: Literal["api", "page", "import", "command_file", "cli"]
    file: Line | None = None
    row: int | None = None
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None


class Irregularity(Frozen):
    """A named rule that the entry broke when it was recorded; never changes afterwards."""

    rule: Line
    reason: Prose


class Envelope(Frozen):
    """What the ledger adds to an event. Personal data never is in it: persons are references."""

    id: UUID
    stream: Line
    actor: Actor
    request: UUID
    source: Source
    batch: UUID | None = None
    counterparts: tuple[Line, ...] = ()
    """Citations of the entries of one joint act over several streams; annulled together or not at all."""
    causation: Line | None = None
    returned_in: Line | None = None
    """The monthly return (period) it came in."""
    document: Line | None = None
    confidentiality: Line | None = None
    reason: Prose | None = None
    irregular: tuple[Irregularity, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """`position` is its place in the district's ledger (0 until appended), `recorded_at` the database's clock there."""

    number: int
    event: Event
    envelope: Envelope
    position: int = 0
    recorded_at: datetime | None = None
    stated: bool = False
    """Whether `recorded_at` was stated when the history was filled in (历史数据补录) before the ledger opened."""

    def settle(self, position: int, recorded_at: datetime) -> None:
        """It is appended: its place, all that is not known when it is decided, is set once."""
        object.__setattr__(self, "position", position)
        object.__setattr__(self, "recorded_at", recorded_at)

    @property
    def stream(self) -> str:
        return self.envelope.stream

    @property
    def citation(self) -> str:
        return cite(self.envelope.stream, self.number)

    @property
    def recorded_on(self) -> date | None:
        """The civil date of recording, in Asia/Shanghai."""
        return self.recorded_at.astimezone(SHANGHAI).date() if self.recorded_at else None

    @property
    def originator_id(self) -> UUID:
        """The eventsourcing library's name for the stream."""
        return stream_id(self.envelope.stream)

    @property
    def originator_version(self) -> int:
        """The eventsourcing library's name for the entry number."""
        return self.number


def citations(entries: Sequence[Entry]) -> tuple[str, ...]:
    return tuple(entry.citation for entry in entries)
