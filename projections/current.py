"""The list as it is today, one row a project, kept ready: the same question as at any viewpoint, asked beforehand."""

from collections.abc import Iterable
from datetime import date

from psycopg import Connection

FORGET = "DELETE FROM current WHERE project = ANY(%(projects)s)"
RECKON = """
INSERT INTO current
SELECT l.project, l.code, l.name, l.name_en, l.stage, l.stage_since, l.category, l.industry, l.lead_unit,
       l.introducing_unit, l.hosting_unit, l.light, l.light_on, l.ended, l.paused, l.lists, l.yearly_class,
       least(next.day, classed.day)
FROM {listed}(%(today)s, %(known)s, %(projects)s) l
LEFT JOIN LATERAL (
    SELECT least(
        min(f.occurred_on) FILTER (WHERE f.occurred_on > %(today)s),
        min(CASE WHEN f.kind = 10 AND f.measure = 0 THEN date '0001-01-01' + (f.amount - 1)::int END)
            FILTER (WHERE f.amount > (%(today)s::date - date '0001-01-01') + 1)
    ) AS day
    FROM fact f
    WHERE f.project = l.project AND f.known_to = 9223372036854775807
      AND f.kind IN (10, 11, 12, 13) AND f.measure < 10
) AS next ON true
LEFT JOIN LATERAL (
    SELECT make_date(extract(year FROM %(today)s::date)::int + 1, 1, 1) AS day
    FROM fact f
    WHERE f.project = l.project AND f.known_to = 9223372036854775807
      AND f.kind = 123 AND f.measure = 0 AND f.amount >= extract(year FROM %(today)s::date)::int
    LIMIT 1
) AS classed ON true
"""
FEW = 500
"""Projects up to which their rows are looked up one by one: a few requests do not cost what a whole district holds."""
DUE = "SELECT project FROM current WHERE until <= %s"


def reckon(connection: Connection, projects: Iterable[int], today: date, known: int) -> None:
    """Compute the rows of these projects anew."""
    numbers = list(projects)
    if numbers:
        asked = {"projects": numbers, "today": today, "known": known}
        connection.execute(FORGET, asked)
        connection.execute(RECKON.replace("{listed}", "listed_of_few" if len(numbers) <= FEW else "listed"), asked)


def due(connection: Connection, today: date) -> list[int]:
    """Projects whose row changes by itself because a day has come."""
    return [row[0] for row in connection.execute(DUE, (today,))]
