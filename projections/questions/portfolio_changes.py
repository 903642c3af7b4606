"""How totals differ between two viewpoints: both asked for, and of each how many facts came into it or left it."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from psycopg import Connection

from domain.fact import AUTHORITIES, MEASURES
from domain.questions.portfolio import Attribute, By
from domain.settings import Settings
from domain.viewpoint import Viewpoint
from projections.lines import by_bureau_code
from projections.questions.counting import CountingFact, Part, counting
from projections.questions.groups import TERMS, Asked, Piece, day_by_day, edge, group_number, grouped, named
from projections.questions.portfolio import (
    BY_CODE,
    BY_NUMBER,
    FLOW_MEASURES,
    LEVEL_MEASURES,
    Sum,
    Totals,
    stated_codes,
    totals_of,
)

A = "f.occurred_on <= %(a_on)s AND f.known_from <= %(a_known)s AND %(a_known)s < f.known_to"
B = "f.occurred_on <= %(b_on)s AND f.known_from <= %(b_known)s AND %(b_known)s < f.known_to"
# One look at every flow gives both totals and what is between them: by whether it is in sight at either, and whose it is.
BOTH_BY_DAY = f"""
SELECT f.measure, f.bureau, f.was, f.is_now,
       CASE WHEN f.was THEN nullif((SELECT %(a_answering)s::int[])[
           width_bucket(f.project * 200000::float8 + (f.occurred_on - date '1900-01-01'), (SELECT %(a_edges)s::float8[]))
       ], 0) END,
       CASE WHEN f.is_now THEN nullif((SELECT %(b_answering)s::int[])[
           width_bucket(f.project * 200000::float8 + (f.occurred_on - date '1900-01-01'), (SELECT %(b_edges)s::float8[]))
       ], 0) END,
       sum(f.amount)::bigint, count(*), bit_xor(hashint8extended((f.project::bigint << 32) + f.fact, f.known_from))
FROM (
    SELECT f.measure, CASE WHEN f.measure %% 10 = 3 THEN f.unit END AS bureau, f.project, f.fact, f.occurred_on, f.amount,
           f.known_from, {A} AS was, {B} AS is_now
    FROM fact f WHERE f.measure >= 10 AND f.measure = ANY(%(flows)s) AND (({A}) OR ({B}))
) AS f
GROUP BY 1, 2, 3, 4, 5, 6
"""
BOTH = f"""
WITH flow AS MATERIALIZED (
    SELECT f.measure, f.bureau, f.was, f.is_now, f.project, sum(f.amount)::bigint AS amount, count(*) AS facts,
           bit_xor(hashint8extended((f.project::bigint << 32) + f.fact, f.known_from)) AS print
    FROM (
        SELECT f.measure, CASE WHEN f.measure %% 10 = 3 THEN f.unit END AS bureau, f.project, f.fact, f.amount,
               f.known_from, {A} AS was, {B} AS is_now
        FROM fact f WHERE f.measure >= 10 AND f.measure = ANY(%(flows)s) AND (({A}) OR ({B}))
    ) AS f
    GROUP BY 1, 2, 3, 4, 5
)
SELECT f.measure, f.bureau, f.was, f.is_now, CASE WHEN f.was THEN a.key END, CASE WHEN f.is_now THEN b.key END,
       sum(f.amount)::bigint, sum(f.facts)::bigint, bit_xor(f.print)
FROM flow f
LEFT JOIN unnest(%(a_projects)s::int[], %(a_keys)s::int[]) AS a(project, key) ON a.project = f.project
LEFT JOIN unnest(%(b_projects)s::int[], %(b_keys)s::int[]) AS b(project, key) ON b.project = f.project
GROUP BY 1, 2, 3, 4, 5, 6
"""
# Of levels and citations the last of each project, bureau or period: another at one than at the other, or changed hands.
LAST = f"""
WITH a AS MATERIALIZED (
    SELECT DISTINCT ON (f.measure, f.project PART) f.measure, f.project, WORD AS part, f.occurred_on, f.fact, f.known_from
    FROM fact f WHERE f.measure >= 10 AND f.measure = ANY(%(last)s) AND {A}
    ORDER BY f.measure, f.project PART, f.occurred_on DESC, f.turn DESC, f.fact DESC
), b AS MATERIALIZED (
    SELECT DISTINCT ON (f.measure, f.project PART) f.measure, f.project, WORD AS part, f.occurred_on, f.fact, f.known_from
    FROM fact f WHERE f.measure >= 10 AND f.measure = ANY(%(last)s) AND {B}
    ORDER BY f.measure, f.project PART, f.occurred_on DESC, f.turn DESC, f.fact DESC
)
SELECT measure, CASE WHEN measure %% 10 = 3 THEN part END, project, a.occurred_on, b.occurred_on,
       (a.fact, a.known_from) IS DISTINCT FROM (b.fact, b.known_from)
FROM a FULL JOIN b USING (measure, project, part)
WHERE (a.fact, a.known_from) IS DISTINCT FROM (b.fact, b.known_from) OR project = ANY(%(handed)s)
"""
LEVELS = LAST.replace(" PART", "").replace("WORD", "0")
CITED = LAST.replace(" PART", ", f.word").replace("WORD", "f.word")
JUDGED = LAST.replace(" PART", ", f.unit").replace("WORD", "f.unit")

Place = tuple[str | None, str, str]
"""Group, measure, and 口径 or `bureau:CODE`."""


class TotalsMoved(NamedTuple):
    """Both totals; of each group and measure, and of the whole, how many facts came or left: a corrected one does both."""

    before: Totals
    after: Totals
    moved: Counter[Place]
    whole: Counter[Place]


def totals_moved(
    connection: Connection,
    before: tuple[Viewpoint, Settings],
    after: tuple[Viewpoint, Settings],
    by: By,
    role: str,
    attribute: Attribute,
) -> TotalsMoved:
    a, b = (grouped(connection, viewpoint, by, role, attribute) for viewpoint, _ in (before, after))
    by_day = a.parameters["by_day"] or b.parameters["by_day"]
    sides = [day_by_day(at) if by_day else at.parameters for at in (a, b)]
    parameters: dict[str, Any] = {f"{n}_{k}": v for n, side in zip("ab", sides, strict=True) for k, v in side.items()}
    moving, flows = Moving(a, b), Flows(before[1], after[1])
    codes = {"flows": [*flows.codes, *(by_bureau_code(m) for m in FLOW_MEASURES)]}
    for measure, bureau, was, is_now, key, later, *sums in connection.execute(
        (BOTH_BY_DAY if by_day else BOTH).encode(), parameters | codes
    ):
        moving.flow(measure, bureau, was, is_now, key, later, sums[1])
        flows.add(measure, bureau, was, is_now, key, later, *sums)
    days = {"a_on": a.parameters["on"], "a_known": a.parameters["known"]}
    days |= {"b_on": b.parameters["on"], "b_known": b.parameters["known"]}
    handed = {"handed": sorted(_handed(a, b))}
    for query, last in (
        (LEVELS, sorted({*stated_codes(LEVEL_MEASURES, before[1]), *stated_codes(LEVEL_MEASURES, after[1])})),
        (CITED, [m.code("statistical") for m in MEASURES.values()]),
        (JUDGED, [by_bureau_code(m) for m in LEVEL_MEASURES]),
    ):
        for row in connection.execute(query.encode(), days | handed | {"last": last}):
            moving.last(*row)
    found, whole = moving.groups, moving.whole
    one = totals_of(connection, a, by, before[1], flows.before)
    two = totals_of(connection, b, by, after[1], flows.after)
    names = named(connection, by, {key for key, _, _ in found})
    units: dict[int, str] = dict(connection.execute(TERMS, ([x[2] for x in found if x[2]],)).fetchall())
    recognising = after[1].recognising
    return TotalsMoved(
        one,
        two,
        Counter(dict(_written(found, names, units, recognising))),
        Counter(dict(_written(whole, {None: None}, units, recognising))),
    )


class Flows:
    """The sums of both totals, as the one look at every flow gives them; each takes what its own settings ask for."""

    def __init__(self, before: Settings, after: Settings) -> None:
        self._wanted = [set(stated_codes(FLOW_MEASURES, rules)) for rules in (before, after)]
        self.codes = sorted(self._wanted[0] | self._wanted[1])
        self.before: list[Sum] = []
        self.after: list[Sum] = []

    def add(
        self,
        measure: int,
        bureau: int | None,
        was: bool,
        is_now: bool,
        key: int | None,
        later: int | None,
        amount: int,
        facts: int,
        fingerprint: int,
    ) -> None:
        if bureau is None and was and measure in self._wanted[0]:
            self.before.append(Sum(key, measure, None, amount, facts, fingerprint))
        if bureau is None and is_now and measure in self._wanted[1]:
            self.after.append(Sum(later, measure, None, amount, facts, fingerprint))


class Moving:
    """Counts what came and what left, group by group and in the whole."""

    def __init__(self, a: Asked, b: Asked) -> None:
        self._sides = a, b
        self._own = [dict(zip(at.parameters["projects"], at.parameters["keys"], strict=True)) for at in (a, b)]
        self.groups: Counter[tuple[int | None, int, int | None]] = Counter()
        self.whole: Counter[tuple[int | None, int, int | None]] = Counter()

    def flow(
        self, measure: int, bureau: int | None, was: bool, is_now: bool, key: int | None, later: int | None, count: int
    ) -> None:
        other = was != is_now
        left, came = _of(self._sides[0], key) if was else (), _of(self._sides[1], later) if is_now else ()
        self._count(measure, bureau, left, came, other, count)

    def last(
        self, measure: int, bureau: int | None, project: int, was: date | None, is_now: date | None, other: bool
    ) -> None:
        left, came = (
            () if day is None else _of(at, self._key(n, measure, project, day))
            for n, (at, day) in enumerate(zip(self._sides, (was, is_now), strict=True))
        )
        self._count(measure, bureau, left, came, other, 1)

    def _key(self, side: int, measure: int, project: int, day: date) -> int | None:
        """Whose it is: citations by day where that is asked, levels always by the project's group."""
        at = self._sides[side]
        if not (at.parameters["by_day"] and measure % 10 == AUTHORITIES.index("statistical")):
            return self._own[side].get(project)
        index = bisect_right(at.parameters["edges"], edge(project, day))
        return (at.parameters["answering"][index - 1] or None) if index else None

    def _count(
        self,
        measure: int,
        bureau: int | None,
        left: tuple[tuple[int | None, object], ...],
        came: tuple[tuple[int | None, object], ...],
        other: bool,
        count: int,
    ) -> None:
        if other:
            self.whole[None, measure, bureau] += count * (bool(left) + bool(came))
        for group, _ in (*left, *came) if other else set(left) ^ set(came):
            self.groups[group, measure, bureau] += count


def _written(
    found: Counter[tuple[int | None, int, int | None]],
    names: dict[int | None, str | None],
    units: dict[int, str],
    recognising: dict[str, tuple[str, ...]],
) -> Iterator[tuple[Place, int]]:
    for (key, measure, bureau), count in found.items():
        if bureau is None:
            of, authority = BY_CODE[measure]
            if authority != "recognised" or of.name not in recognising:
                yield (names[key], of.name, authority), count
            continue
        name = BY_NUMBER[measure // 10].name
        yield (names[key], name, f"bureau:{units[bureau]}"), count
        if recognising.get(name, ("",))[0] == units[bureau]:
            yield (names[key], name, "recognised"), count


def _of(at: Asked, key: int | None) -> tuple[tuple[int | None, object], ...]:
    """The groups a fact counts in: one, or under share terms each unit, with its terms."""
    if key is None or key >= 0:
        return ((key, None),)
    piece: Piece = at.pieces[-key - 1]
    return tuple((unit, (ratio, unit == piece.remainder)) for unit, ratio in sorted(piece.shares.items()))


def _handed(a: Asked, b: Asked) -> set[int]:
    """Projects whose group, or whose days' units or terms, are not the same at both."""
    sides: list[dict[int, list[object]]] = []
    for at in (a, b):
        own: dict[int, list[object]] = {}
        for project, key in zip(at.parameters["projects"], at.parameters["keys"], strict=True):
            own.setdefault(project, []).append(key)
        for project, key, since, until in sorted(at.spans, key=lambda s: (s[0], s[2])):
            own.setdefault(project, []).append((_of(at, key), since, until))
        sides.append(own)
    return {project for project in sides[0].keys() & sides[1].keys() if sides[0][project] != sides[1][project]}


class MovedLine(NamedTuple):
    """A fact that came into one total, or left it, or both; `before`, `after`: whole, however units share it."""

    code: str
    fact: int
    before: CountingFact | None
    after: CountingFact | None

    @property
    def latest(self) -> CountingFact:
        """At the later of the two at which it counts."""
        found = self.after or self.before
        assert found is not None
        return found

    @property
    def came(self) -> bool:
        return self.after is not None

    @property
    def left(self) -> bool:
        return self.before is not None

    @property
    def size(self) -> int:
        """How far apart the two are, in hundredths or whatever the measure is kept in."""
        return abs((self.after.amount if self.after else 0) - (self.before.amount if self.before else 0))


def moved_lines(
    connection: Connection,
    before: tuple[Viewpoint, Part],
    after: tuple[Viewpoint, Part],
    by: By,
    role: str,
    attribute: Attribute,
) -> list[MovedLine]:
    """All that moved one total, by code and number."""
    sides: list[dict[tuple[str, int, int, object], CountingFact]] = []
    for viewpoint, part in (before, after):
        at = grouped(connection, viewpoint, by, role, attribute)
        unit = group_number(connection, by, part.group)
        facts = counting(connection, at, by, part, ("", 0), None)
        divided = bool(at.pieces) and not part.every and part.measure.sort == "flow"
        sides.append({(f.code, f.fact, f.since, _terms(at, f, unit) if divided else None): f for f in facts})
    one, two = sides
    left, came = ({key[:2]: side[key] for key in side.keys() - other.keys()} for side, other in ((one, two), (two, one)))
    return [MovedLine(*fact, left.get(fact), came.get(fact)) for fact in sorted(left.keys() | came.keys())]


def _terms(at: Asked, fact: CountingFact, unit: int | None) -> object:
    """The share terms by which a fact's amount is a unit's."""
    for piece in at.pieces:
        if piece.project == fact.project and piece.since <= fact.occurred_on < piece.until:
            return piece.shares.get(unit or 0), unit == piece.remainder
    return None
