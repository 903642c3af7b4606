"""What crosses projects: which words several share is found in the slim table, whether that says anything by the oracle."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from psycopg import Connection

from domain.history import History
from domain.questions.across import MOST_PROJECTS, SORTS, Across, Place, Sort, placed
from domain.viewpoint import Viewpoint

# Roles of kinds 10 to 13, 191 and 192 are responsibilities, of all others sorts of words. They come in the index's order, so
# that half a million are grouped as they are read: a hash of them would cost four times as much.
SHARED = """
WITH shared AS (
    SELECT f.amount AS print FROM fact f
    WHERE f.role = %(sort)s AND f.kind NOT IN (10, 11, 12, 13, 191, 192) AND f.amount > %(after)s
      AND (%(prints)s::bigint[] IS NULL OR f.amount = ANY(%(prints)s))
      AND f.occurred_on <= %(on)s AND f.known_from <= %(known)s AND %(known)s < f.known_to
    GROUP BY f.amount HAVING min(f.project) <> max(f.project)
    ORDER BY f.amount LIMIT %(limit)s
)
SELECT f.amount, array_agg(DISTINCT p.code ORDER BY p.code)
FROM fact f JOIN project p ON p.id = f.project
WHERE f.role = %(sort)s AND f.kind NOT IN (10, 11, 12, 13, 191, 192) AND f.amount = ANY(ARRAY(SELECT print FROM shared))
  AND f.occurred_on <= %(on)s AND f.known_from <= %(known)s AND %(known)s < f.known_to
GROUP BY f.amount
ORDER BY f.amount
"""
# Of what each project stated last.
SHARED_LAST = """
WITH said AS MATERIALIZED (
    SELECT f.amount AS print, f.project,
           rank() OVER (PARTITION BY f.project ORDER BY f.occurred_on DESC, f.turn DESC, f.fact DESC) AS back
    FROM fact f
    WHERE f.role = %(sort)s AND f.kind NOT IN (10, 11, 12, 13, 191, 192)
      AND f.occurred_on <= %(on)s AND f.known_from <= %(known)s AND %(known)s < f.known_to
)
SELECT s.print, array_agg(DISTINCT p.code ORDER BY p.code)
FROM said s JOIN project p ON p.id = s.project
WHERE s.back = 1 AND s.print > %(after)s AND (%(prints)s::bigint[] IS NULL OR s.print = ANY(%(prints)s))
GROUP BY s.print HAVING min(s.project) <> max(s.project)
ORDER BY s.print LIMIT %(limit)s
"""
# The words that some projects say and any other says too.
COMMON = """
SELECT m.role, array_agg(DISTINCT m.amount)
FROM project p JOIN fact m ON m.project = p.id
WHERE p.code = ANY(%(codes)s) AND m.kind NOT IN (10, 11, 12, 13, 191, 192) AND m.role IS NOT NULL
  AND m.occurred_on <= %(on)s AND m.known_from <= %(known)s AND %(known)s < m.known_to
  AND EXISTS (
      SELECT FROM fact o
      WHERE o.role = m.role AND o.amount = m.amount AND o.project <> m.project AND o.kind NOT IN (10, 11, 12, 13, 191, 192)
        AND o.occurred_on <= %(on)s AND o.known_from <= %(known)s AND %(known)s < o.known_to)
GROUP BY m.role
"""
FIRST: Place = (0, -(2**63))


class Histories(Protocol):
    """The records, or whoever else knows whole streams."""

    def histories(self, labels: Sequence[str]) -> Mapping[str, History]: ...


class Wanted(NamedTuple):
    """Of one rule, or in which one of some projects takes part; after a place in the order of all."""

    rule: str | None = None
    codes: Sequence[str] | None = None
    after: Place = FIRST
    limit: int = 100


class Shared(NamedTuple):
    """A word that several projects share, so many of their codes as are shown, and whether there are more."""

    place: Place
    codes: list[str]
    more: bool


def shared(connection: Connection, viewpoint: Viewpoint, wanted: Wanted) -> list[Shared]:
    """In order, at most `limit`."""
    common: dict[int, list[int]] | None = None
    if wanted.codes is not None:
        asked: dict[str, Any] = {"codes": list(wanted.codes), "on": viewpoint.on, "known": viewpoint.known}
        common = dict(connection.execute(COMMON.encode(), asked).fetchall())
    found: list[Shared] = []
    for sort in SORTS:
        asked_for = wanted.rule in (None, sort.rule) and (common is None or sort.number in common)
        if asked_for and sort.number >= wanted.after[0] and len(found) < wanted.limit:
            prints = None if common is None else common[sort.number]
            after = wanted.after[1] if sort.number == wanted.after[0] else FIRST[1]
            found += _of(connection, viewpoint, sort, prints, after, wanted.limit - len(found))
    return found


def _of(
    connection: Connection, viewpoint: Viewpoint, sort: Sort, prints: list[int] | None, after: int, limit: int
) -> list[Shared]:
    asked: dict[str, Any] = {
        "sort": sort.number,
        "prints": prints,
        "on": viewpoint.on,
        "known": viewpoint.known,
        "after": after,
        "limit": limit,
    }
    rows = connection.execute((SHARED_LAST if sort.last else SHARED).encode(), asked).fetchall()
    return [Shared((sort.number, word), codes[:MOST_PROJECTS], len(codes) > MOST_PROJECTS) for word, codes in rows]


def told(records: Histories, viewpoint: Viewpoint, words: Sequence[Shared]) -> list[tuple[Place, Across]]:
    """What the oracle says of these words: the projects that share them are folded, and only those.

    A word that several share may say nothing: taxes of different times, or shared out in a joint act.
    """
    more = {word.place: word.more for word in words}
    codes = dict.fromkeys(code for word in words for code in word.codes)
    views = (h.at(viewpoint) for h in records.histories(list(codes)).values())
    return [(place, found.model_copy(update={"more": more[place]})) for place, found in placed(views) if place in more]
