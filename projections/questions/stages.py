"""How many projects stood in each stage at the end of each of several days, all known at one position."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from psycopg import Connection

from domain.fact import Stage
from domain.viewpoint import Viewpoint

STOOD = """
WITH day AS (SELECT unnest(%(days)s::date[]) AS day),
entering AS MATERIALIZED (
    SELECT project, amount AS rank, min(occurred_on) AS since
    FROM standing('{1,20,30,40,50,70,74,80,81}', %(on)s, %(known)s, NULL)
    WHERE measure = 0 AND amount IS NOT NULL
    GROUP BY 1, 2
), stood AS (
    SELECT d.day, e.project, max(e.rank) AS rank FROM day d JOIN entering e ON e.since <= d.day GROUP BY 1, 2
), ending AS MATERIALIZED (
    SELECT project, kind, occurred_on, turn, fact FROM standing('{160,161}', %(on)s, %(known)s, NULL)
), ended AS (
    SELECT last.day, last.project FROM (
        SELECT DISTINCT ON (d.day, e.project) d.day, e.project, e.kind
        FROM day d JOIN ending e ON e.occurred_on <= d.day
        ORDER BY d.day, e.project, e.occurred_on DESC, e.turn DESC, e.fact DESC
    ) AS last WHERE last.kind = 160
)
SELECT s.day, s.rank::int, count(*)::int, count(e.project)::int
FROM stood s LEFT JOIN ended e ON e.day = s.day AND e.project = s.project
GROUP BY 1, 2 ORDER BY 1, 2
"""
STAGES = list(Stage)


class Stood(NamedTuple):
    """`counts`: of all that had reached the stage and no further, `ended` of them having ended by then."""

    day: date
    counts: dict[Stage, int]
    ended: int


def stood(connection: Connection, viewpoint: Viewpoint, days: Sequence[date]) -> list[Stood]:
    """In the order of the days, of which none lies after the viewpoint's."""
    found = {day: Stood(day, {}, 0) for day in days}
    asked: dict[str, Any] = {"on": viewpoint.on, "known": viewpoint.known, "days": list(days)}
    for day, rank, count, ended in connection.execute(STOOD.encode(), asked):
        found[day].counts[STAGES[rank]] = count
        found[day] = found[day]._replace(ended=found[day].ended + ended)
    return [found[day] for day in days]
