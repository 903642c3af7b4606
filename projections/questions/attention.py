"""What wants attention at any viewpoint, in SQL: which projects, for what, and how many facts say so."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from psycopg import Connection

from domain.fact import MEASURES
from domain.questions.attention import Concern
from domain.settings import Settings
from domain.viewpoint import Viewpoint
from projections.lines import ROLE_NUMBERS, by_bureau_code

# A project is looked at that stands in some stage and, but for what waits to be judged, has not ended.
CONCERNED = """
WITH entered AS MATERIALIZED (
    SELECT DISTINCT project FROM standing('{1,20,30,40,50,70,74,80,81}', %(on)s, %(known)s, %(among)s)
    WHERE measure = 0 AND amount IS NOT NULL
), ending AS (
    SELECT DISTINCT ON (s.project) s.project, s.kind
    FROM standing('{160,161}', %(on)s, %(known)s, %(among)s) s
    ORDER BY s.project, s.occurred_on DESC, s.turn DESC, s.fact DESC
), live AS MATERIALIZED (
    SELECT project FROM entered WHERE project NOT IN (SELECT e.project FROM ending e WHERE e.kind = 160)
), due AS (
    SELECT DISTINCT ON (s.project, s.role) s.project, s.role, s.amount
    FROM standing('{120,121}', %(on)s, %(known)s, %(among)s) s
    WHERE s.measure = 8
    ORDER BY s.project, s.role, s.occurred_on DESC, s.turn DESC, s.fact DESC
), done AS (
    SELECT DISTINCT project, CASE kind WHEN 70 THEN 0 ELSE 1 END AS field
    FROM standing('{70,74}', %(on)s, %(known)s, %(among)s) WHERE measure = 0
), holder AS MATERIALIZED (
    SELECT r.role, t.project, bool_or(t.until IS NULL OR t.until > %(on)s) AS held
    FROM unnest(%(roles)s::smallint[]) AS r(role), tenure(r.role, %(on)s, %(known)s, %(among)s) t
    GROUP BY 1, 2
), held AS (
    SELECT project, count(*) AS required FROM holder WHERE held AND role = ANY(%(required)s) GROUP BY 1
), figure AS (
    SELECT f.project, bool_or(b.measure IS NOT NULL) AS judged, bool_or(f.measure = ANY(%(reported)s)) AS reported
    FROM fact f
    LEFT JOIN term t ON t.id = f.unit
    LEFT JOIN unnest(%(verdicts)s::int[], %(bureaus)s::text[]) AS b(measure, bureau)
        ON b.measure = f.measure AND b.bureau = t.text
    WHERE f.measure >= 10 AND f.measure = ANY(%(looked_at)s)
      AND (%(among)s::int[] IS NULL OR f.project = ANY(%(among)s))
      AND f.occurred_on <= %(on)s AND f.known_from <= %(known)s AND %(known)s < f.known_to
    GROUP BY f.project, f.fact, f.measure / 10
)
SELECT d.project, CASE d.role WHEN 0 THEN 'not_started_when_due' ELSE 'completion_overdue' END, 1
FROM due d LEFT JOIN done ON done.project = d.project AND done.field = d.role
WHERE d.amount < (%(on)s::date - date '0001-01-01') + 1 AND done.project IS NULL
  AND d.project IN (SELECT l.project FROM live l)
UNION ALL
SELECT l.project, 'unowned', 1
FROM live l LEFT JOIN held h ON h.project = l.project
WHERE l.project IN (SELECT s.project FROM standing('{1}', %(on)s, %(known)s, %(among)s) s)
  AND (coalesce(h.required, 0) < cardinality(%(required)s::smallint[])
       OR l.project IN (SELECT r.project FROM holder r WHERE NOT r.held))
UNION ALL
SELECT f.project, 'not_judged', count(*)::int
FROM figure f
WHERE f.reported AND NOT f.judged AND f.project IN (SELECT e.project FROM entered e)
GROUP BY 1
"""


HASHING = "SET LOCAL enable_nestloop = off"
"""Of what functions and common tables hold the planner knows no sizes: nested loops over 10,000 projects took seconds."""


class Concerned(NamedTuple):
    project: int
    mark: Concern
    facts: int


def concerned(
    connection: Connection, viewpoint: Viewpoint, settings: Settings, among: Sequence[int] | None = None
) -> list[Concerned]:
    """Of all projects, or of those with these numbers."""
    watched = {
        ROLE_NUMBERS[role] for role in (*settings.required_roles, *settings.single_holder_roles) if role in ROLE_NUMBERS
    }
    named = {MEASURES[name]: bureaus[0] for name, bureaus in settings.recognising.items() if name in MEASURES}
    asked: dict[str, Any] = {
        "on": viewpoint.on,
        "known": viewpoint.known,
        "among": None if among is None else list(among),
        "roles": sorted(watched),
        "required": sorted({ROLE_NUMBERS[role] for role in settings.required_roles if role in ROLE_NUMBERS}),
        "reported": [m.code("reported") for m in named],
        "verdicts": [by_bureau_code(m) for m in named],
        "bureaus": list(named.values()),
    }
    asked["looked_at"] = [*asked["reported"], *asked["verdicts"]]
    with connection.transaction():
        connection.execute(HASHING)
        return [Concerned(*row) for row in connection.execute(CONCERNED.encode(), asked)]
