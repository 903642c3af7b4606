"""The base read model: one slim table of the lines of every project's facts, known from and to a position."""

import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, assert_never
from uuid import UUID

from psycopg import Connection

from domain.entry import Event, stream_kind
from domain.fact import Fact
from domain.judgement import AnnulmentProposed, Approved, CorrectionProposed, Proposal, ReinstatementProposed
from domain.viewpoint import ALL_POSITIONS
from projections.lines import lines
from store.mapper import decode_event
from store.recorder import Row

COPY = """
COPY fact (project, fact, turn, kind, measure, role, occurred_on, amount, unit, person, word, known_from, known_to)
FROM STDIN (FORMAT BINARY)
"""
TYPES = ["int4", "int4", "int4", "int2", "int2", "int2", "date", "int8", "int4", "int4", "int4", "int8", "int8"]
CLOSE = """
UPDATE fact f SET known_to = c.known_to
FROM unnest(%s::int[], %s::int[], %s::bigint[]) AS c(project, fact, known_to)
WHERE f.project = c.project AND f.fact = c.fact AND f.known_to = 9223372036854775807
"""
KNOWN_LINES = """
SELECT f.project, f.fact, f.turn, f.kind, f.measure, f.role, f.occurred_on, f.amount, f.unit, f.person, f.word,
       f.known_from, f.known_to
FROM unnest(%s::int[], %s::int[]) AS t(project, fact) JOIN fact f ON f.project = t.project AND f.fact = t.fact
ORDER BY f.known_from
"""
PROPOSALS = """
SELECT e.stream AS originator_id, e.version AS originator_version, e.topic, e.state
FROM unnest(%s::uuid[], %s::int[]) AS asked(stream, version)
JOIN entry e ON e.stream = asked.stream AND e.version = asked.version
"""
TERMS = "SELECT text, id FROM term WHERE text = ANY(%s)"
PROJECTS = "SELECT code, id FROM project WHERE code = ANY(%s)"

Stored = list[Any]
"""A row of the table, in the order of COPY; its unit, person and word are texts until it is written."""
TEXTS = slice(8, 11)
FROM, TO = 11, 12
OPEN = ALL_POSITIONS + 1
"""Known from a position up to, not including, this one: for ever."""
KEPT = 200_000
"""Numbers of projects, and as many of terms, kept in memory."""


class Unreadable(Exception):
    """An entry that cannot be projected; the cause says why."""

    def __init__(self, row: Row) -> None:
        super().__init__(row.label, row.originator_version)
        self.row = row


class FactsHandler:
    """Writes what a batch of entries changes, and keeps the numbers of projects and terms handed out so far."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._projects: dict[str, int] = {}
        self._terms: dict[str, int] = {}
        self._counts = {"project": 0, "term": 0}
        for table in self._counts:
            found = connection.execute(f"SELECT coalesce(max(id), 0) FROM {table}".encode()).fetchone()
            self._counts[table] = found[0] if found else 0

    def handle(self, rows: Sequence[Row]) -> set[int]:
        """Apply whole requests, in position order, inside the caller's transaction; answers the projects touched.

        Raises Unreadable; after that, or when the transaction is rolled back, another handler has to go on.
        """
        with _no_collection():
            batch = _Batch(self, [r for r in rows if stream_kind(r.label) == "project"])
            self._learn_projects(dict.fromkeys(r.label for r in batch.rows))
            batch.prefetch(self._connection)
            batch.apply()
            batch.write(self._connection)
            return {self._projects[r.label] for r in batch.rows}

    def project(self, code: str) -> int:
        return self._projects[code]

    def _learn_projects(self, codes: Iterable[str]) -> None:
        self._learn("project", "code", PROJECTS, self._projects, codes)

    def number(self, terms: Iterable[str]) -> dict[str, int]:
        """The numbers of terms, new ones numbered in the order they come."""
        self._learn("term", "text", TERMS, self._terms, terms)
        return self._terms

    def _learn(self, table: str, column: str, query: str, known: dict[str, int], wanted: Iterable[str]) -> None:
        words = dict.fromkeys(wanted)
        missing = [w for w in words if w not in known]
        if not missing:
            return
        if len(known) > KEPT:
            known.clear()
            missing = list(words)
        known.update(self._connection.execute(query.encode(), (missing,)).fetchall())
        new = [w for w in missing if w not in known]
        for word in new:
            self._counts[table] += 1
            known[word] = self._counts[table]
        with self._connection.cursor() as cursor:
            insert = f"INSERT INTO {table} (id, {column}) VALUES (%s, %s)"
            cursor.executemany(insert.encode(), [(known[w], w) for w in new])


@contextmanager
def _no_collection() -> Iterator[None]:
    """A batch makes a hundred thousand objects and no cycles: looking for cycles among them costs a quarter of its time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


class _Batch:
    """The lines a batch adds, and those it closes; a later judgement finds the lines still in memory."""

    def __init__(self, handler: FactsHandler, rows: list[Row]) -> None:
        self._handler = handler
        self.rows = rows
        self._entries: dict[tuple[str, int], Proposal] = {}
        self._events: dict[int, Event] = {}
        self._lines: dict[tuple[int, int], list[Stored]] = {}
        self._new: list[Stored] = []
        self._closed: dict[tuple[int, int], int] = {}

    def prefetch(self, connection: Connection) -> None:
        """Decode the batch; fetch proposals decided here but made earlier, and the lines of every target."""
        labels: dict[UUID, str] = {}
        wanted: list[tuple[UUID, int]] = []
        for row in self.rows:
            event = self._decoded(row)
            self._events[row.position] = event
            match event:
                case CorrectionProposed() | AnnulmentProposed() | ReinstatementProposed():
                    self._entries[row.label, row.originator_version] = event
                case Approved() if (row.label, event.proposal) not in self._entries:
                    stream = UUID(str(row.originator_id))
                    labels[stream] = row.label
                    wanted.append((stream, event.proposal))
                case _:
                    pass
        if wanted:
            asked = ([s for s, _ in wanted], [n for _, n in wanted])
            for found in connection.execute(PROPOSALS, asked):
                proposal = decode_event(Row(*found))
                assert isinstance(proposal, CorrectionProposed | AnnulmentProposed | ReinstatementProposed)
                self._entries[labels[found[0]], found[1]] = proposal
        targets = {(self._handler.project(label), p.target) for (label, _), p in self._entries.items()}
        if targets:
            pairs = sorted(targets)
            for line in connection.execute(KNOWN_LINES, ([p for p, _ in pairs], [n for _, n in pairs])):
                self._lines.setdefault((line[0], line[1]), []).append(list(line))

    @staticmethod
    def _decoded(row: Row) -> Event:
        try:
            return decode_event(row)
        except ValueError as error:
            raise Unreadable(row) from error

    def apply(self) -> None:
        for row in self.rows:
            project = self._handler.project(row.label)
            try:
                match self._events[row.position]:
                    case Fact() as fact:
                        self._add(project, row.originator_version, fact, row.position)
                    case Approved() as approved:
                        self._take_effect(project, self._entries[row.label, approved.proposal], row.position)
                    case _:
                        pass
            except Exception as error:
                raise Unreadable(row) from error

    def _take_effect(self, project: int, proposal: Proposal, position: int) -> None:
        key = (project, proposal.target)
        match proposal:
            case CorrectionProposed():
                until = OPEN if self._close(key, position) else position  # of an annulled fact it only waits
                self._add(project, proposal.target, proposal.reads, position, until)
            case AnnulmentProposed():
                self._close(key, position)
            case ReinstatementProposed():
                last = max(line[TO] for line in self._lines[key])
                for line in [x for x in self._lines[key] if x[TO] == last < OPEN]:
                    self._put([*line[:FROM], position, OPEN])
            case _:
                assert_never(proposal)

    def _add(self, project: int, number: int, fact: Fact, position: int, until: int = OPEN) -> None:
        kind, turn, day = fact.kind.number, fact.after or number, fact.occurred_on
        for line in lines(fact):
            stored = [project, number, turn, kind, line.measure, line.role, day, line.amount]
            self._put([*stored, line.unit, line.person, line.word, position, until])

    def _put(self, line: Stored) -> None:
        self._new.append(line)
        self._lines.setdefault((line[0], line[1]), []).append(line)

    def _close(self, key: tuple[int, int], position: int) -> bool:
        """Lines of this batch are closed in memory, older ones in the table; whether any was open."""
        standing = [line for line in self._lines[key] if line[TO] == OPEN]
        for line in standing:
            line[TO] = position
            if line[FROM] < self.rows[0].position:
                self._closed[key] = position
        return bool(standing)

    def write(self, connection: Connection) -> None:
        if self._closed:
            expected = sum(
                line[TO] == position and line[FROM] < self.rows[0].position
                for key, position in self._closed.items()
                for line in self._lines[key]
            )
            keys = list(self._closed)
            asked = ([p for p, _ in keys], [n for _, n in keys], list(self._closed.values()))
            changed = connection.execute(CLOSE, asked).rowcount
            if changed != expected:
                raise RuntimeError(f"{expected} lines were to be closed, {changed} were")
        terms = self._handler.number(w for line in self._new for w in line[TEXTS] if isinstance(w, str))
        with connection.cursor() as cursor, cursor.copy(COPY) as copy:
            copy.set_types(TYPES)
            for line in self._new:
                line[TEXTS] = (terms[w] if isinstance(w, str) else w for w in line[TEXTS])
                copy.write_row(line)
