"""The eventsourcing library's application over our mapper and recorder: streams loaded as histories, entries saved."""

import os
from collections.abc import Iterable
from typing import Any, cast
from uuid import UUID

from eventsourcing.application import AggregateNotFoundError, Application, Repository
from eventsourcing.persistence import ApplicationRecorder, Mapper

from domain.entry import Entry, stream_id
from domain.history import History
from store.mapper import EntryMapper
from store.recorder import Recorder

CACHED_STREAMS = 2_000
"""Histories kept in memory; each is brought up to date by reading only what is newer."""


def project(past: History | None, entries: Iterable[Entry]) -> History | None:
    """The library's projector: a history from entries, or nothing where there are none."""
    if past is not None:
        return past.plus(entries)
    found = tuple(entries)
    return History(found[0].stream, found) if found else None


class Records(Application[UUID]):
    """No snapshots, no library tables: `recorder` decides where rows live. Histories are immutable, so never copied."""

    def __init__(self, recorder: Recorder) -> None:
        if os.environ.get("POSTGRES_ENABLE_DB_FUNCTIONS"):
            raise RuntimeError("unset POSTGRES_ENABLE_DB_FUNCTIONS: it appends without a lock / 请取消该环境变量")
        self._given = recorder
        super().__init__({"AGGREGATE_CACHE_MAXSIZE": str(CACHED_STREAMS), "DEEPCOPY_FROM_AGGREGATE_CACHE": "n"})

    def construct_recorder(self) -> ApplicationRecorder:
        return self._given

    def construct_mapper(self) -> Mapper[UUID]:
        return EntryMapper()

    def history(self, label: str) -> History:
        """All entries of a stream; an empty history where there is no such stream."""
        repository = cast("Repository[Any]", self.repository)
        try:
            return cast("History", repository.get(stream_id(label), projector_func=cast("Any", project)))
        except AggregateNotFoundError:
            return History(label)
