"""The facts that make a total: what `sources` lists, and what is compared between two viewpoints."""

from datetime import date
from typing import NamedTuple

from psycopg import Connection

from domain.fact import Authority, Measure
from domain.questions.portfolio import Attribute, By
from domain.viewpoint import Viewpoint
from projections.lines import by_bureau_code
from projections.questions.groups import Asked, group_number, grouped, span_parameters, term_number

FACTS_OF_FLOW = """
SELECT p.code, f.fact, f.known_from, f.project, f.occurred_on, f.amount
FROM fact f JOIN project p ON p.id = f.project
LEFT JOIN unnest(%(projects)s::int[], %(keys)s::int[]) AS g(project, key) ON g.project = f.project
LEFT JOIN unnest(%(spans)s::int[], %(span_keys)s::int[], %(span_since)s::date[], %(span_until)s::date[])
    AS s(project, key, since, until)
    ON %(by_day)s AND NOT %(every)s AND s.project = f.project AND s.since <= f.occurred_on AND f.occurred_on < s.until
WHERE f.measure = %(measure)s AND f.occurred_on <= %(on)s AND f.known_from <= %(known)s AND %(known)s < f.known_to
  AND (%(since)s::date IS NULL OR f.occurred_on >= %(since)s)
  AND (%(bureau)s::int IS NULL OR f.unit = %(bureau)s)
  AND (%(every)s OR CASE WHEN %(by_day)s THEN s.key ELSE g.key END IS NOT DISTINCT FROM %(key)s::int)
  AND (p.code, f.fact) > (%(after_code)s, %(after_fact)s)
ORDER BY p.code, f.fact
LIMIT %(limit)s
"""
# The last statement of each project (a level), or of each statistical period of each project.
FACTS_OF_LAST = """
WITH last AS MATERIALIZED (
    SELECT DISTINCT ON (f.project, f.word) f.project, f.fact, f.occurred_on, f.known_from, f.amount
    FROM fact f
    WHERE f.measure >= 10 AND f.measure = %(measure)s
      AND f.occurred_on <= %(on)s AND f.known_from <= %(known)s AND %(known)s < f.known_to
      AND (%(bureau)s::int IS NULL OR f.unit = %(bureau)s)
    ORDER BY f.project, f.word, f.occurred_on DESC, f.turn DESC, f.fact DESC
)
SELECT p.code, f.fact, f.known_from, f.project, f.occurred_on, f.amount
FROM last f JOIN project p ON p.id = f.project
LEFT JOIN unnest(%(projects)s::int[], %(keys)s::int[]) AS g(project, key) ON g.project = f.project
LEFT JOIN unnest(%(spans)s::int[], %(span_keys)s::int[], %(span_since)s::date[], %(span_until)s::date[])
    AS s(project, key, since, until)
    ON %(by_day)s AND NOT %(every)s AND s.project = f.project AND s.since <= f.occurred_on AND f.occurred_on < s.until
WHERE (%(since)s::date IS NULL OR f.occurred_on >= %(since)s)
  AND (%(every)s OR CASE WHEN %(by_day)s THEN s.key ELSE g.key END IS NOT DISTINCT FROM %(key)s::int)
  AND (p.code, f.fact) > (%(after_code)s, %(after_fact)s)
ORDER BY p.code, f.fact
LIMIT %(limit)s
"""


class Part(NamedTuple):
    """Which total's sources: of one group (None: what belongs to none), or of every group."""

    measure: Measure
    authority: Authority
    group: str | None
    every: bool
    bureau: str | None = None
    """Of one bureau's verdicts alone."""
    since: date | None = None
    """Of a flow only what is dated from this day on."""


def sources(
    connection: Connection,
    viewpoint: Viewpoint,
    by: By,
    role: str,
    attribute: Attribute,
    part: Part,
    after: tuple[str, int] = ("", 0),
    limit: int = 200,
) -> list["CountingFact"]:
    """The facts that make a total, by code and number, after a pair."""
    return counting(connection, grouped(connection, viewpoint, by, role, attribute), by, part, after, limit)


class CountingFact(NamedTuple):
    """A fact that counts in a total, the position since which it reads so, and its whole figure, however it is shared."""

    code: str
    fact: int
    since: int
    project: int
    occurred_on: date
    amount: int


def counting(
    connection: Connection, at: "Asked", by: By, part: Part, after: tuple[str, int], limit: int | None
) -> list[CountingFact]:
    """By code and number, after a pair; all of them without a limit."""
    asked = at.parameters | span_parameters(at.spans, at.pieces)
    asked |= {
        "measure": by_bureau_code(part.measure) if part.bureau else part.measure.code(part.authority),
        "bureau": term_number(connection, part.bureau) if part.bureau else None,
        "every": part.every,
        "since": part.since if part.measure.sort == "flow" else None,
        "key": group_number(connection, by, part.group),
        "after_code": after[0],
        "after_fact": after[1],
        "limit": limit,
    }
    last = part.measure.sort == "level" or part.authority == "statistical"
    if part.measure.sort == "level":
        asked["by_day"] = False
    rows = connection.execute((FACTS_OF_LAST if last else FACTS_OF_FLOW).encode(), asked).fetchall()
    return [CountingFact(*row) for row in rows]
