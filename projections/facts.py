"""The base read model: one slim table of the lines of every project's facts, known from and to a position."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, assert_never
from uuid import UUID

import psycopg
from psycopg import Connection

from domain.entry import Event, stream_kind
from domain.fact import KINDS, MEASURES, Fact, Measure
from domain.judgement import (
    Annulled,
    AnnulmentProposed,
    Approved,
    Corrected,
    CorrectionProposed,
    Proposal,
    ReinstatementProposed,
    VerdictGiven,
)
from domain.questions.recognition import counting, given
from domain.viewpoint import ALL_POSITIONS
from projections.lines import BY_BUREAU, GIVEN, by_bureau_code, given_code, lines
from store.mapper import decode_event
from store.reading import no_collection
from store.recorder import Row

COPY = """
COPY fact (project, fact, turn, kind, measure, role, occurred_on, amount, unit, person, word, known_from, known_to)
FROM STDIN (FORMAT BINARY)
"""
TYPES = ["int4", "int4", "int4", "int2", "int2", "int2", "date", "int8", "int4", "int4", "int4", "int8", "int8"]
CLOSE = """
UPDATE fact f SET known_to = c.known_to
FROM unnest(%s::int[], %s::int[], %s::smallint[], %s::text[], %s::bigint[]) AS c(project, fact, measure, unit, known_to)
LEFT JOIN term t ON t.text = c.unit
WHERE f.project = c.project AND f.fact = c.fact AND f.known_to = 9223372036854775807 AND f.known_from < %s
  AND f.measure = c.measure AND (c.unit IS NULL OR f.unit = t.id)
"""
KNOWN_LINES = """
SELECT f.project, f.fact, f.turn, f.kind, f.measure, f.role, f.occurred_on, f.amount,
       u.text, p.text, w.text, f.known_from, f.known_to
FROM unnest(%s::int[], %s::int[]) AS t(project, fact) JOIN fact f ON f.project = t.project AND f.fact = t.fact
LEFT JOIN term u ON u.id = f.unit LEFT JOIN term p ON p.id = f.person LEFT JOIN term w ON w.id = f.word
ORDER BY f.known_from
"""
EARLIER = """
SELECT e.stream AS originator_id, e.version AS originator_version, e.topic, e.state
FROM unnest(%s::uuid[], %s::int[]) AS asked(stream, version)
JOIN entry e ON e.stream = asked.stream AND e.version = asked.version
"""
TERMS = "SELECT text, id FROM term WHERE text = ANY(%s)"
PROJECTS = "SELECT code, id FROM project WHERE code = ANY(%s)"

Stored = list[Any]
"""A row of the table, in the order of COPY; its unit, person and word are texts here and numbers there."""
MEASURE, AMOUNT, UNIT, WORD = 4, 7, 8, 10
TEXTS = slice(8, 11)
NO_TEXTS = [None, None, None]
FROM, TO = 11, 12
OPEN = ALL_POSITIONS + 1
"""Known from a position up to, not including, this one: for ever."""
KEPT = 200_000
"""Numbers of projects, and as many of terms, kept in memory."""
BY_NUMBER: dict[int, Measure] = {m.number: m for m in MEASURES.values()}


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
        with no_collection():
            batch = _Batch(self, [r for r in rows if stream_kind(r.label) == "project"])
            self._learn_projects(dict.fromkeys(r.label for r in batch.rows))
            batch.prefetch(self._connection)
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


class _Batch:
    """The lines a batch adds, and those it closes; a later judgement finds the lines still in memory.

    Of a verdict three sorts of lines are kept, told apart by the last digit of their measure (projections.lines): what was
    given, which no correction closes; what it comes to as the fact reads now; and the same of whoever judged last.
    """

    def __init__(self, handler: FactsHandler, rows: list[Row]) -> None:
        self._handler = handler
        self.rows = rows
        self._entries: dict[tuple[str, int], Event] = {}
        """Proposals and wordings that judgements of the batch speak of, by stream and number."""
        self._events: dict[int, Event] = {}
        self._lines: dict[tuple[int, int], list[Stored]] = {}
        """Of every fact that some judgement of the batch is about."""
        self._new: list[Stored] = []
        self._closed: list[tuple[int, int, int, str | None, int]] = []
        self._copy: Callable[[Stored], None]

    def prefetch(self, connection: Connection) -> None:
        """Decode the batch; fetch what its judgements speak of but was recorded earlier, and the lines of every target."""
        streams: dict[str, UUID] = {}
        wanted: dict[tuple[str, int], None] = {}
        targets: set[tuple[int, int]] = set()
        for row in self.rows:
            event = self._events[row.position] = self._decoded(row)
            if row.topic in KINDS:
                continue
            match event:
                case CorrectionProposed() | AnnulmentProposed() | ReinstatementProposed():
                    self._entries[row.label, row.originator_version] = event
                    continue
                case Approved():
                    wanted[row.label, event.proposal] = None
                case VerdictGiven():
                    wanted[row.label, event.version] = None
                    targets.add((self._handler.project(row.label), event.target))
                case Corrected() | Annulled():
                    targets.add((self._handler.project(row.label), event.target))
                case _:
                    continue
            streams[row.label] = UUID(str(row.originator_id))
        if wanted:
            here = {(r.label, r.originator_version): self._events[r.position] for r in self.rows}
            self._entries.update({key: here[key] for key in wanted if key in here})
            self._fetch(connection, streams, [key for key in wanted if key not in here])
        for (label, _), event in self._entries.items():
            if isinstance(event, CorrectionProposed | AnnulmentProposed | ReinstatementProposed):
                targets.add((self._handler.project(label), event.target))
        self._lines = {target: [] for target in targets}
        if targets:
            pairs = sorted(targets)
            for line in connection.execute(KNOWN_LINES, ([p for p, _ in pairs], [n for _, n in pairs])):
                self._lines[line[0], line[1]].append(list(line))

    def _fetch(self, connection: Connection, streams: dict[str, UUID], keys: list[tuple[str, int]]) -> None:
        labels = {stream: label for label, stream in streams.items()}
        for found in connection.execute(EARLIER, ([streams[label] for label, _ in keys], [n for _, n in keys])):
            self._entries[labels[found[0]], found[1]] = decode_event(Row(*found))

    @staticmethod
    def _decoded(row: Row) -> Event:
        try:
            return decode_event(row)
        except ValueError as error:
            raise Unreadable(row) from error

    def _apply(self) -> None:
        for row in self.rows:
            project = self._handler.project(row.label)
            try:
                match self._events[row.position]:
                    case Fact() as fact:
                        self._add(project, row.originator_version, fact, row.position)
                    case Approved() as approved:
                        proposal = self._entries[row.label, approved.proposal]
                        assert isinstance(proposal, CorrectionProposed | AnnulmentProposed | ReinstatementProposed)
                        self._take_effect(project, proposal, row.position)
                    case Corrected() as corrected:
                        self._correct((project, corrected.target), corrected.reads, row.position)
                    case Annulled() as annulled:
                        self._close((project, annulled.target), row.position)
                    case VerdictGiven() as verdict:
                        judged = worded(self._entries[row.label, verdict.version])
                        self._judge((project, verdict.target), judged, verdict, row.position)
                    case _:
                        pass
            except psycopg.Error:
                raise
            except Exception as error:
                raise Unreadable(row) from error

    def _take_effect(self, project: int, proposal: Proposal, position: int) -> None:
        key = (project, proposal.target)
        match proposal:
            case CorrectionProposed():
                self._correct(key, proposal.reads, position)
            case AnnulmentProposed():
                self._close(key, position)
            case ReinstatementProposed():
                lines = [x for x in self._lines[key] if not is_given(x)]
                last = max(line[TO] for line in lines)
                for line in [x for x in lines if x[TO] == last < OPEN]:
                    self._put([*line[:FROM], position, OPEN])
            case _:
                assert_never(proposal)

    def _correct(self, key: tuple[int, int], fact: Fact, position: int) -> None:
        until = OPEN if self._close(key, position) else position  # of an annulled fact it only waits
        self._add(*key, fact, position, until)
        self._recognise(key, fact, position, until)

    def _judge(self, key: tuple[int, int], fact: Fact, verdict: VerdictGiven, position: int) -> None:
        """One authority's verdict on one figure, in place of what it said before."""
        measure = MEASURES[verdict.measure]
        authority = verdict.authority
        own = (given_code(measure), by_bureau_code(measure))
        for line in self._open(key):
            mine = line[MEASURE] in own and line[UNIT] == authority
            if mine or line[MEASURE] == measure.code("recognised"):
                self._end(line, position)
        if verdict.outcome != "withdrawn":
            word = verdict.amount.currency if verdict.amount else None
            given_line = [*key, *self._place(key, fact), given_code(measure), None, fact.occurred_on]
            self._put([*given_line, given(verdict), authority, None, word, position, OPEN])
        self._recognise(key, fact, position, OPEN, measure, authority)

    def _recognise(
        self,
        key: tuple[int, int],
        fact: Fact,
        position: int,
        until: int,
        only: Measure | None = None,
        who: str | None = None,
    ) -> None:
        """What the verdicts given come to as the fact reads now: of every figure and authority, or only of one."""
        said: dict[int, list[Stored]] = {}
        for line in self._open(key):
            if is_given(line):
                said.setdefault(line[MEASURE] // 10, []).append(line)
        for number, verdicts in said.items():
            measure = BY_NUMBER[number]
            if only not in (None, measure):
                continue
            reckoned = [(v, counting(fact, measure, v[AMOUNT], v[WORD])) for v in verdicts]
            counted = [(v, amount) for v, amount in reckoned if amount is not None]
            stem, day = [*key, *self._place(key, fact)], fact.occurred_on
            for line, amount in counted:
                if who in (None, line[UNIT]):
                    self._put([*stem, by_bureau_code(measure), None, day, amount, line[UNIT], None, None, position, until])
            if counted:
                _, amount = max(counted, key=lambda c: c[0][FROM])
                self._put([*stem, measure.code("recognised"), None, day, amount, None, None, None, position, until])

    @staticmethod
    def _place(key: tuple[int, int], fact: Fact) -> list[int]:
        return [fact.turn(key[1]), fact.kind.number]

    def _add(self, project: int, number: int, fact: Fact, position: int, until: int = OPEN) -> None:
        stem, day = [project, number, fact.turn(number), fact.kind.number], fact.occurred_on
        judged = self._lines.get((project, number))
        for measure, amount, role, unit, person, word in lines(fact):
            line = [*stem, measure, role, day, amount, unit, person, word, position, until]
            if judged is not None or line[TEXTS] != NO_TEXTS:
                self._put(line)
            else:
                self._copy(line)

    def _put(self, line: Stored) -> None:
        self._new.append(line)
        judged = self._lines.get((line[0], line[1]))
        if judged is not None:
            judged.append(line)

    def _open(self, key: tuple[int, int]) -> list[Stored]:
        return [line for line in self._lines.get(key, ()) if line[TO] == OPEN]

    def _close(self, key: tuple[int, int], position: int) -> bool:
        """End every line of a fact but what verdicts gave; whether any was open."""
        standing = [line for line in self._open(key) if not is_given(line)]
        for line in standing:
            self._end(line, position)
        return bool(standing)

    def _end(self, line: Stored, position: int) -> None:
        """Lines of this batch are closed in memory, older ones in the table."""
        line[TO] = position
        if line[FROM] < self.rows[0].position:
            unit = line[UNIT] if line[MEASURE] % 10 >= BY_BUREAU and line[MEASURE] >= 10 else None
            self._closed.append((line[0], line[1], line[MEASURE], unit, position))

    def write(self, connection: Connection) -> None:
        """The lines that nothing in the batch may close go out while it is applied, and the server works meanwhile."""
        with _copying(connection) as self._copy:
            self._apply()
        if self._closed:
            columns = [list(column) for column in zip(*self._closed, strict=True)]
            changed = connection.execute(CLOSE, [*columns, self.rows[0].position]).rowcount
            if changed != len(self._closed):
                raise RuntimeError(f"{len(self._closed)} lines were to be closed, {changed} were")
        told = [line for line in self._new if line[TEXTS] != NO_TEXTS]
        terms = self._handler.number(w for line in told for w in line[TEXTS] if w is not None)
        for line in told:
            line[TEXTS] = (None if w is None else terms[w] for w in line[TEXTS])
        with _copying(connection) as copy:
            for line in self._new:
                copy(line)


@contextmanager
def _copying(connection: Connection) -> Iterator[Callable[[Stored], None]]:
    with connection.cursor() as cursor, cursor.copy(COPY) as copy:
        copy.set_types(TYPES)
        yield copy.write_row


def worded(event: Event) -> Fact:
    """The wording that a version's entry states."""
    if isinstance(event, CorrectionProposed | Corrected):
        return event.reads
    assert isinstance(event, Fact)
    return event


def is_given(line: Stored) -> bool:
    return bool(line[MEASURE] >= 10 and line[MEASURE] % 10 == GIVEN)
