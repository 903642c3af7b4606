"""Entries to exact JSON bytes and back: `{"v":1,"event":{…},"envelope":{…}}` under a bare, stable topic."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Generic, TypeVar, cast
from uuid import UUID

from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import JSONTranscoder, Mapper, StoredEvent
from pydantic import BaseModel, ConfigDict
from pydantic_core import from_json, to_json

import domain.kinds  # noqa: F401  (registers every topic)
from domain.entry import Actor, Entry, Envelope, Event
from domain.fact import KINDS, Fact
from domain.judgement import JUDGEMENTS
from store.recorder import Row
from store.upcasts import SCHEMA, upcast

E = TypeVar("E")
CURRENT = b'{"v":%d,' % SCHEMA
EVENT = CURRENT + b'"event":'
ENVELOPE = b',"envelope":{'
"""Quotes within a text are escaped, so these bytes stand nowhere but between the two."""
EVENTS: Mapping[str, type[Event]] = {**KINDS, **JUDGEMENTS}


def topic_of(event: Event) -> str:
    return event.kind.topic if isinstance(event, Fact) else event.topic


def encode(entry: Entry) -> bytes:
    """The bytes that are kept: fields in declared order, absent ones left out, text as UTF-8."""
    event, envelope = entry.event, entry.envelope
    said = event.__pydantic_serializer__.to_json(event, exclude_none=True)  # model_dump_json, but for the detour by text
    around = envelope.__pydantic_serializer__.to_json(envelope, exclude_defaults=True)
    return b"".join((EVENT, said, b',"envelope":', around, b"}"))


class State(BaseModel, Generic[E]):
    """The stored form, read in one go: an event of a known topic in its envelope."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    v: int
    event: E
    envelope: Envelope


@cache
def state_of(topic: str) -> type[State[Any]]:
    """Raises KeyError for a topic nobody declares."""
    return State.__class_getitem__(EVENTS[topic])  # type: ignore[return-value]  # found at run time


def decode(row: Row) -> Entry:
    """Raises ValueError naming the entry when its bytes are no entry: nothing is skipped in silence."""
    try:
        if row.state.startswith(CURRENT):
            state = state_of(row.topic).model_validate_json(row.state)
        else:
            state = state_of(row.topic).model_validate_json(to_json(upcast(row.topic, from_json(row.state))))
    except (ValueError, KeyError) as error:
        raise _unreadable(row, error) from error
    return Entry(row.originator_version, state.event, state.envelope, row.position, row.recorded_at, row.stated)


def decode_event(row: Row) -> Event:
    """The event without its envelope, for readers that need no more: half the work. Raises ValueError as `decode` does."""
    event, parted, _ = row.state.partition(ENVELOPE)
    if not (parted and event.startswith(EVENT) and row.topic in EVENTS):
        return decode(row).event
    try:
        return EVENTS[row.topic].model_validate_json(event[len(EVENT) :])
    except ValueError as error:
        raise _unreadable(row, error) from error


def decode_actor(row: Row) -> Actor:
    """Who recorded it, for readers that need no more: a third of the work. Raises ValueError as `decode` does."""
    if not row.state.startswith(CURRENT):
        return decode(row).envelope.actor
    return Actor.model_validate(from_json(row.state)["envelope"]["actor"])


def _unreadable(row: Row, error: Exception) -> ValueError:
    return ValueError(f"entry {row.originator_version} of {row.originator_id} cannot be read: {error}")


class EntryMapper(Mapper[UUID]):
    """The eventsourcing library's mapper over `encode` and `decode`; nothing is compressed or encrypted."""

    def __init__(self) -> None:
        super().__init__(transcoder=JSONTranscoder())

    def to_stored_event(self, domain_event: DomainEventProtocol[UUID]) -> Row:
        entry = cast("Entry", domain_event)
        return Row(
            originator_id=entry.originator_id,
            originator_version=entry.number,
            topic=topic_of(entry.event),
            state=encode(entry),
            label=entry.stream,
        )

    def to_domain_event(self, stored_event: StoredEvent) -> Entry:
        return decode(cast("Row", stored_event))
