"""Which reported figures an authority has not judged yet, or not since they were corrected."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from psycopg import Connection

from domain.fact import Measure
from domain.viewpoint import Viewpoint
from projections.lines import given_code

# What the authority gave stands beside the figure until it is withdrawn; a figure worded anew since waits again.
AWAITING = """
FROM fact f JOIN project p ON p.id = f.project
WHERE f.measure = %(measure)s AND f.occurred_on <= %(on)s AND f.known_from <= %(known)s AND %(known)s < f.known_to
  AND (%(codes)s::text[] IS NULL OR p.code = ANY(%(codes)s))
  AND NOT EXISTS (
      SELECT FROM fact v LEFT JOIN term t ON t.id = v.unit
      WHERE v.measure = %(given)s AND v.project = f.project AND v.fact = f.fact AND v.known_from >= f.known_from
        AND v.known_from <= %(known)s AND %(known)s < v.known_to AND (%(authority)s::text IS NULL OR t.text = %(authority)s))
"""
PAGE = (
    f"SELECT p.code, f.fact {AWAITING} AND (p.code, f.fact) > (%(code)s, %(fact)s) ORDER BY p.code, f.fact LIMIT %(limit)s"
)
COUNT = f"SELECT count(*) {AWAITING}"


class Unjudged(NamedTuple):
    """One measure's figures, by the authority whose verdict is awaited; None where any authority's will do."""

    measure: Measure
    authority: str | None
    codes: Sequence[str] | None = None
    """Of these projects alone."""


def _asked(viewpoint: Viewpoint, of: Unjudged) -> dict[str, Any]:
    return {
        "measure": of.measure.code("reported"),
        "given": given_code(of.measure),
        "authority": of.authority,
        "codes": None if of.codes is None else list(of.codes),
        "on": viewpoint.on,
        "known": viewpoint.known,
    }


def awaiting(
    connection: Connection, viewpoint: Viewpoint, of: Unjudged, after: tuple[str, int], limit: int
) -> list[tuple[str, int]]:
    """Pairs of project and fact, in order, after one of them."""
    asked = _asked(viewpoint, of) | {"code": after[0], "fact": after[1], "limit": limit}
    return connection.execute(PAGE.encode(), asked).fetchall()


def how_many(connection: Connection, viewpoint: Viewpoint, of: Unjudged) -> int:
    """At most: of a figure worded anew in other respects than those judged only the fold can tell."""
    found = connection.execute(COUNT.encode(), _asked(viewpoint, of)).fetchone()
    return int(found[0]) if found else 0
