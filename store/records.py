"""The eventsourcing library's application over our mapper and recorder: streams loaded as histories, entries saved."""

from collections.abc import Sequence
from typing import cast
from uuid import UUID

from eventsourcing.application import Application, LRUCache
from eventsourcing.persistence import ApplicationRecorder, Mapper

from domain.entry import Entry, stream_id
from domain.history import History
from store.deciding import Deciding
from store.mapper import EntryMapper, decode
from store.recorder import Position, Recorder, Request

CACHED_STREAMS = 2_000
"""Histories kept in memory; each is brought up to date by reading only what is newer."""


class Records(Application[UUID]):
    """No snapshots, no library tables: `recorder` decides where rows live. Histories are immutable, so never copied."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._histories: LRUCache[str, History] = LRUCache(CACHED_STREAMS)
        super().__init__()

    def construct_recorder(self) -> ApplicationRecorder:
        return self._recorder

    def construct_mapper(self) -> Mapper[UUID]:
        return EntryMapper()

    def history(self, label: str) -> History:
        """All entries of a stream; an empty history where there is no such stream."""
        return self.histories([label])[label]

    def histories(self, labels: Sequence[str]) -> dict[str, History]:
        """Several streams in one look at the database, which is asked only for what is newer than we know."""
        found = {label: self._cached(label) for label in labels}
        newer: dict[UUID, list[Entry]] = {}
        for row in self._recorder.select_newer({stream_id(label): h.version for label, h in found.items()}):
            newer.setdefault(cast("UUID", row.originator_id), []).append(decode(row))
        for label, history in found.items():
            if entries := newer.get(stream_id(label)):
                found[label] = history.plus(entries)
                self._histories.put(label, found[label])
        return found

    def remembered(self, labels: Sequence[str]) -> dict[str, History] | None:
        """The same as this process knows them, if it knows them all, without a look at the database.

        Others may have recorded since: what is decided on them is appended only while they stand so.
        """
        found = {label: self._cached(label) for label in labels}
        return found if all(history.version for history in found.values()) else None

    def knows(self, label: str) -> bool:
        """Whether the stream is remembered; a stream never ends, so that it exists needs no look at the database."""
        return self._cached(label).version > 0

    def append(self, decided: Deciding, request: Request) -> Position:
        """Save what was decided as one request; answers the last position. It is known from then on without being read.

        Nothing is saved when a stream that the decision rests on has moved on (Conflict).
        """
        entries = decided.entries
        looked_at = {stream_id(label): version for label, version in decided.streams.looked_at(entries).items()}
        rows = [self.mapper.to_stored_event(entry) for entry in entries]  # events.put makes three objects more of each
        places = cast("Sequence[Position]", self._recorder.insert_events(rows, request=request, looked_at=looked_at))
        newest: dict[str, Entry] = {}
        for entry, place in zip(entries, places, strict=True):
            entry.settle(int(place), place.recorded_at)
            newest[entry.stream] = entry
        for label, entry in newest.items():
            history = decided.past(label)
            if self._cached(label).version < entry.number and history.entries[-1] is entry:
                self._histories.put(label, history)
        return places[-1]

    def _cached(self, label: str) -> History:
        try:
            return self._histories.get(label)
        except KeyError:
            return History(label)
