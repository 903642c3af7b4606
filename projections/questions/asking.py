"""The questions, all through one door: a viewpoint is resolved first, then asked at."""

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import TypeVar

from eventsourcing.application import LRUCache
from psycopg import Connection
from psycopg.errors import UndefinedTable
from psycopg_pool import ConnectionPool

from domain.entry import SHANGHAI
from domain.errors import NotFound
from domain.history import View
from domain.office.district import LABEL as DISTRICT
from domain.office.gates import GatesInForce
from domain.questions.across import Across, Place, concerning
from domain.questions.acts import Act
from domain.questions.around import Around
from domain.questions.changes import Change, Changes
from domain.questions.irregularities import irregularities
from domain.questions.portfolio import Attribute, By
from domain.questions.portfolio_changes import MovedFact, moved_fact
from domain.questions.projects import ProjectRow
from domain.questions.record import Party, Record
from domain.questions.replay import Step
from domain.questions.targets import Reckoned
from domain.questions.unit_changes import told_entry, unit_changes
from domain.settings import Settings
from projections.questions.across import Wanted as WantedAcross
from projections.questions.across import shared, told
from projections.questions.attention import Concerned, concerned
from projections.questions.awaiting import Unjudged, awaiting, how_many
from projections.questions.changes import Streams, project_changes, project_replay, projects_between
from projections.questions.counting import CountingFact, Part, sources
from projections.questions.entries import Sought, searched
from projections.questions.people import Held, held, naming
from projections.questions.portfolio import Totals, totals
from projections.questions.portfolio_changes import MovedLine, TotalsMoved, moved_lines, totals_moved
from projections.questions.project import OneProject
from projections.questions.projects import Wanted, listed
from projections.questions.record import record
from projections.questions.stages import Stood, stood
from projections.questions.table import Table, WantedTable, choices, table
from projections.questions.targets import exempt_projects, reckoned
from projections.questions.viewpoints import (
    TRACKED,
    Asked,
    Named,
    NotThereYet,
    Resolved,
    a_day,
    a_known,
    default_on,
    end_of,
    of_period,
)
from store.reading import Reading
from store.recorder import Row
from store.records import Records

Rows = TypeVar("Rows")
UNIT = "unit:"
ALL = 10_000
"""More words than any page of projects shares with others."""
MOST_FOLDED = 1_000
"""Of a portfolio of more projects it is not reckoned at once which are irregular."""
NAMES = "SELECT code, name FROM listed(%(on)s, %(known)s, %(among)s)"
NUMBERS = "SELECT code, id FROM project WHERE code = ANY(%s)"
KEPT = "SELECT position, reckoned_on FROM progress"
"""The viewpoint of the rows kept ready."""


class Questions:
    def __init__(self, pool: ConnectionPool, records: Records, reading: Reading) -> None:
        self._pool = pool
        self._reading = reading
        self._records = records
        self.project = OneProject(records, reading)
        self._streams = Streams(records, reading)
        self._irregular: LRUCache[tuple[str, int, date, tuple[int, ...]], bool] = LRUCache(2 * MOST_FOLDED)

    def position(self) -> tuple[int, str | None]:
        """How far the read model is, and which entry stopped it, if one did; (0, None) before it is there."""
        with self._pool.connection() as connection:
            try:
                found = connection.execute(TRACKED).fetchone()
            except UndefinedTable:
                return 0, None
            return (found[0], found[1]) if found else (0, None)

    def resolve(self, asked: Asked, *, folding: bool = False) -> Resolved:
        """Raises BadViewpoint, NotThereYet: who wants to wait for `after` does so before (viewpoints.Arrivals).

        `folding`: the question reads the ledger alone, and does not wait for the read model.
        """
        on = a_day(asked.on) if asked.on is not None else None
        known = a_known(asked.known) if asked.known is not None else None
        last_day: date | None = None
        if isinstance(known, Named):
            known, last_day = of_period(self._records.history(known.label).now)
        head = self._reading.head()
        reached = head.position if folding else self.position()[0]
        if asked.after is not None and asked.after > reached:
            raise NotThereYet(f"@{reached} < @{asked.after}")
        position = reached
        if known is not None:
            at = known if isinstance(known, datetime | int) else end_of(known)
            position = min(reached, self._reading.resolve(at))
        recorded_at = self._reading.moment(position)
        today = datetime.now(SHANGHAI).date()
        otherwise = min(today, last_day) if last_day else default_on(known, recorded_at, today)
        return Resolved(asked, on or otherwise, position, recorded_at, head.opened, self._reading.synthetic(head))

    def projects(self, at: Resolved, wanted: Wanted) -> list[ProjectRow]:
        return self._listing(at, lambda connection, newest: listed(connection, at.viewpoint, wanted, newest))

    def table(self, at: Resolved, wanted: WantedTable, settings: Settings) -> Table:
        """One page of the list, with figures under these settings."""
        return self._listing(at, lambda connection, newest: table(connection, at.viewpoint, wanted, settings, newest))

    def choices(self, at: Resolved, role: str) -> dict[str, list[str]]:
        """The words that projects bear, by what they are words for; units in the role."""
        return self._listing(at, lambda connection, newest: choices(connection, at.viewpoint, role, newest))

    def _listing(self, at: Resolved, asked: Callable[[Connection, bool], Rows]) -> Rows:
        """From the rows kept ready where they are of this viewpoint, before they are read and after."""
        kept = (at.position, at.on)
        with self._pool.connection() as connection:
            if connection.execute(KEPT).fetchone() == kept:
                rows = asked(connection, True)
                if connection.execute(KEPT).fetchone() == kept:
                    return rows
            return asked(connection, False)

    def stood(self, at: Resolved, days: Sequence[date]) -> list[Stood]:
        with self._pool.connection() as connection:
            return stood(connection, at.viewpoint, days)

    def concerned(self, at: Resolved, settings: Settings, among: Sequence[int] | None = None) -> list[Concerned]:
        with self._pool.connection() as connection:
            return concerned(connection, at.viewpoint, settings, among)

    def irregular(self, at: Resolved) -> frozenset[str] | None:
        """The projects that have an irregular fact, by code; None where there are too many projects to fold at once.

        Only projects that something was recorded about since the last such question of that day are folded again.
        """
        rows = self.projects(at, Wanted(limit=MOST_FOLDED + 1))
        if len(rows) > MOST_FOLDED:
            return None
        views, settings, gates = self.project.several([row.code for row in rows], at.viewpoint)
        around = self.project.around(at.viewpoint)
        beside = self._records.histories([DISTRICT, *self._reading.bearing()])
        known = tuple(history.at(at.viewpoint).last for history in beside.values())
        return frozenset(code for code, view in views.items() if self._odd(view, known, settings, gates, around))

    def _odd(self, view: View, known: tuple[int, ...], settings: Settings, gates: GatesInForce, around: Around) -> bool:
        """Whether a project has an irregular fact; kept by what it depends on: `known` entries of the district's streams."""
        key = view.label, view.last, view.viewpoint.on, known
        with suppress(KeyError):
            return self._irregular.get(key)
        found = bool(irregularities(view, settings, gates, around))
        self._irregular.put(key, found)
        return found

    def names(self, at: Resolved, projects: Collection[int]) -> dict[str, str | None]:
        """What projects with these numbers are called at the viewpoint, by code."""
        with self._pool.connection() as connection:
            return dict(connection.execute(NAMES, {"on": at.on, "known": at.position, "among": list(projects)}).fetchall())

    def numbers(self, codes: Collection[str]) -> dict[str, int]:
        """Of projects in the read model."""
        with self._pool.connection() as connection:
            return dict(connection.execute(NUMBERS, (list(codes),)).fetchall())

    def portfolio(self, at: Resolved, by: By, role: str, attribute: Attribute, settings: Settings) -> Totals:
        """Totals under the settings that stood at the viewpoint."""
        with self._pool.connection() as connection:
            return totals(connection, at.viewpoint, by, role, attribute, settings)

    def reckoned(self, at: Resolved, year: int, settings: Settings) -> Reckoned:
        """What a year's targets are measured against."""
        with self._pool.connection() as connection:
            return reckoned(connection, at.viewpoint, year, settings)

    def exempt_projects(self, at: Resolved) -> list[View]:
        """The projects that an exemption was granted to by then, at the viewpoint."""
        with self._pool.connection() as connection:
            codes = exempt_projects(connection, at.viewpoint)
        histories = self._records.histories(codes)
        return [histories[code].at(at.viewpoint) for code in codes]

    def units(self, at: Resolved) -> dict[str, View]:
        """Every unit's own stream at the viewpoint, by code."""
        histories = self._records.histories(self._reading.labels(UNIT))
        return {label.removeprefix(UNIT): histories[label].at(at.viewpoint) for label in sorted(histories)}

    def holding(self, at: Resolved, *, person: str | None = None, unit: str | None = None) -> list[Held]:
        """The roles on projects that a person, or a unit, holds at the viewpoint."""
        with self._pool.connection() as connection:
            codes = naming(connection, at.viewpoint, person=person, unit=unit)
        return held(self._records.histories(codes), at.viewpoint, person=person, unit=unit)

    def sources(
        self, at: Resolved, by: By, role: str, attribute: Attribute, part: Part, after: tuple[str, int], limit: int
    ) -> list[CountingFact]:
        with self._pool.connection() as connection:
            return sources(connection, at.viewpoint, by, role, attribute, part, after, limit)

    def changes(self, code: str, before: Resolved, after: Resolved) -> Changes:
        """What differs between two viewpoints of a project. Raises NotFound."""
        return project_changes(self._streams, code, before.viewpoint, after.viewpoint)

    def replay(self, code: str, at: Resolved, after: int, limit: int) -> list[Step]:
        """A project's record entry by entry, after an entry number. Raises NotFound, NotKnownThen."""
        return project_replay(self._streams, code, at.viewpoint, after, limit)

    def unit_changes(self, code: str, before: Resolved, after: Resolved) -> tuple[tuple[Change, ...], tuple[Act, ...]]:
        """What differs in a unit's own streams, and the entries that moved it. Raises NotFound."""
        labels = [f"{UNIT}{code}", *self._reading.labels("period:"), *self._reading.labels("targets:")]
        histories = self._records.histories(labels)
        if not histories[labels[0]].version:
            raise NotFound(code)
        figures = unit_changes(code, histories, before.viewpoint, after.viewpoint)
        entries = dict.fromkeys(citation for change in figures for citation in change.moved_by)
        return figures, tuple(told_entry(citation, histories) for citation in entries)

    def portfolio_changes(self, of: tuple[Resolved, Resolved], by: By, role: str, attribute: Attribute) -> TotalsMoved:
        """Totals at two viewpoints, each under the settings that stood at it, and how many facts came or left."""
        sides = [(at.viewpoint, self.project.settings(at.viewpoint)) for at in of]
        with self._pool.connection() as connection:
            return totals_moved(connection, sides[0], sides[1], by, role, attribute)

    def moved_facts(
        self,
        of: tuple[Resolved, Resolved],
        by: By,
        role: str,
        attribute: Attribute,
        part: Part,
        after: tuple[str, int],
        limit: int,
        largest: bool,
    ) -> tuple[list[tuple[MovedLine, MovedFact]], int]:
        """The facts that moved one total, after a pair of project and number, each with the entries that did it; and how
        many there are in all. `largest`: those that moved the whole figure most come first.
        """
        sides = []
        for at in of:
            named = self.project.settings(at.viewpoint).recognising.get(part.measure.name)
            bureau = part.bureau or (named[0] if named and part.authority == "recognised" else None)
            sides.append((at.viewpoint, part._replace(bureau=bureau)))
        with self._pool.connection() as connection:
            lines = moved_lines(connection, sides[0], sides[1], by, role, attribute)
        page = [line for line in lines if (line.code, line.fact) > after]
        page = sorted(page, key=lambda line: -line.size)[:limit] if largest else page[:limit]
        between = projects_between(self._streams, {line.code for line in page}, of[0].viewpoint, of[1].viewpoint)
        judged = part.authority == "recognised"
        facts = [moved_fact(between[x.code], x.fact, part.measure.name, judged, x.came, x.left) for x in page]
        return list(zip(page, facts, strict=True)), len(lines)

    def record(self, at: Resolved, party: Party, after: int, limit: int) -> Record:
        """What a person or unit held and did; of what they recorded those after a position."""
        settings = self.project.settings(at.viewpoint)
        with self._pool.connection() as connection:
            return record(connection, self._records, party, at.viewpoint, settings, after, limit)

    def searched(self, sought: Sought) -> tuple[list[Row], int | None]:
        """Entries as stored, newest first; and the highest position of the next page."""
        with self._pool.connection() as connection:
            return searched(connection, sought)

    def awaiting(self, at: Resolved, of: Unjudged, after: tuple[str, int], limit: int) -> list[tuple[str, int]]:
        """Figures that wait to be recognised: pairs of project and fact, in order, after one of them."""
        with self._pool.connection() as connection:
            return awaiting(connection, at.viewpoint, of, after, limit)

    def how_many_awaiting(self, at: Resolved, of: Unjudged) -> int:
        """At most so many: see projections.questions.awaiting."""
        with self._pool.connection() as connection:
            return how_many(connection, at.viewpoint, of)

    def across(self, at: Resolved, wanted: WantedAcross) -> tuple[list[Across], Place | None]:
        """What crosses projects, and the place after which the following page begins, where there is one."""
        with self._pool.connection() as connection:
            words = shared(connection, at.viewpoint, wanted._replace(limit=wanted.limit + 1))
        page = words[: wanted.limit]
        found = [each for _, each in told(self._records, at.viewpoint, page)]
        return found, page[-1].place if len(words) > len(page) else None

    def concerning(self, at: Resolved, codes: Sequence[str]) -> dict[str, list[Across]]:
        """What crosses each of these projects and any other."""
        with self._pool.connection() as connection:
            words = shared(connection, at.viewpoint, WantedAcross(codes=codes, limit=ALL))
        if not words:
            return {code: [] for code in codes}
        found = told(self._records, at.viewpoint, words)
        views, _, _ = self.project.several(codes, at.viewpoint)
        return {code: concerning(view, found) for code, view in views.items()}
