"""One snapshot against the ledger: what it proposes, recorded as one request or not at all."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from api.services import Services
from api.sheets.mapping import Mapping, SnapshotMapping
from api.sheets.proposing import Importing, Refusal, suggest_renames
from api.sheets.reading import Snapshot
from api.working import Unwatched, Watch
from domain.entry import SHANGHAI, Actor, Entry, Source, stream_kind
from domain.fact import Fact
from domain.questions.attributes import word
from store.deciding import Asking, Deciding
from store.ledger import Asked, Recorded
from store.mapper import topic_of

AT_ONCE = 500
"""Projects read from the ledger with one look."""


class Work:
    """Proposes one snapshot; decided anew from the start if somebody was first."""

    def __init__(
        self,
        running: Services,
        mapping: Mapping,
        settings: SnapshotMapping,
        snapshot: Snapshot,
        watch: Watch | None = None,
        *,
        give_up: bool,
    ) -> None:
        self._running = running
        self._mapping = mapping
        self._settings = settings
        self._snapshot = snapshot
        self._give_up = give_up
        self._watch = watch or Unwatched()
        self.proposed: list[Entry] = []
        self.refused: list[Refusal] = []

    def __call__(self, deciding: Deciding, asking: Asking) -> None:
        """Raises Refusals when anything was refused and the request is to be given up for it, and what the watch raises."""
        labels = [label for label in self._running.reading.labels("") if stream_kind(label) == "project"]
        for begun in range(0, len(labels), AT_ONCE):
            self._watch("load", begun, len(labels))
            deciding.streams.prefetch(self._running.ledger.records.histories(labels[begun : begun + AT_ONCE]))
        deciding.streams.prefetch(self._running.ledger.records.histories(["district"]))
        known = [label for label in deciding.streams.known() if stream_kind(label) == "project"]
        importing = Importing(deciding, self._mapping, known)
        self.proposed = importing.propose(self._snapshot, self._settings, asking, self._watch, backfill=False)
        self.refused = importing.refusals
        if self.refused and self._give_up:
            raise Refusals
        if self._give_up and self.proposed:
            self._watch.settle(len(self.proposed))


class Refusals(Exception):
    """Something was refused: the request is given up."""


def source_of(snapshot: Snapshot) -> Source:
    return Source(door="import", file=snapshot.file, sha256=snapshot.sha256)


def propose(work: Work, snapshot: Snapshot, by: Actor, deciding: Deciding) -> None:
    """Decides without recording; several snapshots after one another on the same `deciding`."""
    work(deciding, Asking(by, source_of(snapshot), datetime.now(SHANGHAI), imported=True))


def record_snapshot(
    running: Services, work: Work, snapshot: Snapshot, by: Actor, key: Asked | None = None
) -> Recorded | None:
    """One request; None where it brought nothing or anything was refused, and then nothing is recorded."""
    body = bytes.fromhex(snapshot.sha256)
    with suppress(Refusals):
        return running.ledger.record_work(work, by=by, source=source_of(snapshot), body=body, key=key)
    return None


def renamed(entries: Sequence[Entry], deciding: Deciding) -> list[tuple[str, str]]:
    """Names that look like a rename: to be confirmed under [[renames]], never guessed."""
    new = [str(e.event.name) for e in entries if isinstance(e.event, Fact) and topic_of(e.event) == "project_entered"]  # type: ignore[attr-defined]
    left = [e.stream for e in entries if topic_of(e.event) == "list_left"]
    return suggest_renames([word(deciding.past(code).now, "name") or code for code in left], new)


def report(snapshot: Snapshot, entries: Sequence[Entry], refusals: Sequence[Refusal]) -> dict[str, Any]:
    """What people see, for programs: the account of every cell, each that was not read, what is proposed and refused."""
    return {
        "file": snapshot.file,
        "sha256": snapshot.sha256,
        "appearances": len(snapshot.rows),
        "as_at": str(snapshot.as_at),
        "counts": snapshot.counts,
        "skipped": snapshot.skipped,
        "not_read": [u.model_dump() for u in snapshot.unread],
        "proposed": [
            {
                "entry": e.citation,
                "topic": topic_of(e.event),
                "row": e.envelope.source.row,
                "states": e.event.model_dump(mode="json", exclude_none=True),
            }
            for e in entries
        ],
        "refused": [
            {"row": r.row, "project": r.project, "code": r.error.code, "zh": r.error.said(True), "en": r.error.said(False)}
            for r in refusals
        ],
    }
