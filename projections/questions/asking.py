"""The questions, all through one door: a viewpoint is resolved first, then asked at."""

from collections.abc import Sequence
from datetime import date, datetime

from psycopg_pool import ConnectionPool

from domain.entry import SHANGHAI
from domain.history import View
from domain.questions.across import Across, Place, concerning
from domain.questions.portfolio import Attribute, By
from domain.questions.projects import ProjectRow
from domain.questions.targets import Reckoned
from domain.settings import Settings
from projections.questions.across import Wanted as WantedAcross
from projections.questions.across import shared, told
from projections.questions.people import Held, held, naming
from projections.questions.portfolio import Part, Totals, sources, totals
from projections.questions.project import OneProject
from projections.questions.projects import Wanted, listed
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
from store.records import Records

UNIT = "unit:"
ALL = 10_000
"""More words than any page of projects shares with others."""
KEPT = "SELECT position, reckoned_on FROM progress"
"""The viewpoint of the rows kept ready."""


class Questions:
    def __init__(self, pool: ConnectionPool, records: Records, reading: Reading) -> None:
        self._pool = pool
        self._reading = reading
        self._records = records
        self.project = OneProject(records, reading)

    def position(self) -> tuple[int, str | None]:
        """How far the read model is, and which entry stopped it, if one did; (0, None) before it is there."""
        with self._pool.connection() as connection:
            if connection.execute("SELECT to_regclass('progress') IS NULL").fetchone() == (True,):
                return 0, None
            found = connection.execute(TRACKED).fetchone()
            return (found[0], found[1]) if found else (0, None)

    def resolve(self, asked: Asked) -> Resolved:
        """Raises BadViewpoint, NotThereYet: who wants to wait for `after` does so before (viewpoints.Arrivals)."""
        on = a_day(asked.on) if asked.on is not None else None
        known = a_known(asked.known) if asked.known is not None else None
        last_day: date | None = None
        if isinstance(known, Named):
            known, last_day = of_period(self._records.history(known.label).now)
        reached, _ = self.position()
        if asked.after is not None and asked.after > reached:
            raise NotThereYet(f"@{reached} < @{asked.after}")
        head = self._reading.head()
        position = reached
        if known is not None:
            at = known if isinstance(known, datetime | int) else end_of(known)
            position = min(reached, self._reading.resolve(at))
        recorded_at = self._reading.moment(position)
        today = datetime.now(SHANGHAI).date()
        otherwise = min(today, last_day) if last_day else default_on(known, recorded_at, today)
        return Resolved(asked, on or otherwise, position, recorded_at, head.opened)

    def projects(self, at: Resolved, wanted: Wanted) -> list[ProjectRow]:
        """From the rows kept ready where they are of this viewpoint, before they are read and after."""
        kept = (at.position, at.on)
        with self._pool.connection() as connection:
            if connection.execute(KEPT).fetchone() == kept:
                rows = listed(connection, at.viewpoint, wanted, newest=True)
                if connection.execute(KEPT).fetchone() == kept:
                    return rows
            return listed(connection, at.viewpoint, wanted, newest=False)

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
    ) -> list[tuple[str, int]]:
        with self._pool.connection() as connection:
            return sources(connection, at.viewpoint, by, role, attribute, part, after, limit)

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
